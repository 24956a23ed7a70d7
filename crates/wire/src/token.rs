//! Delivery tokens: what shows that a sender may deliver to a mailbox, without showing who they are.
//!
//! | token | who has it | good for |
//! |---|---|---|
//! | contact | every contact of the owner, told inside the encrypted conversation | as long as the owner says so |
//! | invite | whoever has the link | the first steps of one guest |
//! | former contact | contacts who have not heard of the one that replaced it | as much as an invite, until it ends |
//! | look-up | whoever looked the owner's user name up | some minutes; what comes under it is a request |
//!
//! All but the last are the owner's to choose and to set ([`DeliveryTokens`]); the relay keeps keyed hashes of them, and does
//! not tell a former contact token from an invite's. The last one the relay makes itself. Because all contacts have the same one, a token does not tell senders apart.

use std::fmt;

use bytes::Bytes;

use crate::error::{DecodeError, InField};
use crate::limits::{MAX_DELIVERY_TOKEN_BYTES, MAX_INVITE_TOKENS};
use crate::proto;

/// Opens one mailbox for deliveries: 1 to [`MAX_DELIVERY_TOKEN_BYTES`] bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct DeliveryToken(Bytes);

impl DeliveryToken {
    /// `None` if the length is not allowed.
    pub fn new(bytes: impl Into<Bytes>) -> Option<Self> {
        let bytes = bytes.into();
        (1..=MAX_DELIVERY_TOKEN_BYTES)
            .contains(&bytes.len())
            .then_some(Self(bytes))
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    pub(crate) fn to_wire(&self) -> Bytes {
        self.0.clone()
    }

    pub(crate) fn from_wire(bytes: Bytes, field: &'static str) -> Result<Self, DecodeError> {
        Self::new(bytes).ok_or(DecodeError::Invalid { field })
    }
}

macro_rules! of_fixed_length {
    ($($length:literal)*) => {$(
        impl From<[u8; $length]> for DeliveryToken {
            fn from(bytes: [u8; $length]) -> Self {
                Self(Bytes::copy_from_slice(&bytes))
            }
        }
    )*};
}

// What owners choose, and what relays make.
of_fixed_length!(16 40);

impl fmt::Debug for DeliveryToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeliveryToken(..)")
    }
}

/// The token of an invite that is still open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InviteToken {
    /// The token.
    pub token: DeliveryToken,
    /// Until when it is good, in milliseconds since 1970.
    pub expires_at_ms: u64,
}

/// All tokens that open a mailbox, but for those the relay makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryTokens {
    contact: DeliveryToken,
    invites: Vec<InviteToken>,
}

impl DeliveryTokens {
    /// `None` if there are more than [`MAX_INVITE_TOKENS`] invites.
    pub fn new(contact: DeliveryToken, invites: Vec<InviteToken>) -> Option<Self> {
        (invites.len() <= MAX_INVITE_TOKENS).then_some(Self { contact, invites })
    }

    /// The one that all contacts know.
    pub fn contact(&self) -> &DeliveryToken {
        &self.contact
    }

    /// Those of the open invites.
    pub fn invites(&self) -> &[InviteToken] {
        &self.invites
    }

    pub(crate) fn to_wire(&self) -> proto::SetDeliveryTokens {
        let invites = self.invites.iter().map(|invite| proto::InviteToken {
            token: invite.token.to_wire(),
            expires_at_ms: invite.expires_at_ms,
        });
        proto::SetDeliveryTokens {
            contact_token: self.contact.to_wire(),
            invite_tokens: invites.collect(),
        }
    }

    pub(crate) fn from_wire(tokens: proto::SetDeliveryTokens) -> Result<Self, DecodeError> {
        const FIELD: &str = "invite_tokens";
        if tokens.invite_tokens.len() > MAX_INVITE_TOKENS {
            return Err(DecodeError::Invalid { field: FIELD });
        }
        let invites = tokens.invite_tokens.into_iter().map(|invite| {
            Ok(InviteToken {
                token: DeliveryToken::from_wire(invite.token, FIELD)?,
                expires_at_ms: invite.expires_at_ms,
            })
        });
        let invites = invites.collect::<Result<_, DecodeError>>()?;
        let contact = DeliveryToken::from_wire(tokens.contact_token, "contact_token")?;
        Self::new(contact, invites).ok_or(()).in_field(FIELD)
    }
}
