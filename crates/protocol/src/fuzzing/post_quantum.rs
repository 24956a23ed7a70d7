//! The post-quantum ratchet against a peer who authenticates whatever it likes.

use crate::fuzzing::noise::Noise;
use crate::spqr::{AuthenticationKey, JumpLimit, Message, PostQuantumRatchet, Role};
use crate::stored::{Reader, Writer};

/// Field 5.
pub fn spqr_message(bytes: &[u8]) {
    if let Ok(message) = Message::from_bytes(bytes) {
        assert_eq!(Message::from_bytes(&message.to_bytes()), Ok(message));
    }
}

/// Honest turns, and messages that the peer made up: they may end the exchange for good, but the ratchet goes on
/// sending, and is stored and read back in whatever state they led it to.
pub fn spqr_ratchet(script: &[u8]) {
    let key = AuthenticationKey::from_array([5; 32]);
    let [mut alice, mut bob] = [Role::Initiator, Role::Responder]
        .map(|role| PostQuantumRatchet::start(role, JumpLimit::Limited, &key));
    let mut noise = Noise::new(7);
    let mut script = script;
    while let Some((&first, rest)) = script.split_first() {
        script = rest;
        let turns = usize::from(first >> 2);
        match first & 3 {
            0 | 1 => {
                for _ in 0..turns {
                    turn(&mut alice, &mut bob, &mut noise);
                    turn(&mut bob, &mut alice, &mut noise);
                }
            }
            to => {
                let (made_up, rest) = script.split_at(turns.min(script.len()));
                script = rest;
                hears(if to == 2 { &mut alice } else { &mut bob }, made_up);
            }
        }
        alice = stored(&alice);
        bob = stored(&bob);
    }
}

fn turn(from: &mut PostQuantumRatchet, to: &mut PostQuantumRatchet, noise: &mut Noise) {
    let sent = from.send(noise).unwrap_or_else(|_| panic!("a chain has ended"));
    *from = sent.next;
    hears(to, &sent.message);
}

fn hears(ratchet: &mut PostQuantumRatchet, message: &[u8]) {
    if let Ok(received) = ratchet.receive(message) {
        *ratchet = received.next;
    }
}

fn stored(ratchet: &PostQuantumRatchet) -> PostQuantumRatchet {
    let written = write(ratchet);
    let mut form = Reader::new(&written).expect("our own form");
    let read = PostQuantumRatchet::read(&mut form).expect("our own form");
    form.finish().expect("nothing left over");
    assert_eq!(write(&read), written);
    read
}

fn write(ratchet: &PostQuantumRatchet) -> zeroize::Zeroizing<Vec<u8>> {
    let mut form = Writer::new(PostQuantumRatchet::MAX_STORED_LENGTH);
    ratchet.write(&mut form);
    let form = form.finish();
    assert!(
        form.len() <= 1 + PostQuantumRatchet::MAX_STORED_LENGTH,
        "longer than reserved"
    );
    form
}
