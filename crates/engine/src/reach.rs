//! How others reach us, and believe that it is us: the tokens of our mailbox, our sender certificate, and the same of contacts.
//!
//! The contact token is one for all contacts, so that it does not tell them apart, and is told them inside the
//! encryption. That of an invite is derived from its secret (`docs/adr/0016-sealed-delivery.md`).
//! [`reach_upkeep`](crate::reach_upkeep) keeps the relay up to date with them.

use std::time::Duration;

use ring::hmac;
use rusqlite::{Connection, Transaction};
use sotto_protocol::sealed_sender::SenderCertificate;
use sotto_wire::{CurveKey, DeliveryToken};

use crate::clock::Timestamp;
use crate::connection::Owner;
use crate::effects::Effects;
use crate::error::StorageError;
use crate::invite_secret::InviteSecret;
use crate::store::table::contacts::{self, ContactRow, TokenSource};
use crate::store::table::reach::{self, ReachRow};

/// A certificate that is about to expire is not used any more: clocks differ.
const TOO_LATE: Duration = Duration::from_secs(10 * 60);

/// What a derived token is for.
const INVITE_LABEL: &[u8] = b"Sotto invite token v1";

/// How somebody is reached, as they tell it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reach {
    /// Opens their mailbox.
    pub(crate) token: DeliveryToken,
    /// What their relay's certificates go back to.
    pub(crate) trust_root: CurveKey,
}

/// The token by which whoever has an invite link reaches its maker.
pub(crate) fn invite_token(secret: &InviteSecret) -> DeliveryToken {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose_bytes());
    let tag = hmac::sign(&key, INVITE_LABEL);
    let mut token = [0; 16];
    // Proof: the tag is 32 bytes long.
    token.copy_from_slice(tag.as_ref().first_chunk::<16>().unwrap_or(&[0; 16]));
    token.into()
}

/// How we are reached; `None` before our relay was heard for the first time.
pub(crate) fn ours(connection: &Connection) -> Result<Option<Reach>, StorageError> {
    Ok(reach::read(connection)?.and_then(|row| {
        Some(Reach {
            token: row.delivery_token,
            trust_root: row.trust_root?.into(),
        })
    }))
}

/// Our sender certificate, if it is good.
pub(crate) fn certificate(
    connection: &Connection,
    owner: &Owner,
    now: Timestamp,
) -> Result<Option<SenderCertificate>, StorageError> {
    let ours = reach::read(connection)?.and_then(|row| good(&row, owner, now.after(TOO_LATE)));
    Ok(ours.map(|(certificate, _)| certificate))
}

/// The certificate, and until when it is good, if it is ours and good at that time.
pub(crate) fn good(row: &ReachRow, owner: &Owner, at: Timestamp) -> Option<(SenderCertificate, Timestamp)> {
    let (bytes, expires_at) = row
        .certificate
        .as_ref()
        .filter(|(_, expires_at)| at < *expires_at)?;
    let certificate = SenderCertificate::from_bytes(bytes).ok()?;
    is_ours(&certificate, owner).then_some((certificate, *expires_at))
}

/// Whether a certificate is about us.
pub(crate) fn is_ours(certificate: &SenderCertificate, owner: &Owner) -> bool {
    let (claims, party) = (certificate.claims(), &owner.party);
    claims.identity == party.identity.identity_key() && claims.sender == party.address
}

/// Notes how a contact is reached. What waits for a way to them can be sent.
pub(crate) fn learned(
    transaction: &Transaction<'_>,
    effects: &mut Effects,
    contact: &ContactRow,
    reach: &Reach,
    source: TokenSource,
) -> Result<(), StorageError> {
    contacts::set_delivery_token(transaction, contact.id, &reach.token, source)?;
    effects.wake(contact.account);
    contacts::set_trust_root(transaction, contact.id, reach.trust_root.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_of_an_invite_is_always_the_same_and_does_not_show_its_secret() {
        let token = invite_token(&InviteSecret::from_bytes([7; 16]));
        assert!(token == invite_token(&InviteSecret::from_bytes([7; 16])));
        assert!(token != invite_token(&InviteSecret::from_bytes([8; 16])));
        assert_ne!(token.as_bytes(), [7; 16]);
    }
}
