//! `sotto-relay`: a relay from the command line. See docs/relay.md.

use std::error::Error;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};
use sotto_relay::{Config, Limits, ServeError};
use sotto_wire::RelayName;
use tracing_subscriber::EnvFilter;

/// A relay for Sotto: keeps public keys and sealed envelopes, and cannot read them.
#[derive(Parser)]
#[command(version, arg_required_else_help = true)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run a relay until it is told to stop (SIGINT or SIGTERM).
    Serve(Serve),
}

#[derive(Args)]
struct Serve {
    /// The data folder; made if it is not there.
    #[arg(long, value_name = "DIR", env = "SOTTO_RELAY_DATA")]
    data: PathBuf,
    /// Where to listen; port 0 lets the system choose.
    #[arg(
        long,
        value_name = "ADDRESS",
        default_value = "127.0.0.1:9800",
        env = "SOTTO_RELAY_LISTEN"
    )]
    listen: SocketAddr,
    /// A name by which clients dial this relay, such as relay.example or relay.example:8443; may be given several
    /// times. Without it: the address it listens on, and localhost.
    #[arg(
        long = "name",
        value_name = "HOST[:PORT]",
        env = "SOTTO_RELAY_NAMES",
        value_delimiter = ','
    )]
    names: Vec<RelayName>,
    /// The PostgreSQL that several nodes of one relay share. Without it: an embedded database in the data folder.
    #[arg(
        long,
        value_name = "postgres://USER@HOST/NAME",
        env = "SOTTO_RELAY_DATABASE",
        hide_env_values = true
    )]
    database: Option<String>,
    /// The Redis through which several nodes of one relay tell each other what arrives.
    #[arg(
        long,
        value_name = "redis://HOST:PORT",
        env = "SOTTO_RELAY_BUS",
        hide_env_values = true
    )]
    bus: Option<String>,
    /// How the log is written to standard error; what it says is set by RUST_LOG (info).
    #[arg(long, value_enum, default_value_t = LogFormat::Text, env = "SOTTO_RELAY_LOG_FORMAT")]
    log_format: LogFormat,
    #[command(flatten)]
    limits: LimitArgs,
}

#[derive(Clone, Copy, ValueEnum)]
enum LogFormat {
    Text,
    Json,
}

#[derive(Args)]
#[command(next_help_heading = "Limits")]
struct LimitArgs {
    /// Connections at a time.
    #[arg(long, value_name = "N", default_value_t = Limits::default().connections, env = "SOTTO_RELAY_CONNECTIONS")]
    connections: u32,
    /// Longest payload of an envelope, in bytes.
    #[arg(long, value_name = "BYTES", default_value_t = Limits::default().payload_bytes, env = "SOTTO_RELAY_PAYLOAD_BYTES")]
    payload_bytes: u32,
    /// Envelopes that a mailbox holds.
    #[arg(long, value_name = "N", default_value_t = Limits::default().mailbox_envelopes, env = "SOTTO_RELAY_MAILBOX_ENVELOPES")]
    mailbox_envelopes: u32,
    /// Bytes of payload that a mailbox holds.
    #[arg(long, value_name = "BYTES", default_value_t = Limits::default().mailbox_bytes, env = "SOTTO_RELAY_MAILBOX_BYTES")]
    mailbox_bytes: u64,
    /// Days that an envelope waits for its owner.
    #[arg(long, value_name = "DAYS", default_value_t = Limits::default().retention_days, env = "SOTTO_RELAY_RETENTION_DAYS")]
    retention_days: u32,
    /// Unused one-time prekeys of each kind kept for a device.
    #[arg(long, value_name = "N", default_value_t = Limits::default().one_time_prekeys, env = "SOTTO_RELAY_ONE_TIME_PREKEYS")]
    one_time_prekeys: u32,
    /// Envelopes pushed to a client that it has not acknowledged.
    #[arg(long, value_name = "N", default_value_t = Limits::default().unacknowledged, env = "SOTTO_RELAY_UNACKNOWLEDGED")]
    unacknowledged: u32,
    /// Take no new accounts.
    #[arg(long, env = "SOTTO_RELAY_REGISTRATION_CLOSED")]
    registration_closed: bool,
}

impl From<LimitArgs> for Limits {
    fn from(args: LimitArgs) -> Self {
        Self {
            connections: args.connections,
            payload_bytes: args.payload_bytes,
            mailbox_envelopes: args.mailbox_envelopes,
            mailbox_bytes: args.mailbox_bytes,
            retention_days: args.retention_days,
            one_time_prekeys: args.one_time_prekeys,
            unacknowledged: args.unacknowledged,
            registration_closed: args.registration_closed,
        }
    }
}

fn main() -> ExitCode {
    let Command::Serve(args) = CommandLine::parse().command;
    start_log(args.log_format);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error, 1),
    };
    match runtime.block_on(serve(args)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Start(error)) => failed(&error, exit_code(&error)),
        Err(Failure::System(error)) => failed(&error, 1),
    }
}

enum Failure {
    Start(ServeError),
    System(io::Error),
}

async fn serve(args: Serve) -> Result<(), Failure> {
    let mut config = Config::new(args.data, args.listen);
    config.names = args.names;
    config.database = args.database;
    config.bus = args.bus;
    config.limits = args.limits.into();
    let nobody_else_can_dial = config.listen.ip().is_unspecified() && config.names.is_empty();

    let stop = stop_signal().map_err(Failure::System)?;
    let relay = sotto_relay::serve(config).await.map_err(Failure::Start)?;
    if nobody_else_can_dial {
        tracing::warn!("no --name is given: clients on other machines cannot authenticate");
    }
    // For whoever started this and wants to know the port.
    let mut out = io::stdout();
    writeln!(out, "listening on {}", relay.address())
        .and_then(|()| out.flush())
        .map_err(Failure::System)?;
    stop.await;
    relay.shutdown().await;
    Ok(())
}

/// Listens for the signals at once; the future is ready when one comes.
#[cfg(unix)]
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Listens for the signals at once; the future is ready when one comes.
#[cfg(windows)]
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::windows::{ctrl_c, ctrl_shutdown};
    let mut interrupt = ctrl_c()?;
    let mut shutdown = ctrl_shutdown()?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = shutdown.recv() => {}
        }
    })
}

fn start_log(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr);
    match format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().init(),
    }
}

/// One sentence, and what is behind it.
fn failed(error: &dyn Error, code: u8) -> ExitCode {
    let mut sentence = format!("sotto-relay: {error}");
    let mut source = error.source();
    while let Some(cause) = source {
        sentence = format!("{sentence}: {cause}");
        source = cause.source();
    }
    // Without standard error there is the exit code.
    writeln!(io::stderr(), "{sentence}").ok();
    ExitCode::from(code)
}

/// The exit codes of docs/relay.md; 2 is the command line's own.
fn exit_code(error: &ServeError) -> u8 {
    match error {
        ServeError::Limit(_) | ServeError::BusAddress | ServeError::DatabaseAddress(_) => 2,
        ServeError::AddressInUse { .. }
        | ServeError::AddressNotAvailable { .. }
        | ServeError::AddressForbidden { .. }
        | ServeError::Listen { .. } => 3,
        ServeError::DataFolder(_) => 4,
        ServeError::DataFolderInUse => 5,
        ServeError::DatabaseTooNew => 6,
        ServeError::DatabaseDamaged
        | ServeError::PepperMissing
        | ServeError::PepperDamaged
        | ServeError::TrustRootDamaged
        | ServeError::OtherPepper => 7,
        ServeError::Database(_) => 1,
    }
}
