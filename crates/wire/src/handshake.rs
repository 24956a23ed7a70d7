//! How a connection begins and ends.

use crate::error::{DecodeError, InField, required};
use crate::key::CurveKey;
use crate::limits::{MAX_PAYLOAD_BYTES, MAX_VERSION, MIN_VERSION};
use crate::proto;

/// The first frame of a client: the span of versions it speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hello {
    min_version: u32,
    max_version: u32,
}

impl Hello {
    /// What this crate speaks.
    pub const OURS: Self = Self {
        min_version: MIN_VERSION,
        max_version: MAX_VERSION,
    };

    /// A span; `None` if it is empty or begins with 0.
    pub fn new(min_version: u32, max_version: u32) -> Option<Self> {
        (1..=max_version).contains(&min_version).then_some(Self {
            min_version,
            max_version,
        })
    }

    /// The oldest version the client speaks.
    pub fn min_version(&self) -> u32 {
        self.min_version
    }

    /// The newest version the client speaks.
    pub fn max_version(&self) -> u32 {
        self.max_version
    }

    pub(crate) fn to_wire(self) -> proto::Hello {
        proto::Hello {
            min_version: self.min_version,
            max_version: self.max_version,
        }
    }

    pub(crate) fn from_wire(hello: proto::Hello) -> Result<Self, DecodeError> {
        Self::new(hello.min_version, hello.max_version).ok_or(DecodeError::Invalid { field: "hello" })
    }
}

/// The newest version that both speak, if there is one.
pub fn negotiate(hello: Hello) -> Option<u32> {
    let newest = hello.max_version.min(MAX_VERSION);
    (newest >= hello.min_version.max(MIN_VERSION)).then_some(newest)
}

/// The first frame of a relay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Welcome {
    /// The version both now speak.
    pub version: u32,
    /// What this relay allows.
    pub limits: Limits,
    /// What the sender certificates of this relay's accounts go back to.
    pub trust_root: CurveKey,
}

/// What a relay allows; never more than the limits of this crate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Longest payload of one envelope, in bytes.
    pub payload_bytes: u32,
    /// How many pushed envelopes may wait for their acknowledgement before the relay pushes no more.
    pub unacknowledged: u32,
    /// How many unused one-time prekeys of each kind the relay keeps for a device.
    pub one_time_prekeys: u32,
    /// The relay pings after this many seconds of silence and hangs up after a few more.
    pub heartbeat_seconds: u32,
}

impl Welcome {
    pub(crate) fn to_wire(self, challenge: bytes::Bytes) -> proto::Welcome {
        let Limits {
            payload_bytes,
            unacknowledged,
            one_time_prekeys,
            heartbeat_seconds,
        } = self.limits;
        proto::Welcome {
            version: self.version,
            limits: Some(proto::Limits {
                payload_bytes,
                unacknowledged,
                one_time_prekeys,
                heartbeat_seconds,
            }),
            challenge,
            trust_root: bytes::Bytes::copy_from_slice(self.trust_root.as_bytes()),
        }
    }

    pub(crate) fn from_wire(welcome: &proto::Welcome) -> Result<Self, DecodeError> {
        let limits = required(welcome.limits, "limits")?;
        if !(MIN_VERSION..=MAX_VERSION).contains(&welcome.version) {
            return Err(DecodeError::Invalid { field: "version" });
        }
        if !(1..=MAX_PAYLOAD_BYTES)
            .contains(&usize::try_from(limits.payload_bytes).in_field("payload_bytes")?)
        {
            return Err(DecodeError::Invalid {
                field: "payload_bytes",
            });
        }
        if limits.unacknowledged == 0 {
            return Err(DecodeError::Invalid {
                field: "unacknowledged",
            });
        }
        Ok(Self {
            version: welcome.version,
            limits: Limits {
                payload_bytes: limits.payload_bytes,
                unacknowledged: limits.unacknowledged,
                one_time_prekeys: limits.one_time_prekeys,
                heartbeat_seconds: limits.heartbeat_seconds,
            },
            trust_root: CurveKey::try_from(&*welcome.trust_root).in_field("trust_root")?,
        })
    }
}

/// Why the relay hangs up, when nobody did anything wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closing {
    /// The relay stops or restarts.
    GoingAway {
        /// When to connect again, so that not everybody comes at once.
        reconnect_after_ms: u32,
    },
    /// Another connection of the same device took over. Connecting again would only throw that one out in turn.
    Replaced,
    /// The client does not read what it is sent.
    TooSlow,
    /// Nothing was heard from the client for too long.
    Silent,
    /// A reason that this version does not know.
    Other,
}

impl Closing {
    pub(crate) fn to_wire(self) -> proto::Closing {
        use proto::closing::Reason;
        let (reason, reconnect_after_ms) = match self {
            Self::GoingAway { reconnect_after_ms } => (Reason::GoingAway, reconnect_after_ms),
            Self::Replaced => (Reason::Replaced, 0),
            Self::TooSlow => (Reason::TooSlow, 0),
            Self::Silent => (Reason::Silent, 0),
            Self::Other => (Reason::Unspecified, 0),
        };
        proto::Closing {
            reason: reason.into(),
            reconnect_after_ms,
        }
    }

    pub(crate) fn from_wire(closing: proto::Closing) -> Self {
        use proto::closing::Reason;
        match closing.reason() {
            Reason::GoingAway => Self::GoingAway {
                reconnect_after_ms: closing.reconnect_after_ms,
            },
            Reason::Replaced => Self::Replaced,
            Reason::TooSlow => Self::TooSlow,
            Reason::Silent => Self::Silent,
            Reason::Unspecified => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_speak_the_newest_version_they_share() {
        assert_eq!(negotiate(Hello::OURS), Some(MAX_VERSION));
        assert_eq!(
            negotiate(Hello {
                min_version: 1,
                max_version: 99
            }),
            Some(MAX_VERSION)
        );
        assert_eq!(
            negotiate(Hello {
                min_version: MAX_VERSION + 1,
                max_version: 99
            }),
            None
        );
    }

    #[test]
    fn a_span_of_no_versions_is_no_hello() {
        assert_eq!(Hello::new(0, 1), None);
        assert_eq!(Hello::new(2, 1), None);
    }
}
