//! `sotto-relay completions <shell>`.

use std::io;

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::CommandLine;
use crate::failure::Failure;

#[derive(Args)]
pub(super) struct Completions {
    /// For which shell.
    #[arg(value_enum)]
    shell: Shell,
}

impl Completions {
    pub(super) fn run(&self) -> Result<(), Failure> {
        clap_complete::generate(
            self.shell,
            &mut CommandLine::command(),
            "sotto-relay",
            &mut io::stdout(),
        );
        Ok(())
    }
}
