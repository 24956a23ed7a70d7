//! What group messages and sealed messages cost; `x25519` in `sessions` is the unit the budgets are written in.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a benchmark may stop at the first surprise"
)]

#[path = "../tests/support/mod.rs"]
mod support;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use sotto_protocol::sealed_sender::{SenderCertificate, TrustRoots};
use sotto_protocol::sender_keys::SenderKeyMessage;
use support::group::group_of_three;
use support::sealed::{SealVersion, Server};
use support::{Person, introduced};

const PLAINTEXT: [u8; 100] = [7; 100];

/// The message is encrypted and the sender's row stored.
fn group_encrypt(c: &mut Criterion) {
    let [mut alice, _, _] = group_of_three();
    c.bench_function("group_encrypt", |bench| {
        bench.iter(|| alice.writes_to_group(&PLAINTEXT));
    });
}

/// From bytes, in order, the member's row stored.
fn group_decrypt(c: &mut Criterion) {
    let [mut alice, mut bob, _] = group_of_three();
    let known_as = Person::new(1);
    c.bench_function("group_decrypt", |bench| {
        bench.iter_batched(
            || alice.writes_to_group(&PLAINTEXT).as_bytes().to_vec(),
            |message| {
                let message = SenderKeyMessage::from_bytes(&message).unwrap();
                bob.reads_in_group(&known_as, &message).unwrap()
            },
            BatchSize::SmallInput,
        );
    });
}

/// Alice and Bob after each has heard the other, Alice's certificate, and whom Bob trusts.
fn talking() -> (Person, Person, SenderCertificate, TrustRoots) {
    let (mut alice, mut bob) = introduced();
    let first = alice.writes(&bob, &PLAINTEXT);
    bob.reads(&alice, &first).unwrap();
    let answer = bob.writes(&alice, &PLAINTEXT);
    alice.reads(&bob, &answer).unwrap();
    let mut server = Server::new(1, 0xA0);
    let certificate = server.certifies(&alice);
    (alice, bob, certificate, server.roots())
}

/// Encrypted in the session, sealed, the session's row stored.
fn sealed_v1_encrypt(c: &mut Criterion) {
    let (mut alice, bob, certificate, _) = talking();
    c.bench_function("sealed_v1_encrypt", |bench| {
        bench.iter(|| alice.seals(SealVersion::One, &bob, &PLAINTEXT, &certificate));
    });
}

/// Opened, the certificate validated, the message inside decrypted, the session's row stored.
fn sealed_v1_decrypt(c: &mut Criterion) {
    let (mut alice, mut bob, certificate, mut roots) = talking();
    let known_as = Person::new(2);
    c.bench_function("sealed_v1_decrypt", |bench| {
        bench.iter_batched(
            || alice.seals(SealVersion::One, &known_as, &PLAINTEXT, &certificate),
            |sealed| bob.reads_sealed(&sealed, &mut roots),
            BatchSize::SmallInput,
        );
    });
}

criterion_group!(
    benches,
    group_encrypt,
    group_decrypt,
    sealed_v1_encrypt,
    sealed_v1_decrypt
);
criterion_main!(benches);
