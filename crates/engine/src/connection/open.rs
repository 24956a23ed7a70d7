//! Anonymous connections to wherever our contacts' mailboxes are, made when needed: one for each of them, so that a relay
//! does not see on one connection with how many of its people somebody talks.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sotto_wire::open::{Answer, ClientFrame, Deliver, FetchBundle, PATH, RelayFrame, Request, UserNameFound};
use sotto_wire::{
    AccountId, CurveKey, Hello, Limits, PrekeyBundle, Refusal, RelayAddress, RequestId, UserName, Welcome,
};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::ANSWER_TIMEOUT;
use super::heartbeat::{Beat, Heartbeat};
use super::socket::{Incoming, Socket};
use crate::error::RelayError;

/// A connection that nobody used for so long is given up.
const IDLE_TIMEOUT: Duration = Duration::from_secs(120);

/// Whose mailbox, and at which relay.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Recipient {
    relay: RelayAddress,
    account: AccountId,
}

/// The relays we send to. Clones share the connections.
#[derive(Clone)]
pub(crate) struct Relays {
    lines: Arc<Mutex<HashMap<Recipient, mpsc::UnboundedSender<Call>>>>,
    heard: Heard,
    tasks: TaskTracker,
    shutdown: CancellationToken,
}

/// What relays say that their certificates go back to.
#[derive(Clone)]
struct Heard {
    roots: Arc<Mutex<HashMap<RelayAddress, CurveKey>>>,
    tell: mpsc::UnboundedSender<(RelayAddress, CurveKey)>,
}

type Outcome = Result<Answer, RelayError>;

struct Call {
    request: Request,
    answer: oneshot::Sender<Outcome>,
}

impl Relays {
    /// No connection yet; what runs is told to `tasks`, and what a relay's certificates go back to is told to `roots`
    /// whenever it is heard for the first time, or is another one.
    pub(crate) fn new(
        tasks: TaskTracker,
        shutdown: CancellationToken,
        roots: mpsc::UnboundedSender<(RelayAddress, CurveKey)>,
    ) -> Self {
        Self {
            lines: Arc::default(),
            heard: Heard {
                roots: Arc::default(),
                tell: roots,
            },
            tasks,
            shutdown,
        }
    }

    /// Has envelopes put into a mailbox; answers how many of them, from the first one on, are on the relay's disk. An
    /// error is about the first one.
    pub(crate) async fn deliver(&self, relay: &RelayAddress, deliver: Deliver) -> Result<usize, RelayError> {
        let line = self.line(relay, deliver.account);
        match call(&line, Request::Deliver(deliver)).await? {
            Answer::Delivered { stored } => Ok(stored),
            _ => Err(RelayError::Incompatible),
        }
    }

    /// Fetches what is needed to begin a session. Uses up one-time prekeys of the peer.
    pub(crate) async fn fetch_bundle(
        &self,
        relay: &RelayAddress,
        fetch: FetchBundle,
    ) -> Result<Box<PrekeyBundle>, RelayError> {
        let line = self.line(relay, fetch.account);
        match call(&line, Request::FetchBundle(fetch)).await? {
            Answer::Bundle(bundle) => Ok(bundle),
            _ => Err(RelayError::Incompatible),
        }
    }

    /// Asks whose a user name is, over a connection of its own: it shows no connection to anything else that is asked.
    pub(crate) async fn look_up(
        &self,
        relay: &RelayAddress,
        name: &UserName,
    ) -> Result<UserNameFound, RelayError> {
        let asked = tokio::select! {
            () = self.shutdown.cancelled() => return Err(RelayError::Unreachable),
            asked = tokio::time::timeout(ANSWER_TIMEOUT, ask_once(relay, Request::LookUpUserName(name.clone()))) => asked,
        };
        let (root, answer) = asked.unwrap_or(Err(RelayError::Unreachable))?;
        self.heard.note(relay, root);
        match answer? {
            Answer::UserNameFound(found) => Ok(found),
            _ => Err(RelayError::Incompatible),
        }
    }

    /// What a relay that we have talked to says that its certificates go back to.
    pub(crate) fn trust_root(&self, relay: &RelayAddress) -> Option<CurveKey> {
        let roots = self.heard.roots.lock().unwrap_or_else(PoisonError::into_inner);
        roots.get(relay).copied()
    }

    /// Where calls about a mailbox go.
    fn line(&self, relay: &RelayAddress, account: AccountId) -> mpsc::UnboundedSender<Call> {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let recipient = Recipient {
            relay: relay.clone(),
            account,
        };
        if let Some(line) = lines.get(&recipient).filter(|line| !line.is_closed()) {
            return line.clone();
        }
        let (calls, queue) = mpsc::unbounded_channel();
        let (relay, heard, shutdown) = (relay.clone(), self.heard.clone(), self.shutdown.clone());
        self.tasks.spawn(async move {
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = run(relay, heard, queue) => {}
            }
        });
        lines.insert(recipient, calls.clone());
        calls
    }
}

impl Heard {
    fn note(&self, relay: &RelayAddress, root: CurveKey) {
        let mut roots = self.roots.lock().unwrap_or_else(PoisonError::into_inner);
        if roots.insert(relay.clone(), root) != Some(root) {
            // Nobody listens any more when the engine is about to end.
            let _ = self.tell.send((relay.clone(), root));
        }
    }
}

async fn call(line: &mpsc::UnboundedSender<Call>, request: Request) -> Outcome {
    let (answer, answered) = oneshot::channel();
    let call = Call { request, answer };
    line.send(call).map_err(|_| RelayError::Unreachable)?;
    match tokio::time::timeout(ANSWER_TIMEOUT, answered).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(_)) | Err(_) => Err(RelayError::Unreachable),
    }
}

/// Connects when somebody calls, serves, and waits for the next call.
async fn run(relay: RelayAddress, heard: Heard, mut calls: mpsc::UnboundedReceiver<Call>) {
    while let Some(first) = calls.recv().await {
        match greet(&relay).await {
            Ok((socket, welcome)) => {
                heard.note(&relay, welcome.trust_root);
                serve(socket, welcome.limits, first, &mut calls).await;
            }
            Err(error) => {
                // Nobody who called so far gets through; when to try again is theirs to say.
                let _ = first.answer.send(Err(error));
                while let Ok(call) = calls.try_recv() {
                    let _ = call.answer.send(Err(error));
                }
            }
        }
    }
}

/// Serves until the connection is lost or idle. Calls without an answer then fail, as their senders are dropped.
async fn serve(mut socket: Socket, limits: Limits, first: Call, calls: &mut mpsc::UnboundedReceiver<Call>) {
    let mut heartbeat = Heartbeat::new(Duration::from_secs(limits.heartbeat_seconds.into()));
    let mut waiting: HashMap<RequestId, oneshot::Sender<Outcome>> = HashMap::new();
    let mut id = RequestId::FIRST;
    let mut next = Some(first);
    let mut last_call = Instant::now();
    loop {
        if let Some(Call { request, answer }) = next.take() {
            last_call = Instant::now();
            waiting.insert(id, answer);
            if socket
                .send(ClientFrame::Request { id, request }.encode())
                .await
                .is_err()
            {
                return;
            }
            id = id.next();
        }
        tokio::select! {
            call = calls.recv() => match call {
                Some(call) => next = Some(call),
                None => break,
            },
            incoming = socket.next() => {
                heartbeat.heard();
                let frame = match incoming {
                    Ok(Incoming::Frame(frame)) => RelayFrame::decode(frame),
                    Ok(Incoming::Life) => continue,
                    Err(_) => return,
                };
                match frame {
                    Ok(RelayFrame::Answer { id, outcome }) => {
                        if let Some(answer) = waiting.remove(&id) {
                            let _: Result<_, _> = answer.send(outcome.map_err(RelayError::from));
                        }
                    }
                    Ok(RelayFrame::Refused(refusal)) => {
                        for (_, answer) in waiting.drain() {
                            let _: Result<_, _> = answer.send(Err(refusal.into()));
                        }
                        return;
                    }
                    Ok(RelayFrame::Closing(_) | RelayFrame::Welcome { .. }) | Err(_) => return,
                    Ok(RelayFrame::Push(never)) => match never {},
                }
            }
            beat = heartbeat.beat() => match beat {
                Beat::Alive => {}
                Beat::Ask => if socket.ping().await.is_err() {
                    return;
                },
                Beat::Dead => return,
            },
            () = tokio::time::sleep_until(last_call + IDLE_TIMEOUT), if waiting.is_empty() => break,
        }
    }
    socket.close().await;
}

/// Dials, asks one thing and hangs up; answers also what the relay's certificates go back to.
async fn ask_once(relay: &RelayAddress, request: Request) -> Result<(CurveKey, Outcome), RelayError> {
    let (mut socket, welcome) = greet(relay).await?;
    let id = RequestId::FIRST;
    socket.send(ClientFrame::Request { id, request }.encode()).await?;
    let outcome = match RelayFrame::decode(socket.expect_frame().await?) {
        Ok(RelayFrame::Answer { outcome, .. }) => outcome.map_err(RelayError::from),
        Ok(RelayFrame::Refused(refusal)) => Err(refusal.into()),
        Ok(RelayFrame::Closing(_)) => Err(RelayError::Unreachable),
        Ok(RelayFrame::Push(never)) => match never {},
        Ok(RelayFrame::Welcome { .. }) | Err(_) => Err(RelayError::Incompatible),
    };
    socket.close().await;
    Ok((welcome.trust_root, outcome))
}

/// Dials and shakes hands.
async fn greet(relay: &RelayAddress) -> Result<(Socket, Welcome), RelayError> {
    let mut socket = Socket::dial(relay, PATH).await?;
    socket.send(ClientFrame::Hello(Hello::OURS).encode()).await?;
    match RelayFrame::decode(socket.expect_frame().await?) {
        Ok(RelayFrame::Welcome { welcome, .. }) => Ok((socket, welcome)),
        Ok(RelayFrame::Refused(Refusal::UnsupportedVersion { .. })) => Err(RelayError::Incompatible),
        Ok(RelayFrame::Refused(refusal)) => Err(refusal.into()),
        Ok(RelayFrame::Closing(_)) => Err(RelayError::Unreachable),
        Ok(RelayFrame::Push(never)) => match never {},
        Ok(RelayFrame::Answer { .. }) | Err(_) => Err(RelayError::Incompatible),
    }
}
