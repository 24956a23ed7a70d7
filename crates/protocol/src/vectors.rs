//! Replays the vectors in `tests/vectors/` (or the folder that `SOTTO_VECTORS` names).
//!
//! Every file there must have a replay here: a new one without fails the tests.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::path::PathBuf;

use rand_core::{TryCryptoRng, TryRng};
use serde_json::Value;

mod fingerprints;
mod kdf;
mod kem;
mod pqxdh;
mod sealed_sender;
mod sender_keys;
mod xeddsa;

type Replay = fn(&Value);

/// Which replay a file of this name is for.
fn replay(name: &str) -> Option<Replay> {
    Some(match name {
        "fingerprints" => fingerprints::replay,
        "kdf" => kdf::replay,
        "kem" => kem::replay,
        "pqxdh" => pqxdh::replay,
        "sealed_sender" => sealed_sender::replay,
        "sender_keys" => sender_keys::replay,
        "xeddsa" => xeddsa::replay,
        _ => return None,
    })
}

fn folder() -> PathBuf {
    std::env::var_os("SOTTO_VECTORS").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors")),
        PathBuf::from,
    )
}

#[test]
fn every_vector_file_replays() {
    let foreign_folder = std::env::var_os("SOTTO_VECTORS").is_some();
    let mut replayed = 0;
    for entry in std::fs::read_dir(folder()).expect("the vectors' folder") {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        match replay(name) {
            Some(replay) => {
                println!("replaying {name}");
                replay(&serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap());
                replayed += 1;
            }
            // A folder of the caller's may hold vectors of parts that are not there yet.
            None => assert!(foreign_folder, "{name} has no replay"),
        }
    }
    assert!(replayed >= 5, "only {replayed} files of vectors");
}

/// A random source that gives the draws of a vector, and no others.
struct Draws(VecDeque<Vec<u8>>);

impl Draws {
    fn of(draws: &Value) -> Self {
        Self(draws.as_array().unwrap().iter().map(bytes).collect())
    }

    fn one(draw: Vec<u8>) -> Self {
        Self([draw].into())
    }

    fn assert_used_up(&self) {
        assert!(self.0.is_empty(), "{} draws left", self.0.len());
    }
}

impl TryRng for Draws {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        unreachable!("draws are byte strings")
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        unreachable!("draws are byte strings")
    }

    fn try_fill_bytes(&mut self, dst: &mut [u8]) -> Result<(), Infallible> {
        dst.copy_from_slice(&self.0.pop_front().expect("a draw"));
        Ok(())
    }
}

impl TryCryptoRng for Draws {}

fn bytes(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().unwrap()).unwrap()
}

fn array<const N: usize>(value: &Value) -> [u8; N] {
    bytes(value).try_into().unwrap()
}

fn number(value: &Value) -> u32 {
    u32::try_from(value.as_u64().unwrap()).unwrap()
}

fn cases<'a>(file: &'a Value, list: &str) -> &'a [Value] {
    let cases = file[list].as_array().unwrap();
    assert!(!cases.is_empty(), "{list} is empty");
    cases
}
