//! A long run: real processes talk steadily, and nothing of what they have may grow but what they were given to keep.
//!
//! ```text
//! everybody meets -> they talk: warm-up, first half, later half -> nobody talks -> the promises
//! ```
//! (`docs/adr/0079-the-long-run.md`)

mod sample;
mod verdict;

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use rusqlite::Connection;
use serde::Serialize;
use tokio::time::Instant;

use crate::promises::{Broken, Who};
use crate::town::{Make, Said, Town};
use sample::{FILES, MEMORY, RESIDENT, THREADS, processor_time, size};
use verdict::Unit;
pub use verdict::Verdict;

/// How many people there are.
const PEOPLE: usize = 2;

/// What of the talking is not looked at: caches fill.
const WARM_UP: f64 = 0.3;

/// What of the time nobody talks.
const IDLE: f64 = 0.15;

/// Nobody needs to be watched longer doing nothing.
const LONGEST_IDLE: Duration = Duration::from_secs(300);

/// So many looks, unless that is more than one a second.
const LOOKS: u32 = 300;

/// How long after the last message everybody has nothing to do any more.
const CALM: Duration = Duration::from_secs(5);

/// What texts have besides the words that make them longer.
const LONGEST: usize = 40;

const RELAY: &str = "relay";
const LOG: &str = "log-ahead (WAL)";
const JOURNAL: &str = "rows of the journal";
const WAITING: &str = "envelopes that wait";
const DATABASE: &str = "database";

/// What may grow by how much: in parts of the first half, and besides.
const FLAT: [(&str, Unit, (f64, f64)); 6] = [
    (MEMORY, Unit::Bytes, (0.05, 2.0 * MEBIBYTE)),
    (RESIDENT, Unit::Bytes, (0.05, 2.0 * MEBIBYTE)),
    (FILES, Unit::Pieces, (0.0, 2.0)),
    (THREADS, Unit::Pieces, (0.0, 2.0)),
    (JOURNAL, Unit::Pieces, (0.1, 2_000.0)),
    (WAITING, Unit::Pieces, (0.0, 20.0)),
];

const MEBIBYTE: f64 = 1024.0 * 1024.0;

/// A log-ahead rises to a number of pages, is copied into the database, and is written from its beginning: SQLite's own number, and
/// four times that at the relay. Half as much again may come in while somebody reads.
const LOG_OF_PEOPLE: f64 = 1.5 * 1_000.0 * PAGE_OF_LOG;
const LOG_OF_RELAY: f64 = 1.5 * 4_000.0 * PAGE_OF_LOG;
const PAGE_OF_LOG: f64 = 4_096.0 + 24.0;

/// What a message may take of a database beside its text, which stands there and in the index of its words.
const BESIDE_TEXT: f64 = 1_536.0;

/// What the relay may keep of a message that is delivered: its id, for as long as it could come again.
const AT_THE_RELAY: f64 = 256.0;

/// The most of a processor that somebody may need for nothing.
const IDLE_PERCENT: f64 = 1.0;

/// How long, and how fast they talk.
#[derive(Debug, Clone, Copy)]
pub struct Length {
    /// All in all, but for the meeting.
    pub time: Duration,
    /// From one message to the next.
    pub every: Duration,
}

/// What was seen.
#[derive(Debug, Serialize)]
pub struct Report {
    /// For how long they talked.
    seconds: f64,
    /// Texts that were stored.
    texts: usize,
    /// What all texts have in bytes.
    text_bytes: usize,
    /// Everything that was seen, in the order in which it was.
    series: BTreeMap<String, BTreeMap<&'static str, Vec<f64>>>,
    /// What became of it.
    pub verdicts: Vec<Verdict>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} texts of {} bytes in {:.0} s\n{:34} {:>11} {:>11} {:>11}",
            self.texts, self.text_bytes, self.seconds, "", "first half", "later half", "limit"
        )?;
        for verdict in &self.verdicts {
            writeln!(f, "{verdict}")?;
        }
        Ok(())
    }
}

/// They talk, and are watched. What is lost over it is an error; what grows is in the report.
pub async fn run(length: Length) -> Result<Report, Box<Broken>> {
    let mut soak = Soak {
        town: Town::begin(PEOPLE, Make::Ordinary).await,
        series: BTreeMap::new(),
        texts: 0,
        text_bytes: 0,
    };
    match soak.runs(length).await {
        Ok(report) => Ok(report),
        Err(promises) => Err(Box::new(Broken {
            world: "the long run".to_owned(),
            steps: Vec::new(),
            promises,
            folders: vec![soak.town.keep().await],
            again: "cargo xtask soak".to_owned(),
        })),
    }
}

struct Soak {
    town: Town,
    series: BTreeMap<String, BTreeMap<&'static str, Vec<f64>>>,
    texts: usize,
    text_bytes: usize,
}

impl Soak {
    async fn runs(&mut self, length: Length) -> Result<Report, Vec<String>> {
        let idle = length.time.mul_f64(IDLE).min(LONGEST_IDLE);
        let talking = length.time.saturating_sub(idle);
        let began = Instant::now();
        let taken = self.talk(talking, length.every).await?;
        let seconds = began.elapsed().as_secs_f64();
        let mut verdicts = self.growth();
        verdicts.extend(self.of_databases(taken));
        self.town.settles().await?;
        verdicts.extend(self.idleness(idle).await);
        let mut broken = self.town.databases().await;
        broken.extend(self.town.relays_database().await);
        if !broken.is_empty() {
            return Err(broken);
        }
        Ok(Report {
            seconds,
            texts: self.texts,
            text_bytes: self.text_bytes,
            series: std::mem::take(&mut self.series),
            verdicts,
        })
    }

    /// They talk for so long; answers what was said between the end of the warm-up and the end.
    async fn talk(&mut self, time: Duration, every: Duration) -> Result<Taken, Vec<String>> {
        let (began, interval) = (Instant::now(), (time / LOOKS).max(Duration::from_secs(1)));
        let (mut next_look, mut next_word) = (began, began);
        let mut warm = None;
        while began.elapsed() < time {
            if Instant::now() >= next_look {
                next_look += interval;
                if began.elapsed() >= time.mul_f64(WARM_UP) {
                    warm.get_or_insert_with(|| self.taken());
                    self.look();
                }
            }
            self.one_says_something().await?;
            next_word += every;
            tokio::time::sleep_until(next_word).await;
        }
        self.look();
        let (before, after) = (warm.unwrap_or_default(), self.taken());
        Ok(after.since(before))
    }

    async fn one_says_something(&mut self) -> Result<(), Vec<String>> {
        let who = self.texts % PEOPLE;
        let (who, to) = (Who(who), Who((who + 1) % PEOPLE));
        let words = self.texts * 7 % LONGEST;
        match self.town.says(who, to, words, None).await {
            Said::Stored(token) => {
                self.texts += 1;
                self.text_bytes += token.len() + words * " so to say".len();
                Ok(())
            }
            other => Err(vec![format!("{who:?} cannot speak to {to:?}: {other}")]),
        }
    }

    /// Writes down what everybody has.
    fn look(&mut self) {
        for machine in &mut self.town.people {
            let database = machine.profile().join("messages.db");
            let Some(app) = machine.app() else { continue };
            let mut sample = sample::of_process(app.process_id());
            sample.push((LOG, size(&database.with_extension("db-wal"))));
            sample.push((DATABASE, size(&database)));
            note(&mut self.series, machine.who.name(), sample);
        }
        let Some(relay) = &self.town.relay else { return };
        let database = self.relays_database();
        let mut sample = sample::of_process(relay.process_id());
        sample.push((LOG, size(&database.with_extension("db-wal"))));
        sample.push((DATABASE, size(&database)));
        // Read beside the relay, which goes on writing.
        let rows = Connection::open(&database).and_then(|relay| {
            let count = |table: &str| {
                let sql = format!("SELECT count(*) FROM {table}");
                relay.query_row(&sql, [], |row| row.get::<_, f64>(0))
            };
            Ok([(JOURNAL, count("journal")?), (WAITING, count("envelopes")?)])
        });
        sample.extend(rows.into_iter().flatten());
        note(&mut self.series, RELAY, sample);
    }

    fn relays_database(&self) -> PathBuf {
        self.town.relays_place.outside().join("relay.db")
    }

    /// What was said so far, and how large the databases are.
    fn taken(&self) -> Taken {
        let people = self.town.people.iter();
        Taken {
            texts: self.texts,
            text_bytes: self.text_bytes,
            databases: people
                .map(|machine| size(&machine.profile().join("messages.db")))
                .collect(),
            relay: size(&self.relays_database()),
        }
    }

    fn growth(&self) -> Vec<Verdict> {
        let mut verdicts = Vec::new();
        for (of, series) in &self.series {
            for (what, unit, tolerance) in FLAT {
                let Some(figures) = series.get(what) else { continue };
                verdicts.extend(Verdict::of_series(of, what, unit, figures, tolerance));
            }
            let longest = series
                .get(LOG)
                .and_then(|sizes| sizes.iter().copied().max_by(f64::total_cmp));
            let limit = if of == RELAY { LOG_OF_RELAY } else { LOG_OF_PEOPLE };
            verdicts.extend(longest.map(|log| Verdict::of_figure(of, LOG, Unit::Bytes, log, limit)));
        }
        verdicts
    }

    /// What a message took of each database: as much as it has, and something besides.
    fn of_databases(&self, taken: Taken) -> Vec<Verdict> {
        const WHAT: &str = "database, for each message";
        let texts = taken.texts as f64;
        let limit = 2.0 * taken.text_bytes as f64 / texts + BESIDE_TEXT;
        let people = self.town.people.iter().zip(&taken.databases);
        let mut verdicts: Vec<_> = people
            .map(|(machine, bytes)| {
                Verdict::of_figure(machine.who.name(), WHAT, Unit::Bytes, bytes / texts, limit)
            })
            .collect();
        let at_the_relay = taken.relay / texts;
        verdicts.push(Verdict::of_figure(
            RELAY,
            WHAT,
            Unit::Bytes,
            at_the_relay,
            AT_THE_RELAY,
        ));
        verdicts
    }

    /// What everybody needs of a processor while nobody talks.
    async fn idleness(&mut self, time: Duration) -> Vec<Verdict> {
        tokio::time::sleep(CALM).await;
        let mut processes: Vec<(&str, u32)> = Vec::new();
        for machine in &mut self.town.people {
            let name = machine.who.name();
            processes.extend(machine.app().map(|app| (name, app.process_id())));
        }
        processes.extend(self.town.relay.as_ref().map(|relay| (RELAY, relay.process_id())));
        let began = Instant::now();
        let before: Vec<_> = processes.iter().map(|(_, id)| processor_time(*id)).collect();
        tokio::time::sleep(time).await;
        let seconds = began.elapsed().as_secs_f64();
        let verdict = |((name, id), before): (&(&str, u32), Option<f64>)| {
            let percent = (processor_time(*id)? - before?) / seconds * 100.0;
            let what = "processor, doing nothing";
            Some(Verdict::of_figure(
                name,
                what,
                Unit::Percent,
                percent,
                IDLE_PERCENT,
            ))
        };
        processes.iter().zip(before).filter_map(verdict).collect()
    }
}

fn note(series: &mut BTreeMap<String, BTreeMap<&'static str, Vec<f64>>>, of: &str, sample: sample::Sample) {
    let of = series.entry(of.to_owned()).or_default();
    for (what, figure) in sample {
        of.entry(what).or_default().push(figure);
    }
}

/// What was said up to a moment, and what the databases have of it in bytes.
#[derive(Debug, Clone, Default)]
struct Taken {
    texts: usize,
    text_bytes: usize,
    databases: Vec<f64>,
    relay: f64,
}

impl Taken {
    fn since(self, before: Self) -> Self {
        let earlier = before.databases.iter().copied().chain(std::iter::repeat(0.0));
        Self {
            texts: self.texts - before.texts,
            text_bytes: self.text_bytes - before.text_bytes,
            databases: self
                .databases
                .iter()
                .zip(earlier)
                .map(|(after, before)| after - before)
                .collect(),
            relay: self.relay - before.relay,
        }
    }
}
