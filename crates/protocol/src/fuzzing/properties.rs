//! The same worlds under schedules that proptest makes up: what the ordinary tests run of the fuzzer's work.

use proptest::collection::vec;
use proptest::prelude::*;

use crate::fuzzing::{TARGETS, conversation, spqr_ratchet};

/// Those that play a script, and take their time.
const SCRIPTED: [&str; 2] = ["conversation", "spqr_ratchet"];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Loss, duplicates, reordering, tampering, simultaneous starts, archiving, deleting: see `world`.
    #[test]
    fn whatever_the_schedule_what_can_be_read_is_read_once(script in vec(any::<u8>(), 0..200)) {
        conversation(&script);
    }

    #[test]
    fn whatever_a_peer_makes_up_the_post_quantum_ratchet_goes_on(script in vec(any::<u8>(), 0..100)) {
        spqr_ratchet(&script);
    }
}

proptest! {
    #[test]
    fn no_bytes_surprise_a_decoder(bytes in vec(any::<u8>(), 0..400)) {
        for (name, target) in TARGETS {
            if !SCRIPTED.contains(name) {
                target(&bytes);
            }
        }
    }
}
