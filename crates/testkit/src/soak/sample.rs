//! What a process has of its computer, as Linux tells it. Elsewhere nothing is told.

use std::fs;
use std::path::Path;

/// What there is of something at a moment, by name: what is not told is not in it.
pub(super) type Sample = Vec<(&'static str, f64)>;

pub(super) const MEMORY: &str = "memory (PSS)";
pub(super) const RESIDENT: &str = "memory (RSS)";
pub(super) const FILES: &str = "open files";
pub(super) const THREADS: &str = "threads";

/// What a process has now.
pub(super) fn of_process(id: u32) -> Sample {
    let folder = Path::new("/proc").join(id.to_string());
    let read = |file: &str| fs::read_to_string(folder.join(file)).unwrap_or_default();
    let (rollup, status) = (read("smaps_rollup"), read("status"));
    let open = fs::read_dir(folder.join("fd"))
        .ok()
        .map(|files| files.count() as f64);
    let told = [
        (MEMORY, field(&rollup, "Pss:").map(|kib| kib * 1024.0)),
        (RESIDENT, field(&rollup, "Rss:").map(|kib| kib * 1024.0)),
        (FILES, open),
        (THREADS, field(&status, "Threads:")),
    ];
    told.into_iter()
        .filter_map(|(name, figure)| Some((name, figure?)))
        .collect()
}

/// How long a process has been on a processor, in seconds.
pub(super) fn processor_time(id: u32) -> Option<f64> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // The name, which may hold anything, is in brackets; `utime` and `stime` are the 14th and 15th field.
    let (_, fields) = stat.rsplit_once(") ")?;
    let mut times = fields
        .split(' ')
        .skip(11)
        .map_while(|field| field.parse::<f64>().ok());
    Some((times.next()? + times.next()?) / ticks_per_second())
}

/// How many bytes a file has; none if it is not there.
pub(super) fn size(file: &Path) -> f64 {
    fs::metadata(file).map_or(0.0, |file| file.len() as f64)
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

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_seen_with_all_it_has() {
        let own = std::process::id();
        let names: Vec<_> = of_process(own).iter().map(|(name, _)| *name).collect();
        assert_eq!(names, [MEMORY, RESIDENT, FILES, THREADS]);
        assert!(of_process(own).iter().all(|(_, figure)| *figure > 0.0));
        let file = tempfile::tempfile().unwrap();
        let files = |sample: Sample| {
            sample
                .iter()
                .find(|(name, _)| *name == FILES)
                .map(|found| found.1)
        };
        let with = files(of_process(own));
        drop(file);
        assert!(files(of_process(own)) <= with);
        assert!(processor_time(own).is_some());
    }
}
