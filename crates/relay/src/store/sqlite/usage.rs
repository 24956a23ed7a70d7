//! How full the mailboxes are and what opens them, in memory: read once, then kept by the one thread that writes.

use std::collections::HashMap;

use rusqlite::Connection;

use super::journal::Journal;
use super::table::{device, envelope};
use crate::hashes::TokenHash;
use crate::mailbox::{MailboxAddress, MailboxId};

/// Mailboxes remembered at a time, about 150 bytes each; beyond it, all are forgotten and counted anew.
const REMEMBERED: usize = 100_000;

#[derive(Debug, Clone)]
pub(super) struct Usage {
    pub(super) mailbox: MailboxId,
    /// The contact token.
    pub(super) contact: Option<TokenHash>,
    pub(super) envelopes: u64,
    pub(super) bytes: u64,
}

#[derive(Default)]
pub(super) struct Mailboxes(HashMap<MailboxAddress, Usage>);

impl Mailboxes {
    /// How full a mailbox is; `None` if there is none.
    pub(super) fn usage(
        &mut self,
        connection: &Connection,
        journal: &Journal,
        address: MailboxAddress,
    ) -> rusqlite::Result<Option<Usage>> {
        if let Some(usage) = self.0.get(&address) {
            return Ok(Some(usage.clone()));
        }
        let Some(device) = device::find(connection, address)? else {
            return Ok(None);
        };
        let (envelopes, bytes) = envelope::usage(connection, device.mailbox)?;
        let (more_envelopes, more_bytes) = journal.usage(device.mailbox);
        let usage = Usage {
            mailbox: device.mailbox,
            contact: device.contact,
            envelopes: envelopes + more_envelopes,
            bytes: bytes + more_bytes,
        };
        if self.0.len() >= REMEMBERED {
            self.forget();
        }
        self.0.insert(address, usage.clone());
        Ok(Some(usage))
    }

    pub(super) fn added(&mut self, address: MailboxAddress, bytes: u64) {
        if let Some(usage) = self.0.get_mut(&address) {
            usage.envelopes += 1;
            usage.bytes += bytes;
        }
    }

    pub(super) fn removed(&mut self, address: MailboxAddress, bytes: u64) {
        if let Some(usage) = self.0.get_mut(&address) {
            usage.envelopes = usage.envelopes.saturating_sub(1);
            usage.bytes = usage.bytes.saturating_sub(bytes);
        }
    }

    pub(super) fn has_contact_token(&mut self, address: MailboxAddress, contact: TokenHash) {
        if let Some(usage) = self.0.get_mut(&address) {
            usage.contact = Some(contact);
        }
    }

    /// Everything is counted anew when it is needed next.
    pub(super) fn forget(&mut self) {
        self.0.clear();
    }
}
