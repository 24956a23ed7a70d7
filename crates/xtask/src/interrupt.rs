//! Ctrl-C, or a request to end: noted, and answered by whatever is going on in its own order.
//!
//! Nothing is ended behind the back of the code that started it: programs we wait for end (the terminal told them, too),
//! loops stop, and what was started beside us is ended where it is dropped.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

static HAPPENED: AtomicBool = AtomicBool::new(false);

/// Watches for interruptions from now on. Without a runtime to watch with, the system's own answer stands.
pub(crate) fn watch() {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
        return;
    };
    let (installed, when_installed) = std::sync::mpsc::channel::<()>();
    std::thread::spawn(move || {
        runtime.block_on(async {
            #[cfg(unix)]
            {
                use tokio::signal::unix::{SignalKind, signal};
                let (Ok(mut interrupt), Ok(mut end)) =
                    (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
                else {
                    return;
                };
                drop(installed);
                tokio::select! { _ = interrupt.recv() => {}, _ = end.recv() => {} }
            }
            #[cfg(not(unix))]
            {
                drop(installed);
                if tokio::signal::ctrl_c().await.is_err() {
                    return;
                }
            }
            HAPPENED.store(true, Ordering::Relaxed);
        });
    });
    // Answers when the other side is dropped, which it is in either case.
    _ = when_installed.recv();
}

/// Whether somebody asked us to stop.
pub(crate) fn happened() -> bool {
    HAPPENED.load(Ordering::Relaxed)
}

/// Waits until somebody asks us to stop.
pub(crate) async fn wait() {
    while !happened() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
