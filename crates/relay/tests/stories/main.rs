//! Stories of a relay, told over real WebSockets against a real database.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)] // tests stop at the first surprise

mod accounts;
mod admission;
mod deliveries;
mod encrypted;
mod hostility;
mod lines;
mod moving;
mod nodes;
mod people;
mod prekeys;
mod quotas;
mod restarts;
mod tokens;
mod watching;
mod web;

#[path = "../authority/mod.rs"]
mod authority;
#[path = "../servers/mod.rs"]
mod servers;
