//! The command surface of the desktop app: every command, event, data shape and error code, declared once; and [`App`],
//! which answers them over the engine.
//!
//! The shell (`src-tauri`) hands each command over in one line; the UI imports the TypeScript that `ts-rs` writes from these
//! declarations (`cargo xtask bindings`, into `ui/src/api/generated/`). This crate knows no Tauri.
//!
//! Nothing that crosses here is secret: no key but public fingerprints, no file path the UI did not ask for.

#![warn(missing_docs)]

pub mod alert;
mod app;
#[cfg(test)]
mod bindings;
pub mod command;
mod convert;
pub mod error;
pub mod event;
mod explain;
pub mod model;
mod qr;
pub mod relay_host;

pub use app::{App, Start};
