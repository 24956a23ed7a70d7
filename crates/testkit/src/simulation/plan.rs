//! What is to happen in a world: drawn from a seed, before anything happens.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use sotto_engine::checkpoint::Checkpoint;

use crate::promises::Who;

/// A world and what happens in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Plan {
    pub(super) seed: u64,
    /// For everybody the relay that keeps their mailbox.
    pub(super) people: Vec<usize>,
    pub(super) relays: usize,
    pub(super) steps: Vec<Step>,
}

/// Something happens, and then nothing else for a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) action: Action,
    pub(super) pause: Duration,
}

/// What happens. `nth` says which message: counted from the newest, and around if there are not so many.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Action {
    Say {
        who: Who,
        to: Who,
        words: usize,
    },
    Reply {
        who: Who,
        to: Who,
        nth: usize,
    },
    Edit {
        who: Who,
        to: Who,
        nth: usize,
    },
    Delete {
        who: Who,
        to: Who,
        nth: usize,
    },
    React {
        who: Who,
        to: Who,
        nth: usize,
        emoji: Option<&'static str>,
    },
    Read {
        who: Who,
        to: Who,
    },
    Type {
        who: Who,
        to: Who,
    },
    Rename {
        who: Who,
        number: u16,
    },
    Block {
        who: Who,
        whom: Who,
    },
    Unblock {
        who: Who,
        whom: Who,
    },
    Leave {
        who: Who,
    },
    Die {
        who: Who,
        when: Death,
    },
    ComeBack {
        who: Who,
    },
    /// Of a disk: commits fail, and everything in them is undone.
    CommitsFail {
        who: Who,
        count: u32,
    },
    /// Of a disk: one statement fails, sooner or later.
    StatementFails {
        who: Who,
        looks: u32,
    },
    /// They start again, with room for only so many pages more.
    DiskFills {
        who: Who,
        pages: u32,
    },
    Cut {
        relay: usize,
    },
    CutMailboxes {
        relay: usize,
    },
    Stall {
        relay: usize,
    },
    SlowDown {
        relay: usize,
        millis: u64,
    },
    Mend {
        relay: usize,
    },
    /// Of a hundred frames on the line so many are lost, and so many come twice.
    Noise {
        relay: usize,
        lost: u32,
        doubled: u32,
    },
    RestartRelay {
        relay: usize,
    },
    TimePasses {
        who: Who,
        minutes: u64,
    },
    SetClockBack {
        who: Who,
        minutes: u64,
    },
}

/// When somebody's process ends, without a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Death {
    Now,
    At(Checkpoint),
    InsteadOfCommit(u32),
    AfterCommit(u32),
}

const EMOJI: [&str; 4] = ["👍", "🎉", "😀", "🙈"];

const CHECKPOINTS: [Checkpoint; 6] = [
    Checkpoint::QueuedCommitted,
    Checkpoint::SentCommitted,
    Checkpoint::RelayAccepted,
    Checkpoint::ReceivedCommitted,
    Checkpoint::ReceivedAcknowledged,
    Checkpoint::TokenReplaced,
];

const LONGEST_PAUSE: Duration = Duration::from_millis(40);

impl Plan {
    /// The plan of a seed: always the same one.
    pub(super) fn drawn(seed: u64) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let rng = &mut rng;
        let count = *[3, 3, 3, 4, 4, 5].choose(rng).expect("a choice");
        let relays = rng.random_range(1..=2);
        let people = (0..count).map(|_| rng.random_range(0..relays)).collect();
        let draw = Draw { count, relays };
        let steps = (0..rng.random_range(40..100))
            .map(|_| Step {
                action: draw.action(rng),
                pause: LONGEST_PAUSE.mul_f64(rng.random::<f64>().powi(2)),
            })
            .collect();
        Self {
            seed,
            people,
            relays,
            steps,
        }
    }
}

struct Draw {
    count: usize,
    relays: usize,
}

impl Draw {
    fn action(&self, rng: &mut StdRng) -> Action {
        let (who, to) = self.two(rng);
        let nth = rng.random_range(0..6);
        let relay = rng.random_range(0..self.relays);
        match rng.random_range(0..100) {
            0..37 => Action::Say {
                who,
                to,
                words: rng.random_range(0..8_u32).pow(3) as usize,
            },
            37..43 => Action::Reply { who, to, nth },
            43..48 => Action::Edit { who, to, nth },
            48..52 => Action::Delete { who, to, nth },
            52..57 => Action::React {
                who,
                to,
                nth,
                emoji: EMOJI.choose(rng).copied().filter(|_| rng.random_bool(0.8)),
            },
            57..63 => Action::Read { who, to },
            63 => Action::Type { who, to },
            64 => Action::Rename {
                who,
                number: rng.random(),
            },
            65 => Action::Block { who, whom: to },
            66..68 => Action::Unblock { who, whom: to },
            68 => Action::Leave { who },
            69..74 => Action::Die {
                who,
                when: death(rng),
            },
            74..79 => Action::ComeBack { who },
            79 | 80 => Action::CommitsFail {
                who,
                count: rng.random_range(1..6),
            },
            81 | 82 => Action::StatementFails {
                who,
                looks: rng.random_range(1..400),
            },
            83 => Action::DiskFills {
                who,
                pages: rng.random_range(0..12),
            },
            84 | 85 => Action::Cut { relay },
            86 => Action::CutMailboxes { relay },
            87 => Action::Stall { relay },
            88 => Action::SlowDown {
                relay,
                millis: rng.random_range(1..120),
            },
            89..93 => Action::Mend { relay },
            93 | 94 => Action::Noise {
                relay,
                lost: rng.random_range(0..8),
                doubled: rng.random_range(0..30),
            },
            95 => Action::RestartRelay { relay },
            96..99 => Action::TimePasses {
                who,
                minutes: rng.random_range(1..15_u64).pow(3),
            },
            _ => Action::SetClockBack {
                who,
                minutes: rng.random_range(1..12_u64).pow(3),
            },
        }
    }

    fn two(&self, rng: &mut StdRng) -> (Who, Who) {
        let who = rng.random_range(0..self.count);
        let other = (who + rng.random_range(1..self.count)) % self.count;
        (Who(who), Who(other))
    }
}

fn death(rng: &mut StdRng) -> Death {
    match rng.random_range(0..10) {
        0 | 1 => Death::Now,
        2..7 => Death::At(*CHECKPOINTS.choose(rng).expect("a choice")),
        7 | 8 => Death::InsteadOfCommit(rng.random_range(1..8)),
        _ => Death::AfterCommit(rng.random_range(1..8)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_has_one_plan_and_another_seed_another() {
        assert_eq!(Plan::drawn(7), Plan::drawn(7));
        assert_ne!(Plan::drawn(7).steps, Plan::drawn(8).steps);
    }

    #[test]
    fn everybody_in_a_plan_is_in_its_world_and_nobody_talks_to_themself() {
        for seed in 0..200 {
            let plan = Plan::drawn(seed);
            for step in &plan.steps {
                if let Action::Say { who, to, .. } | Action::Block { who, whom: to } = step.action {
                    assert!(who != to && who.0 < plan.people.len() && to.0 < plan.people.len());
                }
            }
        }
    }
}
