//! What is remembered of the lock in front of the window: that it is locked, so that a restart does not open it.

use rusqlite::{Connection, Transaction};

use crate::effects::Effects;
use crate::error::StorageError;
use crate::events::Event;
use crate::settings;
use crate::store::table::settings as table;

const KEY: &str = "locked";

/// Whether the window was locked when the account was last open.
pub(crate) fn is_locked(connection: &Connection) -> Result<bool, StorageError> {
    Ok(table::read(connection, KEY)?.unwrap_or_default())
}

/// Remembers it.
pub(crate) fn set_locked(transaction: &Transaction<'_>, locked: bool) -> Result<(), StorageError> {
    table::write(transaction, KEY, &locked)
}

/// Nothing opens the lock any more, so it is not used any more.
pub(crate) fn give_up(transaction: &Transaction<'_>, effects: &mut Effects) -> Result<(), StorageError> {
    set_locked(transaction, false)?;
    let mut settings = settings::read(transaction)?;
    if settings.lock_after_minutes.take().is_some() {
        settings::write(transaction, &settings)?;
        effects.tell(Event::SettingsChanged(settings));
    }
    Ok(())
}
