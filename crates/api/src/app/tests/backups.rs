//! Alice takes her account to another computer.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::ways_in::write_down_a_code;
use super::*;

/// Brings a file as the page does, piece by piece.
async fn bring(window: &Window, bytes: &[u8]) -> Result<(), String> {
    let mut offset = 0;
    for piece in bytes.chunks(50_000) {
        let arguments = json!({ "offset": offset, "bytes": BASE64.encode(piece) });
        window.call("bring_backup", arguments).await?;
        offset += piece.len();
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn alice_makes_a_backup_and_restores_it_where_nothing_is() {
    let old = Machine::new();
    let alice = old.alice().await;
    assert_eq!(
        alice.fails("make_backup", json!({ "code": CODE })).await,
        "mistyped_recovery_code"
    );
    let code = write_down_a_code(&alice, Value::Null).await;
    let made = alice.asks("make_backup", json!({ "code": code })).await;
    let bytes = std::fs::read(made["file"].as_str().unwrap()).unwrap();
    assert_eq!(made["bytes"], json!(bytes.len()));
    assert_eq!(
        alice
            .fails("bring_backup", json!({ "offset": 0, "bytes": "" }))
            .await,
        "not_ready"
    );
    alice.close().await;

    let new = Machine::new();
    let alice = new.start("alice");
    let restore = |vault| json!({ "code": code, "vault": vault });
    assert_eq!(
        alice.fails("restore_account", restore(by_keychain())).await,
        "not_a_backup"
    );
    assert_eq!(
        bring(&alice, b"a letter to the bank").await,
        Err("not_a_backup".to_owned())
    );
    let late = json!({ "offset": 7, "bytes": "AAAA" });
    alice.call("bring_backup", late).await.unwrap_err();
    bring(&alice, &bytes[..bytes.len() - 1]).await.unwrap();
    assert_eq!(
        alice.fails("restore_account", restore(by_keychain())).await,
        "backup_damaged"
    );
    bring(&alice, &bytes).await.unwrap();
    let weak = json!({ "kind": "passphrase", "passphrase": "short" });
    assert_eq!(
        alice.fails("restore_account", restore(weak)).await,
        "weak_passphrase"
    );
    let state = alice.asks("restore_account", restore(by_passphrase())).await;
    assert_eq!(state["stage"], "ready");
    assert_eq!(state["me"]["displayName"], "Alice");
    assert_eq!(state["me"]["vaultSlots"], json!(["passphrase", "recoveryCode"]));
    assert_eq!(state["me"]["restored"]["moved"], true);
    assert!(!new.profile("alice").join("incoming.sotto").exists());
    alice.close().await;

    let alice = new.start("alice");
    assert_eq!(alice.asks("app_state", Value::Null).await["stage"], "locked");
    let state = alice.asks("unlock", json!({ "proof": by(PASSPHRASE) })).await;
    assert_eq!(state["stage"], "ready");
    alice.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_brought_and_came_to_nothing_is_gone_with_the_next_start() {
    let machine = Machine::new();
    let alice = machine.start("alice");
    alice.asks("app_state", Value::Null).await;
    let file = machine.profile("alice").join("incoming.sotto");
    alice.close().await;
    std::fs::write(&file, b"half of a backup").unwrap();
    let alice = machine.start("alice");
    assert_eq!(alice.asks("app_state", Value::Null).await["stage"], "onboarding");
    assert!(!file.exists());
    alice.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_was_restored_and_does_not_open_yet_is_there_and_opens_later() {
    let old = Machine::new();
    let alice = old.alice().await;
    let code = write_down_a_code(&alice, Value::Null).await;
    let made = alice.asks("make_backup", json!({ "code": code })).await;
    let bytes = std::fs::read(made["file"].as_str().unwrap()).unwrap();
    alice.close().await;

    let new = Machine::new();
    let alice = new.start("alice");
    bring(&alice, &bytes).await.unwrap();
    // As if the disk were full once everything is in its place; also when it is looked at once more.
    new.disk.fails_to_open(2);
    let restore = json!({ "code": code, "vault": by_keychain() });
    let state = alice.asks("restore_account", restore).await;
    assert_eq!(state["stage"], "trouble", "{state}");
    assert!(!new.profile("alice").join("incoming.sotto").exists());
    // The backup does not say who may look at it: who brought it has the code.
    let state = alice.asks("retry_start", Value::Null).await;
    assert_eq!(state["stage"], "locked", "{state}");
    let proof = by_code(&code);
    let state = alice.asks("unlock", json!({ "proof": proof })).await;
    assert_eq!(state["stage"], "ready", "{state}");
    assert_eq!(state["me"]["displayName"], "Alice");
    alice.close().await;
}
