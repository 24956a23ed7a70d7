//! One WebSocket: frames in, frames out, and how it ends.

pub(crate) mod ending;
pub(crate) mod mailbox;
pub(crate) mod open;
mod watched;

use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket, close_code};
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use sotto_wire::{Closing, Hello, Limits, MAX_FRAME_BYTES, MAX_VERSION, MIN_VERSION, Refusal, Welcome};
use tokio::time::{Instant, timeout, timeout_at};

use crate::config::Patience;
use crate::relay::Relay;

pub(crate) use ending::Ending;

/// Requests of one connection that may be under way; then the relay reads no more from it.
const UNDER_WAY: usize = 64;

/// Frames written before they are flushed though more could follow.
const UNFLUSHED: usize = 64;

/// How long the relay listens for the client's farewell, so that its own last frame is not lost in a reset.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Close codes of ours, from the range that RFC 6455 leaves to applications.
mod code {
    pub(super) const REPLACED: u16 = 4001;
    pub(super) const SILENT: u16 = 4002;
    pub(super) const TOO_SLOW: u16 = 4003;
}

/// The relay's end of a WebSocket.
pub(crate) struct Socket {
    inner: WebSocket,
    patience: Patience,
    last_heard: Instant,
    pinged: bool,
    unflushed: usize,
}

impl Socket {
    pub(crate) fn new(inner: WebSocket, patience: Patience) -> Self {
        Self {
            inner,
            patience,
            last_heard: Instant::now(),
            pinged: false,
            unflushed: 0,
        }
    }

    /// The next frame. Pings a client that is silent, and gives it up if it stays so. Safe to cancel.
    async fn next(&mut self) -> Result<Bytes, Ending> {
        loop {
            let limit = self.patience.heartbeat
                + if self.pinged {
                    self.patience.pong
                } else {
                    Duration::ZERO
                };
            match timeout_at(self.last_heard + limit, self.inner.next()).await {
                Ok(Some(Ok(message))) => {
                    self.last_heard = Instant::now();
                    self.pinged = false;
                    match message {
                        Message::Binary(frame) => return Ok(frame),
                        Message::Text(_) => return Err(Ending::Refused(Refusal::BadFrame)),
                        Message::Close(_) => return Err(Ending::Gone),
                        // Answered by the library.
                        Message::Ping(_) | Message::Pong(_) => {}
                    }
                }
                // Not WebSocket, or far too long: the two are not told apart here.
                Ok(Some(Err(_))) => return Err(Ending::Refused(Refusal::BadFrame)),
                Ok(None) => return Err(Ending::Gone),
                Err(_) if self.pinged => return Err(Ending::Closing(Closing::Silent)),
                Err(_) => {
                    self.pinged = true;
                    self.write(Message::Ping(Bytes::new())).await?;
                    self.flush().await?;
                }
            }
        }
    }

    /// Writes a frame, not necessarily through to the network yet.
    async fn feed(&mut self, frame: Bytes) -> Result<(), Ending> {
        self.write(Message::Binary(frame)).await?;
        self.unflushed += 1;
        if self.unflushed >= UNFLUSHED {
            self.flush().await
        } else {
            Ok(())
        }
    }

    /// Writes through what was fed.
    async fn flush(&mut self) -> Result<(), Ending> {
        self.unflushed = 0;
        self.within_patience(async |inner| inner.flush().await).await
    }

    /// Something was fed and is to be flushed once there is nothing else to do.
    fn is_unflushed(&self) -> bool {
        self.unflushed > 0
    }

    async fn send(&mut self, frame: Bytes) -> Result<(), Ending> {
        self.feed(frame).await?;
        self.flush().await
    }

    async fn write(&mut self, message: Message) -> Result<(), Ending> {
        self.within_patience(async |inner| inner.feed(message).await)
            .await
    }

    async fn within_patience(
        &mut self,
        write: impl AsyncFnOnce(&mut WebSocket) -> Result<(), axum::Error>,
    ) -> Result<(), Ending> {
        match timeout(self.patience.write, write(&mut self.inner)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(Ending::Gone),
            Err(_) => Err(Ending::Closing(Closing::TooSlow)),
        }
    }

    /// Says the last frame if there is one to say, and hangs up.
    async fn end(mut self, ending: Ending, frame: Option<Bytes>) {
        self.patience.write = LAST_WORDS;
        let (code, reason) = match ending {
            Ending::Gone => return,
            Ending::Refused(Refusal::FrameTooLarge { .. }) => (close_code::SIZE, "frame too large"),
            Ending::Refused(Refusal::Unavailable { .. }) => (close_code::AGAIN, "unavailable"),
            Ending::Refused(_) => (close_code::PROTOCOL, "refused"),
            Ending::Closing(Closing::GoingAway { .. } | Closing::Other) => (close_code::AWAY, "going away"),
            Ending::Closing(Closing::Replaced) => (code::REPLACED, "replaced by another connection"),
            Ending::Closing(Closing::Silent) => (code::SILENT, "silent"),
            Ending::Closing(Closing::TooSlow) => (code::TOO_SLOW, "too slow"),
        };
        let farewell = async {
            if let Some(frame) = frame {
                self.send(frame).await?;
            }
            self.write(Message::Close(Some(CloseFrame {
                code,
                reason: reason.into(),
            })))
            .await?;
            self.flush().await?;
            while let Some(Ok(_)) = self.inner.next().await {}
            Ok::<_, Ending>(())
        };
        timeout(LAST_WORDS, farewell).await.ok();
    }
}

/// The hello, answered with the version both speak.
fn agree(hello: Hello, relay: &Relay) -> Result<Welcome, Ending> {
    let config = &relay.config;
    let version = sotto_wire::negotiate(hello).ok_or(Ending::Refused(Refusal::UnsupportedVersion {
        min: MIN_VERSION,
        max: MAX_VERSION,
    }))?;
    let limits = Limits {
        payload_bytes: config.limits.payload_bytes,
        unacknowledged: config.limits.unacknowledged,
        one_time_prekeys: config.limits.one_time_prekeys,
        heartbeat_seconds: config.patience.heartbeat.as_secs().try_into().unwrap_or(u32::MAX),
    };
    Ok(Welcome {
        version,
        limits,
        trust_root: relay.certificates.trust_root(),
    })
}

/// Frames a little too long are read and refused with the reason; what is longer still is not even read.
pub(crate) const MAX_MESSAGE_BYTES: usize = 2 * MAX_FRAME_BYTES;
