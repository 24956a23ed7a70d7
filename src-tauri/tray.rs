//! The tray icon: opens and quits the app, and shows that something is unread.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tauri::AppHandle;
use tauri::image::Image;
use tauri::menu::{Menu, MenuItem, PredefinedMenuItem};
use tauri::tray::{MouseButton, MouseButtonState, TrayIcon, TrayIconBuilder, TrayIconEvent};

use crate::window;

/// What a click on the tray's menu is for.
const OPEN: &str = "open";
const QUIT: &str = "quit";

/// The tray icon, where there is a tray.
pub(crate) struct Tray {
    icon: TrayIcon,
    title: String,
}

impl Tray {
    /// Puts the icon into the tray. None where there is no tray: the app then runs without.
    pub(crate) fn open(app: &AppHandle, title: &str) -> Option<Self> {
        if !host::is_there() {
            tracing::info!("no tray on this desktop");
            return None;
        }
        // On Linux the tray's library is looked for at run time, and its binding panics where there is none.
        match catch_unwind(AssertUnwindSafe(|| build(app, title))) {
            Ok(Ok(icon)) => Some(Self {
                icon,
                title: title.to_owned(),
            }),
            Ok(Err(error)) => {
                tracing::warn!(%error, "cannot use the tray");
                None
            }
            Err(_) => {
                tracing::warn!("the tray's library is missing");
                None
            }
        }
    }

    /// Whether the user can see the icon now, and so find the app again once its window is closed.
    pub(crate) fn is_visible(&self) -> bool {
        host::is_there()
    }

    /// Shows how many messages are unread.
    pub(crate) fn set_unread(&self, unread: u32) {
        let shown = || -> tauri::Result<()> {
            self.icon.set_icon(Some(image(unread > 0)?))?;
            self.icon.set_icon_as_template(cfg!(target_os = "macos"))?;
            let tooltip = match unread {
                0 => self.title.clone(),
                1 => format!("{}: 1 unread message", self.title),
                n => format!("{}: {n} unread messages", self.title),
            };
            self.icon.set_tooltip(Some(tooltip))?;
            if cfg!(target_os = "macos") {
                self.icon.set_title((unread > 0).then(|| unread.to_string()))?;
            }
            Ok(())
        };
        if let Err(error) = shown() {
            tracing::warn!(%error, "cannot change the tray icon");
        }
    }
}

fn build(app: &AppHandle, title: &str) -> tauri::Result<TrayIcon> {
    let menu = Menu::with_items(
        app,
        &[
            &MenuItem::with_id(app, OPEN, "Open Sotto", true, None::<&str>)?,
            &PredefinedMenuItem::separator(app)?,
            &MenuItem::with_id(app, QUIT, "Quit", true, None::<&str>)?,
        ],
    )?;
    // Linux keeps the icon in a file named after the id, so two profiles must not share one.
    TrayIconBuilder::with_id(app.config().identifier.clone())
        .icon(image(false)?)
        .icon_as_template(cfg!(target_os = "macos"))
        .tooltip(title)
        .menu(&menu)
        .show_menu_on_left_click(cfg!(target_os = "macos"))
        .on_menu_event(|app, event| match event.id().as_ref() {
            OPEN => window::show(app),
            QUIT => app.exit(0),
            _ => {}
        })
        .on_tray_icon_event(|tray, event| {
            if let TrayIconEvent::Click {
                button: MouseButton::Left,
                button_state: MouseButtonState::Up,
                ..
            } = event
            {
                window::show(tray.app_handle());
            }
        })
        .build(app)
}

#[cfg(target_os = "macos")]
fn image(unread: bool) -> tauri::Result<Image<'static>> {
    Image::from_bytes(if unread {
        include_bytes!("../icons/tray-template-unread.png")
    } else {
        include_bytes!("../icons/tray-template.png")
    })
}

#[cfg(not(target_os = "macos"))]
fn image(unread: bool) -> tauri::Result<Image<'static>> {
    Image::from_bytes(if unread {
        include_bytes!("../icons/tray-unread.png")
    } else {
        include_bytes!("../icons/tray.png")
    })
}

#[cfg(not(target_os = "linux"))]
mod host {
    /// Windows and macOS always have a tray.
    pub(super) fn is_there() -> bool {
        true
    }
}

#[cfg(target_os = "linux")]
mod host {
    use zbus::blocking::Connection;
    use zbus::blocking::proxy::Builder;
    use zbus::proxy::CacheProperties;

    const WATCHER: &str = "org.kde.StatusNotifierWatcher";

    /// Whether this desktop shows StatusNotifier items; plain GNOME does not.
    pub(super) fn is_there() -> bool {
        let ask = || -> zbus::Result<bool> {
            let bus = Connection::session()?;
            Builder::<zbus::blocking::Proxy<'_>>::new(&bus)
                .destination(WATCHER)?
                .path("/StatusNotifierWatcher")?
                .interface(WATCHER)?
                .cache_properties(CacheProperties::No)
                .build()?
                .get_property("IsStatusNotifierHostRegistered")
        };
        ask().unwrap_or(false)
    }
}
