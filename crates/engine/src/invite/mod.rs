//! Invites: a link that lets one person become a contact, once, and verifies who made it.
//!
//! ```text
//! Alice makes a link: account, relay, digest of her identity key, one-time secret
//! Bob opens it: fetches Alice's bundle, checks the digest (Alice is verified by invite), says hello with the secret
//! Alice knows the secret: Bob becomes a contact (not verified), the invite is spent, she tells him her name
//! Carol opens it too: Alice tells her that it is worthless, and keeps nothing of her but where to tell her; or the relay
//! lets her hello in no longer
//! ```

mod accept;
mod link;
mod own;

pub(crate) use accept::{accept, declined, is_still_to_be_accepted, preview, read, refused};
pub(crate) use link::{InviteLink, LinkError};
pub(crate) use own::{DECLINED_KNOWN_FOR, accepted, create, decline, list, revoke, welcome};
