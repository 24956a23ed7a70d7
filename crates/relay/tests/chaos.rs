//! Relays that are killed while people write to each other. Not among the everyday tests, since they take minutes:
//!
//! ```text
//! cargo test --release -p sotto-relay --test chaos -- --ignored --nocapture --test-threads 1
//! ```
//! Every letter goes to its relay again and again, under the same id, until it is accepted; every reader comes back when
//! the line ends. In the end each accepted letter must have arrived, and none under two envelope ids. `SOTTO_CHAOS_SECONDS`
//! is how long each trouble is watched (15), `SOTTO_CHAOS_KILLS` how often the single node is killed (100).

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)] // tests stop at the first surprise, and this one reports

#[path = "stories/lines.rs"]
mod lines;
#[path = "stories/people.rs"]
mod people;
#[path = "servers/mod.rs"]
mod servers;

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sotto_wire::mailbox::{Answer, Push};
use sotto_wire::{ClientMessageId, EnvelopeId, RelayName};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};

use lines::{MailboxLine, OpenLine};
use people::{DELIVERED, Person};

/// Pairs of a sender and a reader.
const PAIRS: usize = 8;

/// Between two letters of one sender.
const PAUSE: Duration = Duration::from_millis(20);

fn number_of(variable: &str, default: u64) -> u64 {
    std::env::var(variable).map_or(default, |value| value.parse().unwrap())
}

fn name() -> RelayName {
    "relay.example".parse().unwrap()
}

/// A process that can be killed and started again at the same address.
struct Node {
    address: SocketAddr,
    arguments: Vec<String>,
    process: Option<Child>,
}

impl Node {
    fn start(data: &Path, more: &[&str]) -> Self {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let mut arguments = vec!["serve", "--name", "relay.example", "--data"];
        let (data, listen) = (data.to_str().unwrap(), address.to_string());
        arguments.extend([data, "--listen", &listen]);
        arguments.extend(more);
        let mut node = Self {
            address,
            arguments: arguments.into_iter().map(str::to_owned).collect(),
            process: None,
        };
        node.resume();
        node
    }

    fn resume(&mut self) {
        let mut process = Command::new(env!("CARGO_BIN_EXE_sotto-relay"))
            .args(&self.arguments)
            .env("RUST_LOG", "off")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        assert!(line.starts_with("listening"), "the relay did not start: {line}");
        self.process = Some(process);
    }

    fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.kill();
    }
}

/// What became of a letter.
#[derive(Clone)]
struct Letter {
    tried: Instant,
    accepted: Option<(Instant, SocketAddr)>,
    arrived: Option<(Instant, EnvelopeId)>,
}

#[derive(Default)]
struct Ledger {
    letters: HashMap<String, Letter>,
    /// Letters that arrived under a second envelope id.
    doubled: usize,
    /// Envelopes pushed again because their acknowledgement was lost; a reader knows them by their id.
    pushed_again: usize,
    /// In the last phase: accepted, arrived, and the longest waits.
    phase: Phase,
}

#[derive(Default)]
struct Phase {
    arrived: usize,
    /// Between two nodes.
    crossed: usize,
    longest_from_acceptance: Duration,
    longest_from_first_try: Duration,
}

type Book = Arc<Mutex<Ledger>>;

/// Writes letters until told to stop, each until it is accepted.
async fn write(reader: Arc<Person>, who: usize, nodes: Vec<SocketAddr>, book: Book, stop: Arc<AtomicBool>) {
    let mut at = who;
    for number in 0.. {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        let (text, id) = (format!("{who}-{number}"), ClientMessageId::random());
        let letter = Letter {
            tried: Instant::now(),
            accepted: None,
            arrived: None,
        };
        book.lock().unwrap().letters.insert(text.clone(), letter);
        let mut line: Option<OpenLine> = LINE.take(who);
        loop {
            let address = nodes[at % nodes.len()];
            let (reader, text) = (Arc::clone(&reader), text.clone());
            let open = line.take();
            // A line that breaks panics: so each attempt is a task.
            let attempt = tokio::spawn(async move {
                let mut line = match open {
                    Some(line) => line,
                    None => OpenLine::dial(&address.to_string().parse().unwrap()).await,
                };
                let outcome =
                    timeout(Duration::from_secs(10), line.ask(reader.letter_again(id, &text))).await;
                (line, outcome == Ok(DELIVERED))
            });
            match attempt.await {
                Ok((open, true)) => {
                    LINE.put(who, open);
                    break;
                }
                Ok((_, false)) | Err(_) => {
                    at += 1;
                    sleep(Duration::from_millis(50)).await;
                }
            }
        }
        if let Some(letter) = book.lock().unwrap().letters.get_mut(&text) {
            letter.accepted = Some((Instant::now(), nodes[at % nodes.len()]));
        }
        sleep(PAUSE).await;
    }
}

/// Lines of writers between two letters.
struct Lines(Mutex<Option<HashMap<usize, OpenLine>>>);

static LINE: Lines = Lines(Mutex::new(None));

impl Lines {
    fn take(&self, who: usize) -> Option<OpenLine> {
        self.0.lock().unwrap().get_or_insert_default().remove(&who)
    }

    fn put(&self, who: usize, line: OpenLine) {
        self.0.lock().unwrap().get_or_insert_default().insert(who, line);
    }
}

/// Reads for ever, coming back to the next node whenever the line ends.
async fn read(reader: Arc<Person>, who: usize, nodes: Vec<SocketAddr>, book: Book) {
    for at in who + 1.. {
        let address = nodes[at % nodes.len()];
        let (reader, book) = (Arc::clone(&reader), Arc::clone(&book));
        let session = tokio::spawn(async move {
            let mut line = connect(&reader, address).await;
            loop {
                let mut ids = Vec::new();
                let mut push = line.push().await;
                // All that comes together is acknowledged together, so that a backlog is read at once.
                loop {
                    if let Push::Envelope { id, payload, .. } = push {
                        arrived(&book, id, payload_text(&payload), address);
                        ids.push(id);
                    }
                    match timeout(Duration::from_millis(5), line.push()).await {
                        Ok(next) if ids.len() < 64 => push = next,
                        Ok(Push::Envelope { id, payload, .. }) => {
                            arrived(&book, id, payload_text(&payload), address);
                            ids.push(id);
                            break;
                        }
                        Ok(_) | Err(_) => break,
                    }
                }
                if !ids.is_empty() {
                    line.acknowledge(ids).await;
                }
            }
        });
        session.await.ok();
        sleep(Duration::from_millis(50)).await;
    }
}

/// What the letter said, without its padding.
fn payload_text(payload: &sotto_wire::Payload) -> String {
    let text = String::from_utf8_lossy(payload.as_bytes());
    text.trim_end_matches(|end: char| !end.is_ascii_digit())
        .to_owned()
}

fn arrived(book: &Book, id: EnvelopeId, text: String, at: SocketAddr) {
    let now = Instant::now();
    let mut ledger = book.lock().unwrap();
    let letter = ledger.letters.get_mut(&text).expect("nobody wrote this");
    match letter.arrived {
        Some((_, known)) if known == id => ledger.pushed_again += 1,
        Some(_) => ledger.doubled += 1,
        None => {
            letter.arrived = Some((now, id));
            // It may arrive before its writer hears that it was accepted.
            let accepted = letter.accepted.map_or(Duration::ZERO, |(moment, _)| now - moment);
            let crossed = letter.accepted.is_some_and(|(_, taken_at)| taken_at != at);
            let tried = now - letter.tried;
            let phase = &mut ledger.phase;
            phase.arrived += 1;
            phase.crossed += usize::from(crossed);
            phase.longest_from_acceptance = phase.longest_from_acceptance.max(accepted);
            phase.longest_from_first_try = phase.longest_from_first_try.max(tried);
        }
    }
}

async fn connect(person: &Person, address: SocketAddr) -> MailboxLine {
    let mut line = MailboxLine::dial(&address.to_string().parse().unwrap()).await;
    let proof = person.proof(line.challenge, &name());
    assert_eq!(line.ask(proof).await, Ok(Answer::Authenticated));
    line
}

async fn join(address: SocketAddr) -> Arc<Person> {
    let person = Person::new();
    let mut line = MailboxLine::dial(&address.to_string().parse().unwrap()).await;
    let registration = person.registration(line.challenge, &name());
    assert_eq!(line.ask(registration).await, Ok(Answer::Registered));
    let mut line = connect(&person, address).await;
    let set = line.ask(person.tokens(vec![])).await;
    assert_eq!(set, Ok(Answer::DeliveryTokensSet));
    Arc::new(person)
}

/// Writers and readers at work.
struct Traffic {
    book: Book,
    stop: Arc<AtomicBool>,
    writers: Vec<tokio::task::JoinHandle<()>>,
    readers: Vec<tokio::task::JoinHandle<()>>,
}

impl Traffic {
    async fn start(nodes: &[SocketAddr]) -> Self {
        // A line that breaks panics; that is no news here.
        std::panic::set_hook(Box::new(|_| ()));
        let (book, stop) = (Book::default(), Arc::new(AtomicBool::new(false)));
        let (mut writers, mut readers) = (Vec::new(), Vec::new());
        for who in 0..PAIRS {
            let person = join(nodes[0]).await;
            let (nodes, ledger) = (nodes.to_vec(), Arc::clone(&book));
            readers.push(tokio::spawn(read(
                Arc::clone(&person),
                who,
                nodes.clone(),
                ledger,
            )));
            writers.push(tokio::spawn(write(
                person,
                who,
                nodes,
                Arc::clone(&book),
                Arc::clone(&stop),
            )));
        }
        Self {
            book,
            stop,
            writers,
            readers,
        }
    }

    fn report(&self, what: &str) {
        let phase = std::mem::take(&mut self.book.lock().unwrap().phase);
        println!(
            "{what:40} {:6} arrived, {:6} between nodes; longest wait from acceptance {:6.0} ms, from the first try {:6.0} ms",
            phase.arrived,
            phase.crossed,
            phase.longest_from_acceptance.as_secs_f64() * 1e3,
            phase.longest_from_first_try.as_secs_f64() * 1e3,
        );
    }

    /// Lets everything arrive and says what became of it.
    async fn end(self) {
        self.stop.store(true, Ordering::Relaxed);
        for writer in self.writers {
            timeout(Duration::from_secs(60), writer)
                .await
                .expect("a letter is never accepted")
                .ok();
        }
        let missing = |book: &Book| {
            let ledger = book.lock().unwrap();
            ledger
                .letters
                .values()
                .filter(|letter| letter.accepted.is_some() && letter.arrived.is_none())
                .count()
        };
        let started = Instant::now();
        while missing(&self.book) > 0 && started.elapsed() < Duration::from_secs(30) {
            sleep(Duration::from_millis(100)).await;
        }
        // Should something come twice, it comes now.
        sleep(Duration::from_secs(2)).await;
        self.readers.iter().for_each(tokio::task::JoinHandle::abort);
        let missing = missing(&self.book);
        let ledger = self.book.lock().unwrap();
        println!(
            "in all: {} letters accepted, {missing} lost, {} doubled ({} pushed again under the same envelope id)",
            ledger.letters.len(),
            ledger.doubled,
            ledger.pushed_again,
        );
        assert_eq!((missing, ledger.doubled), (0, 0));
    }
}

/// A way to Redis that can be cut.
struct Way {
    address: SocketAddr,
    open: watch::Sender<bool>,
}

impl Way {
    async fn to(target: SocketAddr) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (open, is_open) = watch::channel(true);
        tokio::spawn(async move {
            while let Ok((mut here, _)) = listener.accept().await {
                let mut is_open = is_open.clone();
                if !*is_open.borrow() {
                    continue;
                }
                tokio::spawn(async move {
                    let Ok(mut there) = TcpStream::connect(target).await else {
                        return;
                    };
                    tokio::select! {
                        _ = tokio::io::copy_bidirectional(&mut here, &mut there) => {}
                        _ = is_open.wait_for(|open| !open) => {}
                    }
                });
            }
        });
        Self { address, open }
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes"]
async fn three_nodes_lose_nothing_through_all_of_it() {
    let watched = Duration::from_secs(number_of("SOTTO_CHAOS_SECONDS", 15));
    let (mut postgres, mut redis) = (servers::Postgres::start(), servers::Redis::start());
    let (database, bus) = (postgres.database("relay"), redis.address());
    let way = Way::to(bus.strip_prefix("redis://").unwrap().parse().unwrap()).await;
    let third_bus = format!("redis://{}", way.address);
    let folder = tempfile::tempdir().unwrap();
    let mut nodes: Vec<Node> = [&bus, &bus, &third_bus]
        .iter()
        .map(|bus| Node::start(folder.path(), &["--database", &database, "--bus", bus]))
        .collect();
    let addresses: Vec<SocketAddr> = nodes.iter().map(|node| node.address).collect();
    let traffic = Traffic::start(&addresses).await;
    sleep(Duration::from_secs(3)).await;
    traffic.report("everybody begins");

    sleep(watched).await;
    traffic.report("steady");

    nodes[0].kill();
    sleep(watched / 2).await;
    nodes[0].resume();
    sleep(watched / 2).await;
    traffic.report("kill -9 of a node, back after a while");

    redis.stop();
    sleep(Duration::from_secs(3)).await;
    redis.resume();
    sleep(watched).await;
    traffic.report("Redis killed, back after 3 s");

    postgres.stop();
    postgres.resume();
    sleep(watched).await;
    traffic.report("PostgreSQL restarted");

    way.open.send(false).unwrap();
    sleep(watched).await;
    traffic.report("a node cut from the bus");
    way.open.send(true).unwrap();
    sleep(watched / 2).await;
    traffic.report("and back on it");
    traffic.end().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes"]
async fn a_single_node_that_is_killed_a_hundred_times_loses_nothing() {
    let kills = number_of("SOTTO_CHAOS_KILLS", 100);
    let folder = tempfile::tempdir().unwrap();
    let mut node = Node::start(folder.path(), &[]);
    let traffic = Traffic::start(&[node.address]).await;
    for kill in 0..kills {
        // Never at the same moment of a group.
        sleep(Duration::from_millis(250 + 37 * (kill % 11))).await;
        node.kill();
        node.resume();
    }
    traffic.report("kill -9 of the single node");
    traffic.end().await;
}
