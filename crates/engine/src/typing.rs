//! Who writes at the moment. Typing is told as it happens or not at all: it waits in no outbox, and nobody hears of it
//! later.

use std::sync::Arc;
use std::time::Duration;

use rusqlite::Transaction;
use sotto_protocol::session::Session;
use sotto_wire::open::{Deliver, Envelope as Outgoing, Envelopes};
use sotto_wire::{AccountId, ClientMessageId, DeliveryToken, Payload, RelayAddress};

use crate::clock::Timestamp;
use crate::connection::Owner;
use crate::content::{self, Body, Content};
use crate::core::Core;
use crate::effects::Effects;
use crate::envelope;
use crate::error::{ConversationError, StorageError};
use crate::events::Event;
use crate::identity::{self, is_blocked};
use crate::model::{ContactId, Standing};
use crate::reach;
use crate::settings;
use crate::store::table::contacts;
use crate::store::{Peer, sessions};

/// A contact who said that they write and then nothing more has stopped: their window says so again every few seconds.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(15);

/// A contact writes, or stopped to.
pub(crate) fn heard(core: &Arc<Core>, contact: ContactId, typing: bool) {
    if !typing {
        return stopped(core, contact);
    }
    let spell = core.typing.begin(contact);
    core.listeners.events.send(Event::Typing {
        conversation: contact,
        typing: true,
    });
    let later = Arc::clone(core);
    core.tasks.spawn_on(
        async move {
            tokio::select! {
                () = later.shutdown.cancelled() => {}
                () = tokio::time::sleep(FORGOTTEN_AFTER) => {
                    if later.typing.end(contact, Some(spell)) {
                        later.listeners.events.send(Event::Typing { conversation: contact, typing: false });
                    }
                }
            }
        },
        &core.runtime,
    );
}

/// A contact has stopped to write, as whoever has just sent something has.
pub(crate) fn stopped(core: &Core, contact: ContactId) {
    if core.typing.end(contact, None) {
        core.listeners.events.send(Event::Typing {
            conversation: contact,
            typing: false,
        });
    }
}

/// Tells a contact that the user writes, or stopped to, if there is a session with them and the settings say so.
pub(crate) async fn tell(
    core: &Arc<Core>,
    contact: ContactId,
    typing: bool,
) -> Result<(), ConversationError> {
    let (owner, now) = (Arc::clone(&core.owner), core.now());
    let encrypted = core
        .change(move |transaction, effects| encrypt(transaction, effects, &owner, contact, typing, now))
        .await?;
    let Some(Whisper {
        account,
        relay,
        token,
        payload,
    }) = encrypted
    else {
        return Ok(());
    };
    let relays = core.relays.clone();
    core.tasks.spawn_on(
        async move {
            let deliver = Deliver {
                account,
                device: Owner::DEVICE,
                envelopes: Envelopes::one(Outgoing {
                    client_message_id: ClientMessageId::random(),
                    payload,
                }),
                ephemeral: true,
                delivery_token: token,
            };
            // Lost is lost.
            let _ = relays.deliver(&relay, deliver).await;
        },
        &core.runtime,
    );
    Ok(())
}

/// What is told, and whom.
struct Whisper {
    account: AccountId,
    relay: RelayAddress,
    token: DeliveryToken,
    payload: Payload,
}

fn encrypt(
    transaction: &Transaction<'_>,
    effects: &mut Effects,
    owner: &Owner,
    contact: ContactId,
    typing: bool,
    now: Timestamp,
) -> Result<Option<Whisper>, ConversationError> {
    let contact = contacts::by_id(transaction, contact)?.ok_or(ConversationError::NotFound)?;
    let told = contact.standing() == Standing::Accepted && contact.introduced;
    if !told || !settings::read(transaction)?.typing_indicators || is_blocked(transaction, contact.account)? {
        return Ok(None);
    }
    let peer = Peer::primary(contact.account);
    let record = sessions::load(transaction, peer)?;
    let certificate = reach::certificate(transaction, owner, now)?;
    let way = (certificate, record.remote_identity(), contact.delivery_token);
    let (Some(certificate), Some(recipient), Some(token)) = way else {
        return Ok(None);
    };
    let trust = identity::trust(transaction, contact.account)?;
    let session = Session {
        local: &owner.party,
        remote: &peer.address(),
        record: &record,
        trust: &trust,
    };
    let content = Content::new(Body::Typing(typing), now);
    let encoded = content.encode().map_err(|_| StorageError::Failed)?;
    let padded = content::pad(&encoded).map_err(|_| StorageError::Failed)?;
    // No session, or one that waits for a decision: not worth a handshake.
    let Ok(encrypted) = session.encrypt(&padded, now.into(), &mut rand::rng()) else {
        return Ok(None);
    };
    let Ok(payload) = envelope::seal(owner, &certificate, &recipient, encrypted.message) else {
        return Ok(None);
    };
    sessions::apply(transaction, peer, &encrypted.changes, now)?;
    effects.session_moved(contact.account);
    Ok(Some(Whisper {
        account: contact.account,
        relay: contact.relay,
        token,
        payload,
    }))
}
