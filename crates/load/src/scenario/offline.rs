//! Into mailboxes of people who are away, and out again when all of them come.

use std::time::Instant;

use tokio::task::JoinSet;

use super::{all, connect_all, drain, pour, write_to_all};
use crate::Scale;
use crate::error::LoadError;
use crate::process::{Process, cost};
use crate::report::Offline;
use crate::server::{Inbox, Server};

pub(crate) async fn measure<S: Server>(server: &S, scale: &Scale) -> Result<Offline, LoadError> {
    let people: Vec<_> = (0..scale.pairs).map(|_| server.person()).collect();
    for inbox in connect_all(server, &people).await? {
        inbox.leave().await;
    }
    let outboxes = write_to_all(server, &people, scale.payload).await?;

    let before = server.process().and_then(Process::taken);
    let began = Instant::now();
    let (window, letters) = (scale.window, scale.letters / scale.pairs.max(1));
    let mut sending = JoinSet::new();
    for mut outbox in outboxes {
        sending.spawn(async move { Ok(pour(&mut outbox, window, |count| count < letters).await?) });
    }
    let sent: usize = all(sending).await?.into_iter().sum();
    let enqueued_per_second = sent as f64 / began.elapsed().as_secs_f64();
    let enqueued = server.process().and_then(Process::taken);

    let began = Instant::now();
    let mut receiving = JoinSet::new();
    for person in &people {
        let connecting = server.connect(person);
        receiving.spawn(async move {
            let mut inbox = connecting.await.map_err(LoadError::Dial)?;
            let received = drain(&mut inbox, |_| {}).await?;
            inbox.settle().await?;
            Ok(received)
        });
    }
    let received: usize = all(receiving).await?.into_iter().sum();
    let drained_per_second = received as f64 / began.elapsed().as_secs_f64();
    let drained = server.process().and_then(Process::taken);
    if received != sent {
        return Err(LoadError::Lost);
    }
    Ok(Offline {
        messages: received,
        enqueued_per_second,
        enqueue_cost: cost(before, enqueued, sent),
        drained_per_second,
        drain_cost: cost(enqueued, drained, received),
    })
}
