//! A headless messenger: account, vault, store, sessions, outbox, sync, verification.
//!
//! Start at [`Engine`].

#![warn(missing_docs)]

mod account;
mod backup;
mod backup_file;
mod blocking;
mod card;
mod ceremony;
mod changed_key;
mod changes;
pub mod checkpoint;
pub mod clock;
mod comparing;
mod connection;
mod contacts;
mod content;
mod core;
mod drafts;
mod effects;
mod engine;
mod envelope;
mod environment;
pub mod error;
mod events;
mod expiry;
mod find;
mod folding;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod handshake;
mod identity;
mod inbox;
mod inspecting;
mod invite;
mod invite_secret;
mod listeners;
mod lock;
pub mod model;
mod moved;
mod mute;
mod names;
mod namesakes;
mod note_to_self;
mod outbox;
mod prekeys;
pub mod profile;
mod proto;
mod reach;
mod reach_upkeep;
mod receipts;
mod recovery;
mod requests;
mod resend;
mod rotation;
mod search;
mod sending;
mod settings;
mod spells;
mod start;
pub mod store;
mod texts;
mod timer;
mod tokens;
mod typing;
mod undelivered;
mod upkeep;
mod user_name;
pub mod vault;
mod verification;
mod words;

pub use backup_file::{BackupFile, Restore, recognise as recognise_backup};
pub use changes::{DELETION_WINDOW, EDIT_WINDOW, MAX_EDITS};
pub use content::MAX_TEXT_BYTES;
pub use engine::Engine;
pub use environment::Environment;
pub use events::Event;
pub use sotto_wire::{AccountId, AddressError, InvalidUserName, Refusal, RelayAddress, RelayDoor, UserName};
pub use start::{NewAccount, Unlock};
