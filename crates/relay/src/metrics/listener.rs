//! The listener for those who watch: metrics, health and readiness, apart from the one for clients.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;

use crate::relay::Relay;
use crate::router;

/// What OpenMetrics calls itself.
const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Serves until dropped.
pub(crate) async fn serve(listener: TcpListener, relay: Arc<Relay>) {
    let router = Router::new()
        .route("/metrics", get(metrics))
        .route("/health", get(router::health))
        .route("/ready", get(router::ready))
        .with_state(relay);
    if axum::serve(listener, router).await.is_err() {
        tracing::error!("the listener of the metrics failed");
    }
}

async fn metrics(State(relay): State<Arc<Relay>>) -> Response {
    relay
        .metrics
        .set_state(relay.is_ready().await, relay.bus.is_connected());
    match relay.metrics.text() {
        Ok(text) => ([(header::CONTENT_TYPE, CONTENT_TYPE)], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
