//! "A relay on this computer": what starts one. The shell has the relay; this crate only asks for it.

use std::path::PathBuf;

use futures_util::future::BoxFuture;

/// Starts relays inside this app.
pub trait RelayHost: Send + Sync + 'static {
    /// Starts the relay whose data is in `folder`, and makes it if there is none yet. Its address is the same at each
    /// start: it is part of the addresses of all who have their mailbox there.
    fn start(&self, folder: PathBuf) -> BoxFuture<'static, Result<Box<dyn HostedRelay>, HostRelayError>>;
}

/// A relay that runs inside this app until it is stopped.
pub trait HostedRelay: Send + Sync + 'static {
    /// Where it answers: `ws://127.0.0.1:<port>`.
    fn address(&self) -> String;

    /// Stops it; nothing it accepted is lost.
    fn stop(self: Box<Self>) -> BoxFuture<'static, ()>;
}

/// Why no relay could be started on this computer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HostRelayError {
    /// Another program listens where this relay always did.
    #[error("the relay's port is taken")]
    PortTaken,
    /// Its database is damaged, was written by a newer relay, or cannot be used.
    #[error("the relay's data cannot be used")]
    Data,
    /// No space is left.
    #[error("the disk is full")]
    DiskFull,
}
