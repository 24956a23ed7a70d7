//! Safety numbers: what two people compare to know that nobody stands between them.

use std::sync::Arc;

use rusqlite::Connection;
use sotto_protocol::curve::IdentityKey;
use sotto_protocol::fingerprint::{DisplayableFingerprint, Fingerprint, ScannableFingerprint};
use sotto_wire::AccountId;

use crate::contacts;
use crate::core::Core;
use crate::error::{ConversationError, StorageError};
use crate::model::{ContactId, IdentityFingerprint, IdentityRecord, SafetyNumber};
use crate::store::table::contacts as contact_table;
use crate::store::table::identity_keys::{self, IdentityKeyRow};

/// Digits of one block, as they are read aloud.
const BLOCK: usize = 5;

/// The safety number with a contact, and the keys they have had.
pub(crate) async fn safety_number(
    core: &Arc<Core>,
    contact: ContactId,
) -> Result<SafetyNumber, ConversationError> {
    let (contact, history) = core
        .store
        .read(move |connection| facts(connection, contact))
        .await?;
    let key = history
        .first()
        .map(|row| row.key)
        .ok_or(ConversationError::NotFound)?;
    let (ours, account) = (Arc::clone(core), contact.address.account);
    // Each half takes 5,200 hashes: some milliseconds that belong to no runtime thread.
    let (blocks, scannable) = tokio::task::spawn_blocking(move || compare(&ours, account, &key))
        .await
        .map_err(|_| StorageError::Failed)?;
    Ok(SafetyNumber {
        contact,
        blocks,
        scannable,
        fingerprint: IdentityFingerprint::of(&key),
        history: history.iter().map(record).collect(),
    })
}

fn facts(
    connection: &Connection,
    contact: ContactId,
) -> Result<(crate::model::Contact, Vec<IdentityKeyRow>), ConversationError> {
    let row = contact_table::by_id(connection, contact)?.ok_or(ConversationError::NotFound)?;
    let history = identity_keys::history(connection, row.account)?;
    Ok((contacts::contact(connection, &row)?, history))
}

fn compare(core: &Core, account: AccountId, key: &IdentityKey) -> (Vec<String>, Vec<u8>) {
    let ours = own_fingerprint(core);
    let theirs = Fingerprint::new(account.as_bytes(), key);
    let digits: Vec<char> = DisplayableFingerprint::new(ours, &theirs)
        .digits()
        .chars()
        .collect();
    let blocks = digits.chunks(BLOCK).map(|block| block.iter().collect());
    let scannable = ScannableFingerprint::new(ScannableFingerprint::VERSION, ours, &theirs);
    (blocks.collect(), scannable.to_bytes())
}

/// Our half of every safety number.
pub(crate) fn own_fingerprint(core: &Core) -> &Fingerprint {
    core.fingerprint.get_or_init(|| {
        let owner = &core.owner;
        Fingerprint::new(
            owner.address.account.as_bytes(),
            &owner.party.identity.identity_key(),
        )
    })
}

fn record(row: &IdentityKeyRow) -> IdentityRecord {
    IdentityRecord {
        fingerprint: IdentityFingerprint::of(&row.key),
        first_seen: row.first_seen,
        verified_at: row.verified_at,
        verified_by: row.verified_by,
        replaced_at: row.replaced_at,
    }
}
