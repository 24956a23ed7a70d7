//! `sotto-soak`: lets people talk for a long time, and tells what grows.

#![allow(clippy::print_stdout)] // what it found is what this program is for

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use sotto_testkit::process::Program;
use sotto_testkit::soak::{self, Length, Verdict};

/// Lets people talk for a long time, and tells what grows.
#[derive(Parser)]
struct CommandLine {
    /// For how many seconds
    #[arg(long, default_value_t = 600)]
    seconds: u64,
    /// Milliseconds from one message to the next
    #[arg(long, default_value_t = 250)]
    every: u64,
    /// Where to write everything that was seen, as JSON
    #[arg(long)]
    report: Option<PathBuf>,
}

#[tokio::main(worker_threads = 2)]
async fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    let CommandLine {
        seconds,
        every,
        report,
    } = CommandLine::parse();
    Program::are_beside_this_one();
    let length = Length {
        time: Duration::from_secs(seconds),
        every: Duration::from_millis(every),
    };
    let seen = match soak::run(length).await {
        Ok(seen) => seen,
        Err(broken) => {
            println!("{broken}");
            return Ok(ExitCode::FAILURE);
        }
    };
    print!("{seen}");
    if let Some(report) = report {
        std::fs::write(report, serde_json::to_vec_pretty(&seen)?)?;
    }
    Ok(if seen.verdicts.iter().all(Verdict::keeps) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
