//! Reading the sent form.

use std::collections::HashMap;

use super::{
    MAX_REGISTRATION_ID, MORE_DEVICES, MultiRecipientMessage, RecipientDevice, RecipientEntry,
    UUID_VERSION_BYTE, VERSION_BYTE,
};
use crate::address::{DeviceId, ServiceId};
use crate::prekey::RegistrationId;
use crate::sealed_sender::MalformedMultiRecipient;
use crate::sealed_sender::version_2::{ForRecipient, Shared};

impl MultiRecipientMessage {
    /// Reads the sent form. Entries of one account are put together.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, MalformedMultiRecipient> {
        let mut input = Input(bytes);
        let service_id = match input.byte()? {
            VERSION_BYTE => Input::service_id,
            UUID_VERSION_BYTE => Input::account_uuid,
            found => return Err(MalformedMultiRecipient::UnknownVersion { found }),
        };
        let mut entries = Entries::default();
        for _ in 0..input.count()? {
            let service_id = service_id(&mut input)?;
            let devices = input.devices()?;
            let for_recipient = match devices.is_empty() {
                true => None,
                false => Some(input.for_recipient()?),
            };
            entries.add(RecipientEntry {
                service_id,
                devices,
                for_recipient,
            })?;
        }
        Ok(Self {
            entries: entries.in_order,
            shared: Shared::from_bytes(input.0).ok_or(MalformedMultiRecipient::Truncated)?,
        })
    }
}

/// The entries read so far. A message may name many thousands, so that they are found by their service id.
#[derive(Default)]
struct Entries {
    in_order: Vec<RecipientEntry>,
    places: HashMap<ServiceId, usize>,
}

impl Entries {
    fn add(&mut self, entry: RecipientEntry) -> Result<(), MalformedMultiRecipient> {
        let place = *self.places.entry(entry.service_id).or_insert(self.in_order.len());
        let Some(known) = self.in_order.get_mut(place) else {
            self.in_order.push(entry);
            return Ok(());
        };
        if known.for_recipient.is_some() != entry.for_recipient.is_some() {
            return Err(MalformedMultiRecipient::Contradiction);
        }
        known.devices.extend(entry.devices);
        Ok(())
    }
}

/// What is left to be read.
struct Input<'a>(&'a [u8]);

impl Input<'_> {
    fn array<const N: usize>(&mut self) -> Result<[u8; N], MalformedMultiRecipient> {
        let (array, rest) = self
            .0
            .split_first_chunk()
            .ok_or(MalformedMultiRecipient::Truncated)?;
        self.0 = rest;
        Ok(*array)
    }

    fn byte(&mut self) -> Result<u8, MalformedMultiRecipient> {
        self.array().map(u8::from_be_bytes)
    }

    /// The number of entries. What follows is behind the number's shortest encoding, however long it was written:
    /// that is where the reference peer goes on, and servers are to agree whom a message is for.
    fn count(&mut self) -> Result<u32, MalformedMultiRecipient> {
        let count =
            prost::encoding::decode_varint(&mut &*self.0).map_err(|_| MalformedMultiRecipient::Count)?;
        let rest = self.0.get(prost::encoding::encoded_len_varint(count)..);
        self.0 = rest.ok_or(MalformedMultiRecipient::Count)?;
        u32::try_from(count).map_err(|_| MalformedMultiRecipient::Count)
    }

    fn service_id(&mut self) -> Result<ServiceId, MalformedMultiRecipient> {
        ServiceId::from_fixed_width(&self.array()?).ok_or(MalformedMultiRecipient::ServiceId)
    }

    fn account_uuid(&mut self) -> Result<ServiceId, MalformedMultiRecipient> {
        self.array()
            .map(|uuid| ServiceId::account(uuid::Uuid::from_bytes(uuid)))
    }

    /// The devices of an entry; none behind a single 0.
    fn devices(&mut self) -> Result<Vec<RecipientDevice>, MalformedMultiRecipient> {
        let mut devices = Vec::new();
        loop {
            let found = self.byte()?;
            if found == 0 && devices.is_empty() {
                return Ok(devices);
            }
            let device = DeviceId::new(found.into()).ok_or(MalformedMultiRecipient::Device { found })?;
            let word = u16::from_be_bytes(self.array()?);
            devices.push(RecipientDevice {
                device,
                registration_id: RegistrationId((word & MAX_REGISTRATION_ID).into()),
            });
            if word & MORE_DEVICES == 0 {
                return Ok(devices);
            }
        }
    }

    fn for_recipient(&mut self) -> Result<ForRecipient, MalformedMultiRecipient> {
        Ok(ForRecipient {
            wrapped: self.array()?,
            tag: self.array()?,
        })
    }
}
