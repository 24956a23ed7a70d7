//! What is counted, not timed: allocations of an operation, bytes written to the store, bytes a message adds.
//!
//! Prints a line each, and leaves them as JSON for `cargo xtask bench protocol`.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    missing_docs,
    reason = "a benchmark may stop at the first surprise, and says what it found"
)]

mod scenes;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use allocation_counter::measure;
use scenes::{
    PLAINTEXT, Person, Wire, ahead_of, introduced, read, read_and_tell, take_turns, talking, write,
    write_and_tell,
};
use sotto_protocol::prekey::KyberUse;
use sotto_protocol::session::SessionChanges;

/// Where xtask looks.
const RESULT: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/protocol-counts.json");

/// A skipped key's row: which state and chain, its counter, its seed.
const SKIPPED_KEY: usize = 32 + 32 + 4 + 32;

/// A skipped post-quantum key's row: which state and epoch, its index, the key.
const SKIPPED_POST_QUANTUM_KEY: usize = 32 + 8 + 4 + 32;

/// Enough turns for a post-quantum exchange from start to end, so that every state of it is met.
const TURNS: usize = 200;

/// The figures, by name.
#[derive(Default)]
struct Counts(BTreeMap<&'static str, f64>);

impl Counts {
    fn put(&mut self, name: &'static str, count: f64) {
        println!("{name:40} {count:10.1}");
        self.0.insert(name, count);
    }
}

/// The bytes of all rows that these changes put or insert: state heads, skipped keys.
fn written(changes: &SessionChanges) -> usize {
    let heads: usize = changes.put.iter().map(|row| row.state.to_bytes().len()).sum();
    let skipped = changes.skipped_added.len() * SKIPPED_KEY;
    heads + skipped + changes.post_quantum.added.len() * SKIPPED_POST_QUANTUM_KEY
}

fn allocations(operation: impl FnOnce()) -> f64 {
    measure(operation).count_total as f64
}

fn allocations_of_operations(counts: &mut Counts) {
    let (mut alice, mut bob) = (Person::new(1), Person::new(2));
    bob.makes_prekeys(KyberUse::OneTime, true);
    let bundle = bob.bundle();
    counts.put(
        "allocations/process_bundle",
        allocations(|| alice.processes(&bob, &bundle).unwrap()),
    );
    let first = write(&mut alice, &bob);
    counts.put(
        "allocations/first_decrypt",
        allocations(|| read(&mut bob, &alice, &first)),
    );

    let (mut alice, mut bob) = talking();
    // The first message of a turn is not the steady case.
    let ping = write(&mut alice, &bob);
    read(&mut bob, &alice, &ping);
    let mut message = None;
    counts.put(
        "allocations/encrypt",
        allocations(|| message = Some(write(&mut alice, &bob))),
    );
    counts.put(
        "allocations/decrypt",
        allocations(|| read(&mut bob, &alice, &message.unwrap())),
    );
    let turns = 100;
    counts.put(
        "allocations/ping_pong",
        allocations(|| take_turns(&mut alice, &mut bob, turns)) / (2 * turns) as f64,
    );

    let (alice, mut bob, late, jump) = ahead_of(2000);
    counts.put(
        "allocations/jump_2000",
        allocations(|| read(&mut bob, &alice, &jump)),
    );
    counts.put(
        "allocations/late_2000",
        allocations(|| read(&mut bob, &alice, &late[1000])),
    );
}

/// Mean and largest over a conversation in turns.
fn bytes_of_a_conversation(counts: &mut Counts) {
    let (mut alice, mut bob) = talking();
    let (mut stored, mut overhead) = (Vec::new(), Vec::new());
    for turn in 0..2 * TURNS {
        let (from, to) = if turn % 2 == 0 {
            (&mut alice, &mut bob)
        } else {
            (&mut bob, &mut alice)
        };
        let (Wire { kind, bytes }, sent) = write_and_tell(from, to);
        overhead.push(bytes.len() - PLAINTEXT.len());
        let received = read_and_tell(to, from, &Wire { kind, bytes });
        stored.push(written(&sent));
        stored.push(written(&received));
    }
    counts.put("stored/ping_pong_mean", mean(&stored));
    counts.put("stored/ping_pong_largest", largest(&stored));
    counts.put("overhead/mean", mean(&overhead));
    counts.put("overhead/largest", largest(&overhead));
}

/// What Bob writes for each message while 2,000 earlier ones are missing.
fn bytes_with_many_missing(counts: &mut Counts) {
    let (mut alice, mut bob, late, jump) = ahead_of(2000);
    counts.put(
        "stored/jump_2000",
        written(&read_and_tell(&mut bob, &alice, &jump)) as f64,
    );
    let mut stored = Vec::new();
    for late in &late[..100] {
        stored.push(written(&read_and_tell(&mut bob, &alice, late)));
        let next = write(&mut alice, &bob);
        stored.push(written(&read_and_tell(&mut bob, &alice, &next)));
    }
    counts.put("stored/with_2000_skipped_mean", mean(&stored));
    counts.put("stored/with_2000_skipped_largest", largest(&stored));
}

fn first_message(counts: &mut Counts) {
    let (mut alice, bob) = introduced();
    let first = write(&mut alice, &bob);
    counts.put(
        "overhead/first_message",
        (first.bytes.len() - PLAINTEXT.len()) as f64,
    );
}

fn mean(values: &[usize]) -> f64 {
    values.iter().sum::<usize>() as f64 / values.len() as f64
}

fn largest(values: &[usize]) -> f64 {
    values.iter().copied().max().unwrap_or(0) as f64
}

fn main() {
    let mut counts = Counts::default();
    allocations_of_operations(&mut counts);
    bytes_of_a_conversation(&mut counts);
    bytes_with_many_missing(&mut counts);
    first_message(&mut counts);
    let path = Path::new(RESULT);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, serde_json::to_vec_pretty(&counts.0).unwrap()).unwrap();
}
