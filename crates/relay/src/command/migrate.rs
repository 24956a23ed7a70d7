//! `sotto-relay migrate`: from one kind of database to another.

use std::io::{self, Write};

use clap::{Args, Subcommand};
use sotto_relay::upkeep::move_to_postgres;

use super::{Settings, run_async};
use crate::failure::Failure;

#[derive(Args)]
pub(super) struct Migrate {
    #[command(subcommand)]
    way: Way,
}

#[derive(Subcommand)]
enum Way {
    /// Copy everything in the data folder's database into the empty PostgreSQL that --database names. The relay must be
    /// stopped; afterwards it is started with --database and the same secrets. Ended in the middle, it is begun anew.
    SqliteToPostgres(Settings),
}

impl Migrate {
    pub(super) fn run(self) -> Result<(), Failure> {
        let Way::SqliteToPostgres(settings) = self.way;
        let config = settings.effective()?.config;
        let mut out = io::stdout();
        for moved in run_async(move_to_postgres(&config))?? {
            writeln!(out, "{:<20} {:>15}", moved.table, moved.rows)?;
        }
        Ok(())
    }
}
