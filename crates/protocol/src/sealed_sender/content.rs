//! What is inside a seal: a message, and the certificate of its sender (spec section 2).

use prost::Message as _;

use crate::sealed_sender::version_1;
use crate::sealed_sender::{
    ContentKind, ContentMessage, MalformedContent, MalformedContentMessage, SenderCertificate, SenderClaims,
};

#[derive(Clone, PartialEq, Eq, prost::Message)]
struct Fields {
    #[prost(uint32, optional, tag = "1")]
    kind: Option<u32>,
    #[prost(bytes = "vec", optional, tag = "2")]
    certificate: Option<Vec<u8>>,
    #[prost(bytes = "vec", optional, tag = "3")]
    message: Option<Vec<u8>>,
    #[prost(uint32, optional, tag = "4")]
    hint: Option<u32>,
    #[prost(bytes = "vec", optional, tag = "5")]
    group: Option<Vec<u8>>,
    /// Not in the specification: zeros, which other implementations skip as they skip every field they do not know.
    #[prost(bytes = "vec", optional, tag = "15")]
    padding: Option<Vec<u8>>,
}

/// More than a padding field can add beside its zeros, and to the lengths in front of it.
const MOST_OVERHEAD: usize = 16;

/// What a padding field takes.
fn padding_length(zeros: usize) -> usize {
    prost::length_delimiter_len(zeros) + zeros + 1
}

/// What a recipient who cannot decrypt the message had better do.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum ContentHint {
    /// Tell the user at once.
    #[default]
    Default,
    /// Wait: the sender keeps a copy and will send it again.
    Resendable,
    /// Say nothing: it is typing, a receipt, and the like.
    Implicit,
    /// A hint that is not known, kept as it is.
    Other(u32),
}

impl ContentHint {
    /// The hint's number.
    pub const fn number(self) -> u32 {
        match self {
            Self::Default => 0,
            Self::Resendable => 1,
            Self::Implicit => 2,
            Self::Other(number) => number,
        }
    }

    /// The hint with a number.
    pub const fn from_number(number: u32) -> Self {
        match number {
            0 => Self::Default,
            1 => Self::Resendable,
            2 => Self::Implicit,
            other => Self::Other(other),
        }
    }
}

/// A message together with the certificate of its sender, to be sealed.
#[derive(Clone)]
pub struct Content {
    kind: ContentKind,
    certificate: SenderCertificate,
    message: Vec<u8>,
    hint: ContentHint,
    group: Option<Vec<u8>>,
    /// Zeros of padding, if there is any.
    padding: Option<usize>,
}

impl Content {
    /// Puts a message of ours together with our certificate. An empty group id is the same as none.
    pub fn new(
        message: &ContentMessage,
        certificate: SenderCertificate,
        hint: ContentHint,
        group: Option<Vec<u8>>,
    ) -> Self {
        Self {
            kind: message.kind(),
            certificate,
            message: message.as_bytes().to_vec(),
            hint,
            group: group.filter(|group| !group.is_empty()),
            padding: None,
        }
    }

    /// How long [`Self::seal_v1`] makes it.
    pub fn sealed_v1_length(&self) -> usize {
        version_1::sealed_length(self.to_bytes().len())
    }

    /// Adds zeros, so that what [`Self::seal_v1`] makes of it has exactly this length. `None` if it is longer without
    /// any, or if no number of zeros comes out there, which happens only a byte or two above the length without.
    pub fn padded(mut self, sealed_length: usize) -> Option<Self> {
        self.padding = None;
        let bare = self.to_bytes().len();
        let room = sealed_length.checked_sub(version_1::sealed_length(bare))?;
        if room > 0 {
            // A field takes a few bytes beside its zeros, and the lengths of what is around it may grow with it.
            let fits =
                |&zeros: &usize| version_1::sealed_length(bare + padding_length(zeros)) == sealed_length;
            self.padding = Some((room.saturating_sub(MOST_OVERHEAD)..room).rev().find(fits)?);
        }
        Some(self)
    }

    /// Reads the serialized form.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, MalformedContent> {
        let fields = Fields::decode(bytes).map_err(|_| MalformedContent::Protobuf)?;
        let missing = |number| MalformedContent::MissingField { number };
        let kind = fields.kind.ok_or(missing(1))?;
        Ok(Self {
            kind: ContentKind::from_field(kind).ok_or(MalformedContent::Type { found: kind })?,
            certificate: SenderCertificate::from_bytes(&fields.certificate.ok_or(missing(2))?)?,
            message: fields.message.ok_or(missing(3))?,
            hint: ContentHint::from_number(fields.hint.unwrap_or(0)),
            group: fields.group,
            padding: None,
        })
    }

    /// The serialized form.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let fields = Fields {
            kind: Some(self.kind.field()),
            certificate: Some(self.certificate.as_bytes().to_vec()),
            message: Some(self.message.clone()),
            hint: Some(self.hint.number()).filter(|&hint| hint != 0),
            group: self.group.clone().filter(|group| !group.is_empty()),
            padding: self.padding.map(|zeros| vec![0; zeros]),
        };
        fields.encode_to_vec()
    }

    /// The kind of the message.
    pub const fn kind(&self) -> ContentKind {
        self.kind
    }

    /// What to do if the message does not decrypt.
    pub const fn hint(&self) -> ContentHint {
        self.hint
    }

    /// Which group the message is about, for a recipient who cannot decrypt it.
    pub fn group(&self) -> Option<&[u8]> {
        self.group.as_deref()
    }

    /// The sender's certificate; in a content that was opened nothing in it is checked.
    pub const fn certificate(&self) -> &SenderCertificate {
        &self.certificate
    }

    /// The message, not yet read.
    pub fn message_bytes(&self) -> &[u8] {
        &self.message
    }

    /// Reads the message.
    pub fn message(&self) -> Result<ContentMessage, MalformedContentMessage> {
        ContentMessage::from_bytes(self.kind, &self.message)
    }

    pub(super) const fn claims(&self) -> &SenderClaims {
        self.certificate.claims()
    }
}
