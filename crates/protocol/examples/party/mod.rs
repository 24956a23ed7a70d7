//! The party, from the line to the crate: `lines` reads and answers, `operations` finds the operation, the modules
//! named like parts of the protocol carry it out on the `cast`.

mod cast;
mod certificates;
mod fingerprints;
mod groups;
mod hex;
mod keys;
mod lines;
mod members;
mod operations;
mod prekeys;
mod refusal;
mod sealed;
mod sessions;

pub(crate) use cast::Cast;
pub(crate) use lines::serve;
