//! `/v1/mailbox`: the owner introduces themselves, then receives.
//!
//! ```text
//! Stranger --Authenticate--> Owner { behind } --everything read--> Owner { caught up }
//!                                  ^                                      |
//!                                  +---- window full, or way too narrow --+
//! ```
//! An owner who is *caught up* is pushed what arrives as it arrives; one who is *behind* is pushed what the database
//! has, in order, as acknowledgements make room. Either way each envelope is pushed once on a connection, in the
//! order of its sequence.

use std::collections::HashMap;
use std::convert::Infallible;
use std::future::ready;
use std::pin::Pin;
use std::sync::Arc;

use axum::extract::ws::WebSocket;
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use ring::rand::{SecureRandom, SystemRandom};
use sotto_wire::mailbox::{
    Acknowledge, Answer, Authenticate, ClientFrame, Push, Register, RelayFrame, Request,
};
use sotto_wire::{Challenge, Closing, CurveKey, EnvelopeId, PrekeyUpload, Refusal, RequestId};
use tokio::task::spawn_blocking;
use tokio::time::{Instant, timeout_at};

use super::watched::{received, timed, too_often};
use super::{Ending, Socket, UNDER_WAY, agree};
use crate::bus::{Arrival, Attachment};
use crate::clock::now_ms;
use crate::identity;
use crate::limits::{Of, Visitor};
use crate::mailbox::{MailboxAddress, MailboxId, Sequence, StoredEnvelope};
use crate::registration;
use crate::relay::Relay;
use crate::store::{self, DeliveryTokens, IfNew, Registration, Waiting};

/// Envelopes read from the database at a time, by number and bytes: what one connection holds in memory.
const BATCH: usize = 64;
const BATCH_BYTES: usize = 512 * 1024;

/// A request on its way to its answer.
type Answering = Pin<Box<dyn Future<Output = (RequestId, Result<Answer, Refusal>)> + Send>>;

/// Serves one connection to its end.
pub(crate) async fn serve(socket: WebSocket, relay: Arc<Relay>, visitor: Visitor) -> Ending {
    let mut socket = Socket::new(socket, relay.config.patience);
    // In a box, and so are the steps below that are soon done: what they need is not kept by an owner who is idle.
    let ending = match Box::pin(introduce(&mut socket, &relay, visitor)).await {
        Ok(mut owner) => {
            let Err(ending) = owner.converse(&mut socket).await;
            ending
        }
        Err(ending) => ending,
    };
    let frame = match ending {
        Ending::Refused(refusal) => Some(RelayFrame::Refused(refusal).encode()),
        Ending::Closing(closing) => Some(RelayFrame::Closing(closing).encode()),
        Ending::Gone => None,
    };
    socket.end(ending, frame).await;
    ending
}

/// From the hello to the authentication.
async fn introduce(socket: &mut Socket, relay: &Arc<Relay>, mut visitor: Visitor) -> Result<Owner, Ending> {
    let patience = relay.config.patience.introduction;
    let mut deadline = Instant::now() + patience;
    let ClientFrame::Hello(hello) = ClientFrame::decode(next_until(socket, relay, deadline).await?)? else {
        return Err(Ending::Refused(Refusal::HelloExpected));
    };
    let welcome = agree(hello, relay)?;
    let challenge = fresh_challenge()?;
    socket
        .send(RelayFrame::Welcome { welcome, challenge }.encode())
        .await?;

    deadline += patience;
    loop {
        let frame = next_until(socket, relay, deadline).await?;
        let within = received(&frame, &mut visitor, &relay.metrics);
        let ClientFrame::Request { id, request } = ClientFrame::decode(frame)? else {
            return Err(Ending::Refused(Refusal::HelloExpected));
        };
        if let Err(limited) = within {
            let (id, outcome) = too_often(id, limited).await;
            socket.send(RelayFrame::Answer { id, outcome }.encode()).await?;
            continue;
        }
        let outcome = match request {
            Request::Register(new) => register(relay, &visitor, &challenge, &new).await,
            Request::Authenticate(proof) => match authenticate(relay, &challenge, &proof).await {
                Ok(known) => {
                    let owner = Owner::new(relay, &proof, &known, visitor).await;
                    let answer = RelayFrame::Answer {
                        id,
                        outcome: Ok(Answer::Authenticated),
                    };
                    socket.send(answer.encode()).await?;
                    return Ok(owner);
                }
                Err(refusal) => Err(refusal),
            },
            Request::PublishPrekeys(_)
            | Request::CountPrekeys
            | Request::Acknowledge(_)
            | Request::SetDeliveryTokens(_)
            | Request::IssueSenderCertificate
            | Request::SetUserName(_) => Err(Refusal::NotAuthenticated),
        };
        if let Err(refusal) = &outcome {
            relay.metrics.refused(*refusal);
        }
        socket.send(RelayFrame::Answer { id, outcome }.encode()).await?;
    }
}

async fn next_until(socket: &mut Socket, relay: &Relay, deadline: Instant) -> Result<Bytes, Ending> {
    tokio::select! {
        () = relay.stopping.cancelled() => Err(Ending::going_away(&relay.config.patience)),
        frame = timeout_at(deadline, socket.next()) => frame.unwrap_or(Err(Ending::Closing(Closing::Silent))),
    }
}

fn fresh_challenge() -> Result<Challenge, Ending> {
    let mut bytes = [0; Challenge::BYTES];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| Ending::Refused(Refusal::Unavailable { retry_after_ms: 0 }))?;
    Ok(bytes.into())
}

async fn register(
    relay: &Relay,
    visitor: &Visitor,
    challenge: &Challenge,
    register: &Register,
) -> Result<Answer, Refusal> {
    let if_new = registration::if_new(register, challenge, &relay.config.limits, &relay.pepper, now_ms());
    // Who is told what to bring has not tried yet.
    if !matches!(if_new, IfNew::Refused(_)) {
        visitor.scarce_by_peer(Of::IpRegistrations).await?;
        visitor.scarce(Of::Registrations, &[], 1).await?;
    }
    let registration: Registration =
        identity::check_registration(register, challenge, &relay.names, &relay.pepper, if_new)?;
    relay.store.register(registration).await.await?;
    Ok(Answer::Registered)
}

async fn authenticate(
    relay: &Relay,
    challenge: &Challenge,
    proof: &Authenticate,
) -> Result<store::Owner, Refusal> {
    identity::check_name(proof, &relay.names)?;
    let address = MailboxAddress {
        account: proof.account,
        device: proof.device,
    };
    let known = relay.store.owner(address).await?.ok_or(Refusal::UnknownAccount)?;
    identity::check_authentication(proof, challenge, &known)?;
    Ok(known)
}

/// An owner who has proved to be one.
struct Owner {
    relay: Arc<Relay>,
    visitor: Visitor,
    address: MailboxAddress,
    mailbox: MailboxId,
    identity_key: CurveKey,
    /// Which installation it said to be.
    registration_id: Option<u32>,
    attachment: Attachment,
    /// What was pushed on this connection and not acknowledged yet.
    unacknowledged: HashMap<EnvelopeId, Sequence>,
    /// The last envelope pushed on this connection.
    pushed: Sequence,
    /// Everything in the database up to the last arrival was pushed.
    caught_up: bool,
    told_queue_empty: bool,
}

impl Owner {
    /// The owner's line, on which everything is still to be pushed.
    async fn new(
        relay: &Arc<Relay>,
        proof: &Authenticate,
        known: &store::Owner,
        mut visitor: Visitor,
    ) -> Self {
        let address = MailboxAddress {
            account: proof.account,
            device: proof.device,
        };
        visitor.is_owner_of(address);
        Self {
            relay: Arc::clone(relay),
            visitor,
            address,
            mailbox: known.mailbox,
            identity_key: known.identity_key,
            registration_id: proof.registration_id,
            attachment: relay.bus.attach(address, known.mailbox).await,
            unacknowledged: HashMap::new(),
            pushed: Sequence::START,
            caught_up: false,
            told_queue_empty: false,
        }
    }

    async fn converse(&mut self, socket: &mut Socket) -> Result<Infallible, Ending> {
        let replaced = self.attachment.replaced();
        let stopping = self.relay.stopping.clone();
        let mut under_way = FuturesUnordered::<Answering>::new();
        loop {
            if !self.caught_up && self.room() > 0 {
                Box::pin(self.catch_up(socket)).await?;
            }
            let unflushed = socket.is_unflushed();
            let behind = !self.caught_up && self.room() > 0;
            tokio::select! {
                biased;
                () = stopping.cancelled() => break,
                () = replaced.cancelled() => return Err(Box::pin(self.replaced()).await),
                Some((id, outcome)) = under_way.next() => answer(socket, id, outcome).await?,
                frame = socket.next(), if under_way.len() < UNDER_WAY => {
                    let answering = Box::pin(self.begin(frame?)).await?;
                    under_way.push(answering);
                }
                Some(arrival) = self.attachment.next(), if !behind => self.arrived(socket, arrival).await?,
                () = ready(()), if behind => {}
                () = ready(()), if unflushed => socket.flush().await?,
            }
        }
        while let Some((id, outcome)) = under_way.next().await {
            answer(socket, id, outcome).await?;
        }
        Err(Ending::going_away(&self.relay.config.patience))
    }

    /// Another connection took over: one of the same installation, or of one that has taken this one's place.
    async fn replaced(&self) -> Ending {
        let owner = self.relay.store.owner(self.address).await;
        let moved = matches!(&owner, Ok(Some(owner))
            if identity::check_installation(self.registration_id, owner).is_err());
        if moved {
            Ending::Refused(Refusal::Moved)
        } else {
            Ending::Closing(Closing::Replaced)
        }
    }

    /// How many more envelopes may be pushed.
    fn room(&self) -> usize {
        (self.relay.config.limits.unacknowledged as usize).saturating_sub(self.unacknowledged.len())
    }

    /// Pushes what the database has, as far as there is room, a batch at a time.
    async fn catch_up(&mut self, socket: &mut Socket) -> Result<(), Ending> {
        let count = self.room().min(BATCH);
        let waiting = self
            .relay
            .store
            .waiting(self.mailbox, self.pushed, count, BATCH_BYTES);
        let Waiting {
            envelopes,
            more,
            up_to,
        } = waiting.await.map_err(|error| Ending::Refused(error.into()))?;
        for envelope in envelopes {
            self.push(socket, envelope).await?;
        }
        self.caught_up = !more;
        if self.caught_up {
            self.pushed = self.pushed.max(up_to);
            self.attachment.has_seen(self.pushed);
        }
        if self.caught_up && !self.told_queue_empty {
            self.told_queue_empty = true;
            socket.feed(RelayFrame::Push(Push::QueueEmpty).encode()).await?;
        }
        Ok(())
    }

    async fn arrived(&mut self, socket: &mut Socket, arrival: Arrival) -> Result<(), Ending> {
        // Asked before every arrival: one that was lost is older than this one.
        if self.attachment.fell_behind() {
            self.caught_up = false;
        }
        match arrival {
            Arrival::Wake => Ok(()),
            Arrival::Ephemeral(payload) => {
                socket
                    .feed(RelayFrame::Push(Push::Ephemeral { payload: *payload }).encode())
                    .await
            }
            // The database has it too: read from there, before or yet.
            Arrival::Stored(envelope) if envelope.sequence <= self.pushed || !self.caught_up => Ok(()),
            // Another node has taken what lies between: the database has it.
            Arrival::Stored(envelope)
                if self.relay.store.is_shared() && !envelope.sequence.follows(self.pushed) =>
            {
                self.caught_up = false;
                Ok(())
            }
            Arrival::Stored(_) if self.room() == 0 => {
                self.caught_up = false;
                Ok(())
            }
            Arrival::Stored(envelope) => {
                self.attachment.has_seen(envelope.sequence);
                self.push(socket, *envelope).await
            }
        }
    }

    async fn push(&mut self, socket: &mut Socket, envelope: StoredEnvelope) -> Result<(), Ending> {
        let StoredEnvelope {
            sequence,
            id,
            received_at_ms,
            request,
            payload,
        } = envelope;
        self.pushed = sequence;
        self.unacknowledged.insert(id, sequence);
        self.relay.metrics.pushed();
        socket
            .feed(
                RelayFrame::Push(Push::Envelope {
                    id,
                    payload,
                    received_at_ms,
                    request,
                })
                .encode(),
            )
            .await
    }

    /// Reads a request and takes its first step.
    async fn begin(&mut self, frame: Bytes) -> Result<Answering, Ending> {
        let within = received(&frame, &mut self.visitor, &self.relay.metrics);
        let ClientFrame::Request { id, request } = ClientFrame::decode(frame)? else {
            return Err(Ending::Refused(Refusal::HelloExpected));
        };
        if let Err(limited) = within {
            return Ok(Box::pin(too_often(id, limited)));
        }
        let metrics = Arc::clone(&self.relay.metrics);
        Ok(match request {
            Request::Register(_) | Request::Authenticate(_) => {
                Box::pin(async move { (id, Err(Refusal::AlreadyAuthenticated)) })
            }
            Request::Acknowledge(acknowledge) => {
                let sequences = self.acknowledged(&acknowledge);
                metrics.acknowledged(sequences.len());
                let pending = self
                    .relay
                    .store
                    .acknowledge(self.address, self.mailbox, sequences)
                    .await;
                Box::pin(timed("acknowledge", metrics, async move {
                    (id, pending.await.map(|()| Answer::Acknowledged))
                }))
            }
            Request::CountPrekeys => {
                let (relay, mailbox) = (Arc::clone(&self.relay), self.mailbox);
                Box::pin(timed("count prekeys", metrics, async move {
                    let counts = relay.store.prekey_counts(mailbox).await;
                    (id, counts.map(Answer::PrekeyCounts).map_err(Refusal::from))
                }))
            }
            Request::IssueSenderCertificate => {
                let issued = self
                    .relay
                    .certificates
                    .issue(self.address, &self.identity_key, now_ms());
                Box::pin(timed(
                    "issue sender certificate",
                    metrics,
                    ready((id, issued.map(Answer::SenderCertificate))),
                ))
            }
            Request::SetDeliveryTokens(tokens) => {
                let hash = |token| self.relay.pepper.delivery_token(token);
                let invites = tokens.invites().iter();
                let tokens = DeliveryTokens {
                    contact: hash(tokens.contact()),
                    invites: invites
                        .map(|invite| (hash(&invite.token), invite.expires_at_ms))
                        .collect(),
                };
                let pending = self
                    .relay
                    .store
                    .set_delivery_tokens(self.address, self.mailbox, tokens)
                    .await;
                Box::pin(timed("set delivery tokens", metrics, async move {
                    (id, pending.await.map(|()| Answer::DeliveryTokensSet))
                }))
            }
            Request::SetUserName(name) => {
                // Whether a name is taken is as good as having looked it up.
                if let Err(limited) = self.visitor.scarce_by_peer(Of::IpLookUps).await {
                    return Ok(Box::pin(too_often(id, limited)));
                }
                let hash = name.map(|name| self.relay.pepper.user_name(&name));
                let pending = self.relay.store.set_user_name(self.address, hash).await;
                Box::pin(timed("set user name", metrics, async move {
                    (id, pending.await.map(|()| Answer::UserNameSet))
                }))
            }
            Request::PublishPrekeys(upload) => {
                let (relay, mailbox, identity) = (Arc::clone(&self.relay), self.mailbox, self.identity_key);
                Box::pin(timed("publish prekeys", metrics, async move {
                    (id, publish(&relay, mailbox, identity, upload).await)
                }))
            }
        })
    }

    /// The sequences of the envelopes named, as far as they were pushed on this connection.
    fn acknowledged(&mut self, acknowledge: &Acknowledge) -> Vec<Sequence> {
        acknowledge
            .envelopes()
            .iter()
            .filter_map(|id| self.unacknowledged.remove(id))
            .collect()
    }
}

async fn publish(
    relay: &Relay,
    mailbox: MailboxId,
    identity: CurveKey,
    upload: Box<PrekeyUpload>,
) -> Result<Answer, Refusal> {
    // A full upload has a hundred signatures to check, some ten milliseconds: not on a thread that serves others.
    let checked = spawn_blocking(move || identity::check_upload(&upload, &identity).map(|()| upload)).await;
    let upload = checked.map_err(|_| Refusal::Unavailable { retry_after_ms: 0 })??;
    relay
        .store
        .publish(mailbox, upload)
        .await
        .await
        .map(Answer::PrekeyCounts)
}

/// A store that cannot write ends the connection: what was acknowledged in vain is pushed again on the next one.
async fn answer(socket: &mut Socket, id: RequestId, outcome: Result<Answer, Refusal>) -> Result<(), Ending> {
    socket
        .feed(
            RelayFrame::Answer {
                id,
                outcome: outcome.clone(),
            }
            .encode(),
        )
        .await?;
    match outcome {
        Err(refusal @ Refusal::Unavailable { .. }) => Err(Ending::Refused(refusal)),
        _ => Ok(()),
    }
}
