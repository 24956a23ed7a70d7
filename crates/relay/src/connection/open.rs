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
use sotto_wire::open::{Answer, ClientFrame, Deliver, Envelope, RelayFrame, Request, UserNameFound};
use sotto_wire::{DeliveryToken, Refusal, RequestId};
use tokio::time::timeout;

use super::watched::{received, timed, too_often};
use super::{Ending, Socket, UNDER_WAY, agree};
use crate::clock::now_ms;
use crate::limits::{Limited, Of, Visitor};
use crate::mailbox::MailboxAddress;
use crate::relay::Relay;
use crate::store::{Admission, Delivery, Pending};

/// A request on its way to its answer.
type Answering = Pin<Box<dyn Future<Output = (RequestId, Result<Answer, Refusal>)> + Send>>;

/// Serves one connection to its end.
pub(crate) async fn serve(socket: WebSocket, relay: Arc<Relay>, mut visitor: Visitor) -> Ending {
    let mut socket = Socket::new(socket, relay.config.patience);
    let Err(ending) = converse(&mut socket, &relay, &mut visitor).await;
    let frame = match ending {
        Ending::Refused(refusal) => Some(RelayFrame::Refused(refusal).encode()),
        Ending::Closing(closing) => Some(RelayFrame::Closing(closing).encode()),
        Ending::Gone => None,
    };
    socket.end(ending, frame).await;
    ending
}

async fn converse(
    socket: &mut Socket,
    relay: &Arc<Relay>,
    visitor: &mut Visitor,
) -> Result<Infallible, Ending> {
    let hello = timeout(relay.config.patience.introduction, socket.next());
    let ClientFrame::Hello(hello) = ClientFrame::decode(hello.await.map_err(|_| Ending::Gone)??)? else {
        return Err(Ending::Refused(Refusal::HelloExpected));
    };
    let welcome = RelayFrame::Welcome {
        welcome: agree(hello, relay)?,
        challenge: (),
    };
    socket.send(welcome.encode()).await?;

    let mut under_way = FuturesUnordered::<Answering>::new();
    loop {
        let unflushed = socket.is_unflushed();
        let frame = tokio::select! {
            biased;
            () = relay.stopping.cancelled() => break,
            Some((id, outcome)) = under_way.next() => RelayFrame::Answer { id, outcome },
            frame = socket.next(), if under_way.len() < UNDER_WAY => {
                let answering = begin(relay, visitor, frame?).await?;
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
    Err(Ending::going_away(&relay.config.patience))
}

/// Reads a request and takes its first step, which gives a delivery its place in the queue.
async fn begin(relay: &Arc<Relay>, visitor: &mut Visitor, frame: Bytes) -> Result<Answering, Ending> {
    let within = received(&frame, visitor, &relay.metrics);
    let ClientFrame::Request { id, request } = ClientFrame::decode(frame)? else {
        return Err(Ending::Refused(Refusal::HelloExpected));
    };
    if let Err(limited) = within {
        return Ok(Box::pin(too_often(id, limited)));
    }
    if let Err(limited) = admit(relay, &request, visitor).await {
        return Ok(Box::pin(too_often(id, limited)));
    }
    let metrics = Arc::clone(&relay.metrics);
    Ok(match request {
        Request::Deliver(deliver) => {
            let ephemeral = deliver.ephemeral;
            let delivering = begin_delivery(relay, deliver).await;
            let counted = Arc::clone(&metrics);
            Box::pin(timed("deliver", metrics, async move {
                let stored = match delivering {
                    Ok(Delivering::Pending(pending)) => pending.await,
                    Ok(Delivering::Done { stored }) => Ok(stored),
                    Err(refusal) => Err(refusal),
                };
                if let Ok(stored) = stored {
                    counted.stored(stored, ephemeral);
                }
                (id, stored.map(|stored| Answer::Delivered { stored }))
            }))
        }
        Request::FetchBundle(fetch) => {
            let address = MailboxAddress {
                account: fetch.account,
                device: fetch.device,
            };
            let admission = admission(relay, address, &fetch.delivery_token);
            let pending = relay.store.take_bundle(address, admission).await;
            Box::pin(timed("fetch bundle", metrics, async move {
                (id, pending.await.map(|bundle| Answer::Bundle(Box::new(bundle))))
            }))
        }
        Request::LookUpUserName(name) => {
            let hash = relay.pepper.user_name(&name);
            let relay = Arc::clone(relay);
            Box::pin(timed("look up user name", metrics, async move {
                let found = relay.store.find_user_name(hash).await;
                let found = found
                    .map_err(Refusal::from)
                    .and_then(|account| account.ok_or(Refusal::NoSuchUserName));
                let answer = found.map(|account| {
                    let (delivery_token, expires_at_ms) = relay.pepper.look_up_token(account, now_ms());
                    Answer::UserNameFound(UserNameFound {
                        account,
                        delivery_token,
                        expires_at_ms,
                    })
                });
                (id, answer)
            }))
        }
    })
}

/// What a token admits to.
fn admission(relay: &Relay, mailbox: MailboxAddress, token: &DeliveryToken) -> Admission {
    relay.pepper.admission(token, mailbox.account, now_ms())
}

/// Takes the request from what the address, the mailbox and the token allow.
async fn admit(relay: &Relay, request: &Request, visitor: &Visitor) -> Result<(), Limited> {
    match request {
        Request::Deliver(deliver) => {
            let envelopes = deliver.envelopes.as_slice();
            let mailbox = MailboxAddress {
                account: deliver.account,
                device: deliver.device,
            };
            let token = &deliver.delivery_token;
            if matches!(admission(relay, mailbox, token), Admission::LookUp) {
                // A token for each look-up: what counts is whom it is for.
                let count = envelopes.len() as u64;
                return visitor
                    .scarce(Of::AccountRequests, deliver.account.as_bytes(), count)
                    .await;
            }
            let bytes = envelopes
                .iter()
                .map(|envelope| envelope.payload.as_bytes().len() as u64);
            visitor.take(Of::TokenEnvelopes, token.as_bytes(), envelopes.len() as u64)?;
            visitor.take(Of::TokenBytes, token.as_bytes(), bytes.sum())
        }
        Request::FetchBundle(fetch) => {
            visitor.scarce_by_peer(Of::IpBundles).await?;
            let (mailbox, token) = (
                MailboxAddress {
                    account: fetch.account,
                    device: fetch.device,
                },
                &fetch.delivery_token,
            );
            // Who is refused anyway uses up nothing of what the account's contacts have.
            let admission = admission(relay, mailbox, token);
            if !matches!(relay.store.admits(mailbox, admission).await, Ok(Ok(()))) {
                return Ok(());
            }
            visitor
                .scarce(Of::AccountBundles, fetch.account.as_bytes(), 1)
                .await?;
            visitor.scarce(Of::TokenBundles, token.as_bytes(), 1).await
        }
        Request::LookUpUserName(_) => visitor.scarce_by_peer(Of::IpLookUps).await,
    }
}

/// A delivery on its way to the disk.
enum Delivering {
    /// It has its place in the queue.
    Pending(Pending<Result<usize, Refusal>>),
    /// It is ephemeral.
    Done { stored: usize },
}

/// Queues a delivery, or hands it over if it is ephemeral.
async fn begin_delivery(relay: &Arc<Relay>, deliver: Deliver) -> Result<Delivering, Refusal> {
    let Deliver {
        account,
        device,
        envelopes,
        ephemeral,
        delivery_token,
    } = deliver;
    let envelopes = up_to_refused(envelopes.into_vec(), relay.config.limits.payload_bytes)?;
    let address = MailboxAddress { account, device };
    let admission = admission(relay, address, &delivery_token);
    if ephemeral {
        relay.store.admits(address, admission).await??;
        let stored = envelopes.len();
        for Envelope { payload, .. } in envelopes {
            relay.bus.ephemeral(address, payload);
        }
        return Ok(Delivering::Done { stored });
    }
    let bus = Arc::clone(&relay.bus);
    let delivery = Delivery {
        address,
        admission,
        envelopes,
    };
    let pending = relay
        .store
        .deliver(delivery, move |envelope| bus.stored(address, envelope));
    Ok(Delivering::Pending(pending.await))
}

/// The envelopes before the first that this relay does not take; its refusal if there are none.
fn up_to_refused(mut envelopes: Vec<Envelope>, limit: u32) -> Result<Vec<Envelope>, Refusal> {
    let mut refused = envelopes.iter().enumerate().filter_map(|(place, envelope)| {
        let payload = &envelope.payload;
        let refusal = if payload.as_bytes().len() > limit as usize {
            Refusal::PayloadTooLarge { limit: limit.into() }
        } else if !payload.is_padded() {
            Refusal::NotPadded
        } else {
            return None;
        };
        Some((place, refusal))
    });
    match refused.next() {
        Some((0, refusal)) => return Err(refusal),
        Some((first, _)) => envelopes.truncate(first),
        None => {}
    }
    Ok(envelopes)
}
