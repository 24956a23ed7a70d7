//! Collecting chunks until there are N different ones.

use std::sync::Arc;

use super::gf::Gf;
use super::lagrange::{Points, inverse_denominators};
use super::{CHUNK_LENGTH, Chunk, Value};
use crate::stored::{Reader, StoredFormError, Writer};

/// Fewer than N different chunks, in the order in which they came.
#[derive(Clone)]
pub(crate) struct Decoder<const N: usize> {
    chunks: Vec<Chunk>,
}

/// What a decoder becomes with one chunk more.
pub(crate) enum Decoded<const N: usize> {
    /// There are not N different chunks yet.
    Incomplete(Decoder<N>),
    /// This was the last one needed.
    Complete(Value<N>),
}

impl<const N: usize> Decoder<N> {
    pub(crate) const MAX_STORED_LENGTH: usize = 1 + (N - 1) * (2 + CHUNK_LENGTH);

    pub(crate) const fn new() -> Self {
        Self { chunks: Vec::new() }
    }

    /// A decoder with its first chunk, which is never the last one needed.
    pub(crate) fn begin(chunk: Chunk) -> Self {
        const { assert!(N > 1, "a value of one piece would be complete") };
        Self { chunks: vec![chunk] }
    }

    /// Takes a chunk in. Of two with the same number the later counts; an honest sender's are equal.
    pub(crate) fn add(mut self, chunk: Chunk) -> Decoded<N> {
        let known = self.chunks.iter_mut().find(|known| known.number == chunk.number);
        match known {
            Some(known) => *known = chunk,
            None => self.chunks.push(chunk),
        }
        match <&[Chunk; N]>::try_from(self.chunks.as_slice()) {
            Ok(chunks) => Decoded::Complete(value(chunks)),
            Err(_) => Decoded::Incomplete(self),
        }
    }

    /// How many chunks are there, and how many are needed.
    pub(crate) const fn progress(&self) -> (usize, usize) {
        (self.chunks.len(), N)
    }

    pub(crate) fn write(&self, form: &mut Writer) {
        // Proof: fewer than N chunks, and N is at most 36.
        form.u8(self.chunks.len() as u8);
        for chunk in &self.chunks {
            form.u16(chunk.number);
            form.bytes(&chunk.data);
        }
    }

    pub(crate) fn read(form: &mut Reader<'_>) -> Result<Self, StoredFormError> {
        let count = usize::from(form.u8()?);
        let mut decoder = Self::new();
        for _ in 0..count {
            let chunk = Chunk {
                number: form.u16()?,
                data: form.array()?,
            };
            match decoder.add(chunk) {
                Decoded::Incomplete(next) => decoder = next,
                Decoded::Complete(_) => return Err(StoredFormError::Value),
            }
        }
        // Two of one number would have become one.
        if decoder.chunks.len() == count {
            Ok(decoder)
        } else {
            Err(StoredFormError::Value)
        }
    }
}

/// The pieces among the chunks as they are, and the missing ones by interpolation.
fn value<const N: usize>(chunks: &[Chunk; N]) -> Value<N> {
    let mut pieces = [None; N];
    for chunk in chunks {
        if let Some(piece) = pieces.get_mut(usize::from(chunk.number)) {
            *piece = Some(chunk.data);
        }
    }
    let places = chunks.each_ref().map(|chunk| Gf(chunk.number));
    let inverse_denominators = inverse_denominators(&places);
    let points = Points {
        places: &places,
        values: chunks.each_ref().map(|chunk| &chunk.data),
        inverse_denominators: &inverse_denominators,
    };
    let mut value = [[0; CHUNK_LENGTH]; N];
    for ((number, piece), known) in (0..).zip(&mut value).zip(pieces) {
        *piece = known.unwrap_or_else(|| points.evaluate(Gf(number)));
    }
    Value(Arc::new(value))
}
