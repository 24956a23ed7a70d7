//! Byte strings on the line: hex.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

/// A byte string of a request.
pub(super) struct Hex(pub(super) Vec<u8>);

impl<'de> Deserialize<'de> for Hex {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        hex::decode(text).map(Self).map_err(D::Error::custom)
    }
}

/// A byte string of an answer.
pub(super) fn hex(bytes: impl AsRef<[u8]>) -> String {
    hex::encode(bytes)
}
