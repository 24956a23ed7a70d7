//! Who asks for too much, and what it costs the others: nothing.

use std::time::{Duration, Instant};

use sotto_relay::config::Quota;
use sotto_wire::mailbox::Request;
use sotto_wire::{Refusal, open};

use crate::lines::OpenLine;
use crate::people::{DELIVERED, Person, World, publish};
use crate::web::{dial_for, get, is_too_many, metric};

fn per_hour(count: u64) -> Option<Quota> {
    Quota::new(count, Duration::from_secs(3_600))
}

async fn world(change: impl FnOnce(&mut sotto_relay::config::Quotas)) -> World {
    World::with(|config| {
        config.metrics_listen = Some("127.0.0.1:0".parse().unwrap());
        config.proxies.trusted = vec!["127.0.0.1".parse().unwrap()];
        change(&mut config.quotas);
    })
    .await
}

async fn limited(world: &World, quota: &str) -> f64 {
    let (_, text) = get(world.relay.metrics_address().unwrap(), "/metrics").await;
    metric(&text, &format!("sotto_relay_limited_total{{quota=\"{quota}\"}}"))
}

fn is_limited<T: std::fmt::Debug>(answer: &Result<T, Refusal>) -> bool {
    matches!(answer, Err(Refusal::RateLimited { retry_after_ms }) if *retry_after_ms > 1_000)
}

/// An open line through a proxy that speaks for the client.
async fn line_for(world: &World, client: &str) -> OpenLine {
    let line = dial_for(&world.address(), open::PATH, client).await.unwrap();
    OpenLine::greeted(line).await
}

#[tokio::test]
async fn a_connection_that_sends_too_many_frames_is_told_when_to_go_on_and_the_next_is_served() {
    let world = world(|quotas| quotas.connection_frames = per_hour(5)).await;
    let alice = world.join().await;
    let mut bob = world.open().await;
    for n in 0..5 {
        assert_eq!(bob.ask(alice.letter(&n.to_string())).await, DELIVERED);
    }
    let asked = Instant::now();
    let answer = bob.ask(alice.letter("one too many")).await;
    assert!(is_limited(&answer), "{answer:?}");
    assert!(
        asked.elapsed() >= Duration::from_millis(900),
        "the refusal takes its time"
    );
    assert_eq!(limited(&world, "connection-frames").await, 1.0);
    assert_eq!(
        world.open().await.ask(alice.letter("from Carol")).await,
        DELIVERED
    );
}

#[tokio::test]
async fn a_connection_that_sends_too_many_bytes_is_told_when_to_go_on() {
    let world = world(|quotas| quotas.connection_bytes = per_hour(10_000)).await;
    let alice = world.join().await;
    let mut bob = world.open().await;
    assert_eq!(bob.ask(alice.letter(&"x".repeat(4_000))).await, DELIVERED);
    assert_eq!(bob.ask(alice.letter(&"x".repeat(4_000))).await, DELIVERED);
    assert!(is_limited(&bob.ask(alice.letter(&"x".repeat(4_000))).await));
    assert_eq!(limited(&world, "connection-bytes").await, 1.0);
}

#[tokio::test]
async fn an_address_has_one_quota_however_many_connections_it_opens() {
    let world = world(|quotas| quotas.ip_frames = per_hour(4)).await;
    let alice = world.join().await;
    for _ in 0..2 {
        let mut line = line_for(&world, "192.0.2.1").await;
        assert_eq!(line.ask(alice.letter("a")).await, DELIVERED);
        assert_eq!(line.ask(alice.letter("b")).await, DELIVERED);
    }
    let mut line = line_for(&world, "192.0.2.1").await;
    assert!(is_limited(&line.ask(alice.letter("c")).await));
    let mut carol = line_for(&world, "192.0.2.2").await;
    assert_eq!(carol.ask(alice.letter("d")).await, DELIVERED);
    assert_eq!(limited(&world, "ip-frames").await, 1.0);
}

#[tokio::test]
async fn an_ipv6_household_is_one_address() {
    let world = world(|quotas| quotas.ip_connects = per_hour(3)).await;
    for host in 1..=3 {
        let client = format!("2001:db8:1:2::{host}");
        assert!(dial_for(&world.address(), open::PATH, &client).await.is_ok());
    }
    let fourth = dial_for(&world.address(), open::PATH, "2001:db8:1:2::4").await;
    assert!(is_too_many(&fourth.err().unwrap()));
    assert!(
        dial_for(&world.address(), open::PATH, "2001:db8:1:3::1")
            .await
            .is_ok()
    );
    assert_eq!(limited(&world, "ip-connects").await, 1.0);
}

#[tokio::test]
async fn an_address_holds_only_so_many_connections_and_gets_their_places_back() {
    let world = World::with(|config| {
        config.proxies.trusted = vec!["127.0.0.1".parse().unwrap()];
        config.limits.connections_per_ip = 2;
    })
    .await;
    let first = line_for(&world, "192.0.2.1").await;
    let _second = line_for(&world, "192.0.2.1").await;
    let third = dial_for(&world.address(), open::PATH, "192.0.2.1").await;
    assert!(is_too_many(&third.err().unwrap()));
    assert!(dial_for(&world.address(), open::PATH, "192.0.2.2").await.is_ok());
    first.line.cut();
    for _ in 0..100 {
        if dial_for(&world.address(), open::PATH, "192.0.2.1").await.is_ok() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the place was not given back");
}

#[tokio::test]
async fn nobody_can_use_up_alices_prekeys_in_an_afternoon() {
    let world = world(|quotas| quotas.account_bundles = per_hour(3)).await;
    let (alice, carol) = (world.join().await, world.join().await);
    for person in [&alice, &carol] {
        let mut line = world.connect(person).await;
        assert!(line.ask(publish(person.upload(0, 20))).await.is_ok());
    }
    for n in 0..3 {
        let mut mallory = line_for(&world, &format!("192.0.2.{n}")).await;
        assert!(mallory.ask(alice.fetch()).await.is_ok());
    }
    let mut mallory = line_for(&world, "192.0.2.200").await;
    assert!(is_limited(&mallory.ask(alice.fetch()).await));
    assert!(mallory.ask(carol.fetch()).await.is_ok());
    assert_eq!(limited(&world, "account-bundles").await, 1.0);
}

#[tokio::test]
async fn nobody_can_try_all_user_names_from_one_address() {
    let world = world(|quotas| quotas.ip_look_ups = per_hour(2)).await;
    let mut mallory = line_for(&world, "192.0.2.1").await;
    for name in ["alice", "bob"] {
        let look_up = open::Request::LookUpUserName(name.parse().unwrap());
        assert_eq!(mallory.ask(look_up).await, Err(Refusal::NoSuchUserName));
    }
    let look_up = open::Request::LookUpUserName("carol".parse().unwrap());
    assert!(is_limited(&mallory.ask(look_up).await));
}

#[tokio::test]
async fn accounts_are_made_only_so_fast() {
    let world = world(|quotas| quotas.registrations = per_hour(2)).await;
    world.join().await;
    world.join().await;
    let mut line = world.mailbox().await;
    let carol = Person::new();
    let registration = carol.registration(line.challenge, &world.address().authority());
    assert!(is_limited(&line.ask(registration).await));
    assert_eq!(limited(&world, "registrations").await, 1.0);
}

#[tokio::test]
async fn an_owner_who_reconnects_does_not_begin_anew() {
    // One for her tokens, when she joined.
    let world = world(|quotas| quotas.account_frames = per_hour(5)).await;
    let (alice, bob) = (world.join().await, world.join().await);
    for _ in 0..2 {
        let mut line = world.connect(&alice).await;
        assert!(line.ask(Request::CountPrekeys).await.is_ok());
        assert!(line.ask(Request::CountPrekeys).await.is_ok());
    }
    let mut line = world.connect(&alice).await;
    assert!(is_limited(&line.ask(Request::CountPrekeys).await));
    let mut line = world.connect(&bob).await;
    assert!(line.ask(Request::CountPrekeys).await.is_ok());
}

#[tokio::test]
async fn a_flood_of_half_open_sockets_takes_nobodys_place() {
    let world = World::with(|config| {
        config.limits.connections = 3;
        config.patience.introduction = Duration::from_secs(1);
    })
    .await;
    let alice = world.join().await;
    let mut half_open = Vec::new();
    for _ in 0..200 {
        half_open.push(
            tokio::net::TcpStream::connect(world.relay.address())
                .await
                .unwrap(),
        );
    }
    let mut bob = world.open().await;
    assert_eq!(bob.ask(alice.letter("through the crowd")).await, DELIVERED);
    // They are hung up on without having said a word.
    for stream in &mut half_open {
        let mut nothing = [0];
        let end = tokio::time::timeout(
            Duration::from_secs(10),
            tokio::io::AsyncReadExt::read(stream, &mut nothing),
        );
        assert_eq!(
            end.await
                .expect("the relay holds on to a silent socket")
                .unwrap_or(0),
            0
        );
    }
}

#[tokio::test]
async fn a_request_that_never_ends_is_cut_off() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let world = World::with(|config| config.patience.introduction = Duration::from_millis(500)).await;
    let mut slow = tokio::net::TcpStream::connect(world.relay.address())
        .await
        .unwrap();
    slow.write_all(b"GET /v1/open HTTP/1.1\r\n").await.unwrap();
    let trickle = async {
        for _ in 0..200 {
            if slow.write_all(b"X: y\r\n").await.is_err() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the relay reads on for ten seconds");
    };
    trickle.await;
    slow.read_to_end(&mut Vec::new()).await.ok();
}

#[tokio::test]
async fn the_relay_agrees_to_no_compression() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let world = World::new().await;
    let mut stream = tokio::net::TcpStream::connect(world.relay.address())
        .await
        .unwrap();
    stream
        .write_all(
            b"GET /v1/open HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
              Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
              Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n",
        )
        .await
        .unwrap();
    let mut answer = [0; 1024];
    let length = stream.read(&mut answer).await.unwrap();
    let answer = String::from_utf8_lossy(&answer[..length]).to_lowercase();
    assert!(answer.starts_with("http/1.1 101"), "{answer}");
    assert!(!answer.contains("extensions"), "{answer}");
    // A frame that says it is compressed all the same (RSV1) is not decompressed: it ends the connection.
    stream
        .write_all(&[0xC2, 0x84, 0, 0, 0, 0, 1, 2, 3, 4])
        .await
        .unwrap();
    let end = tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut Vec::new())).await;
    assert!(end.is_ok(), "the relay does not hang up");
}

#[tokio::test]
async fn the_proxy_line_says_who_is_there() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let world = World::with(|config| {
        config.proxies.trusted = vec!["127.0.0.1".parse().unwrap()];
        config.proxies.protocol = true;
        config.quotas.ip_connects = per_hour(1);
    })
    .await;
    let upgrade = "GET /v1/open HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                   Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    let ask = async |line: &str| {
        let mut stream = tokio::net::TcpStream::connect(world.relay.address())
            .await
            .unwrap();
        stream
            .write_all(format!("{line}{upgrade}").as_bytes())
            .await
            .unwrap();
        let mut answer = [0; 512];
        let length = stream.read(&mut answer).await.unwrap_or(0);
        String::from_utf8_lossy(&answer[..length])
            .chars()
            .take(12)
            .collect::<String>()
    };
    let line = "PROXY TCP4 192.0.2.7 198.51.100.1 50000 443\r\n";
    assert_eq!(ask(line).await, "HTTP/1.1 101");
    assert_eq!(ask(line).await, "HTTP/1.1 429");
    assert_eq!(
        ask("PROXY TCP4 192.0.2.8 198.51.100.1 50000 443\r\n").await,
        "HTTP/1.1 101"
    );
    assert_eq!(ask("").await, "", "a proxy that says nothing is not listened to");
}
