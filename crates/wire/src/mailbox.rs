//! `/v1/mailbox`: what the owner of a mailbox and the relay say to each other.
//!
//! ```text
//! client                                 relay
//! Hello                              ->
//!                                    <-  Welcome, challenge
//! Register (a new account, once)     ->      (refused, and told so, if it needs a [`Pass`]: then once more)
//!                                    <-  Registered
//! Authenticate                       ->
//!                                    <-  Authenticated
//!                                    <-  Envelope ... (everything that waited, in order), QueueEmpty
//! Acknowledge                        ->
//!                                    <-  Acknowledged (they are deleted, on disk)
//! PublishPrekeys, CountPrekeys       ->
//!                                    <-  PrekeyCounts
//! SetDeliveryTokens                  ->
//!                                    <-  DeliveryTokensSet
//! IssueSenderCertificate             ->
//!                                    <-  SenderCertificate
//! SetUserName                        ->
//!                                    <-  UserNameSet
//! ```

use bytes::Bytes;

use crate::address::RelayName;
use crate::error::{DecodeError, InField, read, write};
use crate::frame::{self, ClientBody, RelayBody};
use crate::handshake::Welcome;
use crate::id::{AccountId, DeviceId, EnvelopeId};
use crate::key::{CurveKey, Signature};
use crate::limits::{MAX_ACKNOWLEDGEMENTS, MAX_CERTIFICATE_BYTES};
use crate::pass::Pass;
use crate::payload::Payload;
use crate::prekey::{PrekeyCounts, PrekeyUpload};
use crate::proof::Challenge;
use crate::proto;
use crate::proto::{mailbox_client_frame, mailbox_relay_frame};
use crate::token::DeliveryTokens;
use crate::user_name::UserName;

/// The path of this endpoint.
pub const PATH: &str = "/v1/mailbox";

/// A frame from the owner.
pub type ClientFrame = frame::ClientFrame<Request>;

/// What an owner asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// Make an account; answered by [`Answer::Registered`]. The same again is answered the same.
    Register(Box<Register>),
    /// Prove to be the owner; answered by [`Answer::Authenticated`].
    Authenticate(Authenticate),
    /// Publish prekeys; answered by [`Answer::PrekeyCounts`].
    PublishPrekeys(Box<PrekeyUpload>),
    /// Ask how many prekeys are left; answered by [`Answer::PrekeyCounts`].
    CountPrekeys,
    /// Have envelopes deleted; answered by [`Answer::Acknowledged`].
    Acknowledge(Acknowledge),
    /// Say which tokens open the mailbox; answered by [`Answer::DeliveryTokensSet`].
    SetDeliveryTokens(DeliveryTokens),
    /// Ask for what shows recipients who a sealed message is from; answered by [`Answer::SenderCertificate`].
    IssueSenderCertificate,
    /// Be found by this user name from now on, or by none; answered by [`Answer::UserNameSet`]. The same again is answered
    /// the same.
    SetUserName(Option<UserName>),
}

/// A new account with its first device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Register {
    /// The account, chosen by its owner.
    pub account: AccountId,
    /// The device.
    pub device: DeviceId,
    /// The account's identity key.
    pub identity_key: CurveKey,
    /// The device's registration id.
    pub registration_id: u32,
    /// The name to be found by, for those who want to be found.
    pub user_name: Option<UserName>,
    /// The relay as the client dialled it.
    pub relay_name: RelayName,
    /// Of [`registration_string`](crate::registration_string), by the identity key.
    pub signature: Signature,
    /// What the relay asked for, if it did.
    pub pass: Option<Pass>,
}

/// A proof to be the owner of a mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authenticate {
    /// The account.
    pub account: AccountId,
    /// The device.
    pub device: DeviceId,
    /// The relay as the client dialled it.
    pub relay_name: RelayName,
    /// Of [`authentication_string`](crate::authentication_string), by the identity key.
    pub signature: Signature,
    /// Which installation of the device this is: one that another has taken the place of since is refused
    /// ([`Refusal::Moved`](crate::Refusal::Moved)). Not signed, since whoever has the identity key may say any. Clients
    /// before it was asked say none.
    pub registration_id: Option<u32>,
}

/// Envelopes that are safely stored at the client: 1 to [`MAX_ACKNOWLEDGEMENTS`] of those pushed on this connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acknowledge(Vec<EnvelopeId>);

impl Acknowledge {
    /// `None` if there are none or too many.
    pub fn new(envelopes: Vec<EnvelopeId>) -> Option<Self> {
        (1..=MAX_ACKNOWLEDGEMENTS)
            .contains(&envelopes.len())
            .then_some(Self(envelopes))
    }

    /// The envelopes.
    pub fn envelopes(&self) -> &[EnvelopeId] {
        &self.0
    }
}

/// A frame from the relay.
pub type RelayFrame = frame::RelayFrame<Challenge, Answer, Push>;

/// What was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The account exists.
    Registered,
    /// The owner is known; pushes follow.
    Authenticated,
    /// What is left of the prekeys.
    PrekeyCounts(PrekeyCounts),
    /// The envelopes are deleted.
    Acknowledged,
    /// These tokens open the mailbox now, and no other.
    DeliveryTokensSet,
    /// A sender certificate for the owner.
    SenderCertificate(IssuedCertificate),
    /// The account goes by this user name now, and by no other.
    UserNameSet,
}

/// A sender certificate of the Signal Protocol: account, device and identity key of its owner, signed by the relay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuedCertificate {
    /// Its bytes: 1 to [`MAX_CERTIFICATE_BYTES`].
    pub certificate: Bytes,
    /// How long it is good from now on, in milliseconds: what it says itself is by the relay's clock, which need not be
    /// the owner's.
    pub valid_for_ms: u64,
}

/// What the relay pushes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Push {
    /// An envelope that is kept until acknowledged, and pushed again on the next connection if it was not.
    Envelope {
        /// Its name; the same when it is pushed again.
        id: EnvelopeId,
        /// What it carries.
        payload: Payload,
        /// When the relay took it, in milliseconds since 1970 by the relay's clock.
        received_at_ms: u64,
        /// Whoever sent it found the mailbox by the owner's user name: it is a request to be heard.
        request: bool,
    },
    /// One that is not kept.
    Ephemeral {
        /// What it carries.
        payload: Payload,
    },
    /// Everything that waited at authentication has been pushed. Once per connection.
    QueueEmpty,
}

impl ClientFrame {
    /// The frame's bytes.
    pub fn encode(&self) -> Bytes {
        use mailbox_client_frame::Body;
        let (request_id, body) = self.take_apart();
        let body = match body {
            ClientBody::Hello(hello) => Body::Hello(hello),
            ClientBody::Request(Request::Register(register)) => Body::Register(register.to_wire()),
            ClientBody::Request(Request::Authenticate(proof)) => Body::Authenticate(proof.to_wire()),
            ClientBody::Request(Request::PublishPrekeys(upload)) => Body::PublishPrekeys(upload.to_wire()),
            ClientBody::Request(Request::CountPrekeys) => Body::CountPrekeys(proto::CountPrekeys {}),
            ClientBody::Request(Request::Acknowledge(acknowledge)) => {
                Body::Acknowledge(acknowledge.to_wire())
            }
            ClientBody::Request(Request::SetDeliveryTokens(tokens)) => {
                Body::SetDeliveryTokens(tokens.to_wire())
            }
            ClientBody::Request(Request::IssueSenderCertificate) => {
                Body::IssueSenderCertificate(proto::IssueSenderCertificate {})
            }
            ClientBody::Request(Request::SetUserName(name)) => Body::SetUserName(proto::SetUserName {
                user_name: user_name_to_wire(name.as_ref()),
            }),
        };
        write(&proto::MailboxClientFrame {
            request_id,
            body: Some(body),
        })
    }

    /// Reads and checks a frame.
    pub fn decode(frame: Bytes) -> Result<Self, DecodeError> {
        use mailbox_client_frame::Body;
        let frame: proto::MailboxClientFrame = read(frame)?;
        let request = match frame.body.ok_or(DecodeError::UnknownBody)? {
            Body::Hello(hello) => return Self::put_together(frame.request_id, ClientBody::Hello(hello)),
            Body::Register(register) => Request::Register(Box::new(Register::from_wire(register)?)),
            Body::Authenticate(authenticate) => Request::Authenticate(Authenticate::from_wire(authenticate)?),
            Body::PublishPrekeys(upload) => {
                Request::PublishPrekeys(Box::new(PrekeyUpload::from_wire(upload)?))
            }
            Body::CountPrekeys(proto::CountPrekeys {}) => Request::CountPrekeys,
            Body::Acknowledge(acknowledge) => Request::Acknowledge(Acknowledge::from_wire(&acknowledge)?),
            Body::SetDeliveryTokens(tokens) => Request::SetDeliveryTokens(DeliveryTokens::from_wire(tokens)?),
            Body::IssueSenderCertificate(proto::IssueSenderCertificate {}) => Request::IssueSenderCertificate,
            Body::SetUserName(proto::SetUserName { user_name }) => {
                Request::SetUserName(user_name_from_wire(&user_name)?)
            }
        };
        Self::put_together(frame.request_id, ClientBody::Request(request))
    }
}

impl RelayFrame {
    /// The frame's bytes.
    pub fn encode(&self) -> Bytes {
        use mailbox_relay_frame::Body;
        let (request_id, body) = self.take_apart();
        let body = match body {
            RelayBody::Welcome(welcome, challenge) => {
                Body::Welcome(welcome.to_wire(Bytes::copy_from_slice(challenge.as_bytes())))
            }
            RelayBody::Refused(refused) => Body::Refused(refused),
            RelayBody::Closing(closing) => Body::Closing(closing),
            RelayBody::Answer(Answer::Registered) => Body::Registered(proto::Registered {}),
            RelayBody::Answer(Answer::Authenticated) => Body::Authenticated(proto::Authenticated {}),
            RelayBody::Answer(Answer::PrekeyCounts(counts)) => Body::PrekeyCounts(counts.to_wire()),
            RelayBody::Answer(Answer::Acknowledged) => Body::Acknowledged(proto::Acknowledged {}),
            RelayBody::Answer(Answer::DeliveryTokensSet) => {
                Body::DeliveryTokensSet(proto::DeliveryTokensSet {})
            }
            RelayBody::Answer(Answer::SenderCertificate(issued)) => Body::SenderCertificate(issued.to_wire()),
            RelayBody::Answer(Answer::UserNameSet) => Body::UserNameSet(proto::UserNameSet {}),
            RelayBody::Push(Push::Envelope {
                id,
                payload,
                received_at_ms,
                request,
            }) => Body::Envelope(proto::PushedEnvelope {
                envelope_id: Bytes::copy_from_slice(id.as_bytes()),
                payload: payload.clone().into_bytes(),
                received_at_ms: *received_at_ms,
                request: *request,
            }),
            RelayBody::Push(Push::Ephemeral { payload }) => Body::Ephemeral(proto::PushedEphemeral {
                payload: payload.clone().into_bytes(),
            }),
            RelayBody::Push(Push::QueueEmpty) => Body::QueueEmpty(proto::QueueEmpty {}),
        };
        write(&proto::MailboxRelayFrame {
            request_id,
            body: Some(body),
        })
    }

    /// Reads and checks a frame.
    pub fn decode(frame: Bytes) -> Result<Self, DecodeError> {
        use mailbox_relay_frame::Body;
        let frame: proto::MailboxRelayFrame = read(frame)?;
        let body = match frame.body.ok_or(DecodeError::UnknownBody)? {
            Body::Welcome(welcome) => RelayBody::Welcome(
                Welcome::from_wire(&welcome)?,
                Challenge::try_from(&*welcome.challenge).in_field("challenge")?,
            ),
            Body::Refused(refused) => RelayBody::Refused(refused),
            Body::Closing(closing) => RelayBody::Closing(closing),
            Body::Registered(proto::Registered {}) => RelayBody::Answer(Answer::Registered),
            Body::Authenticated(proto::Authenticated {}) => RelayBody::Answer(Answer::Authenticated),
            Body::PrekeyCounts(counts) => {
                RelayBody::Answer(Answer::PrekeyCounts(PrekeyCounts::from_wire(counts)))
            }
            Body::Acknowledged(proto::Acknowledged {}) => RelayBody::Answer(Answer::Acknowledged),
            Body::DeliveryTokensSet(proto::DeliveryTokensSet {}) => {
                RelayBody::Answer(Answer::DeliveryTokensSet)
            }
            Body::SenderCertificate(issued) => {
                RelayBody::Answer(Answer::SenderCertificate(IssuedCertificate::from_wire(issued)?))
            }
            Body::UserNameSet(proto::UserNameSet {}) => RelayBody::Answer(Answer::UserNameSet),
            Body::Envelope(envelope) => RelayBody::Push(Push::Envelope {
                id: EnvelopeId::try_from(&*envelope.envelope_id).in_field("envelope_id")?,
                payload: Payload::new(envelope.payload).in_field("payload")?,
                received_at_ms: envelope.received_at_ms,
                request: envelope.request,
            }),
            Body::Ephemeral(ephemeral) => RelayBody::Push(Push::Ephemeral {
                payload: Payload::new(ephemeral.payload).in_field("payload")?,
            }),
            Body::QueueEmpty(proto::QueueEmpty {}) => RelayBody::Push(Push::QueueEmpty),
        };
        Self::put_together(frame.request_id, body)
    }
}

impl Register {
    fn to_wire(&self) -> proto::Register {
        proto::Register {
            account: Bytes::copy_from_slice(self.account.as_bytes()),
            device: self.device.number(),
            identity_key: Bytes::copy_from_slice(self.identity_key.as_bytes()),
            registration_id: self.registration_id,
            user_name: user_name_to_wire(self.user_name.as_ref()),
            relay_name: self.relay_name.as_str().to_owned(),
            signature: Bytes::copy_from_slice(self.signature.as_bytes()),
            pass: self.pass.map(Pass::to_wire),
        }
    }

    fn from_wire(register: proto::Register) -> Result<Self, DecodeError> {
        Ok(Self {
            account: AccountId::from_slice(&register.account).in_field("account")?,
            device: DeviceId::new(register.device).in_field("device")?,
            identity_key: CurveKey::try_from(&*register.identity_key).in_field("identity_key")?,
            registration_id: register.registration_id,
            user_name: user_name_from_wire(&register.user_name)?,
            relay_name: register.relay_name.parse().in_field("relay_name")?,
            signature: Signature::try_from(&*register.signature).in_field("signature")?,
            pass: register.pass.as_ref().map(Pass::from_wire).transpose()?,
        })
    }
}

impl Authenticate {
    fn to_wire(&self) -> proto::Authenticate {
        proto::Authenticate {
            account: Bytes::copy_from_slice(self.account.as_bytes()),
            device: self.device.number(),
            relay_name: self.relay_name.as_str().to_owned(),
            signature: Bytes::copy_from_slice(self.signature.as_bytes()),
            registration_id: self.registration_id,
        }
    }

    fn from_wire(authenticate: proto::Authenticate) -> Result<Self, DecodeError> {
        Ok(Self {
            account: AccountId::from_slice(&authenticate.account).in_field("account")?,
            device: DeviceId::new(authenticate.device).in_field("device")?,
            relay_name: authenticate.relay_name.parse().in_field("relay_name")?,
            signature: Signature::try_from(&*authenticate.signature).in_field("signature")?,
            registration_id: authenticate.registration_id,
        })
    }
}

impl IssuedCertificate {
    fn to_wire(&self) -> proto::SenderCertificateIssued {
        proto::SenderCertificateIssued {
            certificate: self.certificate.clone(),
            valid_for_ms: self.valid_for_ms,
        }
    }

    fn from_wire(issued: proto::SenderCertificateIssued) -> Result<Self, DecodeError> {
        if !(1..=MAX_CERTIFICATE_BYTES).contains(&issued.certificate.len()) {
            return Err(DecodeError::Invalid { field: "certificate" });
        }
        Ok(Self {
            certificate: issued.certificate,
            valid_for_ms: issued.valid_for_ms,
        })
    }
}

impl Acknowledge {
    fn to_wire(&self) -> proto::Acknowledge {
        proto::Acknowledge {
            envelope_ids: self
                .0
                .iter()
                .map(|id| Bytes::copy_from_slice(id.as_bytes()))
                .collect(),
        }
    }

    fn from_wire(acknowledge: &proto::Acknowledge) -> Result<Self, DecodeError> {
        const INVALID: DecodeError = DecodeError::Invalid {
            field: "envelope_ids",
        };
        if acknowledge.envelope_ids.len() > MAX_ACKNOWLEDGEMENTS {
            return Err(INVALID);
        }
        let ids = acknowledge
            .envelope_ids
            .iter()
            .map(|id| EnvelopeId::try_from(&**id));
        Self::new(ids.collect::<Result<_, _>>().in_field("envelope_ids")?).ok_or(INVALID)
    }
}

fn user_name_to_wire(name: Option<&UserName>) -> String {
    name.map(|name| name.as_str().to_owned()).unwrap_or_default()
}

fn user_name_from_wire(text: &str) -> Result<Option<UserName>, DecodeError> {
    match text {
        "" => Ok(None),
        name => name.parse().map(Some).in_field("user_name"),
    }
}

#[cfg(test)]
mod tests;
