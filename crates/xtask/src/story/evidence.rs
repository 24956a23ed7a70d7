//! What must be nowhere, looked for everywhere: in every file of the relay, of the profiles, of the logs.
//!
//! A search that finds nothing may have looked in the wrong place. So each search also looks for something that *must*
//! be there (the accounts' ids in the relay's files), and fails if it is not.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use memchr::memmem;
use serde::Deserialize;

use crate::process::{ProcessError, Program};
use crate::story::secret_service::{SecretService, SecretServiceError};

/// The first bytes of every SQLite database that is not encrypted.
const PLAIN_SQLITE: &[u8] = b"SQLite format 3\0";

/// Why the evidence is not what it should be, or could not be taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EvidenceError {
    #[error("`{}` could not be read", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("{what} was found in `{}`", path.display())]
    Found { what: String, path: PathBuf },
    #[error("{what} was not found, so the search did not look where it should")]
    Blind { what: String },
    #[error("no file to search in `{}`", path.display())]
    Empty { path: PathBuf },
    #[error("the vault `{}` is not of the form known here", path.display())]
    Vault { path: PathBuf },
    #[error("the Secret Service could not be asked")]
    SecretService(#[from] SecretServiceError),
    #[error("the Secret Service has no entry of this account's keys, or not of the form known here")]
    NoKeys,
    #[error("`{}` begins like a database that is not encrypted", path.display())]
    PlainHeader { path: PathBuf },
    #[error("`{}` was opened without its key", path.display())]
    Opened { path: PathBuf },
    #[error("sqlite3 refused `{}` for another reason than that it is encrypted", path.display())]
    RefusedOtherwise { path: PathBuf },
    #[error("sqlite3 could not be run")]
    Sqlite(#[source] ProcessError),
}

/// Something to look for, in every form in which it may have been written down.
pub(crate) struct Needle {
    what: String,
    forms: Vec<Vec<u8>>,
}

impl Needle {
    /// A text that a person wrote.
    pub(crate) fn text(text: &str) -> Self {
        let utf16 = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let mut needle = Self::bytes(format!("“{text}”"), text.as_bytes());
        needle.forms.push(utf16);
        needle
    }

    /// Bytes: as they are, in hexadecimal, in base64 of either alphabet.
    pub(crate) fn bytes(what: impl Into<String>, bytes: &[u8]) -> Self {
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let forms = vec![
            bytes.to_vec(),
            hex.to_uppercase().into_bytes(),
            hex.into_bytes(),
            STANDARD_NO_PAD.encode(bytes).into_bytes(),
            URL_SAFE_NO_PAD.encode(bytes).into_bytes(),
        ];
        Self {
            what: what.into(),
            forms,
        }
    }

    /// The id of an account: its bytes, or its text with hyphens.
    pub(crate) fn account(what: impl Into<String>, account: &AccountId) -> Self {
        let mut needle = Self::bytes(what, &account.bytes);
        needle.forms.push(account.text.clone().into_bytes());
        needle
    }

    fn is_in(&self, haystack: &[u8]) -> bool {
        self.forms
            .iter()
            .any(|form| memmem::find(haystack, form).is_some())
    }
}

/// The files below some folders, read into memory.
pub(crate) struct Haystack {
    files: Vec<(PathBuf, Vec<u8>)>,
}

impl Haystack {
    /// Reads every file below `paths`, which may be files themselves. Each of them must be there.
    pub(crate) fn read(paths: &[&Path]) -> Result<Self, EvidenceError> {
        let mut files = Vec::new();
        for path in paths {
            let before = files.len();
            read_below(path, &mut files)?;
            if files.len() == before {
                return Err(EvidenceError::Empty {
                    path: (*path).to_owned(),
                });
            }
        }
        Ok(Self { files })
    }

    /// How many files there are, and how many bytes.
    pub(crate) fn size(&self) -> (usize, usize) {
        (
            self.files.len(),
            self.files.iter().map(|(_, bytes)| bytes.len()).sum(),
        )
    }

    /// Fails if one of the needles is in one of the files.
    pub(crate) fn must_not_hold(&self, needles: &[Needle]) -> Result<(), EvidenceError> {
        for needle in needles {
            if let Some((path, _)) = self.files.iter().find(|(_, bytes)| needle.is_in(bytes)) {
                return Err(EvidenceError::Found {
                    what: needle.what.clone(),
                    path: path.clone(),
                });
            }
        }
        Ok(())
    }

    /// Fails if one of the needles is in none of the files.
    pub(crate) fn must_hold(&self, needles: &[Needle]) -> Result<(), EvidenceError> {
        match needles
            .iter()
            .find(|needle| !self.files.iter().any(|(_, bytes)| needle.is_in(bytes)))
        {
            Some(needle) => Err(EvidenceError::Blind {
                what: needle.what.clone(),
            }),
            None => Ok(()),
        }
    }
}

fn read_below(path: &Path, files: &mut Vec<(PathBuf, Vec<u8>)>) -> Result<(), EvidenceError> {
    let error = |source| EvidenceError::Read {
        path: path.to_owned(),
        source,
    };
    let kind = fs::symlink_metadata(path).map_err(error)?.file_type();
    if kind.is_dir() {
        for entry in fs::read_dir(path).map_err(error)? {
            read_below(&entry.map_err(error)?.path(), files)?;
        }
    } else if kind.is_file() {
        files.push((path.to_owned(), fs::read(path).map_err(error)?));
    }
    Ok(())
}

/// The id of an account, as `vault.json` states it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AccountId {
    text: String,
    bytes: Vec<u8>,
}

impl AccountId {
    /// Reads the id out of the vault of a profile; the file is public.
    pub(crate) fn of_profile(profile: &Path) -> Result<Self, EvidenceError> {
        #[derive(Deserialize)]
        struct Vault {
            account: String,
        }

        let path = profile.join("vault.json");
        let bytes = fs::read(&path).map_err(|source| EvidenceError::Read {
            path: path.clone(),
            source,
        })?;
        let parsed = serde_json::from_slice::<Vault>(&bytes).ok();
        parsed
            .and_then(|vault| Self::parse(&vault.account))
            .ok_or(EvidenceError::Vault { path })
    }

    /// A UUID with hyphens.
    fn parse(text: &str) -> Option<Self> {
        let digits: Vec<u8> = text.bytes().filter(|byte| *byte != b'-').collect();
        let bytes: Option<Vec<u8>> = digits
            .chunks(2)
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
            .collect();
        let bytes = bytes.filter(|bytes| bytes.len() == 16)?;
        Some(Self {
            text: text.to_owned(),
            bytes,
        })
    }
}

/// The secrets of one account, as the keychain slot holds them: version 1, account id, identity private key, database
/// key, in base64 (`crates/engine/src/vault/secrets.rs`).
pub(crate) struct AccountKeys {
    identity: Vec<u8>,
    database: Vec<u8>,
    entry: Vec<u8>,
}

impl AccountKeys {
    /// Asks the Secret Service, from outside the app, for the entry of an account.
    pub(crate) fn from_keychain(service: &SecretService, account: &AccountId) -> Result<Self, EvidenceError> {
        let entry = service.lookup("username", &format!("account {}", account.text))?;
        Self::parse(entry.trim(), account).ok_or(EvidenceError::NoKeys)
    }

    fn parse(entry: &str, account: &AccountId) -> Option<Self> {
        let bytes = STANDARD_NO_PAD.decode(entry.trim_end_matches('=')).ok()?;
        let rest = bytes.strip_prefix(&[1])?.strip_prefix(account.bytes.as_slice())?;
        let (identity, database) = rest.split_at_checked(32)?;
        let whole = database.len() == 32;
        whole.then(|| Self {
            identity: identity.to_vec(),
            database: database.to_vec(),
            entry: entry.as_bytes().to_vec(),
        })
    }

    /// What must be in no file.
    pub(crate) fn needles(&self, whose: &str) -> Vec<Needle> {
        vec![
            Needle::bytes(format!("{whose}'s identity private key"), &self.identity),
            Needle::bytes(format!("{whose}'s database key"), &self.database),
            Needle::bytes(format!("{whose}'s keychain entry"), &self.entry),
        ]
    }
}

/// Fails unless plain SQLite takes `database` for no database at all.
pub(crate) fn must_be_encrypted(database: &Path) -> Result<(), EvidenceError> {
    let path = database.to_owned();
    let bytes = fs::read(database).map_err(|source| EvidenceError::Read {
        path: path.clone(),
        source,
    })?;
    if bytes.is_empty() || bytes.starts_with(PLAIN_SQLITE) {
        return Err(EvidenceError::PlainHeader { path });
    }

    // On a copy: what must fail here must not be able to harm the account.
    let copy = database.with_extension("db.copy");
    let copied = fs::copy(database, &copy);
    copied.map_err(|source| EvidenceError::Read {
        path: path.clone(),
        source,
    })?;
    let answer = Program::new("sqlite3")
        .args(["-batch", "-readonly"])
        .arg(&copy)
        .arg("SELECT count(*) FROM sqlite_schema;")
        .outcome();
    _ = fs::remove_file(&copy);
    let (opened, said) = answer.map_err(EvidenceError::Sqlite)?;
    match (opened, said.contains("file is not a database")) {
        (true, _) => Err(EvidenceError::Opened { path }),
        (false, false) => Err(EvidenceError::RefusedOtherwise { path }),
        (false, true) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder_holding(bytes: &[u8]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("deep")).unwrap();
        fs::write(folder.path().join("deep").join("file"), bytes).unwrap();
        folder
    }

    fn found(needle: Needle, bytes: &[u8]) -> bool {
        let folder = folder_holding(bytes);
        Haystack::read(&[folder.path()])
            .unwrap()
            .must_not_hold(&[needle])
            .is_err()
    }

    #[test]
    fn a_text_is_found_in_every_form_it_may_have_been_written_in() {
        let text = "Meet me at the mill";
        let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
        let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert!(found(Needle::text(text), format!("xx{text}yy").as_bytes()));
        assert!(found(Needle::text(text), format!("xx{hex}yy").as_bytes()));
        assert!(found(Needle::text(text), &utf16));
        assert!(found(Needle::text(text), STANDARD_NO_PAD.encode(text).as_bytes()));
        assert!(!found(Needle::text(text), b"Meet me at the mall"));
    }

    #[test]
    fn a_search_in_the_wrong_place_is_noticed() {
        let folder = folder_holding(b"nothing of interest");
        let haystack = Haystack::read(&[folder.path()]).unwrap();
        let control = haystack.must_hold(&[Needle::text("what must be there")]);
        assert!(matches!(control, Err(EvidenceError::Blind { .. })));
        let empty = tempfile::tempdir().unwrap();
        assert!(matches!(
            Haystack::read(&[empty.path()]),
            Err(EvidenceError::Empty { .. })
        ));
    }

    #[test]
    fn a_plain_database_does_not_pass_for_an_encrypted_one() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("messages.db");
        fs::write(&database, [PLAIN_SQLITE, &[0; 4080]].concat()).unwrap();
        assert!(matches!(
            must_be_encrypted(&database),
            Err(EvidenceError::PlainHeader { .. })
        ));
    }

    #[test]
    fn the_keys_are_read_out_of_the_entry_of_their_own_account_only() {
        let alice = AccountId::parse("00000000-0000-4000-8000-000000000001").unwrap();
        let bob = AccountId::parse("00000000-0000-4000-8000-000000000002").unwrap();
        let entry = [&[1][..], &alice.bytes, &[7; 32], &[9; 32]].concat();
        let entry = base64::engine::general_purpose::STANDARD.encode(entry);
        let keys = AccountKeys::parse(&entry, &alice).unwrap();
        assert_eq!((keys.identity, keys.database), (vec![7; 32], vec![9; 32]));
        assert!(AccountKeys::parse(&entry, &bob).is_none());
    }
}
