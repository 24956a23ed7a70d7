//! What holds for any schedule and any bytes.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests stop at the first surprise"
)]

mod support;

use proptest::collection::vec;
use proptest::prelude::*;
use sotto_protocol::curve::{IdentityKey, PublicKey};
use sotto_protocol::fingerprint::ScannableFingerprint;
use sotto_protocol::kem;
use sotto_protocol::message::{CiphertextMessage, PreKeySignalMessage, SignalMessage};
use sotto_protocol::prekey::{KyberPreKey, KyberUse, OneTimePreKey, SignedPreKey};
use sotto_protocol::session::{MAX_RECEIVING_CHAINS, SessionState};
use support::introduced;

/// One thing that happens between Alice and Bob; `who` is the one who acts.
#[derive(Debug, Clone, Copy)]
enum Event {
    Write {
        who: bool,
    },
    /// The addressee reads the message of the other's that stands at this place of those under way, and it stays
    /// under way (it may be delivered twice) or not.
    Deliver {
        who: bool,
        place: prop::sample::Index,
        again: bool,
    },
    Lose {
        who: bool,
        place: prop::sample::Index,
    },
    Meet {
        who: bool,
    },
}

fn event() -> impl Strategy<Value = Event> {
    let who = any::<bool>();
    let place = any::<prop::sample::Index>;
    prop_oneof![
        6 => who.prop_map(|who| Event::Write { who }),
        6 => (who, place(), prop::bool::weighted(0.2))
            .prop_map(|(who, place, again)| Event::Deliver { who, place, again }),
        1 => (who, place()).prop_map(|(who, place)| Event::Lose { who, place }),
        1 => who.prop_map(|who| Event::Meet { who }),
    ]
}

struct UnderWay {
    message: CiphertextMessage,
    number: u16,
    read: bool,
    /// How many messages the addressee had read when this one was written.
    written_at: usize,
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_message_is_read_once_whatever_the_schedule(events in vec(event(), 1..60)) {
        let (mut alice, mut bob) = introduced();
        bob.meets(&mut alice);
        let mut under_way: [Vec<UnderWay>; 2] = [Vec::new(), Vec::new()];
        let mut read_from = [0, 0];
        for (number, event) in (0u16..).zip(events) {
            match event {
                Event::Write { who } => {
                    let (from, to) = if who { (&mut alice, &bob) } else { (&mut bob, &alice) };
                    let message = from.writes(to, &number.to_be_bytes());
                    let written_at = read_from[usize::from(who)];
                    under_way[usize::from(who)].push(UnderWay { message, number, read: false, written_at });
                }
                Event::Deliver { who, place, again } => {
                    let queue = &mut under_way[usize::from(who)];
                    if queue.is_empty() { continue }
                    let at = place.index(queue.len());
                    let (from, to) = if who { (&alice, &mut bob) } else { (&bob, &mut alice) };
                    let before = to.stored_bytes();
                    match to.reads(from, &queue[at].message) {
                        Ok(plaintext) => {
                            prop_assert!(!queue[at].read, "read twice");
                            prop_assert_eq!(plaintext, queue[at].number.to_be_bytes());
                            queue[at].read = true;
                            read_from[usize::from(who)] += 1;
                        }
                        Err(_) => {
                            prop_assert_eq!(before, to.stored_bytes());
                            // To be given up a chain must have been followed by five more, each begun by reading.
                            let read_since = read_from[usize::from(who)] - queue[at].written_at;
                            prop_assert!(queue[at].read || read_since >= MAX_RECEIVING_CHAINS);
                        }
                    }
                    if !again { queue.remove(at); }
                }
                Event::Lose { who, place } => {
                    let queue = &mut under_way[usize::from(who)];
                    if !queue.is_empty() { queue.remove(place.index(queue.len())); }
                }
                Event::Meet { who } => {
                    let (from, to) = if who { (&mut alice, &mut bob) } else { (&mut bob, &mut alice) };
                    to.makes_prekeys(KyberUse::OneTime, true);
                    from.meets(to);
                }
            }
        }
    }
}

proptest! {
    #[test]
    fn no_bytes_make_a_decoder_panic(bytes in vec(any::<u8>(), 0..400)) {
        let _ = SignalMessage::from_bytes(&bytes);
        let _ = PreKeySignalMessage::from_bytes(&bytes);
        let _ = PublicKey::from_bytes(&bytes);
        let _ = IdentityKey::from_bytes(&bytes);
        let _ = kem::PublicKey::from_bytes(&bytes);
        let _ = kem::Ciphertext::from_bytes(&bytes);
        let _ = ScannableFingerprint::from_bytes(&bytes);
        let _ = SessionState::from_bytes(&bytes);
        let _ = OneTimePreKey::from_bytes(&bytes);
        let _ = SignedPreKey::from_bytes(&bytes);
        let _ = KyberPreKey::from_bytes(&bytes);
        let versioned: Vec<u8> = [&[0x44][..], &bytes].concat();
        let _ = SignalMessage::from_bytes(&versioned);
        let _ = PreKeySignalMessage::from_bytes(&versioned);
        let versioned: Vec<u8> = [&[1][..], &bytes].concat();
        if let Ok(state) = SessionState::from_bytes(&versioned) {
            let written = state.to_bytes();
            prop_assert_eq!(SessionState::from_bytes(&written).map(|state| state.to_bytes()), Ok(written));
        }
    }

    #[test]
    fn a_stored_state_reads_back_and_no_other_length_does(cut in any::<prop::sample::Index>()) {
        let (alice, bob) = introduced();
        let row = alice.store.peers[&bob.local.address].record.rows().next().unwrap();
        let stored = row.state.to_bytes();
        prop_assert_eq!(SessionState::from_bytes(&stored).map(|state| state.to_bytes()), Ok(stored.clone()));
        prop_assert!(SessionState::from_bytes(&stored[..cut.index(stored.len())]).is_err());
        prop_assert!(SessionState::from_bytes(&[&stored[..], &[0]].concat()).is_err());
    }
}
