//! A content that no session encrypts, only a seal (spec section 7).
//!
//! ```text
//! 0xC0 || body, where body = protobuf { 8: report of a message that did not decrypt } || 0x80
//! ```

use prost::Message as _;

use crate::sealed_sender::{DecryptionError, MalformedPlaintextContent};

/// The first byte.
const MARKER: u8 = 0xC0;

/// Where the protobuf ends and padding begins.
const PADDING: u8 = 0x80;

/// The application's content, of which one field is known here.
#[derive(Clone, PartialEq, Eq, prost::Message)]
struct Fields {
    #[prost(bytes = "vec", optional, tag = "8")]
    decryption_error: Option<Vec<u8>>,
}

/// A content that no session encrypts: the session may be what is broken.
#[derive(Clone, PartialEq, Eq)]
pub struct PlaintextContent(Vec<u8>);

impl PlaintextContent {
    /// The number by which applications tell the kinds of message apart.
    pub const TYPE_NUMBER: u8 = 8;

    /// Reads the wire form.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, MalformedPlaintextContent> {
        match bytes.first() {
            Some(&MARKER) => Ok(Self(bytes.to_vec())),
            _ => Err(MalformedPlaintextContent::Marker),
        }
    }

    /// The wire form.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Everything behind the first byte.
    pub fn body(&self) -> &[u8] {
        self.0.get(1..).unwrap_or_default()
    }

    /// Reads the report in it.
    pub fn decryption_error(&self) -> Result<DecryptionError, MalformedPlaintextContent> {
        let Some((&PADDING, fields)) = self.body().split_last() else {
            return Err(MalformedPlaintextContent::Padding);
        };
        let fields = Fields::decode(fields).map_err(|_| MalformedPlaintextContent::Protobuf)?;
        let report = fields
            .decryption_error
            .ok_or(MalformedPlaintextContent::MissingField { number: 8 })?;
        DecryptionError::from_bytes(&report)
    }
}

impl From<&DecryptionError> for PlaintextContent {
    fn from(report: &DecryptionError) -> Self {
        let fields = Fields {
            decryption_error: Some(report.to_bytes()),
        };
        let mut bytes = vec![MARKER];
        fields.encode_raw(&mut bytes);
        bytes.push(PADDING);
        Self(bytes)
    }
}
