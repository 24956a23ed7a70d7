//! What a server takes, as Linux tells of its process. Elsewhere nothing is told.

use std::fs;

use crate::report::Cost;

/// A process that is measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Process {
    id: u32,
}

/// What a process has taken up to a moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Taken {
    cpu_seconds: f64,
    disk_bytes: f64,
}

impl Process {
    pub(crate) fn new(id: u32) -> Self {
        Self { id }
    }

    pub(crate) fn taken(self) -> Option<Taken> {
        let stat = self.read("stat")?;
        // The name, which may hold anything, is in brackets; `utime` and `stime` are the 14th and 15th field.
        let (_, fields) = stat.rsplit_once(") ")?;
        let mut times = fields
            .split(' ')
            .skip(11)
            .map_while(|field| field.parse::<f64>().ok());
        let ticks = times.next()? + times.next()?;
        let written = self.read("io").and_then(|io| field(&io, "write_bytes: "));
        Some(Taken {
            cpu_seconds: ticks / ticks_per_second(),
            disk_bytes: written.unwrap_or_default(),
        })
    }

    /// Memory in KiB, what is shared with other processes divided among them.
    pub(crate) fn memory_kib(self) -> Option<f64> {
        field(&self.read("smaps_rollup")?, "Pss:")
    }

    fn read(self, file: &str) -> Option<String> {
        fs::read_to_string(format!("/proc/{}/{file}", self.id)).ok()
    }
}

impl Taken {
    /// What so many messages cost, from an earlier moment to this one.
    pub(crate) fn since(self, before: Self, messages: usize) -> Cost {
        let messages = messages.max(1) as f64;
        Cost {
            cpu_seconds_per_million: (self.cpu_seconds - before.cpu_seconds) / messages * 1e6,
            disk_bytes_per_message: (self.disk_bytes - before.disk_bytes) / messages,
        }
    }
}

/// What so many messages cost between two moments.
pub(crate) fn cost(before: Option<Taken>, after: Option<Taken>, messages: usize) -> Option<Cost> {
    Some(after?.since(before?, messages))
}

fn field(text: &str, name: &str) -> Option<f64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(unix)]
fn ticks_per_second() -> f64 {
    rustix::param::clock_ticks_per_second() as f64
}

#[cfg(not(unix))]
fn ticks_per_second() -> f64 {
    100.0
}

/// Lets this process, and the servers it starts, have as many connections as the system allows.
pub(crate) fn allow_many_files() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let maximum = getrlimit(Resource::Nofile).maximum;
        // Refused or not, the scenario says what it could not open.
        let _ = setrlimit(
            Resource::Nofile,
            Rlimit {
                current: maximum,
                maximum,
            },
        );
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_works_is_seen_to_have_worked() {
        let own = Process::new(std::process::id());
        let before = own.taken().unwrap();
        let began = std::time::Instant::now();
        let worked = || own.taken().unwrap().since(before, 1_000_000);
        while worked().cpu_seconds_per_million == 0.0 {
            assert!(began.elapsed().as_secs() < 30, "nothing is seen");
        }
        assert!(own.memory_kib().unwrap() > 100.0);
    }
}
