//! `/v1/open`: anybody fetches bundles and delivers envelopes.
//!
//! Requests are answered as they are done; deliveries enter the writer's queue in the order in which they came.

use std::convert::Infallible;
use std::future::ready;
use std::pin::Pin;
use std::sync::Arc;

use axum::extract::ws::WebSocket;
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use sotto_wire::open::{Answer, ClientFrame, Deliver, RelayFrame, Request};
use sotto_wire::{Refusal, RequestId};
use tokio::time::timeout;

use super::{Ending, Socket, UNDER_WAY, agree};
use crate::mailbox::MailboxAddress;
use crate::relay::Relay;
use crate::store::Delivery;

/// A request on its way to its answer.
type Answering = Pin<Box<dyn Future<Output = (RequestId, Result<Answer, Refusal>)> + Send>>;

/// Serves one connection to its end.
pub(crate) async fn serve(socket: WebSocket, relay: Arc<Relay>) -> Ending {
    let mut socket = Socket::new(socket, relay.config.patience);
    let Err(ending) = converse(&mut socket, &relay).await;
    let frame = match ending {
        Ending::Refused(refusal) => Some(RelayFrame::Refused(refusal).encode()),
        Ending::Closing(closing) => Some(RelayFrame::Closing(closing).encode()),
        Ending::Gone => None,
    };
    socket.end(ending, frame).await;
    ending
}

async fn converse(socket: &mut Socket, relay: &Arc<Relay>) -> Result<Infallible, Ending> {
    let hello = timeout(relay.config.patience.introduction, socket.next());
    let ClientFrame::Hello(hello) = ClientFrame::decode(hello.await.map_err(|_| Ending::Gone)??)? else {
        return Err(Ending::Refused(Refusal::HelloExpected));
    };
    socket
        .send(RelayFrame::Welcome(agree(hello, &relay.config)?).encode())
        .await?;

    let mut under_way = FuturesUnordered::<Answering>::new();
    loop {
        let unflushed = socket.is_unflushed();
        let frame = tokio::select! {
            biased;
            () = relay.stopping.cancelled() => break,
            Some((id, outcome)) = under_way.next() => RelayFrame::Answer { id, outcome },
            frame = socket.next(), if under_way.len() < UNDER_WAY => {
                let answering = begin(relay, frame?).await?;
                under_way.push(answering);
                continue;
            }
            () = ready(()), if unflushed => {
                socket.flush().await?;
                continue;
            }
        };
        socket.feed(frame.encode()).await?;
    }
    while let Some((id, outcome)) = under_way.next().await {
        socket.feed(RelayFrame::Answer { id, outcome }.encode()).await?;
    }
    Err(Ending::going_away())
}

/// Reads a request and takes its first step, which gives a delivery its place in the queue.
async fn begin(relay: &Arc<Relay>, frame: Bytes) -> Result<Answering, Ending> {
    let ClientFrame::Request { id, request } = ClientFrame::decode(frame)? else {
        return Err(Ending::Refused(Refusal::HelloExpected));
    };
    Ok(match request {
        Request::Deliver(deliver) => {
            let pending = begin_delivery(relay, deliver).await;
            Box::pin(async move {
                let outcome = match pending {
                    Ok(Some(pending)) => pending.await,
                    Ok(None) => Ok(()),
                    Err(refusal) => Err(refusal),
                };
                (id, outcome.map(|()| Answer::Delivered))
            })
        }
        Request::FetchBundle(fetch) => {
            let address = MailboxAddress {
                account: fetch.account,
                device: fetch.device,
            };
            let pending = relay.store.take_bundle(address).await;
            Box::pin(async move { (id, pending.await.map(|bundle| Answer::Bundle(Box::new(bundle)))) })
        }
        Request::LookUpUserName(name) => {
            let hash = relay.pepper.user_name(&name);
            let relay = Arc::clone(relay);
            Box::pin(async move {
                let found = relay.store.find_user_name(hash).await;
                let outcome = found
                    .map_err(Refusal::from)
                    .and_then(|account| account.map(Answer::UserNameFound).ok_or(Refusal::NoSuchUserName));
                (id, outcome)
            })
        }
    })
}

/// Queues a delivery; `None` if it is ephemeral, which is done at once.
async fn begin_delivery(
    relay: &Arc<Relay>,
    deliver: Deliver,
) -> Result<Option<impl Future<Output = Result<(), Refusal>> + Send + use<>>, Refusal> {
    let Deliver {
        account,
        device,
        client_message_id,
        payload,
        ephemeral,
        delivery_token: _,
    } = deliver;
    let limit = relay.config.limits.payload_bytes;
    if payload.as_bytes().len() > limit as usize {
        return Err(Refusal::PayloadTooLarge { limit: limit.into() });
    }
    let address = MailboxAddress { account, device };
    if ephemeral {
        relay.hub.ephemeral(address, payload);
        return Ok(None);
    }
    let hub = Arc::clone(&relay.hub);
    let delivery = Delivery {
        address,
        client_message_id,
        payload,
    };
    Ok(Some(
        relay
            .store
            .deliver(delivery, move |envelope| hub.stored(address, envelope))
            .await,
    ))
}
