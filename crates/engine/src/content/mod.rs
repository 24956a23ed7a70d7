//! What people say to each other, inside the encryption.
//!
//! [`Content`] is what [`Content::decode`] found to be well-formed: ids of the right length, texts within bounds, names
//! cleaned. What is encrypted is its protobuf, padded (`docs/adr/0012-content.md`).

mod change;
mod kind;
mod padding;
mod words;

use prost::Message as _;
use sotto_wire::{DeliveryToken, RelayAddress};
use zeroize::Zeroizing;

use crate::clock::Timestamp;
use crate::invite_secret::InviteSecret;
use crate::model::DisplayName;
use crate::proto::content as proto;
use crate::reach::Reach;
use crate::store::table::messages::ContentId;

pub(crate) use change::{Edit, Reaction, Reference, Text, Timer};
pub(crate) use words::{Verdict, WordsMessage, WordsStep};

/// The longest text, in bytes of UTF-8: what is left of a relay's 64 KiB behind padding, headers and the envelope.
pub const MAX_TEXT_BYTES: usize = 60_000;

/// The most messages that one receipt is for.
pub(crate) const MAX_RECEIPT_IDS: usize = 1024;

/// One thing somebody says.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Content {
    /// Its name.
    pub(crate) id: ContentId,
    /// When its author wrote it, by the author's clock.
    pub(crate) sent_at: Timestamp,
    /// What it says.
    pub(crate) body: Body,
}

/// What a piece of content says.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Body {
    /// Words, at most [`MAX_TEXT_BYTES`] of them.
    Text(Text),
    /// Messages have arrived, or been read; at most [`MAX_RECEIPT_IDS`].
    Receipt(ReceiptKind, Vec<ContentId>),
    /// The author writes, or stopped to.
    Typing(bool),
    /// The author opened our invite.
    InviteAcceptance(InviteAcceptance),
    /// The invite of the author's that we opened is worthless by now.
    InviteDeclined,
    /// The author found us by our user name.
    Introduction(Introduction),
    /// What the author is called, and how they are reached.
    Profile(Profile),
    /// The author could not decrypt a message of ours.
    ResendRequest(CiphertextDigest),
    /// The author compares by words with us.
    Words(WordsMessage),
    /// What the author thinks of a message.
    Reaction(Reaction),
    /// Another text for one of the author's own.
    Edit(Edit),
    /// One of the author's own texts is to be forgotten.
    Deletion(ContentId),
    /// How long texts are kept from now on.
    Timer(Timer),
}

impl Body {
    /// How its author is reached, if it says so.
    pub(crate) fn reach(&self) -> Option<&Reach> {
        match self {
            Self::InviteAcceptance(acceptance) => Some(&acceptance.reach),
            Self::Introduction(introduction) => Some(&introduction.reach),
            Self::Profile(profile) => profile.reach.as_ref(),
            Self::Text(_)
            | Self::Receipt(..)
            | Self::Typing(_)
            | Self::InviteDeclined
            | Self::ResendRequest(_)
            | Self::Words(_)
            | Self::Reaction(_)
            | Self::Edit(_)
            | Self::Deletion(_)
            | Self::Timer(_) => None,
        }
    }
}

/// What a receipt says about messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReceiptKind {
    /// They have arrived.
    Delivered,
    /// They have been read.
    Read,
}

/// The first words of who opened an invite.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct InviteAcceptance {
    /// What shows that they hold the link.
    pub(crate) secret: InviteSecret,
    /// What they call themself.
    pub(crate) name: DisplayName,
    /// Where the answer is to go.
    pub(crate) relay: RelayAddress,
    /// How it gets there.
    pub(crate) reach: Reach,
}

/// The first words of who found us by our user name.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Introduction {
    /// What they call themself.
    pub(crate) name: DisplayName,
    /// Where the answer is to go.
    pub(crate) relay: RelayAddress,
    /// How it gets there.
    pub(crate) reach: Reach,
}

/// What somebody tells of themself.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Profile {
    /// What they call themself.
    pub(crate) name: DisplayName,
    /// How they are reached; `None`: as before.
    pub(crate) reach: Option<Reach>,
}

/// The SHA-256 of a ciphertext, by which somebody who cannot read it can still name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct CiphertextDigest([u8; 32]);

impl CiphertextDigest {
    /// That of `ciphertext`.
    pub(crate) fn of(ciphertext: &[u8]) -> Self {
        let mut bytes = [0; 32];
        // Proof: SHA-256 is 32 bytes long.
        bytes.copy_from_slice(ring::digest::digest(&ring::digest::SHA256, ciphertext).as_ref());
        Self(bytes)
    }

    /// The bytes.
    pub(crate) const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// Why decrypted bytes are not content. They came from the peer: the peer's program is newer, or not ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ContentError {
    /// There is no padding to take off.
    #[error("content without padding")]
    Padding,
    /// It is not protobuf of this schema.
    #[error("content that is not protobuf")]
    Malformed,
    /// It says something that this version does not know.
    #[error("content of an unknown kind")]
    UnknownBody {
        /// Its name.
        id: ContentId,
        /// When its author wrote it.
        sent_at: Timestamp,
        /// Whether the reader need not be told of it.
        silent: bool,
    },
    /// A field has a value that it may not have.
    #[error("content with an impossible field {field}")]
    Invalid {
        /// Its name in the schema.
        field: &'static str,
    },
}

/// The content is longer than the largest padding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("content that is too long to be sent")]
pub(crate) struct TooLong;

impl Content {
    /// New content, written now.
    pub(crate) fn new(body: Body, now: Timestamp) -> Self {
        Self {
            id: ContentId::random(),
            sent_at: now,
            body,
        }
    }

    /// The form in which it waits to be encrypted; see [`pad`].
    pub(crate) fn encode(&self) -> Result<Zeroizing<Vec<u8>>, TooLong> {
        let body = match &self.body {
            Body::Text(text) => proto::content::Body::Text(text.to_wire()),
            Body::Receipt(kind, ids) => proto::content::Body::Receipt(proto::Receipt {
                kind: match kind {
                    ReceiptKind::Delivered => proto::receipt::Kind::Delivered,
                    ReceiptKind::Read => proto::receipt::Kind::Read,
                }
                .into(),
                content_ids: ids.iter().map(|id| id.0.to_vec()).collect(),
            }),
            Body::Typing(typing) => proto::content::Body::Typing(proto::Typing { typing: *typing }),
            Body::InviteAcceptance(acceptance) => {
                proto::content::Body::InviteAcceptance(proto::InviteAcceptance {
                    secret: acceptance.secret.expose_bytes().to_vec(),
                    display_name: acceptance.name.as_str().to_owned(),
                    relay: acceptance.relay.to_string(),
                    reach: Some(to_wire(&acceptance.reach)),
                })
            }
            Body::InviteDeclined => proto::content::Body::InviteDeclined(proto::InviteDeclined {}),
            Body::Introduction(introduction) => proto::content::Body::Introduction(proto::Introduction {
                display_name: introduction.name.as_str().to_owned(),
                relay: introduction.relay.to_string(),
                reach: Some(to_wire(&introduction.reach)),
            }),
            Body::Profile(profile) => proto::content::Body::Profile(proto::Profile {
                display_name: profile.name.as_str().to_owned(),
                reach: profile.reach.as_ref().map(to_wire),
            }),
            Body::ResendRequest(digest) => proto::content::Body::ResendRequest(proto::ResendRequest {
                ciphertext_digest: digest.0.to_vec(),
            }),
            Body::Words(message) => message.to_wire(),
            Body::Reaction(reaction) => proto::content::Body::Reaction(reaction.to_wire()),
            Body::Edit(edit) => proto::content::Body::Edit(edit.to_wire()),
            Body::Deletion(id) => proto::content::Body::Deletion(proto::Deletion {
                content_id: id.0.to_vec(),
            }),
            Body::Timer(timer) => proto::content::Body::Timer(timer.to_wire()),
        };
        let content = proto::Content {
            id: self.id.0.to_vec(),
            sent_at_ms: self.sent_at.millis().try_into().unwrap_or(0),
            body: Some(body),
            silent: self.body.is_silent(),
        };
        let bytes = Zeroizing::new(content.encode_to_vec());
        if bytes.len() > padding::MAX_CONTENT_BYTES {
            return Err(TooLong);
        }
        Ok(bytes)
    }

    /// Reads what was decrypted: the padded form.
    pub(crate) fn decode(padded: &[u8]) -> Result<Self, ContentError> {
        Self::parse(padding::unpad(padded).ok_or(ContentError::Padding)?)
    }

    /// Reads what [`Content::encode`] wrote.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, ContentError> {
        let content = proto::Content::decode(bytes).map_err(|_| ContentError::Malformed)?;
        let id = array(&content.id, "id").map(ContentId)?;
        let sent_at = Timestamp::from_millis(content.sent_at_ms.try_into().unwrap_or(i64::MAX));
        let silent = content.silent;
        let unknown = ContentError::UnknownBody { id, sent_at, silent };
        let body = match content.body.ok_or(unknown)? {
            proto::content::Body::Text(text) => Body::Text(Text::read(text)?),
            proto::content::Body::Receipt(receipt) => receipt_body(&receipt)?,
            proto::content::Body::Typing(proto::Typing { typing }) => Body::Typing(typing),
            proto::content::Body::InviteAcceptance(acceptance) => Body::InviteAcceptance(InviteAcceptance {
                secret: array(&acceptance.secret, "secret").map(InviteSecret::from_bytes)?,
                name: name(&acceptance.display_name)?,
                relay: relay(&acceptance.relay)?,
                reach: acceptance.reach.ok_or(NO_REACH).and_then(reach)?,
            }),
            proto::content::Body::InviteDeclined(proto::InviteDeclined {}) => Body::InviteDeclined,
            proto::content::Body::Introduction(introduction) => Body::Introduction(Introduction {
                name: name(&introduction.display_name)?,
                relay: relay(&introduction.relay)?,
                reach: introduction.reach.ok_or(NO_REACH).and_then(reach)?,
            }),
            proto::content::Body::Profile(profile) => Body::Profile(Profile {
                name: name(&profile.display_name)?,
                reach: profile.reach.map(reach).transpose()?,
            }),
            proto::content::Body::ResendRequest(request) => Body::ResendRequest(CiphertextDigest(array(
                &request.ciphertext_digest,
                "ciphertext_digest",
            )?)),
            proto::content::Body::WordsBegin(begin) => Body::Words(begin.try_into()?),
            proto::content::Body::WordsAnswer(answer) => Body::Words(answer.try_into()?),
            proto::content::Body::WordsOpening(opening) => Body::Words(opening.try_into()?),
            proto::content::Body::WordsVerdict(verdict) => Body::Words(verdict.try_into()?),
            proto::content::Body::Reaction(reaction) => Body::Reaction(Reaction::read(reaction)?),
            proto::content::Body::Edit(edit) => Body::Edit(Edit::read(edit)?),
            proto::content::Body::Deletion(deletion) => {
                Body::Deletion(array(&deletion.content_id, "content_id").map(ContentId)?)
            }
            proto::content::Body::Timer(timer) => Body::Timer(Timer::read(timer)?),
        };
        Ok(Self { id, sent_at, body })
    }
}

/// What is encrypted: encoded content, padded.
pub(crate) fn pad(encoded: &[u8]) -> Result<Zeroizing<Vec<u8>>, TooLong> {
    padding::pad(encoded).ok_or(TooLong)
}

fn receipt_body(receipt: &proto::Receipt) -> Result<Body, ContentError> {
    let kind = match receipt.kind() {
        proto::receipt::Kind::Delivered => ReceiptKind::Delivered,
        proto::receipt::Kind::Read => ReceiptKind::Read,
        proto::receipt::Kind::Unspecified => return Err(ContentError::Invalid { field: "kind" }),
    };
    if receipt.content_ids.len() > MAX_RECEIPT_IDS {
        return Err(ContentError::Invalid { field: "content_ids" });
    }
    let ids = receipt.content_ids.iter();
    let ids = ids.map(|id| array(id, "content_ids").map(ContentId));
    Ok(Body::Receipt(kind, ids.collect::<Result<_, _>>()?))
}

const NO_REACH: ContentError = ContentError::Invalid { field: "reach" };

fn to_wire(reach: &Reach) -> proto::Reach {
    proto::Reach {
        delivery_token: reach.token.as_bytes().to_vec(),
        trust_root: reach.trust_root.as_bytes().to_vec(),
    }
}

fn reach(reach: proto::Reach) -> Result<Reach, ContentError> {
    Ok(Reach {
        token: DeliveryToken::new(reach.delivery_token).ok_or(NO_REACH)?,
        trust_root: array::<33>(&reach.trust_root, "trust_root")?.into(),
    })
}

fn relay(text: &str) -> Result<RelayAddress, ContentError> {
    text.parse().map_err(|_| ContentError::Invalid { field: "relay" })
}

fn name(text: &str) -> Result<DisplayName, ContentError> {
    DisplayName::from_peer(text).ok_or(ContentError::Invalid {
        field: "display_name",
    })
}

fn array<const N: usize>(bytes: &[u8], field: &'static str) -> Result<[u8; N], ContentError> {
    bytes.try_into().map_err(|_| ContentError::Invalid { field })
}

#[cfg(test)]
mod tests;
