//! What the relay keeps: public keys, keyed hashes, ciphertexts.

mod sqlite;

pub(crate) use sqlite::{Delivery, OpenError, Owner, Pending, Registration, Store};
