//! Keeps god files out: a file has one subject.
//!
//! About 400 lines without tests is where to look for a second subject (STYLE 16); [`HARD_LIMIT`] is where it stops
//! being a matter of taste.

#![allow(clippy::expect_used)] // a test may stop at the first surprise, and so may what it is made of

use std::path::{Path, PathBuf};

/// Lines of a file that are not its tests.
const HARD_LIMIT: usize = 600;

#[test]
fn no_source_file_is_longer_than_one_subject() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = rust_files(&root.join("src-tauri"));
    for entry in std::fs::read_dir(root.join("crates")).expect("crates/").flatten() {
        files.extend(rust_files(&entry.path().join("src")));
    }
    assert!(
        files.len() > 8,
        "the sources are not where this test looks for them"
    );

    let mut too_long = Vec::new();
    for file in files.iter().filter(|file| !is_test(file)) {
        let source = std::fs::read_to_string(file).expect("a readable source file");
        let lines = lines_without_tests(&source);
        if lines > HARD_LIMIT {
            let name = file.strip_prefix(root).unwrap_or(file);
            too_long.push(format!("{}: {lines} lines without its tests", name.display()));
        }
    }
    assert!(
        too_long.is_empty(),
        "find the second subject and move it out ({HARD_LIMIT} at most):\n  {}",
        too_long.join("\n  ")
    );
}

/// A file that holds only tests may be as long as the story it tells.
fn is_test(file: &Path) -> bool {
    file.file_stem().is_some_and(|stem| stem == "tests")
        || file.components().any(|part| part.as_os_str() == "tests")
}

/// Tests stand last in a file (STYLE 11), so everything before the test module counts.
fn lines_without_tests(source: &str) -> usize {
    source
        .lines()
        .take_while(|line| line.trim_end() != "#[cfg(test)]")
        .count()
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

#[test]
fn a_test_module_at_the_end_does_not_count() {
    assert_eq!(lines_without_tests("one\ntwo\n#[cfg(test)]\nmod tests {\n}\n"), 2);
    assert_eq!(lines_without_tests("one\ntwo\n"), 2);
}
