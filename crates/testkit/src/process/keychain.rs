//! A keychain that outlives the process that uses it.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use sotto_engine::vault::{Keychain, KeychainEntry, KeychainError, KeychainStatus};
use zeroize::Zeroizing;

use crate::MemoryKeychain;

/// Keeps its entries as files of a folder, unprotected: whoever sees the folder has the keys. A machine whose folder is gone
/// has no keychain.
pub struct FolderKeychain {
    folder: PathBuf,
}

impl FolderKeychain {
    /// The one in this folder, whether it is there or not.
    pub fn at(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// From now on the machine has one.
    pub fn comes(&self) {
        let aside = self.aside();
        if aside.exists() {
            fs::rename(aside, &self.folder).expect("a folder of our own");
        } else {
            fs::create_dir_all(&self.folder).expect("a folder of our own");
        }
    }

    /// From now on the machine has none, until it comes back.
    pub fn vanishes(&self) {
        if self.folder.exists() {
            fs::rename(&self.folder, self.aside()).expect("a folder of our own");
        }
    }

    /// Whether the machine has one.
    pub fn is_there(&self) -> bool {
        self.folder.is_dir()
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// One of this process with the same entries, of one account: what a thief takes away.
    pub fn copied(&self) -> MemoryKeychain {
        let files = fs::read_dir(&self.folder).expect("a keychain that is there");
        MemoryKeychain::holding(files.map(|file| {
            let file = file.expect("a file of the keychain");
            let name = BASE64
                .decode(file.file_name().as_encoded_bytes())
                .expect("a name of ours");
            let account = String::from_utf8(name).expect("a name of ours");
            let account = account.strip_prefix("account ").and_then(|id| id.parse().ok());
            let entry = KeychainEntry::for_account(account.expect("an entry of the engine's"));
            (entry, fs::read(file.path()).expect("an entry"))
        }))
    }

    fn aside(&self) -> PathBuf {
        self.folder.with_extension("gone")
    }

    fn file(&self, entry: &KeychainEntry) -> Result<PathBuf, KeychainError> {
        if self.is_there() {
            Ok(self.folder.join(BASE64.encode(entry.as_str())))
        } else {
            Err(KeychainError::Unavailable)
        }
    }
}

impl Keychain for FolderKeychain {
    fn name(&self) -> &'static str {
        "Folder"
    }

    fn status(&self) -> KeychainStatus {
        if self.is_there() {
            KeychainStatus::Available
        } else {
            KeychainStatus::Unavailable
        }
    }

    fn read(&self, entry: &KeychainEntry) -> Result<Zeroizing<Vec<u8>>, KeychainError> {
        fs::read(self.file(entry)?).map(Zeroizing::new).map_err(failed)
    }

    fn write(&self, entry: &KeychainEntry, secret: &[u8]) -> Result<(), KeychainError> {
        fs::write(self.file(entry)?, secret).map_err(failed)
    }

    fn delete(&self, entry: &KeychainEntry) -> Result<(), KeychainError> {
        fs::remove_file(self.file(entry)?).map_err(failed)
    }
}

fn failed(error: std::io::Error) -> KeychainError {
    match error.kind() {
        ErrorKind::NotFound => KeychainError::Missing,
        _ => KeychainError::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_keychain_that_vanished_says_so_and_has_everything_when_it_is_back() {
        let home = tempfile::tempdir().unwrap();
        let keychain = FolderKeychain::at(home.path().join("keychain"));
        let entry = KeychainEntry::for_account(some_account());
        assert_eq!(keychain.write(&entry, b"secret"), Err(KeychainError::Unavailable));
        keychain.comes();
        assert_eq!(keychain.read(&entry).unwrap_err(), KeychainError::Missing);
        keychain.write(&entry, b"secret").unwrap();
        keychain.vanishes();
        assert_eq!(keychain.status(), KeychainStatus::Unavailable);
        assert_eq!(keychain.read(&entry).unwrap_err(), KeychainError::Unavailable);
        keychain.comes();
        assert_eq!(*keychain.read(&entry).unwrap(), b"secret");
        assert_eq!(
            keychain.copied().read(&entry).unwrap(),
            keychain.read(&entry).unwrap()
        );
    }

    /// Any id will do.
    fn some_account<T: std::str::FromStr<Err: std::fmt::Debug>>() -> T {
        "67e55044-10b1-426f-9247-bb680e5fe0c8".parse().unwrap()
    }
}
