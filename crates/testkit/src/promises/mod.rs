//! What the engine promises, asked of a world that has calmed down: a simulated one, or one of real processes.
//!
//! ```text
//! record: what the engines said they have stored  \
//! conversations: what both sides have of it         > what does not hold, a sentence each
//! stores: what is in the databases                 /
//! keys: what was seen on the line
//! ```

mod broken;
mod histories;
mod keys;
mod record;
mod stores;
mod who;

pub use broken::Broken;
pub(crate) use histories::histories;
pub(crate) use keys::UsedKeys;
pub(crate) use record::{Outcome, Record, token_of};
pub(crate) use stores::{keyed, of_account, of_relay};
pub(crate) use who::{Who, pairs};
