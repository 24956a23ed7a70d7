//! Which processes there are, and what memory they take: `/proc` on Linux, nothing elsewhere.

use std::fs;
use std::path::{Path, PathBuf};

/// A process of this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct ProcessId(u32);

/// The processes of a group.
pub(crate) fn group(leader: u32) -> Vec<ProcessId> {
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok().map(ProcessId))
        .filter(|process| process.status().is_some_and(|status| status.group == leader))
        .collect()
}

struct Status {
    zombie: bool,
    group: u32,
}

impl ProcessId {
    /// The program this process runs; none if it is gone, or has let go of it because it ends.
    pub(crate) fn program(self) -> Option<PathBuf> {
        fs::read_link(self.file("exe")).ok()
    }

    /// Whether there is anything left of it but what it ended with: a process that ends holds its connections for a while after it has
    /// let go of its program, and so does one whose first thread has ended before the others.
    pub(crate) fn is_there(self) -> bool {
        let threads = || fs::read_dir(self.file("task")).map_or(0, Iterator::count);
        self.status()
            .is_some_and(|status| !status.zombie || threads() > 1)
    }

    /// Its proportional share of the memory it has in use, in bytes.
    pub(crate) fn proportional_memory(self) -> Option<u64> {
        let rollup = fs::read_to_string(self.file("smaps_rollup")).ok()?;
        let line = rollup.lines().find(|line| line.starts_with("Pss:"))?;
        let kibibytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
        Some(kibibytes * 1024)
    }

    fn status(self) -> Option<Status> {
        // The second field is the program's name in parentheses, which may itself hold spaces and parentheses.
        let stat = fs::read_to_string(self.file("stat")).ok()?;
        let (_, fields) = stat.rsplit_once(") ")?;
        let mut fields = fields.split(' ');
        let state = fields.next()?;
        let group = fields.nth(1)?.parse().ok()?;
        Some(Status {
            zombie: state == "Z",
            group,
        })
    }

    fn file(self, name: &str) -> PathBuf {
        Path::new("/proc").join(self.0.to_string()).join(name)
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use crate::process::Program;

    #[test]
    fn a_process_is_found_in_its_group_until_it_ends() {
        let folder = tempfile::tempdir().unwrap();
        let sleeper = Program::new("sleep")
            .arg("600")
            .start(&folder.path().join("log"))
            .unwrap();
        let leader = sleeper.id();
        let is_sleep = |process: &ProcessId| process.program().is_some_and(|path| path.ends_with("sleep"));
        // Between fork and exec the process is still a copy of this one.
        while !group(leader).iter().any(is_sleep) {}
        assert!(
            group(leader)
                .iter()
                .all(|process| process.proportional_memory().is_some_and(|it| it > 0))
        );
        drop(sleeper);
        assert!(group(leader).is_empty());
    }
}
