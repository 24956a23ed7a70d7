//! What the operations on a session cost; `dh` is the unit the budgets are written in.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a benchmark may stop at the first surprise"
)]

#[path = "../tests/support/mod.rs"]
mod support;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use sotto_protocol::curve::PrivateKey;
use sotto_protocol::fingerprint::{DisplayableFingerprint, Fingerprint};
use sotto_protocol::prekey::KyberUse;
use support::{Person, introduced};

const PLAINTEXT: [u8; 100] = [7; 100];

/// Alice and Bob after each has heard the other.
fn talking() -> (Person, Person) {
    let (mut alice, mut bob) = introduced();
    let first = alice.writes(&bob, &PLAINTEXT);
    bob.reads(&alice, &first).unwrap();
    let answer = bob.writes(&alice, &PLAINTEXT);
    alice.reads(&bob, &answer).unwrap();
    (alice, bob)
}

fn unit(c: &mut Criterion) {
    let (alice, bob) = introduced();
    let private = *alice.local.identity.private_key().expose_bytes();
    let public = *bob.local.identity.identity_key().public_key().u();
    c.bench_function("x25519", |b| b.iter(|| x25519_dalek::x25519(private, public)));
    let private = PrivateKey::from_bytes(&private).unwrap();
    let identity = bob.local.identity.identity_key();
    c.bench_function("agree", |b| b.iter(|| private.agree(identity.public_key())));
}

fn starting(c: &mut Criterion) {
    c.bench_function("process_bundle", |b| {
        b.iter_batched_ref(
            || {
                let (alice, mut bob) = (Person::new(1), Person::new(2));
                bob.makes_prekeys(KyberUse::OneTime, true);
                let bundle = bob.bundle();
                (alice, bob, bundle)
            },
            |(alice, bob, bundle)| alice.processes(bob, bundle),
            BatchSize::SmallInput,
        );
    });
    c.bench_function("first_decrypt", |b| {
        b.iter_batched_ref(
            || {
                let (mut alice, bob) = introduced();
                let first = alice.writes(&bob, &PLAINTEXT);
                (alice, bob, first)
            },
            |(alice, bob, first)| bob.reads(alice, first).unwrap(),
            BatchSize::SmallInput,
        );
    });
}

fn talking_on(c: &mut Criterion) {
    let (mut alice, bob) = talking();
    c.bench_function("encrypt", |b| b.iter(|| alice.writes(&bob, &PLAINTEXT)));

    let (mut alice, mut bob) = talking();
    c.bench_function("encrypt and decrypt", |b| {
        b.iter(|| {
            let message = alice.writes(&bob, &PLAINTEXT);
            bob.reads(&alice, &message).unwrap()
        });
    });
    c.bench_function("ping-pong, two messages", |b| {
        b.iter(|| {
            let ping = alice.writes(&bob, &PLAINTEXT);
            bob.reads(&alice, &ping).unwrap();
            let pong = bob.writes(&alice, &PLAINTEXT);
            alice.reads(&bob, &pong).unwrap()
        });
    });
}

fn out_of_order(c: &mut Criterion) {
    let jumping = || {
        let (mut alice, bob) = talking();
        let late: Vec<_> = (0..2000).map(|_| alice.writes(&bob, &PLAINTEXT)).collect();
        let jump = alice.writes(&bob, &PLAINTEXT);
        (alice, bob, late, jump)
    };
    c.bench_function("jump_2000", |b| {
        b.iter_batched_ref(
            jumping,
            |(alice, bob, _, jump)| bob.reads(alice, jump).unwrap(),
            BatchSize::LargeInput,
        );
    });
    c.bench_function("late_2000", |b| {
        b.iter_batched_ref(
            || {
                let (alice, mut bob, late, jump) = jumping();
                bob.reads(&alice, &jump).unwrap();
                (alice, bob, late)
            },
            |(alice, bob, late)| bob.reads(alice, &late[1000]).unwrap(),
            BatchSize::LargeInput,
        );
    });
}

fn fingerprints(c: &mut Criterion) {
    let (alice, bob) = introduced();
    let (a, b) = (
        alice.local.identity.identity_key(),
        bob.local.identity.identity_key(),
    );
    c.bench_function("safety_number", |bench| {
        bench.iter(|| {
            DisplayableFingerprint::new(&Fingerprint::new(&[1; 16], &a), &Fingerprint::new(&[2; 16], &b))
        });
    });
}

criterion_group!(benches, unit, starting, talking_on, out_of_order, fingerprints);
criterion_main!(benches);
