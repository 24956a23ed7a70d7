//! An account from a backup, on a machine that has none.
//!
//! ```text
//! backup ── opened, authenticated ──► messages.db.incoming ── checked, moved ──► messages.db ── keychain, vault.json ──► opened
//! ```
//! `vault.json` is what makes an account: until it is there, in one step and last, there is none, and what a process that died
//! left behind opens with a key that nobody has.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use uuid::Uuid;

use super::pieces::{Opener, PieceError};
use super::{HEADER, Header, discard, fill};
use crate::core::Core;
use crate::environment::Environment;
use crate::error::{BackupFileError, CreateError, DatabaseError, RestoreError, StorageError};
use crate::profile::Profile;
use crate::store::Store;
use crate::vault::{AccountSecrets, NewSlots, RecoveryCode, Vault};
use crate::{account, start};

/// What an account is restored from.
pub struct Restore {
    /// The backup.
    pub file: PathBuf,
    /// The recovery code that the account had when the backup was made. It is the account's on this machine, too.
    pub code: RecoveryCode,
    /// Where the account secrets are kept on this machine.
    pub vault: NewSlots,
}

/// Makes the account that is in a backup the account of this profile, which has none, and opens it. Its mailbox is taken over
/// from the machine that had it as soon as the relay can be reached.
pub(crate) async fn restore(
    profile: Arc<Profile>,
    environment: Environment,
    from: Restore,
) -> Result<Arc<Core>, RestoreError> {
    if profile.vault_file().exists() {
        return Err(CreateError::AlreadyExists.into());
    }
    let Restore {
        file,
        code,
        vault: slots,
    } = from;
    start::check_keychain(&environment, &slots)
        .await
        .map_err(CreateError::from)?;
    let incoming = profile.incoming_database();
    let to = incoming.clone();
    let unpacked = tokio::task::spawn_blocking(move || {
        let unpacked = unpack(&file, &code, &to).inspect_err(|_| discard(&to));
        unpacked.map(|(account, secrets)| (account, secrets, code))
    });
    let unpacked = unpacked
        .await
        .unwrap_or(Err(DatabaseError::Storage(StorageError::Failed).into()));
    let (account, secrets, code) = unpacked?;
    let (path, now, id) = (
        profile.database_file(),
        environment.clock.now(),
        account::new_registration_id(),
    );
    Store::move_in(incoming, path, &secrets.database, id.0, now)
        .await
        .map_err(moved_in)?;
    let created = Vault::create(
        profile.vault_file(),
        Arc::clone(&environment.keychain),
        account,
        &secrets,
        slots,
    );
    let mut vault = match created.await {
        Ok(vault) => vault,
        Err(error) => {
            Store::remove(profile.database_file()).await;
            return Err(CreateError::from(error).into());
        }
    };
    if let Err(error) = vault.set_recovery_slot(&secrets, &code).await {
        // The account is there all the same, and its settings say that it has no recovery code.
        tracing::warn!(%error, "the recovery code is none on this machine");
    }
    Ok(start::open_with(profile, environment, vault, secrets).await?)
}

/// Opens a backup; what is in it counts only if all of it is whole.
fn unpack(file: &Path, code: &RecoveryCode, to: &Path) -> Result<(Uuid, AccountSecrets), RestoreError> {
    let mut from = BufReader::new(File::open(file).map_err(RestoreError::File)?);
    let mut header = [0; HEADER];
    let filled = fill(&mut from, &mut header).map_err(RestoreError::File)?;
    let header = Header::parse(header.get(..filled).unwrap_or_default())?;
    let key = header.key(code).ok_or(BackupFileError::WrongCode)?;
    let mut opener = Opener::new(key, from);
    // The code is wrong, or these few bytes are damaged: nobody can tell which.
    let secrets = opener
        .open(AccountSecrets::ENCODED_LENGTH)
        .map_err(|error| match error {
            PieceError::NotOpened => BackupFileError::WrongCode.into(),
            other => not_opened(other),
        })?;
    let secrets = AccountSecrets::decode_any(&secrets).ok_or(BackupFileError::Damaged)?;
    Store::create_empty(to).map_err(DatabaseError::from)?;
    let file = File::options().write(true).open(to).map_err(not_written)?;
    let mut database = BufWriter::new(file);
    opener.open_rest(&mut database).map_err(not_opened)?;
    database.flush().map_err(not_written)?;
    Ok(secrets)
}

fn not_opened(error: PieceError) -> RestoreError {
    match error {
        PieceError::NotOpened => BackupFileError::Damaged.into(),
        PieceError::Read(error) => RestoreError::File(error),
        PieceError::Write(error) => not_written(error),
    }
}

fn not_written(error: io::Error) -> RestoreError {
    DatabaseError::from(StorageError::of(&error)).into()
}

/// The file is authentic: what does not open was never a backup of ours, or is one of a newer version.
fn moved_in(error: DatabaseError) -> RestoreError {
    match error {
        DatabaseError::TooNew => BackupFileError::TooNew.into(),
        DatabaseError::Missing
        | DatabaseError::WrongKey
        | DatabaseError::Storage(StorageError::Corrupted) => BackupFileError::Damaged.into(),
        DatabaseError::Storage(_) => error.into(),
    }
}
