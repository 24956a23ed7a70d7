//! One WebSocket to a relay: frames in, frames out.

use std::io;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use sotto_wire::{MAX_FRAME_BYTES, RelayAddress};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::error::{ProtocolError, TlsError};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{self, Bytes, Message};
use tokio_tungstenite::{Connector, MaybeTlsStream, WebSocketStream, client_async_tls_with_config};

use super::tls;
use crate::error::RelayError;

/// How long name lookup, TCP, TLS and the WebSocket handshake may take together.
const DIAL_TIMEOUT: Duration = Duration::from_secs(15);

/// How long a frame that was promised may take, before there is a heartbeat.
const FIRST_FRAMES_TIMEOUT: Duration = Duration::from_secs(15);

/// How long a good-bye may take.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// One WebSocket to a relay.
pub(super) struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

/// What came out of a socket.
pub(super) enum Incoming {
    /// A frame.
    Frame(Bytes),
    /// A sign of life.
    Life,
}

impl Socket {
    /// Connects to an endpoint of a relay.
    pub(super) async fn dial(relay: &RelayAddress, path: &str) -> Result<Self, RelayError> {
        tokio::time::timeout(DIAL_TIMEOUT, Self::dial_unhurried(relay, path))
            .await
            .unwrap_or(Err(RelayError::Unreachable))
    }

    async fn dial_unhurried(relay: &RelayAddress, path: &str) -> Result<Self, RelayError> {
        let connector = if relay.is_secure() {
            Connector::Rustls(tls::client_config().ok_or(RelayError::Certificate)?)
        } else {
            Connector::Plain
        };
        let host = relay.host();
        // Brackets belong to URLs; the resolver wants the address in them.
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let stream = TcpStream::connect((host, relay.port()))
            .await
            .map_err(|_| RelayError::Unreachable)?;
        // Frames are small and waited for.
        stream.set_nodelay(true).map_err(|_| RelayError::Unreachable)?;
        let config = WebSocketConfig::default()
            .max_message_size(Some(MAX_FRAME_BYTES))
            .max_frame_size(Some(MAX_FRAME_BYTES));
        let url = relay.endpoint(path);
        let (stream, _) = client_async_tls_with_config(url, stream, Some(config), Some(connector))
            .await
            .map_err(|error| meaning(&error))?;
        Ok(Self { stream })
    }

    /// Sends a frame.
    pub(super) async fn send(&mut self, frame: Bytes) -> Result<(), RelayError> {
        self.stream
            .send(Message::Binary(frame))
            .await
            .map_err(|error| meaning(&error))
    }

    /// Asks for a sign of life.
    pub(super) async fn ping(&mut self) -> Result<(), RelayError> {
        let ping = Message::Ping(Bytes::new());
        self.stream.send(ping).await.map_err(|error| meaning(&error))
    }

    /// What comes next. Nothing is lost when the call is given up.
    pub(super) async fn next(&mut self) -> Result<Incoming, RelayError> {
        match self.stream.next().await {
            Some(Ok(Message::Binary(frame))) => Ok(Incoming::Frame(frame)),
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => Ok(Incoming::Life),
            Some(Ok(Message::Text(_))) => Err(RelayError::Incompatible),
            Some(Ok(Message::Close(_))) | None => Err(RelayError::Unreachable),
            Some(Err(error)) => Err(meaning(&error)),
        }
    }

    /// The next frame, while nothing but one is expected.
    pub(super) async fn expect_frame(&mut self) -> Result<Bytes, RelayError> {
        let frame = async {
            loop {
                if let Incoming::Frame(frame) = self.next().await? {
                    return Ok(frame);
                }
            }
        };
        tokio::time::timeout(FIRST_FRAMES_TIMEOUT, frame)
            .await
            .unwrap_or(Err(RelayError::Unreachable))
    }

    /// Says good-bye, without waiting for long.
    pub(super) async fn close(mut self) {
        let _ = tokio::time::timeout(CLOSE_TIMEOUT, self.stream.close(None)).await;
    }
}

/// What a failure of the WebSocket means to somebody who only wants to know what to do about it.
fn meaning(error: &tungstenite::Error) -> RelayError {
    use tungstenite::Error;
    match error {
        Error::Tls(TlsError::Rustls(error)) => tls_meaning(error),
        Error::Io(error) => io_meaning(error),
        Error::ConnectionClosed | Error::AlreadyClosed | Error::WriteBufferFull(_) => RelayError::Unreachable,
        // A reverse proxy whose relay is down says 502 to 504.
        Error::Http(response) if response.status().is_server_error() => RelayError::Unreachable,
        // Hung up on, before or after the WebSocket's own handshake: a relay that stops, or a proxy without one.
        Error::Protocol(ProtocolError::HandshakeIncomplete | ProtocolError::ResetWithoutClosingHandshake) => {
            RelayError::Unreachable
        }
        _ => RelayError::Incompatible,
    }
}

fn io_meaning(error: &io::Error) -> RelayError {
    let tls = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<rustls::Error>());
    tls.map_or(RelayError::Unreachable, tls_meaning)
}

fn tls_meaning(error: &rustls::Error) -> RelayError {
    match error {
        rustls::Error::InvalidCertificate(_) | rustls::Error::NoCertificatesPresented => {
            RelayError::Certificate
        }
        _ => RelayError::Incompatible,
    }
}
