//! "A relay on this computer": the relay runs inside this process and listens on loopback only.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use sotto_api::relay_host::{HostRelayError, HostedRelay, RelayHost};
use sotto_relay::{Config, RunningRelay, ServeError, serve};

/// Remembers the port, beside the relay's own files: the address must be the same at each start.
const PORT_FILE: &str = "port";

/// How long those who are connected may take to leave; the app itself is one of them, and wants to quit.
const FAREWELL: Duration = Duration::from_secs(2);

/// Starts relays on loopback.
#[derive(Debug, Clone, Copy, Default)]
pub struct LoopbackRelays;

impl RelayHost for LoopbackRelays {
    fn start(&self, folder: PathBuf) -> BoxFuture<'static, Result<Box<dyn HostedRelay>, HostRelayError>> {
        start(folder).boxed()
    }
}

struct LoopbackRelay(RunningRelay);

impl HostedRelay for LoopbackRelay {
    fn address(&self) -> String {
        format!("ws://{}", self.0.address())
    }

    fn stop(self: Box<Self>) -> BoxFuture<'static, ()> {
        self.0.shutdown().boxed()
    }
}

async fn start(folder: PathBuf) -> Result<Box<dyn HostedRelay>, HostRelayError> {
    let known_port = read_port(&folder).map_err(|error| explain_io(&error))?;
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, known_port.unwrap_or(0)));
    let mut config = Config::new(&folder, listen);
    config.patience.farewell = FAREWELL;
    let relay = serve(config).await.map_err(|error| explain(&error))?;
    if known_port.is_none()
        && let Err(error) = write_port(&folder, relay.address().port())
    {
        relay.shutdown().await;
        return Err(explain_io(&error));
    }
    Ok(Box::new(LoopbackRelay(relay)))
}

fn read_port(folder: &Path) -> io::Result<Option<u16>> {
    match std::fs::read_to_string(folder.join(PORT_FILE)) {
        Ok(port) => port
            .trim()
            .parse()
            .map(Some)
            .map_err(|_| io::ErrorKind::InvalidData.into()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The whole port or none: half of a number would be another port.
fn write_port(folder: &Path, port: u16) -> io::Result<()> {
    let unfinished = folder.join("port.new");
    std::fs::write(&unfinished, format!("{port}\n"))?;
    std::fs::rename(unfinished, folder.join(PORT_FILE))
}

fn explain(error: &ServeError) -> HostRelayError {
    match error {
        ServeError::AddressInUse { .. } => HostRelayError::PortTaken,
        ServeError::DataFolder(error) => explain_io(error),
        _ => {
            tracing::error!(%error, "the relay on this computer does not start");
            HostRelayError::Data
        }
    }
}

fn explain_io(error: &io::Error) -> HostRelayError {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => HostRelayError::DiskFull,
        _ => HostRelayError::Data,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn start_in(folder: &Path) -> Result<Box<dyn HostedRelay>, HostRelayError> {
        LoopbackRelays.start(folder.join("relay")).await
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn alices_own_relay_has_the_same_address_after_a_restart() {
        let profile = tempfile::tempdir().unwrap();
        let relay = start_in(profile.path()).await.unwrap();
        let address = relay.address();
        assert!(address.starts_with("ws://127.0.0.1:"), "{address}");
        relay.stop().await;

        let relay = start_in(profile.path()).await.unwrap();
        assert_eq!(relay.address(), address);
        relay.stop().await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_port_that_another_program_took_is_told_rather_than_changed() {
        let profile = tempfile::tempdir().unwrap();
        let relay = start_in(profile.path()).await.unwrap();
        let port = relay.address().rsplit(':').next().unwrap().to_owned();
        relay.stop().await;

        let _squatter = std::net::TcpListener::bind(format!("127.0.0.1:{port}")).unwrap();
        assert_eq!(
            start_in(profile.path()).await.err(),
            Some(HostRelayError::PortTaken)
        );
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_damaged_port_file_does_not_lead_to_another_address() {
        let profile = tempfile::tempdir().unwrap();
        std::fs::create_dir(profile.path().join("relay")).unwrap();
        std::fs::write(profile.path().join("relay/port"), "97xx").unwrap();
        assert_eq!(start_in(profile.path()).await.err(), Some(HostRelayError::Data));
    }
}
