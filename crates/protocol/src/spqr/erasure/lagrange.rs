//! Lagrange interpolation, for all sixteen columns at once.
//!
//! ```text
//! P(t) = sum over k of  y_k * product over m != k of (t - x_m) / (x_k - x_m)
//! ```

use super::CHUNK_LENGTH;
use super::gf::{Gf, weighted_sum};

/// The N points that determine the polynomials, and what does not depend on where these are evaluated.
pub(super) struct Points<'a, const N: usize> {
    pub(super) places: &'a [Gf; N],
    pub(super) values: [&'a [u8; CHUNK_LENGTH]; N],
    /// For each k the inverse of the product over m != k of (x_k - x_m); see [`inverse_denominators`].
    pub(super) inverse_denominators: &'a [Gf; N],
}

impl<const N: usize> Points<'_, N> {
    /// The polynomials' values at a place that is none of the points.
    pub(super) fn evaluate(&self, at: Gf) -> [u8; CHUNK_LENGTH] {
        // The product over m != k is that of all before k times that of all after k.
        let mut weights = *self.inverse_denominators;
        let mut before = Gf::ONE;
        for (weight, place) in weights.iter_mut().zip(self.places) {
            *weight = weight.mul(before);
            before = before.mul(at.add(*place));
        }
        let mut after = Gf::ONE;
        for (weight, place) in weights.iter_mut().zip(self.places).rev() {
            *weight = weight.mul(after);
            after = after.mul(at.add(*place));
        }
        weighted_sum(weights.into_iter().zip(self.values))
    }
}

/// What [`Points::inverse_denominators`] holds for these places, which are all different.
#[expect(
    clippy::indexing_slicing,
    reason = "const functions cannot iterate; both indices are below N, the length of the arrays"
)]
pub(super) const fn inverse_denominators<const N: usize>(places: &[Gf; N]) -> [Gf; N] {
    let mut inverses = [Gf::ONE; N];
    let mut k = 0;
    while k < N {
        let mut product = Gf::ONE;
        let mut m = 0;
        while m < N {
            if m != k {
                product = product.mul(places[k].add(places[m]));
            }
            m += 1;
        }
        inverses[k] = product.inverse();
        k += 1;
    }
    inverses
}
