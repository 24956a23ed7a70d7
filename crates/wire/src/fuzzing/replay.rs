//! Replays what the fuzzer has found before, and sees that nothing is read without a target.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

use super::TARGETS;
use crate::sample;

const DOOR: &str = "relay.example:8443#a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7";
const INVITE: &str = "a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7";

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

fn targets() -> BTreeSet<String> {
    TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect()
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
    assert_eq!(targets(), names_in(&corpus()));
    assert_eq!(targets(), names_in(&corpus().join("../fuzz_targets")));
}

/// Reads the sources: `pub fn decode` of `ClientFrame` in `mailbox.rs` needs the target `mailbox_client_frame`, and
/// `impl FromStr for UserName` the target `user_name`.
#[test]
fn everything_that_is_read_from_outside_has_a_target() {
    let mut needed = BTreeSet::new();
    for file in files_in(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        if file.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let module = file.file_stem().unwrap().to_string_lossy().into_owned();
        let mut of = String::new();
        for line in std::fs::read_to_string(&file).unwrap().lines() {
            if let Some(name) = line.strip_prefix("impl FromStr for ") {
                needed.insert(snake_case(name));
            } else if let Some(name) = line.strip_prefix("impl ") {
                of = name.to_owned();
            } else if line.starts_with("    pub fn decode(") {
                needed.insert(format!("{module}_{}", snake_case(&of)));
            }
        }
    }
    assert!(
        needed.len() > 4,
        "the sources are not where this test looks: {needed:?}"
    );
    assert_eq!(needed, targets());
}

/// `ClientFrame {` as `client_frame`.
fn snake_case(name: &str) -> String {
    let name = name.trim_end_matches('{').trim();
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}

/// Not a test: writes frames of every kind for the fuzzer to begin with, after the format has changed.
#[test]
#[ignore = "writes into the corpus; then let the fuzzer run, and keep the corpus small with cmin"]
fn write_seeds() {
    let mut runner = TestRunner::deterministic();
    for number in 0..24 {
        let seed = |target: &str, bytes: &[u8]| {
            let folder = corpus().join(target);
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join(format!("seed-{number}")), bytes).unwrap();
        };
        let frame = sample::any_mailbox_client_frame().new_tree(&mut runner).unwrap();
        seed("mailbox_client_frame", &frame.current().encode());
        let frame = sample::any_mailbox_relay_frame().new_tree(&mut runner).unwrap();
        seed("mailbox_relay_frame", &frame.current().encode());
        let frame = sample::any_open_client_frame().new_tree(&mut runner).unwrap();
        seed("open_client_frame", &frame.current().encode());
        let frame = sample::any_open_relay_frame().new_tree(&mut runner).unwrap();
        seed("open_relay_frame", &frame.current().encode());
    }
    let texts: &[(&str, &[&str])] = &[
        ("account_id", &["a3c1f0e2-5b77-4d10-8e9a-0c1d2e3f4a5b"]),
        (
            "relay_address",
            &[
                "relay.example",
                "wss://relay.example:8443",
                "ws://[::1]:9800",
                "127.0.0.1:7070",
            ],
        ),
        ("relay_door", &["relay.example", DOOR]),
        ("relay_invite", &[INVITE]),
        ("relay_name", &["relay.example:443", "[::1]:9800"]),
        ("user_name", &["alice", "A.b_c-9"]),
    ];
    for (target, texts) in texts {
        for (number, text) in texts.iter().enumerate() {
            let folder = corpus().join(target);
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join(format!("seed-{number}")), text).unwrap();
        }
    }
}
