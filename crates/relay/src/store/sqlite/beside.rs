//! What is done to the database while another process may be running a relay on it.

use std::path::Path;

use rusqlite::Connection;

use super::open::{self, OpenError};
use super::table::spent_invite;
use crate::store::KnownInvite;

/// A connection that takes its turn with the relay's writer.
pub(crate) struct Beside(Connection);

impl Beside {
    /// Opens a database that is there, and of this program's version.
    pub(crate) fn open(path: &Path) -> Result<Self, OpenError> {
        open::beside(path).map(Self)
    }

    /// Remembers that an invite to the relay is good no more.
    pub(crate) fn withdraw_invite(&self, id: [u8; 8], expires_at_ms: u64) -> rusqlite::Result<()> {
        spent_invite::withdraw(&self.0, id, expires_at_ms)
    }

    /// The invites to the relay that were used or withdrawn, until they expire.
    pub(crate) fn invites(&self) -> rusqlite::Result<Vec<KnownInvite>> {
        spent_invite::all(&self.0)
    }
}
