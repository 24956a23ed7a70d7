//! The lock in front of the window: it covers an account that stays open, so that nothing is missed.
//!
//! What it holds back is what the window shows and does, and what a notification says. The keys stay in this program's memory.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::Duration;

use sotto_engine::clock::{Clock, Timestamp};
use sotto_engine::vault;
use tokio::sync::Notify;
use tokio::task::AbortHandle;

use super::{Account, App, Stage};
use crate::error::{ApiError, ErrorCode};
use crate::event::Event;
use crate::model::{AppState, Settings};

impl App {
    /// Whether the window must not be told of it: it is locked.
    #[must_use]
    pub fn hides(&self, event: &Event) -> bool {
        let shows_nothing = matches!(
            event,
            Event::AppStateChanged { .. } | Event::InviteOpened { .. } | Event::Resync
        );
        !shows_nothing && matches!(self.stage_now(), Stage::Covered { .. })
    }

    pub(super) async fn lock(self: &Arc<Self>) -> Result<AppState, ApiError> {
        let _transition = self.transition().await;
        match self.stage().await {
            Stage::Ready { account } if account.has_passphrase().await => {
                account.note_lock(true).await;
                *account.new_code.lock().await = None;
                account.recovered.store(false, Ordering::Relaxed);
                self.enter(Stage::Covered { account }).await;
            }
            Stage::Ready { .. } => return Err(ErrorCode::PassphraseNeeded.into()),
            Stage::Covered { .. } => {}
            _ => return Err(ErrorCode::NotReady.into()),
        }
        self.state().await
    }

    /// Opens the window again for who proves that the account is theirs.
    pub(super) async fn uncover(
        self: &Arc<Self>,
        account: Arc<Account>,
        proof: vault::Proof,
    ) -> Result<AppState, ApiError> {
        let recovered = matches!(proof, vault::Proof::RecoveryCode(_));
        account.engine.prove(proof).await?;
        account.recovered.store(recovered, Ordering::Relaxed);
        self.somebody_is_there();
        self.enter_ready(account).await;
        // What was hidden and is still wanted: the conversation whose notification was clicked.
        self.window_listens();
        self.state().await
    }

    /// The user did something in the window. Who comes back after the time was over, to a computer that slept, finds it locked.
    pub(super) async fn active(self: &Arc<Self>) -> Result<(), ApiError> {
        self.account().await?;
        if self.lock_in().is_some_and(|left| left.is_zero()) {
            self.lock().await?;
        } else {
            self.somebody_is_there();
        }
        Ok(())
    }

    pub(super) fn somebody_is_there(&self) {
        let now = Moment::now(&*self.start.environment.clock);
        self.window().active_at = now;
    }

    /// How long until the window is to be locked if nobody does anything before.
    fn lock_in(&self) -> Option<Duration> {
        let Stage::Ready { .. } = self.stage_now() else {
            return None;
        };
        let window = self.window();
        let minutes = window.settings.as_ref()?.lock_after_minutes?;
        let idle = window.active_at.passed(&*self.start.environment.clock);
        Some(Duration::from_secs(60 * u64::from(minutes)).saturating_sub(idle))
    }

    /// The computer goes to sleep, or its own screen was locked: so is the window, where the user has a passphrase for it
    /// and wants that.
    pub async fn lock_with_system(self: &Arc<Self>) {
        let can = match self.stage().await {
            Stage::Ready { account } => account.has_passphrase().await,
            _ => false,
        };
        let is_wanted = |settings: Settings| settings.lock_with_system;
        if can && self.settings_now().is_some_and(is_wanted) {
            self.lock_or_warn().await;
        }
    }

    async fn lock_or_warn(self: &Arc<Self>) {
        if let Err(error) = self.lock().await {
            tracing::warn!(%error, "the window was not locked");
        }
    }

    /// Refuses settings that nobody could live with.
    pub(super) async fn check_lock(&self, account: &Account, settings: &Settings) -> Result<(), ApiError> {
        match settings.lock_after_minutes {
            Some(0) => Err(ErrorCode::InvalidInput.into()),
            Some(_) if !account.has_passphrase().await => Err(ErrorCode::PassphraseNeeded.into()),
            _ => Ok(()),
        }
    }
}

impl Account {
    /// Whether the window is to be locked although the keychain has opened the account: it was when the program ended, or
    /// would be by now. A lock that nothing could open again is none.
    pub(super) async fn starts_covered(&self, settings: Option<&Settings>) -> bool {
        let has_ways = !self.typed_ways().await.is_empty();
        let is_idle = settings.is_some_and(|settings| settings.lock_after_minutes.is_some());
        // What cannot be read counts as locked.
        has_ways && (is_idle || self.engine.is_locked().await.unwrap_or(true))
    }

    /// A disk that is full keeps nobody from locking their window; only the restart would open it.
    pub(super) async fn note_lock(&self, locked: bool) {
        if let Err(error) = self.engine.set_locked(locked).await {
            tracing::warn!(%error, locked, "the lock was not noted");
        }
    }
}

/// A moment by two clocks, of which the one may be set, and the other may stand still while the computer sleeps.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Moment {
    wall: Timestamp,
    uptime: Duration,
}

impl Moment {
    fn now(clock: &dyn Clock) -> Self {
        Self {
            wall: clock.now(),
            uptime: clock.uptime(),
        }
    }

    /// How long ago it was: whoever sets a clock back, or has the computer sleep, does not make that shorter.
    fn passed(self, clock: &dyn Clock) -> Duration {
        let by_uptime = clock.uptime().saturating_sub(self.uptime);
        clock.now().since(self.wall).max(by_uptime)
    }
}

/// How often the clocks are looked at: no timer goes by both of them.
const GLANCE: Duration = Duration::from_secs(30);

/// Locks the window when nobody has been there for as long as the settings say, until the app ends.
pub(super) fn when_idle(app: Weak<App>, clock: Arc<dyn Clock>, changed: Arc<Notify>) -> AbortHandle {
    tokio::spawn(async move {
        loop {
            let Some(left) = app.upgrade().map(|app| app.lock_in()) else {
                return;
            };
            match left {
                Some(left) if left.is_zero() => {
                    let Some(app) = app.upgrade() else { return };
                    app.lock_or_warn().await;
                }
                Some(left) => tokio::select! {
                    () = clock.sleep(left.min(GLANCE)) => continue,
                    () = changed.notified() => continue,
                },
                None => {}
            }
            changed.notified().await;
        }
    })
    .abort_handle()
}
