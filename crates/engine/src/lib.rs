//! A headless messenger: account, vault, store, sessions, outbox, sync, verification.
//!
//! Start at [`Engine`].

#![warn(missing_docs)]

mod account;
mod blocking;
mod card;
pub mod checkpoint;
pub mod clock;
mod comparing;
mod connection;
mod contacts;
mod content;
mod core;
mod effects;
mod engine;
mod envelope;
mod environment;
pub mod error;
mod events;
mod find;
mod handshake;
mod identity;
mod inbox;
mod invite;
mod invite_secret;
pub mod model;
mod names;
mod outbox;
mod prekeys;
pub mod profile;
mod proto;
mod reach;
mod receipts;
mod requests;
mod resend;
mod rotation;
mod sending;
mod settings;
mod spells;
mod start;
pub mod store;
mod typing;
mod user_name;
pub mod vault;
mod verification;
mod words;

pub use content::MAX_TEXT_BYTES;
pub use engine::Engine;
pub use environment::Environment;
pub use events::Event;
pub use sotto_wire::{AccountId, AddressError, InvalidUserName, Refusal, RelayAddress, RelayDoor, UserName};
pub use start::{NewAccount, Unlock};
