//! The connection to the relay, and how its end is noticed.

use std::time::Duration;

use sotto_engine::model::Delivery;
use sotto_testkit::{World, introduce};

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_went_dead_without_a_word_is_noticed_by_the_silence() {
    let world = World::with_relay(|config| config.patience.heartbeat = Duration::from_secs(1)).await;
    let (alice, bob) = (world.alice().await, world.bob().await);
    introduce(&alice, &bob).await;
    alice.says(&bob, "Hello!").await;
    bob.hears(&alice, &["Hello!"]).await;

    world.line().stall();
    let message = alice.says(&bob, "Can you hear me?").await;
    // Nobody has closed anything: the beats that nothing answers are all there is to notice.
    alice.is_offline().await;
    bob.is_offline().await;

    world.line().mend();
    alice.is_online().await;
    alice.sees(&bob, message.id, Delivery::Delivered).await;
    bob.hears(&alice, &["Hello!", "Can you hear me?"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quiet_line_is_kept() {
    let world = World::with_relay(|config| config.patience.heartbeat = Duration::from_secs(1)).await;
    let alice = world.alice().await;
    alice.is_online().await;
    let mut events = alice.engine().events();
    tokio::time::sleep(Duration::from_secs(5)).await;
    alice.is_online().await;
    while let Ok(event) = events.try_recv() {
        assert!(
            !matches!(event, sotto_engine::Event::ConnectionChanged(_)),
            "{event:?}"
        );
    }
}
