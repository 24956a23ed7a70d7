//! Opening somebody's invite.

use std::sync::Arc;

use rusqlite::{Connection, Transaction};
use sotto_protocol::prekey::PreKeyBundle;
use sotto_wire::open::FetchBundle;
use sotto_wire::{AccountId, Refusal};

use super::{InviteLink, LinkError};
use crate::account;
use crate::clock::Timestamp;
use crate::connection::Owner;
use crate::contacts;
use crate::content::{Body, Content, InviteAcceptance};
use crate::core::Core;
use crate::effects::Effects;
use crate::error::{AcceptInviteError, PreviewInviteError, RelayError, StorageError};
use crate::handshake::{InvalidBundle, Started, peer_bundle, start_session};
use crate::model::{Conversation, IdentityFingerprint, InvitePreview, Notice, VerifiedBy};
use crate::outbox;
use crate::reach::{self, Reach, invite_token};
use crate::store::table::contacts::{self as contact_table, ContactRow, TokenSource};
use crate::store::table::{identity_keys, outbox as outbox_table};
use crate::store::{Peer, sessions};
use crate::{changed_key, identity, moved};

/// Reads a link, and refuses it where that needs nobody else.
pub(crate) fn read(link: &str, owner: &Owner, now: Timestamp) -> Result<InviteLink, PreviewInviteError> {
    let link = InviteLink::parse(link).map_err(|error| match error {
        LinkError::Malformed => PreviewInviteError::Malformed,
        LinkError::TooNew => PreviewInviteError::TooNew,
    })?;
    if link.inviter.account == owner.address.account {
        return Err(PreviewInviteError::Own);
    }
    if link.expires_at <= now {
        return Err(PreviewInviteError::Expired);
    }
    Ok(link)
}

/// What a link says.
pub(crate) fn preview(
    connection: &Connection,
    link: InviteLink,
) -> Result<InvitePreview, PreviewInviteError> {
    let contact = contact_table::by_account(connection, link.inviter.account)?;
    Ok(InvitePreview {
        inviter_name: link.name,
        address: link.inviter,
        existing_contact: contact.map(|contact| contact.id),
    })
}

/// Fetches the inviter's keys, checks them against the link, and says hello.
pub(crate) async fn accept(core: &Arc<Core>, link: &str) -> Result<Conversation, AcceptInviteError> {
    let link = read(link, &core.owner, core.now())?;
    moved::refuse::<AcceptInviteError>(&core.store).await?;
    let fetch = FetchBundle {
        account: link.inviter.account,
        device: Owner::DEVICE,
        delivery_token: invite_token(&link.secret),
    };
    let bundle = core.relays.fetch_bundle(&link.inviter.relay, fetch).await;
    let bundle = bundle.map_err(|error| match error {
        RelayError::Refused(Refusal::WrongDeliveryToken) => AcceptInviteError::InviterGone,
        RelayError::Refused(Refusal::ExpiredDeliveryToken) => PreviewInviteError::Expired.into(),
        error => AcceptInviteError::Relay(error),
    })?;
    let bundle = peer_bundle(&bundle).map_err(|InvalidBundle| RelayError::Incompatible)?;
    if IdentityFingerprint::of(&bundle.identity) != link.identity {
        return Err(AcceptInviteError::IdentityMismatch);
    }
    // It was just heard.
    let root = core.relays.trust_root(&link.inviter.relay);
    let inviter = Reach {
        token: invite_token(&link.secret),
        trust_root: root.ok_or(RelayError::Unreachable)?,
    };
    let (owner, now) = (Arc::clone(&core.owner), core.now());
    core.change(move |transaction, effects| {
        let contact = contact_of(transaction, effects, &link, &inviter, now)?;
        meet(transaction, effects, &owner, &contact, &link, &bundle, now)
    })
    .await
}

/// The inviter becomes a contact, verified: the link named their key.
fn meet(
    transaction: &Transaction<'_>,
    effects: &mut Effects,
    owner: &Owner,
    contact: &ContactRow,
    link: &InviteLink,
    bundle: &PreKeyBundle,
    now: Timestamp,
) -> Result<Conversation, AcceptInviteError> {
    let account = contact.account;
    let observed = identity_keys::observe_present(transaction, account, &bundle.identity, now)?;
    changed_key::observed(transaction, effects, contact.id, account, observed, now)?;
    let before = identity_keys::present(transaction, account)?;
    if before.is_none_or(|key| key.verified_at.is_none()) {
        identity_keys::set_verified(transaction, account, &bundle.identity, VerifiedBy::Invite, now)?;
        effects.notice(transaction, contact.id, Notice::MetByInvite, now)?;
        identity::resume(transaction, effects, account)?;
    }
    let record = sessions::load(transaction, Peer::primary(account))?;
    // In one that was never answered the inviter may not hear us: it is why they gave us another link.
    if record.remote_identity() != Some(bundle.identity) || !record.is_acknowledged() {
        match start_session(transaction, effects, owner, contact, bundle, now)? {
            Started::Yes => {}
            // The key is accepted by now, so what remains is a bundle that its identity did not sign.
            Started::Blocked | Started::Invalid => return Err(RelayError::Incompatible.into()),
        }
    }
    let acceptance = InviteAcceptance {
        secret: link.secret.clone(),
        name: account::read(transaction)?.display_name,
        relay: owner.address.relay.clone(),
        // Without a way back there is no use in coming.
        reach: reach::ours(transaction)?.ok_or(RelayError::Unreachable)?,
    };
    let content = Content::new(Body::InviteAcceptance(acceptance), now);
    outbox::enqueue(transaction, effects, account, &content, now)?;
    effects.touch(contact.id);
    Ok(contacts::conversation(transaction, contact)?)
}

/// Whether an inviter is still to hear that we opened their invite.
pub(crate) fn is_still_to_be_accepted(
    connection: &Connection,
    inviter: AccountId,
) -> Result<bool, StorageError> {
    let waiting = outbox_table::all(connection, inviter)?;
    Ok(waiting.iter().any(|row| {
        Content::parse(&row.content).is_ok_and(|content| matches!(content.body, Body::InviteAcceptance(_)))
    }))
}

/// The inviter's mailbox does not open by the invite any more, before they heard of us.
pub(crate) fn refused(
    transaction: &Transaction<'_>,
    effects: &mut Effects,
    contact: &ContactRow,
    now: Timestamp,
) -> Result<(), StorageError> {
    // What is said next has no way to them, until they give us another invite or tell us one.
    if contact.token_source == TokenSource::Invite {
        contact_table::forget_delivery_token(transaction, contact.id)?;
        effects.wake(contact.account);
    }
    effects.notice(transaction, contact.id, Notice::InviteDeclined, now)
}

/// The inviter says that the invite is worthless. They have not kept the session that we began, so what is said next
/// begins another one: it may be said with a new invite.
pub(crate) fn declined(
    transaction: &Transaction<'_>,
    effects: &mut Effects,
    contact: &ContactRow,
    now: Timestamp,
) -> Result<(), StorageError> {
    let peer = Peer::primary(contact.account);
    let record = sessions::load(transaction, peer)?;
    sessions::archive_current(transaction, peer, &record)?;
    effects.session_moved(contact.account);
    refused(transaction, effects, contact, now)
}

/// The inviter as a contact. Whoever opens the invite of somebody they blocked, or have not accepted, wants to hear them.
fn contact_of(
    transaction: &Transaction<'_>,
    effects: &mut Effects,
    link: &InviteLink,
    inviter: &Reach,
    now: Timestamp,
) -> Result<ContactRow, StorageError> {
    let (account, relay) = (link.inviter.account, &link.inviter.relay);
    let id = match contact_table::by_account(transaction, account)? {
        Some(known) => {
            contact_table::set_relay(transaction, known.id, relay)?;
            contact_table::set_blocked(transaction, known.id, None)?;
            contact_table::set_requested(transaction, known.id, false)?;
            contact_table::set_introduced(transaction, known.id, true)?;
            known.id
        }
        None => contact_table::insert(transaction, account, relay, Some(&link.name), now)?,
    };
    let contact = contact_table::by_id(transaction, id)?.ok_or(StorageError::Failed)?;
    reach::learned(transaction, effects, &contact, inviter, TokenSource::Invite)?;
    Ok(contact)
}
