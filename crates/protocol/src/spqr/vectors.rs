//! Replays of the vectors of the post-quantum ratchet's parts, and of whole ratchets.

use std::collections::HashMap;

use serde_json::Value;

use crate::spqr::authenticator::{AuthenticationKey, Authenticator, EpochSecret};
use crate::spqr::chains::{ChainError, Chains, JumpLimit, PostQuantumKey, ReceiveKey, Role};
use crate::spqr::epoch::{ChainEpoch, Epoch};
use crate::spqr::erasure::{self, Chunk, Decoded, Decoder, Encoder, Gf};
use crate::spqr::kem::{
    Ciphertext1, Ciphertext2, EncapsulationKey, EncapsulationSeed, Header, KeySeed, SharedSecret,
};
use crate::spqr::ratchet::{PostQuantumKeySource, PostQuantumRatchet};
use crate::vectors::{Draws, array, bytes, cases, number};

pub(crate) fn gf(file: &Value) {
    let triple = |case: &Value| [0, 1, 2].map(|at| Gf(u16::try_from(number(&case[at])).unwrap()));
    for case in cases(file, "products") {
        let [a, b, product] = triple(case);
        assert_eq!(a.mul(b), product);
        assert_eq!(b.mul(a), product);
    }
    for case in cases(file, "quotients") {
        let [a, b, quotient] = triple(case);
        assert_eq!(a.div(b), quotient);
    }
}

pub(crate) fn chunks(file: &Value) {
    for case in cases(file, "values") {
        match number(&case["chunks_needed"]) {
            3 => chunks_of::<3>(case),
            5 => chunks_of::<5>(case),
            30 => chunks_of::<30>(case),
            36 => chunks_of::<36>(case),
            other => panic!("no value has {other} pieces"),
        }
    }
}

fn chunk(value: &Value) -> Chunk {
    Chunk {
        number: u16::try_from(number(&value[0])).unwrap(),
        data: array(&value[1]),
    }
}

fn chunks_of<const N: usize>(case: &Value) {
    let data = bytes(&case["data"]);
    let value = erasure::Value::<N>::from_bytes(&data).unwrap();
    let mut encoder = Encoder::new(value.clone());
    let stream: Vec<Chunk> = (0..N + 3).map(|_| encoder.next_chunk()).collect();
    for (piece, chunk) in data.chunks(32).zip(&stream) {
        assert_eq!(piece, chunk.data);
    }
    let first_parity: Vec<Chunk> = cases(case, "first_parity_in_stream").iter().map(chunk).collect();
    assert_eq!(&stream[N..], first_parity);
    for parity in cases(case, "parity").iter().map(chunk) {
        assert_eq!(encoder.chunk(parity.number), parity);
    }
    for set in cases(case, "decodable_sets") {
        let set: Vec<Chunk> = set.as_array().unwrap().iter().map(chunk).collect();
        let mut decoder = Decoder::<N>::new();
        for (place, chunk) in set.iter().enumerate() {
            match decoder.add(*chunk) {
                Decoded::Incomplete(next) => decoder = next,
                Decoded::Complete(decoded) => {
                    assert!(decoded == value);
                    assert_eq!(place, N - 1);
                    break;
                }
            }
            assert!(place < N - 1, "N chunks are enough");
        }
    }
}

pub(crate) fn kem(file: &Value) {
    for case in cases(file, "cases") {
        let pair = KeySeed::generate(&mut Draws::one(bytes(&case["keygen_random"]))).key_pair();
        assert_eq!(pair.header().0.as_slice(), bytes(&case["hdr"]));
        assert_eq!(pair.encapsulation_key().0.as_bytes(), bytes(&case["ek"]));
        assert_eq!(pair.expose_bytes().as_slice(), bytes(&case["dk"]));

        let header = Header(array(&case["hdr"]));
        let key = erasure::Value::from_bytes(&bytes(&case["ek"])).unwrap();
        let key = header.check(EncapsulationKey(key)).ok().unwrap();
        let seed = EncapsulationSeed::generate(&mut Draws::one(bytes(&case["encaps_random"])));
        let (first, shared) = seed.first(&header);
        assert_eq!(first.0.as_bytes(), bytes(&case["ct1"]));
        assert_eq!(shared.expose_bytes(), &array(&case["shared_secret"]));
        let (again, second) = seed.both(&header, &key);
        assert!(again == first);
        assert_eq!(second.0, array(&case["ct2"]));

        let first = Ciphertext1(erasure::Value::from_bytes(&bytes(&case["ct1"])).unwrap());
        let decapsulated = |ct2: &str| pair.decapsulate(&first, &Ciphertext2(array(&case[ct2])));
        assert_eq!(decapsulated("ct2").expose_bytes(), &array(&case["shared_secret"]));
        assert_eq!(
            decapsulated("ct2_bit_flipped").expose_bytes(),
            &array(&case["shared_secret_on_rejection"])
        );

        // Another key's vector, and one with a coefficient that is too large, are no key of this header.
        let mut other = bytes(&case["ek"]);
        other[0] ^= 1;
        assert!(header.check(encapsulation_key(&other)).is_err());
        other[..3].fill(0xFF);
        assert!(header.check(encapsulation_key(&other)).is_err());
    }
}

fn encapsulation_key(bytes: &[u8]) -> EncapsulationKey {
    EncapsulationKey(erasure::Value::from_bytes(bytes).unwrap())
}

pub(crate) fn auth(file: &Value) {
    let header = Header([0x11; 64]);
    let first = Ciphertext1(erasure::Value::from_bytes(&[0x22; 960]).unwrap());
    let second = Ciphertext2([0x22; 128]);
    for case in cases(file, "cases") {
        let mut authenticator: Option<Authenticator> = None;
        for step in cases(case, "steps") {
            let epoch = |field: &str| Epoch::new(step[field].as_u64().unwrap()).unwrap();
            let next = match &authenticator {
                None => Authenticator::start(&AuthenticationKey::from_array(array(&step["update_key"]))),
                Some(before) => {
                    let shared = SharedSecret::from_array(array(&step["shared_secret"]));
                    let secret = EpochSecret::derive(&shared, epoch("update_epoch"));
                    assert_eq!(secret.expose_bytes(), &array(&step["epoch_secret"]));
                    assert_eq!(secret.expose_bytes(), &array(&step["update_key"]));
                    before.after(epoch("update_epoch"), &secret)
                }
            };
            let macs = &step["macs"];
            assert_eq!(
                next.header_mac(epoch("macs_with_epoch"), &header).0,
                array(&macs["header_mac_of_64_bytes_0x11"])
            );
            assert_eq!(
                next.ciphertext_mac(epoch("macs_with_epoch"), &first, &second).0,
                array(&macs["ciphertext_mac_of_1088_bytes_0x22"])
            );
            authenticator = Some(next);
        }
    }
}

/// One side's chains and the keys they passed over.
struct ChainSide {
    chains: Chains,
    skipped: HashMap<(ChainEpoch, u32), PostQuantumKey>,
}

impl ChainSide {
    fn new(role: Role, key: &Value) -> Self {
        let key = AuthenticationKey::from_array(array(key));
        Self {
            chains: Chains::start(role, JumpLimit::Limited, &key),
            skipped: HashMap::new(),
        }
    }

    fn send(&mut self, epoch: ChainEpoch) -> Result<(u32, PostQuantumKey), ChainError> {
        let taken = self.chains.send(epoch)?;
        if let Some(before) = taken.forgotten_before {
            self.skipped.retain(|(epoch, _), _| *epoch >= before);
        }
        Ok((taken.index, taken.key))
    }

    fn receive(&mut self, epoch: ChainEpoch, index: u32) -> Result<PostQuantumKey, ChainError> {
        let received = self.chains.receive(epoch, index)?;
        take(&mut self.skipped, epoch, index, received).ok_or(ChainError::Gone)
    }
}

fn take(
    stored: &mut HashMap<(ChainEpoch, u32), PostQuantumKey>,
    epoch: ChainEpoch,
    index: u32,
    received: ReceiveKey,
) -> Option<PostQuantumKey> {
    match received {
        ReceiveKey::Stored => stored.remove(&(epoch, index)),
        ReceiveKey::Next {
            key,
            skipped,
            gone_before,
        } => {
            if let Some(before) = gone_before {
                stored.retain(|(of, index), _| *of != epoch || *index >= before);
            }
            stored.extend(skipped.into_iter().map(|(index, key)| ((epoch, index), key)));
            Some(key)
        }
    }
}

pub(crate) fn chain(file: &Value) {
    for case in cases(file, "cases") {
        let mut a = ChainSide::new(Role::Initiator, &case["pq0"]);
        let mut b = ChainSide::new(Role::Responder, &case["pq0"]);
        for op in cases(case, "ops") {
            let side = if op["who"] == "a" { &mut a } else { &mut b };
            let epoch = ChainEpoch(op["epoch"].as_u64().unwrap());
            let key = match op["op"].as_str().unwrap() {
                "add_epoch" => {
                    let secret = EpochSecret::from_array(array(&op["secret"]));
                    side.chains.add(epoch, &secret).unwrap();
                    continue;
                }
                "send_key" => side.send(epoch).map(|(index, key)| {
                    assert_eq!(index, number(&op["index"]));
                    key
                }),
                "recv_key" => side.receive(epoch, number(&op["index"])),
                other => panic!("unknown operation {other}"),
            };
            match op["error"].as_str() {
                None => assert_eq!(key.unwrap().expose_bytes(), &array(&op["key"])),
                Some(error) => assert!(key.is_err(), "{error}"),
            }
        }
        // Nothing is held that can no longer be had.
        assert!(b.skipped.len() <= 2 * 2_000 + 1, "{}", b.skipped.len());
    }
}

/// One side of a whole ratchet.
struct Side {
    ratchet: PostQuantumRatchet,
    skipped: HashMap<(ChainEpoch, u32), PostQuantumKey>,
}

impl Side {
    fn new(role: Role, key: &Value) -> Self {
        let key = AuthenticationKey::from_array(array(key));
        Self {
            ratchet: PostQuantumRatchet::start(role, JumpLimit::Limited, &key),
            skipped: HashMap::new(),
        }
    }

    fn receive(&mut self, message: &[u8]) -> PostQuantumKey {
        let received = self.ratchet.receive(message).unwrap();
        self.ratchet = received.next;
        match received.key {
            PostQuantumKeySource::None => panic!("every message has a key"),
            PostQuantumKeySource::Chain { epoch, index, key } => {
                take(&mut self.skipped, epoch, index, key).unwrap()
            }
        }
    }
}

pub(crate) fn transcript(file: &Value) {
    for case in cases(file, "cases") {
        let mut a = Side::new(Role::Initiator, &case["pq0"]);
        let mut b = Side::new(Role::Responder, &case["pq0"]);
        let mut sent: HashMap<u32, (Vec<u8>, [u8; 32])> = HashMap::new();
        for op in cases(case, "ops") {
            let side = if op["who"] == "a" { &mut a } else { &mut b };
            let index = number(&op["index"]);
            match op["op"].as_str().unwrap() {
                "send" => {
                    let mut draws = Draws::of(&op["draws"]);
                    let message = side.ratchet.send(&mut draws).unwrap();
                    draws.assert_used_up();
                    assert_eq!(message.message, bytes(&op["message"]));
                    assert_eq!(message.key.expose_bytes(), &array(&op["key"]));
                    if let Some(before) = message.forgotten_before {
                        side.skipped.retain(|(epoch, _), _| *epoch >= before);
                    }
                    side.ratchet = message.next;
                    sent.insert(index, (message.message, array(&op["key"])));
                }
                "recv" => {
                    let (message, key) = &sent[&index];
                    assert_eq!(side.receive(message).expose_bytes(), key);
                }
                "lost" => {}
                other => panic!("unknown operation {other}"),
            }
            if !op["state"].is_null() {
                side.ratchet.check(&op["state"]);
            }
        }
    }
}
