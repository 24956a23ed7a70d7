//! What goes beyond the page: links, the settings of the machine, the size of everything.

use std::path::Path;

use super::{Window, WindowError};

/// Control, pressed or released, as WebDriver writes it between the characters to type.
const CONTROL: char = '\u{e009}';

impl Window {
    /// The program that this window is of.
    pub(crate) fn app(&self) -> &Path {
        &self.app
    }

    /// Presses the link in the conversation, and answers where the dialog says that it leads.
    pub(crate) async fn press_link(&self) -> Result<String, WindowError> {
        self.click("message-link").await?;
        let host = self.see("link-host").await?;
        host.text()
            .await
            .map_err(|source| self.command("read a host", source))
    }

    /// Says yes to the dialog about a link.
    pub(crate) async fn open_link(&self) -> Result<(), WindowError> {
        self.click("link-open").await
    }

    /// Opens the settings by the keyboard.
    pub(crate) async fn open_settings(&self) -> Result<(), WindowError> {
        self.press_with_control(',').await?;
        self.see("settings").await.map(drop)
    }

    pub(crate) async fn close_settings(&self) -> Result<(), WindowError> {
        self.click("settings-close").await
    }

    /// Has the app start with the session, or not any more.
    pub(crate) async fn switch_autostart(&self) -> Result<(), WindowError> {
        self.click("settings-autostart").await
    }

    /// Types a key with Control held, while a message could be written.
    pub(crate) async fn press_with_control(&self, key: char) -> Result<(), WindowError> {
        let keys = String::from_iter([CONTROL, key, CONTROL]);
        let composer = self.see("composer").await?;
        composer
            .send_keys(&keys)
            .await
            .map_err(|source| self.command("press a shortcut", source))
    }

    /// How wide the page is in its own pixels: the larger it is shown, the fewer.
    pub(crate) async fn page_width(&self) -> Result<u64, WindowError> {
        self.until("how wide the page is", async |session| {
            Ok(session
                .execute("return window.innerWidth", vec![])
                .await?
                .as_u64())
        })
        .await
    }

    /// Waits until the page is as wide as that, give or take what rounding makes of it.
    pub(crate) async fn see_page_width(&self, expected: u64) -> Result<(), WindowError> {
        self.until(format!("a page {expected} pixels wide"), async |session| {
            let width = session
                .execute("return window.innerWidth", vec![])
                .await?
                .as_u64();
            Ok(width.filter(|width| width.abs_diff(expected) <= 1).map(drop))
        })
        .await
    }
}
