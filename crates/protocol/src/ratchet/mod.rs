//! Root, chain and message keys (spec section 9).
//!
//! ```text
//! root key ──RootStep(DH)──▶ root key ──RootStep(DH)──▶ ...
//!               │
//!           chain key 0 ──HMAC 2──▶ chain key 1 ──HMAC 2──▶ ...
//!               │ HMAC 1               │
//!           message seed 0        message seed 1
//!               │ HKDF, salted with the post-quantum ratchet's key
//!           message keys
//! ```
//!
//! Not here: which key is used when, and what is kept ([`crate::session`]); the post-quantum ratchet ([`crate::spqr`]).

mod chain_key;
mod message_keys;
mod root_key;

pub(crate) use chain_key::ChainKey;
pub(crate) use message_keys::MessageKeys;
pub use message_keys::MessageSeed;
pub(crate) use root_key::RootKey;
