//! From the engine's events to the window's.

use std::sync::{Arc, Weak};

use sotto_engine::Event as EngineEvent;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::task::AbortHandle;

use super::{App, Stage};
use crate::convert;
use crate::event::Event;
use crate::model::AppState;

/// Forwards until the engine or the app ends.
pub(super) fn spawn(app: Weak<App>, mut events: Receiver<EngineEvent>) -> AbortHandle {
    tokio::spawn(async move {
        loop {
            let event = events.recv().await;
            let Some(app) = app.upgrade() else { return };
            match event {
                Ok(event) => {
                    if let Some(event) = app.translate(event).await {
                        app.tell(event);
                    }
                }
                Err(RecvError::Lagged(_)) => app.tell(Event::Resync),
                Err(RecvError::Closed) => return,
            }
        }
    })
    .abort_handle()
}

impl App {
    async fn translate(self: &Arc<Self>, event: EngineEvent) -> Option<Event> {
        Some(match event {
            EngineEvent::ConnectionChanged(connection) => {
                let Stage::Ready { account } = self.stage_now() else {
                    return None;
                };
                Event::ConnectionChanged {
                    connection: account.connection_of(connection).await,
                }
            }
            EngineEvent::ConversationChanged(conversation) => Event::ConversationChanged {
                conversation: conversation.into(),
            },
            EngineEvent::ConversationRemoved(id) => Event::ConversationRemoved {
                id: convert::conversation_id(id),
            },
            EngineEvent::MessageAdded(message) => Event::MessageAdded {
                message: message.into(),
            },
            EngineEvent::MessageChanged(message) => Event::MessageChanged {
                message: message.into(),
            },
            EngineEvent::MessageRemoved { conversation, id } => Event::MessageRemoved {
                conversation: convert::conversation_id(conversation),
                id: id.0,
            },
            EngineEvent::Typing { conversation, typing } => Event::Typing {
                conversation: convert::conversation_id(conversation),
                typing,
            },
            EngineEvent::SessionMoved(id) => Event::SessionMoved {
                conversation: convert::conversation_id(id),
            },
            EngineEvent::WordsChanged(comparison) => Event::WordsChanged {
                comparison: comparison.into(),
            },
            EngineEvent::SettingsChanged(settings) => {
                let settings = crate::model::Settings::from(settings);
                self.remember_settings(Some(settings.clone()));
                Event::SettingsChanged { settings }
            }
            EngineEvent::DatabaseDamaged => {
                self.close_damaged();
                return None;
            }
            EngineEvent::AccountChanged(changed) => {
                self.tell_of_account(changed).await;
                return None;
            }
        })
    }

    /// Between transitions: an account that is covered meanwhile is not told of as one that is open.
    async fn tell_of_account(&self, changed: sotto_engine::model::Account) {
        let _transition = self.transition.lock().await;
        let Stage::Ready { account } = self.stage_now() else {
            return;
        };
        let me = account.describe(changed).await;
        let profile = self.start.profile.as_str().to_owned();
        self.tell(Event::AppStateChanged {
            state: AppState::Ready { profile, me },
        });
    }
}
