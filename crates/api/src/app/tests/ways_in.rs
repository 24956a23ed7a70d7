//! Alice changes the ways into her account.

use super::*;

const ANOTHER: &str = "six other words are even better";

/// Makes a recovery code and types back what is asked for.
pub(super) async fn write_down_a_code(alice: &Window, proof: Value) -> String {
    let new = alice
        .asks("create_recovery_code", json!({ "proof": proof }))
        .await;
    let groups = new["groups"].as_array().unwrap().clone();
    let typed: Vec<&Value> = new["asked"]
        .as_array()
        .unwrap()
        .iter()
        .map(|asked| &groups[asked.as_u64().unwrap() as usize])
        .collect();
    let kept = alice.asks("check_recovery_code", json!({ "typed": typed })).await;
    assert_eq!(kept["kind"], "kept", "{kept}");
    let groups: Vec<&str> = groups.iter().map(|group| group.as_str().unwrap()).collect();
    groups.join(" ")
}

#[tokio::test(flavor = "multi_thread")]
async fn who_changes_or_removes_the_passphrase_has_to_know_it() {
    let machine = Machine::new();
    let alice = machine.alice().await;
    let set = |passphrase, proof| json!({ "passphrase": passphrase, "proof": proof });
    let remove = |proof| json!({ "slot": "passphrase", "proof": proof });

    assert_eq!(
        alice.fails("remove_way_in", remove(Value::Null)).await,
        "not_found"
    );
    assert_eq!(
        alice.fails("set_passphrase", set("short", Value::Null)).await,
        "weak_passphrase"
    );
    let me = alice.asks("set_passphrase", set(PASSPHRASE, Value::Null)).await;
    assert_eq!(me["vaultSlots"], json!(["keychain", "passphrase"]));

    for proof in [Value::Null, by("five words are a bad start")] {
        for (command, arguments) in [
            ("set_passphrase", set(ANOTHER, proof.clone())),
            ("remove_way_in", remove(proof.clone())),
            ("create_recovery_code", json!({ "proof": proof })),
        ] {
            assert_eq!(
                alice.fails(command, arguments).await,
                "wrong_passphrase",
                "{command}"
            );
        }
    }
    alice.asks("set_passphrase", set(ANOTHER, by(PASSPHRASE))).await;
    assert_eq!(
        alice.fails("remove_way_in", remove(by(PASSPHRASE))).await,
        "wrong_passphrase"
    );
    let me = alice.asks("remove_way_in", remove(by(ANOTHER))).await;
    assert_eq!(me["vaultSlots"], json!(["keychain"]));
    let last = json!({ "slot": "keychain", "proof": null });
    assert_eq!(alice.fails("remove_way_in", last).await, "last_way_in");
    alice.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn alice_takes_her_keys_out_of_the_keychain_and_puts_them_back() {
    let machine = Machine::new();
    let alice = machine.alice().await;
    alice.chooses_a_passphrase().await;
    let out = json!({ "slot": "keychain", "proof": by(PASSPHRASE) });
    let me = alice.asks("remove_way_in", out).await;
    assert_eq!(me["vaultSlots"], json!(["passphrase"]));
    assert!(machine.keychain.contents().is_empty());
    alice.close().await;

    let alice = machine.start("alice");
    assert_eq!(alice.stage().await, "locked");
    alice.asks("unlock", json!({ "proof": by(PASSPHRASE) })).await;
    let keep = |proof| json!({ "proof": proof });
    assert_eq!(
        alice.fails("keep_in_keychain", keep(Value::Null)).await,
        "wrong_passphrase"
    );
    let me = alice.asks("keep_in_keychain", keep(by(PASSPHRASE))).await;
    assert_eq!(me["vaultSlots"], json!(["keychain", "passphrase"]));
    alice.close().await;
    let alice = machine.start("alice");
    assert_eq!(alice.stage().await, "ready");
    alice.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recovery_code_opens_nothing_before_some_of_it_was_typed_back() {
    let machine = Machine::new();
    let alice = machine.alice().await;
    let nothing = json!({ "typed": ["7K2QM", "0XV4T"] });
    assert_eq!(
        alice.fails("check_recovery_code", nothing.clone()).await,
        "not_found"
    );

    let new = alice.asks("create_recovery_code", json!({ "proof": null })).await;
    assert_eq!(new["groups"].as_array().unwrap().len(), 8);
    let asked = new["asked"].as_array().unwrap();
    let group = |at: usize| {
        new["groups"][asked[at].as_u64().unwrap() as usize]
            .as_str()
            .unwrap()
    };
    let half = json!({ "typed": [group(0).to_lowercase(), group(0)] });
    let differs = alice.asks("check_recovery_code", half).await;
    assert_eq!(differs, json!({ "kind": "differs", "groups": [asked[1]] }));
    let state = alice.asks("app_state", Value::Null).await;
    assert_eq!(state["me"]["vaultSlots"], json!(["keychain"]));
    let one = json!({ "typed": [group(0)] });
    assert_eq!(alice.fails("check_recovery_code", one).await, "invalid_input");

    let both = json!({ "typed": [group(0).to_lowercase(), group(1)] });
    let kept = alice.asks("check_recovery_code", both.clone()).await;
    assert_eq!(kept["me"]["vaultSlots"], json!(["keychain", "recoveryCode"]));
    assert_eq!(alice.fails("check_recovery_code", both).await, "not_found");

    alice.asks("create_recovery_code", json!({ "proof": null })).await;
    alice.asks("forget_recovery_code", Value::Null).await;
    assert_eq!(alice.fails("check_recovery_code", nothing).await, "not_found");
    alice.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn alice_who_has_forgotten_her_passphrase_comes_in_by_her_recovery_code_and_chooses_another() {
    let machine = Machine::new();
    machine.keychain.vanish();
    let alice = machine.start("alice");
    alice.asks("create_account", alice_here(by_passphrase())).await;
    let retired = write_down_a_code(&alice, by(PASSPHRASE)).await;
    let code = write_down_a_code(&alice, by(PASSPHRASE)).await;
    alice.close().await;

    let alice = machine.start("alice");
    let state = alice.asks("app_state", Value::Null).await;
    assert_eq!(state["ways"], json!(["passphrase", "recoveryCode"]));
    assert_eq!(state["receiving"], false);
    let unlock = |code: &str| json!({ "proof": by_code(code) });
    assert_eq!(
        alice.fails("unlock", unlock(&retired)).await,
        "wrong_recovery_code"
    );
    let cut = code.rsplit_once(' ').unwrap().0;
    assert_eq!(alice.fails("unlock", unlock(cut)).await, "mistyped_recovery_code");
    let reading = alice.asks("read_recovery_code", json!({ "code": cut })).await;
    assert_eq!(reading, json!({ "groups": 7, "mistyped": [], "complete": false }));

    let state = alice.asks("unlock", unlock(&code.to_lowercase())).await;
    assert_eq!(state["stage"], "ready");
    assert_eq!(state["me"]["recovered"], true);
    let set = json!({ "passphrase": ANOTHER, "proof": null });
    let me = alice.asks("set_passphrase", set.clone()).await;
    assert_eq!(me["recovered"], false);
    assert_eq!(
        alice.fails("set_passphrase", set).await,
        "wrong_passphrase",
        "the code was good for one"
    );
    alice.close().await;

    let alice = machine.start("alice");
    let old = json!({ "proof": by(PASSPHRASE) });
    assert_eq!(alice.fails("unlock", old).await, "wrong_passphrase");
    let new = alice.asks("unlock", json!({ "proof": by(ANOTHER) })).await;
    assert_eq!(new["me"]["recovered"], false);
    alice.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_keychain_that_has_gone_is_no_matter_to_who_has_a_recovery_code() {
    let machine = Machine::new();
    let alice = machine.start("alice");
    let made = alice.asks("create_account", alice_here(by_keychain())).await;
    let code = write_down_a_code(&alice, Value::Null).await;
    alice.close().await;

    for (trouble, code_of_trouble) in [("gone", "keychain_unavailable"), ("locked", "keychain_locked")] {
        match trouble {
            "gone" => machine.keychain.vanish(),
            _ => machine.keychain.lock(),
        }
        let alice = machine.start("alice");
        assert_eq!(alice.trouble().await, code_of_trouble);
        let state = alice.asks("app_state", Value::Null).await;
        assert_eq!(state["ways"], json!(["recoveryCode"]));
        let by_passphrase = json!({ "proof": by(PASSPHRASE) });
        assert_eq!(alice.fails("unlock", by_passphrase).await, "not_ready");
        let state = alice.asks("unlock", json!({ "proof": by_code(&code) })).await;
        assert_eq!(state["me"]["address"], made["me"]["address"]);
        let keep = json!({ "proof": null });
        assert_eq!(
            alice.fails("keep_in_keychain", keep).await,
            code_of_trouble,
            "the account is open all the same"
        );
        assert_eq!(alice.stage().await, "ready");
        alice.close().await;
        machine.keychain.come_back();
    }
}
