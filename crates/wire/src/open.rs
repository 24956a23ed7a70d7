//! `/v1/open`: what anybody may ask, without saying who they are.
//!
//! Deliveries may be sent without waiting for the answers; the relay stores those of one connection to one mailbox
//! in the order in which they came. But one that is refused does not take along what was sent after it: whoever needs
//! an order in spite of refusals puts the envelopes into one delivery, of which the relay stores a prefix, and waits for
//! the answer before the next (`docs/adr/0014-deliveries-in-batches.md`).

use std::convert::Infallible;

use bytes::Bytes;

use crate::error::{DecodeError, InField, read, write};
use crate::frame::{self, ClientBody, RelayBody};
use crate::handshake::Welcome;
use crate::id::{AccountId, ClientMessageId, DeviceId};
use crate::limits::{MAX_DELIVERY_BYTES, MAX_ENVELOPES_PER_DELIVERY};
use crate::payload::Payload;
use crate::prekey::PrekeyBundle;
use crate::proto;
use crate::proto::{open_client_frame, open_relay_frame};
use crate::token::DeliveryToken;
use crate::user_name::UserName;

/// A field of several messages.
const DELIVERY_TOKEN: &str = "delivery_token";

/// The path of this endpoint.
pub const PATH: &str = "/v1/open";

/// A frame from anybody.
pub type ClientFrame = frame::ClientFrame<Request>;

/// What anybody may ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// Put envelopes into a mailbox; answered by [`Answer::Delivered`].
    Deliver(Deliver),
    /// What is needed to begin a session with a device; answered by [`Answer::Bundle`]. Uses up one-time prekeys.
    FetchBundle(FetchBundle),
    /// Whose user name it is; answered by [`Answer::UserNameFound`].
    LookUpUserName(UserName),
}

/// Envelopes for one mailbox, to be stored in this order. There is no sender in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deliver {
    /// The mailbox's account.
    pub account: AccountId,
    /// The mailbox's device.
    pub device: DeviceId,
    /// What is to be put into it.
    pub envelopes: Envelopes,
    /// Worth nothing later: dropped when the device is not connected, and said delivered all the same, because
    /// strangers are not told who is there.
    pub ephemeral: bool,
    /// Shows that the sender may.
    pub delivery_token: DeliveryToken,
}

/// One envelope of a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// The same each time the delivery is tried again; the relay ignores what it already had, and says delivered.
    pub client_message_id: ClientMessageId,
    /// What is carried.
    pub payload: Payload,
}

/// The envelopes of a delivery, in order: 1 to [`MAX_ENVELOPES_PER_DELIVERY`], and at most [`MAX_DELIVERY_BYTES`] of
/// payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelopes(Vec<Envelope>);

impl Envelopes {
    /// A single one.
    pub fn one(envelope: Envelope) -> Self {
        Self(vec![envelope])
    }

    /// `None` if there are none, too many, or too many bytes of them.
    pub fn new(envelopes: Vec<Envelope>) -> Option<Self> {
        let bytes: usize = envelopes
            .iter()
            .map(|envelope| envelope.payload.as_bytes().len())
            .sum();
        let allowed = (1..=MAX_ENVELOPES_PER_DELIVERY).contains(&envelopes.len());
        (allowed && bytes <= MAX_DELIVERY_BYTES).then_some(Self(envelopes))
    }

    /// The envelopes.
    pub fn as_slice(&self) -> &[Envelope] {
        &self.0
    }

    /// The envelopes.
    pub fn into_vec(self) -> Vec<Envelope> {
        self.0
    }
}

/// Whose prekeys are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchBundle {
    /// The account.
    pub account: AccountId,
    /// The device.
    pub device: DeviceId,
    /// Shows that the asker may.
    pub delivery_token: DeliveryToken,
}

/// A frame from the relay: it challenges nobody here, and pushes nothing.
pub type RelayFrame = frame::RelayFrame<(), Answer, Infallible>;

/// What was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// So many of the envelopes, from the first one on, are on the relay's disk (or were ephemeral). The one after them
    /// was refused, and what follows it was not looked at. If it is the first that is refused, so is the delivery.
    Delivered {
        /// At least 1.
        stored: usize,
    },
    /// The bundle.
    Bundle(Box<PrekeyBundle>),
    /// The account that has the user name, and how to reach it.
    UserNameFound(UserNameFound),
}

/// Whose a user name is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserNameFound {
    /// The account.
    pub account: AccountId,
    /// Opens the account's mailboxes for a while; what comes under it is a request to its owner.
    pub delivery_token: DeliveryToken,
    /// Until when it is good, in milliseconds since 1970.
    pub expires_at_ms: u64,
}

impl ClientFrame {
    /// The frame's bytes.
    pub fn encode(&self) -> Bytes {
        use open_client_frame::Body;
        let (request_id, body) = self.take_apart();
        let body = match body {
            ClientBody::Hello(hello) => Body::Hello(hello),
            ClientBody::Request(Request::Deliver(deliver)) => Body::Deliver(deliver.to_wire()),
            ClientBody::Request(Request::FetchBundle(fetch)) => Body::FetchBundle(fetch.to_wire()),
            ClientBody::Request(Request::LookUpUserName(name)) => {
                Body::LookUpUserName(proto::LookUpUserName {
                    user_name: name.as_str().to_owned(),
                })
            }
        };
        write(&proto::OpenClientFrame {
            request_id,
            body: Some(body),
        })
    }

    /// Reads and checks a frame.
    pub fn decode(frame: Bytes) -> Result<Self, DecodeError> {
        use open_client_frame::Body;
        let frame: proto::OpenClientFrame = read(frame)?;
        let request = match frame.body.ok_or(DecodeError::UnknownBody)? {
            Body::Hello(hello) => return Self::put_together(frame.request_id, ClientBody::Hello(hello)),
            Body::Deliver(deliver) => Request::Deliver(Deliver::from_wire(deliver)?),
            Body::FetchBundle(fetch) => Request::FetchBundle(FetchBundle::from_wire(fetch)?),
            Body::LookUpUserName(look_up) => {
                Request::LookUpUserName(look_up.user_name.parse().in_field("user_name")?)
            }
        };
        Self::put_together(frame.request_id, ClientBody::Request(request))
    }
}

impl RelayFrame {
    /// The frame's bytes.
    pub fn encode(&self) -> Bytes {
        use open_relay_frame::Body;
        let (request_id, body) = self.take_apart();
        let body = match body {
            RelayBody::Welcome(welcome, ()) => Body::Welcome(welcome.to_wire(Bytes::new())),
            RelayBody::Refused(refused) => Body::Refused(refused),
            RelayBody::Closing(closing) => Body::Closing(closing),
            RelayBody::Answer(Answer::Delivered { stored }) => Body::Delivered(proto::Delivered {
                // Proof: there are no more than fit a delivery.
                stored: u32::try_from(*stored).unwrap_or(u32::MAX),
            }),
            RelayBody::Answer(Answer::Bundle(bundle)) => Body::Bundle(bundle.to_wire()),
            RelayBody::Answer(Answer::UserNameFound(found)) => Body::UserNameFound(found.to_wire()),
            RelayBody::Push(never) => match *never {},
        };
        write(&proto::OpenRelayFrame {
            request_id,
            body: Some(body),
        })
    }

    /// Reads and checks a frame.
    pub fn decode(frame: Bytes) -> Result<Self, DecodeError> {
        use open_relay_frame::Body;
        let frame: proto::OpenRelayFrame = read(frame)?;
        let body = match frame.body.ok_or(DecodeError::UnknownBody)? {
            Body::Welcome(welcome) => RelayBody::Welcome(Welcome::from_wire(&welcome)?, ()),
            Body::Refused(refused) => RelayBody::Refused(refused),
            Body::Closing(closing) => RelayBody::Closing(closing),
            Body::Delivered(proto::Delivered { stored }) => {
                let stored = usize::try_from(stored).in_field("stored")?;
                if !(1..=MAX_ENVELOPES_PER_DELIVERY).contains(&stored) {
                    return Err(DecodeError::Invalid { field: "stored" });
                }
                RelayBody::Answer(Answer::Delivered { stored })
            }
            Body::Bundle(bundle) => {
                RelayBody::Answer(Answer::Bundle(Box::new(PrekeyBundle::from_wire(bundle)?)))
            }
            Body::UserNameFound(found) => {
                RelayBody::Answer(Answer::UserNameFound(UserNameFound::from_wire(found)?))
            }
        };
        Self::put_together(frame.request_id, body)
    }
}

impl UserNameFound {
    fn to_wire(&self) -> proto::UserNameFound {
        proto::UserNameFound {
            account: Bytes::copy_from_slice(self.account.as_bytes()),
            delivery_token: self.delivery_token.to_wire(),
            expires_at_ms: self.expires_at_ms,
        }
    }

    fn from_wire(found: proto::UserNameFound) -> Result<Self, DecodeError> {
        Ok(Self {
            account: AccountId::from_slice(&found.account).in_field("account")?,
            delivery_token: DeliveryToken::from_wire(found.delivery_token, DELIVERY_TOKEN)?,
            expires_at_ms: found.expires_at_ms,
        })
    }
}

impl Deliver {
    fn to_wire(&self) -> proto::Deliver {
        proto::Deliver {
            account: Bytes::copy_from_slice(self.account.as_bytes()),
            device: self.device.number(),
            envelopes: self.envelopes.0.iter().map(Envelope::to_wire).collect(),
            ephemeral: self.ephemeral,
            delivery_token: self.delivery_token.to_wire(),
        }
    }

    fn from_wire(deliver: proto::Deliver) -> Result<Self, DecodeError> {
        const INVALID: DecodeError = DecodeError::Invalid { field: "envelopes" };
        if deliver.envelopes.len() > MAX_ENVELOPES_PER_DELIVERY {
            return Err(INVALID);
        }
        let envelopes = deliver.envelopes.into_iter().map(Envelope::from_wire);
        Ok(Self {
            account: AccountId::from_slice(&deliver.account).in_field("account")?,
            device: DeviceId::new(deliver.device).in_field("device")?,
            envelopes: Envelopes::new(envelopes.collect::<Result<_, _>>()?).ok_or(INVALID)?,
            ephemeral: deliver.ephemeral,
            delivery_token: DeliveryToken::from_wire(deliver.delivery_token, DELIVERY_TOKEN)?,
        })
    }
}

impl Envelope {
    fn to_wire(&self) -> proto::Envelope {
        proto::Envelope {
            client_message_id: Bytes::copy_from_slice(self.client_message_id.as_bytes()),
            payload: self.payload.clone().into_bytes(),
        }
    }

    fn from_wire(envelope: proto::Envelope) -> Result<Self, DecodeError> {
        Ok(Self {
            client_message_id: ClientMessageId::try_from(&*envelope.client_message_id)
                .in_field("client_message_id")?,
            payload: Payload::new(envelope.payload).in_field("payload")?,
        })
    }
}

impl FetchBundle {
    fn to_wire(&self) -> proto::FetchBundle {
        proto::FetchBundle {
            account: Bytes::copy_from_slice(self.account.as_bytes()),
            device: self.device.number(),
            delivery_token: self.delivery_token.to_wire(),
        }
    }

    fn from_wire(fetch: proto::FetchBundle) -> Result<Self, DecodeError> {
        Ok(Self {
            account: AccountId::from_slice(&fetch.account).in_field("account")?,
            device: DeviceId::new(fetch.device).in_field("device")?,
            delivery_token: DeliveryToken::from_wire(fetch.delivery_token, DELIVERY_TOKEN)?,
        })
    }
}

#[cfg(test)]
mod tests;
