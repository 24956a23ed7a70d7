//! Compiles `proto/*.proto` without a `protoc` on the machine.

use std::error::Error;

const FILES: [&str; 5] = [
    "proto/handshake.proto",
    "proto/refusal.proto",
    "proto/prekey.proto",
    "proto/mailbox.proto",
    "proto/open.proto",
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=proto");
    let descriptors = protox::compile(FILES, ["proto"])?;
    prost_build::Config::new().bytes(["."]).compile_fds(descriptors)?;
    Ok(())
}
