//! Alice locks her window.

use super::*;
use crate::model::MessageBody;

async fn with_a_passphrase(machine: &Machine) -> Window {
    let alice = machine.alice().await;
    alice.chooses_a_passphrase().await;
    alice
}

async fn lock_after(alice: &Window, minutes: Value) -> Result<Value, String> {
    let mut settings = alice.asks("settings", Value::Null).await;
    settings["lockAfterMinutes"] = minutes;
    alice
        .call("update_settings", json!({ "settings": settings }))
        .await
}

/// The event that tells the window that it is locked.
fn locked(event: Event) -> Option<()> {
    match event {
        Event::AppStateChanged { state } => {
            Some(()).filter(|()| matches!(state, crate::model::AppState::Locked { .. }))
        }
        _ => None,
    }
}

fn right() -> Value {
    json!({ "proof": by(PASSPHRASE) })
}

fn wrong() -> Value {
    json!({ "proof": by("four words are too few") })
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_passphrase_there_is_no_lock() {
    let machine = Machine::new();
    let alice = machine.alice().await;
    assert_eq!(alice.fails("lock", Value::Null).await, "passphrase_needed");
    assert_eq!(
        lock_after(&alice, json!(5)).await.unwrap_err(),
        "passphrase_needed"
    );
    assert_eq!(alice.stage().await, "ready");
    alice.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_window_answers_nothing_that_needs_the_account() {
    let machine = Machine::new();
    let alice = with_a_passphrase(&machine).await;
    let invite = alice.asks("create_invite", Value::Null).await;
    let state = alice.asks("lock", Value::Null).await;
    assert_eq!(state["stage"], "locked");
    assert_eq!(state["receiving"], true);
    assert_eq!(state["ways"], json!(["passphrase"]));
    assert_eq!(alice.asks("lock", Value::Null).await, state, "twice is once");

    for (command, arguments) in [
        ("conversations", Value::Null),
        ("settings", Value::Null),
        ("invites", Value::Null),
        ("own_card", Value::Null),
        ("active", Value::Null),
        (
            "set_passphrase",
            json!({ "passphrase": "mallory was here first", "proof": null }),
        ),
        ("create_recovery_code", json!({ "proof": null })),
        ("revoke_invite", json!({ "id": invite["id"] })),
        (
            "search",
            json!({ "words": "mill", "conversation": null, "before": null, "limit": 50 }),
        ),
    ] {
        assert_eq!(alice.fails(command, arguments).await, "not_ready", "{command}");
    }
    assert_eq!(alice.asks("retry_start", Value::Null).await["stage"], "locked");
    assert_eq!(alice.fails("unlock", wrong()).await, "wrong_passphrase");
    assert_eq!(alice.stage().await, "locked");
    assert_eq!(alice.asks("unlock", right()).await["stage"], "ready");
    assert_eq!(alice.asks("invites", Value::Null).await[0]["state"], "open");
    alice.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_outlives_a_restart_that_the_keychain_would_open() {
    let machine = Machine::new();
    let alice = with_a_passphrase(&machine).await;
    alice.asks("lock", Value::Null).await;
    alice.close().await;

    let alice = machine.start("alice");
    let state = alice.asks("app_state", Value::Null).await;
    assert_eq!(
        (&state["stage"], &state["receiving"]),
        (&json!("locked"), &json!(true))
    );
    assert_eq!(alice.fails("unlock", wrong()).await, "wrong_passphrase");
    alice.asks("unlock", right()).await;
    alice.close().await;

    let alice = machine.start("alice");
    assert_eq!(alice.stage().await, "ready", "it was open when it ended");
    lock_after(&alice, json!(60)).await.unwrap();
    alice.close().await;

    let alice = machine.start("alice");
    assert_eq!(
        alice.stage().await,
        "locked",
        "while it was not running nobody was there"
    );
    alice.asks("unlock", right()).await;
    alice.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slot_of_mallorys_making_does_not_open_the_lock() {
    let machine = Machine::new();
    let alice = with_a_passphrase(&machine).await;
    alice.asks("lock", Value::Null).await;
    alice.close().await;

    // Mallory makes an account of her own, under Alice's account id and her own passphrase.
    let file = machine.profile("alice").join("vault.json");
    let mut hers: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    let account = hers["account"].as_str().unwrap().parse().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let forged = folder.path().join("vault.json");
    let secrets = sotto_engine::vault::AccountSecrets {
        identity: sotto_engine::vault::IdentitySecret::from_bytes([7; 32]),
        database: sotto_engine::vault::DatabaseKey::from_bytes([7; 32]),
    };
    let passphrase = sotto_engine::vault::Passphrase::new("mallory was here first".into());
    let slots = sotto_engine::vault::NewSlots::Passphrase(passphrase.choose().ok().unwrap());
    let keychain = Arc::new(MemoryKeychain::default());
    sotto_engine::vault::Vault::create(forged.clone(), keychain, account, &secrets, slots)
        .await
        .unwrap();
    let forged: Value = serde_json::from_slice(&std::fs::read(&forged).unwrap()).unwrap();
    hers["slots"][1] = forged["slots"][0].clone();
    std::fs::write(&file, serde_json::to_vec(&hers).unwrap()).unwrap();

    let alice = machine.start("alice");
    assert_eq!(alice.stage().await, "locked");
    let mallorys = json!({ "proof": by("mallory was here first") });
    assert_eq!(alice.fails("unlock", mallorys).await, "wrong_passphrase");
    assert_eq!(alice.stage().await, "locked");
    alice.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_that_nobody_uses_locks_itself_and_one_that_is_used_does_not() {
    let machine = Machine::new();
    let mut alice = with_a_passphrase(&machine).await;
    assert_eq!(lock_after(&alice, json!(0)).await.unwrap_err(), "invalid_input");
    lock_after(&alice, json!(5)).await.unwrap();
    let minutes = |minutes: u64| Duration::from_secs(60 * minutes);

    machine.clock.advance(minutes(4));
    alice.asks("active", Value::Null).await;
    machine.clock.advance(minutes(4));
    assert_eq!(alice.stage().await, "ready");

    machine.clock.advance(minutes(1));
    alice.hears(locked).await;
    assert_eq!(alice.stage().await, "locked");

    alice.asks("unlock", right()).await;
    machine.clock.advance(minutes(5));
    alice.hears(locked).await;
    alice.asks("unlock", right()).await;
    lock_after(&alice, Value::Null).await.unwrap();
    machine.clock.advance(minutes(500));
    alice.asks("active", Value::Null).await;
    assert_eq!(alice.stage().await, "ready");
    alice.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn setting_the_clock_back_keeps_no_window_open() {
    let machine = Machine::new();
    let mut alice = with_a_passphrase(&machine).await;
    lock_after(&alice, json!(5)).await.unwrap();
    machine.clock.set_back(Duration::from_secs(86_400));
    machine.clock.advance(Duration::from_secs(5 * 60));
    alice.hears(locked).await;
    assert_eq!(alice.stage().await, "locked");
    alice.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_is_locked_with_the_computer_where_that_is_wanted_and_can_be_undone() {
    let machine = Machine::new();
    let alice = machine.alice().await;
    alice.app.lock_with_system().await;
    assert_eq!(
        alice.stage().await,
        "ready",
        "she has no passphrase to open it with"
    );

    alice.chooses_a_passphrase().await;
    alice.app.lock_with_system().await;
    assert_eq!(alice.stage().await, "locked");
    alice.app.lock_with_system().await;
    alice.asks("unlock", right()).await;

    let mut settings = alice.asks("settings", Value::Null).await;
    settings["lockWithSystem"] = json!(false);
    alice
        .asks("update_settings", json!({ "settings": settings }))
        .await;
    alice.app.lock_with_system().await;
    assert_eq!(alice.stage().await, "ready");
    alice.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_passphrase_the_lock_goes_too() {
    let machine = Machine::new();
    let alice = with_a_passphrase(&machine).await;
    lock_after(&alice, json!(5)).await.unwrap();
    let remove = json!({ "slot": "passphrase", "proof": by(PASSPHRASE) });
    alice.asks("remove_way_in", remove).await;
    let settings = alice.asks("settings", Value::Null).await;
    assert_eq!(settings["lockAfterMinutes"], Value::Null);
    alice.close().await;
    let alice = machine.start("alice");
    assert_eq!(alice.stage().await, "ready");
    alice.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_the_lock_messages_arrive_and_neither_window_nor_notification_says_what() {
    let machine = Machine::new();
    let (mut bob, alice) = (with_a_passphrase(&machine).await, machine.start("bobs-friend"));
    let relay = bob.asks("app_state", Value::Null).await["me"]["relay"].clone();
    let there = json!({
        "relay": { "kind": "address", "address": relay }, "displayName": "Alice", "vault": by_keychain(),
    });
    alice.asks("create_account", there).await;
    let invite = bob.asks("create_invite", Value::Null).await;
    let with_bob = alice
        .asks("accept_invite", json!({ "link": invite["link"] }))
        .await;
    let with_alice = bob
        .when("they have met", async |window| {
            let conversations = window.asks("conversations", Value::Null).await;
            conversations
                .get(0)
                .filter(|with| with["contact"]["name"] == "Alice")
                .cloned()
        })
        .await;
    bob.asks("lock", Value::Null).await;
    let draft = json!({ "conversation": with_alice["id"], "text": "what was being written" });
    bob.asks("keep_draft", draft).await;

    let text = json!({
        "conversation": with_bob["id"], "text": "Meet me at the old mill", "replyTo": null,
    });
    alice.asks("send_message", text).await;
    let arrived = bob
        .hears(|event| match event {
            Event::MessageAdded { message } if !message.outgoing => {
                Some(message).filter(|message| matches!(message.body, MessageBody::Text { .. }))
            }
            _ => None,
        })
        .await;
    assert!(bob.app.hides(&Event::MessageAdded {
        message: arrived.clone()
    }));
    let alert = bob.app.alert(&arrived).await.unwrap();
    assert_eq!(
        (alert.title.as_str(), alert.body.as_str()),
        ("Sotto", "A new message.")
    );
    assert_eq!(bob.app.unread().await, 1);

    // A click on the notification leads to the conversation once Bob has unlocked.
    bob.app.request_conversation(arrived.conversation.clone());
    let wanted = |event| match event {
        Event::ConversationRequested { id } => Some(id),
        _ => None,
    };
    bob.asks("unlock", right()).await;
    assert_eq!(bob.hears(wanted).await, arrived.conversation);
    assert!(!bob.app.hides(&Event::MessageAdded {
        message: arrived.clone()
    }));
    let conversations = bob.asks("conversations", Value::Null).await;
    assert_eq!(conversations[0]["draft"], "what was being written");
    alice.close().await;
    bob.close().await;
}
