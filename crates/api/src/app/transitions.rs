//! From one stage to the next.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use sotto_engine::error::OpenError;
use sotto_engine::model::DisplayName;
use sotto_engine::profile::{OpenProfileError, Profile};
use sotto_engine::vault::{self, NewSlots, SlotKind, Vault};
use sotto_engine::{Engine, NewAccount, Unlock};

use tokio::sync::MutexGuard;
use tokio::time::Instant;

use super::keys::{typed, typed_ways};
use super::{Account, App, OwnRelay, Stage, forward, lock};
use crate::convert;
use crate::error::{ApiError, ErrorCode};
use crate::event::Event;
use crate::explain::folder_trouble;
use crate::model::{AppState, Me, RelayChoice, Settings, VaultChoice};

/// How long another process may take to close the profile, when the user quits and starts again at once.
const CLOSING: Duration = Duration::from_secs(4);

/// How often to look whether it has.
const GLANCE: Duration = Duration::from_millis(50);

impl App {
    /// Opens the account, as far as that goes without the user.
    pub(super) async fn open(self: &Arc<Self>) {
        let _transition = self.transition.lock().await;
        if matches!(self.stage_now(), Stage::Opening) {
            let stage = self.find_stage().await;
            self.enter(stage).await;
        }
    }

    /// Waits for the transition under way to end, the first one included, and keeps others from beginning.
    pub(super) async fn transition(&self) -> MutexGuard<'_, ()> {
        self.stage().await;
        self.transition.lock().await
    }

    pub(super) async fn create(
        self: &Arc<Self>,
        relay: RelayChoice,
        display_name: &str,
        vault: VaultChoice,
    ) -> Result<AppState, ApiError> {
        let _transition = self.transition().await;
        let Stage::Onboarding { profile } = self.stage().await else {
            return Err(ErrorCode::NotReady.into());
        };
        let display_name = DisplayName::parse(display_name)?;
        let vault = new_slots(vault)?;

        let is_new = !profile.relay_folder().exists();
        let (own_relay, address) = match relay {
            RelayChoice::Address { address } => (OwnRelay::Elsewhere, address),
            RelayChoice::ThisComputer => {
                let relay = self.start.relays.start(profile.relay_folder()).await?;
                let address = relay.address();
                (OwnRelay::Running(relay), address)
            }
        };
        let created = async {
            let relay = Engine::check_relay(&address).await?;
            let account = NewAccount {
                relay,
                display_name,
                vault,
            };
            let engine =
                Engine::create(Arc::clone(&profile), self.start.environment.clone(), account).await?;
            Ok::<_, ApiError>(engine)
        };
        match created.await {
            Ok(engine) => {
                let account = self.account_of(profile, engine, own_relay).await;
                self.enter_ready(account).await;
                self.state().await
            }
            Err(error) => {
                if let OwnRelay::Running(relay) = own_relay {
                    relay.stop().await;
                    if is_new && !Engine::exists(&profile) {
                        // Nobody has an account there yet. A folder that stays is only litter.
                        let _ = tokio::fs::remove_dir_all(profile.relay_folder()).await;
                    }
                }
                self.not_made(&profile, error).await
            }
        }
    }

    /// Why there is no account after one was to be made. One that was made, and only did not open, is there from now on, in
    /// whatever trouble it is.
    pub(super) async fn not_made(
        self: &Arc<Self>,
        profile: &Profile,
        error: ApiError,
    ) -> Result<AppState, ApiError> {
        if !Engine::exists(profile) {
            return Err(error);
        }
        let stage = self.find_stage().await;
        self.enter(stage).await;
        self.state().await
    }

    pub(super) async fn unlock_by(self: &Arc<Self>, proof: vault::Proof) -> Result<AppState, ApiError> {
        let _transition = self.transition().await;
        let (profile, ways) = match self.stage().await {
            Stage::Covered { account } => return self.uncover(account, proof).await,
            Stage::Locked { profile, ways } => (profile, ways),
            Stage::Trouble {
                profile: Some(profile),
                ways,
                ..
            } if !ways.is_empty() => (profile, ways),
            _ => return Err(ErrorCode::NotReady.into()),
        };
        let recovered = matches!(proof, vault::Proof::RecoveryCode(_));
        let relay = self.own_relay(&profile).await;
        let opened = Engine::open(Arc::clone(&profile), self.start.environment.clone(), proof.into()).await;
        match opened {
            Ok(engine) => {
                let account = self.account_of(profile, engine, relay).await;
                account.recovered.store(recovered, Ordering::Relaxed);
                self.enter_ready(account).await;
            }
            Err(error) => {
                relay.stop().await;
                if matches!(error, OpenError::Passphrase(_) | OpenError::RecoveryCode(_)) {
                    return Err(error.into());
                }
                self.enter(Stage::Trouble {
                    profile: Some(profile),
                    error: error.into(),
                    ways,
                })
                .await;
            }
        }
        self.state().await
    }

    pub(super) async fn retry(self: &Arc<Self>) -> Result<AppState, ApiError> {
        let transition = self.transition().await;
        if matches!(self.stage().await, Stage::Trouble { .. } | Stage::Locked { .. }) {
            let stage = self.find_stage().await;
            self.enter(stage).await;
        }
        drop(transition);
        self.state().await
    }

    pub(super) async fn set_aside(self: &Arc<Self>) -> Result<AppState, ApiError> {
        let _transition = self.transition().await;
        let Stage::Trouble {
            profile: Some(profile),
            error,
            ..
        } = self.stage().await
        else {
            return Err(ErrorCode::NotReady.into());
        };
        if !matches!(
            error.code,
            ErrorCode::DatabaseCorrupted | ErrorCode::KeychainEntryMissing
        ) {
            return Err(ErrorCode::NotReady.into());
        }
        let now = self.start.environment.clock.now().millis();
        let aside = profile.folder().join(format!("set-aside-{now}"));
        move_account(&profile, &aside)
            .await
            .map_err(|error| folder_trouble(&error))?;
        self.enter(Stage::Onboarding { profile }).await;
        self.state().await
    }

    /// Damage was found while the database was in use: the account is closed before more is lost, and opened again, which
    /// is when a backup takes the place of the database, or what can be done is shown. On a task of its own, since this ends
    /// the forwarding of the event that brought it.
    pub(super) fn close_damaged(self: &Arc<Self>) {
        let app = Arc::clone(self);
        tokio::spawn(async move {
            let _transition = app.transition().await;
            let (Stage::Ready { account } | Stage::Covered { account }) = app.stage().await else {
                return;
            };
            account.close().await;
            app.remember_settings(None);
            // What a command that comes in between is answered by; nobody is shown it.
            app.stage.send_replace(Stage::Trouble {
                profile: Some(Arc::clone(&account.profile)),
                error: ErrorCode::DatabaseCorrupted.into(),
                ways: Vec::new(),
            });
            let stage = app.find_stage().await;
            app.enter(stage).await;
        });
    }

    /// Closes the account, and with it the program.
    pub async fn shutdown(&self) {
        let _transition = self.transition.lock().await;
        let stage = self.stage.send_replace(Stage::Closed);
        self.remember_settings(None);
        if let Stage::Ready { account } | Stage::Covered { account } = stage {
            account.close().await;
        }
    }

    /// Looks which stage the profile is in. An account that its keychain slot opens is opened.
    async fn find_stage(self: &Arc<Self>) -> Stage {
        let profile = match self.profile().await {
            Ok(profile) => profile,
            Err(error) => {
                return Stage::Trouble {
                    profile: None,
                    error,
                    ways: Vec::new(),
                };
            }
        };
        // What was brought to make an account of, before a program that ended since.
        profile.forget_incoming();
        if !Engine::exists(&profile) {
            return Stage::Onboarding { profile };
        }
        let slots = match Vault::load(profile.vault_file(), Arc::clone(&self.start.environment.keychain)) {
            Ok(vault) => vault.slots(),
            Err(error) => {
                return Stage::Trouble {
                    profile: Some(profile),
                    error: error.into(),
                    ways: Vec::new(),
                };
            }
        };
        if !slots.contains(&SlotKind::Keychain) {
            return Stage::Locked {
                profile,
                ways: typed_ways(&slots),
            };
        }
        let relay = self.own_relay(&profile).await;
        match Engine::open(
            Arc::clone(&profile),
            self.start.environment.clone(),
            Unlock::Keychain,
        )
        .await
        {
            Ok(engine) => {
                let account = self.account_of(profile, engine, relay).await;
                if account.starts_covered(self.settings_now().as_ref()).await {
                    Stage::Covered { account }
                } else {
                    Stage::Ready { account }
                }
            }
            Err(error) => {
                relay.stop().await;
                Stage::Trouble {
                    profile: Some(profile),
                    error: error.into(),
                    ways: typed_ways(&slots),
                }
            }
        }
    }

    /// The profile: it stays open from stage to stage. One that another process is just closing is waited for.
    async fn profile(&self) -> Result<Arc<Profile>, ApiError> {
        if let Stage::Onboarding { profile }
        | Stage::Locked { profile, .. }
        | Stage::Trouble {
            profile: Some(profile),
            ..
        } = self.stage_now()
        {
            return Ok(profile);
        }
        let until = Instant::now() + CLOSING;
        loop {
            match Profile::open(self.start.profile.clone(), self.start.data_folder.as_deref()) {
                Ok(profile) => return Ok(Arc::new(profile)),
                Err(OpenProfileError::AlreadyOpen) if Instant::now() < until => {
                    tokio::time::sleep(GLANCE).await
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Starts the relay of this profile, if it has one. An account whose relay does not start is open all the same.
    pub(super) async fn own_relay(&self, profile: &Profile) -> OwnRelay {
        let folder = profile.relay_folder();
        if !folder.exists() {
            return OwnRelay::Elsewhere;
        }
        match self.start.relays.start(folder).await {
            Ok(relay) => OwnRelay::Running(relay),
            Err(error) => OwnRelay::Failed(error),
        }
    }

    /// Tries once more to start a relay of this profile that did not start.
    pub(super) async fn restart_own_relay(&self, account: &Account) {
        let mut relay = account.relay.lock().await;
        if matches!(*relay, OwnRelay::Failed(_)) {
            *relay = self.own_relay(&account.profile).await;
        }
    }

    /// Shows an account. Whoever made it, or has what opens its vault, has opened the window.
    pub(super) async fn enter_ready(&self, account: Arc<Account>) {
        account.note_lock(false).await;
        self.enter(Stage::Ready { account }).await;
    }

    pub(super) async fn account_of(
        self: &Arc<Self>,
        profile: Arc<Profile>,
        engine: Engine,
        relay: OwnRelay,
    ) -> Arc<Account> {
        let forwarding = forward::spawn(Arc::downgrade(self), engine.events());
        self.remember_settings(engine.settings().await.ok().map(Settings::from));
        self.somebody_is_there();
        let waiting_for_idleness = lock::when_idle(
            Arc::downgrade(self),
            Arc::clone(&self.start.environment.clock),
            Arc::clone(&self.idle),
        );
        Arc::new(Account {
            profile,
            engine,
            relay: tokio::sync::Mutex::new(relay),
            forwarding,
            waiting_for_idleness,
            new_code: tokio::sync::Mutex::default(),
            recovered: AtomicBool::new(false),
        })
    }

    pub(super) async fn enter(&self, stage: Stage) {
        self.stage.send_replace(stage);
        self.idle.notify_one();
        if let Ok(state) = self.state().await {
            self.tell(Event::AppStateChanged { state });
        }
    }
}

impl Account {
    /// The user's own account, as the window has it.
    pub(super) async fn me(&self) -> Result<Me, ApiError> {
        let account = self.engine.account().await?;
        Ok(self.describe(account).await)
    }

    pub(super) async fn describe(&self, account: sotto_engine::model::Account) -> Me {
        let hosts_relay = !matches!(*self.relay.lock().await, OwnRelay::Elsewhere);
        convert::me(account, hosts_relay, self.recovered.load(Ordering::Relaxed))
    }

    async fn close(&self) {
        self.forwarding.abort();
        self.waiting_for_idleness.abort();
        self.engine.shutdown().await;
        self.relay.lock().await.take().stop().await;
    }
}

impl OwnRelay {
    pub(super) fn take(&mut self) -> Self {
        std::mem::replace(self, Self::Elsewhere)
    }

    async fn stop(self) {
        if let Self::Running(relay) = self {
            relay.stop().await;
        }
    }
}

/// Where the user wants the secrets of a new account to be kept.
pub(super) fn new_slots(choice: VaultChoice) -> Result<NewSlots, ApiError> {
    Ok(match choice {
        VaultChoice::Keychain => NewSlots::Keychain,
        VaultChoice::Passphrase { passphrase } => NewSlots::Passphrase(typed(&passphrase).choose()?),
    })
}

/// Moves the account's files into the folder `aside`, the database's backups among them; a hosted relay, which others may
/// use, stays where it is.
///
/// The vault goes first: once it is moved the profile has no account, whatever happens to the rest.
async fn move_account(profile: &Profile, aside: &Path) -> io::Result<()> {
    tokio::fs::create_dir_all(aside).await?;
    let mut files = vec![profile.vault_file()];
    let database = profile.database_file();
    let mut entries = tokio::fs::read_dir(profile.folder()).await?;
    while let Some(entry) = entries.next_entry().await? {
        let (name, stem) = (entry.file_name(), database.file_name());
        // Its log, its backups and what was set aside of it are named after it.
        let is_its = stem.is_some_and(|stem| name.as_encoded_bytes().starts_with(stem.as_encoded_bytes()));
        files.extend(is_its.then(|| entry.path()));
    }
    for file in files {
        let Some(name) = file.file_name() else { continue };
        match tokio::fs::rename(&file, aside.join(name)).await {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
