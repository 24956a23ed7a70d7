//! The state machine of the exchange, published as *ML-KEM Braid* (`spqr.md` section 8).
//!
//! ```text
//!      key side                                         ciphertext side
//!
//!   ┌▶ KeysUnsampled       ◀── the initiator            NoHeaderReceived ◀─┐  ◀── the responder
//!   │    │ send: key pair         starts here             │ hdr complete    │         starts here
//!   │  KeysSampled ──────────────── Hdr ──────────────▶ HeaderReceived      │
//!   │    │ recv Ct1                                       │ send: step 1    │
//!   │  HeaderSent ◀──────────────── Ct1 ────────────── Ct1Sampled           │
//!   │    │ ct1 complete ─────────── Ek ───────────────▶   │ ek complete     │
//!   │  Ct1Received ──────────── EkCt1Ack ─────────────▶ EkReceivedCt1Sampled, or, if the acknowledgement
//!   │    │ recv Ct2                                       │ comes first, Ct1Acknowledged; both: step 2
//!   │  EkSentCt1Received ◀───────── Ct2 ────────────── Ct2Sampled           │
//!   │    │ ct2 complete: e+1 ── None, of epoch e+1 ───▶   │ e+1             │
//!   │    └────────────────── to the other column ─────────┼─────────────────┘
//!   └─────────────────── to the other column ─────────────┘
//! ```
//!
//! A state is a struct; a transition consumes it and gives the next. Chunks go out as an endless stream until something
//! that comes in moves the state on; there are no retransmissions. Not here: keys of messages ([`super::chains`]), and
//! whether what came in was authentic at all, which only the message around it shows.

mod ciphertext_side;
mod key_side;
mod stored;
mod summary;

use std::cmp::Ordering;
use std::sync::Arc;

use rand_core::CryptoRng;

use crate::spqr::authenticator::{AuthenticationKey, Authenticator, EpochSecret, MAC_LENGTH};
use crate::spqr::chains::Role;
use crate::spqr::epoch::Epoch;
use crate::spqr::erasure::CHUNK_LENGTH;
use crate::spqr::kem::{CT2_LENGTH, HEADER_LENGTH};
use crate::spqr::message::Payload;
use ciphertext_side::{
    Ct1Acknowledged, Ct1Sampled, Ct2Sampled, EkReceivedCt1Sampled, HeaderReceived, NoHeaderReceived,
};
use key_side::{Ct1Received, EkSentCt1Received, HeaderSent, KeysSampled, KeysUnsampled};

/// Chunks of a header and its MAC.
const HEADER_CHUNKS: usize = (HEADER_LENGTH + MAC_LENGTH) / CHUNK_LENGTH;

/// Chunks of the second ciphertext part and its MAC.
const CT2_CHUNKS: usize = (CT2_LENGTH + MAC_LENGTH) / CHUNK_LENGTH;

/// Where the exchange stands.
///
/// States are boxed, and their secrets shared, because moving an enum copies all of its room, and with it whatever lay
/// on the stack where a smaller state does not fill it.
#[derive(Clone)]
pub(super) enum Braid {
    KeysUnsampled(Box<KeysUnsampled>),
    KeysSampled(Box<KeysSampled>),
    HeaderSent(Box<HeaderSent>),
    Ct1Received(Box<Ct1Received>),
    EkSentCt1Received(Box<EkSentCt1Received>),
    NoHeaderReceived(Box<NoHeaderReceived>),
    HeaderReceived(Box<HeaderReceived>),
    Ct1Sampled(Box<Ct1Sampled>),
    EkReceivedCt1Sampled(Box<EkReceivedCt1Sampled>),
    Ct1Acknowledged(Box<Ct1Acknowledged>),
    Ct2Sampled(Box<Ct2Sampled>),
}

macro_rules! is_a_state {
    ($($state:ident),* $(,)?) => {$(
        impl From<$state> for Braid {
            fn from(state: $state) -> Self {
                Self::$state(Box::new(state))
            }
        }
    )*};
}

is_a_state!(
    KeysUnsampled,
    KeysSampled,
    HeaderSent,
    Ct1Received,
    EkSentCt1Received,
    NoHeaderReceived,
    HeaderReceived,
    Ct1Sampled,
    EkReceivedCt1Sampled,
    Ct1Acknowledged,
    Ct2Sampled,
);

/// What every state has.
#[derive(Clone)]
struct Exchange {
    epoch: Epoch,
    authenticator: Arc<Authenticator>,
}

/// What is sent in a state.
pub(super) struct Sent {
    pub(super) next: Braid,
    /// The epoch of the message, and of the secret.
    pub(super) epoch: Epoch,
    pub(super) payload: Payload,
    /// The secret of the epoch, if sending has made it.
    pub(super) secret: Option<EpochSecret>,
}

/// What a received message leads to.
pub(super) struct Received {
    pub(super) next: Braid,
    /// The secret of the message's epoch, if it has come out.
    pub(super) secret: Option<EpochSecret>,
}

/// Why a received message is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BraidError {
    #[error("an epoch that cannot have begun yet")]
    EpochAhead,
    #[error("the MAC of a header is wrong")]
    HeaderMac,
    #[error("an encapsulation key that does not belong to its header")]
    KeyMismatch,
    #[error("the MAC of a ciphertext is wrong")]
    CiphertextMac,
    #[error("the last epoch there is")]
    Exhausted,
}

impl Braid {
    pub(super) fn start(role: Role, key: &AuthenticationKey) -> Self {
        let exchange = Exchange {
            epoch: Epoch::FIRST,
            authenticator: Arc::new(Authenticator::start(key)),
        };
        match role {
            Role::Initiator => KeysUnsampled::new(exchange).into(),
            Role::Responder => NoHeaderReceived::new(exchange).into(),
        }
    }

    /// What the next message carries (section 8.1).
    ///
    /// Draws 64 bytes in `KeysUnsampled`, 32 in `HeaderReceived`, else none.
    pub(super) fn send(self, rng: &mut impl CryptoRng) -> Sent {
        let epoch = self.exchange().epoch;
        let mut secret = None;
        let (next, payload): (Self, _) = match self {
            Self::KeysUnsampled(state) => {
                let (state, chunk) = state.sample(rng).send();
                (state.into(), Payload::Hdr(chunk))
            }
            Self::KeysSampled(state) => {
                let (state, chunk) = state.send();
                (state.into(), Payload::Hdr(chunk))
            }
            Self::HeaderSent(state) => {
                let (state, chunk) = state.send();
                (state.into(), Payload::Ek(chunk))
            }
            Self::Ct1Received(state) => {
                let (state, chunk) = state.send();
                (state.into(), Payload::EkCt1Ack(chunk))
            }
            Self::EkSentCt1Received(_) => (self, Payload::Ct1Ack),
            Self::NoHeaderReceived(_) => (self, Payload::None),
            Self::HeaderReceived(state) => {
                let (state, made) = state.sample(rng);
                let (state, chunk) = state.send();
                secret = Some(made);
                (state.into(), Payload::Ct1(chunk))
            }
            Self::Ct1Sampled(state) => {
                let (state, chunk) = state.send();
                (state.into(), Payload::Ct1(chunk))
            }
            Self::EkReceivedCt1Sampled(state) => {
                let (state, chunk) = state.send();
                (state.into(), Payload::Ct1(chunk))
            }
            Self::Ct1Acknowledged(_) => (self, Payload::None),
            Self::Ct2Sampled(state) => {
                let (state, chunk) = state.send();
                (state.into(), Payload::Ct2(chunk))
            }
        };
        Sent {
            next,
            epoch,
            payload,
            secret,
        }
    }

    /// What a message does (section 8.2).
    pub(super) fn receive(self, epoch: Epoch, payload: &Payload) -> Result<Received, BraidError> {
        match epoch.cmp(&self.exchange().epoch) {
            // Late: of its key only.
            Ordering::Less => Ok(self.into()),
            Ordering::Equal => self.receive_in_epoch(payload),
            Ordering::Greater => match self {
                Self::Ct2Sampled(state) => Ok(Self::from(state.follow(epoch)?).into()),
                _ => Err(BraidError::EpochAhead),
            },
        }
    }

    /// A payload of this epoch; one that does not fit the state changes nothing.
    fn receive_in_epoch(self, payload: &Payload) -> Result<Received, BraidError> {
        Ok(match (self, payload) {
            (Self::KeysSampled(state), Payload::Ct1(chunk)) => Self::from(state.receive_ct1(*chunk)).into(),
            (Self::HeaderSent(state), Payload::Ct1(chunk)) => state.receive_ct1(*chunk).into(),
            (Self::Ct1Received(state), Payload::Ct2(chunk)) => Self::from(state.receive_ct2(*chunk)).into(),
            (Self::EkSentCt1Received(state), Payload::Ct2(chunk)) => return state.receive_ct2(*chunk),
            (Self::NoHeaderReceived(state), Payload::Hdr(chunk)) => state.receive_header(*chunk)?.into(),
            (Self::Ct1Sampled(state), Payload::Ek(chunk)) => state.receive_key(*chunk)?.into(),
            (Self::Ct1Sampled(state), Payload::EkCt1Ack(chunk)) => {
                state.acknowledged().receive_key(*chunk)?.into()
            }
            (Self::EkReceivedCt1Sampled(state), Payload::EkCt1Ack(_) | Payload::Ct1Ack) => {
                Self::from(state.acknowledged()).into()
            }
            (Self::Ct1Acknowledged(state), Payload::Ek(chunk) | Payload::EkCt1Ack(chunk)) => {
                state.receive_key(*chunk)?.into()
            }
            (state, _) => state.into(),
        })
    }

    fn exchange(&self) -> &Exchange {
        match self {
            Self::KeysUnsampled(state) => &state.exchange,
            Self::KeysSampled(state) => &state.exchange,
            Self::HeaderSent(state) => &state.exchange,
            Self::Ct1Received(state) => &state.exchange,
            Self::EkSentCt1Received(state) => &state.exchange,
            Self::NoHeaderReceived(state) => &state.exchange,
            Self::HeaderReceived(state) => &state.exchange,
            Self::Ct1Sampled(state) => &state.exchange,
            Self::EkReceivedCt1Sampled(state) => &state.exchange,
            Self::Ct1Acknowledged(state) => &state.exchange,
            Self::Ct2Sampled(state) => &state.exchange,
        }
    }
}

/// A state that nothing has come out of.
impl From<Braid> for Received {
    fn from(next: Braid) -> Self {
        Self { next, secret: None }
    }
}

#[cfg(test)]
impl Braid {
    /// The state's name, its epoch, and the authenticator's keys.
    pub(super) fn describe(&self) -> (&'static str, u64, (&[u8; 32], &[u8; 32])) {
        let name = match self {
            Self::KeysUnsampled(_) => "KeysUnsampled",
            Self::KeysSampled(_) => "KeysSampled",
            Self::HeaderSent(_) => "HeaderSent",
            Self::Ct1Received(_) => "Ct1Received",
            Self::EkSentCt1Received(_) => "EkSentCt1Received",
            Self::NoHeaderReceived(_) => "NoHeaderReceived",
            Self::HeaderReceived(_) => "HeaderReceived",
            Self::Ct1Sampled(_) => "Ct1Sampled",
            Self::EkReceivedCt1Sampled(_) => "EkReceivedCt1Sampled",
            Self::Ct1Acknowledged(_) => "Ct1Acknowledged",
            Self::Ct2Sampled(_) => "Ct2Sampled",
        };
        let exchange = self.exchange();
        (
            name,
            exchange.epoch.number(),
            exchange.authenticator.expose_parts(),
        )
    }
}
