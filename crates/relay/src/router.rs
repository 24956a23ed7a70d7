//! The HTTP side: two WebSocket endpoints, health and readiness.

use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::ws::{WebSocket, WebSocketUpgrade};
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::map_response;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use sotto_wire::{mailbox, open};

use crate::config::Proxies;
use crate::connection::{self, Ending, MAX_MESSAGE_BYTES};
use crate::limits::{Of, Peer, Visitor};
use crate::listener::Remote;
use crate::relay::Relay;

/// What a connection reads at a time: an owner says little but which envelopes have come, and most owners are silent most of
/// the time, each with its buffer; who delivers has more to say.
mod read_buffer {
    pub(super) const MAILBOX: usize = 512;
    pub(super) const OPEN: usize = 4 * 1024;
}

/// What is gathered before it is written without being asked.
const WRITE_BUFFER: usize = 16 * 1024;

/// Seconds after which who was turned away may come back.
const RETRY_AFTER: &str = "30";

/// Who a proxy says is in front of it.
const FORWARDED_FOR: &str = "x-forwarded-for";

pub(crate) fn router(relay: Arc<Relay>) -> Router {
    Router::new()
        .route(mailbox::PATH, any(mailbox_endpoint))
        .route(open::PATH, any(open_endpoint))
        .route("/health", get(health))
        .route("/v1/trust-root", get(trust_root))
        .route("/ready", get(ready))
        .layer(map_response(once))
        .with_state(relay)
}

/// One request for each connection: whoever wants more wants a WebSocket.
async fn once(mut response: Response) -> Response {
    if response.status() != StatusCode::SWITCHING_PROTOCOLS {
        let close = HeaderValue::from_static("close");
        response.headers_mut().insert(header::CONNECTION, close);
    }
    response
}

/// Alive, and that is all: who restarts a relay because its database is away makes nothing better.
pub(crate) async fn health() -> &'static str {
    "ok\n"
}

/// Whether new clients are welcome.
pub(crate) async fn ready(State(relay): State<Arc<Relay>>) -> (StatusCode, &'static str) {
    if relay.draining.is_cancelled() {
        (StatusCode::SERVICE_UNAVAILABLE, "draining\n")
    } else if relay.is_ready().await {
        (StatusCode::OK, "ready\n")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "the store does not answer\n")
    }
}

/// For whoever wants to compare what their client was told.
async fn trust_root(State(relay): State<Arc<Relay>>) -> String {
    let mut line: String = (relay.certificates.trust_root().as_bytes().iter())
        .map(|byte| format!("{byte:02x}"))
        .collect();
    line.push('\n');
    line
}

async fn mailbox_endpoint(
    State(relay): State<Arc<Relay>>,
    Extension(remote): Extension<Remote>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    let peer = peer(remote, &headers, &relay.config.proxies);
    let upgrade = upgrade.read_buffer_size(read_buffer::MAILBOX);
    accept(relay, peer, upgrade, "mailbox", connection::mailbox::serve)
}

async fn open_endpoint(
    State(relay): State<Arc<Relay>>,
    Extension(remote): Extension<Remote>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    let peer = peer(remote, &headers, &relay.config.proxies);
    let upgrade = upgrade.read_buffer_size(read_buffer::OPEN);
    accept(relay, peer, upgrade, "open", connection::open::serve)
}

/// Who is at the other end: the last in the list who is not a proxy of ours. What stands before that anybody could have
/// written.
fn peer(remote: Remote, headers: &HeaderMap, proxies: &Proxies) -> Option<Peer> {
    let is_proxy = |address: IpAddr| proxies.trusted.iter().any(|proxy| proxy.contains(address));
    let mut address = remote.0;
    let forwarded = headers
        .get_all(FORWARDED_FOR)
        .iter()
        .rev()
        .flat_map(|header| header.as_bytes().rsplit(|byte| *byte == b','));
    for text in forwarded {
        if !is_proxy(address) {
            break;
        }
        let text = std::str::from_utf8(text).ok().map(str::trim);
        let Some(further) = text.and_then(|text| text.parse().ok()) else {
            break;
        };
        address = further;
    }
    Peer::of(address)
}

/// Gives the connection a place, if there is one, and serves it until it ends or the relay is dropped.
fn accept<Serving>(
    relay: Arc<Relay>,
    peer: Option<Peer>,
    upgrade: WebSocketUpgrade,
    endpoint: &'static str,
    serve: impl FnOnce(WebSocket, Arc<Relay>, Visitor) -> Serving + Send + 'static,
) -> Response
where
    Serving: Future<Output = Ending> + Send + 'static,
{
    let visitor = Visitor::new(Arc::clone(&relay), peer);
    if let Err(limited) = visitor.by_peer(Of::IpConnects, 1) {
        let seconds = limited.wait.as_secs().saturating_add(1);
        return turned_away(
            &relay,
            StatusCode::TOO_MANY_REQUESTS,
            &seconds.to_string(),
            "ip-connects",
        );
    }
    let most = relay.config.limits.connections_per_ip;
    let peer_place = peer.map(|peer| relay.peers.place(peer, most));
    if matches!(peer_place, Some(None)) {
        return turned_away(
            &relay,
            StatusCode::TOO_MANY_REQUESTS,
            RETRY_AFTER,
            "connections-per-ip",
        );
    }
    let Ok(place) = Arc::clone(&relay.places).try_acquire_owned() else {
        tracing::warn!("a connection was turned away: there are too many");
        return turned_away(
            &relay,
            StatusCode::SERVICE_UNAVAILABLE,
            RETRY_AFTER,
            "connections",
        );
    };
    // Counted from here on, so that a relay that stops waits for those between the two protocols too.
    let counted = relay.connections.token();
    upgrade
        .write_buffer_size(WRITE_BUFFER)
        .max_message_size(MAX_MESSAGE_BYTES)
        .max_frame_size(MAX_MESSAGE_BYTES)
        .on_upgrade(async move |socket| {
            let open = relay.metrics.opened(endpoint);
            let aborted = relay.aborted.clone();
            let serving = serve(socket, Arc::clone(&relay), visitor);
            if let Some(ending) = aborted.run_until_cancelled(serving).await {
                tracing::debug!(endpoint, ?ending, "a connection ended");
                relay.metrics.ended(ending);
            }
            drop((place, peer_place, counted, open));
        })
}

fn turned_away(relay: &Relay, status: StatusCode, retry_after: &str, reason: &'static str) -> Response {
    relay.metrics.turned_away(reason);
    (status, [(header::RETRY_AFTER, retry_after.to_owned())]).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(remote: &str, forwarded: &[&str], trusted: &[&str]) -> Option<Peer> {
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append(FORWARDED_FOR, line.parse().unwrap());
        }
        let proxies = Proxies {
            trusted: trusted.iter().map(|network| network.parse().unwrap()).collect(),
            protocol: false,
        };
        peer(Remote(remote.parse().unwrap()), &headers, &proxies)
    }

    fn is(peer: Option<Peer>, address: &str) -> bool {
        peer == Peer::of(address.parse().unwrap())
    }

    #[test]
    fn only_a_trusted_proxy_is_believed_and_only_its_own_word() {
        assert!(is(seen("192.0.2.1", &["198.51.100.9"], &[]), "192.0.2.1"));
        assert!(is(
            seen("10.0.0.1", &["198.51.100.9"], &["10.0.0.0/8"]),
            "198.51.100.9"
        ));
        // The client made the first one up.
        assert!(is(
            seen("10.0.0.1", &["203.0.113.5, 198.51.100.9"], &["10.0.0.0/8"]),
            "198.51.100.9"
        ));
        assert!(is(
            seen("10.0.0.1", &["203.0.113.5", "198.51.100.9"], &["10.0.0.0/8"]),
            "198.51.100.9"
        ));
        assert!(is(
            seen("10.0.0.1", &["198.51.100.9, 10.0.0.2"], &["10.0.0.0/8"]),
            "198.51.100.9"
        ));
        assert!(is(
            seen("10.0.0.1", &["198.51.100.9, nonsense"], &["10.0.0.0/8"]),
            "10.0.0.1"
        ));
        assert!(is(seen("10.0.0.1", &[], &["10.0.0.0/8"]), "10.0.0.1"));
    }
}
