//! The subcommands, one file each.

mod backup;
mod check_config;
mod completions;
mod invite;
mod man;
mod migrate;
mod serve;
mod settings;
mod stats;

use std::io;

use clap::{Parser, Subcommand};

use crate::failure::Failure;
use settings::Settings;

/// A relay for Sotto: keeps public keys and sealed envelopes, and cannot read them.
#[derive(Parser)]
#[command(name = "sotto-relay", version, arg_required_else_help = true)]
pub(crate) struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run a relay until it is told to stop (SIGINT or SIGTERM).
    Serve(Settings),
    /// Print the configuration that `serve` would run with, or what is wrong with it.
    CheckConfig(Settings),
    /// Print how many accounts and envelopes there are and how large they are, of the embedded database. Lists nobody.
    Stats(Settings),
    /// Copy the embedded database as it is at one moment, and the secrets that belong to it, also while the relay runs.
    Backup(backup::Backup),
    /// Print invites to a relay whose registration is invite-only, each as the address that a new user types; list or
    /// withdraw them.
    Invite(invite::Invite),
    /// Move the relay to another kind of database.
    Migrate(migrate::Migrate),
    /// Print the completions for a shell.
    Completions(completions::Completions),
    /// Print the manual page.
    Man,
}

impl CommandLine {
    pub(crate) fn run(self) -> Result<(), Failure> {
        match self.command {
            Command::Serve(settings) => serve::run(settings),
            Command::CheckConfig(settings) => check_config::run(settings),
            Command::Stats(settings) => stats::run(settings),
            Command::Backup(backup) => backup.run(),
            Command::Invite(invite) => invite.run(),
            Command::Migrate(migrate) => migrate.run(),
            Command::Completions(completions) => completions.run(),
            Command::Man => man::run(),
        }
    }
}

/// For a command that is done in a moment, or waits for one thing.
fn run_async<T>(doing: impl Future<Output = T>) -> io::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    Ok(runtime.block_on(doing))
}
