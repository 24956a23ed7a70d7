//! Who says what, and what strikes whom: drawn from a seed, before anything happens.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::promises::Who;

/// How many people there are.
pub(super) const PEOPLE: usize = 3;

/// The longest that somebody may talk before somebody is struck.
const LONGEST_LIFE: Duration = Duration::from_millis(250);

/// The longest that a program may run that is killed while it starts.
const LONGEST_START: Duration = Duration::from_millis(150);

/// The longest that somebody may be asked to say something over which they are killed.
const LONGEST_WORD: Duration = Duration::from_millis(8);

/// The longest that a process stands still.
const LONGEST_SLEEP: Duration = Duration::from_millis(600);

/// The most by which a clock is moved, either way.
const MOST_SECONDS: i64 = 10 * 3_600;

/// Some say something, and after a while something strikes somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) says: Vec<Saying>,
    pub(super) life: Duration,
    pub(super) blow: Blow,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Saying {
    pub(super) who: Who,
    pub(super) to: Who,
    pub(super) words: usize,
}

/// Whose process: somebody's, or the relay's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose {
    Persons(Who),
    Relays,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Blow {
    /// Killed, and started again; if `again`, killed once more so long after the start.
    Kill { whose: Whose, again: Option<Duration> },
    /// Killed so long after they were asked to say something.
    KillOver { saying: Saying, after: Duration },
    /// Stands still for so long, and has slept for so many seconds by its clock.
    Suspend {
        whose: Whose,
        time: Duration,
        slept: i64,
    },
    /// The disk gets full, or has room again if it was.
    Disk { whose: Whose },
    /// The machine has no keychain any more, or has one again.
    Keychain { who: Who },
    /// The clock is set.
    Clock { who: Who, seconds: i64 },
}

impl Blow {
    /// How many processes die of it.
    pub(super) fn deaths(self) -> usize {
        match self {
            Self::Kill { again, .. } => 1 + usize::from(again.is_some()),
            Self::KillOver { .. } => 1,
            _ => 0,
        }
    }
}

/// The steps of a seed, with so many deaths: always the same ones.
pub(super) fn drawn(seed: u64, deaths: usize) -> Vec<Step> {
    let mut rng = StdRng::seed_from_u64(seed);
    let (mut steps, mut so_far) = (Vec::new(), 0);
    while so_far < deaths {
        let step = Step {
            says: (0..rng.random_range(1..8)).map(|_| saying(&mut rng)).collect(),
            life: part_of(LONGEST_LIFE, &mut rng),
            blow: blow(&mut rng, deaths - so_far),
        };
        so_far += step.blow.deaths();
        steps.push(step);
    }
    steps
}

fn blow(rng: &mut StdRng, deaths_left: usize) -> Blow {
    let (whose, who) = (whose(rng), Who(rng.random_range(0..PEOPLE)));
    let again = rng.random_bool(0.2).then(|| part_of(LONGEST_START, rng));
    match rng.random_range(0..100) {
        0..45 => Blow::Kill {
            whose,
            again: again.filter(|_| deaths_left > 1),
        },
        45..65 => Blow::KillOver {
            saying: saying(rng),
            after: part_of(LONGEST_WORD, rng),
        },
        65..75 => Blow::Suspend {
            whose,
            time: part_of(LONGEST_SLEEP, rng),
            slept: rng.random_range(0..MOST_SECONDS),
        },
        75..87 => Blow::Disk { whose },
        87..93 => Blow::Keychain { who },
        _ => Blow::Clock {
            who,
            seconds: rng.random_range(-MOST_SECONDS..MOST_SECONDS),
        },
    }
}

fn whose(rng: &mut StdRng) -> Whose {
    match rng.random_range(0..=PEOPLE) {
        PEOPLE => Whose::Relays,
        who => Whose::Persons(Who(who)),
    }
}

fn saying(rng: &mut StdRng) -> Saying {
    let who = rng.random_range(0..PEOPLE);
    Saying {
        who: Who(who),
        to: Who((who + rng.random_range(1..PEOPLE)) % PEOPLE),
        words: rng.random_range(0..7_usize).pow(3),
    }
}

/// Rather a small part than a large one.
fn part_of(longest: Duration, rng: &mut StdRng) -> Duration {
    longest.mul_f64(rng.random::<f64>().powi(2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_has_one_plan_with_as_many_deaths_as_asked_for() {
        assert_eq!(drawn(7, 50), drawn(7, 50));
        assert_ne!(drawn(7, 50), drawn(8, 50));
        for seed in 0..20 {
            let deaths: usize = drawn(seed, 50).iter().map(|step| step.blow.deaths()).sum();
            assert_eq!(deaths, 50);
        }
    }
}
