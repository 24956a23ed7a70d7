//! A profile: one folder, one account, one running process.
//!
//! ```text
//! <data folder>/profiles/<name>/
//!     profile.lock    held while a process has the profile open
//!     vault.json      which slots hold the account secrets (no secret in the clear)
//!     messages.db     the SQLCipher database, and its -wal and -shm beside it, backups and what was set aside of it
//!     incoming.sotto  a backup that an account is to be made of, until it is
//!     relay/          the data of a relay hosted by this profile
//! ```

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use directories::ProjectDirs;

/// The longest profile name; it becomes a folder name, and the paths below it must stay short on Windows.
pub const MAX_PROFILE_NAME: usize = 64;

/// Folder names that Windows gives to devices, whatever their case.
const DEVICE_NAMES: [&str; 4] = ["con", "prn", "aux", "nul"];

/// A name that is safe as a folder name everywhere: 1 to 64 of `A-Z a-z 0-9 _ -`, and no device name of Windows.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ProfileName(String);

/// The name breaks the rule of [`ProfileName`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a profile name is 1 to {MAX_PROFILE_NAME} letters, digits, '-' or '_', and no device name")]
pub struct InvalidProfileName;

impl ProfileName {
    /// Checks a name given on the command line.
    pub fn parse(name: &str) -> Result<Self, InvalidProfileName> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        let lower = name.to_ascii_lowercase();
        let numbered_device = lower.len() == 4
            && (lower.starts_with("com") || lower.starts_with("lpt"))
            && lower.ends_with(|c: char| c.is_ascii_digit());
        let device = numbered_device || DEVICE_NAMES.contains(&lower.as_str());
        if name.is_empty() || name.len() > MAX_PROFILE_NAME || !name.chars().all(allowed) || device {
            return Err(InvalidProfileName);
        }
        Ok(Self(name.to_owned()))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An opened profile. While it lives, no other process can open the same one.
#[derive(Debug)]
pub struct Profile {
    name: ProfileName,
    folder: PathBuf,
    /// The operating system releases the lock when the process ends, however it ends.
    _lock: File,
}

/// Why a profile could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenProfileError {
    /// Another process (or another part of this one) has it open.
    #[error("this profile is open already")]
    AlreadyOpen,
    /// The platform names no place for application data (no home folder).
    #[error("this machine names no folder for application data")]
    NoDataFolder,
    /// The folder or its lock file could not be made.
    #[error("the profile folder cannot be used")]
    Io(#[from] io::Error),
}

impl Profile {
    /// Opens the profile under `root`, or under the platform's folder for application data if none is given, and makes
    /// its folder if it is new.
    pub fn open(name: ProfileName, root: Option<&Path>) -> Result<Self, OpenProfileError> {
        let root = match root {
            Some(root) => root.to_owned(),
            None => default_data_folder().ok_or(OpenProfileError::NoDataFolder)?,
        };
        let folder = root.join("profiles").join(name.as_str());
        create_private_folder(&folder)?;
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(folder.join("profile.lock"))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self {
                name,
                folder,
                _lock: lock,
            }),
            Err(TryLockError::WouldBlock) => Err(OpenProfileError::AlreadyOpen),
            Err(TryLockError::Error(error)) => Err(OpenProfileError::Io(error)),
        }
    }

    /// The profile's name.
    pub fn name(&self) -> &ProfileName {
        &self.name
    }

    /// The profile's folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where the vault's slots are.
    pub fn vault_file(&self) -> PathBuf {
        self.folder.join("vault.json")
    }

    /// Where the encrypted database is.
    pub fn database_file(&self) -> PathBuf {
        self.folder.join("messages.db")
    }

    /// Where the database of a backup is while it is unpacked.
    pub(crate) fn incoming_database(&self) -> PathBuf {
        self.folder.join("messages.db.incoming")
    }

    /// Where a backup is kept that is being brought, until an account is made of it.
    pub fn incoming_backup(&self) -> PathBuf {
        self.folder.join("incoming.sotto")
    }

    /// Removes what was brought here to make an account of, and came to nothing.
    pub fn forget_incoming(&self) {
        for file in [self.incoming_backup(), self.incoming_database()] {
            // One that stays is litter, and in the way of nothing.
            let _ = std::fs::remove_file(file);
        }
    }

    /// Where a relay hosted by this profile keeps its data.
    pub fn relay_folder(&self) -> PathBuf {
        self.folder.join("relay")
    }
}

/// The platform's folder for Sotto's data, such as `~/.local/share/sotto`.
pub fn default_data_folder() -> Option<PathBuf> {
    ProjectDirs::from("app", "Sotto", "sotto").map(|dirs| dirs.data_local_dir().to_owned())
}

/// Makes the folder and those above it, readable by this user only where the platform knows such a thing.
fn create_private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// How a file is opened that, if it is made, is readable by this user only where the platform knows such a thing.
pub fn private_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(name: &str) -> ProfileName {
        ProfileName::parse(name).unwrap()
    }

    #[test]
    fn a_name_that_could_leave_the_folder_or_name_a_device_is_refused() {
        for bad in [
            "",
            ".",
            "..",
            "a/b",
            "a\\b",
            "ali ce",
            "Zoë",
            "nul",
            "Con",
            "LPT1",
            "x\0",
            &"a".repeat(65),
        ] {
            assert_eq!(ProfileName::parse(bad), Err(InvalidProfileName), "{bad:?}");
        }
        for good in ["default", "Alice_2", "b-o-b", "console", &"a".repeat(64)] {
            assert_eq!(ProfileName::parse(good).unwrap().as_str(), good);
        }
    }

    #[test]
    fn alices_profile_opens_once_and_again_after_it_was_closed() {
        let root = tempfile::tempdir().unwrap();
        let first = Profile::open(name("alice"), Some(root.path())).unwrap();
        let second = Profile::open(name("alice"), Some(root.path()));
        assert!(matches!(second, Err(OpenProfileError::AlreadyOpen)));
        drop(first);
        Profile::open(name("alice"), Some(root.path())).unwrap();
    }

    #[test]
    fn alice_and_bob_open_their_profiles_side_by_side() {
        let root = tempfile::tempdir().unwrap();
        let alice = Profile::open(name("alice"), Some(root.path())).unwrap();
        let bob = Profile::open(name("bob"), Some(root.path())).unwrap();
        assert_ne!(alice.database_file(), bob.database_file());
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_on_the_machine_can_look_into_a_profile() {
        use std::os::unix::fs::PermissionsExt;
        let root = tempfile::tempdir().unwrap();
        let alice = Profile::open(name("alice"), Some(root.path())).unwrap();
        assert_eq!(
            alice.folder().metadata().unwrap().permissions().mode() & 0o777,
            0o700
        );
    }
}
