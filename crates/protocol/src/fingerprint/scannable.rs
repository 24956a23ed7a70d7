//! What the QR code of a safety number holds, and comparing it.

use prost::Message as _;
use subtle::ConstantTimeEq;

use crate::fingerprint::Fingerprint;

/// How many bytes of each side's fingerprint go into the code.
const CONTENT_LENGTH: usize = 32;

#[derive(Clone, PartialEq, Eq, prost::Message)]
struct Side {
    #[prost(bytes = "vec", optional, tag = "1")]
    content: Option<Vec<u8>>,
}

#[derive(Clone, PartialEq, Eq, prost::Message)]
struct Combined {
    #[prost(uint32, optional, tag = "1")]
    version: Option<u32>,
    #[prost(message, optional, tag = "2")]
    local: Option<Side>,
    #[prost(message, optional, tag = "3")]
    remote: Option<Side>,
}

/// What a QR code of a safety number holds.
#[derive(Clone, PartialEq, Eq)]
pub struct ScannableFingerprint {
    version: u32,
    local: Vec<u8>,
    remote: Vec<u8>,
}

/// What a scanned code is to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scanned {
    /// The counterpart of ours: both sides see the same two keys.
    Counterpart,
    /// What we show ourselves.
    Ours,
    /// It is shown by who we think, but to somebody else, or with another key for us.
    FromThemForAnother,
    /// Neither.
    Another,
}

/// Why a scanned code cannot be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ScanError {
    /// It is not a fingerprint.
    #[error("not a fingerprint")]
    Malformed,
    /// It is of another version.
    #[error("a fingerprint of version {theirs}, ours is of version {ours}")]
    Version {
        /// Our version.
        ours: u32,
        /// The scanned one's.
        theirs: u32,
    },
}

impl ScannableFingerprint {
    /// The version of fingerprints whose identifier is a service id.
    pub const VERSION: u32 = 2;

    /// What the owner of `local` shows to the owner of `remote`.
    pub fn new(version: u32, local: &Fingerprint, remote: &Fingerprint) -> Self {
        let content = |fingerprint: &Fingerprint| fingerprint.0[..CONTENT_LENGTH].to_vec();
        Self {
            version,
            local: content(local),
            remote: content(remote),
        }
    }

    /// Reads a code of our own that was stored.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ScanError> {
        let combined = Combined::decode(bytes).map_err(|_| ScanError::Malformed)?;
        let version = combined.version.ok_or(ScanError::Malformed)?;
        let (local, remote) = combined.contents().ok_or(ScanError::Malformed)?;
        Ok(Self {
            version,
            local,
            remote,
        })
    }

    /// The bytes of the code.
    pub fn to_bytes(&self) -> Vec<u8> {
        let side = |content: &[u8]| {
            Some(Side {
                content: Some(content.to_vec()),
            })
        };
        let combined = Combined {
            version: Some(self.version),
            local: side(&self.local),
            remote: side(&self.remote),
        };
        combined.encode_to_vec()
    }

    /// Whether a scanned code is the counterpart of ours. Takes the same time for every answer.
    pub fn matches(&self, scanned: &[u8]) -> Result<bool, ScanError> {
        Ok(self.compare(scanned)? == Scanned::Counterpart)
    }

    /// What a scanned code is to us.
    pub fn compare(&self, scanned: &[u8]) -> Result<Scanned, ScanError> {
        let theirs = Combined::decode(scanned).map_err(|_| ScanError::Malformed)?;
        let version = theirs.version.unwrap_or(0);
        if version != self.version {
            return Err(ScanError::Version {
                ours: self.version,
                theirs: version,
            });
        }
        let (their_local, their_remote) = theirs.contents().ok_or(ScanError::Malformed)?;
        let shown_by_them = their_local.ct_eq(&self.remote);
        let shown_to_us = their_remote.ct_eq(&self.local);
        let shown_by_us = their_local.ct_eq(&self.local) & their_remote.ct_eq(&self.remote);
        Ok(if (shown_by_them & shown_to_us).into() {
            Scanned::Counterpart
        } else if shown_by_us.into() {
            Scanned::Ours
        } else if shown_by_them.into() {
            Scanned::FromThemForAnother
        } else {
            Scanned::Another
        })
    }
}

impl Combined {
    fn contents(self) -> Option<(Vec<u8>, Vec<u8>)> {
        Some((self.local?.content?, self.remote?.content?))
    }
}
