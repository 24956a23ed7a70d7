//! The desktop shell: the one place where engine, relay and windows are put together.
//!
//! It holds no logic of the messenger: commands go to [`sotto_api`], events come from it, and what is left is what only a
//! desktop has: a window, a tray, notifications, links, a second start of the same program.

#![warn(missing_docs)]

mod options;
pub mod relay_host;

#[cfg(feature = "desktop")]
mod automation;
#[cfg(feature = "desktop")]
mod autostart;
#[cfg(feature = "desktop")]
mod commands;
#[cfg(feature = "desktop")]
mod desktop;
#[cfg(feature = "desktop")]
mod downloads;
#[cfg(feature = "desktop")]
mod events;
#[cfg(feature = "desktop")]
mod instance;
#[cfg(all(feature = "desktop", target_os = "linux"))]
pub mod renderer;
#[cfg(feature = "desktop")]
mod session;
#[cfg(feature = "desktop")]
mod tray;
#[cfg(feature = "desktop")]
mod window;

#[cfg(feature = "desktop")]
pub use desktop::run;
pub use options::Options;
