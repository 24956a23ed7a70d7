//! Secrets are gone from memory when they are dropped: looked at, not assumed.
//!
//! The allocator of this program searches every block it gets back for the secrets it was told, while they are
//! watched for. It sees the heap only; what the compiler leaves on the stack no test can promise.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests stop at the first surprise"
)]
#![allow(
    unsafe_code,
    reason = "an allocator cannot be written without; it looks at each block before the system takes it back"
)]

mod support;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};

use sotto_protocol::curve::{IdentityKeyPair, KeyPair, PrivateKey};
use sotto_protocol::kem;
use sotto_protocol::prekey::KyberUse;
use sotto_protocol::ratchet::MessageSeed;
use sotto_protocol::sender_keys::DistributionMessage;
use support::group::group_of_three;
use support::{Person, introduced};

/// As much of a secret as is searched for.
const PREFIX: usize = 16;

struct Watched {
    name: &'static str,
    prefix: [u8; PREFIX],
    found: AtomicBool,
}

thread_local! {
    /// What this thread watches for, by the first two bytes: leaked, so that giving it back is not found itself.
    static WATCHED: Cell<&'static [Vec<Watched>]> = const { Cell::new(&[]) };
}

struct Searching;

#[global_allocator]
static ALLOCATOR: Searching = Searching;

// SAFETY: all is left to the system's allocator; `realloc` is the trait's own, which copies and gives back.
unsafe impl GlobalAlloc for Searching {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // Zeroed, so that every byte of a block can be looked at.
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if let Ok(watched) = WATCHED.try_with(Cell::get)
            && !watched.is_empty()
        {
            // SAFETY: the block is ours until the next line, as long as its layout says, and was zeroed at first.
            search(
                unsafe { std::slice::from_raw_parts(block, layout.size()) },
                watched,
            );
        }
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(block, layout) }
    }
}

fn search(block: &[u8], watched: &[Vec<Watched>]) {
    for window in block.windows(PREFIX) {
        for secret in &watched[place(window)] {
            if window == secret.prefix {
                secret.found.store(true, Ordering::Relaxed);
            }
        }
    }
}

/// Where what begins like this is watched for.
fn place(bytes: &[u8]) -> usize {
    usize::from(u16::from_be_bytes([bytes[0], bytes[1]]))
}

/// The names of the secrets that were found in memory given back while `story` ran.
fn left_behind(secrets: Vec<(&'static str, [u8; PREFIX])>, story: impl FnOnce()) -> Vec<&'static str> {
    let watched: &'static mut [Vec<Watched>] = Vec::leak((0..=u16::MAX).map(|_| Vec::new()).collect());
    for (name, prefix) in secrets {
        watched[place(&prefix)].push(Watched {
            name,
            prefix,
            found: AtomicBool::new(false),
        });
    }
    WATCHED.set(watched);
    story();
    WATCHED.set(&[]);
    let mut found: Vec<_> = watched
        .iter()
        .flatten()
        .filter(|secret| secret.found.load(Ordering::Relaxed))
        .map(|secret| secret.name)
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

fn prefix(secret: &[u8]) -> [u8; PREFIX] {
    *secret.first_chunk().unwrap()
}

/// What is left of one secret after it was dropped on the heap.
fn left_of<T>(secret: T, bytes: impl FnOnce(&T) -> [u8; PREFIX]) -> Vec<&'static str> {
    let boxed = Box::new(secret);
    let bytes = bytes(&boxed);
    left_behind(vec![("it", bytes)], || drop(boxed))
}

const NOTHING: Vec<&str> = Vec::new();

#[test]
fn what_is_not_wiped_is_found() {
    let secret = [7, 1, 8, 2, 9, 3, 0, 4, 5, 6, 7, 1, 8, 2, 9, 3];
    assert_eq!(left_of(secret, |secret| *secret), ["it"]);
    assert_eq!(left_of(secret.to_vec(), |secret| prefix(secret)), ["it"]);
    let outgrown = left_behind(vec![("it", secret)], || {
        let mut growing = secret.to_vec();
        growing.reserve(1000);
        growing.fill(0);
    });
    assert_eq!(outgrown, ["it"]);
}

#[test]
fn no_key_is_left_when_it_is_dropped() {
    let (mut alice, mut bob) = introduced();
    let rng = &mut alice.rng;
    let private = |key: &PrivateKey| prefix(key.expose_bytes());

    assert_eq!(left_of(PrivateKey::generate(rng), private), NOTHING);
    assert_eq!(
        left_of(KeyPair::generate(rng), |pair| private(pair.private())),
        NOTHING
    );
    let identity = IdentityKeyPair::generate(rng);
    assert_eq!(left_of(identity, |pair| private(pair.private_key())), NOTHING);
    let agreement = PrivateKey::generate(rng).agree(KeyPair::generate(rng).public());
    assert_eq!(
        left_of(agreement.unwrap(), |agreed| prefix(agreed.expose_bytes())),
        NOTHING
    );
    let seed = MessageSeed::from_array(std::array::from_fn(|at| at as u8));
    assert_eq!(left_of(seed, |seed| prefix(seed.expose_bytes())), NOTHING);

    let kyber = kem::KeyPair::generate(rng);
    let (_, shared) = kyber.public().encapsulate(rng);
    assert_eq!(left_of(shared, |shared| prefix(shared.expose_bytes())), NOTHING);
    let inside = |key: &kem::SecretKey| prefix(&key.expose_bytes()[1..]);
    assert_eq!(left_of(kyber.secret().clone(), inside), NOTHING);

    bob.makes_prekeys(KyberUse::LastResort, true);
    let prekeys = &mut bob.store.prekeys;
    let signed = prekeys.signed.values().next().unwrap().clone();
    assert_eq!(left_of(signed, |key| private(key.keys.private())), NOTHING);
    let one_time = prekeys.one_time.values().next().unwrap().clone();
    assert_eq!(
        left_of(one_time.clone(), |key| private(key.keys.private())),
        NOTHING
    );
    assert_eq!(left_of(one_time.to_bytes(), |form| prefix(&form[5..])), NOTHING);
}

/// The root key, the sending ratchet's private key and the sending chain key in a state's stored form; the first of
/// each has this offset.
const ROOT_KEY: usize = 1 + 32 + 32 + 4 + 4 + 4 + 32;

fn secrets_of(person: &Person, with: &Person) -> Vec<(&'static str, [u8; PREFIX])> {
    let rows = person.store.peers[&with.local.address].record.rows();
    rows.flat_map(|row| {
        let form = row.state.to_bytes();
        let part = |number: usize| <[u8; 32]>::try_from(&form[ROOT_KEY + 32 * number..][..32]).unwrap();
        let private = PrivateKey::from_bytes(&part(1)).unwrap();
        assert_eq!(*private.public_key().u(), part(2), "the layout this test expects");
        let receiving = form[ROOT_KEY + 32 * 4 + 4 + 4 + 1..].chunks(32 + 32 + 4 + 2);
        let chains = usize::from(form[ROOT_KEY + 32 * 4 + 4 + 4]);
        let mut secrets = vec![
            ("a root key", prefix(&part(0))),
            ("a ratchet key", prefix(&part(1))),
            ("a sending chain key", prefix(&part(3))),
        ];
        secrets.extend(
            receiving
                .take(chains)
                .map(|chain| ("a receiving chain key", prefix(&chain[32..]))),
        );
        secrets
    })
    .collect()
}

/// The post-quantum ratchet's secrets in a state's stored form: the exchange's, and the chains'.
fn post_quantum_secrets_of(person: &Person, with: &Person) -> Vec<(&'static str, [u8; PREFIX])> {
    let rows = person.store.peers[&with.local.address].record.rows();
    rows.flat_map(|row| {
        let form = row.state.to_bytes();
        let receiving = usize::from(form[ROOT_KEY + 32 * 4 + 4 + 4]);
        let mut form = &form[ROOT_KEY + 32 * 4 + 4 + 4 + 1 + receiving * (32 + 32 + 4 + 2)..];
        // Whether negotiation is open, the state of the exchange, and its epoch.
        let state = cut(&mut form, 1 + 1 + 8)[1];
        let mut secrets = vec![
            ("an authenticator's root", prefix(cut(&mut form, 32))),
            ("an authenticator's MAC key", prefix(cut(&mut form, 32))),
        ];
        match state {
            1..=4 => secrets.push(("the seed of a key pair", prefix(cut(&mut form, 64)))),
            7..=9 => secrets.push((
                "the seed of an encapsulation",
                prefix(&cut(&mut form, 64 + 32)[64..]),
            )),
            _ => {}
        }
        // What is public: values, of which those that are sent have a number in front, and chunks that have come.
        let (values, decodes) = match state {
            0 => (0, false),
            1 => (2 + 3 * 32, false),
            2 => (2 + 36 * 32, true),
            3 => (2 + 36 * 32 + 30 * 32, false),
            4 => (30 * 32, true),
            5 | 9 => (0, true),
            6 => (64, false),
            7 => (2 + 30 * 32, true),
            8 => (2 + 30 * 32 + 36 * 32, false),
            _ => (2 + 5 * 32, false),
        };
        cut(&mut form, values);
        if decodes {
            let chunks = usize::from(cut(&mut form, 1)[0]);
            cut(&mut form, chunks * (2 + 32));
        }
        // Role and limit are in front of the root, the epochs sent in and made last behind it.
        secrets.push((
            "the root of the chains",
            prefix(&cut(&mut form, 2 + 32 + 16)[2..]),
        ));
        for _ in 0..cut(&mut form, 1)[0] {
            if cut(&mut form, 1)[0] == 1 {
                secrets.push(("a sending chain", prefix(cut(&mut form, 32 + 4))));
            }
            secrets.push(("a receiving chain", prefix(cut(&mut form, 32 + 4 + 8))));
        }
        assert_eq!(
            form.len(),
            if form[0] == 0 { 1 } else { 1 + 21 + 1569 },
            "the layout this test expects"
        );
        secrets
    })
    .collect()
}

/// The first `length` bytes, which are taken off.
fn cut<'a>(form: &mut &'a [u8], length: usize) -> &'a [u8] {
    let (first, rest) = form.split_at(length);
    *form = rest;
    first
}

/// Twenty turns with late messages, and what is done to each pair after each step.
fn conversation(mut after: impl FnMut(&Person, &Person)) {
    turns(10, &mut after);
}

/// Turns with late messages; the last three come at the end.
fn turns(count: usize, after: &mut impl FnMut(&Person, &Person)) {
    let (mut alice, mut bob) = introduced();
    after(&alice, &bob);
    let mut late = Vec::new();
    for _ in 0..count {
        late.push(alice.writes(&bob, b"late"));
        let question = alice.writes(&bob, b"in time");
        after(&alice, &bob);
        bob.reads(&alice, &question).unwrap();
        after(&bob, &alice);
        let answer = bob.writes(&alice, b"in time");
        after(&bob, &alice);
        alice.reads(&bob, &answer).unwrap();
        after(&alice, &bob);
    }
    for message in late.iter().rev().take(3) {
        bob.reads(&alice, message).unwrap();
        after(&bob, &alice);
    }
}

#[test]
fn three_exchanges_of_the_post_quantum_ratchet_leave_no_secret_behind() {
    let mut secrets = Vec::new();
    turns(150, &mut |one, other| {
        secrets.extend(post_quantum_secrets_of(one, other))
    });
    secrets.sort_unstable();
    secrets.dedup();
    for name in ["the seed of a key pair", "the seed of an encapsulation"] {
        let found = secrets.iter().filter(|(of, _)| *of == name).count();
        assert!(found >= 3, "{name}: {found}");
    }
    assert_eq!(left_behind(secrets, || turns(150, &mut |_, _| {})), NOTHING);
}

#[test]
fn a_conversation_leaves_no_key_behind() {
    // The same conversation twice: once to learn its secrets, once to look for them.
    let mut secrets = Vec::new();
    conversation(|one, other| secrets.extend(secrets_of(one, other)));
    secrets.sort_unstable();
    secrets.dedup();
    assert!(secrets.len() > 80, "{} secrets", secrets.len());
    assert_eq!(left_behind(secrets, || conversation(|_, _| {})), NOTHING);
}

#[test]
fn a_conversation_leaves_no_plaintext_behind() {
    let (mut alice, mut bob) = introduced();
    let plaintext = *b"a text that is in no other memory at all, and long enough for blocks";
    let message = alice.writes(&bob, &plaintext);
    let found = left_behind(vec![("the plaintext", prefix(&plaintext))], || {
        drop(alice.writes(&bob, &plaintext));
        drop(bob.decrypts(&alice, &message).unwrap());
    });
    assert_eq!(found, NOTHING);
}

#[test]
fn a_late_message_leaves_no_seed_and_no_post_quantum_key_behind() {
    let (mut alice, mut bob) = introduced();
    let mut messages: Vec<_> = (0..20).map(|_| alice.writes(&bob, b"late")).collect();
    let newest = messages.pop().unwrap();
    let seeds = |bob: &mut Person| {
        let decrypted = bob.decrypts(&alice, &newest).unwrap();
        let seeds = decrypted.changes.skipped_added.iter();
        let keys = decrypted.changes.post_quantum.added.iter();
        seeds
            .map(|key| ("a seed", prefix(key.seed.expose_bytes())))
            .chain(keys.map(|key| ("a post-quantum key", prefix(key.key.expose_bytes()))))
            .collect::<Vec<_>>()
    };
    let learnt = seeds(&mut bob);
    assert_eq!(learnt.len(), 2 * 19);
    assert_eq!(
        left_behind(learnt, || drop(bob.decrypts(&alice, &newest))),
        NOTHING
    );
}

/// The chain keys and signing keys of the group as they now are, from the stored forms.
fn group_secrets_of(person: &mut Person, sender: &Person) -> Vec<(&'static str, [u8; PREFIX])> {
    let record = person.sender_key_record_of(sender);
    let forms = record.rows().iter().map(|row| row.state.to_bytes());
    forms
        .flat_map(|form| {
            let chain_key = ("a sender's chain key", prefix(&form[5..]));
            // Behind it are the iteration, the number of seeds held, the public signing key, and whether it is ours.
            let signing_key = (form[75] == 1).then(|| ("a signing key", prefix(&form[76..])));
            [Some(chain_key), signing_key].into_iter().flatten()
        })
        .collect()
}

/// Alice writes to a group under two keys, and some of it comes late; with what is done after each step.
fn group_conversation(mut after: impl FnMut(&mut Person, &Person)) {
    let [mut alice, mut bob, _] = group_of_three();
    let alices_card = Person::new(1);
    for _ in 0..2 {
        let late = alice.writes_to_group(b"late");
        for _ in 0..5 {
            let message = alice.writes_to_group(b"in time");
            after(&mut alice, &alices_card);
            bob.reads_in_group(&alice, &message).unwrap();
            after(&mut bob, &alices_card);
        }
        bob.reads_in_group(&alice, &late).unwrap();
        after(&mut bob, &alices_card);
        let key = alice.makes_sender_key();
        bob.takes_sender_key(&alice, &key);
    }
}

#[test]
fn a_group_leaves_no_key_behind() {
    let mut secrets = Vec::new();
    group_conversation(|person, sender| secrets.extend(group_secrets_of(person, sender)));
    secrets.sort_unstable();
    secrets.dedup();
    assert!(secrets.len() >= 12, "{} secrets", secrets.len());
    assert_eq!(left_behind(secrets, || group_conversation(|_, _| {})), NOTHING);
}

#[test]
fn a_late_group_message_leaves_no_seed_behind() {
    let [mut alice, mut bob, _] = group_of_three();
    let mut messages: Vec<_> = (0..20).map(|_| alice.writes_to_group(b"late")).collect();
    let newest = messages.pop().unwrap();
    let kept = bob
        .store
        .sender_keys
        .of(&alice.local.address, newest.distribution());
    let decrypt = || kept.record.decrypt(&newest, &kept.skipped).unwrap();
    let seeds: Vec<_> = decrypt()
        .changes
        .skipped_added
        .iter()
        .map(|key| ("a seed", prefix(key.seed.expose_bytes())))
        .collect();
    assert_eq!(seeds.len(), 19);
    assert_eq!(left_behind(seeds, || drop(decrypt())), NOTHING);
}

#[test]
fn a_distribution_message_leaves_no_key_behind() {
    let [mut alice, _, _] = group_of_three();
    let [chain_key, _] = group_secrets_of(&mut alice, &Person::new(1))[..] else {
        panic!("one state of hers");
    };
    let message = alice.sender_key();
    let written = message.as_bytes();
    assert!(written.windows(PREFIX).any(|window| window == chain_key.1));
    let found = left_behind(vec![chain_key], || {
        drop(alice.sender_key());
        drop(DistributionMessage::from_bytes(written).unwrap());
    });
    assert_eq!(found, NOTHING);
}
