//! Making chunks: a copy for the first N, one interpolation for each after that.

use super::gf::Gf;
use super::lagrange::{Points, inverse_denominators};
use super::{Chunk, Value};
use crate::stored::{Reader, StoredFormError, Writer};

/// The stream of a value's chunks, from some number on.
#[derive(Clone)]
pub(crate) struct Encoder<const N: usize> {
    value: Value<N>,
    next: u16,
}

impl<const N: usize> Encoder<N> {
    pub(crate) const STORED_LENGTH: usize = 2 + Value::<N>::LENGTH;

    /// The places of the pieces: 0..N-1.
    const PLACES: [Gf; N] = {
        let mut places = [Gf(0); N];
        let mut k = 0;
        #[expect(clippy::indexing_slicing, reason = "k is below N, the array's length")]
        while k < N {
            places[k] = Gf(k as u16);
            k += 1;
        }
        places
    };

    /// They depend on nothing but N: no chunk needs more than one pass over the pieces.
    const INVERSE_DENOMINATORS: [Gf; N] = inverse_denominators(&Self::PLACES);

    /// The stream from its beginning.
    pub(crate) const fn new(value: Value<N>) -> Self {
        Self { value, next: 0 }
    }

    /// The next chunk; after number 65535 comes 0 again.
    pub(crate) fn next_chunk(&mut self) -> Chunk {
        let number = self.next;
        self.next = number.wrapping_add(1);
        self.chunk(number)
    }

    /// The chunk of any number.
    pub(crate) fn chunk(&self, number: u16) -> Chunk {
        let data = match self.value.0.get(usize::from(number)) {
            Some(piece) => *piece,
            None => Points {
                places: &Self::PLACES,
                values: self.value.0.each_ref(),
                inverse_denominators: &Self::INVERSE_DENOMINATORS,
            }
            .evaluate(Gf(number)),
        };
        Chunk { number, data }
    }

    /// How many chunks have been made, up to as many as are needed at the other side.
    pub(crate) fn progress(&self) -> (usize, usize) {
        (usize::from(self.next).min(N), N)
    }

    pub(crate) fn write(&self, form: &mut Writer) {
        form.u16(self.next);
        form.bytes(self.value.as_bytes());
    }

    pub(crate) fn read(form: &mut Reader<'_>) -> Result<Self, StoredFormError> {
        Ok(Self {
            next: form.u16()?,
            value: Value::from_bytes(form.slice(Value::<N>::LENGTH)?).ok_or(StoredFormError::Value)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Encoder, Value};

    #[test]
    fn the_stream_starts_with_the_value_and_goes_on_for_ever() {
        let bytes: Vec<u8> = (0..96).collect();
        let mut encoder = Encoder::new(Value::<3>::from_bytes(&bytes).unwrap());
        let first = [0; 4].map(|_| encoder.next_chunk());
        assert_eq!(first.map(|chunk| chunk.number), [0, 1, 2, 3]);
        assert_eq!(
            [first[0].data, first[1].data, first[2].data].as_flattened(),
            bytes
        );
        encoder.next = u16::MAX;
        assert_eq!(encoder.next_chunk().number, u16::MAX);
        assert_eq!(encoder.next_chunk(), first[0]);
    }
}
