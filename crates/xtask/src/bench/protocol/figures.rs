//! Reading what the benchmarks left under `target/`.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;

/// Why figures could not be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FiguresError {
    #[error("the figures of an earlier run at `{}` could not be removed", path.display())]
    Remove { path: PathBuf, source: io::Error },
    #[error("the benchmarks left no figures at `{}`", path.display())]
    Missing { path: PathBuf, source: io::Error },
    #[error("the figures at `{}` are not of the form known here", path.display())]
    Form {
        path: PathBuf,
        source: serde_json::Error,
    },
    #[error("the figures at `{}` are of no measurement", path.display())]
    Empty { path: PathBuf },
}

/// The figures of one run.
pub(super) struct Figures {
    /// A folder per benchmark.
    criterion: PathBuf,
    /// Where `benches/counts.rs` writes.
    counted: PathBuf,
    counts: BTreeMap<String, f64>,
}

/// What criterion keeps of the samples it took: how often it ran the operation, and how long that took, in ns.
#[derive(Deserialize)]
struct Samples {
    iters: Vec<f64>,
    times: Vec<f64>,
}

impl Figures {
    /// Forgets those of an earlier run.
    pub(super) fn emptied(target: &Path) -> Result<Self, FiguresError> {
        let criterion = target.join("criterion");
        match fs::remove_dir_all(&criterion) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => Err(FiguresError::Remove {
                path: criterion,
                source,
            }),
            _ => Ok(Self {
                criterion,
                counted: target.join("tmp").join("protocol-counts.json"),
                counts: BTreeMap::new(),
            }),
        }
    }

    pub(super) fn read_counts(&mut self) -> Result<(), FiguresError> {
        self.counts = read(&self.counted)?;
        Ok(())
    }

    /// The time of the least disturbed sample, in ns: on a machine with other work, what everything else adds to.
    pub(super) fn time(&self, benchmark: &str) -> Result<f64, FiguresError> {
        let path = self.criterion.join(benchmark).join("new").join("sample.json");
        let samples: Samples = read(&path)?;
        samples
            .times
            .iter()
            .zip(&samples.iters)
            .map(|(time, iterations)| time / iterations)
            .min_by(f64::total_cmp)
            .ok_or(FiguresError::Empty { path })
    }

    pub(super) fn count(&self, name: &str) -> Option<f64> {
        self.counts.get(name).copied()
    }
}

fn read<T: DeserializeOwned>(path: &Path) -> Result<T, FiguresError> {
    let bytes = fs::read(path).map_err(|source| FiguresError::Missing {
        path: path.to_owned(),
        source,
    })?;
    serde_json::from_slice(&bytes).map_err(|source| FiguresError::Form {
        path: path.to_owned(),
        source,
    })
}
