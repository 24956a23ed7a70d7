//! A request between what may refuse it and what counts it: the same on both endpoints.

use std::future::Future;
use std::sync::Arc;

use bytes::Bytes;
use sotto_wire::{Refusal, RequestId};
use tokio::time::Instant;

use crate::limits::{Limited, Visitor, slowed};
use crate::metrics::Metrics;

/// A frame came: counted, and taken from what the visitor may send.
pub(super) fn received(frame: &Bytes, visitor: &mut Visitor, metrics: &Metrics) -> Result<(), Limited> {
    metrics.received(frame.len());
    visitor.frame(frame.len())
}

/// The answer for who asks too often; it takes its time, and as long as it does it is one of the requests under way.
pub(super) async fn too_often<Answer>(
    id: RequestId,
    limited: Limited,
) -> (RequestId, Result<Answer, Refusal>) {
    slowed(limited).await;
    (id, Err(limited.into()))
}

/// Times the request and counts what became of it.
pub(super) async fn timed<Answer>(
    request: &'static str,
    metrics: Arc<Metrics>,
    answering: impl Future<Output = (RequestId, Result<Answer, Refusal>)>,
) -> (RequestId, Result<Answer, Refusal>) {
    let began = Instant::now();
    let (id, outcome) = answering.await;
    metrics.answered(request, began.elapsed());
    if let Err(refusal) = &outcome {
        metrics.refused(*refusal);
    }
    (id, outcome)
}
