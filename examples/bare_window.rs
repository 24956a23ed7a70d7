//! The floor of the app's budget: a Tauri window with no app behind it.
//!
//! `cargo xtask bench app` measures it beside Sotto in the same run, with nothing in it or with the page whose address it is
//! given. What Sotto costs above it is ours; what it costs itself is the web view's.

#![allow(clippy::expect_used, reason = "a measuring stick has nobody to report to")]

use tauri::{WebviewUrl, WebviewWindowBuilder};

fn main() {
    let page = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "about:blank".to_owned());
    let page = page.parse().expect("the page's address is a URL");
    tauri::Builder::default()
        .setup(move |app| {
            WebviewWindowBuilder::new(app, "bare", WebviewUrl::External(page))
                .inner_size(1000.0, 700.0)
                .build()?;
            Ok(())
        })
        .run(tauri::generate_context!())
        .expect("a bare window opens");
}
