//! Everybody is thrown out, and everybody comes back at once: no backoff, nobody polite.

use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use tokio::time::sleep;

use super::{all, connect_all};
use crate::Scale;
use crate::error::LoadError;
use crate::process::{Process, cost};
use crate::report::{Storm, Times};
use crate::server::Server;

/// When a client tries again that was not let in.
const AGAIN: Duration = Duration::from_millis(100);

/// How often it tries.
const ATTEMPTS: usize = 100;

pub(crate) async fn measure<S: Server>(server: &S, scale: &Scale) -> Result<Storm, LoadError> {
    let people: Vec<_> = (0..scale.storm).map(|_| server.person()).collect();
    drop(connect_all(server, &people).await?);

    let before = server.process().and_then(Process::taken);
    let began = Instant::now();
    let mut coming = JoinSet::new();
    for person in &people {
        let attempts: Vec<_> = (0..ATTEMPTS).map(|_| server.connect(person)).collect();
        coming.spawn(async move {
            let mut last = None;
            for attempt in attempts {
                match attempt.await {
                    Ok(inbox) => return Ok((inbox, began.elapsed())),
                    Err(error) => last = Some(error),
                }
                sleep(AGAIN).await;
            }
            Err(last.map_or(LoadError::Lost, LoadError::Dial))
        });
    }
    let back = all(coming).await?;
    let seconds = began.elapsed().as_secs_f64();
    let after = server.process().and_then(Process::taken);
    let mut times = Times::new()?;
    for (_, time) in &back {
        times.record(*time);
    }
    Ok(Storm {
        clients: back.len(),
        seconds,
        back: times.latency(),
        cost: cost(before, after, back.len()),
    })
}
