//! `vault.json`: the versioned form on disk, read with suspicion and replaced in one step.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::passphrase::{KdfCost, PassphraseSlot};
use super::recovery::RecoverySlot;
use super::sealing::{NONCE_LENGTH, SALT_LENGTH, Sealed};
use crate::profile::private_file;

/// The newest version. A file has the oldest that knows all of its slots, so that a program that does not know them says that
/// it is too old, and not that the file is damaged.
pub(super) const NEWEST: u32 = 2;

/// The version that knows recovery codes.
const WITH_RECOVERY_CODE: u32 = 2;

/// A vault file has a few hundred bytes; what is larger is not one.
const MAX_FILE: u64 = 64 * 1024;

/// A sealed slot is the secrets and a tag; what is longer is not one.
const MAX_SEALED: usize = 1024;

/// The vault as `vault.json` states it: at most one slot of each kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Document {
    pub(super) account: Uuid,
    pub(super) keychain: bool,
    pub(super) passphrase: Option<PassphraseSlot>,
    pub(super) recovery_code: Option<RecoverySlot>,
}

/// What is wrong with a vault file.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReadError {
    #[error("there is no vault file")]
    Missing,
    #[error("the vault file is of version {found}; this program reads {NEWEST}")]
    TooNew { found: u32 },
    #[error("the vault file is damaged")]
    Malformed,
    #[error("the vault file cannot be read")]
    Io(#[from] io::Error),
}

#[derive(Serialize, Deserialize)]
struct VersionOnly {
    version: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    version: u32,
    account: Uuid,
    slots: Vec<WrittenSlot>,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
enum WrittenSlot {
    /// The secrets are in the operating system's keychain, under this account's name.
    Keychain {},
    Passphrase {
        argon2id: WrittenCost,
        salt: String,
        nonce: String,
        sealed: String,
    },
    RecoveryCode {
        salt: String,
        nonce: String,
        sealed: String,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenCost {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

impl Document {
    /// Reads untrusted bytes.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, ReadError> {
        // The version first: a newer file may have any other shape.
        let VersionOnly { version } = serde_json::from_slice(bytes).map_err(|_| ReadError::Malformed)?;
        match version {
            0 => return Err(ReadError::Malformed),
            1..=NEWEST => {}
            found => return Err(ReadError::TooNew { found }),
        }
        let written: Written = serde_json::from_slice(bytes).map_err(|_| ReadError::Malformed)?;
        Self::from_written(written)
            .filter(|document| document.version() == version)
            .ok_or(ReadError::Malformed)
    }

    fn version(&self) -> u32 {
        match self.recovery_code {
            Some(_) => WITH_RECOVERY_CODE,
            None => 1,
        }
    }

    fn from_written(written: Written) -> Option<Self> {
        let mut parsed = Self {
            account: written.account,
            keychain: false,
            passphrase: None,
            recovery_code: None,
        };
        for slot in written.slots {
            match slot {
                WrittenSlot::Keychain {} if !parsed.keychain => parsed.keychain = true,
                WrittenSlot::Passphrase {
                    argon2id,
                    salt,
                    nonce,
                    sealed,
                } if parsed.passphrase.is_none() => {
                    parsed.passphrase = Some(PassphraseSlot {
                        cost: KdfCost::parse(argon2id.memory_kib, argon2id.passes, argon2id.lanes)?,
                        salt: salt_of(&salt)?,
                        sealed: sealed_of(&nonce, &sealed)?,
                    });
                }
                WrittenSlot::RecoveryCode { salt, nonce, sealed } if parsed.recovery_code.is_none() => {
                    parsed.recovery_code = Some(RecoverySlot {
                        salt: salt_of(&salt)?,
                        sealed: sealed_of(&nonce, &sealed)?,
                    });
                }
                WrittenSlot::Keychain {}
                | WrittenSlot::Passphrase { .. }
                | WrittenSlot::RecoveryCode { .. } => {
                    return None;
                }
            }
        }
        parsed.opens_every_day().then_some(parsed)
    }

    /// Whether there is a way in for every day: a recovery code is for the day when that is lost.
    pub(super) fn opens_every_day(&self) -> bool {
        self.keychain || self.passphrase.is_some()
    }

    fn to_written(&self) -> Written {
        let keychain = self.keychain.then_some(WrittenSlot::Keychain {});
        let passphrase = self.passphrase.as_ref().map(|slot| WrittenSlot::Passphrase {
            argon2id: WrittenCost {
                memory_kib: slot.cost.memory_kib(),
                passes: slot.cost.passes(),
                lanes: slot.cost.lanes(),
            },
            salt: BASE64.encode(slot.salt),
            nonce: BASE64.encode(slot.sealed.nonce),
            sealed: BASE64.encode(&slot.sealed.bytes),
        });
        let recovery_code = self.recovery_code.as_ref().map(|slot| WrittenSlot::RecoveryCode {
            salt: BASE64.encode(slot.salt),
            nonce: BASE64.encode(slot.sealed.nonce),
            sealed: BASE64.encode(&slot.sealed.bytes),
        });
        Written {
            version: self.version(),
            account: self.account,
            slots: keychain
                .into_iter()
                .chain(passphrase)
                .chain(recovery_code)
                .collect(),
        }
    }

    pub(super) fn read(path: &Path) -> Result<Self, ReadError> {
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(ReadError::Missing),
            Err(error) => return Err(ReadError::Io(error)),
        };
        let mut bytes = Vec::new();
        file.take(MAX_FILE + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > MAX_FILE {
            return Err(ReadError::Malformed);
        }
        Self::parse(&bytes)
    }

    /// Replaces the file in one step: whatever happens, the old or the new one is there, whole.
    pub(super) fn write(&self, path: &Path) -> io::Result<()> {
        let mut bytes = serde_json::to_vec_pretty(&self.to_written())?;
        bytes.push(b'\n');
        let folder = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
        let temporary = path.with_extension("json.new");
        let mut file = private_file()
            .write(true)
            .create(true)
            .truncate(true)
            .open(&temporary)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        drop(file);
        std::fs::rename(&temporary, path)?;
        // On Unix a rename is durable only when its folder is; Windows has no such call and needs none.
        #[cfg(unix)]
        File::open(folder)?.sync_all()?;
        #[cfg(not(unix))]
        let _ = folder;
        Ok(())
    }
}

fn salt_of(text: &str) -> Option<[u8; SALT_LENGTH]> {
    BASE64.decode(text).ok()?.try_into().ok()
}

fn sealed_of(nonce: &str, sealed: &str) -> Option<Sealed> {
    let nonce: [u8; NONCE_LENGTH] = BASE64.decode(nonce).ok()?.try_into().ok()?;
    let bytes = BASE64
        .decode(sealed)
        .ok()
        .filter(|bytes| bytes.len() <= MAX_SEALED)?;
    Some(Sealed { nonce, bytes })
}
