//! Rate limits in Redis; see [`crate::bus::rate`].

use std::sync::LazyLock;
use std::time::Duration;

use redis::Script;
use redis::aio::ConnectionManager;

use crate::bus::key::Meter;
use crate::bus::rate::{Allowance, RetryAfter};

/// The algorithm by the clock of Redis, in microseconds, which doubles hold exactly. A meter that is whole again is gone.
/// Answers 0, or after how many microseconds to try again.
static TAKE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "local time = redis.call('TIME')
         local now = time[1] * 1000000 + time[2]
         local full = tonumber(redis.call('GET', KEYS[1]) or '0')
         if full < now then full = now end
         full = full + ARGV[1]
         local over = full - now - ARGV[2]
         if over > 0 then return over end
         redis.call('SET', KEYS[1], string.format('%.0f', full), 'PX', math.ceil((full - now) / 1000) + 1)
         return 0",
    )
});

/// `None` if Redis does not answer.
pub(super) async fn take(
    mut connection: ConnectionManager,
    meter: &Meter,
    cost: u32,
    allowance: Allowance,
) -> Option<Result<(), RetryAfter>> {
    if cost == 0 {
        return Some(Ok(()));
    }
    let micros = |duration: Duration| u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
    let mut key = b"sotto:m:".to_vec();
    key.extend_from_slice(&meter.0);
    let over: Result<u64, _> = TAKE
        .key(key)
        .arg(micros(allowance.share(cost)).max(1))
        .arg(micros(allowance.window))
        .invoke_async(&mut connection)
        .await;
    match over {
        Ok(0) => Some(Ok(())),
        Ok(over) => Some(Err(RetryAfter(Duration::from_micros(over)))),
        Err(error) => {
            tracing::debug!(kind = ?error.kind(), "a rate limit was not counted in Redis");
            None
        }
    }
}
