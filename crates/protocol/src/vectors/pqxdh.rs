use serde_json::Value;

use super::{Draws, array, bytes, cases, number};
use crate::address::{DeviceId, ProtocolAddress};
use crate::curve::{IdentityKey, IdentityKeyPair, KeyPair, PrivateKey, PublicKey};
use crate::kem;
use crate::message::PreKeySignalMessage;
use crate::pqxdh::{Initiator, Responder, Secret};
use crate::prekey::{
    KyberPreKeyId, KyberPreKeyPublic, OneTimePreKeyId, OneTimePreKeyPublic, PreKeyBundle, RegistrationId,
    SignedPreKeyId, SignedPreKeyPublic, Timestamp,
};
use crate::session::{LocalParty, Session, SessionRecord, SessionState};
use crate::trust::TrustOnFirstUse;
use crate::xeddsa::Signature;

pub(super) fn public(value: &Value) -> PublicKey {
    PublicKey::from_bytes(&bytes(value)).unwrap()
}

pub(super) fn pair(value: &Value) -> KeyPair {
    PrivateKey::from_bytes(&bytes(value)).unwrap().into()
}

pub(super) fn address(party: &Value) -> ProtocolAddress {
    ProtocolAddress::new(
        party["name"].as_str().unwrap(),
        DeviceId::new(number(&party["device"])).unwrap(),
    )
}

pub(super) fn party(party: &Value) -> LocalParty {
    let private = PrivateKey::from_bytes(&bytes(&party["identity_private"])).unwrap();
    let identity = IdentityKeyPair::from_private(private);
    assert_eq!(
        identity.identity_key().to_bytes(),
        array(&party["identity_public"])
    );
    let registration_id = RegistrationId(number(&party["registration_id"]));
    LocalParty {
        identity,
        address: address(party),
        registration_id,
    }
}

pub(super) fn bundle(bundle: &Value) -> PreKeyBundle {
    let signature = |field: &str| Signature::from_array(array(&bundle[field]));
    PreKeyBundle {
        registration_id: RegistrationId(number(&bundle["registration_id"])),
        device: DeviceId::new(number(&bundle["device"])).unwrap(),
        identity: IdentityKey::new(public(&bundle["identity_public"])),
        one_time: bundle["prekey_id"].as_u64().map(|id| OneTimePreKeyPublic {
            id: OneTimePreKeyId(u32::try_from(id).unwrap()),
            key: public(&bundle["prekey_public"]),
        }),
        signed: SignedPreKeyPublic {
            id: SignedPreKeyId(number(&bundle["signed_prekey_id"])),
            key: public(&bundle["signed_prekey_public"]),
            signature: signature("signed_prekey_signature"),
        },
        kyber: KyberPreKeyPublic {
            id: KyberPreKeyId(number(&bundle["kyber_prekey_id"])),
            key: kem::PublicKey::from_bytes(&bytes(&bundle["kyber_prekey_public"])).unwrap(),
            signature: signature("kyber_prekey_signature"),
        },
    }
}

pub(super) fn replay(file: &Value) {
    for case in cases(file, "cases") {
        let (alice, bundle) = (party(&case["alice"]), bundle(&case["bundle"]));
        let kem_secret = bob_computes_the_same_secret(case, &alice, &bundle);
        alice_computes_the_secret(case, &alice, &bundle, &kem_secret);
        alice_starts_the_session(case, &alice, &bundle);
    }
}

fn check(case: &Value, secret: &Secret) {
    assert_eq!(secret.expose_bytes(), bytes(&case["secret"]));
    let keys = secret.keys();
    assert_eq!(keys.root_key.expose_bytes(), &array(&case["root_key"]));
    assert_eq!(keys.chain_key.expose_bytes(), &array(&case["chain_key"]));
    assert_eq!(keys.authentication_key.expose_bytes(), &array(&case["pq_key"]));
}

fn alice_computes_the_secret(
    case: &Value,
    alice: &LocalParty,
    bundle: &PreKeyBundle,
    kem_secret: &kem::SharedSecret,
) {
    let base = pair(&case["base_key_private"]);
    assert_eq!(base.public().to_bytes(), array(&case["base_key_public"]));
    let secret = Initiator {
        identity: &alice.identity,
        base: &base,
        their_identity: &bundle.identity,
        their_signed: &bundle.signed.key,
        their_one_time: bundle.one_time.as_ref().map(|one_time| &one_time.key),
    }
    .agree()
    .unwrap()
    .with(kem_secret);
    let agreements = cases(case, "dh");
    let (pieces, _) = secret.expose_bytes().as_chunks::<32>();
    assert_eq!(pieces.len(), agreements.len() + 2);
    for (piece, agreement) in pieces[1..].iter().zip(agreements) {
        assert_eq!(piece, &array(agreement));
    }
    check(case, &secret);
}

fn bob_computes_the_same_secret(
    case: &Value,
    alice: &LocalParty,
    bundle: &PreKeyBundle,
) -> kem::SharedSecret {
    let kyber = kem::SecretKey::from_bytes(&bytes(&case["bob_private"]["kyber_prekey_secret"])).unwrap();
    let message = PreKeySignalMessage::from_bytes(&bytes(&case["first_message"])).unwrap();
    assert!(message.base_key().is_canonical());
    let ciphertext = kem::Ciphertext::from_bytes(&message.kyber().unwrap().ciphertext).unwrap();
    let kem_secret = kyber.decapsulate(&ciphertext);
    assert_eq!(kem_secret.expose_bytes(), &array(&case["kyber_shared_secret"]));
    let one_time = bundle
        .one_time
        .is_some()
        .then(|| pair(&case["bob_private"]["prekey_private"]));
    let secret = Responder {
        identity: &party(&case["bob"]).identity,
        signed: &pair(&case["bob_private"]["signed_prekey_private"]),
        one_time: one_time.as_ref(),
        their_identity: &alice.identity.identity_key(),
        their_base: message.base_key(),
    }
    .agree()
    .unwrap()
    .with(&kem_secret);
    check(case, &secret);
    kem_secret
}

fn alice_starts_the_session(case: &Value, alice: &LocalParty, bundle: &PreKeyBundle) {
    let remote = address(&case["bob"]);
    let trust = TrustOnFirstUse {
        known: None,
        receive_from_changed: false,
    };
    let mut record = SessionRecord::new();
    let session = Session {
        local: alice,
        remote: &remote,
        record: &record,
        trust: &trust,
    };
    let mut draws = Draws::of(&case["alice_draws"]);
    let changes = session.process_bundle(bundle, Timestamp(0), &mut draws).unwrap();
    draws.assert_used_up();
    record.apply(&changes);
    let state = record.current().unwrap();
    check_state(&case["alice_state_after_bundle"], state);

    let session = Session {
        local: alice,
        remote: &remote,
        record: &record,
        trust: &trust,
    };
    let mut draws = Draws::of(&case["first_message_draws"]);
    let ours = session.encrypt(&bytes(&case["first_plaintext"]), Timestamp(0), &mut draws);
    draws.assert_used_up();
    let ours = ours.unwrap().message;
    assert_eq!(u32::from(ours.type_number()), number(&case["first_message_type"]));
    assert_eq!(ours.as_bytes(), bytes(&case["first_message"]));
}

pub(super) fn check_state(expected: &Value, state: &SessionState) {
    assert_eq!(state.root_key.expose_bytes(), &array(&expected["root_key"]));
    assert_eq!(state.previous_counter, number(&expected["previous_counter"]));
    let sending = &expected["sending"];
    assert_eq!(
        state.sending.ratchet.public().to_bytes(),
        array(&sending["ratchet_public"])
    );
    assert_eq!(
        state.sending.ratchet.private().expose_bytes(),
        &array(&sending["ratchet_private"])
    );
    assert_eq!(
        state.sending.chain_key.expose_bytes(),
        &array(&sending["chain_key"])
    );
    assert_eq!(state.sending.chain_key.index(), number(&sending["index"]));
    let receiving = cases(expected, "receiving");
    assert_eq!(state.receiving.len(), receiving.len());
    for (chain, expected) in state.receiving.iter().zip(receiving) {
        assert_eq!(chain.ratchet_key.to_bytes(), array(&expected["ratchet_public"]));
        assert_eq!(chain.chain_key.expose_bytes(), &array(&expected["chain_key"]));
        assert_eq!(chain.chain_key.index(), number(&expected["index"]));
        assert_eq!(u32::from(chain.held), number(&expected["stored"]));
    }
    assert_eq!(state.pending.is_some(), expected["pending"].as_bool().unwrap());
    assert_eq!(state.base_key.to_bytes(), array(&expected["base_key"]));
    state.post_quantum.check(&expected["post_quantum"]);
}
