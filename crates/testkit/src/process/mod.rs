//! People and relays as processes of their own, which can be killed.
//!
//! A crash in one process is only half a crash: other threads go on, files stay open. These are whole ones.

mod call;
mod disk;
mod headless;
mod keychain;
mod program;
mod relay;
mod signal;

pub use call::{Call, Reply};
pub use disk::SmallDisk;
pub use headless::{Died, Headless, PASSPHRASE};
pub use keychain::FolderKeychain;
pub use program::Program;
pub use relay::RelayProcess;
pub use signal::{resume, suspend};
