//! A message for many, as it goes to the server (spec section 5).
//!
//! ```text
//! 0x23 || varint number of entries || entries || u of E || ciphertext
//! entry  = service id (17) || devices, wrapped seed (32), tag (16)
//!        | service id (17) || 0                                        excluded
//! device = device id (1) || more follow (bit 15), registration id (low 14 bits), big-endian
//! ```
//!
//! In the older form, 0x22, service ids are the 16 bytes of an account's UUID.

use crate::address::{DeviceId, ServiceId};
use crate::curve::IdentityKey;
use crate::prekey::RegistrationId;
use crate::sealed_sender::version_2::{ForRecipient, SealedV2, Shared};
use crate::sealed_sender::{RecipientError, SealError};

mod parse;

/// The first byte of what we write.
const VERSION_BYTE: u8 = 0x23;

/// The first byte of the older form.
const UUID_VERSION_BYTE: u8 = 0x22;

/// In a device's second and third byte: another device follows.
const MORE_DEVICES: u16 = 1 << 15;

/// The largest registration id that fits in 14 bits.
const MAX_REGISTRATION_ID: u16 = (1 << 14) - 1;

/// A device of a recipient.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct RecipientDevice {
    /// The device.
    pub device: DeviceId,
    /// Its registration id, by which the server notices that a device was set up anew.
    pub registration_id: RegistrationId,
}

/// Somebody whom a message is sealed for.
#[derive(Clone)]
pub struct Recipient {
    service_id: ServiceId,
    identity: IdentityKey,
    devices: Vec<RecipientDevice>,
}

impl Recipient {
    /// An account with the devices we have sessions with: their registration ids are those of the sessions
    /// ([`SessionRecord::remote_registration_id`](crate::session::SessionRecord::remote_registration_id)).
    pub fn new(
        service_id: ServiceId,
        identity: IdentityKey,
        devices: impl IntoIterator<Item = RecipientDevice>,
    ) -> Result<Self, RecipientError> {
        let devices: Vec<_> = devices.into_iter().collect();
        let too_large = |device: &&RecipientDevice| device.registration_id.0 > MAX_REGISTRATION_ID.into();
        if let Some(device) = devices.iter().find(too_large) {
            return Err(RecipientError::RegistrationId {
                found: device.registration_id.0,
            });
        }
        if devices.is_empty() {
            return Err(RecipientError::NoDevices);
        }
        Ok(Self {
            service_id,
            identity,
            devices,
        })
    }

    pub(super) const fn identity(&self) -> &IdentityKey {
        &self.identity
    }
}

/// One recipient's part of a message for many.
#[derive(Clone)]
pub struct RecipientEntry {
    service_id: ServiceId,
    devices: Vec<RecipientDevice>,
    /// `None` for those whom the message is not for.
    for_recipient: Option<ForRecipient>,
}

impl RecipientEntry {
    pub(super) fn of(recipient: &Recipient, for_recipient: ForRecipient) -> Self {
        Self {
            service_id: recipient.service_id,
            devices: recipient.devices.clone(),
            for_recipient: Some(for_recipient),
        }
    }

    pub(super) const fn excluded(service_id: ServiceId) -> Self {
        Self {
            service_id,
            devices: Vec::new(),
            for_recipient: None,
        }
    }

    /// Who it is.
    pub const fn service_id(&self) -> ServiceId {
        self.service_id
    }

    /// The devices that the message goes to; none if it is not for this account.
    pub fn devices(&self) -> &[RecipientDevice] {
        &self.devices
    }

    fn write(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&self.service_id.to_fixed_width());
        let Some(for_recipient) = &self.for_recipient else {
            bytes.push(0);
            return;
        };
        let last = self.devices.len().saturating_sub(1);
        for (index, device) in self.devices.iter().enumerate() {
            // Proof: `Recipient::new` and the parser let no larger ones in.
            let registration_id = u16::try_from(device.registration_id.0).unwrap_or(0) & MAX_REGISTRATION_ID;
            let more = if index < last { MORE_DEVICES } else { 0 };
            bytes.push(device.device.get());
            bytes.extend_from_slice(&(more | registration_id).to_be_bytes());
        }
        bytes.extend_from_slice(&for_recipient.wrapped);
        bytes.extend_from_slice(&for_recipient.tag);
    }
}

/// A message for many: what the sender gives to the server, and the server takes apart.
#[derive(Clone)]
pub struct MultiRecipientMessage {
    /// At most 2^32 - 1.
    entries: Vec<RecipientEntry>,
    shared: Shared,
}

impl MultiRecipientMessage {
    pub(super) fn new(entries: Vec<RecipientEntry>, shared: Shared) -> Result<Self, SealError> {
        match u32::try_from(entries.len()) {
            Ok(_) => Ok(Self { entries, shared }),
            Err(_) => Err(SealError::TooManyRecipients),
        }
    }

    /// The sent form.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![VERSION_BYTE];
        prost::encoding::encode_varint(self.entries.len() as u64, &mut bytes);
        self.entries.iter().for_each(|entry| entry.write(&mut bytes));
        self.shared.write(&mut bytes);
        bytes
    }

    /// Who is named in it, excluded ones among them.
    pub fn recipients(&self) -> &[RecipientEntry] {
        &self.entries
    }

    /// What all devices of an account get; `None` if the message is not for it.
    pub fn received_by(&self, service_id: ServiceId) -> Option<Vec<u8>> {
        let entry = self.entries.iter().find(|entry| entry.service_id == service_id)?;
        let for_recipient = entry.for_recipient?;
        Some(SealedV2::new(for_recipient, self.shared.clone()).to_bytes())
    }
}
