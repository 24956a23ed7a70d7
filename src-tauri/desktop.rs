//! Puts the app together and runs it until the user quits.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use sotto_api::{App, Start};
use sotto_engine::Environment;
use sotto_engine::checkpoint::NoCheckpoints;
use sotto_engine::clock::SystemClock;
use sotto_engine::vault::SystemKeychain;
use tauri::{AppHandle, Builder, Manager, RunEvent, WindowEvent, Wry};
use tracing_subscriber::EnvFilter;

use crate::relay_host::LoopbackRelays;
use crate::tray::Tray;
use crate::{Options, autostart, commands, downloads, events, instance, session, window};

/// How long quitting may take. What is cut off then is as safe as after a power failure: it is in the database or undone.
const SHUTDOWN: Duration = Duration::from_secs(5);

/// Runs the app.
pub fn run(options: Options) -> ExitCode {
    log();
    let mut context = tauri::generate_context!();
    let identifier = instance::identifier(
        &context.config().identifier,
        &options.profile,
        options.data_dir.as_deref(),
    );
    if !cfg!(target_os = "linux") {
        // Elsewhere than on Linux the single-instance plugin knows instances by the app's identifier alone.
        context.config_mut().identifier.clone_from(&identifier);
    }

    // The account opens while the window system starts. In a second instance it finds the profile locked, and the
    // plugin hands the link over and ends the process.
    let app = {
        let runtime = tauri::async_runtime::handle();
        let _inside = runtime.inner().enter();
        App::start(Start {
            profile: options.profile.clone(),
            data_folder: options.data_dir.clone(),
            downloads: downloads::folder(),
            environment: environment(),
            relays: Arc::new(LoopbackRelays),
        })
    };

    let shell = builder(&options, identifier, &app).build(context);
    match shell {
        Ok(shell) => {
            let code = shell.run_return(move |shell, event| follow(shell, &app, event));
            ExitCode::from(u8::try_from(code).unwrap_or(1))
        }
        Err(error) => {
            tracing::error!(%error, "cannot start");
            ExitCode::FAILURE
        }
    }
}

/// The machine as it is.
fn environment() -> Environment {
    Environment {
        clock: Arc::new(SystemClock),
        keychain: Arc::new(SystemKeychain),
        checkpoints: Arc::new(NoCheckpoints),
    }
}

fn builder(options: &Options, identifier: String, app: &Arc<App>) -> Builder<Wry> {
    let single_instance = {
        let app = Arc::clone(app);
        tauri_plugin_single_instance::Builder::new()
            .dbus_id(identifier)
            .callback(move |shell, arguments, _| {
                window::show(shell);
                if let Some(link) = Options::link_of(arguments) {
                    app.open_link(link);
                }
            })
    };
    let remembered = tauri_plugin_window_state::Builder::new()
        .with_state_flags(window::remembered())
        .with_filename(window::state_file(options));
    let commands = Arc::clone(app);
    let (options, app) = (options.clone(), Arc::clone(app));
    Builder::default()
        .plugin(single_instance.build())
        .plugin(autostart::plugin(&options))
        .plugin(tauri_plugin_deep_link::init())
        .plugin(tauri_plugin_notification::init())
        // Its own handler for clicks on links stays out: a link opens when the dialog about it was answered (ADR 71).
        .plugin(tauri_plugin_opener::Builder::new().open_js_links_on_click(false).build())
        .plugin(remembered.build())
        .invoke_handler(move |invoke| commands::answer(&commands, invoke))
        .on_window_event(|window, event| {
            if let WindowEvent::CloseRequested { api, .. } = event
                && closes_to_tray(window.app_handle())
                && window.hide().is_ok()
            {
                api.prevent_close();
            }
        })
        .setup(move |shell| {
            set_up(shell.handle(), &options, app)?;
            Ok(())
        })
}

fn set_up(shell: &AppHandle, options: &Options, app: Arc<App>) -> tauri::Result<()> {
    shell.manage(Arc::clone(&app));
    let title = match options.profile.as_str() {
        "default" => "Sotto".to_owned(),
        profile => format!("Sotto \u{2013} {profile}"),
    };
    let tray = Tray::open(shell, &title);
    let stay_hidden = options.hidden && tray.is_some();
    if let Some(tray) = tray {
        shell.manage(tray);
    }
    events::follow_notifications(shell, &app);
    tauri::async_runtime::spawn(events::forward(shell.clone(), Arc::clone(&app), app.events()));
    tauri::async_runtime::spawn(quit_when_told(shell.clone()));
    let locked = Arc::clone(&app);
    tauri::async_runtime::spawn(session::follow(async move || locked.lock_with_system().await));
    register_links(shell);
    if let Some(link) = options.link.clone() {
        app.open_link(link);
    }
    window::open(shell, options, &title, stay_hidden)
}

fn follow(shell: &AppHandle, app: &Arc<App>, event: RunEvent) {
    match event {
        #[cfg(target_os = "macos")]
        RunEvent::Opened { urls } => {
            window::show(shell);
            urls.into_iter().for_each(|url| app.open_link(url.into()));
        }
        #[cfg(target_os = "macos")]
        RunEvent::Reopen { .. } => window::show(shell),
        RunEvent::Exit => {
            // Whoever starts the app again from here on gets a new one, which waits for this one to let go of the profile.
            tauri_plugin_single_instance::destroy(shell);
            let closed = async { tokio::time::timeout(SHUTDOWN, app.shutdown()).await };
            if tauri::async_runtime::block_on(closed).is_err() {
                tracing::warn!("the account did not close in time");
            }
        }
        _ => {}
    }
}

/// Closing hides the window only where the user wants it and can find it again.
fn closes_to_tray(shell: &AppHandle) -> bool {
    let wanted = shell
        .try_state::<Arc<App>>()
        .is_some_and(|app| app.keeps_running());
    wanted && shell.try_state::<Tray>().is_some_and(|tray| tray.is_visible())
}

/// An AppImage is not installed, so it registers the links itself; packages and installers do it for the others.
fn register_links(shell: &AppHandle) {
    #[cfg(target_os = "linux")]
    if shell.env().appimage.is_some() {
        use tauri_plugin_deep_link::DeepLinkExt;
        if let Err(error) = shell.deep_link().register_all() {
            tracing::warn!(%error, "cannot register sotto: links");
        }
    }
    let _ = shell;
}

/// Quits as the menu does when the session ends or the terminal interrupts.
async fn quit_when_told(shell: AppHandle) {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let (Ok(mut terminate), Ok(mut hang_up)) =
            (signal(SignalKind::terminate()), signal(SignalKind::hangup()))
        else {
            return;
        };
        tokio::select! {
            _ = terminate.recv() => {}
            _ = hang_up.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
    }
    #[cfg(not(unix))]
    if tokio::signal::ctrl_c().await.is_err() {
        return;
    }
    shell.exit(0);
}

/// Warnings to stderr; `SOTTO_LOG` asks for more. No user data is ever logged.
fn log() {
    let filter = EnvFilter::try_from_env("SOTTO_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
}
