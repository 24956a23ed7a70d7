//! The floor of the app's budget: a Tauri window with nothing in it.
//!
//! `cargo xtask bench app` measures it beside Sotto in the same run. What Sotto costs above it is ours; what it costs
//! itself is the web view's.

#![allow(clippy::expect_used, reason = "a measuring stick has nobody to report to")]

use tauri::{WebviewUrl, WebviewWindowBuilder};

fn main() {
    let blank = "about:blank".parse().expect("about:blank is a URL");
    tauri::Builder::default()
        .setup(move |app| {
            WebviewWindowBuilder::new(app, "empty", WebviewUrl::External(blank))
                .inner_size(1000.0, 700.0)
                .build()?;
            Ok(())
        })
        .run(tauri::generate_context!())
        .expect("an empty window opens");
}
