//! Whose identity key is trusted, and what the user decides about one.
//!
//! Another key than before waits for that decision: [`changed_key`](crate::changed_key) is what happens until then.

use rusqlite::{Connection, Transaction};
use sotto_protocol::curve::IdentityKey;
use sotto_protocol::trust::TrustOnFirstUse;
use sotto_wire::AccountId;

use crate::clock::Timestamp;
use crate::effects::Effects;
use crate::error::{StorageError, VerifyError};
use crate::model::{ContactId, Delivery, IdentityFingerprint, Notice, VerifiedBy};
use crate::store::table::contacts::{self, ContactRow};
use crate::store::table::identity_keys::{self, IdentityKeyRow};
use crate::store::table::outbox;
use crate::store::{Peer, sessions};

/// Whom to trust for an account: only the key that the user accepted is sent to; messages are read from any, and a
/// notice says that it changed.
pub(crate) fn trust(
    transaction: &Transaction<'_>,
    account: AccountId,
) -> Result<TrustOnFirstUse, StorageError> {
    let known = match identity_keys::present(transaction, account)? {
        Some(key) if key.is_pending() => identity_keys::last_accepted(transaction, account)?,
        present => present,
    };
    Ok(TrustOnFirstUse {
        known: known.map(|key| key.key),
        receive_from_changed: true,
    })
}

/// Whether sending to the account waits for the user's decision about a changed identity key.
pub(crate) fn is_blocked(connection: &Connection, account: AccountId) -> Result<bool, StorageError> {
    let key = identity_keys::present(connection, account)?;
    Ok(key.is_some_and(|key| key.is_pending()))
}

/// What the user decided about the key they saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    /// They compared it.
    Verified,
    /// They take that back.
    NotVerified,
    /// They go on with it without having compared it.
    Accepted,
    /// They compared it, and it is another one.
    Differs,
}

/// Records a decision about the key with this fingerprint, which must still be the contact's.
pub(crate) fn decide(
    transaction: &Transaction<'_>,
    effects: &mut Effects,
    contact: ContactId,
    fingerprint: &IdentityFingerprint,
    decision: Decision,
    now: Timestamp,
) -> Result<ContactRow, VerifyError> {
    let contact = contacts::by_id(transaction, contact)?.ok_or(VerifyError::NotFound)?;
    let key = identity_keys::present(transaction, contact.account)?.ok_or(VerifyError::KeyChanged)?;
    if IdentityFingerprint::of(&key.key) != *fingerprint {
        return Err(VerifyError::KeyChanged);
    }
    record(transaction, effects, &contact, &key, decision, now)?;
    Ok(contact)
}

fn record(
    transaction: &Transaction<'_>,
    effects: &mut Effects,
    contact: &ContactRow,
    key: &IdentityKeyRow,
    decision: Decision,
    now: Timestamp,
) -> Result<(), StorageError> {
    let account = contact.account;
    let notice = match decision {
        Decision::Verified => {
            return compared(
                transaction,
                effects,
                contact,
                &key.key,
                VerifiedBy::SafetyNumber,
                now,
            );
        }
        Decision::Differs => return differed(transaction, effects, contact, &key.key, now),
        Decision::Accepted if key.is_pending() => {
            identity_keys::accept(transaction, account, &key.key, now)?;
            Notice::IdentityKeyAccepted
        }
        Decision::NotVerified if key.verified_at.is_some() => {
            identity_keys::clear_verified(transaction, account, &key.key)?;
            Notice::MarkedNotVerified
        }
        // It is as they say already.
        Decision::Accepted | Decision::NotVerified => return Ok(()),
    };
    effects.notice(transaction, contact.id, notice, now)?;
    if key.is_pending() {
        resume(transaction, effects, account)?;
    }
    Ok(())
}

/// The user's comparison came out right: the contact's key is verified, if it is still theirs.
pub(crate) fn compared(
    transaction: &Transaction<'_>,
    effects: &mut Effects,
    contact: &ContactRow,
    key: &IdentityKey,
    by: VerifiedBy,
    now: Timestamp,
) -> Result<(), StorageError> {
    let present = identity_keys::present(transaction, contact.account)?;
    let Some(present) = present.filter(|present| present.key == *key) else {
        return Ok(());
    };
    identity_keys::set_verified(transaction, contact.account, key, by, now)?;
    effects.notice(transaction, contact.id, Notice::MarkedVerified, now)?;
    if present.is_pending() {
        resume(transaction, effects, contact.account)?;
    }
    Ok(())
}

/// The user's comparison came out wrong. Whatever was known of the key before, it is not known any more.
pub(crate) fn differed(
    transaction: &Transaction<'_>,
    effects: &mut Effects,
    contact: &ContactRow,
    key: &IdentityKey,
    now: Timestamp,
) -> Result<(), StorageError> {
    identity_keys::clear_verified(transaction, contact.account, key)?;
    effects.notice(transaction, contact.id, Notice::ComparisonDiffered, now)
}

/// Sends what was blocked. A session with the key before is left: the next message begins one with the accepted key.
pub(crate) fn resume(
    transaction: &Transaction<'_>,
    effects: &mut Effects,
    account: AccountId,
) -> Result<(), StorageError> {
    let peer = Peer::primary(account);
    let record = sessions::load(transaction, peer)?;
    let accepted = identity_keys::present(transaction, account)?.map(|key| key.key);
    if record.remote_identity() != accepted {
        sessions::archive_current(transaction, peer, &record)?;
        effects.session_moved(account);
    }
    let queued = outbox::unblock(transaction, account)?;
    effects.deliveries(transaction, queued, Delivery::Queued)?;
    effects.messages_changed(transaction, outbox::subjects(transaction, account)?)?;
    effects.wake(account);
    Ok(())
}
