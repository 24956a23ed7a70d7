//! Against a real Redis, started for the test.

use std::time::Duration;

use ring::hmac;
use tokio::time::{Instant, sleep};

use crate::bus::{Allowance, Bus, BusKey};
use crate::servers;

const THREE_AN_HOUR: Allowance = Allowance {
    most: 3,
    window: Duration::from_secs(3_600),
};

async fn node(address: &str) -> Bus {
    let key = BusKey::new(hmac::Key::new(hmac::HMAC_SHA256, &[7; 32]));
    let bus = Bus::redis(key, address, None).unwrap();
    let started = Instant::now();
    while !bus.is_connected() {
        assert!(
            started.elapsed() < Duration::from_secs(30),
            "the bus is not there"
        );
        sleep(Duration::from_millis(20)).await;
    }
    bus
}

async fn granted(bus: &Bus, kind: &'static str, who: &[u8], cost: u32) -> bool {
    bus.take(kind, who, cost, THREE_AN_HOUR).await.is_ok()
}

#[tokio::test]
async fn nodes_share_an_allowance_and_count_alone_while_redis_is_away() {
    let mut redis = servers::Redis::start();
    let (one, two) = (node(&redis.address()).await, node(&redis.address()).await);
    assert!(granted(&one, "frames", b"alice", 1).await);
    assert!(granted(&two, "frames", b"alice", 2).await);
    let refused = one.take("frames", b"alice", 1, THREE_AN_HOUR).await.unwrap_err();
    // A third of an hour, less what has passed.
    let minutes = refused.0.as_secs_f64() / 60.0;
    assert!((19.0..=20.0).contains(&minutes), "{minutes}");
    // Somebody else, and something else, has an allowance of its own.
    assert!(granted(&two, "frames", b"bob", 3).await);
    assert!(granted(&two, "bundles", b"alice", 3).await);
    assert!(!granted(&two, "bundles", b"alice", 1).await);

    redis.stop();
    assert!(granted(&one, "frames", b"carol", 3).await);
    assert!(!granted(&one, "frames", b"carol", 1).await);
    assert!(granted(&two, "frames", b"carol", 3).await);
}

#[tokio::test]
async fn a_short_allowance_grows_back() {
    let redis = servers::Redis::start();
    let node = node(&redis.address()).await;
    let allowance = Allowance {
        most: 2,
        window: Duration::from_millis(400),
    };
    assert_eq!(node.take("x", b"alice", 2, allowance).await, Ok(()));
    assert!(node.take("x", b"alice", 2, allowance).await.is_err());
    sleep(Duration::from_millis(450)).await;
    assert_eq!(node.take("x", b"alice", 2, allowance).await, Ok(()));
}

#[test]
fn what_is_no_address_is_said_at_once() {
    let key = BusKey::new(hmac::Key::new(hmac::HMAC_SHA256, &[7; 32]));
    assert!(Bus::redis(key, "http://example", None).is_err());
}
