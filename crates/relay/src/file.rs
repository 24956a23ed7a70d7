//! Files in the data folder.

pub(crate) const DATABASE: &str = "relay.db";
pub(crate) const PEPPER: &str = "pepper";
pub(crate) const TRUST_ROOT: &str = "trust-root";
pub(crate) const LOCK: &str = "lock";
/// A folder: the certificate got by ACME, its key, and the key of the account with the certificate authority.
pub(crate) const ACME: &str = "acme";

/// What belongs to a database and lies beside it.
pub(crate) const SECRETS: [&str; 2] = [PEPPER, TRUST_ROOT];
