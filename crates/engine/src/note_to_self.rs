//! The conversation with oneself: a contact that is the user's own account. Nothing of it is sent anywhere.

use rusqlite::Transaction;

use crate::account;
use crate::clock::Timestamp;
use crate::contacts as shown;
use crate::effects::Effects;
use crate::error::StorageError;
use crate::model::Conversation;
use crate::store::table::contacts;

/// The conversation with oneself, made if it is not there yet.
pub(crate) fn open(
    transaction: &Transaction<'_>,
    effects: &mut Effects,
    now: Timestamp,
) -> Result<Conversation, StorageError> {
    let own = account::read(transaction)?;
    let row = match contacts::by_account(transaction, own.account)? {
        Some(row) => row,
        None => {
            let id = contacts::insert(transaction, own.account, &own.relay, Some(&own.display_name), now)?;
            effects.touch(id);
            contacts::by_id(transaction, id)?.ok_or(StorageError::Failed)?
        }
    };
    shown::conversation(transaction, &row)
}
