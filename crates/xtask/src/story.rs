//! The story that the demo tells with two real windows, a real relay and a real Secret Service.
//!
//! `plot` says what happens; `window` is a window as a person uses it; the rest is what they need to exist.

pub(crate) mod cast;
pub(crate) mod display;
pub(crate) mod driver;
pub(crate) mod evidence;
pub(crate) mod inspection;
pub(crate) mod outside;
pub(crate) mod plot;
pub(crate) mod relay;
pub(crate) mod secret_service;
pub(crate) mod stage;
pub(crate) mod transcript;
pub(crate) mod window;
