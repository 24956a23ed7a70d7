//! Pairs of sender and receiver at a fixed rate: how long a message takes when there is no queue.
//!
//! The clock of a message starts when it is written, not when the timer was to ring: timers ring up to a millisecond late.
//! Nobody waits for an answer before the next message, so that a slow answer delays no clock.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval_at};

use super::{all, connect_all, drain, write_to_all};
use crate::Scale;
use crate::error::{LineError, LoadError};
use crate::process::{Process, cost};
use crate::report::{Paced, Times};
use crate::server::{Outbox, Server};
use crate::stamp::Stamp;

pub(crate) async fn measure<S: Server>(server: &S, scale: &Scale) -> Result<Paced, LoadError> {
    let people: Vec<_> = (0..scale.pairs).map(|_| server.person()).collect();
    let inboxes = connect_all(server, &people).await?;
    let outboxes = write_to_all(server, &people, scale.payload).await?;

    let before = server.process().and_then(Process::taken);
    let gap = Duration::from_secs(1) / scale.rate.max(1);
    let period = gap * u32::try_from(scale.pairs.max(1)).unwrap_or(1);
    let end = Instant::now() + scale.duration();
    let mut sending = JoinSet::new();
    for (place, mut outbox) in (1_u32..).zip(outboxes) {
        let first = Instant::now() + gap * place;
        sending.spawn(async move {
            let mut times = Times::new()?;
            let sent = tick(&mut outbox, first, period, end, &mut times).await?;
            Ok((sent, times))
        });
    }
    let mut receiving = JoinSet::new();
    for mut inbox in inboxes {
        receiving.spawn(async move {
            let mut times = Times::new()?;
            let received = drain(&mut inbox, |stamp| times.record(stamp.age())).await?;
            Ok((received, times))
        });
    }
    let (mut sent, mut accepted) = (0, Times::new()?);
    for (count, some) in all(sending).await? {
        sent += count;
        accepted.add(&some)?;
    }
    let (mut received, mut delivered) = (0, Times::new()?);
    for (count, some) in all(receiving).await? {
        received += count;
        delivered.add(&some)?;
    }
    let after = server.process().and_then(Process::taken);
    if received != sent {
        return Err(LoadError::Lost);
    }
    Ok(Paced {
        messages: received,
        delivered: delivered.latency(),
        accepted: accepted.latency(),
        cost: cost(before, after, sent),
    })
}

/// Sends a message at each tick, and a last one after the end; records how long each waits for its answer.
async fn tick(
    outbox: &mut impl Outbox,
    first: Instant,
    period: Duration,
    end: Instant,
    times: &mut Times,
) -> Result<usize, LineError> {
    let mut ticks = interval_at(first.into(), period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut sent, mut going) = (0, true);
    let mut waiting = VecDeque::new();
    while going || !waiting.is_empty() {
        tokio::select! {
            accepted = outbox.accepted(), if !waiting.is_empty() => {
                let accepted = accepted?.min(waiting.len());
                for began in waiting.drain(..accepted) {
                    let began: Instant = began;
                    times.record(began.elapsed());
                }
            }
            _ = ticks.tick(), if going => {
                going = Instant::now() < end;
                waiting.push_back(Instant::now());
                outbox.post(if going { Stamp::now() } else { Stamp::LAST }).await?;
                outbox.flush().await?;
                sent += 1;
            }
        }
    }
    Ok(sent)
}
