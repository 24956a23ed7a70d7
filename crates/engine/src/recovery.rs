//! A damaged database makes way for its last backup, and the account goes on from there.
//!
//! What was in the database since is lost, and the world has gone on without us. So nothing is used that may have been used
//! since the backup was made (`docs/adr/0080-backups-and-recovery.md`):
//!
//! | what | becomes of it |
//! |---|---|
//! | sessions, comparisons under way | are not in a backup: every conversation begins a new session |
//! | numbers of prekeys | leap, since the relay may have keys under the next ones; new prekeys in place of all that it has |
//! | contacts | are told how we are reached, and with it a new session begins: they need not find out that the old one is over |
//! | open invites | are worthless: they may have been used |
//! | the user name | is brought to the relay again |
//! | what waits to be sent | is sent again, under its name: who has it already knows it |
//! | the lock in front of the window | is locked: damaging a file must not open it |

use std::path::PathBuf;

use rand::RngExt;
use rusqlite::{Connection, Transaction};
use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::connection::Owner;
use crate::effects::Effects;
use crate::error::{DatabaseError, StorageError};
use crate::model::Restoration;
use crate::names::introduce_ourselves_to_all;
use crate::profile::Profile;
use crate::store::table::account::AccountRow;
use crate::store::table::{invites, settings, user_name};
use crate::store::{Store, backup};
use crate::vault::DatabaseKey;
use crate::{account, lock, moved, prekeys};

/// What the user is still to be told.
const KEY: &str = "restored";

/// So far at least the numbers of prekeys leap: further than an account comes between two backups. How much further is
/// random, so that the same backup, put back twice, does not lead to the same numbers.
const LEAP: std::ops::Range<u32> = 0x10_0000..0x100_0000;

/// A restoration, as it is kept until the user has seen it.
#[derive(Serialize, Deserialize)]
struct Noted {
    made_at: Timestamp,
    restored_at: Timestamp,
    /// Whether it goes on somewhere else than where the backup was made.
    #[serde(default)]
    moved: bool,
}

/// Opens the database, or the last backup of it that is whole; answers whose it is, too.
pub(crate) async fn open(
    profile: &Profile,
    key: &DatabaseKey,
    now: Timestamp,
) -> Result<(Store, AccountRow), DatabaseError> {
    let error = match try_to_open(profile, key, now).await {
        Err(error) if is_damage(error) => error,
        opened => return opened,
    };
    if !Store::restore(profile.database_file(), key, now).await? {
        return Err(error);
    }
    tracing::warn!(%error, "the database was set aside, and the last backup put in its place");
    try_to_open(profile, key, now).await
}

async fn try_to_open(
    profile: &Profile,
    key: &DatabaseKey,
    now: Timestamp,
) -> Result<(Store, AccountRow), DatabaseError> {
    let store = Store::open(profile.database_file(), key, now).await?;
    match store.read(account::read).await {
        Ok(row) => Ok((store, row)),
        Err(error) => {
            store.close().await;
            Err(error.into())
        }
    }
}

/// Whether a backup is a way out. The key came authenticated out of the vault; one that opens the backup is right.
fn is_damage(error: DatabaseError) -> bool {
    match error {
        DatabaseError::Missing
        | DatabaseError::WrongKey
        | DatabaseError::Storage(StorageError::Corrupted) => true,
        DatabaseError::TooNew | DatabaseError::Storage(_) => false,
    }
}

/// If the database is a backup that was put in the place of another: sees to it that nothing is used twice.
pub(crate) fn renew(
    transaction: &Transaction<'_>,
    owner: &Owner,
    now: Timestamp,
) -> Result<(), StorageError> {
    let Some(mark) = backup::mark(transaction)? else {
        return Ok(());
    };
    // Nothing runs yet that could be told.
    let effects = &mut Effects::default();
    prekeys::begin_anew(transaction, owner, rand::rng().random_range(LEAP), now)?;
    let name = account::read(transaction)?.display_name;
    introduce_ourselves_to_all(transaction, effects, &name, now)?;
    invites::revoke_all(transaction, now)?;
    user_name::set_unsure(transaction, true)?;
    lock::set_locked(transaction, true)?;
    if mark.moved {
        // It may be a backup that was made where the account had been before.
        moved::set(transaction, false)?;
    }
    let noted = Noted {
        made_at: mark.made_at,
        restored_at: now,
        moved: mark.moved,
    };
    settings::write(transaction, KEY, &noted)?;
    backup::unmark(transaction)
}

/// What the user is to be told of, until they have seen it.
pub(crate) fn untold(
    connection: &Connection,
    profile: &Profile,
) -> Result<Option<Restoration>, StorageError> {
    let noted: Option<Noted> = settings::read(connection, KEY)?;
    Ok(noted.map(|noted| Restoration {
        made_at: noted.made_at,
        restored_at: noted.restored_at,
        moved: noted.moved,
        set_aside: set_aside(profile, noted.made_at),
    }))
}

/// The user has seen it.
pub(crate) fn told(transaction: &Transaction<'_>) -> Result<(), StorageError> {
    settings::remove(transaction, KEY)
}

/// Where the damaged database is, if it is still there: the last that was set aside since the backup was made.
fn set_aside(profile: &Profile, since: Timestamp) -> Option<PathBuf> {
    backup::damaged(&profile.database_file())
        .into_iter()
        .filter(|(moment, _)| *moment >= since)
        .max()
        .map(|(_, path)| path)
}
