//! What the page has made and the user saves, such as a card's picture: it goes where the system keeps downloads.

#[cfg(unix)]
use std::fs;
use std::io;
#[cfg(unix)]
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use directories::UserDirs;
use serde_json::json;
use tauri::webview::DownloadEvent;
use tauri::{Emitter, Url, Webview, Wry};

/// The event that tells the page where a file went.
const EVENT: &str = "saved";

/// The folder for downloads, or the user's home where there is none.
pub(crate) fn folder() -> Option<PathBuf> {
    let folders = UserDirs::new()?;
    Some(folders.download_dir().unwrap_or(folders.home_dir()).to_owned())
}

/// Lets a download begin, or tells the page how it ended.
pub(crate) fn follow(page: &Webview<Wry>, event: DownloadEvent<'_>) -> bool {
    match event {
        DownloadEvent::Requested { url, destination } => {
            // Where no folder for downloads is set up, the web view suggests the folder the program was started in.
            if let (Some(folder), Some(name)) = (folder(), destination.file_name()) {
                *destination = folder.join(name);
            }
            is_made_by_the_page(&url)
        }
        DownloadEvent::Finished { path, success, .. } => {
            if let Some(Err(error)) = path.as_deref().filter(|_| success).map(for_this_user_only) {
                tracing::warn!(%error, "a saved file stays as readable as the system makes files");
            }
            // Not every platform says where it is.
            let saved = json!({ "success": success, "file": path });
            if let Err(error) = page.emit_to(page.label(), EVENT, saved) {
                tracing::warn!(%error, "cannot reach the window");
            }
            true
        }
        _ => false,
    }
}

/// What is saved may be all messages: other users of the computer do not read it.
#[cfg(unix)]
fn for_this_user_only(file: &Path) -> io::Result<()> {
    fs::set_permissions(file, fs::Permissions::from_mode(0o600))
}

/// A user's folders are their own there.
#[cfg(not(unix))]
fn for_this_user_only(_file: &Path) -> io::Result<()> {
    Ok(())
}

/// Whether this is the address of something the page holds itself. Nothing is fetched from anywhere.
pub(crate) fn is_made_by_the_page(url: &Url) -> bool {
    url.scheme() == "blob"
}

/// The page that made what such an address names.
pub(crate) fn maker(url: &Url) -> Option<Url> {
    is_made_by_the_page(url)
        .then(|| Url::parse(url.path()).ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_page_made_names_the_page_and_nothing_else_does() {
        let made = Url::parse("blob:tauri://localhost/1c2b").unwrap();
        assert_eq!(maker(&made).unwrap().host_str(), Some("localhost"));
        for other in [
            "https://example.org/card.png",
            "data:text/html,hello",
            "blob:",
            "file:///etc/passwd",
        ] {
            assert_eq!(maker(&Url::parse(other).unwrap()), None);
        }
    }
}
