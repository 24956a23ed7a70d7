//! Public keys and signatures as bytes of the right length. Whether they are keys is the protocol crate's to say.

use std::fmt;

/// A byte string of another length than its type has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected} bytes, got {actual}")]
pub struct WrongLength {
    /// The length of the type.
    pub expected: usize,
    /// The length that arrived.
    pub actual: usize,
}

/// A Curve25519 public key with its type byte.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct CurveKey([u8; Self::BYTES]);

/// An XEdDSA signature.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Signature([u8; Self::BYTES]);

/// A Kyber-1024 public key with its type byte.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct KyberKey(Box<[u8; Self::BYTES]>);

impl CurveKey {
    /// Type byte and coordinate.
    pub const BYTES: usize = 33;
}

impl Signature {
    /// Two times 32.
    pub const BYTES: usize = 64;
}

impl KyberKey {
    /// Type byte, vector and seed.
    pub const BYTES: usize = 1569;

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8; Self::BYTES] {
        &self.0
    }
}

impl TryFrom<&[u8]> for KyberKey {
    type Error = WrongLength;

    fn try_from(bytes: &[u8]) -> Result<Self, Self::Error> {
        let wrong = WrongLength {
            expected: Self::BYTES,
            actual: bytes.len(),
        };
        Box::<[u8]>::from(bytes).try_into().map(Self).map_err(|_| wrong)
    }
}

macro_rules! plain_bytes {
    ($name:ident) => {
        impl $name {
            /// The bytes.
            pub fn as_bytes(&self) -> &[u8; Self::BYTES] {
                &self.0
            }
        }

        impl From<[u8; $name::BYTES]> for $name {
            fn from(bytes: [u8; $name::BYTES]) -> Self {
                Self(bytes)
            }
        }

        impl TryFrom<&[u8]> for $name {
            type Error = WrongLength;

            fn try_from(bytes: &[u8]) -> Result<Self, Self::Error> {
                bytes.try_into().map(Self).map_err(|_| WrongLength {
                    expected: Self::BYTES,
                    actual: bytes.len(),
                })
            }
        }
    };
}

plain_bytes!(CurveKey);
plain_bytes!(Signature);

// Public, but they identify people: logs and errors shall not show them.
macro_rules! hidden_debug {
    ($($name:ident)*) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    )*};
}

hidden_debug!(CurveKey Signature KyberKey);
