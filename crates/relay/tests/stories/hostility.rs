//! Clients that are broken, or mean it.

use std::time::Duration;

use bytes::Bytes;
use rand::{RngExt, SeedableRng};
use sotto_wire::mailbox::{self, Answer, Request};
use sotto_wire::{Closing, Hello, MAX_FRAME_BYTES, Refusal, RequestId, open};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;

use crate::lines::{Line, MailboxLine};
use crate::people::{DELIVERED, World};

#[tokio::test]
async fn a_frame_that_is_none_is_refused_and_ends_the_connection() {
    let world = World::new().await;
    for garbage in [
        Bytes::new(),
        Bytes::from_static(b"\xff\xff\xff\xff"),
        Bytes::from_static(b"hello relay"),
    ] {
        let mut mallory = world.open().await;
        mallory.line.send(garbage.clone()).await;
        assert_eq!(mallory.refused().await, (Some(Refusal::BadFrame), Some(1002)));
        let mut mallory = world.mailbox().await;
        mallory.line.send(garbage).await;
        assert_eq!(mallory.refused().await, (Refusal::BadFrame, Some(1002)));
    }
    let mut mallory = world.open().await;
    mallory.line.message(Message::Text("hello".into())).await;
    assert_eq!(mallory.refused().await, (Some(Refusal::BadFrame), Some(1002)));
}

#[tokio::test]
async fn a_frame_that_is_too_long_is_refused_with_the_limit() {
    let world = World::new().await;
    let mut mallory = world.open().await;
    mallory.line.send(vec![0; MAX_FRAME_BYTES + 1]).await;
    let limit = MAX_FRAME_BYTES as u64;
    assert_eq!(
        mallory.refused().await,
        (Some(Refusal::FrameTooLarge { limit }), Some(1009))
    );

    // One that is very long is not even read; whether the goodbye gets through is the network's business.
    let mut mallory = world.open().await;
    mallory.line.send(vec![0; 64 * MAX_FRAME_BYTES]).await;
    assert!(matches!(
        mallory.refused().await.0,
        None | Some(Refusal::BadFrame)
    ));
    let alice = world.join().await;
    assert_eq!(
        world.open().await.ask(alice.letter("still there")).await,
        DELIVERED
    );
}

#[tokio::test]
async fn whoever_does_not_begin_with_hello_or_says_it_twice_is_refused() {
    let world = World::new().await;
    let alice = world.join().await;
    let mut line = Line::dial(&world.address(), open::PATH).await;
    line.send(
        open::ClientFrame::Request {
            id: RequestId::FIRST,
            request: alice.letter("hi"),
        }
        .encode(),
    )
    .await;
    let frame = open::RelayFrame::decode(line.next().await.unwrap()).unwrap();
    assert_eq!(frame, open::RelayFrame::Refused(Refusal::HelloExpected));

    let mut line = world.mailbox().await;
    line.line
        .send(mailbox::ClientFrame::Hello(Hello::OURS).encode())
        .await;
    assert_eq!(line.refused().await, (Refusal::HelloExpected, Some(1002)));
    let mut line = world.connect(&alice).await;
    line.queue_is_empty().await;
    line.line
        .send(mailbox::ClientFrame::Hello(Hello::OURS).encode())
        .await;
    assert_eq!(line.refused().await, (Refusal::HelloExpected, Some(1002)));
}

#[tokio::test]
async fn a_client_from_the_future_learns_which_versions_there_are() {
    let world = World::new().await;
    for path in [open::PATH, mailbox::PATH] {
        let mut line = Line::dial(&world.address(), path).await;
        line.send(open::ClientFrame::Hello(Hello::new(7, 9).unwrap()).encode())
            .await;
        let frame = open::RelayFrame::decode(line.next().await.unwrap()).unwrap();
        assert_eq!(
            frame,
            open::RelayFrame::Refused(Refusal::UnsupportedVersion { min: 1, max: 1 })
        );
    }
}

#[tokio::test]
async fn nothing_can_be_asked_of_a_mailbox_without_authentication() {
    let world = World::new().await;
    let alice = world.join().await;
    let mut line = world.mailbox().await;
    let acknowledge = mailbox::Acknowledge::new(vec![[1; 16].into()]).unwrap();
    for request in [
        Request::CountPrekeys,
        Request::Acknowledge(acknowledge),
        Request::PublishPrekeys(Box::new(alice.upload(0, 1))),
    ] {
        assert_eq!(line.ask(request).await, Err(Refusal::NotAuthenticated));
    }
}

#[tokio::test]
async fn whatever_bytes_come_the_relay_lives_on() {
    let world = World::new().await;
    let alice = world.join().await;
    let mut random = rand::rngs::StdRng::seed_from_u64(7);
    for _ in 0..200 {
        let mut line = Line::dial(
            &world.address(),
            if random.random() {
                open::PATH
            } else {
                mailbox::PATH
            },
        )
        .await;
        if random.random() {
            line.send(open::ClientFrame::Hello(Hello::OURS).encode()).await;
        }
        let request = open::ClientFrame::Request {
            id: RequestId::FIRST,
            request: alice.letter("x"),
        };
        let mut frame = request.encode().to_vec();
        for _ in 0..random.random_range(0..8) {
            let at = random.random_range(0..frame.len());
            frame[at] = random.random();
        }
        frame.truncate(random.random_range(0..=frame.len()));
        line.send(frame).await;
        line.cut();
    }
    assert_eq!(
        world.open().await.ask(alice.letter("still there")).await,
        DELIVERED
    );
}

#[tokio::test]
async fn bytes_that_are_no_websocket_end_the_connection() {
    let world = World::new().await;
    let mut stream = TcpStream::connect(world.relay.address()).await.unwrap();
    stream
        .write_all(
            b"GET /v1/open HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
              Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        )
        .await
        .unwrap();
    stream.write_all(&[0xFF; 64]).await.unwrap();
    let mut answer = Vec::new();
    let end = tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut answer)).await;
    assert!(end.is_ok(), "the relay does not hang up");
}

#[tokio::test]
async fn whoever_does_not_introduce_themselves_is_hung_up_on() {
    let world = World::with(|config| config.patience.introduction = Duration::from_millis(100)).await;
    let mut line = Line::dial(&world.address(), open::PATH).await;
    assert_eq!(line.next().await, None);
    let mut line = world.mailbox().await;
    assert_eq!(line.closing().await.0, Closing::Silent);
}

#[tokio::test]
async fn a_half_open_connection_is_noticed_and_a_quiet_one_is_kept() {
    let world = World::with(|config| {
        config.patience.heartbeat = Duration::from_millis(100);
        // Enough for a machine that has other things to do.
        config.patience.pong = Duration::from_secs(2);
    })
    .await;
    let alice = world.join().await;
    // Reads, and so answers pings, but says nothing.
    let mut quiet = world.connect(&alice).await;
    quiet.queue_is_empty().await;
    for _ in 0..5 {
        quiet.silence().await;
    }
    assert!(quiet.ask(Request::CountPrekeys).await.is_ok());

    // Does not even read: whatever it is sent afterwards is there when it looks.
    let bob = world.join().await;
    let mut dead = world.connect(&bob).await;
    tokio::time::sleep(Duration::from_millis(3_500)).await;
    dead.queue_is_empty().await;
    assert_eq!(dead.closing().await, (Closing::Silent, Some(4002)));
}

#[tokio::test]
async fn a_client_that_does_not_read_is_dropped_and_loses_nothing() {
    let world = World::with(|config| {
        config.patience.write = Duration::from_millis(200);
        config.limits.unacknowledged = 10_000;
    })
    .await;
    let alice = world.join().await;
    let mut bob = world.open().await;
    let big = "x".repeat(60_000);
    for _ in 0..20 {
        let letters = (0..20).map(|_| alice.letter(&big)).collect();
        assert!(
            bob.ask_all(letters)
                .await
                .into_iter()
                .all(|answer| answer == DELIVERED)
        );
    }
    let stuck: MailboxLine = world.connect(&alice).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let mut line = world.connect(&alice).await;
    for _ in 0..400 {
        assert_eq!(line.read().await, big);
    }
    line.queue_is_empty().await;
    drop(stuck);
}

#[tokio::test]
async fn more_connections_than_allowed_are_turned_away() {
    let world = World::with(|config| config.limits.connections = 2).await;
    let _first = world.open().await;
    let second = world.open().await;
    let url = world.address().endpoint(open::PATH);
    let refused = tokio_tungstenite::connect_async(url.clone()).await.unwrap_err();
    assert!(refused.to_string().contains("503"), "{refused}");
    second.line.cut();
    for _ in 0..100 {
        if tokio_tungstenite::connect_async(url.clone()).await.is_ok() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the place was not given free");
}

#[tokio::test]
async fn who_does_not_read_what_they_are_sent_is_hung_up_on_and_loses_nothing() {
    let world = World::with(|config| {
        config.patience.write = Duration::from_millis(200);
        config.limits.unacknowledged = 2_000;
    })
    .await;
    let alice = world.join().await;
    let mut slow = world.connect(&alice).await;
    slow.queue_is_empty().await;
    // More than the sockets of both sides hold.
    let mut bob = world.open().await;
    let long = "x".repeat(60_000);
    let letters = |count| (0..count).map(|_| alice.letter(&long)).collect::<Vec<_>>();
    for _ in 0..10 {
        bob.ask_all(letters(40)).await;
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    let mut read = 0;
    while let Some(frame) = slow.line.next().await {
        match mailbox::RelayFrame::decode(frame).unwrap() {
            mailbox::RelayFrame::Push(_) => read += 1,
            mailbox::RelayFrame::Closing(closing) => assert_eq!(closing, Closing::TooSlow),
            other => panic!("{other:?}"),
        }
    }
    assert!(
        read < 400,
        "the relay went on writing to a client that did not read"
    );

    let mut line = world.connect(&alice).await;
    for _ in 0..400 {
        assert_eq!(line.letter().await.1.len(), long.len());
    }
    line.queue_is_empty().await;
}

#[tokio::test]
async fn many_requests_at_once_are_all_answered() {
    let world = World::new().await;
    let alice = world.join().await;
    let mut line = world.connect(&alice).await;
    let mut bob = world.open().await;
    let letters = (0..1_000).map(|n| alice.letter(&n.to_string())).collect();
    assert_eq!(bob.ask_all(letters).await.len(), 1_000);
    assert!(matches!(
        line.ask(Request::CountPrekeys).await,
        Ok(Answer::PrekeyCounts(_))
    ));
}
