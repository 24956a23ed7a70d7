//! The budget's figures: how each is measured, and what it may be.

pub(crate) mod app;
pub(crate) mod budget;
pub(crate) mod engine;
pub(crate) mod protocol;
