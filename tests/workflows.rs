//! What the workflows run is fixed: an action is named by its commit, since a tag can be moved to another one.

#![allow(clippy::unwrap_used)] // a test may stop at the first surprise, and so may what it is made of

use std::path::Path;

/// The actions of a workflow that are not named by a commit with the version beside it.
fn loose(workflow: &str) -> Vec<&str> {
    let uses = workflow
        .lines()
        .filter_map(|line| line.trim_start_matches([' ', '-']).strip_prefix("uses:"))
        .map(str::trim);
    uses.filter(|action| !is_fixed(action)).collect()
}

/// Whether this is `owner/name@<40 hexadecimal digits> # v1.2.3`.
fn is_fixed(action: &str) -> bool {
    let Some((reference, version)) = action.split_once(" # v") else {
        return false;
    };
    let commit = reference.split_once('@').map_or("", |(_, commit)| commit);
    commit.len() == 40
        && commit.bytes().all(|digit| digit.is_ascii_hexdigit())
        && version.split('.').all(|part| part.parse::<u32>().is_ok())
}

#[test]
fn every_action_is_named_by_its_commit() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(".github/workflows");
    let mut workflows = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let workflow = std::fs::read_to_string(&path).unwrap();
        assert!(workflow.contains("uses:"), "{}", path.display());
        assert_eq!(loose(&workflow), [""; 0], "{}", path.display());
        workflows += 1;
    }
    assert!(workflows > 0);
}

#[test]
fn a_tag_or_a_branch_is_found() {
    let workflow = "- uses: actions/checkout@v5\n  uses: somebody/something@main\n";
    assert_eq!(loose(workflow).len(), 2);
    let commit = "0057852bfaa89a56745cba8c7296529d2fc39830";
    assert!(!is_fixed(&format!("actions/cache@{commit}")));
    assert!(is_fixed(&format!("actions/cache@{commit} # v4.3.0")));
}
