//! What is measured, and what it may cost.

/// The benchmarks of `crates/protocol/benches/`.
pub(super) const BENCHES: &[&str] = &["sessions", "groups_and_sealed", "vodozemac", "counts"];

/// The benchmark of the unit.
pub(super) const UNIT: &str = "x25519";

/// One operation that is timed.
pub(super) struct Operation {
    pub(super) what: &'static str,
    /// The benchmark's name.
    pub(super) benchmark: &'static str,
    /// What libsignal takes, in DH units (measured natively with its post-quantum ratchet on), and our goal as a part
    /// of that.
    pub(super) libsignal: Option<(f64, f64)>,
    /// Whether vodozemac has a counterpart, measured under the same name in its group.
    pub(super) in_vodozemac: bool,
}

/// Something that is counted.
pub(super) struct Count {
    pub(super) what: &'static str,
    /// Its name in `benches/counts.rs`.
    pub(super) name: &'static str,
    pub(super) libsignal: Option<f64>,
    pub(super) limit: Option<f64>,
    pub(super) unit: &'static str,
}

pub(super) const OPERATIONS: &[Operation] = &[
    timed("process a bundle (initiator)", "process_bundle", 8.6, 0.65).and_vodozemac(),
    timed("first decrypt (new session)", "first_decrypt", 8.7, 0.6).and_vodozemac(),
    timed("encrypt, steady", "encrypt", 0.31, 0.4).and_vodozemac(),
    timed("decrypt, steady, from bytes", "decrypt", 0.245, 0.5).and_vodozemac(),
    shown("  the same, 40 sessions archived", "decrypt_archived_40"),
    timed("ping-pong, per message", "ping_pong", 3.1, 0.6).and_vodozemac(),
    timed("decrypt jumping over 2,000", "jump_2000", 107.0, 0.3),
    timed("decrypt a late message, 2,000 keys held", "late_2000", 5.4, 0.1),
    shown("  the same, 2 keys held", "late_2"),
    timed("group encrypt", "group_encrypt", 0.72, 0.6).and_vodozemac(),
    timed("group decrypt", "group_decrypt", 0.90, 1.0).and_vodozemac(),
    timed("sealed sender v1 encrypt", "sealed_v1_encrypt", 2.4, 0.6),
    timed("sealed sender v1 full decrypt", "sealed_v1_decrypt", 4.2, 0.65),
    timed("safety number, our half cached", "safety_number", 51.0, 0.55),
    shown("write the stored form of a session", "state_to_bytes"),
    shown("read it", "state_from_bytes"),
    shown("X25519 agreement, ours", "agree"),
    shown("X25519 public key, ours", "public_key"),
    shown("canonical check of a base key", "is_canonical"),
    shown("XEdDSA sign", "sign"),
    shown("XEdDSA verify", "verify"),
];

const KB: f64 = 1000.0;

pub(super) const COUNTS: &[Count] = &[
    counted(
        "stored per message, ping-pong, mean",
        "stored/ping_pong_mean",
        "B",
    )
    .peer(5.5 * KB, 5.5 * KB),
    counted("  largest", "stored/ping_pong_largest", "B"),
    counted(
        "stored per message, 2,000 skipped keys, mean",
        "stored/with_2000_skipped_mean",
        "B",
    )
    .peer(151.0 * KB, 2.0 * KB),
    counted("  largest", "stored/with_2000_skipped_largest", "B"),
    // The wire format is the same, and so is the mean, but for where in an exchange the conversation ends.
    counted("message overhead at 100 bytes, mean", "overhead/mean", "B").peer(96.0, 97.0),
    counted("  largest", "overhead/largest", "B").peer(101.0, 101.0),
    counted("allocations, process a bundle", "allocations/process_bundle", ""),
    counted("allocations, first decrypt", "allocations/first_decrypt", ""),
    counted("allocations, encrypt", "allocations/encrypt", ""),
    counted("allocations, decrypt", "allocations/decrypt", ""),
    counted("allocations, ping-pong, per message", "allocations/ping_pong", ""),
    counted("allocations, jump over 2,000", "allocations/jump_2000", ""),
    counted("allocations, late message", "allocations/late_2000", ""),
];

const fn timed(what: &'static str, benchmark: &'static str, libsignal: f64, goal: f64) -> Operation {
    Operation {
        what,
        benchmark,
        libsignal: Some((libsignal, goal)),
        in_vodozemac: false,
    }
}

/// Without a limit of its own.
const fn shown(what: &'static str, benchmark: &'static str) -> Operation {
    Operation {
        what,
        benchmark,
        libsignal: None,
        in_vodozemac: false,
    }
}

const fn counted(what: &'static str, name: &'static str, unit: &'static str) -> Count {
    Count {
        what,
        name,
        libsignal: None,
        limit: None,
        unit,
    }
}

impl Operation {
    const fn and_vodozemac(mut self) -> Self {
        self.in_vodozemac = true;
        self
    }
}

impl Count {
    const fn peer(mut self, libsignal: f64, limit: f64) -> Self {
        self.libsignal = Some(libsignal);
        self.limit = Some(limit);
        self
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used)] // a test may stop at the first surprise

    use std::fs;
    use std::path::Path;

    use super::*;

    fn source(bench: &str) -> String {
        let file = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../protocol/benches")
            .join(bench)
            .with_extension("rs");
        fs::read_to_string(&file).expect("the benchmark's source")
    }

    #[test]
    fn every_row_has_a_benchmark_of_its_name() {
        let all: String = BENCHES.iter().map(|bench| source(bench)).collect();
        let vodozemac = source("vodozemac");
        let quoted = |name: &str| format!("\"{name}\"");
        assert!(all.contains(&quoted(UNIT)));
        for operation in OPERATIONS {
            assert!(all.contains(&quoted(operation.benchmark)), "{}", operation.what);
            let beside = vodozemac.contains(&quoted(operation.benchmark));
            assert_eq!(beside, operation.in_vodozemac, "{}", operation.what);
        }
        for count in COUNTS {
            assert!(all.contains(&quoted(count.name)), "{}", count.what);
        }
    }
}
