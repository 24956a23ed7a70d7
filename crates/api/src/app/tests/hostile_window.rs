//! A page that is not ours sits in Alice's window and sends whatever it likes.
//!
//! What it sends is made up from a seed, which a failure names: `SOTTO_SEED` plays it again, and `SOTTO_CALLS` says how many
//! commands there are.

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};

use super::*;
use crate::command::TAKES;

/// Few, for a test that is run all the time.
const CALLS: u64 = 300;

/// Asks relays of others (whoever made names up would wait for the network), or sets a passphrase, after which the window is
/// Alice's no more.
const LEFT_OUT: [&str; 2] = ["check_relay", "set_passphrase"];

fn from_environment(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

struct Page {
    rng: StdRng,
    /// Texts that the app has given it: names of conversations, fingerprints, links.
    known: Vec<Value>,
}

impl Page {
    fn one_in(&mut self, count: u32) -> bool {
        self.rng.random_ratio(1, count)
    }

    /// Arguments for a command: now and then with one too many or none at all.
    fn arguments(&mut self, takes: &[(&str, &str)]) -> Value {
        if self.one_in(12) {
            return self.anything();
        }
        let mut arguments = serde_json::Map::new();
        for (field, kind) in takes {
            if self.one_in(12) {
                continue;
            }
            let value = if self.one_in(4) {
                self.anything()
            } else {
                self.a(kind)
            };
            arguments.insert(camel_case(field), value);
        }
        if self.one_in(12) {
            arguments.insert("__proto__".to_owned(), self.anything());
        }
        Value::Object(arguments)
    }

    /// A value of a type.
    fn a(&mut self, kind: &str) -> Value {
        if let Some(inner) = kind.strip_prefix("Option<") {
            return if self.one_in(2) {
                Value::Null
            } else {
                self.a(inner.trim_end_matches('>'))
            };
        }
        match kind {
            "String" => self.known.choose(&mut self.rng).cloned().unwrap_or_default(),
            "bool" => json!(self.rng.random::<bool>()),
            "i64" | "u32" => json!(self.rng.random_range(0..12)),
            "Passphrase" => json!(PASSPHRASE),
            "Picture" => {
                let sides = [0, 1, 8, 4_000, u32::MAX];
                let (width, height) = (sides.choose(&mut self.rng), sides.choose(&mut self.rng));
                json!({ "width": width, "height": height, "greys": "AAECAwQFBgc=" })
            }
            "Settings" => json!({
                "theme": "dark", "notifications": "off", "readReceipts": self.a("bool"),
                "typingIndicators": self.a("bool"), "keepRunning": self.a("bool"), "lockAfterMinutes": Value::Null,
                "lockWithSystem": self.a("bool"),
            }),
            _ => self.anything(),
        }
    }

    /// A value that nobody waits for.
    fn anything(&mut self) -> Value {
        let long = "\u{1F9E8} and again ".repeat(self.rng.random_range(1..6_000));
        let odd = [
            Value::Null,
            json!(true),
            json!(-1),
            json!(i64::MIN),
            json!(i64::MAX),
            json!(u64::MAX),
            json!(1e308),
            json!(0.5),
            json!(""),
            json!(" "),
            json!("\u{0}"),
            json!("\u{202e}gnp.exe"),
            json!("../../etc/passwd"),
            json!("'; DROP TABLE messages; --"),
            json!("\" OR NEAR(* -"),
            json!("<img src=x onerror=alert(1)>"),
            json!("sotto:invite/1#AAAA"),
            json!("[Sotto card 1]\nKey: a5a5"),
            json!(long),
            json!([]),
            json!([[[[[[[[]]]]]]]]),
            json!({}),
            json!({ "kind": "keychain" }),
            json!({ "bytes": [0, 256, -1] }),
        ];
        odd.choose(&mut self.rng).cloned().unwrap_or_default()
    }

    /// Remembers the texts of an answer.
    fn learn(&mut self, answer: &Value) {
        match answer {
            Value::String(text) if text.len() < 1_000 && self.known.len() < 500 => {
                self.known.push(answer.clone());
            }
            Value::Array(all) => all.iter().for_each(|one| self.learn(one)),
            Value::Object(all) => all.values().for_each(|one| self.learn(one)),
            _ => {}
        }
    }
}

/// `reply_to` as `replyTo`.
fn camel_case(field: &str) -> String {
    let mut words = field.split('_');
    let mut name = words.next().unwrap_or_default().to_owned();
    for word in words {
        let (first, rest) = word.split_at(1);
        name.push_str(&first.to_uppercase());
        name.push_str(rest);
    }
    name
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_a_page_sends_is_answered_and_alice_and_bob_go_on() {
    let seed = from_environment("SOTTO_SEED").unwrap_or_else(rand::random);
    let calls = from_environment("SOTTO_CALLS").unwrap_or(CALLS);
    println!("SOTTO_SEED={seed} SOTTO_CALLS={calls}");
    let machine = Machine::new();
    let (alice, bob) = (machine.start("alice"), machine.start("bob"));
    alice.asks("create_account", alice_here(by_keychain())).await;
    let account =
        json!({ "relay": { "kind": "thisComputer" }, "displayName": "Bob", "vault": by_keychain() });
    bob.asks("create_account", account).await;
    alice.is_online().await;
    bob.is_online().await;
    let invite = alice.asks("create_invite", Value::Null).await;
    let with_alice = bob.asks("accept_invite", json!({ "link": invite["link"] })).await;
    let with_bob = alice
        .when("Bob is there", async |alice| {
            let conversations = alice.asks("conversations", Value::Null).await;
            let bobs = conversations.as_array()?.first()?;
            Some(bobs["id"].clone())
        })
        .await;

    let mut page = Page {
        rng: StdRng::seed_from_u64(seed),
        known: vec![with_bob.clone(), invite["link"].clone(), json!("\u{1F44D}")],
    };
    for _ in 0..calls {
        let Some((command, takes)) = TAKES.choose(&mut page.rng) else {
            panic!("there are commands");
        };
        if LEFT_OUT.contains(command) {
            continue;
        }
        let arguments = page.arguments(takes);
        match alice.call(command, arguments.clone()).await {
            Ok(answer) => page.learn(&answer),
            Err(code) => assert!(
                !["internal", "database_corrupted", "disk_full"].contains(&code.as_str()),
                "{command} {arguments}: {code}"
            ),
        }
    }

    // Whatever the page has done to Bob, Alice can undo; and what is on her disk is whole.
    alice.close().await;
    let alice = machine.start("alice");
    let opened = alice
        .when("the account is open", async |alice| {
            let stage = alice.stage().await;
            (stage != "starting").then_some(stage)
        })
        .await;
    assert_eq!(opened, "ready");
    alice.is_online().await;
    alice
        .call("unblock_contact", json!({ "contact": with_bob }))
        .await
        .ok();
    let text = json!({ "conversation": with_bob, "text": "That was not me.", "replyTo": null });
    alice.asks("send_message", text).await;
    let conversation = json!({ "conversation": with_alice["id"], "before": null, "limit": 5 });
    bob.when("Bob hears her", async |bob| {
        let page = bob.asks("messages", conversation.clone()).await;
        page.to_string().contains("That was not me.").then_some(())
    })
    .await;
}
