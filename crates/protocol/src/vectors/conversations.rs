//! Whole conversations: with the official library as the peer, and of two parties with all their randomness.

use std::collections::HashMap;
use std::convert::Infallible;

use rand_core::{TryCryptoRng, TryRng};
use serde_json::Value;

use super::pqxdh::{address, bundle, check_state, pair, party};
use super::{Draws, bytes, cases, number};
use crate::address::ProtocolAddress;
use crate::kem;
use crate::memory::{MemoryPeer, MemoryStore};
use crate::message::CiphertextMessage;
use crate::prekey::{KyberPreKey, KyberUse, OneTimePreKey, SignedPreKey, Timestamp};
use crate::session::{
    DecryptError, InvalidMessage, LocalParty, PreKeyDecryptError, Session, SessionRecord, SessionState,
    StateRow,
};
use crate::trust::TrustOnFirstUse;

/// One of the two that talk, and all that it keeps.
struct Party {
    local: LocalParty,
    remote: ProtocolAddress,
    store: MemoryStore,
}

/// The class of an error, as the vectors name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Malformed,
    Invalid,
    Duplicate,
    MissingPreKey,
    ReusedBaseKey,
}

impl Class {
    fn named(name: &str) -> Self {
        match name {
            "malformed" => Self::Malformed,
            "invalid" => Self::Invalid,
            "duplicate" => Self::Duplicate,
            "missing prekey" => Self::MissingPreKey,
            "reused base key" => Self::ReusedBaseKey,
            other => panic!("unknown class {other}"),
        }
    }
}

impl From<DecryptError<Infallible>> for Class {
    fn from(error: DecryptError<Infallible>) -> Self {
        match error {
            DecryptError::Duplicate => Self::Duplicate,
            DecryptError::Invalid(_) => Self::Invalid,
            DecryptError::NoSession | DecryptError::Untrusted(_) | DecryptError::Store(_) => {
                panic!("{error}")
            }
        }
    }
}

impl From<PreKeyDecryptError<Infallible>> for Class {
    fn from(error: PreKeyDecryptError<Infallible>) -> Self {
        match error {
            PreKeyDecryptError::Duplicate => Self::Duplicate,
            PreKeyDecryptError::MissingPreKey(_) => Self::MissingPreKey,
            PreKeyDecryptError::Invalid(InvalidMessage::BaseKeyReused) => Self::ReusedBaseKey,
            PreKeyDecryptError::Invalid(_) | PreKeyDecryptError::InvalidAgreement(_) => Self::Invalid,
            PreKeyDecryptError::KyberCiphertext(_) => Self::Malformed,
            PreKeyDecryptError::Untrusted(_) | PreKeyDecryptError::Store(_) => panic!("{error}"),
        }
    }
}

/// What a receive step may draw.
enum Ratchet {
    /// The vectors of a receiver who never answers do not say: any will do.
    Any,
    /// At most this, the private half of the new ratchet key.
    Key(Option<Vec<u8>>),
}

impl TryRng for Ratchet {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        unreachable!("draws are byte strings")
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        unreachable!("draws are byte strings")
    }

    fn try_fill_bytes(&mut self, dst: &mut [u8]) -> Result<(), Infallible> {
        match self {
            Self::Any => dst.fill(0x55),
            Self::Key(key) => dst.copy_from_slice(&key.take().expect("no draw, or no second one")),
        }
        Ok(())
    }
}

impl TryCryptoRng for Ratchet {}

impl Party {
    fn new(local: LocalParty, remote: ProtocolAddress) -> Self {
        Self {
            local,
            remote,
            store: MemoryStore::default(),
        }
    }

    /// The one whose side a scenario tells.
    fn us(scenario: &Value) -> Self {
        let mut us = Self::new(party(&scenario["us"]), address(&scenario["peer"]));
        for prekeys in scenario["our_prekeys"].as_array().unwrap() {
            us.imports(&prekeys["bundle"], &prekeys["private"]);
        }
        us
    }

    fn imports(&mut self, public: &Value, private: &Value) {
        let bundle = bundle(public);
        if let Some(one_time) = bundle.one_time {
            let keys = pair(&private["prekey_private"]);
            let prekey = OneTimePreKey {
                id: one_time.id,
                keys,
            };
            self.store.prekeys.one_time.insert(one_time.id, prekey);
        }
        let signed = SignedPreKey {
            id: bundle.signed.id,
            keys: pair(&private["signed_prekey_private"]),
            signature: bundle.signed.signature,
            created: Timestamp(0),
        };
        self.store.prekeys.signed.insert(signed.id, signed);
        let secret = kem::SecretKey::from_bytes(&bytes(&private["kyber_prekey_secret"])).unwrap();
        let kyber = KyberPreKey {
            id: bundle.kyber.id,
            keys: kem::KeyPair::from_parts(bundle.kyber.key, secret),
            signature: bundle.kyber.signature,
            created: Timestamp(0),
            usage: match private["last_resort"].as_bool() {
                Some(true) => KyberUse::LastResort,
                Some(false) | None => KyberUse::OneTime,
            },
        };
        self.store.prekeys.kyber.insert(kyber.id, kyber);
    }

    fn session<R>(&self, operation: impl FnOnce(&Session<'_>, &MemoryPeer) -> R) -> R {
        let nothing = MemoryPeer::default();
        let peer = self.store.peers.get(&self.remote).unwrap_or(&nothing);
        let trust = TrustOnFirstUse {
            known: None,
            receive_from_changed: true,
        };
        let session = Session {
            local: &self.local,
            remote: &self.remote,
            record: &peer.record,
            trust: &trust,
        };
        operation(&session, peer)
    }

    fn processes(&mut self, public: &Value, now: &Value, draws: &Value) {
        let mut draws = Draws::of(draws);
        let changes =
            self.session(|session, _| session.process_bundle(&bundle(public), time(now), &mut draws));
        draws.assert_used_up();
        self.store.apply(&self.remote, &changes.unwrap());
    }

    fn sends(&mut self, step: &Value, now: &Value) -> CiphertextMessage {
        let mut draws = Draws::of(&step["draws"]);
        let plaintext = bytes(&step["plaintext"]);
        let encrypted = self.session(|session, _| session.encrypt(&plaintext, time(now), &mut draws));
        draws.assert_used_up();
        let encrypted = encrypted.unwrap();
        self.store.apply(&self.remote, &encrypted.changes);
        assert_eq!(u32::from(encrypted.message.type_number()), number(&step["type"]));
        assert_eq!(encrypted.message.as_bytes(), bytes(&step["message"]));
        encrypted.message
    }

    fn receives(&mut self, kind: u32, message: &[u8], draws: &Value) -> Result<Vec<u8>, Class> {
        let draws = draws.as_array().map(|draws| draws.first().map(bytes));
        let mut draws = draws.map_or(Ratchet::Any, Ratchet::Key);
        let kind = u8::try_from(kind).unwrap();
        let message = CiphertextMessage::from_bytes(kind, message).map_err(|_| Class::Malformed)?;
        let decrypted = self.session(|session, peer| match &message {
            CiphertextMessage::Signal(message) => session
                .decrypt(message, &peer.skipped, &mut draws)
                .map_err(Class::from),
            CiphertextMessage::PreKeySignal(message) => session
                .decrypt_prekey(message, &peer.skipped, &self.store.prekeys, &mut draws)
                .map_err(Class::from),
        })?;
        self.store.apply(&self.remote, &decrypted.changes);
        Ok(decrypted.plaintext.to_vec())
    }

    fn receives_step(&mut self, step: &Value) {
        let received = self.receives(number(&step["type"]), &bytes(&step["message"]), &step["draws"]);
        match step["error"].as_str() {
            None => assert_eq!(received.unwrap(), bytes(&step["plaintext"]), "{}", step["note"]),
            Some(class) => assert_eq!(received, Err(Class::named(class)), "{}", step["note"]),
        }
    }

    /// Everything is stored and read back, as an application does it that keeps nothing in memory.
    fn restarts(&mut self) {
        if let Some(peer) = self.store.peers.get_mut(&self.remote) {
            let rows = peer.record.rows().map(|row| StateRow {
                place: row.place,
                state: SessionState::from_bytes(&row.state.to_bytes()).unwrap().into(),
            });
            peer.record = SessionRecord::from_rows(rows).unwrap();
        }
    }
}

fn time(seconds: &Value) -> Timestamp {
    Timestamp(seconds.as_u64().unwrap() * 1000)
}

/// `bob_offline`, `bob_replay`, `alice_replay`, `sessions_replay`.
pub(super) fn with_the_library(file: &Value) {
    for scenario in cases(file, "scenarios") {
        let mut us = Party::us(scenario);
        for (number, step) in cases(scenario, "steps").iter().enumerate() {
            match step["op"].as_str().unwrap() {
                "process_bundle" => us.processes(&step["bundle"], &step["now"], &step["draws"]),
                "send" => drop(us.sends(step, &step["now"])),
                "receive" => us.receives_step(step),
                "delete_session" => drop(us.store.peers.remove(&us.remote)),
                other => panic!("unknown operation {other}"),
            }
            if number % 5 == 0 {
                us.restarts();
            }
        }
    }
}

/// `pingpong_replay`.
pub(super) fn of_two(file: &Value) {
    for scenario in cases(file, "scenarios") {
        let mut alice = Party::new(party(&scenario["alice"]), address(&scenario["bob"]));
        let mut bob = Party::new(party(&scenario["bob"]), address(&scenario["alice"]));
        bob.imports(&scenario["bob_bundle"], &scenario["bob_private"]);
        let mut sent: HashMap<u32, (CiphertextMessage, Vec<u8>)> = HashMap::new();
        for step in cases(scenario, "steps") {
            let who = if step["who"] == "alice" {
                &mut alice
            } else {
                &mut bob
            };
            match step["op"].as_str().unwrap() {
                "process_bundle" => {
                    who.processes(&scenario["bob_bundle"], &scenario["now"], &step["draws"]);
                }
                "encrypt" => {
                    let message = who.sends(step, &scenario["now"]);
                    sent.insert(number(&step["index"]), (message, bytes(&step["plaintext"])));
                }
                "decrypt" => {
                    let (message, plaintext) = &sent[&number(&step["index"])];
                    let kind = u32::from(message.type_number());
                    let received = who.receives(kind, message.as_bytes(), &step["draws"]);
                    match step["error"].as_str() {
                        None => assert_eq!(&received.unwrap(), plaintext),
                        Some(class) => assert_eq!(received, Err(Class::named(class))),
                    }
                }
                "lost" => continue,
                other => panic!("unknown operation {other}"),
            }
            if !step["state"].is_null() {
                let record = &who.store.peers[&who.remote].record;
                check_state(&step["state"], record.current().unwrap());
                who.restarts();
            }
        }
    }
}

/// `message_rejects`.
pub(super) fn rejects(file: &Value) {
    for case in cases(file, "cases") {
        let mut us = Party::new(party(&file["us"]), address(&case["sender"]));
        for prekeys in cases(file, "our_prekeys") {
            us.imports(&prekeys["bundle"], &prekeys["private"]);
        }
        for before in case["after"].as_array().into_iter().flatten() {
            us.receives_step(before);
        }
        let received = us.receives(number(&case["type"]), &bytes(&case["message"]), &Value::Null);
        let name = &case["name"];
        match (case["expect"].as_str().unwrap(), received) {
            ("ok", received) => assert_eq!(received.unwrap(), bytes(&case["plaintext"]), "{name}"),
            // Which of the two is a matter of when one looks.
            ("malformed" | "invalid", Err(Class::Malformed | Class::Invalid)) => {}
            (expected, received) => assert_eq!(received, Err(Class::named(expected)), "{name}"),
        }
    }
}
