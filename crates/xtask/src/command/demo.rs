//! `cargo xtask demo`: see it work.
//!
//! With a display: a relay and two windows, Alice and Bob, who have met already. Without one, or with `--headless`: the
//! same two people tell their story by themselves, and everything they do is checked.
//!
//! Those who watch find Alice and Bob introduced by two engines without windows
//! (`crates/testkit/examples/introduce.rs`), not by WebDriver: that works on every system, and leaves them two ordinary
//! windows, not remote-controlled ones.

use std::path::Path;
use std::time::Duration;

use serde_json::json;

use crate::command::run::{BuildError, Programs, build_programs, build_ui};
use crate::interrupt;
use crate::process::{ProcessError, Program, Running};
use crate::setup::{self, Purpose, SetupError, has_display};
use crate::story::cast::{ALICE, BOB, Person};
use crate::story::plot::{self, PlotError};
use crate::story::relay::{Relay, RelayError};
use crate::terminal;
use crate::workspace::Workspace;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Tell the story without a display, even if there is one
    #[arg(long)]
    headless: bool,
}

/// Why there was no demo, or why it did not end well.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DemoError {
    #[error("setting up failed")]
    Setup(#[from] SetupError),
    #[error(transparent)]
    Build(#[from] BuildError),
    #[error("the runtime could not be started")]
    Runtime(#[source] std::io::Error),
    #[error(transparent)]
    Plot(#[from] PlotError),
    #[error("the demo was interrupted")]
    Interrupted,
    #[error("on this system the story cannot be told without a display: there is no Xvfb")]
    NeedsDisplay,
    #[error("the demo's folder could not be made")]
    Folder(#[source] std::io::Error),
    #[error(transparent)]
    Relay(#[from] RelayError),
    #[error("Alice and Bob could not be introduced")]
    Introduction(#[source] ProcessError),
    #[error("{whose} window could not be started")]
    Window {
        whose: &'static str,
        source: ProcessError,
    },
}

pub(super) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<(), DemoError> {
    if arguments.headless || !has_display() {
        headless(workspace)
    } else {
        with_windows(workspace)
    }
}

/// Builds what the story needs, and tells it.
pub(super) fn headless(workspace: &Workspace) -> Result<(), DemoError> {
    if !cfg!(target_os = "linux") {
        return Err(DemoError::NeedsDisplay);
    }
    setup::make_ready(workspace, Purpose::Story)?;
    build_ui(workspace)?;
    let programs = build_programs(workspace)?;
    runtime()?.block_on(async {
        // Dropping the story ends everything that it started.
        tokio::select! {
            told = plot::tell(workspace, &programs) => Ok(told?),
            () = interrupt::wait() => Err(DemoError::Interrupted),
        }
    })
}

/// Opens two windows for whoever sits in front of them, until they are closed or Ctrl-C.
fn with_windows(workspace: &Workspace) -> Result<(), DemoError> {
    setup::make_ready(workspace, Purpose::App)?;
    build_ui(workspace)?;
    let Programs {
        app,
        relay,
        introduce,
    } = build_programs(workspace)?;

    let logs = workspace.results("demo").join("logs");
    std::fs::create_dir_all(&logs).map_err(DemoError::Folder)?;
    let folder = tempfile::Builder::new()
        .prefix("sotto-demo-")
        .tempdir()
        .map_err(DemoError::Folder)?;
    let data = folder.path().join("data");
    let relay = Relay::start_quietly(&relay, &folder.path().join("relay"), &logs.join("relay.log"))?;

    let step = terminal::step("Introducing Alice and Bob");
    let _guests = Guests {
        introduce: &introduce,
        data: &data,
    };
    Program::new(&introduce)
        .args(["--relay", &relay.address(), "--data"])
        .arg(&data)
        .run()
        .map_err(DemoError::Introduction)?;
    step.done();

    let mut windows = Vec::new();
    for (Person { name, profile, .. }, x, y) in [(ALICE, 40, 60), (BOB, 640, 160)] {
        place_window(&data, profile, x, y).map_err(DemoError::Folder)?;
        let window = Program::new(&app)
            .args(["--profile", profile])
            .env("SOTTO_DATA_DIR", &data)
            .start(&logs.join(format!("{profile}.log")))
            .map_err(|source| DemoError::Window { whose: name, source })?;
        windows.push(window);
    }
    println!(
        "\nTwo windows: Alice's and Bob's. Write to each other. Ctrl-C ends the demo and leaves nothing behind."
    );
    runtime()?.block_on(async {
        tokio::select! {
            () = all_ended(&mut windows) => {}
            () = interrupt::wait() => println!(),
        }
    });
    Ok(())
}

/// Alice and Bob, as long as they are here: their keychain entries go with them.
struct Guests<'a> {
    introduce: &'a Path,
    data: &'a Path,
}

impl Drop for Guests<'_> {
    fn drop(&mut self) {
        let forgotten = Program::new(self.introduce)
            .args(["--forget", "--data"])
            .arg(self.data)
            .run();
        if forgotten.is_err() {
            terminal::warning("the demo's two entries may still be in your keychain, under “sotto”");
        }
    }
}

/// Lets a window remember a place where it has never been, so that the two do not lie on each other.
fn place_window(data: &Path, profile: &str, x: i32, y: i32) -> std::io::Result<()> {
    let remembered = json!({ "main": {
        "x": x, "y": y, "prev_x": x, "prev_y": y, "width": 900, "height": 640,
        "maximized": false, "fullscreen": false, "visible": true, "decorated": true,
    }});
    std::fs::write(
        data.join(format!("window-{profile}.json")),
        remembered.to_string(),
    )
}

async fn all_ended(windows: &mut [Running]) {
    while windows.iter_mut().any(|window| window.ended().is_none()) {
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

fn runtime() -> Result<tokio::runtime::Runtime, DemoError> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(DemoError::Runtime)
}
