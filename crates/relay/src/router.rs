//! The HTTP side: two WebSocket endpoints and a health check.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::extract::ws::{WebSocket, WebSocketUpgrade};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use sotto_wire::{mailbox, open};

use crate::connection::{self, Ending, MAX_MESSAGE_BYTES};
use crate::relay::Relay;

/// What a connection reads at a time. Small, since most connections are idle most of the time and each has it.
const READ_BUFFER: usize = 4 * 1024;

/// What is gathered before it is written without being asked.
const WRITE_BUFFER: usize = 16 * 1024;

/// Seconds after which who was turned away may come back.
const RETRY_AFTER: &str = "30";

pub(crate) fn router(relay: Arc<Relay>) -> Router {
    Router::new()
        .route(mailbox::PATH, any(mailbox_endpoint))
        .route(open::PATH, any(open_endpoint))
        .route("/health", get(health))
        .route("/v1/trust-root", get(trust_root))
        .with_state(relay)
}

async fn health(State(relay): State<Arc<Relay>>) -> (StatusCode, &'static str) {
    if relay.store.is_healthy() {
        (StatusCode::OK, "ok\n")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "the store fails\n")
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

async fn mailbox_endpoint(State(relay): State<Arc<Relay>>, upgrade: WebSocketUpgrade) -> Response {
    accept(relay, upgrade, "mailbox", connection::mailbox::serve)
}

async fn open_endpoint(State(relay): State<Arc<Relay>>, upgrade: WebSocketUpgrade) -> Response {
    accept(relay, upgrade, "open", connection::open::serve)
}

/// Gives the connection a place, if there is one, and serves it until it ends or the relay is dropped.
fn accept<Serving>(
    relay: Arc<Relay>,
    upgrade: WebSocketUpgrade,
    endpoint: &'static str,
    serve: impl FnOnce(WebSocket, Arc<Relay>) -> Serving + Send + 'static,
) -> Response
where
    Serving: Future<Output = Ending> + Send + 'static,
{
    let Ok(place) = Arc::clone(&relay.places).try_acquire_owned() else {
        tracing::warn!("a connection was turned away: there are too many");
        return (
            StatusCode::SERVICE_UNAVAILABLE,
            [(header::RETRY_AFTER, RETRY_AFTER)],
        )
            .into_response();
    };
    // Counted from here on, so that a relay that stops waits for those between the two protocols too.
    let counted = relay.connections.token();
    upgrade
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(WRITE_BUFFER)
        .max_message_size(MAX_MESSAGE_BYTES)
        .max_frame_size(MAX_MESSAGE_BYTES)
        .on_upgrade(async move |socket| {
            let aborted = relay.aborted.clone();
            if let Some(ending) = aborted.run_until_cancelled(serve(socket, relay)).await {
                tracing::debug!(endpoint, ?ending, "a connection ended");
            }
            drop((place, counted));
        })
}
