//! Alice and Bob compare; Mallory does not get in between.

use proptest::prelude::*;
use sotto_protocol::curve::{IdentityKey, IdentityKeyPair, PrivateKey};
use sotto_wire::AccountId;

use super::*;
use crate::model::Address;

struct Somebody {
    address: Address,
    key: IdentityKey,
}

impl Somebody {
    fn new(account: u8, key: u8, relay: &str) -> Self {
        let mut id = [account; 16];
        // A UUID of version 4.
        id[6] = 0x40;
        id[8] = 0x80;
        let private = PrivateKey::from_bytes(&[key; 32]).unwrap();
        Self {
            address: Address {
                account: AccountId::from_slice(&id).unwrap(),
                relay: relay.parse().unwrap(),
            },
            key: IdentityKeyPair::from_private(private).identity_key(),
        }
    }

    fn side(&self) -> Side<'_> {
        Side {
            address: &self.address,
            key: &self.key,
        }
    }
}

const CEREMONY: CeremonyId = CeremonyId([7; 16]);

fn context(initiator: &Somebody, responder: &Somebody) -> Context {
    Context::new(CEREMONY, &initiator.side(), &responder.side())
}

fn alice() -> Somebody {
    Somebody::new(1, 11, "relay.example")
}

fn bob() -> Somebody {
    Somebody::new(2, 22, "elsewhere.example")
}

/// What both see when nobody meddles.
fn run(alices: &Context, bobs: &Context) -> Result<(Reading, Reading), WrongOpening> {
    let mut rng = rand::rng();
    let (asking, commitment) = Asking::begin(alices, &mut rng);
    let (bobs_nonce, answered) = Asked { commitment }.accept(&mut rng);
    let (alices_nonce, alice) = asking.answered(alices, &bobs_nonce);
    Ok((alice, answered.opened(bobs, &alices_nonce)?))
}

#[test]
fn each_hears_what_the_other_reads_out_and_both_know_it_once_both_have_typed() {
    let context = context(&alice(), &bob());
    let (alice, bob) = run(&context, &context).unwrap();
    assert!(alice.say == bob.expect);
    assert!(bob.say == alice.expect);

    let (alice_says, bob_says) = (alice.say, bob.say);
    let Typed::First(confirming) = alice.typed(bob_says) else {
        panic!("Bob has not typed yet");
    };
    let Typed::Both(WordsAgree(())) = bob.they_confirm().typed(alice_says) else {
        panic!("Alice has typed already");
    };
    let WordsAgree(()) = confirming.they_confirm();
}

#[test]
fn another_word_or_the_right_ones_in_another_order_is_wrong_even_if_the_other_side_typed_right() {
    for confirmed in [false, true] {
        let reading = |expect| Reading {
            say: [Word::chosen_by(1); 2],
            expect,
            they_confirmed: confirmed,
        };
        let (one, two) = (Word::chosen_by(5), Word::chosen_by(6));
        for heard in [[one, one], [two, two], [two, one]] {
            assert!(matches!(reading([one, two]).typed(heard), Typed::Wrong));
        }
    }
}

#[test]
fn a_commitment_made_for_other_people_or_opened_otherwise_is_refused() {
    let (alice, bob) = (alice(), bob());
    let ours = context(&alice, &bob);
    let others = [
        context(&Somebody::new(1, 99, "relay.example"), &bob),
        context(&alice, &Somebody::new(2, 99, "elsewhere.example")),
        context(&Somebody::new(9, 11, "relay.example"), &bob),
        context(&alice, &Somebody::new(9, 22, "elsewhere.example")),
        context(&Somebody::new(1, 11, "mallory.example"), &bob),
        context(&bob, &alice),
        Context::new(CeremonyId([8; 16]), &alice.side(), &bob.side()),
    ];
    for theirs in others {
        assert!(run(&theirs, &ours).is_err());
    }
    let mut rng = rand::rng();
    let (_, commitment) = Asking::begin(&ours, &mut rng);
    let (_, answered) = Asked { commitment }.accept(&mut rng);
    assert!(answered.opened(&ours, &Nonce::generate(&mut rng)).is_err());
}

/// Mallory holds a session with each of them under a key of hers, and has to say to each what the other one says.
#[test]
fn between_two_sessions_of_mallorys_the_words_differ() {
    let (alice, bob) = (alice(), bob());
    let mallory_as_bob = Somebody::new(2, 66, "elsewhere.example");
    let mallory_as_alice = Somebody::new(1, 66, "relay.example");
    let (with_alice, with_bob) = (context(&alice, &mallory_as_bob), context(&mallory_as_alice, &bob));
    let mut rng = rand::rng();
    let (mut bobs_words, mut alices_words) = (0, 0);
    const RUNS: usize = 500;
    for _ in 0..RUNS {
        // She is asked by Alice and asks Bob; what each of them shows, she hands on as far as she can.
        let (asking, _) = Asking::begin(&with_alice, &mut rng);
        let (mallory, commitment) = Asking::begin(&with_bob, &mut rng);
        let (bobs_nonce, answered) = Asked { commitment }.accept(&mut rng);
        let (mallorys_nonce, _) = mallory.answered(&with_bob, &bobs_nonce);
        let (_, alice) = asking.answered(&with_alice, &bobs_nonce);
        let bob = answered.opened(&with_bob, &mallorys_nonce).unwrap();
        bobs_words += usize::from(alice.expect == bob.say);
        alices_words += usize::from(bob.expect == alice.say);
    }
    // By chance it happens once in four million runs, for each direction.
    assert_eq!((bobs_words, alices_words), (0, 0), "of {RUNS}");
}

proptest! {
    #[test]
    fn all_bits_of_the_words_come_from_both_nonces(ours: [u8; 32], theirs: [u8; 32], bit in 0..256_usize) {
        let context = context(&alice(), &bob());
        let words = |ours: [u8; 32], theirs: [u8; 32]| {
            let words = context.words(&Nonce::from_bytes(ours), &Nonce::from_bytes(theirs));
            [words.initiators, words.responders].map(|pair| pair.map(Word::number))
        };
        let flipped = |mut nonce: [u8; 32]| {
            nonce[bit / 8] ^= 1 << (bit % 8);
            nonce
        };
        prop_assert_eq!(words(ours, theirs), words(ours, theirs));
        prop_assert_ne!(words(ours, theirs), words(flipped(ours), theirs));
        prop_assert_ne!(words(ours, theirs), words(ours, flipped(theirs)));
    }
}

#[test]
fn the_words_of_version_1_stay_what_they_are() {
    let context = context(&alice(), &bob());
    let nonce = |byte| Nonce::from_bytes([byte; 32]);
    let words = context.words(&nonce(1), &nonce(2));
    let shown = [words.initiators, words.responders].map(|pair| pair.map(Word::text));
    let commitment = hex::encode(context.commitment(&nonce(1)).0);
    insta::assert_snapshot!(format!("{commitment} {shown:?}"), @r#"9f7716a90b878884e91b3ad1eb777f262876251b13a3528c750f3abd55739e94 [["lizard", "luxury"], ["sport", "ticket"]]"#);
}
