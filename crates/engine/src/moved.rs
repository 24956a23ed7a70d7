//! What is remembered of the account having moved to another computer: what is written here would never be sent.

use rusqlite::{Connection, Transaction};
use sotto_wire::Refusal;

use crate::error::{RelayError, StorageError};
use crate::store::Store;
use crate::store::table::settings;

const KEY: &str = "moved";

/// Whether the relay has said so, and has not let us in since.
pub(crate) fn has_moved(connection: &Connection) -> Result<bool, StorageError> {
    Ok(settings::read(connection, KEY)?.unwrap_or_default())
}

/// Refuses, as the relay would, whatever would have to be answered here.
pub(crate) async fn refuse<E: From<RelayError> + From<StorageError>>(store: &Store) -> Result<(), E> {
    if store.read(has_moved).await? {
        return Err(RelayError::Refused(Refusal::Moved).into());
    }
    Ok(())
}

/// Remembers that the account is elsewhere, or here.
pub(crate) fn set(transaction: &Transaction<'_>, moved: bool) -> Result<(), StorageError> {
    if moved {
        settings::write(transaction, KEY, &true)
    } else {
        settings::remove(transaction, KEY)
    }
}
