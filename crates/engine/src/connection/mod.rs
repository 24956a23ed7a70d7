//! The way to relays: the one connection to our own mailbox, and anonymous ones to wherever our contacts' mailboxes are.
//!
//! This layer carries frames and knows when to try again; it does not look into payloads and stores nothing.

mod backoff;
mod heartbeat;
mod mailbox;
mod open;
mod owner;
mod pass;
mod socket;
mod tls;

use std::time::Duration;

pub(crate) use backoff::Backoff;
pub(crate) use mailbox::{Mailbox, MailboxLine, Pushed, Status, check, register};
pub(crate) use open::Relays;
pub(crate) use owner::Owner;

/// How long an answer may take. A relay that keeps a connection and says nothing on it must not hold anything up for ever.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);
