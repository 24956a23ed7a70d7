//! What the benchmarks let Alice and Bob do: from plaintext to bytes and back, the changes put into the store in memory.
#![allow(
    dead_code,
    reason = "each benchmark uses its own part; the others are of another target"
)]

#[path = "../../tests/support/mod.rs"]
mod support;

use sotto_protocol::message::CiphertextMessage;
use sotto_protocol::prekey::KyberUse;
use sotto_protocol::session::SessionChanges;
pub(crate) use support::{Person, introduced};

pub(crate) const PLAINTEXT: [u8; 100] = [7; 100];

/// A message on its way.
pub(crate) struct Wire {
    pub(crate) kind: u8,
    pub(crate) bytes: Vec<u8>,
}

/// Encrypts one message and stores what that changed.
pub(crate) fn write(from: &mut Person, to: &Person) -> Wire {
    write_and_tell(from, to).0
}

pub(crate) fn write_and_tell(from: &mut Person, to: &Person) -> (Wire, SessionChanges) {
    let encrypted = from.encrypts(to, &PLAINTEXT).unwrap();
    from.store.apply(&to.local.address, &encrypted.changes);
    let wire = Wire {
        kind: encrypted.message.type_number(),
        bytes: encrypted.message.as_bytes().to_vec(),
    };
    (wire, encrypted.changes)
}

/// Parses and decrypts one message and stores what that changed.
pub(crate) fn read(to: &mut Person, from: &Person, wire: &Wire) {
    _ = read_and_tell(to, from, wire);
}

pub(crate) fn read_and_tell(to: &mut Person, from: &Person, wire: &Wire) -> SessionChanges {
    let message =
        CiphertextMessage::from_bytes(wire.kind, &wire.bytes).unwrap_or_else(|error| panic!("{error}"));
    let decrypted = to.decrypts(from, &message).unwrap();
    assert_eq!(decrypted.plaintext.len(), PLAINTEXT.len());
    to.store.apply(&from.local.address, &decrypted.changes);
    decrypted.changes
}

/// Alice and Bob after each has heard the other.
pub(crate) fn talking() -> (Person, Person) {
    let (mut alice, mut bob) = introduced();
    take_turns(&mut alice, &mut bob, 1);
    (alice, bob)
}

/// So many messages each way, in turns.
pub(crate) fn take_turns(alice: &mut Person, bob: &mut Person, turns: usize) {
    for _ in 0..turns {
        let ping = write(alice, bob);
        read(bob, alice, &ping);
        let pong = write(bob, alice);
        read(alice, bob, &pong);
    }
}

/// Somebody with the addresses of [`introduced`], to name while the real one is busy: Alice is 1, Bob is 2.
pub(crate) fn name_of(seed: u8) -> Person {
    Person::new(seed)
}

/// A message that comes before `missing` others: those, and then it.
pub(crate) fn ahead_of(missing: usize) -> (Person, Person, Vec<Wire>, Wire) {
    let (mut alice, bob) = talking();
    let late = (0..missing).map(|_| write(&mut alice, &bob)).collect();
    let jump = write(&mut alice, &bob);
    (alice, bob, late, jump)
}

/// Alice and Bob in the last of several sessions, Bob with the others archived.
pub(crate) fn talking_with_archived(sessions: usize) -> (Person, Person) {
    let (mut alice, mut bob) = talking();
    for _ in 0..sessions {
        bob.makes_prekeys(KyberUse::OneTime, true);
        alice.meets(&mut bob);
        take_turns(&mut alice, &mut bob, 1);
    }
    (alice, bob)
}
