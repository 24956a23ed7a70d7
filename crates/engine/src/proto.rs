//! The generated protobuf types. They are private to the modules that check what is in them.

#[allow(unreachable_pub, missing_docs, clippy::all, clippy::pedantic)]
pub(crate) mod content {
    include!(concat!(env!("OUT_DIR"), "/sotto.content.v1.rs"));
}

#[allow(unreachable_pub, missing_docs, clippy::all, clippy::pedantic)]
pub(crate) mod invite {
    include!(concat!(env!("OUT_DIR"), "/sotto.invite.v1.rs"));
}
