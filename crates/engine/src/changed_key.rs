//! A contact's identity key that is not the one it was.
//!
//! ```text
//! another key seen -> it is recorded, waits; what is queued is blocked, a notice says so; what comes is still shown
//! the user decides -> accepted or verified; what was blocked is queued, and goes out in a session with that key
//! late messages of the key before -> shown until the user has decided, and then asked for again in a session with the
//!                     accepted key (`docs/adr/0015-late-messages-of-a-replaced-key.md`)
//! ```

use rusqlite::Transaction;
use sotto_wire::AccountId;

use crate::clock::Timestamp;
use crate::effects::Effects;
use crate::error::StorageError;
use crate::model::{ContactId, Delivery, Notice};
use crate::store::table::identity_keys::Observed;
use crate::store::table::outbox;
use crate::words;

/// Draws the conclusions from what a contact's key turned out to be.
pub(crate) fn observed(
    transaction: &Transaction<'_>,
    effects: &mut Effects,
    contact: ContactId,
    account: AccountId,
    observed: Observed,
    now: Timestamp,
) -> Result<(), StorageError> {
    match observed {
        Observed::First | Observed::Same | Observed::Replaced => Ok(()),
        Observed::Changed => {
            let blocked = outbox::block(transaction, account)?;
            effects.deliveries(transaction, blocked, Delivery::Blocked)?;
            effects.messages_changed(transaction, outbox::subjects(transaction, account)?)?;
            words::key_changed(transaction, effects, contact, now)?;
            effects.notice(transaction, contact, Notice::IdentityKeyChanged, now)
        }
    }
}
