//! What those see who watch a relay: metrics, readiness, the log. And what they do not.

use std::time::Duration;

use sotto_wire::mailbox::Request;
use sotto_wire::{Closing, Refusal};

use crate::people::{DELIVERED, World, publish};
use crate::web::{get, metric};

#[tokio::test]
async fn the_metrics_tell_what_happened_and_not_to_whom() {
    let world = World::with(|config| config.metrics_listen = Some("127.0.0.1:0".parse().unwrap())).await;
    let alice = world.join().await;
    let mut line = world.connect(&alice).await;
    line.queue_is_empty().await;
    assert!(line.ask(publish(alice.upload(0, 2))).await.is_ok());
    let mut bob = world.open().await;
    for n in 0..3 {
        assert_eq!(bob.ask(alice.letter(&n.to_string())).await, DELIVERED);
        assert_eq!(line.read().await, n.to_string());
    }
    assert_eq!(bob.ask(alice.whisper("typing")).await, DELIVERED);
    assert!(
        line.ask(Request::Register(register(&world, &alice).await))
            .await
            .is_err()
    );

    let watch = world.relay.metrics_address().unwrap();
    let (status, text) = get(watch, "/metrics").await;
    assert_eq!(status, 200);
    let value = |name: &str| metric(&text, name);
    assert_eq!(value("sotto_relay_envelopes_stored_total"), 3.0, "{text}");
    assert_eq!(value("sotto_relay_envelopes_pushed_total"), 3.0);
    assert_eq!(value("sotto_relay_envelopes_acknowledged_total"), 3.0);
    assert_eq!(value("sotto_relay_ephemeral_total"), 1.0);
    assert_eq!(value("sotto_relay_ready"), 1.0);
    assert_eq!(value("sotto_relay_connections{endpoint=\"open\"}"), 1.0);
    assert!(value("sotto_relay_connections_opened_total{endpoint=\"mailbox\"}") >= 2.0);
    assert_eq!(
        value("sotto_relay_request_seconds_count{request=\"deliver\"}"),
        4.0
    );
    assert!(value("sotto_relay_received_bytes_total") > 0.0);
    #[cfg(target_os = "linux")]
    assert!(value("sotto_relay_process_resident_memory_bytes") > 1_000_000.0);
    for secret in [
        alice.account.to_string(),
        "127.0.0.1".to_owned(),
        "typing".to_owned(),
    ] {
        assert!(!text.contains(&secret));
    }
    // The clients' listener tells nobody.
    assert_eq!(get(world.relay.address(), "/metrics").await.0, 404);
    bob.line.cut();
    for _ in 0..100 {
        let (_, text) = get(watch, "/metrics").await;
        if metric(&text, "sotto_relay_connections{endpoint=\"open\"}") == 0.0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("a connection that ended is still counted");
}

async fn register(world: &World, person: &crate::people::Person) -> Box<sotto_wire::mailbox::Register> {
    let line = world.mailbox().await;
    match person.registration(line.challenge, &world.address().authority()) {
        Request::Register(register) => register,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_refusal_is_counted_by_its_name() {
    let world = World::with(|config| config.metrics_listen = Some("127.0.0.1:0".parse().unwrap())).await;
    let mut line = world.mailbox().await;
    assert_eq!(
        line.ask(Request::CountPrekeys).await,
        Err(Refusal::NotAuthenticated)
    );
    let (_, text) = get(world.relay.metrics_address().unwrap(), "/metrics").await;
    assert_eq!(
        metric(&text, "sotto_relay_refusals_total{reason=\"NotAuthenticated\"}"),
        1.0,
        "{text}"
    );
}

#[tokio::test]
async fn a_relay_that_is_told_to_stop_is_first_not_ready_and_serves_on_and_then_sends_everybody_away() {
    let world = World::with(|config| {
        config.metrics_listen = Some("127.0.0.1:0".parse().unwrap());
        config.patience.notice = Duration::from_secs(2);
        config.patience.reconnect = Duration::from_secs(60);
    })
    .await;
    let (address, watch) = (world.relay.address(), world.relay.metrics_address().unwrap());
    for listener in [address, watch] {
        assert_eq!(get(listener, "/ready").await, (200, "ready\n".to_owned()));
        assert_eq!(get(listener, "/health").await, (200, "ok\n".to_owned()));
    }
    let alice = world.join().await;
    let mut lines = Vec::new();
    for _ in 0..10 {
        let person = world.join().await;
        let mut line = world.connect(&person).await;
        line.queue_is_empty().await;
        lines.push(line);
    }
    let relay_address = world.address();
    let stopping = tokio::spawn(world.relay.shutdown());
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(get(address, "/ready").await, (503, "draining\n".to_owned()));
    assert_eq!(get(watch, "/health").await.0, 200);
    // It serves on, those who come late too.
    let mut late = crate::lines::OpenLine::dial(&relay_address).await;
    assert_eq!(late.ask(alice.letter("in the last minute")).await, DELIVERED);

    let mut moments = Vec::new();
    for line in &mut lines {
        let (Closing::GoingAway { reconnect_after_ms }, Some(1001)) = line.closing().await else {
            panic!("no farewell")
        };
        moments.push(reconnect_after_ms);
    }
    drop((lines, late));
    stopping.await.unwrap();
    moments.sort_unstable();
    let (first, last) = (moments[0], moments[moments.len() - 1]);
    assert!(first >= 500 && last < 60_000);
    assert!(last - first > 5_000, "they all come back at once: {moments:?}");

    let world = World {
        relay: crate::people::start(world.folder.path(), |_| ()).await,
        folder: world.folder,
    };
    assert_eq!(world.connect(&alice).await.read().await, "in the last minute");
}
