//! Replays what the fuzzer has found before.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::TARGETS;

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus")
}

fn files_in(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    entries.map(|entry| entry.unwrap().path()).collect()
}

fn names_in(folder: &Path) -> BTreeSet<String> {
    let stem = |path: PathBuf| path.file_stem().unwrap().to_string_lossy().into_owned();
    files_in(folder).into_iter().map(stem).collect()
}

#[test]
fn every_target_has_a_corpus_and_holds_on_it() {
    for (name, target) in TARGETS {
        let entries = files_in(&corpus().join(name));
        assert!(!entries.is_empty(), "{name} has no corpus");
        for entry in entries {
            println!("{}", entry.display());
            target(&std::fs::read(entry).unwrap());
        }
    }
}

#[test]
fn every_target_is_a_program_and_every_corpus_belongs_to_one() {
    let targets: BTreeSet<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(targets, names_in(&corpus()));
    assert_eq!(targets, names_in(&corpus().join("../fuzz_targets")));
}
