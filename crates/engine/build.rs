//! Compiles `proto/*.proto` without a `protoc` on the machine.

use std::error::Error;

const FILES: [&str; 2] = ["proto/content.proto", "proto/invite.proto"];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=proto");
    let descriptors = protox::compile(FILES, ["proto"])?;
    prost_build::Config::new().compile_fds(descriptors)?;
    Ok(())
}
