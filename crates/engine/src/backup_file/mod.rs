//! A backup that leaves the computer: the whole account in one file, sealed by the recovery code.
//!
//! ```text
//! file   = magic(16) ‖ version(4) ‖ salt(16) ‖ piece 0 ‖ piece 1 ‖ … ‖ last piece
//! key    = HKDF-SHA-256(salt, recovery code, label ‖ SHA-256(magic ‖ version ‖ salt))
//! piece  = AES-256-GCM(key, nonce = 0(3) ‖ number(8) ‖ is last(1), plaintext)
//! piece 0: the account secrets; the others: the database as in every backup (`docs/adr/0080`), 64 KiB each, the last one shorter
//! ```
//! Pieces are those of STREAM (Hoang, Reyhanitabar, Rogaway and Vizár 2015): none can be changed, left out, moved or cut off
//! unnoticed, and a file of any size goes through little memory. `docs/adr/0084-one-file.md` says why it is like this.

mod make;
mod pieces;
mod restore;

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use ring::aead::{AES_256_GCM, LessSafeKey, UnboundKey};
use ring::{digest, hkdf};

pub(crate) use make::make;
pub use restore::Restore;
pub(crate) use restore::restore;

use crate::error::BackupFileError;
use crate::vault::{NoRandomness, RecoveryCode, fill_random};

/// How every backup begins: a byte that no text has, a name, and line ends that a careless transfer changes.
const MAGIC: [u8; 16] = *b"\x89Sotto backup\r\n\x1a";

/// The version that this program writes and reads.
const VERSION: u32 = 1;

const SALT: usize = 16;

/// Bytes of a header: enough of a file to know whether it is a backup.
const HEADER: usize = MAGIC.len() + size_of::<u32>() + SALT;

const LABEL: &[u8] = b"Sotto backup file";

/// A backup that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupFile {
    /// Where it is.
    pub path: PathBuf,
    /// Its size.
    pub bytes: u64,
}

/// What stands in the clear before the pieces.
struct Header([u8; HEADER]);

impl Header {
    fn new() -> Result<Self, NoRandomness> {
        let mut bytes = [0; HEADER];
        let (magic, rest) = bytes.split_at_mut(MAGIC.len());
        let (version, salt) = rest.split_at_mut(size_of::<u32>());
        magic.copy_from_slice(&MAGIC);
        version.copy_from_slice(&VERSION.to_be_bytes());
        fill_random(salt)?;
        Ok(Self(bytes))
    }

    /// Reads what untrusted bytes begin with.
    fn parse(bytes: &[u8]) -> Result<Self, BackupFileError> {
        let Some((magic, rest)) = bytes.split_first_chunk() else {
            return Err(BackupFileError::NotABackup);
        };
        if *magic != MAGIC {
            return Err(BackupFileError::NotABackup);
        }
        // The version first: a newer header may have any other length.
        let (version, _) = rest.split_first_chunk().ok_or(BackupFileError::Damaged)?;
        match u32::from_be_bytes(*version) {
            VERSION => {}
            0 => return Err(BackupFileError::Damaged),
            _ => return Err(BackupFileError::TooNew),
        }
        let header = bytes.first_chunk().ok_or(BackupFileError::Damaged)?;
        Ok(Self(*header))
    }

    fn key(&self, code: &RecoveryCode) -> Option<LessSafeKey> {
        let salt = self.0.last_chunk::<SALT>()?;
        let extracted = hkdf::Salt::new(hkdf::HKDF_SHA256, salt).extract(code.expose_secret());
        let header = digest::digest(&digest::SHA256, &self.0);
        let info = [LABEL, header.as_ref()];
        let key = extracted.expand(&info, &AES_256_GCM).ok()?;
        Some(LessSafeKey::new(UnboundKey::from(key)))
    }
}

/// Whether a file is a backup that this program can read, as far as its beginning tells.
pub fn recognise(beginning: &[u8]) -> Result<(), BackupFileError> {
    Header::parse(beginning).map(drop)
}

/// Reads until `buffer` is full or there is no more; answers how much there was.
fn fill(from: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match from.read(rest) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// What is left of a file that was not finished is in the way of nothing.
fn discard(file: &Path) {
    let _ = std::fs::remove_file(file);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_reads_back_and_nothing_else_is_taken_for_one() {
        let header = Header::new().unwrap();
        assert!(recognise(&header.0).is_ok());
        for cut in 0..HEADER {
            let expected = if cut < MAGIC.len() {
                BackupFileError::NotABackup
            } else {
                BackupFileError::Damaged
            };
            assert_eq!(recognise(&header.0[..cut]), Err(expected), "{cut} bytes");
        }
        for place in 0..MAGIC.len() {
            let mut other = header.0;
            other[place] ^= 1;
            assert_eq!(recognise(&other), Err(BackupFileError::NotABackup));
        }
        let mut newer = header.0;
        newer[MAGIC.len() + 3] = 2;
        assert_eq!(recognise(&newer), Err(BackupFileError::TooNew));
        // Of a newer one we know no more than its version.
        assert_eq!(recognise(&newer[..MAGIC.len() + 4]), Err(BackupFileError::TooNew));
    }
}
