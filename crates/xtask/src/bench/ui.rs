//! What one waits for in the window: a long conversation opened and scrolled, an hour of chat held in memory, words found.
//!
//! The page is the browser build of the UI in Chromium, driven by `ui/scripts/measure.mjs`, which prints one line of JSON;
//! words are looked for by the engine.

use std::io;

use serde::Deserialize;

use crate::bench::app::CHROMIUMS;
use crate::bench::budget::Row;
use crate::bench::engine::{self, EngineBenchError};
use crate::bench::pages::{Pages, PagesError};
use crate::process::ProcessError;
use crate::terminal;
use crate::workspace::Workspace;

/// How much more a page may hold after an hour of chat than early in it.
const FLAT_MIB: f64 = 2.0;

/// Why there are no figures.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UiBenchError {
    #[error("a folder could not be made")]
    Folder(#[from] io::Error),
    #[error(transparent)]
    Pages(#[from] PagesError),
    #[error("Chromium, in which the page is measured, was not found")]
    NoChromium,
    #[error("what measures the page could not be run, or ended badly")]
    Run(#[from] ProcessError),
    #[error("what measures the page printed no figures")]
    NoFigures,
    #[error("the figures are not of the form known here")]
    Form(#[from] serde_json::Error),
    #[error(transparent)]
    Search(#[from] EngineBenchError),
}

/// What `measure.mjs` prints.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    open_ms: f64,
    frame_ms: f64,
    late_frames: f64,
    work_ms: f64,
    chat_messages: u32,
    chat_minutes: u32,
    heap_before_mib: f64,
    heap_after_mib: f64,
    nodes_before: u32,
    nodes_after: u32,
}

/// Measures; an hour of chat in an hour, if `hour`, else in three minutes.
pub(crate) fn rows(workspace: &Workspace, hour: bool) -> Result<Vec<Row>, UiBenchError> {
    let chromium = CHROMIUMS.iter().find_map(|name| workspace.find_program(name));
    let chromium = chromium.ok_or(UiBenchError::NoChromium)?;
    let logs = workspace.results("bench");
    std::fs::create_dir_all(&logs)?;
    let pages = Pages::serve(workspace, &logs)?;
    let step = terminal::step("Opening, scrolling and chatting in Chromium");
    let mut measure = workspace
        .program("node")
        .arg(workspace.ui().join("scripts").join("measure.mjs"))
        .args(["--address".to_owned(), pages.origin()])
        .arg("--chromium")
        .arg(chromium);
    if hour {
        measure = measure.arg("--hour");
    }
    let printed = measure.output()?;
    step.done();
    drop(pages);
    let line = printed.lines().rev().find(|line| line.starts_with('{'));
    let mut rows = page_rows(&serde_json::from_str(line.ok_or(UiBenchError::NoFigures)?)?);
    rows.extend(engine::search(workspace)?);
    Ok(rows)
}

fn page_rows(page: &Page) -> Vec<Row> {
    vec![
        Row::at_most("open a conversation of 10,000 messages", page.open_ms, 50.0, "ms")
            .because("half of nine openings, without the engine's part"),
        Row::at_most("scroll it: 99 of 100 frames", page.frame_ms, 16.7, "ms").because(format!(
            "{:.1} % of the frames were late",
            page.late_frames * 100.0
        )),
        Row::figure("the page's own work for a frame", page.work_ms, "ms"),
        Row::at_most(
            "an hour of chat: what the page holds more at its end",
            page.heap_after_mib - page.heap_before_mib,
            FLAT_MIB,
            "MiB",
        )
        .because(format!(
            "{} messages in {} min; {:.1} MiB and {} nodes, then {:.1} MiB and {}",
            page.chat_messages,
            page.chat_minutes,
            page.heap_before_mib,
            page.nodes_before,
            page.heap_after_mib,
            page.nodes_after
        )),
    ]
}
