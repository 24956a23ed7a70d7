//! Which of WebKitGTK's two renderers draws the window.

use std::os::unix::process::CommandExt;
use std::process::Command;

use crate::automation;

const SWITCH: &str = "WEBKIT_DISABLE_DMABUF_RENDERER";

/// Chooses the renderer that shares memory rather than DMA buffers, unless the user has chosen.
///
/// It saves some 80 MiB without a GPU and avoids blank windows on some NVIDIA and Wayland set-ups. WebKit reads the choice
/// from the environment, and changing the environment of a running process is unsound as soon as there is a second
/// thread; so this process replaces itself, keeping its id, its arguments and its streams. If that fails, the window is
/// drawn as it comes.
///
/// A window that a WebDriver drives is drawn as it comes, too: without DMA buffers WebKit's screenshots of a page that
/// stands still never end.
pub fn choose() {
    if std::env::var_os(SWITCH).is_some() || automation::is_on() {
        return;
    }
    let Ok(program) = std::env::current_exe() else {
        return;
    };
    let mut arguments = std::env::args_os();
    let mut again = Command::new(program);
    if let Some(name) = arguments.next() {
        again.arg0(name);
    }
    // `exec` returns only if it failed.
    let error = again.args(arguments).env(SWITCH, "1").exec();
    tracing::warn!(%error, "cannot choose the renderer");
}
