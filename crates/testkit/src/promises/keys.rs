//! No message key encrypts two messages: looked for on the line.

use std::collections::HashMap;
use std::sync::Mutex;

use sotto_protocol::curve::{IdentityKeyPair, PrivateKey};
use sotto_protocol::message::{CiphertextMessage, SignalMessage};
use sotto_protocol::sealed_sender::{ContentMessage, SealedMessage};
use sotto_wire::AccountId;
use sotto_wire::open::{ClientFrame, Request};

use crate::{MemoryKeychain, Way};

/// The message keys by which anything on the lines was encrypted. The seals are opened with their recipients' keys.
#[derive(Default)]
pub(crate) struct UsedKeys {
    recipients: Mutex<HashMap<AccountId, IdentityKeyPair>>,
    used: Mutex<HashMap<MessageKey, Vec<u8>>>,
    reused: Mutex<Vec<MessageKey>>,
}

/// What names a message key: the ratchet key of its chain, and its number in it.
type MessageKey = ([u8; 33], u32);

impl UsedKeys {
    /// Opens what is sealed for this person from now on.
    pub(crate) fn watch(&self, keychain: &MemoryKeychain) {
        let private = PrivateKey::from_bytes(&keychain.identity_key()).expect("an identity key");
        self.recipients
            .lock()
            .expect("no holder of this lock panics")
            .insert(keychain.account(), IdentityKeyPair::from_private(private));
    }

    /// How many different keys were seen.
    pub(crate) fn count(&self) -> usize {
        self.used.lock().expect("no holder of this lock panics").len()
    }

    /// What does not hold, if a key encrypted two different messages.
    pub(crate) fn were_used_once(&self) -> Option<String> {
        let reused = self.reused.lock().expect("no holder of this lock panics").len();
        (reused > 0).then(|| format!("{reused} message keys were used twice"))
    }

    /// Looks into what somebody says who does not say who they are.
    pub(crate) fn look_into(&self, way: Way, frame: &[u8]) {
        if way != Way::ToOpen {
            return;
        }
        let Ok(ClientFrame::Request {
            request: Request::Deliver(deliver),
            ..
        }) = ClientFrame::decode(frame.to_vec().into())
        else {
            return;
        };
        let recipients = self.recipients.lock().expect("no holder of this lock panics");
        let Some(recipient) = recipients.get(&deliver.account) else {
            return;
        };
        for envelope in deliver.envelopes.as_slice() {
            let Ok(sealed) = SealedMessage::from_bytes(envelope.payload.as_bytes()) else {
                continue;
            };
            let Ok(opened) = sealed.open(recipient) else {
                continue;
            };
            match opened.unvalidated().message() {
                Ok(ContentMessage::Pairwise(CiphertextMessage::Signal(message))) => self.note(&message),
                Ok(ContentMessage::Pairwise(CiphertextMessage::PreKeySignal(message))) => {
                    self.note(message.message());
                }
                Ok(ContentMessage::SenderKey(_) | ContentMessage::Plaintext(_)) | Err(_) => {}
            }
        }
    }

    fn note(&self, message: &SignalMessage) {
        let key = (message.ratchet_key().to_bytes(), message.counter());
        let mut used = self.used.lock().expect("no holder of this lock panics");
        let before = used.entry(key).or_insert_with(|| message.as_bytes().to_vec());
        // The same ciphertext may be sent as often as it takes.
        if before != message.as_bytes() {
            self.reused
                .lock()
                .expect("no holder of this lock panics")
                .push(key);
        }
    }
}
