//! Invites of the user's own: made, listed, revoked, and recognised when somebody comes with one.

use std::time::Duration;

use rusqlite::{Connection, Transaction};
use sotto_protocol::session::SessionChanges;

use super::InviteLink;
use crate::account;
use crate::clock::Timestamp;
use crate::connection::Owner;
use crate::content::{Body, Content, InviteAcceptance};
use crate::effects::Effects;
use crate::error::{InviteError, StorageError};
use crate::invite_secret::InviteSecret;
use crate::model::{DisplayName, IdentityFingerprint, Invite, InviteId, InviteUse, Notice};
use crate::moved;
use crate::names::introduce_ourselves;
use crate::outbox;
use crate::requests;
use crate::store::table::contacts::{self, ContactRow};
use crate::store::table::declined_guests::{self, DeclinedGuest};
use crate::store::table::invites::{self, InviteRow};
use crate::store::{Peer, sessions};

/// How long an invite is good: long enough for who reads their mail on Sundays, short enough that a link found in an
/// old mail is worth nothing.
const LIFETIME: Duration = Duration::from_secs(14 * 86_400);

const DAY: Duration = Duration::from_secs(86_400);

/// A link that has become public may be tried by anybody, as often as they like, and each answer goes to a relay of
/// their choice.
const MAX_DECLINED_A_DAY: u32 = 32;

/// Who was declined is known for so long: until then, the answer that waits for their relay knows its way.
pub(crate) const DECLINED_KNOWN_FOR: Duration = LIFETIME;

/// Makes an invite.
pub(crate) fn create(
    transaction: &Transaction<'_>,
    effects: &mut Effects,
    owner: &Owner,
    now: Timestamp,
) -> Result<Invite, InviteError> {
    if moved::has_moved(transaction)? {
        return Err(InviteError::Moved);
    }
    effects.change_tokens();
    let secret = InviteSecret::generate(&mut rand::rng());
    let id = invites::insert(transaction, secret.expose_bytes(), now, now.after(LIFETIME))?;
    let row = invites::by_id(transaction, id)?.ok_or(StorageError::Failed)?;
    let name = account::read(transaction)?.display_name;
    Ok(shown(transaction, &row, owner, &name, now)?)
}

/// All invites, the newest first.
pub(crate) fn list(
    connection: &Connection,
    owner: &Owner,
    now: Timestamp,
) -> Result<Vec<Invite>, StorageError> {
    let name = account::read(connection)?.display_name;
    let rows = invites::all(connection)?;
    rows.iter()
        .map(|row| shown(connection, row, owner, &name, now))
        .collect()
}

/// Makes an invite worthless. One that is worthless already stays so.
pub(crate) fn revoke(
    transaction: &Transaction<'_>,
    effects: &mut Effects,
    id: InviteId,
    now: Timestamp,
) -> Result<(), InviteError> {
    effects.change_tokens();
    invites::by_id(transaction, id)?.ok_or(InviteError::NotFound)?;
    invites::revoke(transaction, id, now)?;
    Ok(())
}

fn shown(
    connection: &Connection,
    row: &InviteRow,
    owner: &Owner,
    name: &DisplayName,
    now: Timestamp,
) -> Result<Invite, StorageError> {
    let used = match row.used {
        Some((account, at)) => {
            let contact = contacts::by_account(connection, account)?;
            let by = contact.map(|contact| contact.id);
            Some(InviteUse { by, at })
        }
        None => None,
    };
    let link = InviteLink {
        inviter: owner.address.clone(),
        identity: IdentityFingerprint::of(&owner.party.identity.identity_key()),
        secret: InviteSecret::from_bytes(*row.secret),
        name: name.clone(),
        expires_at: row.expires_at,
    };
    Ok(Invite {
        id: row.id,
        link: link.to_text(),
        created_at: row.created_at,
        expires_at: row.expires_at,
        state: row.state(now),
        used,
    })
}

/// A stranger says that they hold an invite: if they do, they are a contact from now on. Their invite is still unspent;
/// see [`accepted`].
pub(crate) fn welcome(
    transaction: &Transaction<'_>,
    peer: Peer,
    acceptance: &InviteAcceptance,
    now: Timestamp,
) -> Result<Option<ContactRow>, StorageError> {
    if recognise(transaction, &acceptance.secret, now)?.is_none() {
        return Ok(None);
    }
    let id = contacts::insert(
        transaction,
        peer.account,
        &acceptance.relay,
        Some(&acceptance.name),
        now,
    )?;
    contacts::by_id(transaction, id)
}

/// A contact, perhaps a new one, holds an invite: it is spent, and they are told what we are called.
pub(crate) fn accepted(
    transaction: &Transaction<'_>,
    effects: &mut Effects,
    contact: &ContactRow,
    acceptance: &InviteAcceptance,
    now: Timestamp,
) -> Result<(), StorageError> {
    let Some(invite) = recognise(transaction, &acceptance.secret, now)? else {
        return Ok(());
    };
    invites::set_used(transaction, invite, contact.account, now)?;
    contacts::set_given_name(transaction, contact.id, &acceptance.name)?;
    contacts::set_relay(transaction, contact.id, &acceptance.relay)?;
    if contact.requested {
        requests::admit(transaction, effects, contact.clone())?;
    }
    effects.change_tokens();
    effects.notice(transaction, contact.id, Notice::JoinedByInvite, now)?;
    let name = account::read(transaction)?.display_name;
    introduce_ourselves(transaction, effects, contact.account, &name, now)
}

/// Whoever came with an invite of ours that is worthless by now is told so, in the session that their message began. That
/// session is not kept, as they are none of our contacts. Who comes with a secret that never was ours hears nothing.
pub(crate) fn decline(
    transaction: &Transaction<'_>,
    effects: &mut Effects,
    owner: &Owner,
    peer: Peer,
    acceptance: &InviteAcceptance,
    began: &SessionChanges,
    now: Timestamp,
) -> Result<(), StorageError> {
    let ours = invites::all(transaction)?.iter().fold(false, |ours, row| {
        ours | (InviteSecret::from_bytes(*row.secret) == acceptance.secret)
    });
    if !ours || declined_guests::count_since(transaction, now.before(DAY))? >= MAX_DECLINED_A_DAY {
        return Ok(());
    }
    let guest = DeclinedGuest {
        relay: acceptance.relay.clone(),
        delivery_token: acceptance.reach.token.clone(),
        identity_key: began.identity,
    };
    declined_guests::insert(transaction, peer.account, &guest, now)?;
    let mut record = sessions::load(transaction, peer)?;
    record.apply(began);
    let content = Content::new(Body::InviteDeclined, now);
    outbox::enqueue_in_session(transaction, effects, owner, peer, &record, &content, now)
}

/// The open invite with this secret.
fn recognise(
    connection: &Connection,
    secret: &InviteSecret,
    now: Timestamp,
) -> Result<Option<InviteId>, StorageError> {
    let open = invites::open(connection, now)?;
    // All of them are looked at, each in constant time.
    let recognised = open.iter().fold(None, |found, row| {
        let matches = InviteSecret::from_bytes(*row.secret) == *secret;
        if matches { Some(row.id) } else { found }
    });
    Ok(recognised)
}
