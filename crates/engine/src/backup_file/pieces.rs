//! A stream of bytes in sealed pieces.

use std::io::{self, Read, Write};

use ring::aead::{Aad, LessSafeKey, Nonce};
use zeroize::Zeroizing;

use super::fill;

/// Bytes of a full piece before it is sealed. The last piece is shorter, if need be empty.
pub(super) const PIECE: usize = 64 * 1024;

/// What sealing adds to a piece.
const TAG: usize = 16;

/// The nonces of one key, each used once: the key is this file's only.
#[derive(Default)]
struct Nonces(u64);

impl Nonces {
    fn next(&mut self, is_last: bool) -> io::Result<Nonce> {
        let number = self.0;
        self.0 = number.checked_add(1).ok_or(io::ErrorKind::FileTooLarge)?;
        let [a, b, c, d, e, f, g, h] = number.to_be_bytes();
        let nonce = [0, 0, 0, a, b, c, d, e, f, g, h, u8::from(is_last)];
        Ok(Nonce::assume_unique_for_key(nonce))
    }
}

/// Seals pieces, and writes them.
pub(super) struct Sealer<W> {
    key: LessSafeKey,
    nonces: Nonces,
    to: W,
}

impl<W: Write> Sealer<W> {
    pub(super) fn new(key: LessSafeKey, to: W) -> Self {
        Self {
            key,
            nonces: Nonces::default(),
            to,
        }
    }

    /// Seals one piece, which is not the last.
    pub(super) fn seal(&mut self, piece: &[u8]) -> io::Result<()> {
        self.put(piece, false)
    }

    /// Seals all that is left to read, as the pieces to the end; hands back what they were written to.
    pub(super) fn seal_rest(mut self, from: &mut impl Read) -> io::Result<W> {
        let mut buffer = Zeroizing::new(vec![0; PIECE]);
        loop {
            let filled = fill(from, &mut buffer)?;
            let is_last = filled < PIECE;
            self.put(buffer.get(..filled).unwrap_or_default(), is_last)?;
            if is_last {
                self.to.flush()?;
                return Ok(self.to);
            }
        }
    }

    fn put(&mut self, piece: &[u8], is_last: bool) -> io::Result<()> {
        let nonce = self.nonces.next(is_last)?;
        // Sealed in a copy that has room for the tag.
        let mut sealed = Zeroizing::new(Vec::with_capacity(piece.len() + TAG));
        sealed.extend_from_slice(piece);
        self.key
            .seal_in_place_append_tag(nonce, Aad::empty(), &mut *sealed)
            .map_err(|_| io::ErrorKind::Other)?;
        self.to.write_all(&sealed)
    }
}

/// Why pieces were not opened.
#[derive(Debug, thiserror::Error)]
pub(super) enum PieceError {
    /// A piece is not what was sealed by this key, or is not there.
    #[error("a piece does not open")]
    NotOpened,
    #[error("the pieces cannot be read")]
    Read(#[source] io::Error),
    #[error("what was in the pieces cannot be written")]
    Write(#[source] io::Error),
}

/// Reads pieces, and opens them.
pub(super) struct Opener<R> {
    key: LessSafeKey,
    nonces: Nonces,
    from: R,
}

impl<R: Read> Opener<R> {
    pub(super) fn new(key: LessSafeKey, from: R) -> Self {
        Self {
            key,
            nonces: Nonces::default(),
            from,
        }
    }

    /// Opens one piece that held `length` bytes and is not the last.
    pub(super) fn open(&mut self, length: usize) -> Result<Zeroizing<Vec<u8>>, PieceError> {
        let mut piece = Zeroizing::new(vec![0; length + TAG]);
        let filled = fill(&mut self.from, &mut piece).map_err(PieceError::Read)?;
        if filled < piece.len() {
            return Err(PieceError::NotOpened);
        }
        let opened = self.take(&mut piece, false)?;
        Ok(Zeroizing::new(opened.to_vec()))
    }

    /// Opens all pieces to the last, and writes what was in them. What was written counts only if this succeeds.
    pub(super) fn open_rest(mut self, to: &mut impl Write) -> Result<(), PieceError> {
        let mut buffer = Zeroizing::new(vec![0; PIECE + TAG]);
        loop {
            let filled = fill(&mut self.from, &mut buffer).map_err(PieceError::Read)?;
            let is_last = filled < buffer.len();
            let sealed = buffer.get_mut(..filled).unwrap_or_default();
            to.write_all(self.take(sealed, is_last)?)
                .map_err(PieceError::Write)?;
            if is_last {
                return to.flush().map_err(PieceError::Write);
            }
        }
    }

    fn take<'a>(&mut self, sealed: &'a mut [u8], is_last: bool) -> Result<&'a [u8], PieceError> {
        let nonce = self.nonces.next(is_last).map_err(PieceError::Read)?;
        let opened = self.key.open_in_place(nonce, Aad::empty(), sealed);
        opened.map(|opened| &*opened).map_err(|_| PieceError::NotOpened)
    }
}

#[cfg(test)]
mod tests {
    use ring::aead::{AES_256_GCM, UnboundKey};

    use super::*;

    fn key(byte: u8) -> LessSafeKey {
        LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &[byte; 32]).unwrap())
    }

    fn sealed(first: &[u8], rest: &[u8]) -> Vec<u8> {
        let mut sealer = Sealer::new(key(1), Vec::new());
        sealer.seal(first).unwrap();
        sealer.seal_rest(&mut &*rest).unwrap()
    }

    fn opened(first: usize, file: &[u8]) -> Result<(Vec<u8>, Vec<u8>), PieceError> {
        let mut opener = Opener::new(key(1), file);
        let first = opener.open(first)?;
        let mut rest = Vec::new();
        opener.open_rest(&mut rest)?;
        Ok((first.to_vec(), rest))
    }

    #[test]
    fn whatever_was_sealed_comes_back() {
        for length in [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 3 * PIECE + 7] {
            let rest: Vec<u8> = (0..length).map(|place| (place % 251) as u8).collect();
            let file = sealed(b"first", &rest);
            assert_eq!(opened(5, &file).unwrap(), (b"first".to_vec(), rest), "{length}");
        }
    }

    #[test]
    fn nothing_can_be_cut_off_put_behind_left_out_or_moved() {
        let rest = vec![7; 3 * PIECE + 7];
        let file = sealed(b"first", &rest);
        let (first, whole) = (5 + TAG, PIECE + TAG);
        let refused = |file: &[u8]| matches!(opened(5, file), Err(PieceError::NotOpened));
        for cut in [
            0,
            1,
            first,
            first + 1,
            first + whole,
            first + 2 * whole + 9,
            first + 3 * whole,
            file.len() - 1,
        ] {
            assert!(refused(&file[..cut]), "cut after {cut}");
        }
        assert!(refused(&[&*file, b"more"].concat()));
        let left_out = [&file[..first + whole], &file[first + 2 * whole..]].concat();
        assert!(refused(&left_out));
        let moved = [
            &file[..first],
            &file[first + whole..first + 2 * whole],
            &file[first..first + whole],
            &file[first + 2 * whole..],
        ]
        .concat();
        assert!(refused(&moved));
        for place in [
            0,
            first - 1,
            first,
            first + whole,
            first + 3 * whole,
            file.len() - 1,
        ] {
            let mut changed = file.clone();
            changed[place] ^= 0x10;
            assert!(refused(&changed), "byte {place}");
        }
        assert!(matches!(
            Opener::new(key(2), &*file).open(5),
            Err(PieceError::NotOpened)
        ));
    }
}
