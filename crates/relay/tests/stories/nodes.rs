//! Several nodes of one relay: a shared PostgreSQL, a shared Redis, and what happens when one of them goes away.

use std::collections::BTreeSet;
use std::time::Duration;

use sotto_relay::{Config, RunningRelay};
use sotto_wire::mailbox::Answer;
use sotto_wire::{ClientMessageId, Closing, Refusal, RelayName};
use tempfile::TempDir;
use tokio::time::{Instant, sleep, timeout};

use crate::lines::{MailboxLine, OpenLine};
use crate::people::{DELIVERED, Person, start};
use crate::servers::{Postgres, Redis};

/// A node finds within this time what it did not hear of on the bus.
const LOOK: Duration = Duration::from_secs(5);

/// Two nodes.
struct Nodes {
    one: RunningRelay,
    two: RunningRelay,
    postgres: Postgres,
    redis: Redis,
    _folder: TempDir,
}

fn name() -> RelayName {
    "relay.example".parse().unwrap()
}

impl Nodes {
    async fn start() -> Self {
        let (postgres, redis) = (Postgres::start(), Redis::start());
        let (database, bus) = (postgres.database("relay"), redis.address());
        let folder = tempfile::tempdir().unwrap();
        // They share the folder with the pepper; nothing else is in it.
        let node = |config: &mut Config| {
            config.database = Some(database.clone());
            config.bus = Some(bus.clone());
            config.names = vec![name()];
        };
        Self {
            one: start(folder.path(), node).await,
            two: start(folder.path(), node).await,
            postgres,
            redis,
            _folder: folder,
        }
    }
}

pub(crate) async fn open(node: &RunningRelay) -> OpenLine {
    OpenLine::dial(&node.address().to_string().parse().unwrap()).await
}

pub(crate) async fn join(node: &RunningRelay) -> Person {
    let person = Person::new();
    let mut line = MailboxLine::dial(&node.address().to_string().parse().unwrap()).await;
    let registration = person.registration(line.challenge, &name());
    assert_eq!(line.ask(registration).await, Ok(Answer::Registered));
    let mut line = connect(node, &person).await;
    line.queue_is_empty().await;
    assert_eq!(
        line.ask(person.tokens(vec![])).await,
        Ok(Answer::DeliveryTokensSet)
    );
    person
}

pub(crate) async fn connect(node: &RunningRelay, person: &Person) -> MailboxLine {
    let mut line = MailboxLine::dial(&node.address().to_string().parse().unwrap()).await;
    let proof = person.proof(line.challenge, &name());
    assert_eq!(line.ask(proof).await, Ok(Answer::Authenticated));
    line
}

/// What an operator does in `psql`.
pub(crate) async fn query(database: &str, statements: &str) {
    let (client, connection) = tokio_postgres::connect(database, tokio_postgres::NoTls)
        .await
        .unwrap();
    let connection = tokio::spawn(connection);
    client.batch_execute(statements).await.unwrap();
    drop(client);
    connection.await.unwrap().unwrap();
}

/// Delivers, again and again under the same id while the relay cannot.
async fn deliver_at_last(line: &mut OpenLine, person: &Person, text: &str) {
    let id = ClientMessageId::random();
    let started = Instant::now();
    loop {
        match line.ask(person.letter_again(id, text)).await {
            Err(Refusal::Unavailable { .. }) if started.elapsed() < Duration::from_secs(60) => {
                sleep(Duration::from_millis(200)).await;
            }
            outcome => return assert_eq!(outcome, DELIVERED),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_node_takes_another_pushes_in_order_and_at_once() {
    let nodes = Nodes::start().await;
    let alice = join(&nodes.one).await;
    let mut line = connect(&nodes.one, &alice).await;
    line.queue_is_empty().await;
    // The nodes have found the bus.
    sleep(Duration::from_millis(500)).await;
    let (mut here, mut there) = (open(&nodes.one).await, open(&nodes.two).await);
    let mut late = 0;
    for number in 0..20 {
        let node = if number % 3 == 0 { &mut here } else { &mut there };
        assert_eq!(node.ask(alice.letter(&number.to_string())).await, DELIVERED);
        let started = Instant::now();
        assert_eq!(line.read().await, number.to_string());
        late += usize::from(started.elapsed() > LOOK / 3);
    }
    // Without a bus two of three would wait for the next look.
    assert!(late < 4, "nobody was woken {late} times");
    for number in 20..50 {
        let node = if number % 3 == 0 { &mut here } else { &mut there };
        assert_eq!(node.ask(alice.letter(&number.to_string())).await, DELIVERED);
    }
    for number in 20..50 {
        assert_eq!(line.read().await, number.to_string());
    }
    line.silence().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_connects_to_another_node_takes_the_mailbox_over() {
    let nodes = Nodes::start().await;
    let alice = join(&nodes.one).await;
    sleep(Duration::from_millis(500)).await;
    let mut first = connect(&nodes.one, &alice).await;
    first.queue_is_empty().await;
    let mut second = connect(&nodes.two, &alice).await;
    second.queue_is_empty().await;
    let (closing, code) = timeout(Duration::from_secs(10), first.closing())
        .await
        .expect("both stay");
    assert_eq!((closing, code), (Closing::Replaced, Some(4001)));
    let mut bob = open(&nodes.one).await;
    assert_eq!(bob.ask(alice.letter("for the second")).await, DELIVERED);
    assert_eq!(second.read().await, "for the second");
    // And back.
    let mut third = connect(&nodes.one, &alice).await;
    third.queue_is_empty().await;
    let (closing, _) = timeout(Duration::from_secs(10), second.closing())
        .await
        .expect("both stay");
    assert_eq!(closing, Closing::Replaced);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bus_that_is_killed_delays_and_loses_nothing() {
    let mut nodes = Nodes::start().await;
    let alice = join(&nodes.one).await;
    let mut line = connect(&nodes.one, &alice).await;
    line.queue_is_empty().await;
    let mut bob = open(&nodes.two).await;
    nodes.redis.stop();
    let started = Instant::now();
    assert_eq!(bob.ask(alice.letter("without a bus")).await, DELIVERED);
    assert_eq!(line.read().await, "without a bus");
    assert!(
        started.elapsed() < LOOK + Duration::from_secs(5),
        "{:?}",
        started.elapsed()
    );
    nodes.redis.resume();
    sleep(Duration::from_secs(3)).await;
    let started = Instant::now();
    for number in 0..10 {
        assert_eq!(bob.ask(alice.letter(&number.to_string())).await, DELIVERED);
        assert_eq!(line.read().await, number.to_string());
    }
    // Each of ten would wait for a look otherwise.
    assert!(
        started.elapsed() < 2 * LOOK,
        "the bus is not back: {:?}",
        started.elapsed()
    );
    line.silence().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_restarts_refuses_meanwhile_and_what_was_accepted_arrives_once() {
    let mut nodes = Nodes::start().await;
    let alice = join(&nodes.one).await;
    let mut line = connect(&nodes.one, &alice).await;
    line.queue_is_empty().await;
    let mut bob = open(&nodes.two).await;
    deliver_at_last(&mut bob, &alice, "before").await;
    assert_eq!(line.read().await, "before");
    nodes.postgres.stop();
    let refused = bob.ask(alice.letter("lost on purpose")).await;
    assert!(matches!(refused, Err(Refusal::Unavailable { .. })), "{refused:?}");
    nodes.postgres.resume();
    deliver_at_last(&mut bob, &alice, "after").await;
    // Her line may have ended with the database; then she comes again.
    let mut again = connect(&nodes.two, &alice).await;
    assert_eq!(again.read().await, "after");
    again.queue_is_empty().await;
    again.silence().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_with_another_pepper_is_turned_away() {
    let nodes = Nodes::start().await;
    let elsewhere = tempfile::tempdir().unwrap();
    std::fs::write(elsewhere.path().join("pepper"), [3; 32]).unwrap();
    let mut config = Config::new(elsewhere.path(), "127.0.0.1:0".parse().unwrap());
    config.database = Some(nodes.postgres.address("relay"));
    assert!(matches!(
        sotto_relay::serve(config).await,
        Err(sotto_relay::ServeError::OtherPepper)
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_letters_to_many_people_arrive_once_each_while_the_bus_comes_and_goes() {
    let mut nodes = Nodes::start().await;
    let mut people = Vec::new();
    for number in 0..6 {
        let (home, away) = if number % 2 == 0 {
            (&nodes.one, &nodes.two)
        } else {
            (&nodes.two, &nodes.one)
        };
        let person = join(home).await;
        let mut line = connect(home, &person).await;
        line.queue_is_empty().await;
        people.push((person, line, open(away).await));
    }
    const LETTERS: usize = 30;
    for number in 0..LETTERS {
        match number {
            10 => nodes.redis.stop(),
            20 => nodes.redis.resume(),
            _ => {}
        }
        for (person, _, away) in &mut people {
            assert_eq!(away.ask(person.letter(&number.to_string())).await, DELIVERED);
        }
    }
    for (_, line, _) in &mut people {
        let mut read = BTreeSet::new();
        for number in 0..LETTERS {
            let text = line.read().await;
            assert_eq!(text, number.to_string());
            assert!(read.insert(text));
        }
        line.silence().await;
    }
}
