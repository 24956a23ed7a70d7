//! The Signal Protocol, sans-I/O.
//!
//! This crate computes; it does not fetch, store, wait or look at a clock. An operation takes what it needs as
//! arguments (keys, a [`session::SessionRecord`], a random source, the time) and returns its result together with
//! the changes the caller has to store, all in one transaction. An operation that fails has changed nothing.
//!
//! | module | what | specification |
//! |---|---|---|
//! | [`curve`] | Curve25519 keys, identities, agreement | `signal-protocol.md` 2 |
//! | [`xeddsa`] | signatures with Curve25519 keys | 3 |
//! | [`kem`] | Kyber-1024, the handshake's KEM | 4 |
//! | [`address`] | service ids and protocol addresses | 5 |
//! | [`prekey`] | prekeys and the bundle | 6 |
//! | `pqxdh` | the key agreement | 7 |
//! | [`ratchet`] | root, chain and message keys | 9 |
//! | [`message`] | what goes over the wire | 10, 11 |
//! | [`spqr`] | the post-quantum ratchet | `spqr.md` |
//! | [`session`] | session states and records, encrypting, decrypting | 8, 12–16 |
//! | [`trust`] | who decides whether an identity key is trusted | 17 |
//! | [`sealed_sender`] | only the recipient learns who sent a message | `sealed-sender.md` |
//! | [`sender_keys`] | one ciphertext for a whole group | `sender-keys.md` |
//! | [`fingerprint`] | safety numbers | `fingerprint.md` |
//! | [`memory`] | a store in memory, for tests and trying out | |
//! | [`stored`] | the versioned binary form of everything that is kept | 20 |
//!
//! Start at [`session::Session`].
#![warn(missing_docs)]

pub mod address;
pub mod curve;
pub mod fingerprint;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod kdf;
pub mod kem;
pub mod memory;
pub mod message;
mod pqxdh;
pub mod prekey;
pub mod ratchet;
pub mod sealed_sender;
#[cfg(test)]
mod secrets;
pub mod sender_keys;
pub mod session;
pub mod spqr;
pub mod stored;
pub mod trust;
pub mod xeddsa;

#[cfg(test)]
mod vectors;
