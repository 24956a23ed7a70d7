//! Service ids and protocol addresses (spec section 5).

use std::fmt;
use std::num::NonZeroU8;

use uuid::Uuid;

/// Which of an account's two identities a service id names.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum ServiceIdKind {
    /// The account identity: the one Sotto uses.
    Account,
    /// The phone number identity of the official clients, written with the prefix `PNI:`.
    PhoneNumber,
}

/// A UUID that names an identity of an account.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct ServiceId {
    kind: ServiceIdKind,
    uuid: Uuid,
}

impl ServiceId {
    /// The length of the fixed-width binary form.
    pub const FIXED_WIDTH: usize = 17;

    /// The account identity with this UUID.
    pub const fn account(uuid: Uuid) -> Self {
        Self {
            kind: ServiceIdKind::Account,
            uuid,
        }
    }

    /// The phone number identity with this UUID.
    pub const fn phone_number(uuid: Uuid) -> Self {
        Self {
            kind: ServiceIdKind::PhoneNumber,
            uuid,
        }
    }

    /// Reads the string form: a hyphenated UUID, behind `PNI:` for a phone number identity. Upper-case digits are
    /// accepted, other spellings of a UUID are not.
    pub fn parse(text: &str) -> Option<Self> {
        let (kind, uuid) = match text.strip_prefix("PNI:") {
            Some(rest) => (ServiceIdKind::PhoneNumber, rest),
            None => (ServiceIdKind::Account, text),
        };
        if uuid.len() != uuid::fmt::Hyphenated::LENGTH {
            return None;
        }
        Uuid::try_parse(uuid).ok().map(|uuid| Self { kind, uuid })
    }

    /// Account or phone number identity.
    pub const fn kind(&self) -> ServiceIdKind {
        self.kind
    }

    /// The UUID.
    pub const fn uuid(&self) -> Uuid {
        self.uuid
    }

    /// 17 bytes: the kind, then the UUID in network order.
    pub fn to_fixed_width(&self) -> [u8; Self::FIXED_WIDTH] {
        let mut bytes = [match self.kind {
            ServiceIdKind::Account => 0,
            ServiceIdKind::PhoneNumber => 1,
        }; Self::FIXED_WIDTH];
        let (_, uuid) = bytes.split_at_mut(1);
        uuid.copy_from_slice(self.uuid.as_bytes());
        bytes
    }

    /// Reads the fixed-width form.
    pub fn from_fixed_width(bytes: &[u8; Self::FIXED_WIDTH]) -> Option<Self> {
        let (kind, uuid) = bytes.split_first()?;
        let uuid = Uuid::from_slice(uuid).ok()?;
        match kind {
            0 => Some(Self::account(uuid)),
            1 => Some(Self::phone_number(uuid)),
            _ => None,
        }
    }

    /// The UUID alone for an account identity, the fixed-width form for a phone number identity. Fingerprints of
    /// version 2 are made with it.
    pub fn to_variable_width(&self) -> Vec<u8> {
        match self.kind {
            ServiceIdKind::Account => self.uuid.as_bytes().to_vec(),
            ServiceIdKind::PhoneNumber => self.to_fixed_width().to_vec(),
        }
    }
}

impl fmt::Display for ServiceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.kind == ServiceIdKind::PhoneNumber {
            f.write_str("PNI:")?;
        }
        self.uuid.hyphenated().fmt(f)
    }
}

/// The number of a device within its account: 1 to 127.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct DeviceId(NonZeroU8);

impl DeviceId {
    /// The first device of every account.
    pub const PRIMARY: Self = Self(NonZeroU8::MIN);

    /// The largest device number.
    pub const MAX: u8 = 127;

    /// The device with this number; `None` unless it is between 1 and 127.
    pub fn new(number: u32) -> Option<Self> {
        let number = u8::try_from(number).ok().filter(|&number| number <= Self::MAX)?;
        NonZeroU8::new(number).map(Self)
    }

    /// The number.
    pub const fn get(self) -> u8 {
        self.0.get()
    }
}

/// Whom a session is with: a name, usually a service id, and a device.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct ProtocolAddress {
    name: String,
    device: DeviceId,
}

impl ProtocolAddress {
    /// The address of a device of whoever has this name.
    pub fn new(name: impl Into<String>, device: DeviceId) -> Self {
        Self {
            name: name.into(),
            device,
        }
    }

    /// The address of a device of an account, under its UUID.
    pub fn of_account(uuid: Uuid, device: DeviceId) -> Self {
        Self::new(ServiceId::account(uuid).to_string(), device)
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The device.
    pub const fn device(&self) -> DeviceId {
        self.device
    }

    /// The service id that the name is, if it is one.
    pub fn service_id(&self) -> Option<ServiceId> {
        ServiceId::parse(&self.name)
    }
}
