//! Secrets that lie beside the database: 32 random bytes each, made when the relay is new.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;

use ring::rand::{SecureRandom, SystemRandom};
use zeroize::Zeroizing;

/// The length of each of them.
pub(crate) const BYTES: usize = 32;

/// Why there is no secret.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SecretFileError {
    #[error("the file is missing")]
    Missing,
    #[error("the file does not hold a secret")]
    Damaged,
    #[error("the file cannot be read or written")]
    Io(#[from] io::Error),
}

/// Reads the secret, or makes it if that is allowed.
pub(crate) fn open(path: &Path, may_be_made: bool) -> Result<Zeroizing<[u8; BYTES]>, SecretFileError> {
    match File::open(path) {
        Ok(file) => read(file),
        Err(error) if error.kind() == io::ErrorKind::NotFound && may_be_made => Ok(create(path)?),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(SecretFileError::Missing),
        Err(error) => Err(error.into()),
    }
}

fn read(file: File) -> Result<Zeroizing<[u8; BYTES]>, SecretFileError> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(BYTES + 1));
    file.take(BYTES as u64 + 1).read_to_end(&mut bytes)?;
    let secret: &[u8; BYTES] = bytes
        .as_slice()
        .try_into()
        .map_err(|_| SecretFileError::Damaged)?;
    Ok(Zeroizing::new(*secret))
}

/// Written beside and renamed, so that a crash leaves a whole secret or none.
fn create(path: &Path) -> io::Result<Zeroizing<[u8; BYTES]>> {
    let mut bytes = Zeroizing::new([0; BYTES]);
    SystemRandom::new()
        .fill(bytes.as_mut_slice())
        .map_err(|_| io::Error::other("no randomness from the system"))?;
    let beside = path.with_extension("new");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&beside)?;
    file.write_all(bytes.as_slice())?;
    file.sync_all()?;
    fs::rename(&beside, path)?;
    #[cfg(unix)]
    if let Some(folder) = path.parent() {
        File::open(folder)?.sync_all()?;
    }
    Ok(bytes)
}
