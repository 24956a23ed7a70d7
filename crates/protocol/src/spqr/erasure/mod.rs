//! The erasure code: systematic Reed-Solomon over GF(2^16), one code word per 2-byte column (`spqr.md` section 4).
//!
//! ```text
//! value    N pieces of 32 bytes; as big-endian 16-bit numbers, row k column i: y[i][k]
//! P_i      the polynomial of degree below N with P_i(k) = y[i][k] for k = 0..N-1
//! chunk j  BE16(P_0(j)) || ... || BE16(P_15(j)), j = 0..65535: the pieces themselves, then parity
//! ```
//!
//! Any N different chunks give the value back. Not here: what is sent when ([`super::braid`]). Nothing here is secret.

mod decoder;
mod encoder;
mod gf;
mod lagrange;

use std::sync::Arc;

pub(crate) use decoder::{Decoded, Decoder};
pub(crate) use encoder::Encoder;
#[cfg(test)]
pub(crate) use gf::Gf;

/// The bytes of a chunk.
pub const CHUNK_LENGTH: usize = 32;

/// One chunk of a value: P_0..P_15 at one point.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Chunk {
    /// The point, and the chunk's number in the stream.
    pub number: u16,
    /// The polynomials' values there.
    pub data: [u8; CHUNK_LENGTH],
}

/// A value to be sent in chunks: N pieces. Shared, for it does not change while its chunks are sent.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Value<const N: usize>(Arc<[[u8; CHUNK_LENGTH]; N]>);

impl<const N: usize> Value<N> {
    pub(crate) const LENGTH: usize = N * CHUNK_LENGTH;

    /// `None` unless there are exactly N pieces.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (pieces, rest) = bytes.as_chunks();
        let pieces = <&[[u8; CHUNK_LENGTH]; N]>::try_from(pieces).ok()?;
        rest.is_empty().then(|| Self(Arc::new(*pieces)))
    }

    /// Two parts, one after the other.
    pub(crate) fn joined<const A: usize, const B: usize>(first: &[u8; A], last: &[u8; B]) -> Self {
        const { assert!(A + B == N * CHUNK_LENGTH, "the parts of a value are all of it") };
        let mut pieces = [[0; CHUNK_LENGTH]; N];
        let (head, tail) = pieces.as_flattened_mut().split_at_mut(A);
        head.copy_from_slice(first);
        tail.copy_from_slice(last);
        Self(Arc::new(pieces))
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_flattened()
    }

    /// All bytes.
    pub(crate) fn to_array<const A: usize>(&self) -> [u8; A] {
        self.split::<A, 0>().0
    }

    /// The first `A` bytes and the other `B`.
    pub(crate) fn split<const A: usize, const B: usize>(&self) -> ([u8; A], [u8; B]) {
        const { assert!(A + B == N * CHUNK_LENGTH, "the parts of a value are all of it") };
        let (mut first, mut last) = ([0; A], [0; B]);
        let (head, tail) = self.as_bytes().split_at(A);
        first.copy_from_slice(head);
        last.copy_from_slice(tail);
        (first, last)
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::{Chunk, Decoded, Decoder, Encoder, Value};

    const N: usize = 5;

    proptest! {
        #[test]
        fn any_n_chunks_in_any_order_give_the_value_back(
            bytes in vec(any::<u8>(), N * 32),
            numbers in vec(prop_oneof![0..8u16, any::<u16>()], N..40),
        ) {
            let value = Value::<N>::from_bytes(&bytes).unwrap();
            let encoder = Encoder::new(value.clone());
            let mut decoder = Decoder::<N>::new();
            let mut different = std::collections::BTreeSet::new();
            for number in numbers {
                different.insert(number);
                match decoder.add(encoder.chunk(number)) {
                    Decoded::Complete(decoded) => {
                        prop_assert!(decoded == value);
                        prop_assert_eq!(different.len(), N);
                        return Ok(());
                    }
                    Decoded::Incomplete(next) => decoder = next,
                }
            }
            prop_assert!(different.len() < N);
        }
    }

    #[test]
    fn a_value_is_exactly_its_pieces() {
        assert!(Value::<3>::from_bytes(&[0; 95]).is_none());
        assert!(Value::<3>::from_bytes(&[0; 97]).is_none());
        assert!(Value::<3>::from_bytes(&[0; 64]).is_none());
        assert!(Value::<3>::from_bytes(&[0; 96]).is_some());
    }

    #[test]
    fn of_two_chunks_with_one_number_the_later_counts() {
        let value = Value::<2>::from_bytes(&[7; 64]).unwrap();
        let right = Encoder::new(value.clone()).chunk(9);
        let wrong = Chunk {
            data: [1; 32],
            ..right
        };
        let Decoded::Incomplete(decoder) = Decoder::<2>::new().add(wrong) else {
            panic!("one chunk is not two")
        };
        let Decoded::Incomplete(decoder) = decoder.add(right) else {
            panic!("one chunk twice is not two")
        };
        let Decoded::Complete(decoded) = decoder.add(Encoder::new(value.clone()).chunk(4)) else {
            panic!("two chunks are two")
        };
        assert!(decoded == value);
    }
}
