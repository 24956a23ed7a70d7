//! How much a relay keeps, and for whom.

use sotto_wire::MAX_PAYLOAD_BYTES;

/// Who gets an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Registration {
    /// Everybody.
    #[default]
    Open,
    /// Who has a code that `sotto-relay invite` printed.
    InviteOnly,
    /// Who spends some seconds of computing on it.
    ProofOfWork,
    /// Nobody new.
    Closed,
}

/// What a relay allows. The defaults suit a family; see docs/relay.md.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Connections at a time; beyond it the relay answers 503.
    pub connections: u32,
    /// Connections at a time from one address, or one IPv6 network of 64 bits; beyond it the relay answers 429. This
    /// machine's own addresses are not counted: behind them is a proxy.
    pub connections_per_ip: u32,
    /// Longest payload of an envelope in bytes, at most [`MAX_PAYLOAD_BYTES`].
    pub payload_bytes: u32,
    /// Envelopes that a mailbox holds.
    pub mailbox_envelopes: u32,
    /// Bytes of payload that a mailbox holds.
    pub mailbox_bytes: u64,
    /// Days that an envelope waits for its owner.
    pub retention_days: u32,
    /// Unused one-time prekeys of each kind kept for a device.
    pub one_time_prekeys: u32,
    /// Envelopes pushed to a connection and not acknowledged yet; then the relay pushes no more.
    pub unacknowledged: u32,
    /// Who gets an account.
    pub registration: Registration,
    /// Leading zero bits that a proof of work needs.
    pub work_bits: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 10_000,
            connections_per_ip: 200,
            payload_bytes: MAX_PAYLOAD_BYTES as u32,
            mailbox_envelopes: 20_000,
            mailbox_bytes: 256 * 1024 * 1024,
            retention_days: 30,
            one_time_prekeys: 200,
            unacknowledged: 256,
            registration: Registration::Open,
            work_bits: 20,
        }
    }
}

/// A limit that makes no sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LimitError {
    /// Nothing would be allowed.
    #[error("the limit {limit} is 0")]
    Zero {
        /// Which one.
        limit: &'static str,
    },
    /// The protocol has a smaller one.
    #[error("the limit {limit} is more than {most}")]
    TooLarge {
        /// Which one.
        limit: &'static str,
        /// The most it can be.
        most: u64,
    },
}

/// The most work a client does for an account.
const MOST_WORK_BITS: u64 = 24;

impl Limits {
    pub(crate) fn check(&self) -> Result<(), LimitError> {
        let bounds = [
            ("connections", u64::from(self.connections), 1_000_000),
            ("connections-per-ip", self.connections_per_ip.into(), 1_000_000),
            (
                "payload-bytes",
                self.payload_bytes.into(),
                MAX_PAYLOAD_BYTES as u64,
            ),
            (
                "mailbox-envelopes",
                self.mailbox_envelopes.into(),
                u64::from(u32::MAX),
            ),
            ("mailbox-bytes", self.mailbox_bytes, 1 << 50),
            ("retention-days", self.retention_days.into(), 3_650),
            ("one-time-prekeys", self.one_time_prekeys.into(), 10_000),
            ("unacknowledged", self.unacknowledged.into(), 10_000),
            ("work-bits", self.work_bits.into(), MOST_WORK_BITS),
        ];
        for (limit, value, most) in bounds {
            if value == 0 {
                return Err(LimitError::Zero { limit });
            }
            if value > most {
                return Err(LimitError::TooLarge { limit, most });
            }
        }
        Ok(())
    }
}
