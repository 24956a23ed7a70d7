//! `vault.json`: the versioned form on disk, read with suspicion and replaced in one step.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::passphrase::{KdfCost, NONCE_LENGTH, PassphraseSlot, SALT_LENGTH};

/// The version this program writes, and the only one it reads so far.
pub(super) const VERSION: u32 = 1;

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
}

/// What is wrong with a vault file.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReadError {
    #[error("there is no vault file")]
    Missing,
    #[error("the vault file is of version {found}; this program reads {VERSION}")]
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
struct DocumentV1 {
    version: u32,
    account: Uuid,
    slots: Vec<SlotV1>,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
enum SlotV1 {
    /// The secrets are in the operating system's keychain, under this account's name.
    Keychain {},
    Passphrase {
        argon2id: Argon2idV1,
        salt: String,
        nonce: String,
        sealed: String,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Argon2idV1 {
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
            VERSION => {}
            found => return Err(ReadError::TooNew { found }),
        }
        let document: DocumentV1 = serde_json::from_slice(bytes).map_err(|_| ReadError::Malformed)?;
        Self::from_v1(document).ok_or(ReadError::Malformed)
    }

    fn from_v1(document: DocumentV1) -> Option<Self> {
        let mut parsed = Self {
            account: document.account,
            keychain: false,
            passphrase: None,
        };
        for slot in document.slots {
            match slot {
                SlotV1::Keychain {} if !parsed.keychain => parsed.keychain = true,
                SlotV1::Passphrase {
                    argon2id,
                    salt,
                    nonce,
                    sealed,
                } if parsed.passphrase.is_none() => {
                    let cost = KdfCost::parse(argon2id.memory_kib, argon2id.passes, argon2id.lanes)?;
                    let salt: [u8; SALT_LENGTH] = BASE64.decode(salt).ok()?.try_into().ok()?;
                    let nonce: [u8; NONCE_LENGTH] = BASE64.decode(nonce).ok()?.try_into().ok()?;
                    let sealed = BASE64
                        .decode(sealed)
                        .ok()
                        .filter(|sealed| sealed.len() <= MAX_SEALED)?;
                    parsed.passphrase = Some(PassphraseSlot {
                        cost,
                        salt,
                        nonce,
                        sealed,
                    });
                }
                SlotV1::Keychain {} | SlotV1::Passphrase { .. } => return None,
            }
        }
        (parsed.keychain || parsed.passphrase.is_some()).then_some(parsed)
    }

    fn to_v1(&self) -> DocumentV1 {
        let keychain = self.keychain.then_some(SlotV1::Keychain {});
        let passphrase = self.passphrase.as_ref().map(|slot| SlotV1::Passphrase {
            argon2id: Argon2idV1 {
                memory_kib: slot.cost.memory_kib(),
                passes: slot.cost.passes(),
                lanes: slot.cost.lanes(),
            },
            salt: BASE64.encode(slot.salt),
            nonce: BASE64.encode(slot.nonce),
            sealed: BASE64.encode(&slot.sealed),
        });
        DocumentV1 {
            version: VERSION,
            account: self.account,
            slots: keychain.into_iter().chain(passphrase).collect(),
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
        let mut bytes = serde_json::to_vec_pretty(&self.to_v1())?;
        bytes.push(b'\n');
        let folder = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
        let temporary = path.with_extension("json.new");
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&temporary)?;
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
