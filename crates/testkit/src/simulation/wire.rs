//! What a line of a simulated world does to frames, and what is looked for in them.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use sotto_protocol::curve::{IdentityKeyPair, PrivateKey};
use sotto_protocol::message::{CiphertextMessage, SignalMessage};
use sotto_protocol::sealed_sender::{ContentMessage, SealedMessage};
use sotto_wire::AccountId;
use sotto_wire::open::{ClientFrame, Request};

use crate::{Person, Way};

/// Loses frames and says them twice, but loses none that the relay pushes: what comes after a lost one on the same connection
/// would overtake it, as no network lets it.
///
/// Which ones is drawn from the seed, but in the order in which frames come, and that is the machine's affair.
pub(super) struct Noise {
    rng: Mutex<StdRng>,
    lost: AtomicU32,
    doubled: AtomicU32,
    keys: Arc<UsedKeys>,
}

impl Noise {
    pub(super) fn new(seed: u64, keys: Arc<UsedKeys>) -> Self {
        Self {
            rng: Mutex::new(StdRng::seed_from_u64(seed)),
            lost: AtomicU32::new(0),
            doubled: AtomicU32::new(0),
            keys,
        }
    }

    /// Of a hundred frames so many are lost from now on, and so many come twice.
    pub(super) fn set(&self, lost: u32, doubled: u32) {
        self.lost.store(lost, Ordering::Relaxed);
        self.doubled.store(doubled, Ordering::Relaxed);
    }

    pub(super) fn pass(&self, way: Way, frame: Vec<u8>) -> Vec<Vec<u8>> {
        if way == Way::ToOpen {
            self.keys.look_into(&frame);
        }
        let (lost, doubled) = (
            self.lost.load(Ordering::Relaxed),
            self.doubled.load(Ordering::Relaxed),
        );
        let drawn = self
            .rng
            .lock()
            .expect("no holder of this lock panics")
            .random_range(0..100);
        if drawn < lost && way != Way::FromMailbox {
            vec![]
        } else if (lost..lost + doubled).contains(&drawn) {
            vec![frame.clone(), frame]
        } else {
            vec![frame]
        }
    }
}

/// The message keys by which anything on the lines was encrypted. The seals are opened with their recipients' keys.
#[derive(Default)]
pub(super) struct UsedKeys {
    recipients: Mutex<HashMap<AccountId, IdentityKeyPair>>,
    used: Mutex<HashMap<MessageKey, Vec<u8>>>,
    reused: Mutex<Vec<MessageKey>>,
}

/// What names a message key: the ratchet key of its chain, and its number in it.
type MessageKey = ([u8; 33], u32);

impl UsedKeys {
    /// Opens what is sealed for this person from now on.
    pub(super) fn watch(&self, person: &Person) {
        let private = PrivateKey::from_bytes(&person.keychain().identity_key()).expect("an identity key");
        self.recipients
            .lock()
            .expect("no holder of this lock panics")
            .insert(person.address().account, IdentityKeyPair::from_private(private));
    }

    /// How many different keys were seen.
    pub(super) fn count(&self) -> usize {
        self.used.lock().expect("no holder of this lock panics").len()
    }

    /// Those with which two different messages were encrypted.
    pub(super) fn reused(&self) -> usize {
        self.reused.lock().expect("no holder of this lock panics").len()
    }

    fn look_into(&self, frame: &[u8]) {
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
