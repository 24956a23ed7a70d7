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
        Err(error) if error.kind() == io::ErrorKind::NotFound && may_be_made => create(path),
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

/// Written beside and linked, so that a crash leaves a whole secret or none, and of several nodes that begin together in one
/// folder all have the secret of the first.
fn create(path: &Path) -> Result<Zeroizing<[u8; BYTES]>, SecretFileError> {
    let mut bytes = Zeroizing::new([0; BYTES]);
    random(bytes.as_mut_slice())?;
    let beside = path.with_extension(format!("{}.new", own_suffix()?));
    let written = write(&beside, &bytes).and_then(|()| match fs::hard_link(&beside, path) {
        Err(error) if error.kind() == io::ErrorKind::Unsupported => fs::rename(&beside, path),
        linked => linked,
    });
    // After a rename it is not there any more.
    fs::remove_file(&beside).ok();
    match written {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return read(File::open(path)?),
        written => written?,
    }
    #[cfg(unix)]
    if let Some(folder) = path.parent() {
        File::open(folder)?.sync_all()?;
    }
    Ok(bytes)
}

fn write(path: &Path, bytes: &[u8; BYTES]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// For a file that nobody else writes.
fn own_suffix() -> io::Result<String> {
    let mut bytes = [0; 8];
    random(&mut bytes)?;
    Ok(format!("{:016x}", u64::from_be_bytes(bytes)))
}

fn random(bytes: &mut [u8]) -> io::Result<()> {
    SystemRandom::new()
        .fill(bytes)
        .map_err(|_| io::Error::other("no randomness from the system"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_that_begin_together_in_one_folder_have_one_secret() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pepper");
        let secrets: Vec<_> = std::thread::scope(|scope| {
            let nodes: Vec<_> = (0..8)
                .map(|_| scope.spawn(|| open(&path, true).unwrap()))
                .collect();
            nodes.into_iter().map(|node| node.join().unwrap()).collect()
        });
        let kept = open(&path, false).unwrap();
        assert!(secrets.iter().all(|secret| *secret == kept));
        let files = fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(files, 1, "nothing is left beside it");
    }

    #[test]
    fn a_secret_that_was_cut_short_is_not_made_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pepper");
        fs::write(&path, [7; BYTES - 1]).unwrap();
        assert!(matches!(open(&path, true), Err(SecretFileError::Damaged)));
    }
}
