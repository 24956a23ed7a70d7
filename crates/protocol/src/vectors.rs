//! Replays the vectors in `tests/vectors/` (or the folder that `SOTTO_VECTORS` names).
//!
//! Every file there is replayed; one of a kind that has no replay here fails the test.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::path::PathBuf;

use rand_core::{TryCryptoRng, TryRng};
use serde_json::Value;

use crate::spqr::vectors as spqr;

mod conversations;
mod fingerprints;
mod kdf;
mod kem;
mod pqxdh;
mod sealed_sender;
mod sender_keys;
mod xeddsa;

type Replay = fn(&Value);

/// What the vectors are of. A file is of the kind that its name begins with, of several the longest.
const KINDS: &[(&str, Replay)] = &[
    ("alice_replay", conversations::with_the_library),
    ("bob_offline", conversations::with_the_library),
    ("bob_replay", conversations::with_the_library),
    ("fingerprints", fingerprints::replay),
    ("kdf", kdf::replay),
    ("kem", kem::replay),
    ("message_rejects", conversations::rejects),
    ("pingpong_replay", conversations::of_two),
    ("pqxdh", pqxdh::replay),
    ("sealed_sender", sealed_sender::replay),
    ("sender_keys", sender_keys::replay),
    ("sessions_replay", conversations::with_the_library),
    ("spqr_auth", spqr::auth),
    ("spqr_chain", spqr::chain),
    ("spqr_chunks", spqr::chunks),
    ("spqr_gf", spqr::gf),
    ("spqr_kem", spqr::kem),
    ("spqr_transcript", spqr::transcript),
    ("xeddsa", xeddsa::replay),
];

fn replay(name: &str) -> Option<Replay> {
    let fitting = KINDS.iter().filter(|(kind, _)| name.starts_with(kind));
    fitting
        .max_by_key(|(kind, _)| kind.len())
        .map(|(_, replay)| *replay)
}

fn folder() -> PathBuf {
    std::env::var_os("SOTTO_VECTORS").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors")),
        PathBuf::from,
    )
}

#[test]
fn every_vector_file_replays() {
    let files = std::fs::read_dir(folder()).expect("the vectors' folder");
    let replays: Vec<_> = files
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            // A thread each: they are independent, and its name is part of what a failure says.
            let thread = std::thread::Builder::new().name(name.clone());
            let run = move || {
                let replay = replay(&name).expect("vectors of a kind that has a replay");
                replay(&serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap());
            };
            thread.spawn(run).unwrap()
        })
        .collect();
    assert!(!replays.is_empty(), "no vectors");
    let failed: Vec<_> = replays
        .into_iter()
        .filter_map(|replay| {
            let name = replay.thread().name().map(str::to_owned);
            replay.join().is_err().then_some(name)
        })
        .flatten()
        .collect();
    assert!(failed.is_empty(), "vectors that do not replay: {failed:?}");
}

/// A random source that gives the draws of a vector, and no others.
pub(crate) struct Draws(VecDeque<Vec<u8>>);

impl Draws {
    pub(crate) fn of(draws: &Value) -> Self {
        Self(draws.as_array().unwrap().iter().map(bytes).collect())
    }

    pub(crate) fn one(draw: Vec<u8>) -> Self {
        Self([draw].into())
    }

    pub(crate) fn assert_used_up(&self) {
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

pub(crate) fn bytes(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().unwrap()).unwrap()
}

pub(crate) fn array<const N: usize>(value: &Value) -> [u8; N] {
    bytes(value).try_into().unwrap()
}

pub(crate) fn number(value: &Value) -> u32 {
    u32::try_from(value.as_u64().unwrap()).unwrap()
}

pub(crate) fn cases<'a>(file: &'a Value, list: &str) -> &'a [Value] {
    let cases = file[list].as_array().unwrap();
    assert!(!cases.is_empty(), "{list} is empty");
    cases
}
