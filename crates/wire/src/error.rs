//! Why a frame could not be read.

/// Bytes that are not a frame of this protocol: the peer's fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The frame is longer than any legitimate one.
    #[error("the frame has {actual} bytes, more than the {limit} allowed")]
    TooLarge {
        /// What is allowed.
        limit: usize,
        /// What arrived.
        actual: usize,
    },
    /// Not protobuf, or a field of another type.
    #[error("the frame is not protobuf of this schema")]
    Malformed,
    /// No body, or one of a kind this version does not know.
    #[error("the frame has no body that is known here")]
    UnknownBody,
    /// A field that the frame cannot do without is absent.
    #[error("the frame lacks the field {field}")]
    Missing {
        /// Its name in the schema.
        field: &'static str,
    },
    /// A field has a length or a value that it may not have.
    #[error("the frame's field {field} is not valid")]
    Invalid {
        /// Its name in the schema.
        field: &'static str,
    },
}

/// Checks the size, then reads the protobuf message.
pub(crate) fn read<M: prost::Message + Default>(frame: bytes::Bytes) -> Result<M, DecodeError> {
    if frame.len() > crate::MAX_FRAME_BYTES {
        return Err(DecodeError::TooLarge {
            limit: crate::MAX_FRAME_BYTES,
            actual: frame.len(),
        });
    }
    M::decode(frame).map_err(|_| DecodeError::Malformed)
}

/// Writes the protobuf message.
pub(crate) fn write(frame: &impl prost::Message) -> bytes::Bytes {
    frame.encode_to_vec().into()
}

/// The field, or the error that names it.
pub(crate) fn required<T>(value: Option<T>, field: &'static str) -> Result<T, DecodeError> {
    value.ok_or(DecodeError::Missing { field })
}

/// Turns any parse error of a field into the one that names it.
pub(crate) trait InField<T> {
    fn in_field(self, field: &'static str) -> Result<T, DecodeError>;
}

impl<T, E> InField<T> for Result<T, E> {
    fn in_field(self, field: &'static str) -> Result<T, DecodeError> {
        self.map_err(|_| DecodeError::Invalid { field })
    }
}
