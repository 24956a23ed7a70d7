//! Padding, so that the length of a ciphertext tells little about what is in it.
//!
//! ```text
//! padded = content || 0x80 || 0x00 ...   up to the next bucket
//! ```
//! Receipts, typing and short texts all fill the same smallest bucket.

use zeroize::Zeroizing;

/// The lengths that padded content has. The largest leaves room for headers and the envelope in what a relay takes.
const BUCKETS: [usize; 9] = [256, 512, 1024, 2048, 4096, 8192, 16_384, 32_768, LARGEST];
const LARGEST: usize = 61_440;

/// The longest content that can be padded.
pub(super) const MAX_CONTENT_BYTES: usize = LARGEST - 1;

const MARK: u8 = 0x80;

/// Pads to the next bucket; `None` if there is none so large.
pub(super) fn pad(content: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let bucket = BUCKETS.into_iter().find(|&bucket| content.len() < bucket)?;
    let mut padded = Zeroizing::new(Vec::with_capacity(bucket));
    padded.extend_from_slice(content);
    padded.push(MARK);
    padded.resize(bucket, 0);
    Some(padded)
}

/// Takes the padding off; `None` if there is none.
pub(super) fn unpad(padded: &[u8]) -> Option<&[u8]> {
    let end = padded.iter().rposition(|&byte| byte != 0)?;
    let (content, padding) = padded.split_at_checked(end)?;
    (padding.first() == Some(&MARK)).then_some(content)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_word_a_sentence_and_a_receipt_are_equally_long() {
        for content in [&b""[..], b"yes", &[b'x'; 255]] {
            assert_eq!(pad(content).unwrap().len(), 256);
        }
        assert_eq!(pad(&[1; 256]).unwrap().len(), 512);
        assert_eq!(pad(&[1; MAX_CONTENT_BYTES]).unwrap().len(), 61_440);
        assert!(pad(&[1; MAX_CONTENT_BYTES + 1]).is_none());
    }

    #[test]
    fn what_has_no_padding_is_refused() {
        for bytes in [&b""[..], &[0; 256], b"no mark", &[0x80, 0, 1]] {
            assert!(unpad(bytes).is_none());
        }
    }

    proptest! {
        #[test]
        fn padding_comes_off_again(content in proptest::collection::vec(any::<u8>(), 0..3000)) {
            let padded = pad(&content).unwrap();
            prop_assert_eq!(unpad(&padded).unwrap(), &content[..]);
        }
    }
}
