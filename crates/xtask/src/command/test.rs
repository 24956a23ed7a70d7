//! `cargo xtask test`: everything that must hold.
//!
//! The checks do not depend on each other: all of them run, and what failed is listed at the end, with the tests that
//! failed. The last line is the plain `N passed, M failed` that counts the checks.

mod checks;
mod report;

use std::time::{Duration, Instant};

use self::checks::{CHECKS, Check, CheckError, ONLY_ON_LINUX, WINDOW};
use crate::interrupt;
use crate::setup::{self, Purpose, SetupError};
use crate::terminal::{self, palette};
use crate::workspace::Workspace;

#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct Arguments {
    /// Leave out the story with the real windows
    #[arg(long)]
    skip_window: bool,
    /// Only these checks, comma-separated (see --list)
    #[arg(long, value_delimiter = ',', value_parser = clap::builder::PossibleValuesParser::new(CHECKS.iter().map(|check| check.name)))]
    only: Vec<String>,
    /// Name the checks, and run none
    #[arg(long)]
    list: bool,
}

impl Arguments {
    /// All checks.
    pub(super) fn everything() -> Self {
        Self::default()
    }

    fn include(&self, check: &Check) -> bool {
        let wanted = self.only.is_empty() || self.only.iter().any(|name| name == check.name);
        wanted && !(self.skip_window && check.name == WINDOW)
    }
}

/// Why `test` did not end well.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TestError {
    #[error("setting up failed, so nothing was checked")]
    Setup(#[from] SetupError),
    #[error("the checks were interrupted")]
    Interrupted,
    #[error("{failed} of the checks failed")]
    Failed { failed: usize },
}

/// How a check ended, and after how long.
struct Outcome {
    check: &'static Check,
    took: Duration,
    end: End,
}

enum End {
    Passed,
    Failed(CheckError),
    Skipped,
}

pub(super) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<(), TestError> {
    if arguments.list {
        for check in CHECKS {
            println!("{:14} {}", check.name, check.says);
        }
        return Ok(());
    }

    setup::make_ready(workspace, Purpose::Test)?;

    let mut outcomes = Vec::new();
    for check in CHECKS.iter().filter(|check| arguments.include(check)) {
        let began = Instant::now();
        let end = carry_out(workspace, check);
        if matches!(end, End::Failed(_)) && interrupt::happened() {
            return Err(TestError::Interrupted);
        }
        outcomes.push(Outcome {
            check,
            took: began.elapsed(),
            end,
        });
    }
    summarise(&outcomes)
}

fn carry_out(workspace: &Workspace, check: &Check) -> End {
    if !cfg!(target_os = "linux") && ONLY_ON_LINUX.contains(&check.name) {
        terminal::warning(format!("skipped on this system: {}", check.says));
        return End::Skipped;
    }
    let step = terminal::step(format!("{} ({})", check.says, check.name));
    match (check.run)(workspace) {
        Ok(()) => {
            step.done();
            End::Passed
        }
        Err(error) => {
            terminal::failure(&error);
            End::Failed(error)
        }
    }
}

/// Prints one line for each check, and below a failed one the tests that failed.
fn summarise(outcomes: &[Outcome]) -> Result<(), TestError> {
    let colour = palette();
    let (mut passed, mut failed, mut skipped) = (0_usize, 0_usize, 0_usize);
    println!();
    for Outcome { check, took, end } in outcomes {
        let (sign, hue) = match end {
            End::Passed => ("✓", colour.green),
            End::Failed(_) => ("✗", colour.red),
            End::Skipped => ("-", colour.yellow),
        };
        let took = terminal::duration(*took);
        let name = check.name;
        println!(
            "{hue}{sign}{} {name:14} {}{took:>12}{}",
            colour.plain, colour.dim, colour.plain
        );
        match end {
            End::Passed => passed += 1,
            End::Skipped => skipped += 1,
            End::Failed(error) => {
                failed += 1;
                for line in error.to_string().lines() {
                    println!("{}    {line}{}", colour.red, colour.plain);
                }
            }
        }
    }
    match skipped {
        0 => println!("{passed} passed, {failed} failed"),
        _ => println!("{passed} passed, {failed} failed, {skipped} skipped"),
    }
    match failed {
        0 => Ok(()),
        failed => Err(TestError::Failed { failed }),
    }
}
