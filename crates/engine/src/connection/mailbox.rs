//! The connection to our own mailbox, kept up for as long as the engine runs.
//!
//! ```text
//! Connecting -> Online -> Offline (wait) -> Connecting ...
//! ```
//! It hands on what the relay pushes, in order, and carries requests. Acknowledgements belong to the connection on
//! which the envelope came, so each push comes with a [`Mailbox`] of its own connection.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use sotto_wire::mailbox::{Acknowledge, Answer, ClientFrame, PATH, Push, RelayFrame, Request};
use sotto_wire::{
    Challenge, Closing, CurveKey, EnvelopeId, Hello, MAX_ACKNOWLEDGEMENTS, Pass, Refusal, RelayAddress,
    RelayInvite, RequestId, Welcome,
};
use tokio::sync::{Notify, mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

use super::heartbeat::{Beat, Heartbeat};
use super::owner::Owner;
use super::pass;
use super::socket::{Incoming, Socket};
use super::{ANSWER_TIMEOUT, Backoff};
use crate::clock::Clock;
use crate::error::{RelayError, StorageError};
use crate::events::{Event, Events};
use crate::model::{Connection, ConnectionTrouble};
use crate::moved;
use crate::store::Store;
use crate::store::table::{account, reach};

/// A connection that is up: where requests to the mailbox go.
#[derive(Clone)]
pub(crate) struct Mailbox {
    requests: mpsc::UnboundedSender<Outgoing>,
    trust_root: CurveKey,
    patience: Duration,
}

struct Outgoing {
    request: Request,
    answer: Option<oneshot::Sender<Result<Answer, RelayError>>>,
}

/// Something that the relay pushed, and the connection it came on.
pub(crate) struct Pushed {
    pub(crate) push: Push,
    pub(crate) mailbox: Mailbox,
}

impl Mailbox {
    /// What the relay says that its certificates go back to.
    pub(crate) fn trust_root(&self) -> CurveKey {
        self.trust_root
    }

    /// Asks, and waits for the answer.
    pub(crate) async fn request(&self, request: Request) -> Result<Answer, RelayError> {
        let answered = tokio::time::timeout(self.patience, self.ask(request)).await;
        answered.unwrap_or(Err(RelayError::Unreachable))
    }

    async fn ask(&self, request: Request) -> Result<Answer, RelayError> {
        let (answer, answered) = oneshot::channel();
        let outgoing = Outgoing {
            request,
            answer: Some(answer),
        };
        self.requests
            .send(outgoing)
            .map_err(|_| RelayError::Unreachable)?;
        answered.await.unwrap_or(Err(RelayError::Unreachable))
    }

    /// Has envelopes deleted. What gets lost of it is pushed again, and acknowledged again.
    pub(crate) fn acknowledge(&self, envelopes: &[EnvelopeId]) {
        for chunk in envelopes.chunks(MAX_ACKNOWLEDGEMENTS) {
            let Some(acknowledge) = Acknowledge::new(chunk.to_vec()) else {
                continue;
            };
            let _ = self.requests.send(Outgoing {
                request: Request::Acknowledge(acknowledge),
                answer: None,
            });
        }
    }
}

/// How the connection stands, for everybody who wants to know.
pub(crate) struct Status {
    connection: watch::Sender<Connection>,
    mailbox: watch::Sender<Option<Mailbox>>,
    events: Events,
}

impl Status {
    pub(crate) fn new(events: Events) -> Self {
        Self {
            connection: watch::Sender::new(Connection::Connecting),
            mailbox: watch::Sender::new(None),
            events,
        }
    }

    /// How the relay and we stand.
    pub(crate) fn connection(&self) -> Connection {
        *self.connection.borrow()
    }

    /// The connection whenever there is one.
    pub(crate) fn mailbox(&self) -> watch::Receiver<Option<Mailbox>> {
        self.mailbox.subscribe()
    }

    /// Whether there is one.
    pub(crate) fn is_online(&self) -> bool {
        self.mailbox.borrow().is_some()
    }

    fn set(&self, connection: Connection, mailbox: Option<Mailbox>) {
        self.mailbox.send_replace(mailbox);
        let changed = self.connection.send_replace(connection) != connection;
        if changed {
            self.events.send(Event::ConnectionChanged(connection));
        }
    }
}

/// Keeps the connection up.
pub(crate) struct MailboxLine {
    pub(crate) owner: Arc<Owner>,
    pub(crate) store: Store,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) status: Arc<Status>,
    pub(crate) pushes: mpsc::Sender<Pushed>,
    pub(crate) reconnect: Arc<Notify>,
    pub(crate) shutdown: CancellationToken,
}

/// Why a connection ended.
enum Ended {
    ShutDown,
    Failed(RelayError),
    Closing(Closing),
}

impl From<RelayError> for Ended {
    fn from(error: RelayError) -> Self {
        Self::Failed(error)
    }
}

impl MailboxLine {
    /// Connects, serves, waits, and again, until the engine is shut down.
    pub(crate) async fn run(self) {
        let mut backoff = Backoff::default();
        loop {
            self.status.set(Connection::Connecting, None);
            let attempt = tokio::select! {
                () = self.shutdown.cancelled() => break,
                attempt = self.sign_in() => attempt,
            };
            let ended = match attempt {
                Ok((socket, welcome)) => {
                    backoff.reset();
                    self.serve(socket, welcome).await
                }
                Err(error) => Ended::Failed(error),
            };
            let (trouble, wait) = match ended {
                Ended::ShutDown => break,
                Ended::Failed(error @ RelayError::Refused(Refusal::Moved)) => {
                    self.fall_silent().await;
                    (error.into(), None)
                }
                Ended::Failed(error) => (error.into(), Some(backoff.after(&error, &mut rand::rng()))),
                Ended::Closing(Closing::Replaced) => (ConnectionTrouble::Replaced, None),
                Ended::Closing(Closing::GoingAway { reconnect_after_ms }) => {
                    let least = Duration::from_millis(reconnect_after_ms.into());
                    let wait = backoff.next(&mut rand::rng()).max(least);
                    (ConnectionTrouble::Unreachable, Some(wait))
                }
                Ended::Closing(Closing::TooSlow | Closing::Silent | Closing::Other) => (
                    ConnectionTrouble::Unreachable,
                    Some(backoff.next(&mut rand::rng())),
                ),
            };
            let retry_at = wait.map(|wait| self.clock.now().after(wait));
            self.status.set(Connection::Offline { retry_at, trouble }, None);
            let waited = async {
                match wait {
                    Some(wait) => self.clock.sleep(wait).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = self.shutdown.cancelled() => break,
                () = self.reconnect.notified() => {}
                () = waited => {}
            }
        }
        let trouble = ConnectionTrouble::ShutDown;
        let offline = Connection::Offline {
            retry_at: None,
            trouble,
        };
        self.status.set(offline, None);
    }

    /// Connects and proves to be the owner. An account whose registration by this installation was never confirmed is
    /// registered first: it may have been that of another installation until now.
    async fn sign_in(&self) -> Result<(Socket, Welcome), RelayError> {
        let row = self.store.read(account::read).await;
        let is_ours = row.map_or(true, |row| row.is_none_or(|row| row.registered_at.is_some()));
        let was_elsewhere = self.store.read(moved::has_moved).await.unwrap_or(false);
        let signed_in = sign_in(&self.owner, is_ours).await?;
        if !is_ours || was_elsewhere {
            let now = self.clock.now();
            let noted: Result<(), StorageError> = self
                .store
                .write(move |transaction| {
                    if !is_ours {
                        account::set_registered(transaction, now)?;
                    }
                    moved::set(transaction, false)
                })
                .await;
            if let Err(error) = noted {
                // It is registered once more next time, which changes nothing.
                tracing::warn!(%error, "the registration was not noted");
            }
        }
        Ok(signed_in)
    }

    /// The account lives on another machine now, which has sessions of its own. Nothing is sent without a certificate, and
    /// nobody but the owner of the mailbox gets one: so nothing is sent from here, now and after a restart, and nothing is
    /// taken that would be.
    async fn fall_silent(&self) {
        let silent: Result<(), StorageError> = self
            .store
            .write(|transaction| {
                reach::forget_certificate(transaction)?;
                moved::set(transaction, true)
            })
            .await;
        if let Err(error) = silent {
            tracing::warn!(%error, "that the account has moved was not noted");
        }
    }

    async fn serve(&self, mut socket: Socket, welcome: Welcome) -> Ended {
        let (requests, mut outgoing) = mpsc::unbounded_channel();
        let mailbox = Mailbox {
            requests,
            trust_root: welcome.trust_root,
            patience: ANSWER_TIMEOUT,
        };
        self.status.set(Connection::Online, Some(mailbox.clone()));
        let mut heartbeat = Heartbeat::new(Duration::from_secs(welcome.limits.heartbeat_seconds.into()));
        let mut waiting = HashMap::new();
        // Signing in used up the first two.
        let mut id = RequestId::FIRST.next().next();
        let ended = loop {
            tokio::select! {
                () = self.shutdown.cancelled() => break Ended::ShutDown,
                Some(Outgoing { request, answer }) = outgoing.recv() => {
                    id = id.next();
                    if let Some(answer) = answer {
                        waiting.insert(id, answer);
                    }
                    if let Err(error) = socket.send(ClientFrame::Request { id, request }.encode()).await {
                        break error.into();
                    }
                }
                incoming = socket.next() => {
                    heartbeat.heard();
                    let frame = match incoming {
                        Ok(Incoming::Frame(frame)) => RelayFrame::decode(frame),
                        Ok(Incoming::Life) => continue,
                        Err(error) => break error.into(),
                    };
                    match frame {
                        Ok(RelayFrame::Push(push)) => {
                            let pushed = Pushed { push, mailbox: mailbox.clone() };
                            if self.pushes.send(pushed).await.is_err() {
                                break Ended::ShutDown;
                            }
                        }
                        Ok(RelayFrame::Answer { id, outcome }) => {
                            if let Some(answer) = waiting.remove(&id) {
                                let _: Result<_, _> = answer.send(outcome.map_err(RelayError::from));
                            }
                        }
                        Ok(RelayFrame::Closing(closing)) => break Ended::Closing(closing),
                        Ok(RelayFrame::Refused(refusal)) => break RelayError::from(refusal).into(),
                        Ok(RelayFrame::Welcome { .. }) | Err(_) => break RelayError::Incompatible.into(),
                    }
                }
                beat = heartbeat.beat() => match beat {
                    Beat::Alive => {}
                    Beat::Ask => if let Err(error) = socket.ping().await {
                        break error.into();
                    },
                    Beat::Dead => break RelayError::Unreachable.into(),
                }
            }
        };
        self.say_last_words(&mut socket, &mut outgoing, id, &ended).await;
        socket.close().await;
        ended
    }

    /// At shutdown, acknowledgements of what is stored already still go out: each one that does not is an envelope that
    /// is pushed again at the next start.
    async fn say_last_words(
        &self,
        socket: &mut Socket,
        outgoing: &mut mpsc::UnboundedReceiver<Outgoing>,
        mut id: RequestId,
        ended: &Ended,
    ) {
        if !matches!(ended, Ended::ShutDown) {
            return;
        }
        while let Ok(Outgoing { request, .. }) = outgoing.try_recv() {
            id = id.next();
            let frame = ClientFrame::Request { id, request }.encode();
            if socket.send(frame).await.is_err() {
                return;
            }
        }
    }
}

/// Asks for a new mailbox, and hangs up.
pub(crate) async fn register(owner: &Owner, invite: Option<RelayInvite>) -> Result<(), RelayError> {
    let (mut socket, _, challenge) = greet(&owner.address.relay).await?;
    let mut id = RequestId::FIRST;
    let outcome = enroll(&mut socket, &mut id, owner, challenge, invite).await;
    socket.close().await;
    outcome
}

/// Asks for a new mailbox, and does the work for it if the relay asks for some.
async fn enroll(
    socket: &mut Socket,
    id: &mut RequestId,
    owner: &Owner,
    challenge: Challenge,
    invite: Option<RelayInvite>,
) -> Result<(), RelayError> {
    let mut pass = pass::invite(invite);
    loop {
        let request = Request::Register(Box::new(owner.register(&challenge, pass)));
        let answer = ask(socket, *id, request).await;
        *id = id.next();
        pass = match answer {
            Ok(Answer::Registered) => return Ok(()),
            Ok(_) => return Err(RelayError::Incompatible),
            // Once: a relay that is not content with it is not to have us work for ever.
            Err(RelayError::Refused(Refusal::WorkRequired { bits }))
                if !matches!(pass, Some(Pass::Work(_))) =>
            {
                let work = pass::work(challenge, owner.address.account, bits).await;
                Some(work.ok_or(Refusal::WorkRequired { bits })?)
            }
            Err(error) => return Err(error),
        };
    }
}

/// Connects and proves to be the owner. A mailbox that `is_ours` is not yet is asked for first; so is one of which the relay
/// knows nothing (any more).
async fn sign_in(owner: &Owner, is_ours: bool) -> Result<(Socket, Welcome), RelayError> {
    let (mut socket, welcome, challenge) = greet(&owner.address.relay).await?;
    let mut id = RequestId::FIRST;
    let authenticate = || Request::Authenticate(owner.authenticate(&challenge));
    if !is_ours {
        enroll(&mut socket, &mut id, owner, challenge, None).await?;
    }
    let answer = match ask(&mut socket, id, authenticate()).await {
        Err(RelayError::Refused(Refusal::UnknownAccount)) => {
            tracing::warn!("the relay does not know the account: registering anew");
            id = id.next();
            enroll(&mut socket, &mut id, owner, challenge, None).await?;
            ask(&mut socket, id, authenticate()).await?
        }
        answer => answer?,
    };
    match answer {
        Answer::Authenticated => Ok((socket, welcome)),
        _ => Err(RelayError::Incompatible),
    }
}

/// Asks whether a relay of ours answers, and hangs up.
pub(crate) async fn check(relay: &RelayAddress) -> Result<(), RelayError> {
    let (socket, _, _) = greet(relay).await?;
    socket.close().await;
    Ok(())
}

/// Dials and shakes hands.
async fn greet(relay: &RelayAddress) -> Result<(Socket, Welcome, Challenge), RelayError> {
    let mut socket = Socket::dial(relay, PATH).await?;
    socket.send(ClientFrame::Hello(Hello::OURS).encode()).await?;
    match RelayFrame::decode(socket.expect_frame().await?) {
        Ok(RelayFrame::Welcome { welcome, challenge }) => Ok((socket, welcome, challenge)),
        Ok(RelayFrame::Refused(Refusal::UnsupportedVersion { .. })) => Err(RelayError::Incompatible),
        Ok(RelayFrame::Refused(refusal)) => Err(refusal.into()),
        Ok(RelayFrame::Closing(_)) => Err(RelayError::Unreachable),
        Ok(RelayFrame::Answer { .. } | RelayFrame::Push(_)) | Err(_) => Err(RelayError::Incompatible),
    }
}

/// Asks while nothing else is expected.
async fn ask(socket: &mut Socket, id: RequestId, request: Request) -> Result<Answer, RelayError> {
    socket.send(ClientFrame::Request { id, request }.encode()).await?;
    match RelayFrame::decode(socket.expect_frame().await?) {
        Ok(RelayFrame::Answer { id: of, outcome }) if of == id => outcome.map_err(RelayError::from),
        Ok(RelayFrame::Refused(refusal)) => Err(refusal.into()),
        Ok(RelayFrame::Closing(_)) => Err(RelayError::Unreachable),
        _ => Err(RelayError::Incompatible),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_relay_that_never_answers_is_not_waited_for_for_ever() {
        let (requests, mut asked) = mpsc::unbounded_channel();
        let mailbox = Mailbox {
            requests,
            trust_root: CurveKey::from([5; CurveKey::BYTES]),
            patience: Duration::from_millis(10),
        };
        let answer = mailbox.request(Request::CountPrekeys).await;
        assert!(matches!(answer, Err(RelayError::Unreachable)));
        let kept = asked.try_recv().ok().and_then(|asked| asked.answer);
        assert!(
            kept.is_some_and(|answer| answer.is_closed()),
            "nobody waits any more"
        );
    }
}
