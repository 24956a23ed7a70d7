//! `sotto-simulate`: runs simulated worlds, several at once, and tells of those in which a promise was broken.

#![allow(clippy::print_stdout)] // what it found is what this program is for

use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use clap::Parser;
use sotto_testkit::simulation;

/// Runs simulated worlds.
#[derive(Parser)]
struct CommandLine {
    /// How many seeds
    #[arg(long, default_value_t = 20)]
    seeds: u64,
    /// The first of them
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many at once
    #[arg(long, default_value_t = 4)]
    jobs: u64,
}

/// How often it is said how far it is.
const TOLD_EVERY: u64 = 50;

#[derive(Default)]
struct Sum {
    runs: u64,
    broken: Vec<u64>,
    texts: usize,
    deaths: usize,
    keys: usize,
}

fn main() -> ExitCode {
    let CommandLine { seeds, seed, jobs } = CommandLine::parse();
    let (next, sum, began) = (AtomicU64::new(seed), Mutex::new(Sum::default()), Instant::now());
    std::thread::scope(|scope| {
        for _ in 0..jobs.clamp(1, seeds.max(1)) {
            scope.spawn(|| {
                loop {
                    let each = next.fetch_add(1, Ordering::Relaxed);
                    if each >= seed + seeds {
                        return;
                    }
                    // A world of its own, and a thread of its own: a panic ends this one and no other.
                    let ran = std::thread::scope(|alone| alone.spawn(|| simulation::run(each)).join());
                    let Ok(mut sum) = sum.lock() else { return };
                    sum.runs += 1;
                    match ran {
                        Ok(Ok(run)) => {
                            sum.texts += run.texts;
                            sum.deaths += run.deaths;
                            sum.keys += run.keys;
                        }
                        Ok(Err(broken)) => {
                            println!("{broken}\n");
                            sum.broken.push(each);
                        }
                        Err(_) => {
                            println!("seed {each}: broke off\n");
                            sum.broken.push(each);
                        }
                    }
                    if sum.runs.is_multiple_of(TOLD_EVERY) {
                        println!("{} of {seeds} after {} s", sum.runs, began.elapsed().as_secs());
                    }
                }
            });
        }
    });
    let Ok(mut sum) = sum.into_inner() else {
        return ExitCode::FAILURE;
    };
    sum.broken.sort_unstable();
    println!(
        "{} seeds in {} s: {} texts, {} deaths, {} message keys; broken: {:?}",
        sum.runs,
        began.elapsed().as_secs(),
        sum.texts,
        sum.deaths,
        sum.keys,
        sum.broken
    );
    if sum.broken.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
