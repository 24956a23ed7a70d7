//! The relay: public keys and sealed envelopes, nothing else.
//!
//! [`serve`] starts one in this process; the program `sotto-relay` is a command line around it.
//!
//! | module | what |
//! |---|---|
//! | `running` | a running relay, from the data folder to the last farewell |
//! | `relay` | what its connections share |
//! | [`config`] | what it can be told: every setting, in one list |
//! | `listener`, `tls` | from a socket to an HTTP request |
//! | `router` | HTTP: the two WebSocket endpoints, health, readiness |
//! | `connection` | one WebSocket; `mailbox` for owners, `open` for everybody |
//! | `registration` | whether somebody new may have an account |
//! | `identity` | proofs and signatures, checked |
//! | `bus` | who is connected, and what nodes tell each other |
//! | `limits` | how much anybody may do |
//! | `metrics` | what it counts |
//! | `store` | what is kept: one interface, back ends beneath it, one file for each table |
//! | `pepper` | user names and delivery tokens only as keyed hashes |
//! | `certificates` | sender certificates, and the trust root they go back to |
//! | `secret_file` | the secrets beside the database |
//! | [`upkeep`] | counting and copying what it keeps |
//!
//! The relay cannot read payloads and does not know who sends them: the open endpoint has no notion of a sender.
//! Neither accounts nor network addresses appear in its logs.

#![warn(missing_docs)]

mod bus;
mod certificates;
mod clock;
pub mod config;
mod connection;
mod file;
mod hashes;
mod identity;
mod limits;
mod listener;
mod mailbox;
mod metrics;
mod pepper;
mod registration;
mod relay;
mod router;
mod running;
mod secret_file;
mod store;
mod tls;
pub mod upkeep;

pub use config::{Config, LimitError, Limits, Patience};
pub use running::{RunningRelay, ServeError, serve};
pub use tls::TlsError;

/// PostgreSQL and Redis for tests.
#[cfg(test)]
#[path = "../tests/servers/mod.rs"]
mod servers;
