//! `sotto-kill`: kills `sotto-headless` and `sotto-relay` while they talk, and tells what did not hold.

#![allow(clippy::print_stdout)] // what it found is what this program is for

use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use sotto_testkit::killing;
use sotto_testkit::process::Program;

/// Kills real processes while they talk.
#[derive(Parser)]
struct CommandLine {
    /// How many
    #[arg(long, default_value_t = 50)]
    times: usize,
    /// Whom, when, and what else goes wrong
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

#[tokio::main(worker_threads = 2)]
async fn main() -> ExitCode {
    let CommandLine { times, seed } = CommandLine::parse();
    Program::are_beside_this_one();
    let began = Instant::now();
    let ran = killing::run(seed, times).await;
    let seconds = began.elapsed().as_secs();
    match ran {
        Ok(killings) => {
            println!("seed {seed}, {seconds} s: {killings}");
            ExitCode::SUCCESS
        }
        Err(broken) => {
            println!("{broken}");
            ExitCode::FAILURE
        }
    }
}
