//! A thief copies everything Alice and Bob have stored at one moment, and hears all that they send before and after.
//! The thief works with this crate, on the stolen rows.
//!
//! Forward secrecy: what was read before the theft stays closed. Healing: what is written after a round trip is
//! closed again. Each test also shows the thief reading what it can read, so that "closed" means something.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests stop at the first surprise"
)]

mod support;

use rand::SeedableRng;
use rand::rngs::StdRng;
use sotto_protocol::message::CiphertextMessage;
use sotto_protocol::prekey::KyberUse;
use support::{Person, introduced};

/// The thief as one of the two: all that is stored, and luck of its own.
fn stolen(from: &Person) -> Person {
    let mut thief = Person::new(66);
    thief.local.identity = from.local.identity.clone();
    thief.local.address = from.local.address.clone();
    thief.local.registration_id = from.local.registration_id;
    thief.store = from.store.clone();
    thief
}

/// Alice writes, Bob reads; the message is what a thief has heard.
fn says(from: &mut Person, to: &mut Person, text: &[u8]) -> CiphertextMessage {
    let message = from.writes(to, text);
    assert_eq!(to.reads(from, &message).unwrap(), text);
    message
}

#[test]
fn what_was_read_before_the_theft_stays_closed() {
    let (mut alice, mut bob) = introduced();
    let mut to_bob = Vec::new();
    let mut to_alice = Vec::new();
    for _ in 0..8 {
        let late = alice.writes(&bob, b"late");
        to_bob.push(says(&mut alice, &mut bob, b"question"));
        assert_eq!(bob.reads(&alice, &late).unwrap(), b"late");
        to_bob.push(late);
        to_alice.push(says(&mut bob, &mut alice, b"answer"));
    }
    let not_yet_read = alice.writes(&bob, b"still under way");
    let skipped = alice.writes(&bob, b"overtaken");
    to_bob.push(says(&mut alice, &mut bob, b"overtaking"));

    for message in &to_bob {
        assert!(
            stolen(&bob).reads(&alice, message).is_err(),
            "Bob's rows open an old message"
        );
        // Alice's rows cannot open what Alice wrote either.
        assert!(stolen(&alice).reads(&bob, message).is_err());
    }
    for message in &to_alice {
        assert!(
            stolen(&alice).reads(&bob, message).is_err(),
            "Alice's rows open an old message"
        );
        assert!(stolen(&bob).reads(&alice, message).is_err());
    }

    // What Bob himself could still read the thief can: keys of messages that have not come are among the rows.
    assert_eq!(
        stolen(&bob).reads(&alice, &not_yet_read).unwrap(),
        b"still under way"
    );
    assert_eq!(stolen(&bob).reads(&alice, &skipped).unwrap(), b"overtaken");
    assert_eq!(bob.reads(&alice, &skipped).unwrap(), b"overtaken");
    assert!(
        stolen(&bob).reads(&alice, &skipped).is_err(),
        "a skipped key outlives its message"
    );
}

#[test]
fn the_first_message_stays_closed_once_its_one_time_prekeys_are_used_up() {
    let (mut alice, mut bob) = introduced();
    let first = says(&mut alice, &mut bob, b"hello");
    let mut thief = stolen(&bob);
    // Even in a store that never heard of the session, with Bob's identity and signed prekey.
    thief.forgets(&alice);
    assert!(thief.reads(&alice, &first).is_err());
}

#[test]
fn without_one_time_prekeys_the_first_message_is_open_until_the_signed_ones_are_deleted() {
    let (mut alice, mut bob) = (Person::new(1), Person::new(2));
    bob.makes_prekeys(KyberUse::LastResort, false);
    alice.meets(&mut bob);
    let first = says(&mut alice, &mut bob, b"hello");

    // The known price of a session made with nothing but prekeys that are kept: the thief ignores that the base key
    // was seen, so the rows that remember it are not its obstacle.
    let mut thief = Person::new(66);
    thief.local.identity = bob.local.identity.clone();
    thief.local.address = bob.local.address.clone();
    thief.store.prekeys.signed = bob.store.prekeys.signed.clone();
    thief.store.prekeys.kyber = bob.store.prekeys.kyber.clone();
    assert_eq!(thief.reads(&alice, &first).unwrap(), b"hello");

    bob.store.prekeys.signed.clear();
    bob.store.prekeys.kyber.clear();
    let mut thief = stolen(&bob);
    thief.forgets(&alice);
    assert!(thief.reads(&alice, &first).is_err());
}

#[test]
fn a_thief_of_both_sides_is_locked_out_by_a_round_trip() {
    let (mut alice, mut bob) = introduced();
    for _ in 0..3 {
        says(&mut alice, &mut bob, b"question");
        says(&mut bob, &mut alice, b"answer");
    }
    let (mut as_alice, mut as_bob) = (stolen(&alice), stolen(&bob));

    // Alice's next key was made before the theft, and so was what Bob answers to: these two are lost.
    let question = says(&mut alice, &mut bob, b"what now?");
    assert_eq!(as_bob.reads(&alice, &question).unwrap(), b"what now?");
    let answer = says(&mut bob, &mut alice, b"go on");
    assert_eq!(as_alice.reads(&bob, &answer).unwrap(), b"go on");

    // From here on both have new keys.
    for _ in 0..10 {
        let question = says(&mut alice, &mut bob, b"private");
        assert!(as_bob.reads(&alice, &question).is_err());
        assert!(as_alice.reads(&bob, &question).is_err());
        let answer = says(&mut bob, &mut alice, b"private");
        assert!(as_alice.reads(&bob, &answer).is_err());
        assert!(as_bob.reads(&alice, &answer).is_err());
    }
}

#[test]
fn a_thief_of_one_side_is_locked_out_by_its_answer() {
    let (mut alice, mut bob) = introduced();
    says(&mut alice, &mut bob, b"question");
    says(&mut bob, &mut alice, b"answer");
    let mut as_bob = stolen(&bob);
    for _ in 0..3 {
        let question = says(&mut alice, &mut bob, b"and another thing");
        assert_eq!(as_bob.reads(&alice, &question).unwrap(), b"and another thing");
    }
    says(&mut bob, &mut alice, b"answer");
    let question = says(&mut alice, &mut bob, b"private");
    assert!(as_bob.reads(&alice, &question).is_err());
}

#[test]
fn a_new_session_locks_the_thief_of_the_old_one_out() {
    let (mut alice, mut bob) = introduced();
    says(&mut alice, &mut bob, b"question");
    let mut as_bob = stolen(&bob);
    // Prekeys made after the theft.
    bob.makes_prekeys(KyberUse::OneTime, true);
    alice.meets(&mut bob);
    let first = says(&mut alice, &mut bob, b"anew");
    assert!(as_bob.reads(&alice, &first).is_err());
}

/// What is drawn in one step. Whoever has the number draws the same.
fn luck(number: u64) -> StdRng {
    StdRng::seed_from_u64(number)
}

/// A thief to whom X25519 is no obstacle: it draws the very ratchet keys that its victim draws in reading. What its
/// victim draws in writing, the secrets of the post-quantum ratchet, it has only if it is `all_seeing`.
struct Breaker {
    thief: Person,
    all_seeing: bool,
    read: Vec<bool>,
}

impl Breaker {
    fn of(victim: &Person, all_seeing: bool) -> Self {
        Self {
            thief: stolen(victim),
            all_seeing,
            read: Vec::new(),
        }
    }

    fn hears(&mut self, from: &Person, message: &CiphertextMessage, number: u64) {
        self.thief.rng = luck(number);
        self.read.push(self.thief.reads(from, message).is_ok());
    }

    fn writes_along(&mut self, to: &Person, number: u64) {
        if self.all_seeing {
            self.thief.rng = luck(number);
            self.thief.writes(to, b"private");
        }
    }

    /// How many messages were read before the first that was not.
    fn read_at_first(&self) -> usize {
        self.read.iter().take_while(|read| **read).count()
    }
}

/// Writes, is robbed while it travels, and is read.
fn says_to_breakers(
    (from, thieves_of_writer): (&mut Person, &mut [Breaker; 2]),
    (to, thieves_of_reader): (&mut Person, &mut [Breaker; 2]),
    number: u64,
) {
    from.rng = luck(number);
    let message = from.writes(to, b"private");
    to.rng = luck(number + 1);
    to.reads(from, &message).unwrap();
    for thief in thieves_of_writer {
        thief.writes_along(to, number);
    }
    for thief in thieves_of_reader {
        thief.hears(from, &message, number + 1);
    }
}

#[test]
fn a_thief_who_breaks_x25519_is_locked_out_by_a_completed_post_quantum_epoch() {
    let (mut alice, mut bob) = introduced();
    for _ in 0..3 {
        says(&mut alice, &mut bob, b"question");
        says(&mut bob, &mut alice, b"answer");
    }
    let mut as_alice = [false, true].map(|all_seeing| Breaker::of(&alice, all_seeing));
    let mut as_bob = [false, true].map(|all_seeing| Breaker::of(&bob, all_seeing));

    const TURNS: usize = 250;
    for turn in (0..).step_by(4).take(TURNS) {
        says_to_breakers((&mut alice, &mut as_alice), (&mut bob, &mut as_bob), turn);
        says_to_breakers((&mut bob, &mut as_bob), (&mut alice, &mut as_alice), turn + 2);
    }

    for [breaker, all_seeing] in [as_alice, as_bob] {
        // With the post-quantum secrets too nothing is closed: it is they that keep a thief out.
        assert_eq!(all_seeing.read_at_first(), TURNS);
        // New ratchet keys alone do not, a new epoch does, and for good.
        let at_first = breaker.read_at_first();
        assert!(
            (10..TURNS / 2).contains(&at_first),
            "locked out after {at_first} messages"
        );
        assert!(breaker.read[at_first..].iter().all(|read| !read));
    }
}
