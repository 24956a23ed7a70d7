//! `sotto-load`: load for a relay, on the wire format that the engine speaks. `cargo xtask load` builds and runs it.
//!
//! ```text
//! scenario  what is done, and measured        online, paced, offline, idle, storm, growth
//! server    to whom: a trait of two halves    relay (sotto-wire over WebSocket), mosquitto (MQTT 3.1.1, QoS 1)
//! process   what it costs the server          CPU, memory, bytes written, from /proc
//! ```
//! Each scenario is written once, against the trait, so that a peer gets the very same load. The server is a process of its
//! own on 127.0.0.1. Progress goes to standard error; standard output is one line of JSON, [`report::Report`].
//!
//! The WebSocket is that of the engine (tokio-tungstenite, its size limits, no delay), without the engine's tasks around it:
//! a hundred connections share the processors with what is measured.

mod error;
mod process;
mod report;
mod scenario;
mod server;
mod stamp;

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, ValueEnum};

use error::LoadError;
use report::{Report, ServerReport};
use scenario::{growth, idle, offline, online, paced, storm};
use server::Server;
use server::mosquitto::Mosquitto;
use server::relay::Relay;

/// Load for a relay.
#[derive(Parser)]
struct Arguments {
    /// The program `sotto-relay`, to be started on a free port with an empty data folder
    #[arg(long, value_name = "PROGRAM", required_unless_present = "relay")]
    relay_program: Option<PathBuf>,
    /// A relay that runs already, such as ws://127.0.0.1:9800
    #[arg(long, value_name = "ADDRESS", conflicts_with = "relay_program")]
    relay: Option<sotto_wire::RelayAddress>,
    /// The process of the relay that runs already, to measure what it takes
    #[arg(long, value_name = "PID", requires = "relay")]
    relay_process: Option<u32>,
    /// The program `mosquitto`, to be measured beside the relay in the same run
    #[arg(long, value_name = "PROGRAM")]
    mosquitto: Option<PathBuf>,
    /// Where servers keep their data: a folder on the disk to be measured; a new one under the temporary folder if absent
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Let the relay speak TLS, with a certificate made for it; not mosquitto
    #[arg(long, requires = "relay_program")]
    tls: bool,
    /// Only these; all if none is named
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Scenario>,
    #[command(flatten)]
    scale: Scale,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Scenario {
    /// Pairs of sender and receiver, as fast as it goes
    Online,
    /// The same at a fixed rate: how long a message takes
    Paced,
    /// Into mailboxes of people who are away, and out again when they come
    Offline,
    /// Connections that do nothing
    Idle,
    /// Everybody comes back at once
    Storm,
    /// What a message costs as mailboxes grow
    Growth,
}

/// How much of everything.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "How much")]
pub(crate) struct Scale {
    /// Less of everything, to see that it works
    #[arg(long)]
    quick: bool,
    /// Sender-receiver pairs
    #[arg(long, default_value_t = 50)]
    pairs: usize,
    /// Deliveries of a pair that wait for their answer
    #[arg(long, default_value_t = 20)]
    window: usize,
    /// Bytes of a message; a power of two from 256 on
    #[arg(long, default_value_t = 256)]
    payload: usize,
    /// Seconds that the online load goes on
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Messages a second at a fixed rate, all pairs together
    #[arg(long, default_value_t = 500)]
    rate: u32,
    /// Messages for people who are away
    #[arg(long, default_value_t = 200_000)]
    letters: usize,
    /// Idle connections
    #[arg(long, default_value_t = 5_000)]
    idle: usize,
    /// Clients that come back at once
    #[arg(long, default_value_t = 10_000)]
    storm: usize,
}

impl Scale {
    /// What is asked for, or what fits into a few seconds.
    fn settle(self) -> Self {
        if !self.quick {
            return self;
        }
        Self {
            pairs: self.pairs.min(10),
            seconds: 1,
            letters: self.letters.min(4_000),
            idle: self.idle.min(200),
            storm: self.storm.min(300),
            ..self
        }
    }

    fn duration(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let mut sentence = format!("sotto-load: {error}");
            let mut source = std::error::Error::source(&error);
            while let Some(cause) = source {
                sentence = format!("{sentence}: {cause}");
                source = cause.source();
            }
            // Without standard error there is the exit code.
            writeln!(io::stderr(), "{sentence}").ok();
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> Result<(), LoadError> {
    process::allow_many_files();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(LoadError::Runtime)?;
    let report = runtime.block_on(measure(&arguments))?;
    let line = serde_json::to_string(&report).map_err(LoadError::Report)?;
    writeln!(io::stdout(), "{line}").map_err(LoadError::Output)
}

async fn measure(arguments: &Arguments) -> Result<Report, LoadError> {
    let scale = arguments.scale.clone().settle();
    let wanted = |scenario| arguments.only.is_empty() || arguments.only.contains(&scenario);
    let data = arguments.data.as_deref();
    let mut report = Report::default();

    if let Some(program) = &arguments.mosquitto {
        let all = [
            Scenario::Online,
            Scenario::Paced,
            Scenario::Offline,
            Scenario::Idle,
        ];
        let mut figures = ServerReport::default();
        for scenario in all.into_iter().filter(|scenario| wanted(*scenario)) {
            let server = Mosquitto::start(program, data).await?;
            run_scenario(scenario, &server, &scale, &mut figures).await?;
        }
        report.mosquitto = Some(figures);
    }
    let all = [
        Scenario::Online,
        Scenario::Paced,
        Scenario::Offline,
        Scenario::Idle,
        Scenario::Storm,
        Scenario::Growth,
    ];
    for scenario in all.into_iter().filter(|scenario| wanted(*scenario)) {
        // Each on an empty relay of its own: none inherits a large log or a warm cache.
        let server = match (&arguments.relay, &arguments.relay_program) {
            (Some(address), _) => Relay::running(address.clone(), arguments.relay_process),
            (None, Some(program)) => Relay::start(program, data, arguments.tls).await?,
            (None, None) => return Err(LoadError::NoRelay),
        };
        run_scenario(scenario, &server, &scale, &mut report.relay).await?;
    }
    Ok(report)
}

async fn run_scenario<S: Server>(
    scenario: Scenario,
    server: &S,
    scale: &Scale,
    report: &mut ServerReport,
) -> Result<(), LoadError> {
    writeln!(io::stderr(), "{}: {scenario:?}", server.name()).ok();
    match scenario {
        Scenario::Online => report.online = Some(online::measure(server, scale).await?),
        Scenario::Paced => report.paced = Some(paced::measure(server, scale).await?),
        Scenario::Offline => report.offline = Some(offline::measure(server, scale).await?),
        Scenario::Idle => report.idle = idle::measure(server, scale).await?,
        Scenario::Storm => report.storm = Some(storm::measure(server, scale).await?),
        Scenario::Growth => report.growth = Some(growth::measure(server, scale).await?),
    }
    Ok(())
}
