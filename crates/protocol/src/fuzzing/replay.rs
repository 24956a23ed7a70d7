//! Replays what the fuzzer has found before.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::fuzzing::TARGETS;

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus")
}

fn names_in(folder: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    entries
        .map(|entry| {
            entry
                .unwrap()
                .path()
                .file_stem()
                .unwrap()
                .to_string_lossy()
                .into_owned()
        })
        .collect()
}

#[test]
fn every_target_has_a_corpus_and_holds_on_it() {
    for (name, target) in TARGETS {
        let folder = corpus().join(name);
        let entries = names_in(&folder);
        assert!(!entries.is_empty(), "{name} has no corpus");
        for entry in entries {
            println!("{name}/{entry}");
            target(&std::fs::read(folder.join(entry)).unwrap());
        }
    }
}

#[test]
fn every_target_is_a_program_and_every_corpus_belongs_to_one() {
    let listed: BTreeSet<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(listed, names_in(&corpus()));
    assert_eq!(listed, names_in(&corpus().join("../fuzz_targets")));
}
