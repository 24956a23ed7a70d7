//! One target for each thing that is read from bytes.

use std::sync::{Arc, LazyLock};

use crate::address::{DeviceId, ProtocolAddress, ServiceId};
use crate::curve::{IdentityKey, PrivateKey, PublicKey};
use crate::fingerprint::ScannableFingerprint;
use crate::fuzzing::noise::Noise;
use crate::fuzzing::person::Person;
use crate::kem;
use crate::message::{PreKeySignalMessage, SignalMessage};
use crate::prekey::{
    KyberPreKey, KyberUse, OneTimePreKey, PreKeyBundle, RegistrationId, SignedPreKey, Timestamp,
};
use crate::session::{LocalParty, Place, ProcessBundleError, Session, SessionRecord, SessionState, StateRow};
use crate::trust::TrustOnFirstUse;
use crate::xeddsa::Signature;

const NOW: Timestamp = Timestamp(1_800_000_000_000);

/// A plain message.
pub fn signal_message(bytes: &[u8]) {
    let Ok(message) = SignalMessage::from_bytes(bytes) else {
        return;
    };
    assert_eq!(message.as_bytes(), bytes);
    assert!(message.body().len() + message.post_quantum().len() < bytes.len());
}

/// A message that starts a session.
pub fn prekey_signal_message(bytes: &[u8]) {
    let Ok(message) = PreKeySignalMessage::from_bytes(bytes) else {
        return;
    };
    assert_eq!(message.as_bytes(), bytes);
    let inside = SignalMessage::from_bytes(message.message().as_bytes()).expect("read before");
    assert_eq!(inside.counter(), message.message().counter());
}

/// A stored session state: whatever is read from one works, even if it leads nowhere.
pub fn session_state(bytes: &[u8]) {
    let Ok(state) = SessionState::from_bytes(bytes) else {
        return;
    };
    let written = state.to_bytes();
    let again = SessionState::from_bytes(&written).expect("our own form");
    assert_eq!(again.to_bytes(), written);

    let row = StateRow {
        place: Place::Current,
        state: Arc::new(state),
    };
    let record = SessionRecord::from_rows([row]).expect("one row");
    let local = LocalParty {
        identity: crate::curve::IdentityKeyPair::from_private(PRIVATE.clone()),
        address: ProtocolAddress::new("alice", DeviceId::PRIMARY),
        registration_id: RegistrationId(1),
    };
    let session = Session {
        local: &local,
        remote: &ProtocolAddress::new("bob", DeviceId::PRIMARY),
        record: &record,
        trust: &TrustOnFirstUse {
            known: None,
            receive_from_changed: false,
        },
    };
    // It may say that its chain has ended; it may not stumble.
    let _ = session.encrypt(b"hello", NOW, &mut Noise::new(0));
}

/// A stored prekey of any kind.
pub fn prekeys(bytes: &[u8]) {
    if let Ok(key) = OneTimePreKey::from_bytes(bytes) {
        let written = key.to_bytes();
        let again = OneTimePreKey::from_bytes(&written).expect("our own form");
        assert_eq!(again.to_bytes(), written);
    }
    if let Ok(key) = SignedPreKey::from_bytes(bytes) {
        let written = key.to_bytes();
        let again = SignedPreKey::from_bytes(&written).expect("our own form");
        assert_eq!(again.to_bytes(), written);
    }
    if let Ok(key) = KyberPreKey::from_bytes(bytes) {
        assert_eq!(key.to_bytes().as_slice(), bytes);
    }
}

/// A scanned code of a safety number.
pub fn fingerprint(bytes: &[u8]) {
    let Ok(ours) = ScannableFingerprint::from_bytes(bytes) else {
        return;
    };
    let written = ours.to_bytes();
    let again = ScannableFingerprint::from_bytes(&written).expect("our own form");
    assert!(again == ours);
    // Whoever shows us our own code is us, or has both halves the same.
    assert_eq!(ours.matches(bytes), ours.matches(&written));
}

static PRIVATE: LazyLock<PrivateKey> = LazyLock::new(|| PrivateKey::generate(&mut Noise::new(3)));

/// Public keys of both kinds, ciphertexts, signatures; and using those that are keys.
pub fn keys(bytes: &[u8]) {
    if let Ok(key) = PublicKey::from_bytes(bytes) {
        assert_eq!(key.to_bytes(), bytes[..PublicKey::SERIALIZED_LENGTH]);
        let agreed = PRIVATE.agree(&key);
        if key.is_canonical() && *key.u() != [0; 32] {
            assert!(agreed.is_ok(), "a point of the large subgroup");
        }
        if let Some(signature) = bytes.get(33..97).and_then(Signature::from_bytes) {
            // Nobody signs this for a key by chance, and a key of small order signs nothing.
            let signed = key.verify(&[b"message"], &signature);
            assert!(signed.is_err());
        }
    }
    if let Ok(key) = kem::PublicKey::from_bytes(bytes) {
        assert_eq!(key.to_bytes(), bytes);
        key.encapsulate(&mut Noise::new(4));
    }
    if let Ok(ciphertext) = kem::Ciphertext::from_bytes(bytes) {
        assert_eq!(ciphertext.to_bytes(), bytes);
    }
    if let Ok(secret) = kem::SecretKey::from_bytes(bytes) {
        assert_eq!(secret.expose_bytes().as_slice(), bytes);
    }
}

/// The text of a service id.
pub fn address(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let address = ProtocolAddress::new(text, DeviceId::PRIMARY);
    assert_eq!(address.service_id(), ServiceId::parse(text));
    if let Some(id) = ServiceId::parse(text) {
        assert!(id.to_string().eq_ignore_ascii_case(text));
        assert_eq!(ServiceId::parse(&id.to_string()), Some(id));
        assert!(id.to_fixed_width().ends_with(id.uuid().as_bytes()));
    }
}

/// A bundle of Bob's that the relay changed: at the bytes' choice one part of it is replaced.
pub fn prekey_bundle(bytes: &[u8]) {
    static TRUE: LazyLock<PreKeyBundle> =
        LazyLock::new(|| Person::new(2).publishes(KyberUse::OneTime, true, NOW));
    let mut bundle = TRUE.clone();
    let Some((&part, rest)) = bytes.split_first() else {
        return;
    };
    match part % 6 {
        0 => replace(&mut bundle.identity, IdentityKey::from_bytes(rest)),
        1 => replace(&mut bundle.signed.key, PublicKey::from_bytes(rest)),
        2 => replace(&mut bundle.kyber.key, kem::PublicKey::from_bytes(rest)),
        3 => replace(
            &mut bundle.signed.signature,
            Signature::from_bytes(rest).ok_or(()),
        ),
        4 => replace(&mut bundle.kyber.signature, Signature::from_bytes(rest).ok_or(())),
        _ => {
            if let Some(one_time) = &mut bundle.one_time {
                replace(&mut one_time.key, PublicKey::from_bytes(rest));
            }
        }
    }
    let met = Person::new(1).meets(&Person::new(2).address(), &bundle, NOW);
    if !is_one_point(&bundle.identity, &TRUE.identity) || bundle.signed != TRUE.signed {
        assert_eq!(met, Err(ProcessBundleError::SignedPreKeySignature));
    } else if bundle.kyber != TRUE.kyber {
        assert_eq!(met, Err(ProcessBundleError::KyberPreKeySignature));
    } else if bundle == *TRUE {
        assert_eq!(met, Ok(()));
    }
}

/// Whether two identities are one point of the curve. Arithmetic ignores the top bit, so that a signature verifies
/// under both spellings; trust, associated data and safety numbers go by the bytes, and see two identities.
fn is_one_point(one: &IdentityKey, other: &IdentityKey) -> bool {
    let point = |identity: &IdentityKey| {
        let mut u = *identity.public_key().u();
        u[31] &= 0x7F;
        u
    };
    point(one) == point(other)
}

fn replace<T, E>(part: &mut T, by: Result<T, E>) {
    if let Ok(by) = by {
        *part = by;
    }
}
