//! When backups of the database are made: soon after the start if the last one is old, and from then on in time.

use std::sync::Arc;
use std::time::Duration;

use crate::clock::Timestamp;
use crate::core::Core;
use crate::error::{DatabaseError, StorageError};
use crate::events::Event;
use crate::store::Store;

/// By then the start is over and the backlog has come in.
const SETTLED: Duration = Duration::from_secs(60);

/// How old the last backup of a small database may become: a new one takes a blink.
const HOUR: Duration = Duration::from_secs(3600);

/// And of a large one, of which a backup takes seconds.
const DAY: Duration = Duration::from_secs(24 * 3600);

/// Makes backups until the engine is shut down.
pub(crate) async fn run(core: Arc<Core>) {
    let mut wait = SETTLED;
    loop {
        tokio::select! {
            () = core.shutdown.cancelled() => return,
            () = core.clock().sleep(wait) => {}
        }
        wait = match make_if_due(&core).await {
            Ok(next) => next,
            Err(DatabaseError::Storage(StorageError::ShutDown)) => return,
            Err(DatabaseError::Storage(StorageError::Corrupted)) => {
                tell_of_damage(&core).await;
                return;
            }
            Err(_) if core.shutdown.is_cancelled() => return,
            Err(error) => {
                // A disk that is full may have room again.
                tracing::warn!(%error, "no backup was made");
                HOUR
            }
        };
    }
}

/// Answers when to look again.
async fn make_if_due(core: &Arc<Core>) -> Result<Duration, DatabaseError> {
    let (path, now) = (core.profile.database_file(), core.now());
    let (last, is_small) = Store::backed_up_at(path.clone()).await?;
    let interval = if is_small { HOUR } else { DAY };
    if let Some(rest) = last.and_then(|last| rest(interval, last, now)) {
        // An hour may make a small database of a large one, and a clock may be set.
        return Ok(rest.min(HOUR));
    }
    let shutdown = core.shutdown.clone();
    Store::back_up(path, &core.secrets.database, now, move || {
        !shutdown.is_cancelled()
    })
    .await?;
    tracing::info!("a backup of the database was made");
    Ok(HOUR)
}

/// How long the last backup is still good; `None`: it is too old, or from a future that has been taken back.
fn rest(interval: Duration, last: Timestamp, now: Timestamp) -> Option<Duration> {
    if now < last {
        return None;
    }
    interval
        .checked_sub(now.since(last))
        .filter(|rest| !rest.is_zero())
}

/// The database is damaged: it is to be checked from end to end when it is opened next, and somebody has to do that.
pub(crate) async fn tell_of_damage(core: &Arc<Core>) {
    tracing::error!("the database is damaged");
    if let Err(error) = Store::distrust(core.profile.database_file()).await {
        tracing::warn!(%error, "that the database is damaged was not noted");
    }
    core.listeners.events.send(Event::DatabaseDamaged);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backup_is_due_when_the_last_one_is_old_or_of_another_time() {
        let at = Timestamp::from_millis;
        assert_eq!(rest(HOUR, at(0), at(1000)), Some(HOUR - Duration::from_secs(1)));
        assert_eq!(rest(HOUR, at(0), at(3_600_000)), None);
        assert_eq!(rest(DAY, at(0), at(3_600_000)), Some(DAY - HOUR));
        assert_eq!(rest(HOUR, at(1000), at(0)), None, "the clock was set back");
    }
}
