//! What an engine takes from the machine it runs on, so that tests can replace it.

use std::sync::Arc;

use crate::checkpoint::Checkpoints;
use crate::clock::Clock;
use crate::vault::Keychain;

/// What an engine takes from the machine it runs on.
#[derive(Clone)]
pub struct Environment {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Where the operating system keeps keys.
    pub keychain: Arc<dyn Keychain>,
    /// What is told on the way of a message; the product's does nothing.
    pub checkpoints: Arc<dyn Checkpoints>,
}
