//! What a line of a simulated world does to frames.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::Way;
use crate::promises::UsedKeys;

/// Loses frames and says them twice, but loses none that the relay pushes: what comes after a lost one on the same connection
/// would overtake it, as no network lets it.
///
/// Which ones is drawn from the seed, but in the order in which frames come, and that is the machine's affair.
pub(super) struct Noise {
    rng: Mutex<StdRng>,
    lost: AtomicU32,
    doubled: AtomicU32,
    keys: Arc<UsedKeys>,
}

impl Noise {
    pub(super) fn new(seed: u64, keys: Arc<UsedKeys>) -> Self {
        Self {
            rng: Mutex::new(StdRng::seed_from_u64(seed)),
            lost: AtomicU32::new(0),
            doubled: AtomicU32::new(0),
            keys,
        }
    }

    /// Of a hundred frames so many are lost from now on, and so many come twice.
    pub(super) fn set(&self, lost: u32, doubled: u32) {
        self.lost.store(lost, Ordering::Relaxed);
        self.doubled.store(doubled, Ordering::Relaxed);
    }

    pub(super) fn pass(&self, way: Way, frame: Vec<u8>) -> Vec<Vec<u8>> {
        self.keys.look_into(way, &frame);
        let (lost, doubled) = (
            self.lost.load(Ordering::Relaxed),
            self.doubled.load(Ordering::Relaxed),
        );
        let drawn = self
            .rng
            .lock()
            .expect("no holder of this lock panics")
            .random_range(0..100);
        if drawn < lost && way != Way::FromMailbox {
            vec![]
        } else if (lost..lost + doubled).contains(&drawn) {
            vec![frame.clone(), frame]
        } else {
            vec![frame]
        }
    }
}
