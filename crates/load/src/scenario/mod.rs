//! What is done to a server, and what is measured of it.

pub(crate) mod growth;
pub(crate) mod idle;
pub(crate) mod offline;
pub(crate) mod online;
pub(crate) mod paced;
pub(crate) mod storm;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::try_join_all;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::error::{LineError, LoadError};
use crate::server::{Inbox, Outbox, Server};
use crate::stamp::Stamp;

/// How long a message that was accepted may take to arrive, and a connection to do anything.
const PATIENCE: Duration = Duration::from_secs(120);

/// Connections opened at a time where how they are opened is not what is measured.
const DIALS: usize = 64;

/// Connects people, a few at a time, in their order.
async fn connect_all<S: Server>(server: &S, people: &[S::Person]) -> Result<Vec<S::Inbox>, LoadError> {
    let gate = Arc::new(Semaphore::new(DIALS));
    let mut dialling = Vec::with_capacity(people.len());
    for person in people {
        let (connecting, gate) = (server.connect(person), Arc::clone(&gate));
        dialling.push(tokio::spawn(async move {
            // Never closed.
            let _permit = gate.acquire_owned().await;
            connecting.await
        }));
    }
    let connected = try_join_all(dialling).await?;
    connected
        .into_iter()
        .collect::<Result<_, LineError>>()
        .map_err(LoadError::Dial)
}

/// A sender for each person.
async fn write_to_all<S: Server>(
    server: &S,
    people: &[S::Person],
    bytes: usize,
) -> Result<Vec<S::Outbox>, LoadError> {
    let dialling = people.iter().map(|person| server.write_to(person, bytes));
    try_join_all(dialling).await.map_err(LoadError::Dial)
}

/// Sends messages as long as `more` says, a window of them waiting for their answer at a time, and one last one. Answers
/// how many.
async fn pour(
    outbox: &mut impl Outbox,
    window: usize,
    mut more: impl FnMut(usize) -> bool,
) -> Result<usize, LineError> {
    let (mut sent, mut waiting) = (0, 0);
    let mut going = true;
    while going || waiting > 0 {
        while going && waiting < window {
            going = more(sent + 1);
            let stamp = if going { Stamp::now() } else { Stamp::LAST };
            outbox.post(stamp).await?;
            sent += 1;
            waiting += 1;
        }
        outbox.flush().await?;
        waiting -= outbox.accepted().await?.min(waiting);
    }
    Ok(sent)
}

/// Receives up to the last message; `each` sees every other one as it comes. Answers how many, the last one included.
async fn drain(inbox: &mut impl Inbox, mut each: impl FnMut(Stamp)) -> Result<usize, LineError> {
    let mut received = 0;
    let mut stamps = Vec::new();
    loop {
        inbox.receive(&mut stamps).await?;
        received += stamps.len();
        for stamp in stamps.drain(..) {
            if stamp.is_last() {
                return Ok(received);
            }
            each(stamp);
        }
    }
}

/// What all tasks answer, unless one fails or nothing comes for too long.
async fn all<T: 'static>(mut tasks: JoinSet<Result<T, LoadError>>) -> Result<Vec<T>, LoadError> {
    let mut done = Vec::with_capacity(tasks.len());
    loop {
        match timeout(PATIENCE, tasks.join_next()).await {
            Ok(Some(outcome)) => done.push(outcome??),
            Ok(None) => return Ok(done),
            Err(_) => return Err(LoadError::Lost),
        }
    }
}
