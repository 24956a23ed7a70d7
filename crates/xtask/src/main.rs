//! Sotto's own command line: `cargo xtask <command>`.
//!
//! One file per command in `command/`; what a command needs more than one file for has a folder of its own: `setup/`
//! (what the machine must have), `story/` (the windows, driven over WebDriver), `bench/` (the budget's figures).

#![allow(clippy::print_stdout, reason = "a command line speaks on standard output")]

mod bench;
mod command;
mod interrupt;
mod process;
mod process_table;
mod setup;
mod story;
mod terminal;
mod workspace;

use std::process::ExitCode;

use clap::Parser;

use crate::command::Command;

/// Sotto's own commands. Run them from anywhere inside the repository.
#[derive(Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    disable_help_subcommand = true
)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

/// What shells say of a program that Ctrl-C ended.
const INTERRUPTED: u8 = 130;

fn main() -> ExitCode {
    let command = CommandLine::parse().command;
    interrupt::watch();
    match command.run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) if interrupt::happened() => {
            terminal::warning("interrupted");
            ExitCode::from(INTERRUPTED)
        }
        Err(failure) => {
            terminal::failure(&failure);
            ExitCode::FAILURE
        }
    }
}
