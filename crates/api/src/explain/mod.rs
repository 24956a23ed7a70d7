//! From the engine's errors to sentences for people.
//!
//! Each `From` below answers one question: what is the user to do? Errors with the same answer have the same code.

mod comparing;
mod keys;
mod opening;
mod relay;
mod talking;

pub(crate) use opening::folder_trouble;
