//! Why there are no figures.

use std::io;

/// Why there are no figures.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoadError {
    #[error("no relay is named, and no program to start one")]
    NoRelay,
    #[error("the runtime could not be started")]
    Runtime(#[source] io::Error),
    #[error("`{program}` could not be started")]
    Start {
        program: &'static str,
        source: io::Error,
    },
    #[error("`{program}` ended, or does not say that it listens")]
    Silent { program: &'static str },
    #[error("a folder for the server could not be made or written")]
    Folder(#[source] io::Error),
    #[error("a certificate could not be made")]
    Certificate(#[source] rcgen::Error),
    #[error("a certificate of our own is not trusted")]
    Tls(#[source] rustls::Error),
    #[error("a connection could not be opened")]
    Dial(#[source] LineError),
    #[error("a connection broke")]
    Line(#[from] LineError),
    #[error("a message that was accepted did not arrive in time")]
    Lost,
    #[error("a task ended unexpectedly")]
    Task(#[from] tokio::task::JoinError),
    #[error("a figure does not fit its histogram")]
    Histogram,
    #[error("the report could not be written as JSON")]
    Report(#[source] serde_json::Error),
    #[error("the report could not be printed")]
    Output(#[source] io::Error),
}

/// Why a connection is of no use any more.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LineError {
    #[error("the network failed")]
    Io(#[from] io::Error),
    #[error("the WebSocket failed")]
    WebSocket(#[source] Box<tokio_tungstenite::tungstenite::Error>),
    #[error("the server hung up")]
    HungUp,
    #[error("a frame could not be read")]
    Frame(#[from] sotto_wire::DecodeError),
    #[error("the relay refused: {0}")]
    Refused(sotto_wire::Refusal),
    #[error("the server said something that was not to be said now")]
    Unexpected,
}

impl From<tokio_tungstenite::tungstenite::Error> for LineError {
    fn from(error: tokio_tungstenite::tungstenite::Error) -> Self {
        Self::WebSocket(error.into())
    }
}
