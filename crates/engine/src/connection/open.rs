//! Anonymous connections to wherever our contacts' mailboxes are, one per relay, made when needed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sotto_wire::open::{Answer, ClientFrame, Deliver, FetchBundle, PATH, RelayFrame, Request};
use sotto_wire::{Hello, Limits, PrekeyBundle, Refusal, RelayAddress, RequestId};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::heartbeat::{Beat, Heartbeat};
use super::socket::{Incoming, Socket};
use crate::error::RelayError;

/// How long an answer may take.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// A connection that nobody used for so long is given up.
const IDLE_TIMEOUT: Duration = Duration::from_secs(300);

/// The relays we send to. Clones share the connections.
#[derive(Clone)]
pub(crate) struct Relays {
    lines: Arc<Mutex<HashMap<RelayAddress, mpsc::UnboundedSender<Call>>>>,
    tasks: TaskTracker,
    shutdown: CancellationToken,
}

type Outcome = Result<Answer, RelayError>;

struct Call {
    request: Request,
    answer: oneshot::Sender<Outcome>,
}

impl Relays {
    /// No connection yet; what runs is told to `tasks`.
    pub(crate) fn new(tasks: TaskTracker, shutdown: CancellationToken) -> Self {
        Self {
            lines: Arc::default(),
            tasks,
            shutdown,
        }
    }

    /// Has envelopes put into a mailbox; answers how many of them, from the first one on, are on the relay's disk. An
    /// error is about the first one.
    pub(crate) async fn deliver(&self, relay: &RelayAddress, deliver: Deliver) -> Result<usize, RelayError> {
        match self.call(relay, Request::Deliver(deliver)).await? {
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
        match self.call(relay, Request::FetchBundle(fetch)).await? {
            Answer::Bundle(bundle) => Ok(bundle),
            _ => Err(RelayError::Incompatible),
        }
    }

    async fn call(&self, relay: &RelayAddress, request: Request) -> Outcome {
        let (answer, answered) = oneshot::channel();
        let call = Call { request, answer };
        self.line(relay).send(call).map_err(|_| RelayError::Unreachable)?;
        match tokio::time::timeout(ANSWER_TIMEOUT, answered).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) | Err(_) => Err(RelayError::Unreachable),
        }
    }

    /// Where calls to a relay go.
    fn line(&self, relay: &RelayAddress) -> mpsc::UnboundedSender<Call> {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(line) = lines.get(relay).filter(|line| !line.is_closed()) {
            return line.clone();
        }
        let (calls, queue) = mpsc::unbounded_channel();
        let (relay_, shutdown) = (relay.clone(), self.shutdown.clone());
        self.tasks.spawn(async move {
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = run(relay_, queue) => {}
            }
        });
        lines.insert(relay.clone(), calls.clone());
        calls
    }
}

/// Connects when somebody calls, serves, and waits for the next call.
async fn run(relay: RelayAddress, mut calls: mpsc::UnboundedReceiver<Call>) {
    while let Some(first) = calls.recv().await {
        match greet(&relay).await {
            Ok((socket, limits)) => serve(socket, limits, first, &mut calls).await,
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

/// Dials and shakes hands.
async fn greet(relay: &RelayAddress) -> Result<(Socket, Limits), RelayError> {
    let mut socket = Socket::dial(relay, PATH).await?;
    socket.send(ClientFrame::Hello(Hello::OURS).encode()).await?;
    match RelayFrame::decode(socket.expect_frame().await?) {
        Ok(RelayFrame::Welcome { welcome, .. }) => Ok((socket, welcome.limits)),
        Ok(RelayFrame::Refused(Refusal::UnsupportedVersion { .. })) => Err(RelayError::Incompatible),
        Ok(RelayFrame::Refused(refusal)) => Err(refusal.into()),
        Ok(RelayFrame::Closing(_)) => Err(RelayError::Unreachable),
        Ok(RelayFrame::Push(never)) => match never {},
        Ok(RelayFrame::Answer { .. }) | Err(_) => Err(RelayError::Incompatible),
    }
}
