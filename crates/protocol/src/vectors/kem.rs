use serde_json::Value;

use super::{Draws, array, bytes, cases};
use crate::kem::{Ciphertext, KeyPair, PublicKey, SecretKey};

pub(super) fn replay(file: &Value) {
    for case in cases(file, "cases") {
        let pair = KeyPair::generate(&mut Draws::one(bytes(&case["keygen_seed"])));
        assert_eq!(pair.public().to_bytes(), bytes(&case["public"]));
        assert_eq!(*pair.secret().expose_bytes(), bytes(&case["secret"]));

        let public = PublicKey::from_bytes(&bytes(&case["public"])).unwrap();
        let (ciphertext, shared) = public.encapsulate(&mut Draws::one(bytes(&case["encaps_random"])));
        assert_eq!(ciphertext.to_bytes(), bytes(&case["ciphertext"]));
        assert_eq!(shared.expose_bytes(), &array(&case["shared_secret"]));
        assert_ne!(shared.expose_bytes(), &array(&case["mlkem1024_would_give"]));

        let secret = SecretKey::from_bytes(&bytes(&case["secret"])).unwrap();
        let ciphertext = Ciphertext::from_bytes(&bytes(&case["ciphertext"])).unwrap();
        assert_eq!(
            secret.decapsulate(&ciphertext).expose_bytes(),
            &array(&case["shared_secret"])
        );
    }
}
