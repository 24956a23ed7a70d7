//! People and relays as processes of their own, which can be killed.
//!
//! A crash in one process is only half a crash: other threads go on, files stay open. These are whole ones.

mod call;
mod headless;
mod program;
mod relay;

pub use call::{Call, Reply};
pub use headless::{Died, Headless};
pub use program::Program;
pub use relay::RelayProcess;
