//! Whether a WebDriver drives the window: the desktop stories do, the user never.

/// True if whoever started this process asked for a window that can be driven.
pub(crate) fn is_on() -> bool {
    std::env::var_os("TAURI_WEBVIEW_AUTOMATION").is_some()
}
