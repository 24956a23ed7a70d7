use serde_json::Value;

use super::{Draws, array, bytes, cases};
use crate::curve::{IdentityKey, PrivateKey, PublicKey};
use crate::xeddsa::Signature;

fn verifies(case: &Value) -> bool {
    let public = PublicKey::from_bytes(&bytes(&case["public"])).unwrap();
    Signature::from_bytes(&bytes(&case["signature"]))
        .is_some_and(|signature| public.verify(&[&bytes(&case["message"])], &signature).is_ok())
}

pub(super) fn replay(file: &Value) {
    assert!(cases(file, "valid").iter().all(verifies));
    for case in cases(file, "invalid") {
        assert!(!verifies(case), "{}", case["why"]);
    }
    for case in cases(file, "deterministic") {
        let private = PrivateKey::from_bytes(&bytes(&case["private"])).unwrap();
        assert_eq!(private.public_key().to_bytes(), array(&case["public"]));
        let mut draws = Draws::one(bytes(&case["random"]));
        let message = bytes(&case["message"]);
        let (left, right) = message.split_at(message.len() / 2);
        assert_eq!(
            private.sign(&[left, right], &mut draws).as_bytes(),
            &array(&case["signature"])
        );
        assert!(verifies(case));
    }
    for case in cases(file, "alternate_identity") {
        let identity = IdentityKey::from_bytes(&bytes(&case["identity"])).unwrap();
        let other = IdentityKey::from_bytes(&bytes(&case["other"])).unwrap();
        let signature = Signature::from_array(array(&case["signature"]));
        let valid = identity.verify_alternate_identity(&other, &signature).is_ok();
        assert_eq!(valid, case["valid"].as_bool().unwrap());
    }
    for case in cases(file, "private_key_import") {
        let private = PrivateKey::from_bytes(&bytes(&case["imported"])).unwrap();
        assert_eq!(private.expose_bytes(), &array(&case["exported"]));
        assert_eq!(private.public_key().to_bytes(), array(&case["public"]));
    }
    for case in cases(file, "agreement") {
        let private = PrivateKey::from_bytes(&bytes(&case["private"])).unwrap();
        let public = PublicKey::from_bytes(&bytes(&case["public"])).unwrap();
        let shared = private.agree(&public).ok().map(|shared| *shared.expose_bytes());
        assert_eq!(
            shared,
            (!case["shared"].is_null()).then(|| array(&case["shared"]))
        );
    }
    for case in cases(file, "public_key_parsing") {
        let parsed = PublicKey::from_bytes(&bytes(&case["bytes"]))
            .ok()
            .map(|key| key.to_bytes());
        let expected = (!case["parsed"].is_null()).then(|| array(&case["parsed"]));
        assert_eq!(parsed, expected, "{}", case["why"]);
    }
}
