//! `sotto-relay check-config`: the effective configuration as a file, and where each value comes from.

use std::io::{self, Write};

use super::Settings;
use crate::failure::Failure;

pub(super) fn run(settings: Settings) -> Result<(), Failure> {
    let effective = settings.effective()?;
    for name in &effective.unknown_variables {
        writeln!(
            io::stderr(),
            "sotto-relay: there is no setting for the variable {name}"
        )?;
    }
    write!(io::stdout(), "{effective}")?;
    Ok(())
}
