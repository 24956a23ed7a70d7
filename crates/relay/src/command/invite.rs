//! `sotto-relay invite`: codes for a relay that takes nobody without.

use std::io::{self, Write};

use clap::{Args, Subcommand};
use sotto_relay::upkeep::{relay_invites, used_relay_invites, withdraw_relay_invite};

use super::{Settings, run_async};
use crate::failure::Failure;

#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Invite {
    #[command(subcommand)]
    instead: Option<Instead>,
    #[command(flatten)]
    make: Make,
}

#[derive(Args)]
struct Make {
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

#[derive(Subcommand)]
enum Instead {
    /// Print the invites that were used or withdrawn and have not expired: the digits they begin with, the accounts made
    /// by them, the days they last. The relay does not know those that nobody has used.
    List(Settings),
    /// Withdraw invites: nobody gets an account by them any more. Accounts that were made by them stay.
    Revoke(Revoke),
}

#[derive(Args)]
struct Revoke {
    /// Invites as they were printed, or, of those that were used, the digits that `invite list` shows.
    #[arg(required = true)]
    invites: Vec<String>,
    #[command(flatten)]
    settings: Settings,
}

impl Invite {
    pub(super) fn run(self) -> Result<(), Failure> {
        match self.instead {
            None => self.make.run(),
            Some(Instead::List(settings)) => list(settings),
            Some(Instead::Revoke(revoke)) => revoke.run(),
        }
    }
}

impl Make {
    fn run(self) -> Result<(), Failure> {
        let config = self.settings.effective()?.config;
        for invite in relay_invites(&config, self.count, self.accounts, self.days)? {
            writeln!(io::stdout(), "{invite}")?;
        }
        Ok(())
    }
}

fn list(settings: Settings) -> Result<(), Failure> {
    let config = settings.effective()?.config;
    let mut out = io::stdout();
    for invite in run_async(used_relay_invites(&config))?? {
        let withdrawn = if invite.withdrawn { "  withdrawn" } else { "" };
        writeln!(
            out,
            "{}  {:>5} accounts  {:>4} days{withdrawn}",
            invite.digits, invite.accounts, invite.days_left
        )?;
    }
    Ok(())
}

impl Revoke {
    fn run(self) -> Result<(), Failure> {
        let config = self.settings.effective()?.config;
        run_async(async {
            for invite in &self.invites {
                withdraw_relay_invite(&config, invite).await?;
            }
            Ok(())
        })?
    }
}
