//! The field GF(2^16) (`spqr.md` section 4).
//!
//! Elements are 16-bit integers, bit i the coefficient of x^i. Addition is XOR; multiplication is that of polynomials
//! modulo `x^16 + x^12 + x^3 + x + 1`.
//!
//! Everything that is coded goes over the wire in the clear. Still nothing here branches on, or indexes by, a value.

/// What x^16 is congruent to: `x^12 + x^3 + x + 1`.
const REDUCED: u16 = 0x100B;

/// An element of the field.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Gf(pub(crate) u16);

impl Gf {
    pub(crate) const ONE: Self = Self(1);

    pub(crate) const fn add(self, other: Self) -> Self {
        Self(self.0 ^ other.0)
    }

    pub(crate) const fn mul(self, other: Self) -> Self {
        let mut product = 0u32;
        let mut bit = 0;
        while bit < 16 {
            let mask = 0u32.wrapping_sub((other.0 as u32 >> bit) & 1);
            product ^= ((self.0 as u32) << bit) & mask;
            bit += 1;
        }
        // Each round replaces what stands above bit 15 by something at least four bits shorter; it is 15 bits long.
        let mut round = 0;
        while round < 4 {
            let high = product >> 16;
            product = (product & 0xFFFF) ^ high ^ (high << 1) ^ (high << 3) ^ (high << 12);
            round += 1;
        }
        Self(product as u16)
    }

    /// `self^(2^16 - 2)`: the inverse, and 0 for 0.
    pub(crate) const fn inverse(self) -> Self {
        // self^(2^15 - 1) by repeated squaring and multiplying, and squared once more.
        let mut power = self;
        let mut exponent_bits = 1;
        while exponent_bits < 15 {
            power = power.mul(power).mul(self);
            exponent_bits += 1;
        }
        power.mul(power)
    }

    #[cfg(test)]
    pub(crate) const fn div(self, other: Self) -> Self {
        self.mul(other.inverse())
    }
}

/// `sum of weight * number`, for each of the sixteen numbers of 32 bytes (big-endian) at once.
pub(super) fn weighted_sum<'a>(terms: impl Iterator<Item = (Gf, &'a [u8; 32])>) -> [u8; 32] {
    // The weights are taken apart, not the numbers: part b sums the numbers whose weight has bit b. That leaves
    // masks and XORs over whole rows, which compile to vector instructions.
    let mut parts = [[0u16; 16]; 16];
    for (weight, chunk) in terms {
        let numbers = unpacked(chunk);
        for (bit, part) in parts.iter_mut().enumerate() {
            let mask = 0u16.wrapping_sub((weight.0 >> bit) & 1);
            part.iter_mut()
                .zip(&numbers)
                .for_each(|(sum, number)| *sum ^= number & mask);
        }
    }
    // Horner: the sum of part b times x^b.
    let mut sums = [0u16; 16];
    for part in parts.iter().rev() {
        for (sum, number) in sums.iter_mut().zip(part) {
            let carry = 0u16.wrapping_sub(*sum >> 15);
            *sum = (*sum << 1) ^ (carry & REDUCED) ^ number;
        }
    }
    packed(&sums)
}

fn unpacked(chunk: &[u8; 32]) -> [u16; 16] {
    let (pairs, _) = chunk.as_chunks::<2>();
    let mut numbers = [0; 16];
    numbers
        .iter_mut()
        .zip(pairs)
        .for_each(|(number, pair)| *number = u16::from_be_bytes(*pair));
    numbers
}

fn packed(numbers: &[u16; 16]) -> [u8; 32] {
    let mut chunk = [0; 32];
    let (pairs, _) = chunk.as_chunks_mut::<2>();
    pairs
        .iter_mut()
        .zip(numbers)
        .for_each(|(pair, number)| *pair = number.to_be_bytes());
    chunk
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Gf, packed, unpacked, weighted_sum};

    proptest! {
        #[test]
        fn a_quotient_times_the_divisor_is_the_dividend(a: u16, b in 1..=u16::MAX) {
            prop_assert_eq!(Gf(a).div(Gf(b)).mul(Gf(b)), Gf(a));
        }

        #[test]
        fn a_weighted_sum_is_the_sum_of_the_products(terms: Vec<(u16, [u8; 32])>) {
            let mut expected = [0; 16];
            for (weight, chunk) in &terms {
                for (sum, number) in expected.iter_mut().zip(unpacked(chunk)) {
                    *sum ^= Gf(*weight).mul(Gf(number)).0;
                }
            }
            let sum = weighted_sum(terms.iter().map(|(weight, chunk)| (Gf(*weight), chunk)));
            prop_assert_eq!(sum, packed(&expected));
        }
    }
}
