//! Forwards what the app tells: to the window, to the tray, to the desktop's notifications.

use std::sync::Arc;

use sotto_api::App;
use sotto_api::alert::Alert;
use sotto_api::event::Event;
use sotto_api::model::AppState;
use tauri::{AppHandle, Emitter, Manager};
use tauri_plugin_notification::NotificationExt;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use crate::tray::Tray;
use crate::window;

/// The name of the one event the window listens to.
const EVENT: &str = "sotto";

/// Where a notification remembers the conversation it speaks of.
const CONVERSATION: &str = "conversation";

/// Forwards until the app ends.
pub(crate) async fn forward(shell: AppHandle, app: Arc<App>, mut events: Receiver<Event>) {
    loop {
        let event = match events.recv().await {
            Ok(event) => event,
            // The window was not told of everything: it loads all afresh.
            Err(RecvError::Lagged(_)) => Event::Resync,
            Err(RecvError::Closed) => return,
        };
        if !app.hides(&event)
            && let Err(error) = shell.emit_to(window::MAIN, EVENT, &event)
        {
            tracing::warn!(%error, "cannot reach the window");
        }
        react(&shell, &app, &event).await;
    }
}

/// Opens the conversation whose notification the user clicked.
pub(crate) fn follow_notifications(shell: &AppHandle, app: &Arc<App>) {
    let (handle, app) = (shell.clone(), Arc::clone(app));
    let followed = shell.notification().on_action(move |action| {
        window::show(&handle);
        let conversation = action
            .notification()
            .and_then(|shown| shown.extra().get(CONVERSATION)?.as_str());
        if let Some(conversation) = conversation {
            app.request_conversation(conversation);
        }
    });
    if let Err(error) = followed {
        tracing::warn!(%error, "cannot follow clicks on notifications");
    }
}

async fn react(shell: &AppHandle, app: &App, event: &Event) {
    match event {
        Event::MessageAdded { message } if !window::has_focus(shell) => {
            if let Some(alert) = app.alert(message).await {
                notify(shell, &alert);
            }
        }
        Event::SettingsChanged { settings } => window::set_theme(shell, settings.theme),
        Event::InviteOpened { .. } | Event::ConversationRequested { .. } => window::show(shell),
        Event::AppStateChanged {
            state: AppState::Ready { .. } | AppState::Locked { .. },
        } => {
            if let Some(theme) = app.theme() {
                window::set_theme(shell, theme);
            }
            show_unread(shell, app).await;
        }
        Event::ConversationChanged { .. } | Event::ConversationRemoved { .. } | Event::Resync => {
            show_unread(shell, app).await
        }
        _ => {}
    }
}

fn notify(shell: &AppHandle, alert: &Alert) {
    let notification = shell
        .notification()
        .builder()
        .title(&alert.title)
        .body(&alert.body)
        .extra(CONVERSATION, &alert.conversation);
    if let Err(error) = notification.show() {
        tracing::warn!(%error, "cannot show a notification");
    }
}

async fn show_unread(shell: &AppHandle, app: &App) {
    let unread = app.unread().await;
    if let Some(tray) = shell.try_state::<Tray>() {
        tray.set_unread(unread);
    }
    if let Some(window) = shell.get_webview_window(window::MAIN) {
        // Not every desktop has badges.
        let _ = window.set_badge_count((unread > 0).then_some(i64::from(unread)));
    }
}
