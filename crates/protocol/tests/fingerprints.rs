//! Alice and Bob compare safety numbers.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests stop at the first surprise"
)]

mod support;

use sotto_protocol::curve::IdentityKey;
use sotto_protocol::fingerprint::{
    DisplayableFingerprint, Fingerprint, ITERATIONS, IterationsOutOfRange, ScanError, ScannableFingerprint,
};
use support::Person;

fn of(person: &Person) -> Fingerprint {
    fingerprint(person, &person.local.identity.identity_key())
}

fn fingerprint(person: &Person, identity: &IdentityKey) -> Fingerprint {
    let id = person.local.address.service_id().unwrap().to_variable_width();
    Fingerprint::new(&id, identity)
}

fn scannable(local: &Fingerprint, remote: &Fingerprint) -> ScannableFingerprint {
    ScannableFingerprint::new(ScannableFingerprint::VERSION, local, remote)
}

#[test]
fn alice_and_bob_see_the_same_sixty_digits() {
    let (alice, bob) = (of(&Person::new(1)), of(&Person::new(2)));
    let seen_by_alice = DisplayableFingerprint::new(&alice, &bob);
    assert_eq!(
        seen_by_alice.digits(),
        DisplayableFingerprint::new(&bob, &alice).digits()
    );
    assert_eq!(seen_by_alice.digits().len(), 60);
    assert!(seen_by_alice.digits().bytes().all(|digit| digit.is_ascii_digit()));
}

#[test]
fn alice_scans_bobs_code() {
    let (alice, bob) = (of(&Person::new(1)), of(&Person::new(2)));
    let (ours, theirs) = (scannable(&alice, &bob), scannable(&bob, &alice));
    assert_eq!(ours.matches(&theirs.to_bytes()), Ok(true));
    assert_eq!(theirs.matches(&ours.to_bytes()), Ok(true));
    assert_eq!(ours.matches(&ours.to_bytes()), Ok(false), "her own code");
    let stored = ScannableFingerprint::from_bytes(&ours.to_bytes()).unwrap();
    assert_eq!(stored.matches(&theirs.to_bytes()), Ok(true));
}

#[test]
fn a_key_in_the_middle_shows_in_digits_and_code() {
    let (alice, bob, mallory) = (Person::new(1), Person::new(2), Person::new(6));
    let put_in = mallory.local.identity.identity_key();
    // Alice took Mallory's key for Bob's; Bob has Alice's own.
    let seen_by_alice = (of(&alice), fingerprint(&bob, &put_in));
    let seen_by_bob = (of(&bob), of(&alice));
    assert_ne!(
        DisplayableFingerprint::new(&seen_by_alice.0, &seen_by_alice.1).digits(),
        DisplayableFingerprint::new(&seen_by_bob.0, &seen_by_bob.1).digits()
    );
    let ours = scannable(&seen_by_alice.0, &seen_by_alice.1);
    let theirs = scannable(&seen_by_bob.0, &seen_by_bob.1);
    assert_eq!(ours.matches(&theirs.to_bytes()), Ok(false));
    assert_eq!(theirs.matches(&ours.to_bytes()), Ok(false));
}

#[test]
fn what_is_scanned_may_be_something_else() {
    let (alice, bob) = (of(&Person::new(1)), of(&Person::new(2)));
    let ours = scannable(&alice, &bob);
    assert_eq!(ours.matches(b"https://example.org"), Err(ScanError::Malformed));
    let version = |theirs| Err(ScanError::Version { ours: 2, theirs });
    assert_eq!(ours.matches(b""), version(0), "no version is version 0");
    let older = ScannableFingerprint::new(1, &bob, &alice);
    assert_eq!(ours.matches(&older.to_bytes()), version(1));
    // The right version, and nothing else; then one side without content, and a content that is cut short.
    assert_eq!(ours.matches(&[0x08, 2]), Err(ScanError::Malformed));
    assert_eq!(
        ours.matches(&[0x08, 2, 0x12, 0, 0x1A, 0]),
        Err(ScanError::Malformed)
    );
    let short = [0x08, 2, 0x12, 3, 0x0A, 1, 7, 0x1A, 3, 0x0A, 1, 7];
    assert_eq!(ours.matches(&short), Ok(false));
    for stored in [&[][..], &[0x08, 2], &[0x12, 2, 0x0A, 0, 0x1A, 2, 0x0A, 0]] {
        assert!(ScannableFingerprint::from_bytes(stored).is_err());
    }
}

#[test]
fn as_many_iterations_as_are_sensible() {
    let alice = Person::new(1).local.identity.identity_key();
    let with = |iterations| Fingerprint::with_iterations(b"alice", &alice, iterations).map(|_| ());
    assert_eq!(with(2), Ok(()));
    assert_eq!(with(ITERATIONS), Ok(()));
    for found in [0, 1, 1_000_001, u32::MAX] {
        assert_eq!(with(found), Err(IterationsOutOfRange { found }));
    }
}
