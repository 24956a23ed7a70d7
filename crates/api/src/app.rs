//! [`App`]: where the program stands, and who answers the window.
//!
//! ```text
//!             ┌──────────── retry_start ───────────┐
//!             ▼                                    │
//! start ─► Opening ─► Onboarding ── create_account ┼─► Ready ─► Closed      (restore_account, too)
//!             ├─────► Locked ───────── unlock ─────┤     ▲ ▲ (shutdown, from anywhere)
//!             ├─────► Trouble ──────── unlock ─────┼─────┘ │
//!             │          └─ set_aside_database ────┴─► Onboarding
//!             └─────► Covered ◄─ lock ─ Ready; unlock ─────┘
//! ```
//!
//! A vault that nothing but the user can open is *locked*: there are no keys, and nothing is received. An account that is open
//! behind a window that shows nothing of it is *covered*; the window calls both locked. Commands that need an account are for
//! the one that is `Ready`, so that nothing has to remember that a covered one must not answer.
//!
//! While it opens, every command waits. A transition that fails leaves the stage as it was, unless it found out that the
//! account is in trouble.

mod backups;
mod commands;
mod comparing;
mod forward;
mod keys;
mod lock;
mod transitions;

use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sotto_engine::profile::{Profile, ProfileName};
use sotto_engine::{Engine, Environment};
use tokio::sync::{Notify, broadcast, watch};
use tokio::task::AbortHandle;

use crate::alert::Alert;
use crate::convert;
use crate::error::{ApiError, ErrorCode};
use crate::event::Event;
use crate::model::{AppState, Keychain, Message, NotificationPrivacy, Settings, Theme, VaultSlot};
use crate::relay_host::{HostRelayError, HostedRelay, RelayHost};

/// How many events wait for a slow window before it loses the oldest and is told to load everything afresh.
const EVENTS: usize = 1024;

/// What an [`App`] is started with.
pub struct Start {
    /// Which account.
    pub profile: ProfileName,
    /// Where profiles are kept, if not where the platform keeps application data.
    pub data_folder: Option<PathBuf>,
    /// Where the user finds what is saved for them, if the platform says so.
    pub downloads: Option<PathBuf>,
    /// Time and keychain.
    pub environment: Environment,
    /// Who starts a relay on this computer.
    pub relays: Arc<dyn RelayHost>,
}

/// One profile in one running program.
pub struct App {
    start: Start,
    stage: watch::Sender<Stage>,
    /// Held by the transition under way.
    transition: tokio::sync::Mutex<()>,
    events: broadcast::Sender<Event>,
    window: Mutex<WindowSide>,
    /// Wakes who waits for the user to be away for long enough: how long that is has changed, or the window is open again.
    idle: Arc<Notify>,
}

/// Where the program stands.
#[derive(Clone)]
enum Stage {
    Opening,
    Onboarding {
        profile: Arc<Profile>,
    },
    /// Nothing but what the user types opens the vault.
    Locked {
        profile: Arc<Profile>,
        ways: Vec<VaultSlot>,
    },
    Ready {
        account: Arc<Account>,
    },
    /// The account is open, and the window shows nothing of it.
    Covered {
        account: Arc<Account>,
    },
    /// `profile` is missing if even that could not be opened.
    Trouble {
        profile: Option<Arc<Profile>>,
        error: ApiError,
        /// What could be typed to open the account all the same.
        ways: Vec<VaultSlot>,
    },
    Closed,
}

/// An account that is open.
struct Account {
    profile: Arc<Profile>,
    engine: Engine,
    relay: tokio::sync::Mutex<OwnRelay>,
    forwarding: AbortHandle,
    waiting_for_idleness: AbortHandle,
    /// The recovery code that is being written down.
    new_code: tokio::sync::Mutex<Option<keys::NewCode>>,
    /// Whether the recovery code let the user in, who so has forgotten the passphrase.
    recovered: AtomicBool,
}

/// The relay of this profile.
enum OwnRelay {
    /// It is somebody else's.
    Elsewhere,
    /// It runs inside this app.
    Running(Box<dyn HostedRelay>),
    /// It should, but does not.
    Failed(HostRelayError),
}

/// What the program remembers for the window and the shell.
#[derive(Default)]
struct WindowSide {
    /// Whether the page has asked for anything yet, and so listens to events.
    listens: bool,
    /// What it is to be told as soon as it does.
    waiting: Vec<Event>,
    /// The settings of the account that is open.
    settings: Option<Settings>,
    /// When somebody was last at the window.
    active_at: lock::Moment,
}

impl App {
    /// Starts opening the account of a profile. Must be called inside a multi-threaded tokio runtime.
    #[must_use]
    pub fn start(start: Start) -> Arc<Self> {
        let app = Arc::new(Self {
            start,
            stage: watch::Sender::new(Stage::Opening),
            transition: tokio::sync::Mutex::new(()),
            events: broadcast::Sender::new(EVENTS),
            window: Mutex::default(),
            idle: Arc::default(),
        });
        tokio::spawn({
            let app = Arc::clone(&app);
            async move { app.open().await }
        });
        app
    }

    /// What the window is to be told from now on. A listener that lags behind loses the oldest: tell it [`Event::Resync`].
    #[must_use]
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.events.subscribe()
    }

    /// The user followed a `sotto:` link.
    pub fn open_link(&self, link: impl Into<String>) {
        self.tell_when_listening(Event::InviteOpened { link: link.into() });
    }

    /// The user clicked the notification of a conversation.
    pub fn request_conversation(&self, id: impl Into<String>) {
        self.tell_when_listening(Event::ConversationRequested { id: id.into() });
    }

    /// What to show on the desktop about a new message, if anything: no name and no text while the window is locked.
    pub async fn alert(&self, message: &Message) -> Option<Alert> {
        let wanted = self.settings_now()?.notifications;
        let (account, privacy) = match (self.stage().await, wanted) {
            (Stage::Ready { account }, wanted) => (account, wanted),
            (Stage::Covered { account }, NotificationPrivacy::Off) => (account, NotificationPrivacy::Off),
            (Stage::Covered { account }, _) => (account, NotificationPrivacy::Anonymous),
            _ => return None,
        };
        let contact = convert::parse_conversation_id(&message.conversation).ok()?;
        if account.engine.is_muted(contact).await.ok()? {
            return None;
        }
        let conversation = account.engine.conversation(contact).await.ok()??;
        Alert::about(message, &conversation.into(), privacy)
    }

    /// How many messages are unread in all conversations.
    pub async fn unread(&self) -> u32 {
        match self.stage_now() {
            Stage::Ready { account } | Stage::Covered { account } => {
                account.engine.unread().await.unwrap_or_default()
            }
            _ => 0,
        }
    }

    /// Whether closing the window is to leave the program running. An account must be open to receive anything.
    #[must_use]
    pub fn keeps_running(&self) -> bool {
        self.settings_now().is_some_and(|settings| settings.keep_running)
    }

    /// The theme the user chose, once an account is open.
    #[must_use]
    pub fn theme(&self) -> Option<Theme> {
        self.settings_now().map(|settings| settings.theme)
    }

    /// The stage, once there is one.
    async fn stage(&self) -> Stage {
        let mut stages = self.stage.subscribe();
        match stages.wait_for(|stage| !matches!(stage, Stage::Opening)).await {
            Ok(stage) => stage.clone(),
            // The sender is in `self`.
            Err(_) => Stage::Closed,
        }
    }

    fn stage_now(&self) -> Stage {
        self.stage.borrow().clone()
    }

    /// The account that is open.
    async fn account(&self) -> Result<Arc<Account>, ApiError> {
        match self.stage().await {
            Stage::Ready { account } => Ok(account),
            _ => Err(ErrorCode::NotReady.into()),
        }
    }

    /// The stage as the window has it.
    async fn state(&self) -> Result<AppState, ApiError> {
        let profile = self.start.profile.as_str().to_owned();
        Ok(match self.stage().await {
            Stage::Opening | Stage::Closed => return Err(ErrorCode::NotReady.into()),
            Stage::Onboarding { .. } => AppState::Onboarding {
                profile,
                keychain: self.keychain().await,
                default_relay: None,
            },
            Stage::Locked { ways, .. } => AppState::Locked {
                profile,
                keychain: self.keychain().await,
                ways,
                receiving: false,
            },
            Stage::Covered { account } => AppState::Locked {
                profile,
                keychain: self.keychain().await,
                ways: account.typed_ways().await,
                receiving: true,
            },
            Stage::Ready { account } => AppState::Ready {
                profile,
                me: account.me().await?,
            },
            Stage::Trouble { error, ways, .. } => AppState::Trouble { profile, error, ways },
        })
    }

    /// Looking at the keychain may block.
    async fn keychain(&self) -> Keychain {
        let keychain = Arc::clone(&self.start.environment.keychain);
        let name = keychain.name().to_owned();
        let status = tokio::task::spawn_blocking(move || keychain.status()).await;
        let status = status
            .unwrap_or(sotto_engine::vault::KeychainStatus::Unavailable)
            .into();
        Keychain { name, status }
    }

    fn tell(&self, event: Event) {
        // Nobody may listen yet, or any more.
        let _ = self.events.send(event);
    }

    fn tell_when_listening(&self, event: Event) {
        let mut window = self.window();
        if window.listens && !self.hides(&event) {
            self.tell(event);
        } else {
            window.waiting.push(event);
        }
    }

    /// The window asked for something, and so listens.
    fn window_listens(&self) {
        let waiting = {
            let mut window = self.window();
            window.listens = true;
            std::mem::take(&mut window.waiting)
        };
        waiting.into_iter().for_each(|event| self.tell(event));
    }

    fn settings_now(&self) -> Option<Settings> {
        self.window().settings.clone()
    }

    fn remember_settings(&self, settings: Option<Settings>) {
        self.window().settings = settings;
        self.idle.notify_one();
    }

    fn window(&self) -> MutexGuard<'_, WindowSide> {
        // Nothing panics while it is held, and what it guards is whole at any time.
        self.window.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
