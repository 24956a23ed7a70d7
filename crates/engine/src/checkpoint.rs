//! Named points between a commit and what follows it, where a crash must neither lose nor double a message; and the place
//! where a test gets at the disk.
//!
//! The product does nothing there; the crash stories in `tests/` stop the process, and simulated worlds do both.

/// A point in the way of a message at which the database and the network disagree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Checkpoint {
    /// A message and its outbox row are committed; nothing is encrypted yet.
    QueuedCommitted,
    /// The ratchet has advanced and the ciphertext is committed; it has not been sent yet.
    SentCommitted,
    /// The relay has the envelope; the outbox row is still there.
    RelayAccepted,
    /// A received envelope is decrypted and committed; it has not been acknowledged to the relay yet.
    ReceivedCommitted,
    /// The acknowledgement has been handed to the network.
    ReceivedAcknowledged,
    /// The relay has another contact token of ours; that the contacts are to hear of it is not committed yet.
    TokenReplaced,
}

/// What is told when a [`Checkpoint`] is reached.
pub trait Checkpoints: Send + Sync + 'static {
    /// Called on the task that reached the point, before it goes on.
    fn reached(&self, checkpoint: Checkpoint);

    /// Called once for each run, before anything else is written, with the connection that writes: by SQLite's own hooks
    /// a test lets commits and single statements fail. The product leaves it alone.
    fn opened(&self, writer: &rusqlite::Connection) {
        let _ = writer;
    }
}

/// The product's: goes on.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoCheckpoints;

impl Checkpoints for NoCheckpoints {
    fn reached(&self, _: Checkpoint) {}
}
