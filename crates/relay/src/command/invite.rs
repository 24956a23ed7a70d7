//! `sotto-relay invite`: codes for a relay that takes nobody without.

use std::io::{self, Write};

use clap::Args;
use sotto_relay::upkeep::relay_invites;

use super::Settings;
use crate::failure::Failure;

#[derive(Args)]
pub(super) struct Invite {
    /// How many to print.
    #[arg(long, value_name = "N", default_value_t = 1)]
    count: u16,
    /// How many accounts each is good for.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    accounts: u16,
    /// How long they are good.
    #[arg(long, value_name = "DAYS", default_value_t = 14, value_parser = clap::value_parser!(u32).range(1..=3_650))]
    days: u32,
    #[command(flatten)]
    settings: Settings,
}

impl Invite {
    pub(super) fn run(self) -> Result<(), Failure> {
        let config = self.settings.effective()?.config;
        for invite in relay_invites(&config, self.count, self.accounts, self.days)? {
            writeln!(io::stdout(), "{invite}")?;
        }
        Ok(())
    }
}
