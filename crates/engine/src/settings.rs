//! The user's settings, as they are kept.

use rusqlite::{Connection, Transaction};

use crate::error::StorageError;
use crate::model::Settings;
use crate::store::table::settings;

const KEY: &str = "settings";

/// The user's settings; the defaults where nothing was chosen.
pub(crate) fn read(connection: &Connection) -> Result<Settings, StorageError> {
    Ok(settings::read(connection, KEY)?.unwrap_or_default())
}

/// Replaces them.
pub(crate) fn write(transaction: &Transaction<'_>, settings: &Settings) -> Result<(), StorageError> {
    settings::write(transaction, KEY, settings)
}
