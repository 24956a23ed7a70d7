//! Making an account, opening it, and starting what runs while it is open.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use sotto_protocol::curve::IdentityKeyPair;
use sotto_wire::{AccountId, RelayDoor};
use tokio::sync::{Mutex, Notify, mpsc, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::account;
use crate::backup;
use crate::connection::{MailboxLine, Owner, Relays, Status, register};
use crate::core::Core;
use crate::environment::Environment;
use crate::error::{CreateError, DatabaseError, OpenError, StorageError};
use crate::events::Events;
use crate::expiry;
use crate::inbox;
use crate::listeners::Listeners;
use crate::model::{Address, DisplayName};
use crate::prekeys;
use crate::profile::Profile;
use crate::reach_upkeep;
use crate::recovery;
use crate::search;
use crate::sending;
use crate::store::Store;
use crate::store::table::account::{self as account_table, AccountRow};
use crate::store::table::outbox;
use crate::tokens::Tokens;
use crate::vault::{
    AccountSecrets, CreateVaultError, DatabaseKey, IdentitySecret, KeychainError, KeychainStatus, NewSlots,
    Passphrase, Proof, RecoveryCode, Vault,
};

/// How many pushed envelopes wait for the inbox: what a relay pushes without an acknowledgement, and some.
const PUSHES: usize = 512;

/// How long a new account waits for its prekeys to be published: until then nobody can open its invites.
const FIRST_PUBLICATION: Duration = Duration::from_secs(10);

/// When a large database is checked: by then the user sees their conversations, and the backlog has come in.
const CHECKED_AFTER: Duration = Duration::from_secs(20);

/// What a new account is made of.
pub struct NewAccount {
    /// The relay that is to keep its mailbox, and the invite to it if it takes nobody without.
    pub relay: RelayDoor,
    /// What the user calls themself.
    pub display_name: DisplayName,
    /// Where the account secrets are kept.
    pub vault: NewSlots,
}

/// Which slot of the vault to open an account by.
pub enum Unlock {
    /// The keychain slot.
    Keychain,
    /// The passphrase slot.
    Passphrase(Passphrase),
    /// The recovery-code slot.
    RecoveryCode(RecoveryCode),
}

impl From<Proof> for Unlock {
    fn from(proof: Proof) -> Self {
        match proof {
            Proof::Passphrase(passphrase) => Self::Passphrase(passphrase),
            Proof::RecoveryCode(code) => Self::RecoveryCode(code),
        }
    }
}

/// Makes the account of a profile: database, vault, mailbox. The relay is asked last, when nothing here can fail any more
/// that would leave it with a mailbox that nobody can open; if it refuses, what was made here is taken back. A program that
/// ends in between asks for the mailbox when the account is opened next.
pub(crate) async fn create(
    profile: Arc<Profile>,
    environment: Environment,
    new: NewAccount,
) -> Result<Arc<Core>, CreateError> {
    if profile.vault_file().exists() {
        return Err(CreateError::AlreadyExists);
    }
    check_keychain(&environment, &new.vault).await?;
    let identity = IdentityKeyPair::generate(&mut rand::rng());
    let secrets = AccountSecrets {
        identity: IdentitySecret::from_bytes(*identity.private_key().expose_bytes()),
        database: DatabaseKey::generate().map_err(CreateVaultError::from)?,
    };
    let address = Address {
        account: AccountId::random(),
        relay: new.relay.address,
    };
    let owner = Owner::new(address, identity, account::new_registration_id());
    let now = environment.clock.now();
    let row = AccountRow {
        account: owner.address.account,
        registration_id: owner.party.registration_id.0,
        relay: owner.address.relay.clone(),
        display_name: new.display_name,
        created_at: now,
        registered_at: None,
    };
    let store = Store::create(profile.database_file(), &secrets.database, now).await?;
    let written: Result<(), StorageError> = store
        .write(move |transaction| account_table::insert(transaction, &row))
        .await;
    if let Err(error) = written {
        store.close().await;
        Store::remove(profile.database_file()).await;
        return Err(DatabaseError::from(error).into());
    }
    let vault = Vault::create(
        profile.vault_file(),
        Arc::clone(&environment.keychain),
        owner.address.account.uuid(),
        &secrets,
        new.vault,
    )
    .await;
    let vault = match vault {
        Ok(vault) => vault,
        Err(error) => {
            store.close().await;
            Store::remove(profile.database_file()).await;
            return Err(error.into());
        }
    };
    if let Err(error) = register(&owner, new.relay.invite).await {
        store.close().await;
        vault.discard().await;
        Store::remove(profile.database_file()).await;
        return Err(error.into());
    }
    let registered: Result<(), StorageError> = store
        .write(move |transaction| account_table::set_registered(transaction, now))
        .await;
    if let Err(error) = registered {
        // The account is there all the same: nothing depends on knowing since when.
        tracing::warn!(%error, "the registration was not noted");
    }
    let (core, mut published) = start(profile, environment, store, Arc::new(owner), vault, secrets)
        .await
        .map_err(|error| CreateError::Open(error.into()))?;
    // A relay that fails just now does not undo the account: prekeys are published with the next connection.
    let _ = tokio::time::timeout(FIRST_PUBLICATION, published.wait_for(|&published| published)).await;
    core.listeners.tokens.known(FIRST_PUBLICATION).await;
    Ok(core)
}

/// Finds out before anything is made.
pub(crate) async fn check_keychain(
    environment: &Environment,
    slots: &NewSlots,
) -> Result<(), CreateVaultError> {
    if matches!(slots, NewSlots::Passphrase(_)) {
        return Ok(());
    }
    let keychain = Arc::clone(&environment.keychain);
    let status = tokio::task::spawn_blocking(move || keychain.status()).await;
    match status {
        Ok(KeychainStatus::Available | KeychainStatus::Locked) => Ok(()),
        Ok(KeychainStatus::Unavailable) => Err(KeychainError::Unavailable.into()),
        Err(_) => Err(KeychainError::Other.into()),
    }
}

/// Opens the account of a profile.
pub(crate) async fn open(
    profile: Arc<Profile>,
    environment: Environment,
    unlock: Unlock,
) -> Result<Arc<Core>, OpenError> {
    let vault = Vault::load(profile.vault_file(), Arc::clone(&environment.keychain))?;
    let secrets = match unlock {
        Unlock::Keychain => vault.open_with_keychain().await?,
        Unlock::Passphrase(passphrase) => vault.open_with_passphrase(passphrase).await?,
        Unlock::RecoveryCode(code) => vault.open_with_recovery_code(&code)?,
    };
    open_with(profile, environment, vault, secrets).await
}

/// Opens an account whose secrets are known.
pub(crate) async fn open_with(
    profile: Arc<Profile>,
    environment: Environment,
    vault: Vault,
    secrets: AccountSecrets,
) -> Result<Arc<Core>, OpenError> {
    let now = environment.clock.now();
    let (store, row) = recovery::open(&profile, &secrets.database, now).await?;
    let identity = account::identity(&secrets.identity);
    let (Some(identity), true) = (identity, row.account.uuid() == vault.account()) else {
        store.close().await;
        return Err(DatabaseError::Storage(StorageError::Corrupted).into());
    };
    let owner = Arc::new(account::owner(&row, identity));
    let renewing = Arc::clone(&owner);
    let renewed = store
        .write(move |transaction| recovery::renew(transaction, &renewing, now))
        .await;
    renewed.map_err(|error: StorageError| DatabaseError::from(error))?;
    let (core, _) = start(profile, environment, store, owner, vault, secrets)
        .await
        .map_err(DatabaseError::from)?;
    if !core.store.is_checked() {
        core.tasks.spawn(check_database(Arc::clone(&core)));
    }
    Ok(core)
}

/// Starts what runs while an account is open.
async fn start(
    profile: Arc<Profile>,
    environment: Environment,
    store: Store,
    owner: Arc<Owner>,
    vault: Vault,
    secrets: AccountSecrets,
) -> Result<(Arc<Core>, watch::Receiver<bool>), StorageError> {
    let (tasks, shutdown) = (TaskTracker::new(), CancellationToken::new());
    let checkpoints = Arc::clone(&environment.checkpoints);
    store
        .write(move |transaction| {
            checkpoints.opened(transaction);
            Ok::<_, StorageError>(())
        })
        .await?;
    let waiting = store.read(outbox::recipients).await?;
    let events = Events::new();
    let (outgoing, to_send) = mpsc::unbounded_channel();
    let (roots, heard_roots) = mpsc::unbounded_channel();
    let core = Arc::new(Core {
        store,
        owner,
        environment,
        status: Arc::new(Status::new(events.clone())),
        listeners: Arc::new(Listeners {
            events,
            outgoing,
            prekeys_used: watch::Sender::new(()),
            tokens: Tokens::default(),
            expiry_changed: Notify::new(),
        }),
        reconnect: Arc::new(Notify::new()),
        relays: Relays::new(tasks.clone(), shutdown.clone(), roots),
        hurry: watch::Sender::new(()),
        typing: Default::default(),
        fingerprint: OnceLock::new(),
        naming: Mutex::new(()),
        vault: Mutex::new(vault),
        secrets,
        runtime: tokio::runtime::Handle::current(),
        tasks,
        shutdown,
        profile,
    });
    let (pushes, pushed) = mpsc::channel(PUSHES);
    let line = MailboxLine {
        owner: Arc::clone(&core.owner),
        store: core.store.clone(),
        clock: Arc::clone(&core.environment.clock),
        status: Arc::clone(&core.status),
        pushes,
        reconnect: Arc::clone(&core.reconnect),
        shutdown: core.shutdown.clone(),
    };
    let published = watch::Sender::new(false);
    let publication = published.subscribe();
    core.tasks.spawn(line.run());
    core.tasks.spawn(inbox::run(Arc::clone(&core), pushed));
    core.tasks.spawn(sending::run(Arc::clone(&core), to_send));
    core.tasks.spawn(prekeys::run(Arc::clone(&core), published));
    core.tasks.spawn(reach_upkeep::run(Arc::clone(&core)));
    core.tasks
        .spawn(reach_upkeep::learn_roots(Arc::clone(&core), heard_roots));
    core.tasks.spawn(search::run(Arc::clone(&core)));
    core.tasks.spawn(expiry::run(Arc::clone(&core)));
    core.tasks.spawn(backup::run(Arc::clone(&core)));
    core.tasks.spawn(hurry_when_online(Arc::clone(&core)));
    for recipient in waiting {
        core.listeners.wake(recipient);
    }
    Ok((core, publication))
}

/// Checks a database that was too large for it at the start from end to end, once the start is over, and tells if it is
/// damaged. It is read beside whatever else goes on.
async fn check_database(core: Arc<Core>) {
    let check = async {
        core.clock().sleep(CHECKED_AFTER).await;
        core.store.check().await
    };
    tokio::select! {
        () = core.shutdown.cancelled() => {}
        checked = check => match checked {
            Ok(()) => tracing::info!("the database is whole"),
            Err(StorageError::Corrupted) => backup::tell_of_damage(&core).await,
            // It could not be looked at, which says nothing about it.
            Err(error) => tracing::warn!(%error, "the database was not checked"),
        }
    }
}

/// When the way to our own mailbox is open again, those to others are likely to be.
async fn hurry_when_online(core: Arc<Core>) {
    let mut mailbox = core.status.mailbox();
    loop {
        tokio::select! {
            () = core.shutdown.cancelled() => return,
            changed = mailbox.changed() => if changed.is_err() {
                return;
            },
        }
        if mailbox.borrow_and_update().is_some() {
            core.hurry();
        }
    }
}
