//! Who writes at the moment. Typing is told as it happens or not at all: it waits in no outbox, and nobody hears of it
//! later.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::Transaction;
use sotto_protocol::session::Session;
use sotto_wire::open::{Deliver, Envelope as Outgoing, Envelopes};
use sotto_wire::{AccountId, ClientMessageId, Payload, RelayAddress};

use crate::clock::Timestamp;
use crate::connection::Owner;
use crate::contacts::is_blocked;
use crate::content::{self, Body, Content};
use crate::core::Core;
use crate::envelope::Envelope;
use crate::error::{ConversationError, StorageError};
use crate::events::Event;
use crate::identity;
use crate::model::ContactId;
use crate::outbox::protocol_time;
use crate::settings;
use crate::store::sessions::{self, Peer};
use crate::store::table::contacts;

/// A contact who said that they write and then nothing more has stopped: their window says so again every few seconds.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(15);

/// The contacts who write at the moment, each in a spell of writing of its own number.
#[derive(Default)]
pub(crate) struct TypingPeers(Mutex<Spells>);

#[derive(Default)]
struct Spells {
    last: u64,
    current: HashMap<ContactId, u64>,
}

impl TypingPeers {
    /// Answers the spell that has begun.
    fn begin(&self, contact: ContactId) -> u64 {
        let mut spells = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        spells.last += 1;
        let spell = spells.last;
        spells.current.insert(contact, spell);
        spell
    }

    /// Answers whether they wrote until now, and in this spell if one is named.
    fn end(&self, contact: ContactId, spell: Option<u64>) -> bool {
        let mut spells = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match spells.current.get(&contact) {
            Some(&current) if spell.is_none_or(|spell| spell == current) => {
                spells.current.remove(&contact);
                true
            }
            _ => false,
        }
    }
}

/// A contact writes, or stopped to.
pub(crate) fn heard(core: &Arc<Core>, contact: ContactId, typing: bool) {
    if !typing {
        return stopped(core, contact);
    }
    let spell = core.typing.begin(contact);
    core.events.send(Event::Typing {
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
                        later.events.send(Event::Typing { conversation: contact, typing: false });
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
        core.events.send(Event::Typing {
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
        .change(move |transaction, _| encrypt(transaction, &owner, contact, typing, now))
        .await?;
    let Some((account, relay, payload)) = encrypted else {
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
                delivery_token: None,
            };
            // Lost is lost.
            let _ = relays.deliver(&relay, deliver).await;
        },
        &core.runtime,
    );
    Ok(())
}

fn encrypt(
    transaction: &Transaction<'_>,
    owner: &Owner,
    contact: ContactId,
    typing: bool,
    now: Timestamp,
) -> Result<Option<(AccountId, RelayAddress, Payload)>, ConversationError> {
    let contact = contacts::by_id(transaction, contact)?.ok_or(ConversationError::NotFound)?;
    if !settings::read(transaction)?.typing_indicators || is_blocked(transaction, contact.account)? {
        return Ok(None);
    }
    let peer = Peer::primary(contact.account);
    let record = sessions::load(transaction, peer)?;
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
    let Ok(encrypted) = session.encrypt(&padded, protocol_time(now), &mut rand::rng()) else {
        return Ok(None);
    };
    let Ok(payload) = Envelope::pack(&encrypted.message, &owner.as_sender()) else {
        return Ok(None);
    };
    sessions::apply(transaction, peer, &encrypted.changes, now)?;
    Ok(Some((contact.account, contact.relay, payload)))
}
