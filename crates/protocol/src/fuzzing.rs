//! What the fuzz targets do with their bytes, in one place. The targets under `fuzz/` call it with bytes that the
//! fuzzer makes up, the tests below with the corpus that it left behind; it is compiled for these two only.
//!
//! A decoder's target asserts more than that nothing panics: what was read is written again as the same bytes, or,
//! where several spellings are read, as bytes that are read as the same value.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a target stops at the first surprise: that is how it reports"
)]

mod decoders;
mod groups;
mod noise;
mod person;
mod post_quantum;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod replay;
mod script;
mod seals;
mod world;

pub use decoders::{
    address, fingerprint, keys, prekey_bundle, prekey_signal_message, prekeys, session_state, signal_message,
};
pub use groups::{sender_key_distribution, sender_key_message, sender_key_state};
pub use post_quantum::{spqr_message, spqr_ratchet};
pub use seals::{certificates, decryption_error, multi_recipient_message, sealed_content, sealed_message};
pub use world::conversation;

/// A target: its name, which is that of its file and of its corpus, and what it does with bytes.
pub type Target = (&'static str, fn(&[u8]));

/// Every target there is.
pub const TARGETS: &[Target] = &[
    ("address", address),
    ("certificates", certificates),
    ("conversation", conversation),
    ("decryption_error", decryption_error),
    ("fingerprint", fingerprint),
    ("keys", keys),
    ("multi_recipient_message", multi_recipient_message),
    ("prekey_bundle", prekey_bundle),
    ("prekey_signal_message", prekey_signal_message),
    ("prekeys", prekeys),
    ("sealed_content", sealed_content),
    ("sealed_message", sealed_message),
    ("sender_key_distribution", sender_key_distribution),
    ("sender_key_message", sender_key_message),
    ("sender_key_state", sender_key_state),
    ("session_state", session_state),
    ("signal_message", signal_message),
    ("spqr_message", spqr_message),
    ("spqr_ratchet", spqr_ratchet),
];
