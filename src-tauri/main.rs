//! The program `sotto`: reads its command line and hands over to the shell.

#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let options = sotto::Options::parse();
    #[cfg(target_os = "linux")]
    sotto::renderer::choose();
    sotto::run(options)
}
