//! The one window.

use std::path::PathBuf;
use std::time::Duration;

use sotto_api::model::Theme;
use sotto_engine::profile::default_data_folder;
use tauri::webview::{NewWindowResponse, PageLoadEvent};
use tauri::window::Color;
use tauri::{AppHandle, Manager, Url, WebviewUrl, WebviewWindow, WebviewWindowBuilder};
use tauri_plugin_window_state::StateFlags;

use crate::{Options, downloads};

/// The window's label, which the capabilities name.
pub(crate) const MAIN: &str = "main";

const SIZE: (f64, f64) = (1000.0, 700.0);
const SMALLEST: (f64, f64) = (360.0, 480.0);

/// What the UI paints behind everything (`--paper` in `ui/src/styles/themes`), so that no white flashes up before it does.
const LIGHT: Color = Color(0xfd, 0xfc, 0xfa, 0xff);
const DARK: Color = Color(0x1b, 0x1a, 0x18, 0xff);

/// A page that does not load must not leave the user without a window.
const SHOW_AT_LATEST: Duration = Duration::from_secs(5);

/// What is remembered of the window; whether it was visible is decided anew at each start.
pub(crate) fn remembered() -> StateFlags {
    StateFlags::SIZE | StateFlags::POSITION | StateFlags::MAXIMIZED | StateFlags::FULLSCREEN
}

/// Where it is remembered: in the data folder if one was given, else with the app's configuration; one file per profile.
pub(crate) fn state_file(options: &Options) -> String {
    let name = format!("window-{}.json", options.profile.as_str());
    match options
        .data_dir
        .as_deref()
        .and_then(|folder| std::path::absolute(folder).ok())
    {
        Some(folder) => folder.join(name).to_string_lossy().into_owned(),
        None => name,
    }
}

/// Where the web view keeps what little it keeps, one folder per profile: the page stores the language it is shown in, and
/// nothing else. What was said is in the encrypted database only.
fn web_view_folder(options: &Options) -> Option<PathBuf> {
    let root = options.data_dir.clone().or_else(default_data_folder)?;
    Some(
        std::path::absolute(root)
            .ok()?
            .join("web-view")
            .join(options.profile.as_str()),
    )
}

/// Makes the window, and shows it once its page is there unless it is to stay hidden.
pub(crate) fn open(app: &AppHandle, options: &Options, title: &str, stay_hidden: bool) -> tauri::Result<()> {
    let own_pages = own_pages(app);
    let mut window = WebviewWindowBuilder::new(app, MAIN, WebviewUrl::default())
        .title(title)
        .inner_size(SIZE.0, SIZE.1)
        .min_inner_size(SMALLEST.0, SMALLEST.1)
        .center()
        .visible(false)
        .general_autofill_enabled(false)
        // A card or a picture is dropped into the page; what is dropped beside it is a navigation, which is refused.
        .disable_drag_drop_handler()
        .on_navigation(move |url| {
            // A download of what the page made is a navigation at first.
            let maker = downloads::maker(url);
            let shown = maker.as_ref().unwrap_or(url);
            own_pages.iter().any(|page| serves(page, shown))
        })
        .on_download(|page, event| downloads::follow(&page, event))
        .on_new_window(|_, _| NewWindowResponse::Deny)
        .on_page_load(move |window, page| {
            if page.event() == PageLoadEvent::Finished && !stay_hidden {
                present(&window);
            }
        });
    if let Some(folder) = web_view_folder(options) {
        window = window.data_directory(folder);
    }
    let window = window.build()?;
    paint(&window);
    check_spelling(&window);
    if !stay_hidden {
        tauri::async_runtime::spawn(async move {
            tokio::time::sleep(SHOW_AT_LATEST).await;
            if matches!(window.is_visible(), Ok(false)) {
                present(&window);
            }
        });
    }
    Ok(())
}

/// Brings the window to the front, wherever it was.
pub(crate) fn show(app: &AppHandle) {
    if let Some(window) = app.get_webview_window(MAIN) {
        // Each fails only where the platform cannot do it, and then there is nothing better to do.
        let _ = window.unminimize();
        present(&window);
    }
}

/// Whether the user is looking at the window.
pub(crate) fn has_focus(app: &AppHandle) -> bool {
    app.get_webview_window(MAIN)
        .is_some_and(|window| window.is_focused().unwrap_or(false))
}

/// Follows the theme the user chose; `prefers-color-scheme` in the page follows the window's.
pub(crate) fn set_theme(app: &AppHandle, theme: Theme) {
    app.set_theme(match theme {
        Theme::System => None,
        Theme::Light => Some(tauri::Theme::Light),
        Theme::Dark => Some(tauri::Theme::Dark),
    });
    if let Some(window) = app.get_webview_window(MAIN) {
        paint(&window);
    }
}

/// WebKitGTK checks the spelling of what is written where it is told to, in the language of the session; elsewhere the
/// system's web view does so by itself.
fn check_spelling(window: &WebviewWindow) {
    #[cfg(target_os = "linux")]
    {
        use webkit2gtk::{WebContextExt, WebViewExt, glib};

        let told = window.with_webview(|web_view| {
            if let Some(context) = web_view.inner().context() {
                let names = glib::language_names();
                let languages = dictionaries(names.iter().map(glib::GString::as_str));
                // Without a language WebKit checks nothing.
                context.set_spell_checking_languages(&languages);
                context.set_spell_checking_enabled(true);
            }
        });
        if let Err(error) = told {
            tracing::warn!(%error, "the spelling is not checked");
        }
    }
    let _ = window;
}

/// What dictionaries are called among the names of the session's languages, which say an encoding, too: `de_AT`, `de`.
#[cfg(target_os = "linux")]
fn dictionaries<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let is_plain = |name: &&str| {
        name.bytes()
            .all(|byte| byte.is_ascii_alphabetic() || byte == b'_')
    };
    // `C` is no language.
    names.filter(|name| name.len() > 1).filter(is_plain).collect()
}

fn present(window: &WebviewWindow) {
    let _ = window.show();
    let _ = window.set_focus();
}

fn paint(window: &WebviewWindow) {
    let dark = matches!(window.theme(), Ok(tauri::Theme::Dark));
    let _ = window.set_background_color(Some(if dark { DARK } else { LIGHT }));
}

/// Whether `url` is served where `page` is. (The origin of a `tauri:` URL is opaque, and so equals none.)
fn serves(page: &Url, url: &Url) -> bool {
    (page.scheme(), page.host(), page.port_or_known_default())
        == (url.scheme(), url.host(), url.port_or_known_default())
}

/// Where the UI is served from: the window goes nowhere else.
fn own_pages(app: &AppHandle) -> Vec<Url> {
    let bundled = if cfg!(any(windows, target_os = "android")) {
        "http://tauri.localhost"
    } else {
        "tauri://localhost"
    };
    let development = app.config().build.dev_url.clone().filter(|_| tauri::is_dev());
    Url::parse(bundled).ok().into_iter().chain(development).collect()
}

#[cfg(target_os = "linux")]
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dictionary_has_the_name_of_a_language_without_its_encoding() {
        let names = ["de_AT.UTF-8", "de_AT", "de.UTF-8", "de", "C"];
        assert_eq!(dictionaries(names.into_iter()), ["de_AT", "de"]);
    }
}
