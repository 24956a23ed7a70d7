//! What a seal is put around: a message of another kind.

use crate::message::{CiphertextMessage, MalformedMessage, PreKeySignalMessage, SignalMessage};
use crate::sealed_sender::PlaintextContent;
use crate::sender_keys::SenderKeyMessage;

/// The kinds of message that can be sealed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ContentKind {
    /// A pairwise message of a running session.
    Signal,
    /// A pairwise message that starts a session.
    PreKeySignal,
    /// A group message.
    SenderKey,
    /// A content that no session encrypts.
    Plaintext,
}

impl ContentKind {
    /// The number by which applications tell the kinds apart: 2, 3, 7 or 8.
    pub const fn type_number(self) -> u8 {
        match self {
            Self::Signal => 2,
            Self::PreKeySignal => 3,
            Self::SenderKey => SenderKeyMessage::TYPE_NUMBER,
            Self::Plaintext => PlaintextContent::TYPE_NUMBER,
        }
    }

    /// The number in a content, where a prekey message is 1.
    pub(super) const fn field(self) -> u32 {
        match self {
            Self::PreKeySignal => 1,
            Self::Signal => 2,
            Self::SenderKey => 7,
            Self::Plaintext => 8,
        }
    }

    pub(super) const fn from_field(number: u32) -> Option<Self> {
        match number {
            1 => Some(Self::PreKeySignal),
            2 => Some(Self::Signal),
            7 => Some(Self::SenderKey),
            8 => Some(Self::Plaintext),
            _ => None,
        }
    }
}

/// The message inside a seal.
#[expect(
    clippy::large_enum_variant,
    reason = "nearly all are pairwise, and no collection of them exists"
)]
#[derive(Clone)]
pub enum ContentMessage {
    /// A pairwise message; it is decrypted in a session with the sender.
    Pairwise(CiphertextMessage),
    /// A group message; it is decrypted with the sender's sender key.
    SenderKey(SenderKeyMessage),
    /// A content that no session encrypts.
    Plaintext(PlaintextContent),
}

impl ContentMessage {
    /// Reads a message of a kind.
    pub fn from_bytes(kind: ContentKind, bytes: &[u8]) -> Result<Self, MalformedContentMessage> {
        Ok(match kind {
            ContentKind::Signal => {
                Self::Pairwise(CiphertextMessage::Signal(SignalMessage::from_bytes(bytes)?))
            }
            ContentKind::PreKeySignal => Self::Pairwise(CiphertextMessage::PreKeySignal(
                PreKeySignalMessage::from_bytes(bytes)?,
            )),
            ContentKind::SenderKey => Self::SenderKey(SenderKeyMessage::from_bytes(bytes)?),
            ContentKind::Plaintext => Self::Plaintext(PlaintextContent::from_bytes(bytes)?),
        })
    }

    /// Its kind.
    pub const fn kind(&self) -> ContentKind {
        match self {
            Self::Pairwise(CiphertextMessage::Signal(_)) => ContentKind::Signal,
            Self::Pairwise(CiphertextMessage::PreKeySignal(_)) => ContentKind::PreKeySignal,
            Self::SenderKey(_) => ContentKind::SenderKey,
            Self::Plaintext(_) => ContentKind::Plaintext,
        }
    }

    /// Its wire form.
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Pairwise(message) => message.as_bytes(),
            Self::SenderKey(message) => message.as_bytes(),
            Self::Plaintext(content) => content.as_bytes(),
        }
    }
}

impl From<CiphertextMessage> for ContentMessage {
    fn from(message: CiphertextMessage) -> Self {
        Self::Pairwise(message)
    }
}

impl From<SenderKeyMessage> for ContentMessage {
    fn from(message: SenderKeyMessage) -> Self {
        Self::SenderKey(message)
    }
}

impl From<PlaintextContent> for ContentMessage {
    fn from(content: PlaintextContent) -> Self {
        Self::Plaintext(content)
    }
}

/// Why the message inside a seal cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MalformedContentMessage {
    /// A pairwise or group message that cannot be read.
    #[error(transparent)]
    Message(#[from] MalformedMessage),
    /// A plaintext content that cannot be read.
    #[error(transparent)]
    Plaintext(#[from] crate::sealed_sender::MalformedPlaintextContent),
}
