//! What a message costs as mailboxes grow: it is to cost the same.

use std::time::Instant;

use tokio::task::JoinSet;

use super::{all, connect_all, pour, write_to_all};
use crate::Scale;
use crate::error::LoadError;
use crate::process::{Process, cost};
use crate::report::Growth;
use crate::server::{Inbox, Server};

/// Into which the messages are divided. The first is not compared: the server may put off work, as ours does, and has nothing
/// that it put off before. A step is long, because such work is done much at a time.
const STEPS: usize = 4;

/// What a relay allows a mailbox to hold, by default.
const MAILBOX: usize = 20_000;

pub(crate) async fn measure<S: Server>(server: &S, scale: &Scale) -> Result<Growth, LoadError> {
    let boxes = (scale.letters / (MAILBOX - 1)).clamp(1, scale.pairs.max(1));
    let step = (scale.letters / boxes).min(MAILBOX - 1) / STEPS;
    let people: Vec<_> = (0..boxes).map(|_| server.person()).collect();
    for inbox in connect_all(server, &people).await? {
        inbox.leave().await;
    }
    // As many senders as online, several to a mailbox.
    let writers: Vec<_> = people
        .iter()
        .cycle()
        .take(scale.pairs.max(boxes))
        .cloned()
        .collect();
    let share = (step * boxes / writers.len()).max(1);
    let (mut messages, mut steps) = (0, Vec::new());
    for _ in 0..STEPS {
        let outboxes = write_to_all(server, &writers, scale.payload).await?;
        let before = server.process().and_then(Process::taken);
        let began = Instant::now();
        let window = scale.window;
        let mut sending = JoinSet::new();
        for mut outbox in outboxes {
            sending.spawn(async move { Ok(pour(&mut outbox, window, |count| count < share).await?) });
        }
        let sent: usize = all(sending).await?.into_iter().sum();
        let microseconds = began.elapsed().as_secs_f64() * 1e6 / sent.max(1) as f64;
        let after = server.process().and_then(Process::taken);
        messages += sent;
        steps.push((microseconds, cost(before, after, sent)));
    }
    let (Some((first_us, first)), Some((last_us, last))) = (steps.get(1), steps.last()) else {
        return Err(LoadError::Lost);
    };
    let cpu = |cost: &Option<crate::report::Cost>| cost.as_ref().map(|cost| cost.cpu_seconds_per_million);
    Ok(Growth {
        messages,
        waiting: share * writers.len() / boxes * (STEPS - 1),
        first_us: *first_us,
        last_us: *last_us,
        cpu_ratio: cpu(first)
            .zip(cpu(last))
            .map(|(first, last)| last / first.max(f64::MIN_POSITIVE)),
    })
}
