//! A protocol party on stdin and stdout, so that other implementations can hold conversations with ours.
//!
//! It plays any number of parties in memory and speaks JSON lines: one request a line, one answer a line, in order.
//! `docs/protocol/party.md` lists the operations. Secrets go over the pipe in the clear: this is a tool for tests.
//!
//! ```text
//! $ cargo run --release -p sotto-protocol --example party
//! {"id": 1, "op": "keygen"}
//! {"id":1,"ok":true,"result":{"private":"…","public":"…"}}
//! ```
//!
//! Randomness is the system's, unless `--seed N` is given: then everything drawn depends on N alone.

#[path = "party/mod.rs"]
mod party;

use std::io;
use std::process::ExitCode;

use party::Cast;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let cast = match *arguments {
        [] => Some(Cast::new()),
        ["--seed", seed] => seed.parse().ok().map(Cast::seeded),
        _ => None,
    };
    let Some(mut cast) = cast else {
        eprintln!("usage: party [--seed <number>]");
        return ExitCode::from(2);
    };
    match party::serve(&mut cast, &mut io::stdin().lock(), &mut io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("party: {error}");
            ExitCode::FAILURE
        }
    }
}
