//! The meter behind every quota: the generic cell rate algorithm.
//!
//! Of each key one moment is kept, the one at which its bucket will be full again (the *theoretical arrival time*).
//! Taking moves it by `cost × period / count`; a take that would move it further than `period` ahead of now is
//! refused, and how much too far is how long to wait. A moment in the past is a full bucket and can be forgotten.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::config::Quota;
use crate::hashes::MeterKey;

/// Nanoseconds since the meter was made.
type Moment = u64;

/// When the bucket is full again after a take, or how long to wait for one.
fn take(full_at: Moment, now: Moment, cost: u64, quota: Quota) -> Result<Moment, Duration> {
    let period = quota.period().as_nanos();
    // What is more than a bucket holds would never be let through: it takes all of one.
    let cost = u128::from(cost.min(quota.count())) * period / u128::from(quota.count());
    let full_at = u128::from(full_at.max(now)) + cost;
    let most = u128::from(now) + period;
    if full_at > most {
        return Err(Duration::from_nanos(
            u64::try_from(full_at - most).unwrap_or(u64::MAX),
        ));
    }
    Ok(u64::try_from(full_at).unwrap_or(u64::MAX))
}

/// The bucket of one connection.
#[derive(Debug)]
pub(crate) struct Bucket {
    started: Instant,
    full_at: Moment,
}

impl Bucket {
    pub(crate) fn full() -> Self {
        Self {
            started: Instant::now(),
            full_at: 0,
        }
    }

    /// Takes, or says how long to wait; then nothing was taken.
    pub(crate) fn take(&mut self, cost: u64, quota: Quota) -> Result<(), Duration> {
        let now = nanoseconds(self.started);
        self.full_at = take(self.full_at, now, cost, quota)?;
        Ok(())
    }
}

/// Shards, so that threads seldom wait for each other.
const SHARDS: usize = 16;

/// Buckets that are not full kept in a shard, about 32 bytes each: some 17 MiB in all.
const SHARD: usize = 32 * 1024;

/// The buckets of everybody, in this process.
pub(crate) struct Buckets {
    started: Instant,
    hasher: RandomState,
    shards: [Mutex<HashMap<MeterKey, Moment>>; SHARDS],
}

impl Default for Buckets {
    fn default() -> Self {
        Self {
            started: Instant::now(),
            hasher: RandomState::new(),
            shards: std::array::from_fn(|_| Mutex::default()),
        }
    }
}

impl Buckets {
    /// Takes, or says how long to wait; then nothing was taken.
    pub(crate) fn take(&self, key: MeterKey, cost: u64, quota: Quota) -> Result<(), Duration> {
        self.take_at(key, cost, quota, nanoseconds(self.started))
    }

    fn take_at(&self, key: MeterKey, cost: u64, quota: Quota, now: Moment) -> Result<(), Duration> {
        let shard = self.hasher.hash_one(key) as usize % SHARDS;
        // One of the shards by the line above.
        let Some(shard) = self.shards.get(shard) else {
            return Ok(());
        };
        let mut buckets = shard.lock().unwrap_or_else(PoisonError::into_inner);
        let full_at = buckets.get(&key).copied().unwrap_or(0);
        let full_at = take(full_at, now, cost, quota)?;
        if buckets.len() >= SHARD && !buckets.contains_key(&key) {
            make_room(&mut buckets, now);
        }
        buckets.insert(key, full_at);
        Ok(())
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.lock().unwrap().len()).sum()
    }
}

/// Forgets the buckets that are full, and if there are none the fuller half: who used up most is remembered.
fn make_room(buckets: &mut HashMap<MeterKey, Moment>, now: Moment) {
    buckets.retain(|_, full_at| *full_at > now);
    if buckets.len() < SHARD {
        return;
    }
    let mut moments: Vec<Moment> = buckets.values().copied().collect();
    let (_, middle, _) = moments.select_nth_unstable(SHARD / 2);
    let middle = *middle;
    buckets.retain(|_, full_at| *full_at > middle);
}

fn nanoseconds(since: Instant) -> Moment {
    u64::try_from(since.elapsed().as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Moment = 1_000_000_000;

    fn key(number: u32) -> MeterKey {
        let mut key = [0; 16];
        key[..4].copy_from_slice(&number.to_le_bytes());
        MeterKey(key)
    }

    fn per_minute(count: u64) -> Quota {
        Quota::new(count, Duration::from_secs(60)).unwrap()
    }

    #[test]
    fn a_bucket_is_emptied_at_once_and_fills_evenly() {
        let (buckets, quota) = (Buckets::default(), per_minute(60));
        for _ in 0..60 {
            assert_eq!(buckets.take_at(key(1), 1, quota, 0), Ok(()));
        }
        assert_eq!(buckets.take_at(key(1), 1, quota, 0), Err(Duration::from_secs(1)));
        assert_eq!(buckets.take_at(key(1), 5, quota, 0), Err(Duration::from_secs(5)));
        assert_eq!(
            buckets.take_at(key(2), 60, quota, 0),
            Ok(()),
            "everybody has a bucket of their own"
        );
        assert_eq!(buckets.take_at(key(1), 1, quota, SECOND), Ok(()));
        assert_eq!(
            buckets.take_at(key(1), 1, quota, SECOND),
            Err(Duration::from_secs(1))
        );
        assert_eq!(buckets.take_at(key(1), 60, quota, 61 * SECOND), Ok(()));
    }

    #[test]
    fn who_is_refused_loses_nothing_by_asking_again() {
        let (buckets, quota) = (Buckets::default(), per_minute(1));
        assert_eq!(buckets.take_at(key(1), 1, quota, 0), Ok(()));
        for _ in 0..100 {
            assert!(buckets.take_at(key(1), 1, quota, 30 * SECOND).is_err());
        }
        assert_eq!(buckets.take_at(key(1), 1, quota, 60 * SECOND), Ok(()));
    }

    #[test]
    fn what_is_more_than_a_bucket_takes_a_whole_one() {
        let (buckets, quota) = (Buckets::default(), per_minute(10));
        assert_eq!(buckets.take_at(key(1), 1_000, quota, 0), Ok(()));
        assert_eq!(
            buckets.take_at(key(1), 1_000, quota, 0),
            Err(Duration::from_secs(60))
        );
    }

    #[test]
    fn however_many_come_the_table_stays_bounded_and_remembers_the_worst() {
        let (buckets, quota) = (Buckets::default(), per_minute(1_000));
        assert_eq!(buckets.take_at(key(u32::MAX), 1_000, quota, 0), Ok(()));
        for number in 0..(3 * SHARD * SHARDS) as u32 {
            assert_eq!(buckets.take_at(key(number), 1, quota, 0), Ok(()));
        }
        assert!(buckets.len() <= SHARD * SHARDS);
        assert!(buckets.take_at(key(u32::MAX), 1, quota, 0).is_err());
    }

    #[test]
    fn the_longest_quotas_and_the_largest_costs_do_not_overflow() {
        let quota = Quota::new(u64::MAX, Duration::from_secs(86_400)).unwrap();
        assert!(take(u64::MAX, u64::MAX, u64::MAX, quota).is_ok());
        let quota = Quota::new(1, Duration::from_secs(86_400)).unwrap();
        assert!(take(u64::MAX, 0, u64::MAX, quota).is_err());
    }
}
