//! Worlds for tests: Alice, Bob and Carol at machines of their own, a relay in this process, a line between them that
//! can be cut, and a clock that tests move.

#![warn(missing_docs)]
// This crate is test code: a story stops at the first surprise, and says so.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod checkpoints;
mod clock;
mod disk;
mod eventually;
mod keychain;
pub mod killing;
mod line;
mod mallory;
mod person;
pub mod process;
mod promises;
pub mod simulation;
pub mod soak;
mod town;
mod world;

use std::time::Duration;

pub use checkpoints::{DieAt, Gate};
pub use clock::MovableClock;
pub use disk::Disk;
pub use eventually::{Look, eventually};
pub use keychain::MemoryKeychain;
pub use line::{Line, Meddler, Way, change_delivery};
pub use mallory::Mallory;
pub use person::Person;
pub use world::{World, have_talked, introduce};

/// How long a story waits for something that must happen. Long, because the machine may be busy; never reached when all
/// is well.
pub const TIMEOUT: Duration = Duration::from_secs(120);
