//! What the operations on a session cost; `x25519` is the unit the budgets are written in.
//!
//! `cargo xtask bench protocol` prints these beside their limits; a test of it holds the names here and there together.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    reason = "a benchmark may stop at the first surprise"
)]

mod scenes;

use std::time::Duration;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use scenes::{
    PLAINTEXT, Person, ahead_of, introduced, name_of, read, take_turns, talking, talking_with_archived, write,
};
use sotto_protocol::curve::PrivateKey;
use sotto_protocol::fingerprint::{DisplayableFingerprint, Fingerprint};
use sotto_protocol::prekey::KyberUse;
use sotto_protocol::session::SessionState;

/// The unit, and what stands in for it in the operations below.
fn unit(c: &mut Criterion) {
    let (alice, bob) = (Person::new(1), Person::new(2));
    let private = *alice.local.identity.private_key().expose_bytes();
    let identity = bob.local.identity.identity_key();
    let public = *identity.public_key().u();
    c.bench_function("x25519", |b| b.iter(|| x25519_dalek::x25519(private, public)));
    let private = PrivateKey::from_bytes(&private).unwrap();
    c.bench_function("agree", |b| b.iter(|| private.agree(identity.public_key())));
    c.bench_function("public_key", |b| b.iter(|| private.public_key()));
    c.bench_function("is_canonical", |b| {
        b.iter(|| identity.public_key().is_canonical());
    });
    let mut rng = Person::new(3).rng;
    let signature = private.sign(&[&PLAINTEXT], &mut rng);
    let signer = private.public_key();
    c.bench_function("sign", |b| b.iter(|| private.sign(&[&PLAINTEXT], &mut rng)));
    c.bench_function("verify", |b| b.iter(|| signer.verify(&[&PLAINTEXT], &signature)));
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
                let first = write(&mut alice, &bob);
                (alice, bob, first)
            },
            |(alice, bob, first)| read(bob, alice, first),
            BatchSize::SmallInput,
        );
    });
}

fn talking_on(c: &mut Criterion) {
    let (mut alice, bob) = talking();
    c.bench_function("encrypt", |b| b.iter(|| write(&mut alice, &bob)));

    let to_bob = name_of(2);
    for (name, (mut alice, mut bob)) in [
        ("decrypt", talking()),
        ("decrypt_archived_40", talking_with_archived(40)),
    ] {
        let from_alice = name_of(1);
        c.bench_function(name, |b| {
            b.iter_batched(
                || write(&mut alice, &to_bob),
                |message| read(&mut bob, &from_alice, &message),
                BatchSize::SmallInput,
            );
        });
    }

    let (mut alice, mut bob) = talking();
    let mut to_alice = false;
    c.bench_function("ping_pong", |b| {
        b.iter(|| {
            let (from, to) = if to_alice {
                (&mut bob, &mut alice)
            } else {
                (&mut alice, &mut bob)
            };
            to_alice = !to_alice;
            let message = write(from, to);
            read(to, from, &message);
        });
    });
}

/// What a store adds to each message, the disk left aside.
fn storing(c: &mut Criterion) {
    let (mut alice, mut bob) = talking();
    take_turns(&mut alice, &mut bob, 20);
    let row = alice.store.peers[&bob.local.address].record.rows().next();
    let state = row.unwrap().state;
    c.bench_function("state_to_bytes", |b| b.iter(|| state.to_bytes()));
    let bytes = state.to_bytes();
    c.bench_function("state_from_bytes", |b| {
        b.iter(|| SessionState::from_bytes(&bytes).unwrap());
    });
}

fn out_of_order(c: &mut Criterion) {
    c.bench_function("jump_2000", |b| {
        b.iter_batched_ref(
            || ahead_of(2000),
            |(alice, bob, _, jump)| read(bob, alice, jump),
            BatchSize::PerIteration,
        );
    });
    for (name, missing) in [("late_2000", 2000), ("late_2", 2)] {
        c.bench_function(name, |b| {
            b.iter_batched_ref(
                || {
                    let (alice, mut bob, late, jump) = ahead_of(missing);
                    read(&mut bob, &alice, &jump);
                    (alice, bob, late)
                },
                |(alice, bob, late)| read(bob, alice, &late[missing / 2]),
                BatchSize::PerIteration,
            );
        });
    }
}

fn fingerprints(c: &mut Criterion) {
    let (alice, bob) = (Person::new(1), Person::new(2));
    let ours = Fingerprint::new(&[1; 16], &alice.local.identity.identity_key());
    let theirs = bob.local.identity.identity_key();
    c.bench_function("safety_number", |bench| {
        bench.iter(|| DisplayableFingerprint::new(&ours, &Fingerprint::new(&[2; 16], &theirs)));
    });
}

fn quick() -> Criterion {
    Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
}

/// For what takes long to set the scene for.
fn few() -> Criterion {
    quick().sample_size(20)
}

criterion_group! { name = operations; config = quick(); targets = unit, starting, talking_on, storing, fingerprints }
criterion_group! { name = scenes_of_disorder; config = few(); targets = out_of_order }
criterion_main!(operations, scenes_of_disorder);
