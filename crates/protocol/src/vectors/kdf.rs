use serde_json::Value;

use super::{array, bytes, cases, number};
use crate::curve::{PrivateKey, PublicKey};
use crate::ratchet::{ChainKey, MessageKeys, MessageSeed, RootKey};
use crate::spqr::PostQuantumKey;

pub(super) fn replay(file: &Value) {
    for case in cases(file, "root_steps") {
        let own = PrivateKey::from_bytes(&bytes(&case["own_private"])).unwrap();
        let their = PublicKey::from_bytes(&bytes(&case["their_public"])).unwrap();
        assert_eq!(own.agree(&their).unwrap().expose_bytes(), &array(&case["dh"]));
        let (root, chain) = RootKey::from_array(array(&case["root_key"]))
            .step(&own, &their)
            .unwrap();
        assert_eq!(root.expose_bytes(), &array(&case["new_root_key"]));
        assert_eq!(chain.expose_bytes(), &array(&case["new_chain_key"]));
        assert_eq!(chain.index(), 0);
    }
    for case in cases(file, "chains") {
        let mut chain = ChainKey::first(array(&case["chain_key"]));
        for step in cases(case, "steps") {
            assert_eq!(chain.index(), number(&step["index"]));
            let (seed, next) = chain.step().unwrap();
            assert_eq!(seed.expose_bytes(), &array(&step["message_seed"]));
            assert_eq!(next.expose_bytes(), &array(&step["next_chain_key"]));
            assert_eq!(chain.skip().unwrap().expose_bytes(), next.expose_bytes());
            chain = next;
        }
    }
    for case in cases(file, "message_keys") {
        let seed = MessageSeed::from_array(array(&case["message_seed"]));
        let post_quantum =
            (!case["pq_key"].is_null()).then(|| PostQuantumKey::from_array(array(&case["pq_key"])));
        let keys = MessageKeys::derive(&seed, post_quantum.as_ref());
        let (cipher, mac, iv) = keys.expose_parts();
        assert_eq!(cipher, &array(&case["cipher_key"]));
        assert_eq!(mac, &array(&case["mac_key"]));
        assert_eq!(iv, &array(&case["iv"]));
    }
}
