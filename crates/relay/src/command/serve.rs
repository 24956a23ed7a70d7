//! `sotto-relay serve`.

use std::io::{self, Write};

use sotto_relay::config::LogFormat;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{EnvFilter, FilterExt, filter_fn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use super::Settings;
use crate::failure::Failure;

pub(super) fn run(settings: Settings) -> Result<(), Failure> {
    let effective = settings.effective()?;
    start_log(effective.config.log_format);
    for name in &effective.unknown_variables {
        tracing::warn!(name, "there is no setting for this environment variable");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(serve(effective.config))
}

async fn serve(config: sotto_relay::Config) -> Result<(), Failure> {
    let nobody_else_can_dial = config.listen.ip().is_unspecified() && config.names.is_empty();
    let stop = stop_signal()?;
    let relay = sotto_relay::serve(config).await?;
    if nobody_else_can_dial {
        tracing::warn!("no --name is given: clients on other machines cannot authenticate");
    }
    // For whoever started this and wants to know the port.
    let mut out = io::stdout();
    writeln!(out, "listening on {}", relay.address())?;
    out.flush()?;
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

/// What other crates say is left out whatever RUST_LOG asks for: some of them log addresses, or whole frames.
fn start_log(format: LogFormat) {
    let asked = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let ours = filter_fn(|event| event.target().starts_with("sotto_relay"));
    let log = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    let log = match format {
        LogFormat::Text => log.boxed(),
        LogFormat::Json => log.json().boxed(),
    };
    tracing_subscriber::registry()
        .with(log.with_filter(asked.and(ours)))
        .init();
}
