//! The operations that vodozemac has a counterpart to, for the column beside ours. It has no post-quantum part.
#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "a benchmark may stop at the first surprise"
)]

use std::time::Duration;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use vodozemac::megolm::{GroupSession, InboundGroupSession, MegolmMessage};
use vodozemac::olm::{Account, OlmMessage, Session, SessionConfig};
use vodozemac::{Curve25519PublicKey, megolm};

const PLAINTEXT: [u8; 100] = [7; 100];

/// Bob with one one-time key, and that key.
fn bob() -> (Account, Curve25519PublicKey) {
    let mut bob = Account::new();
    bob.generate_one_time_keys(1);
    let key = *bob.one_time_keys().values().next().unwrap();
    (bob, key)
}

fn outbound(alice: &Account, bob: &Account, one_time: Curve25519PublicKey) -> Session {
    alice
        .create_outbound_session(SessionConfig::version_1(), bob.curve25519_key(), one_time)
        .unwrap()
}

fn write(session: &mut Session) -> (usize, Vec<u8>) {
    session.encrypt(PLAINTEXT).unwrap().to_parts()
}

fn read(session: &mut Session, (kind, bytes): &(usize, Vec<u8>)) -> Vec<u8> {
    session
        .decrypt(&OlmMessage::from_parts(*kind, bytes).unwrap())
        .unwrap()
}

fn accepted(bob: &mut Account, alice: &Account, (kind, bytes): &(usize, Vec<u8>)) -> Session {
    let OlmMessage::PreKey(message) = OlmMessage::from_parts(*kind, bytes).unwrap() else {
        unreachable!("the first message starts the session")
    };
    bob.create_inbound_session(SessionConfig::version_1(), alice.curve25519_key(), &message)
        .unwrap()
        .session
}

/// Both sides' sessions after each has heard the other.
fn talking() -> (Session, Session) {
    let alice = Account::new();
    let (mut bob, one_time) = bob();
    let mut hers = outbound(&alice, &bob, one_time);
    let first = write(&mut hers);
    let mut his = accepted(&mut bob, &alice, &first);
    let answer = write(&mut his);
    read(&mut hers, &answer);
    (hers, his)
}

fn sessions(c: &mut Criterion) {
    let mut c = c.benchmark_group("vodozemac");
    let alice = Account::new();
    let (of_bob, one_time) = bob();
    c.bench_function("process_bundle", |b| {
        b.iter(|| outbound(&alice, &of_bob, one_time));
    });
    c.bench_function("first_decrypt", |b| {
        b.iter_batched_ref(
            || {
                let (bob, one_time) = bob();
                let first = write(&mut outbound(&alice, &bob, one_time));
                (bob, first)
            },
            |(bob, first)| accepted(bob, &alice, first),
            BatchSize::SmallInput,
        );
    });
    let (mut hers, _) = talking();
    c.bench_function("encrypt", |b| b.iter(|| write(&mut hers)));
    let (mut from, mut to) = talking();
    c.bench_function("decrypt", |b| {
        b.iter_batched(
            || write(&mut from),
            |message| read(&mut to, &message),
            BatchSize::SmallInput,
        );
    });
    let (mut hers, mut his) = talking();
    let mut to_alice = false;
    c.bench_function("ping_pong", |b| {
        b.iter(|| {
            let (from, to) = if to_alice {
                (&mut his, &mut hers)
            } else {
                (&mut hers, &mut his)
            };
            to_alice = !to_alice;
            let message = write(from);
            read(to, &message)
        });
    });
}

fn groups(c: &mut Criterion) {
    let mut c = c.benchmark_group("vodozemac");
    let config = megolm::SessionConfig::version_1();
    let mut group = GroupSession::new(config);
    c.bench_function("group_encrypt", |b| {
        b.iter(|| group.encrypt(PLAINTEXT).to_bytes());
    });
    let mut group = GroupSession::new(config);
    let mut member = InboundGroupSession::new(&group.session_key(), config);
    c.bench_function("group_decrypt", |b| {
        b.iter_batched(
            || group.encrypt(PLAINTEXT).to_bytes(),
            |bytes| {
                member
                    .decrypt(&MegolmMessage::from_bytes(&bytes).unwrap())
                    .unwrap()
            },
            BatchSize::SmallInput,
        );
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2));
    targets = sessions, groups
}
criterion_main!(benches);
