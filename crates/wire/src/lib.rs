//! What client and relay say to each other.
//!
//! A frame is one protobuf message in one binary WebSocket message. There are two endpoints: on
//! [`mailbox`](mailbox::PATH) the owner of a mailbox authenticates, publishes prekeys and receives envelopes; on
//! [`open`](open::PATH) anybody fetches prekey bundles and delivers envelopes, without saying who they are.
//!
//! Both begin with [`Hello`] and a welcome that names the version and the relay's limits. Requests carry a
//! [`RequestId`] that their answer repeats; what the relay pushes carries none.
//!
//! The generated protobuf types stay inside: whatever [`decode`](mailbox::ClientFrame::decode) returns has lengths
//! and values checked. This crate does no I/O, knows no cryptography (keys and signatures are bytes of the right
//! length, nothing more) and does not look into payloads.

#![warn(missing_docs)]

mod address;
mod error;
pub mod frame;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod handshake;
mod id;
mod key;
mod limits;
pub mod mailbox;
pub mod open;
mod pass;
mod payload;
mod prekey;
mod proof;
mod refusal;
#[cfg(test)]
mod sample;
mod token;
mod user_name;

pub use address::{AddressError, RelayAddress, RelayName};
pub use error::DecodeError;
pub use handshake::{Closing, Hello, Limits, Welcome, negotiate};
pub use id::{
    AccountId, ClientMessageId, DeviceId, EnvelopeId, InvalidAccountId, InvalidDeviceId, RequestId,
};
pub use key::{CurveKey, KyberKey, Signature, WrongLength};
pub use limits::*;
pub use pass::{Pass, RelayDoor, RelayInvite, Work};
pub use payload::{Payload, PayloadError, padded_length};
pub use prekey::{
    KyberPrekey, OneTimePrekey, PrekeyBundle, PrekeyCounts, PrekeyUpload, SignedPrekey, TooManyPrekeys,
};
pub use proof::{Challenge, authentication_string, registration_string};
pub use refusal::Refusal;
pub use token::{DeliveryToken, DeliveryTokens, InviteToken};
pub use user_name::{InvalidUserName, UserName};

/// The generated protobuf types: private, so that nothing unchecked leaves the crate.
#[allow(unreachable_pub, missing_docs, clippy::all)]
mod proto {
    include!(concat!(env!("OUT_DIR"), "/sotto.wire.v1.rs"));
}
