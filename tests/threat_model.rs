//! `docs/threat-model.md` promises nothing that no test shows.
//!
//! A row's last cell names tests: a file, and the functions in it. Both must be there, and a promise without either must say
//! so in the words [`UNPROVED`].

#![allow(clippy::unwrap_used)] // a test may stop at the first surprise, and so may what it is made of

use std::path::Path;

/// How a row says that no test shows it.
const UNPROVED: &str = "no test";

struct Row<'a> {
    line: usize,
    cannot: &'a str,
    shown_by: &'a str,
}

/// The rows of all tables whose columns are can, cannot, shown by.
fn rows(page: &str) -> Vec<Row<'_>> {
    page.lines()
        .enumerate()
        .filter_map(|(index, line)| {
            let cells = line.strip_prefix('|')?.strip_suffix('|')?;
            let mut cells = cells.split('|').map(str::trim);
            let (_can, cannot, shown_by) = (cells.next()?, cells.next()?, cells.next()?);
            Some(Row {
                line: index + 1,
                cannot,
                shown_by,
            })
        })
        .filter(|row| row.cannot != "cannot" && !row.cannot.starts_with("---"))
        .collect()
}

/// What stands between backticks.
fn quoted(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

/// What is wrong with the tests that a row names.
fn mistakes(root: &Path, row: &Row<'_>) -> Vec<String> {
    let mut mistakes = Vec::new();
    let mut source: Option<String> = None;
    let mut tests = 0;
    for name in quoted(row.shown_by) {
        if name.starts_with("cargo ") {
            // A command line.
        } else if name.contains('/') || name.ends_with(".ts") {
            source = std::fs::read_to_string(root.join(name)).ok();
            if source.is_none() {
                mistakes.push(format!("line {}: there is no `{name}`", row.line));
            }
        } else if let Some(source) = &source {
            let is_there = source.contains(&format!("fn {name}(")) || source.contains(&format!("'{name}'"));
            if is_there {
                tests += 1;
            } else {
                mistakes.push(format!("line {}: no test is called `{name}`", row.line));
            }
        }
    }
    if tests == 0 && !row.shown_by.contains(UNPROVED) && !row.cannot.is_empty() {
        mistakes.push(format!("line {}: no test is named", row.line));
    }
    mistakes
}

#[test]
fn every_promise_of_the_threat_model_names_a_test_that_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(root.join("docs/threat-model.md")).unwrap();
    let rows = rows(&page);
    assert!(rows.len() > 20, "the tables are not found any more");
    let mistakes: Vec<String> = rows.iter().flat_map(|row| mistakes(root, row)).collect();
    assert!(mistakes.is_empty(), "{}", mistakes.join("\n"));
}

#[test]
fn a_promise_without_a_test_is_found() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = "| can | cannot | shown by |\n|---|---|---|\n\
                | talk | lie | `tests/threat_model.rs`: `a_promise_without_a_test_is_found` |\n\
                | talk | lie | `tests/threat_model.rs`: `nothing_of_the_kind` |\n\
                | talk | lie | `ui/src/text/links.test.ts`: `a story that nobody tells` |\n\
                | talk | lie | `tests/nowhere.rs` |\n\
                | talk | lie | the same |\n\
                | talk | lie | no test yet |\n\
                | talk | | |";
    let found: Vec<usize> = rows(page).iter().map(|row| mistakes(root, row).len()).collect();
    assert_eq!(found, [0, 2, 2, 2, 1, 0, 0]);
}
