//! What is told when a promise was broken.

use std::fmt;
use std::path::PathBuf;

/// What did not hold.
#[derive(Debug)]
pub struct Broken {
    /// Which world: its seed, if it has one.
    pub world: String,
    /// What happened, in order.
    pub steps: Vec<String>,
    /// What was promised and is not so.
    pub promises: Vec<String>,
    /// Where the databases are: one folder for each relay and those whose mailboxes it keeps.
    pub folders: Vec<PathBuf>,
    /// What is typed to see it again.
    pub again: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: what happened", self.world)?;
        for step in &self.steps {
            writeln!(f, "    {step}")?;
        }
        writeln!(f, "{}: what does not hold", self.world)?;
        for promise in &self.promises {
            writeln!(f, "    {promise}")?;
        }
        for folder in &self.folders {
            writeln!(f, "{}: databases are in {}", self.world, folder.display())?;
        }
        write!(f, "{}: once more with `{}`", self.world, self.again)
    }
}

impl std::error::Error for Broken {}
