//! Pairs of sender and receiver, as fast as it goes.

use std::time::Instant;

use tokio::task::JoinSet;

use super::{all, connect_all, drain, pour, write_to_all};
use crate::Scale;
use crate::error::LoadError;
use crate::process::{Process, cost};
use crate::report::{Online, Times};
use crate::server::Server;

pub(crate) async fn measure<S: Server>(server: &S, scale: &Scale) -> Result<Online, LoadError> {
    let people: Vec<_> = (0..scale.pairs).map(|_| server.person()).collect();
    let inboxes = connect_all(server, &people).await?;
    let outboxes = write_to_all(server, &people, scale.payload).await?;

    let before = server.process().and_then(Process::taken);
    let began = Instant::now();
    let (window, end) = (scale.window, began + scale.duration());
    let mut sending = JoinSet::new();
    for mut outbox in outboxes {
        sending.spawn(async move { Ok(pour(&mut outbox, window, |_| Instant::now() < end).await?) });
    }
    let mut receiving = JoinSet::new();
    for mut inbox in inboxes {
        receiving.spawn(async move {
            let mut times = Times::new()?;
            let received = drain(&mut inbox, |stamp| times.record(stamp.age())).await?;
            Ok((received, times))
        });
    }
    let sent: usize = all(sending).await?.into_iter().sum();
    let (mut received, mut times) = (0, Times::new()?);
    for (count, some) in all(receiving).await? {
        received += count;
        times.add(&some)?;
    }
    let seconds = began.elapsed().as_secs_f64();
    let after = server.process().and_then(Process::taken);
    if received != sent {
        return Err(LoadError::Lost);
    }
    Ok(Online {
        messages: received,
        per_second: received as f64 / seconds,
        delivered: times.latency(),
        cost: cost(before, after, received),
    })
}
