//! `/v1/open`: what anybody may ask, without saying who they are.
//!
//! Deliveries may be sent without waiting for the answers; the relay stores those of one connection to one mailbox
//! in the order in which they came. But one that is refused does not take along what was sent after it: whoever needs
//! an order in spite of refusals puts the envelopes into one delivery, of which the relay stores a prefix, and waits for
//! the answer before the next (`docs/adr/0014-deliveries-in-batches.md`).

use bytes::Bytes;

use crate::error::{DecodeError, InField, read, required, write};
use crate::handshake::{Closing, Hello, Welcome};
use crate::id::{AccountId, ClientMessageId, DeviceId, RequestId};
use crate::limits::{MAX_DELIVERY_BYTES, MAX_ENVELOPES_PER_DELIVERY};
use crate::payload::{DeliveryToken, Payload};
use crate::prekey::PrekeyBundle;
use crate::proto;
use crate::proto::{open_client_frame, open_relay_frame};
use crate::refusal::Refusal;
use crate::user_name::UserName;

/// The path of this endpoint.
pub const PATH: &str = "/v1/open";

/// A frame from anybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientFrame {
    /// The first frame.
    Hello(Hello),
    /// Every other one.
    Request {
        /// Repeated in the answer.
        id: RequestId,
        /// What is asked.
        request: Request,
    },
}

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
    /// Reserved.
    pub delivery_token: Option<DeliveryToken>,
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
    /// Reserved.
    pub delivery_token: Option<DeliveryToken>,
}

/// A frame from the relay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RelayFrame {
    /// The answer to the hello.
    Welcome(Welcome),
    /// The answer to a request.
    Answer {
        /// That of the request.
        id: RequestId,
        /// What was asked for, or why not.
        outcome: Result<Answer, Refusal>,
    },
    /// A refusal that concerns the connection; the relay hangs up.
    Refused(Refusal),
    /// The relay hangs up.
    Closing(Closing),
}

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
    /// The account that has the user name.
    UserNameFound(AccountId),
}

impl ClientFrame {
    /// The frame's bytes.
    pub fn encode(&self) -> Bytes {
        use open_client_frame::Body;
        let (request_id, body) = match self {
            Self::Hello(hello) => (0, Body::Hello(hello.to_wire())),
            Self::Request { id, request } => {
                let body = match request {
                    Request::Deliver(deliver) => Body::Deliver(deliver.to_wire()),
                    Request::FetchBundle(fetch) => Body::FetchBundle(fetch.to_wire()),
                    Request::LookUpUserName(name) => Body::LookUpUserName(proto::LookUpUserName {
                        user_name: name.as_str().to_owned(),
                    }),
                };
                (id.to_wire(), body)
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
            Body::Hello(hello) => return Hello::from_wire(hello).map(Self::Hello),
            Body::Deliver(deliver) => Request::Deliver(Deliver::from_wire(deliver)?),
            Body::FetchBundle(fetch) => Request::FetchBundle(FetchBundle::from_wire(fetch)?),
            Body::LookUpUserName(look_up) => {
                Request::LookUpUserName(look_up.user_name.parse().in_field("user_name")?)
            }
        };
        let id = required(RequestId::from_wire(frame.request_id), "request_id")?;
        Ok(Self::Request { id, request })
    }
}

impl RelayFrame {
    /// The frame's bytes.
    pub fn encode(&self) -> Bytes {
        use open_relay_frame::Body;
        let (request_id, body) = match self {
            Self::Welcome(welcome) => (0, Body::Welcome(welcome.to_wire(Bytes::new()))),
            Self::Answer { id, outcome } => {
                let body = match outcome {
                    Err(refusal) => Body::Refused(refusal.to_wire()),
                    Ok(Answer::Delivered { stored }) => Body::Delivered(proto::Delivered {
                        // Proof: there are no more than fit a delivery.
                        stored: u32::try_from(*stored).unwrap_or(u32::MAX),
                    }),
                    Ok(Answer::Bundle(bundle)) => Body::Bundle(bundle.to_wire()),
                    Ok(Answer::UserNameFound(account)) => Body::UserNameFound(proto::UserNameFound {
                        account: Bytes::copy_from_slice(account.as_bytes()),
                    }),
                };
                (id.to_wire(), body)
            }
            Self::Refused(refusal) => (0, Body::Refused(refusal.to_wire())),
            Self::Closing(closing) => (0, Body::Closing(closing.to_wire())),
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
        let id = RequestId::from_wire(frame.request_id);
        let answer = |answer| {
            let id = required(id, "request_id")?;
            Ok(Self::Answer {
                id,
                outcome: Ok(answer),
            })
        };
        match frame.body.ok_or(DecodeError::UnknownBody)? {
            Body::Welcome(welcome) => Welcome::from_wire(&welcome).map(Self::Welcome),
            Body::Refused(refused) => {
                let refusal = Refusal::from_wire(refused);
                Ok(match id {
                    Some(id) => Self::Answer {
                        id,
                        outcome: Err(refusal),
                    },
                    None => Self::Refused(refusal),
                })
            }
            Body::Closing(closing) => Ok(Self::Closing(Closing::from_wire(closing))),
            Body::Delivered(proto::Delivered { stored }) => {
                let stored = usize::try_from(stored).in_field("stored")?;
                if !(1..=MAX_ENVELOPES_PER_DELIVERY).contains(&stored) {
                    return Err(DecodeError::Invalid { field: "stored" });
                }
                answer(Answer::Delivered { stored })
            }
            Body::Bundle(bundle) => answer(Answer::Bundle(Box::new(PrekeyBundle::from_wire(bundle)?))),
            Body::UserNameFound(found) => answer(Answer::UserNameFound(
                AccountId::from_slice(&found.account).in_field("account")?,
            )),
        }
    }
}

impl Deliver {
    fn to_wire(&self) -> proto::Deliver {
        proto::Deliver {
            account: Bytes::copy_from_slice(self.account.as_bytes()),
            device: self.device.number(),
            envelopes: self.envelopes.0.iter().map(Envelope::to_wire).collect(),
            ephemeral: self.ephemeral,
            delivery_token: DeliveryToken::to_wire(self.delivery_token.as_ref()),
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
            delivery_token: DeliveryToken::from_wire(deliver.delivery_token)?,
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
            delivery_token: DeliveryToken::to_wire(self.delivery_token.as_ref()),
        }
    }

    fn from_wire(fetch: proto::FetchBundle) -> Result<Self, DecodeError> {
        Ok(Self {
            account: AccountId::from_slice(&fetch.account).in_field("account")?,
            device: DeviceId::new(fetch.device).in_field("device")?,
            delivery_token: DeliveryToken::from_wire(fetch.delivery_token)?,
        })
    }
}

#[cfg(test)]
mod tests;
