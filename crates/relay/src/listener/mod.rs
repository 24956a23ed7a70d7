//! From a socket to a WebSocket: the PROXY line, TLS, HTTP.
//!
//! ```text
//! accept -> [ PROXY line ] -> [ TLS handshake ] -> HTTP request -> upgrade: a connection
//! `---------------- all of it within the patience for introductions ----------------'
//! ```
//! Each step is in the socket's own task, so that nobody waits for another's handshake; sockets that have not got as
//! far as an upgrade are counted apart and bounded, so that a flood of them takes no connection's place.

mod proxy_line;

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::Service;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

use crate::relay::Relay;
use crate::tls::Tls;

/// Sockets on their way to an upgrade.
const HALF_OPEN: usize = 4_096;

/// Of those, from one address.
const HALF_OPEN_OF_PEER: u32 = 256;

/// When accepting fails, mostly for want of file descriptors, it fails again at once.
const BREATH: Duration = Duration::from_millis(100);

/// What hyper reads of a request's head; nobody has more to say.
const HEAD_BYTES: usize = 16 * 1024;

/// Who is at the other end of a socket, as far as the operating system, or the PROXY line, says.
#[derive(Clone, Copy)]
pub(crate) struct Remote(pub(crate) IpAddr);

/// Accepts until the relay stops.
pub(crate) async fn listen(listener: TcpListener, relay: Arc<Relay>, router: Router, tls: Option<Tls>) {
    let half_open = Arc::new(Semaphore::new(HALF_OPEN));
    let tls = tls.map(Arc::new);
    let service = TowerToHyperService::new(router);
    loop {
        let accepted = tokio::select! {
            () = relay.stopping.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        let (stream, address) = match accepted {
            Ok(accepted) => accepted,
            Err(error) if is_of_the_client(&error) => continue,
            Err(error) => {
                tracing::error!(kind = ?error.kind(), "a connection could not be accepted");
                sleep(BREATH).await;
                continue;
            }
        };
        let Ok(place) = Arc::clone(&half_open).try_acquire_owned() else {
            relay.metrics.turned_away("half-open");
            continue;
        };
        let Some(peer_place) = relay.half_open_place(address.ip(), HALF_OPEN_OF_PEER) else {
            relay.metrics.turned_away("half-open-per-ip");
            continue;
        };
        let (relay, tls, service) = (Arc::clone(&relay), tls.clone(), service.clone());
        tokio::spawn(async move {
            let _places = (place, peer_place);
            let introduction = introduce(stream, address.ip(), &relay, tls.as_deref(), service);
            let patience = relay.config.patience.introduction;
            if relay
                .aborted
                .run_until_cancelled(timeout(patience, introduction))
                .await
                .is_some_and(|in_time| in_time.is_err())
            {
                relay.metrics.turned_away("slow");
            }
        });
    }
}

/// What ends one socket and says nothing about the next.
fn is_of_the_client(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionRefused
    )
}

/// To the upgrade, or to the answer to something else.
async fn introduce(
    mut stream: TcpStream,
    address: IpAddr,
    relay: &Relay,
    tls: Option<&Tls>,
    service: TowerToHyperService<Router>,
) {
    // Small frames shall not wait for each other.
    if stream.set_nodelay(true).is_err() {
        tracing::debug!("a connection kept its delay");
    }
    let proxies = &relay.config.proxies;
    let mut remote = Remote(address);
    if proxies.protocol && proxies.trusted.iter().any(|proxy| proxy.contains(address)) {
        match proxy_line::read(&mut stream).await {
            Ok(Some(client)) => remote = Remote(client),
            // The proxy's own health check.
            Ok(None) => {}
            Err(_) => return relay.metrics.turned_away("no-proxy-line"),
        }
    }
    match tls {
        None => serve(stream, remote, service).await,
        Some(tls) => match tls.acceptor.accept(stream).await {
            Ok(stream) => serve(stream, remote, service).await,
            Err(_) => relay.metrics.turned_away("tls"),
        },
    }
}

async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    remote: Remote,
    router: TowerToHyperService<Router>,
) {
    let connection = http1::Builder::new()
        .max_buf_size(HEAD_BYTES)
        .serve_connection(TokioIo::new(stream), ForRemote { router, remote })
        .with_upgrades();
    if connection.await.is_err() {
        tracing::trace!("a connection ended before its upgrade");
    }
}

/// The router, told who asks.
struct ForRemote {
    router: TowerToHyperService<Router>,
    remote: Remote,
}

impl Service<Request<Incoming>> for ForRemote {
    type Response = <TowerToHyperService<Router> as Service<Request<Incoming>>>::Response;
    type Error = <TowerToHyperService<Router> as Service<Request<Incoming>>>::Error;
    type Future = <TowerToHyperService<Router> as Service<Request<Incoming>>>::Future;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        request.extensions_mut().insert(self.remote);
        self.router.call(request)
    }
}
