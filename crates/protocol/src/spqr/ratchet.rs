//! The whole ratchet: exchange and chains together, and which versions are spoken (`spqr.md` sections 9 and 10).
//!
//! ```text
//! send:     exchange -> payload, perhaps an epoch secret -> chains -> (index, key) -> message, key
//! receive:  version -> message -> exchange, perhaps an epoch secret -> chains -> key
//! ```
//!
//! An operation leaves the ratchet alone and returns the next one, which is kept only if the surrounding message turns
//! out to be authentic: otherwise an attacker could feed chunks.

use rand_core::CryptoRng;

use crate::spqr::authenticator::AuthenticationKey;
use crate::spqr::braid::{Braid, BraidError};
use crate::spqr::chains::{ChainError, Chains, JumpLimit, PostQuantumKey, ReceiveKey, Role};
use crate::spqr::epoch::ChainEpoch;
use crate::spqr::message::{self, Heading, MalformedMessage, Message};
use crate::spqr::summary::PostQuantumSummary;
use crate::stored::{Reader, StoredFormError, Writer};

/// The post-quantum ratchet of a session, of version 1 and minimum version 1.
#[derive(Clone)]
pub(crate) struct PostQuantumRatchet {
    /// Until the first message of version 1 has been received, one of a version we do not know may come.
    negotiating: bool,
    braid: Braid,
    chains: Chains,
}

/// What goes with the next message to send.
pub(crate) struct PostQuantumSent {
    /// The ratchet after it.
    pub(crate) next: PostQuantumRatchet,
    /// Field 5.
    pub(crate) message: Vec<u8>,
    pub(crate) key: PostQuantumKey,
    /// All skipped keys of epochs before this one are to be deleted.
    pub(crate) forgotten_before: Option<ChainEpoch>,
}

/// What goes with a received message.
pub(crate) struct PostQuantumReceived {
    /// The ratchet after it.
    pub(crate) next: PostQuantumRatchet,
    pub(crate) key: PostQuantumKeySource,
}

/// Where a received message's key is.
pub(crate) enum PostQuantumKeySource {
    /// The peer salts its keys with nothing yet.
    None,
    /// In a chain, or among the skipped keys.
    Chain {
        epoch: ChainEpoch,
        index: u32,
        key: ReceiveKey,
    },
}

/// Why a received message is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PostQuantumError {
    /// A peer without this ratchet, or one that does not use it any more.
    #[error("a message without post-quantum ratchet")]
    Absent,
    #[error("a version that was not agreed on: {found}")]
    VersionMismatch { found: u8 },
    #[error(transparent)]
    Malformed(#[from] MalformedMessage),
    #[error(transparent)]
    Braid(#[from] BraidError),
    #[error(transparent)]
    Chain(#[from] ChainError),
}

impl PostQuantumRatchet {
    pub(crate) const MAX_STORED_LENGTH: usize = 1 + Braid::MAX_STORED_LENGTH + Chains::MAX_STORED_LENGTH;

    /// The ratchet of a new session.
    pub(crate) fn start(role: Role, limit: JumpLimit, key: &AuthenticationKey) -> Self {
        Self {
            negotiating: true,
            braid: Braid::start(role, key),
            chains: Chains::start(role, limit, key),
        }
    }

    /// Field 5 and the key of the next message to send.
    ///
    /// Draws 64 bytes, 32 or none. The only error is that a chain has come to its last index.
    pub(crate) fn send(&self, rng: &mut impl CryptoRng) -> Result<PostQuantumSent, ChainError> {
        let sent = self.braid.clone().send(rng);
        let mut chains = self.chains.clone();
        if let Some(secret) = &sent.secret {
            chains.add(sent.epoch.chains(), secret)?;
        }
        let taken = chains.send(sent.epoch.keyed_by())?;
        let message = Message {
            heading: Heading {
                epoch: sent.epoch,
                index: taken.index,
            },
            payload: sent.payload,
        };
        Ok(PostQuantumSent {
            next: Self {
                negotiating: self.negotiating,
                braid: sent.next,
                chains,
            },
            message: message.to_bytes(),
            key: taken.key,
            forgotten_before: taken.forgotten_before,
        })
    }

    /// The key of a received message with this field 5.
    pub(crate) fn receive(&self, message: &[u8]) -> Result<PostQuantumReceived, PostQuantumError> {
        match message::version(message) {
            0 => Err(PostQuantumError::Absent),
            message::VERSION => self.receive_known(&Message::from_bytes(message)?),
            _ if self.negotiating => self.receive_unknown(message),
            found => Err(PostQuantumError::VersionMismatch { found }),
        }
    }

    fn receive_known(&self, message: &Message) -> Result<PostQuantumReceived, PostQuantumError> {
        let Heading { epoch, index } = message.heading;
        let received = self.braid.clone().receive(epoch, &message.payload)?;
        let mut chains = self.chains.clone();
        if let Some(secret) = &received.secret {
            chains.add(epoch.chains(), secret)?;
        }
        let key = key_source(&mut chains, epoch.keyed_by(), index)?;
        Ok(PostQuantumReceived {
            next: Self {
                negotiating: false,
                braid: received.next,
                chains,
            },
            key,
        })
    }

    /// A version that we do not know and the peer has not come down from: its key is of epoch 0 whatever it says, the
    /// rest is not ours to understand, and negotiation stays open.
    fn receive_unknown(&self, message: &[u8]) -> Result<PostQuantumReceived, PostQuantumError> {
        let (heading, _) = Heading::of_any_version(message)?;
        let mut chains = self.chains.clone();
        let key = key_source(&mut chains, ChainEpoch(0), heading.index)?;
        Ok(PostQuantumReceived {
            next: Self {
                chains,
                ..self.clone()
            },
            key,
        })
    }

    /// Which side of the session we are.
    pub(crate) const fn role(&self) -> Role {
        self.chains.role()
    }

    /// Where it stands.
    pub(crate) fn summary(&self) -> PostQuantumSummary {
        PostQuantumSummary {
            is_agreed: !self.negotiating,
            exchange: self.braid.summary(),
            sending_epoch: self.chains.send_epoch(),
            chains: self.chains.summary(),
        }
    }

    pub(crate) fn write(&self, form: &mut Writer) {
        form.u8(u8::from(self.negotiating));
        self.braid.write(form);
        self.chains.write(form);
    }

    pub(crate) fn read(form: &mut Reader<'_>) -> Result<Self, StoredFormError> {
        Ok(Self {
            negotiating: form.flag()?,
            braid: Braid::read(form)?,
            chains: Chains::read(form)?,
        })
    }
}

fn key_source(
    chains: &mut Chains,
    epoch: ChainEpoch,
    index: u32,
) -> Result<PostQuantumKeySource, ChainError> {
    // A peer that has not begun to use its chains yet.
    if epoch == ChainEpoch(0) && index == 0 {
        return Ok(PostQuantumKeySource::None);
    }
    Ok(PostQuantumKeySource::Chain {
        epoch,
        index,
        key: chains.receive(epoch, index)?,
    })
}

#[cfg(test)]
impl PostQuantumRatchet {
    /// Compares with a state of the vectors, which has no chains before their first use.
    pub(crate) fn check(&self, expected: &serde_json::Value) {
        use crate::vectors::array;

        let (state, epoch, (root, mac_key)) = self.braid.describe();
        assert_eq!(Some(state), expected["state"].as_str());
        assert_eq!(Some(epoch), expected["epoch"].as_u64());
        assert_eq!(root, &array(&expected["auth_root"]));
        assert_eq!(mac_key, &array(&expected["mac_key"]));
        assert_eq!(Some(self.negotiating), expected["negotiation_open"].as_bool());
        if !expected["chains"].is_null() {
            self.chains.check(expected);
        }
    }
}
