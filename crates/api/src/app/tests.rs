//! Alice at her machine: she clicks, the app answers. Everything is real but the window, the keychain and the clock, and the
//! disk when it is to fail.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use sotto_engine::Environment;
use sotto_engine::profile::ProfileName;
use sotto_relay::{Config, RunningRelay, serve};
use sotto_testkit::{Disk, MemoryKeychain, MovableClock};
use tokio::sync::broadcast::Receiver;

use super::{App, Start};
use crate::command::{COMMANDS, call};
use crate::event::Event;
use crate::relay_host::{HostRelayError, HostedRelay, RelayHost};

mod backups;
mod hostile_window;
mod locked;
mod ways_in;

const PATIENCE: Duration = Duration::from_secs(30);

/// A relay on this computer, as the shell starts it, but on a port that nobody has to remember.
struct Relays;

struct Relay(RunningRelay);

impl RelayHost for Relays {
    fn start(&self, folder: PathBuf) -> BoxFuture<'static, Result<Box<dyn HostedRelay>, HostRelayError>> {
        async move {
            let listen = match std::fs::read_to_string(folder.join("port")) {
                Ok(port) => format!("127.0.0.1:{port}"),
                Err(_) => "127.0.0.1:0".to_owned(),
            };
            let relay = serve(Config::new(&folder, listen.parse().unwrap()))
                .await
                .map_err(|_| HostRelayError::PortTaken)?;
            std::fs::write(folder.join("port"), relay.address().port().to_string()).unwrap();
            Ok(Box::new(Relay(relay)) as Box<dyn HostedRelay>)
        }
        .boxed()
    }
}

impl HostedRelay for Relay {
    fn address(&self) -> String {
        format!("ws://{}", self.0.address())
    }

    fn stop(self: Box<Self>) -> BoxFuture<'static, ()> {
        self.0.shutdown().boxed()
    }
}

/// One start of the app, and the window in front of it.
struct Window {
    app: Arc<App>,
    events: Receiver<Event>,
}

/// A machine with a folder, a disk, a keychain and a clock, on which the app is started again and again.
struct Machine {
    folder: tempfile::TempDir,
    disk: Arc<Disk>,
    keychain: Arc<MemoryKeychain>,
    clock: Arc<MovableClock>,
}

impl Machine {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            disk: Arc::new(Disk::default()),
            keychain: Arc::new(MemoryKeychain::default()),
            clock: Arc::new(MovableClock::default()),
        }
    }

    fn start(&self, profile: &str) -> Window {
        let app = App::start(Start {
            profile: ProfileName::parse(profile).unwrap(),
            data_folder: Some(self.folder.path().to_owned()),
            downloads: Some(self.folder.path().to_owned()),
            environment: Environment {
                clock: self.clock.clone(),
                keychain: self.keychain.clone(),
                checkpoints: self.disk.clone(),
            },
            relays: Arc::new(Relays),
        });
        let events = app.events();
        Window { app, events }
    }

    /// Alice, who has made an account here.
    async fn alice(&self) -> Window {
        let alice = self.start("alice");
        alice.asks("create_account", alice_here(by_keychain())).await;
        alice
    }

    fn profile(&self, name: &str) -> PathBuf {
        self.folder.path().join("profiles").join(name)
    }

    /// Lets time pass until there is a backup.
    async fn has_a_backup_of(&self, name: &str) {
        let is_backup = |file: std::io::Result<std::fs::DirEntry>| {
            let name = file.unwrap().file_name().into_string().unwrap();
            name.starts_with("messages.db.backup-") && !name.ends_with("unfinished")
        };
        let until = std::time::Instant::now() + PATIENCE;
        while !std::fs::read_dir(self.profile(name)).unwrap().any(is_backup) {
            assert!(std::time::Instant::now() < until, "no backup was made");
            self.clock.advance(Duration::from_secs(60));
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

impl Window {
    async fn call(&self, command: &str, arguments: Value) -> Result<Value, String> {
        let answer = tokio::time::timeout(PATIENCE, call(&self.app, command, arguments))
            .await
            .unwrap();
        answer.map_err(|error| {
            serde_json::to_value(error.code)
                .unwrap()
                .as_str()
                .unwrap()
                .to_owned()
        })
    }

    /// The command succeeds.
    async fn asks(&self, command: &str, arguments: Value) -> Value {
        self.call(command, arguments).await.unwrap()
    }

    /// The command fails; answers the code.
    async fn fails(&self, command: &str, arguments: Value) -> String {
        self.call(command, arguments).await.unwrap_err()
    }

    /// The first passphrase of an account that had none.
    async fn chooses_a_passphrase(&self) -> Value {
        let passphrase = json!({ "passphrase": PASSPHRASE, "proof": null });
        self.asks("set_passphrase", passphrase).await
    }

    async fn stage(&self) -> String {
        self.asks("app_state", Value::Null).await["stage"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// What the app is in trouble about.
    async fn trouble(&self) -> String {
        let state = self.asks("app_state", Value::Null).await;
        assert_eq!(state["stage"], "trouble", "{state}");
        state["error"]["code"].as_str().unwrap().to_owned()
    }

    /// Waits for an event.
    async fn hears<T>(&mut self, mut what: impl FnMut(Event) -> Option<T>) -> T {
        let listen = async {
            loop {
                if let Some(found) = what(self.events.recv().await.unwrap()) {
                    return found;
                }
            }
        };
        tokio::time::timeout(PATIENCE, listen).await.unwrap()
    }

    /// Asks again and again until there is an answer.
    async fn when<T>(&self, what: &str, mut look: impl AsyncFnMut(&Self) -> Option<T>) -> T {
        let until = tokio::time::Instant::now() + PATIENCE;
        loop {
            if let Some(found) = look(self).await {
                return found;
            }
            assert!(tokio::time::Instant::now() < until, "not in time: {what}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn is_online(&self) {
        self.when("online", async |window| {
            let connection = window.asks("connection", Value::Null).await;
            (connection["state"] == "online").then_some(())
        })
        .await;
    }

    async fn close(self) {
        self.app.shutdown().await;
    }
}

fn alice_here(vault: Value) -> Value {
    json!({ "relay": { "kind": "thisComputer" }, "displayName": "Alice", "vault": vault })
}

fn by_keychain() -> Value {
    json!({ "kind": "keychain" })
}

fn by_passphrase() -> Value {
    json!({ "kind": "passphrase", "passphrase": PASSPHRASE })
}

const PASSPHRASE: &str = "five words are a good start";

/// What is no whole recovery code.
const CODE: &str = "7K2QM 0XV4T";

/// A passphrase, as it is typed to prove something.
fn by(passphrase: &str) -> Value {
    json!({ "kind": "passphrase", "passphrase": passphrase })
}

/// A recovery code, as it is typed to prove something.
fn by_code(code: &str) -> Value {
    json!({ "kind": "recoveryCode", "code": code })
}

mod before_there_is_an_account {
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn a_new_profile_begins_with_onboarding() {
        let machine = Machine::new();
        let alice = machine.start("alice");
        let state = alice.asks("app_state", Value::Null).await;
        assert_eq!(state["stage"], "onboarding");
        assert_eq!(state["profile"], "alice");
        assert_eq!(state["keychain"]["status"], "available");

        machine.keychain.vanish();
        let state = alice.asks("app_state", Value::Null).await;
        assert_eq!(state["keychain"]["status"], "unavailable");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn commands_that_need_an_account_say_that_there_is_none() {
        let alice = Machine::new().start("alice");
        for command in COMMANDS {
            let arguments = match *command {
                "app_state" | "check_relay" | "create_account" | "retry_start" | "read_recovery_code"
                | "bring_backup" | "restore_account" => {
                    continue;
                }
                "unlock" => json!({ "proof": by(PASSPHRASE) }),
                "set_passphrase" => json!({ "passphrase": PASSPHRASE, "proof": null }),
                "keep_in_keychain" | "create_recovery_code" => json!({ "proof": null }),
                "remove_way_in" => json!({ "slot": "passphrase", "proof": null }),
                "make_backup" => json!({ "code": CODE }),
                "check_recovery_code" => json!({ "typed": ["7K2QM", "0XV4T"] }),
                "messages" => json!({ "conversation": "1", "before": null, "limit": 50 }),
                "messages_after" => json!({ "conversation": "1", "after": 1, "limit": 50 }),
                "messages_around" => json!({ "conversation": "1", "message": 1, "limit": 50 }),
                "search" => json!({ "words": "mill", "conversation": null, "before": null, "limit": 50 }),
                "send_message" => json!({ "conversation": "1", "text": "Hello?", "replyTo": null }),
                "edit_message" => json!({ "id": 1, "text": "Hello!" }),
                "react" => json!({ "id": 1, "emoji": "👍" }),
                "set_timer" => json!({ "conversation": "1", "lifetime": 3600 }),
                "mute_conversation" => json!({ "conversation": "1", "until": null }),
                "keep_draft" => json!({ "conversation": "1", "text": "Hel" }),
                "retry_message" | "earlier_texts" | "delete_message" => json!({ "id": 1 }),
                "mark_read" => json!({ "conversation": "1", "upTo": 1 }),
                "set_typing" => json!({ "conversation": "1", "typing": true }),
                "rename_contact" => json!({ "contact": "1", "name": "Bob" }),
                "safety_number" | "inspect" | "words" | "begin_words" | "close_words" | "namesakes" => {
                    json!({ "contact": "1" })
                }
                "type_words" => json!({ "contact": "1", "first": "zebra", "second": "zoo" }),
                "compare_card" => json!({ "contact": "1", "text": "[Sotto card 1]" }),
                "compare_picture" => json!({
                    "contact": "1", "picture": { "width": 1, "height": 1, "greys": "AA==" },
                }),
                "set_verified" => json!({ "contact": "1", "fingerprint": "ab".repeat(32), "verified": true }),
                "accept_identity_key" | "report_difference" => {
                    json!({ "contact": "1", "fingerprint": "ab".repeat(32) })
                }
                "revoke_invite" => json!({ "id": "1" }),
                "preview_invite" | "accept_invite" => json!({ "link": "sotto:invite/1#x" }),
                "update_settings" => json!({ "settings": {
                    "theme": "dark", "notifications": "off", "readReceipts": true, "typingIndicators": true,
                    "keepRunning": true, "lockAfterMinutes": null, "lockWithSystem": true,
                } }),
                "set_display_name" | "set_user_name" | "find_contact" => json!({ "name": "Alice" }),
                "accept_request" | "delete_request" | "block_contact" | "unblock_contact" => {
                    json!({ "contact": "1" })
                }
                _ => Value::Null,
            };
            assert_eq!(alice.fails(command, arguments).await, "not_ready", "{command}");
        }
        assert_eq!(alice.app.unread().await, 0);
        assert!(!alice.app.keeps_running());
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_the_window_should_not_send_is_refused_and_nothing_breaks() {
        let alice = Machine::new().start("alice");
        assert_eq!(alice.fails("format_disk", Value::Null).await, "invalid_input");
        assert_eq!(
            alice.fails("send_message", json!({ "conversation": 1 })).await,
            "invalid_input"
        );
        assert_eq!(alice.fails("send_message", Value::Null).await, "invalid_input");
        let extra = json!({ "conversation": "1", "text": "x", "as": "Bob" });
        assert_eq!(alice.fails("send_message", extra).await, "invalid_input");
        assert_eq!(
            alice
                .fails("safety_number", json!({ "contact": "../../etc" }))
                .await,
            "not_found"
        );
        assert_eq!(alice.stage().await, "onboarding");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_name_or_passphrase_that_is_no_good_is_told_before_anything_is_made() {
        let machine = Machine::new();
        let alice = machine.start("alice");
        let nameless = json!({ "relay": { "kind": "thisComputer" }, "displayName": " \u{200b} ", "vault": by_keychain() });
        assert_eq!(alice.fails("create_account", nameless).await, "invalid_input");
        let weak = alice_here(json!({ "kind": "passphrase", "passphrase": "alice" }));
        assert_eq!(alice.fails("create_account", weak).await, "weak_passphrase");
        assert!(!machine.profile("alice").join("relay").exists());
        assert_eq!(alice.stage().await, "onboarding");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn an_app_that_is_closed_before_it_has_opened_stays_closed() {
        let machine = Machine::new();
        let alice = machine.start("alice");
        alice.app.shutdown().await;
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert_eq!(alice.fails("app_state", Value::Null).await, "not_ready");
        assert_eq!(
            machine.start("alice").stage().await,
            "onboarding",
            "the profile is free again"
        );
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_link_waits_until_the_window_listens() {
        let mut alice = Machine::new().start("alice");
        let opened = |event| match event {
            Event::InviteOpened { link } => Some(link),
            _ => None,
        };
        alice.app.open_link("sotto:invite/1#first");
        let told = std::iter::from_fn(|| alice.events.try_recv().ok()).find_map(opened);
        assert_eq!(told, None, "nobody would have heard it");

        alice.stage().await;
        assert_eq!(alice.hears(opened).await, "sotto:invite/1#first");

        alice.app.open_link("sotto:invite/1#second");
        assert_eq!(alice.hears(opened).await, "sotto:invite/1#second");
    }
}

mod in_trouble {
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn a_profile_that_is_open_elsewhere_is_told_and_one_that_is_closing_is_waited_for() {
        let machine = Machine::new();
        let first = machine.start("alice");
        assert_eq!(first.stage().await, "onboarding");

        let second = machine.start("alice");
        assert_eq!(second.trouble().await, "internal");

        let (state, ()) = tokio::join!(second.asks("retry_start", Value::Null), async {
            tokio::time::sleep(Duration::from_millis(200)).await;
            first.close().await;
        });
        assert_eq!(state["stage"], "onboarding");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_damaged_vault_file_can_be_set_aside_and_nothing_is_deleted() {
        let machine = Machine::new();
        std::fs::create_dir_all(machine.profile("alice")).unwrap();
        std::fs::write(machine.profile("alice").join("vault.json"), "{ \"not\": a vault").unwrap();
        std::fs::write(machine.profile("alice").join("messages.db"), "what was there").unwrap();

        let alice = machine.start("alice");
        assert_eq!(alice.trouble().await, "database_corrupted");
        assert_eq!(
            alice.asks("set_aside_database", Value::Null).await["stage"],
            "onboarding"
        );
        assert!(!machine.profile("alice").join("vault.json").exists());
        assert_eq!(find(&machine.profile("alice"), "messages.db"), "what was there");
        assert_eq!(alice.fails("set_aside_database", Value::Null).await, "not_ready");
    }

    /// What is in the file of this name, in whatever folder it is.
    fn find(folder: &Path, name: &str) -> String {
        let aside = std::fs::read_dir(folder)
            .unwrap()
            .flatten()
            .find(|entry| entry.file_name().to_string_lossy().starts_with("set-aside-"));
        std::fs::read_to_string(aside.unwrap().path().join(name)).unwrap()
    }
}

mod with_an_account {
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn alice_makes_an_account_on_her_own_relay_and_finds_it_at_the_next_start() {
        let machine = Machine::new();
        let mut alice = machine.start("alice");
        let state = alice.asks("create_account", alice_here(by_keychain())).await;
        assert_eq!(state["stage"], "ready");
        assert_eq!(state["me"]["displayName"], "Alice");
        assert_eq!(state["me"]["hostsRelay"], true);
        assert_eq!(state["me"]["vaultSlots"], json!(["keychain"]));
        let told = |event| match event {
            Event::AppStateChanged { state } => Some(serde_json::to_value(state).unwrap()),
            _ => None,
        };
        while alice.hears(told).await != state {}
        assert!(alice.app.keeps_running());
        alice.is_online().await;
        assert_eq!(
            alice.fails("create_account", alice_here(by_keychain())).await,
            "not_ready"
        );
        alice.close().await;

        let alice = machine.start("alice");
        assert_eq!(alice.asks("app_state", Value::Null).await, state);
        alice.is_online().await;
        alice.close().await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn without_a_keychain_alice_is_asked_for_her_passphrase_at_each_start() {
        let machine = Machine::new();
        machine.keychain.vanish();
        let alice = machine.start("alice");
        let by_keychain = alice_here(by_keychain());
        assert_eq!(
            alice.fails("create_account", by_keychain).await,
            "keychain_unavailable"
        );
        assert!(!machine.profile("alice").join("relay").exists(), "no litter");
        let state = alice.asks("create_account", alice_here(by_passphrase())).await;
        assert_eq!(state["me"]["vaultSlots"], json!(["passphrase"]));
        alice.close().await;

        let alice = machine.start("alice");
        assert_eq!(alice.stage().await, "locked");
        assert_eq!(alice.fails("conversations", Value::Null).await, "not_ready");
        let wrong = json!({ "proof": by("four words are too few") });
        assert_eq!(alice.fails("unlock", wrong).await, "wrong_passphrase");
        assert_eq!(alice.stage().await, "locked");
        let right = json!({ "proof": by(PASSPHRASE) });
        assert_eq!(alice.asks("unlock", right).await["stage"], "ready");
        alice.close().await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_locked_keychain_is_tried_again_and_a_lost_entry_opens_by_the_passphrase() {
        let machine = Machine::new();
        let alice = machine.alice().await;
        let me = alice.chooses_a_passphrase().await;
        assert_eq!(me["vaultSlots"], json!(["keychain", "passphrase"]));
        alice.close().await;

        machine.keychain.lock();
        let alice = machine.start("alice");
        assert_eq!(alice.trouble().await, "keychain_locked");
        machine.keychain.come_back();
        assert_eq!(alice.asks("retry_start", Value::Null).await["stage"], "ready");
        alice.close().await;

        machine.keychain.forget_everything();
        let alice = machine.start("alice");
        assert_eq!(alice.trouble().await, "keychain_entry_missing");
        let state = alice.asks("app_state", Value::Null).await;
        assert_eq!(state["ways"], json!(["passphrase"]));
        assert_eq!(
            alice.asks("unlock", json!({ "proof": by(PASSPHRASE) })).await["stage"],
            "ready"
        );
        // The keychain works again, and holds nothing: what was lost is put back.
        let me = alice.asks("keep_in_keychain", json!({ "proof": null })).await;
        assert_eq!(me["vaultSlots"], json!(["keychain", "passphrase"]));
        alice.close().await;
        let alice = machine.start("alice");
        assert_eq!(alice.stage().await, "ready");
        alice.close().await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_damaged_database_is_told_kept_and_begun_anew() {
        let machine = Machine::new();
        let alice = machine.start("alice");
        let first = alice.asks("create_account", alice_here(by_keychain())).await;
        alice.close().await;
        let database = machine.profile("alice").join("messages.db");
        std::fs::write(&database, [0x5a; 8192]).unwrap();

        let alice = machine.start("alice");
        assert_eq!(alice.trouble().await, "database_corrupted");
        assert_eq!(
            alice.asks("set_aside_database", Value::Null).await["stage"],
            "onboarding"
        );
        let second = alice.asks("create_account", alice_here(by_keychain())).await;
        assert_ne!(second["me"]["address"], first["me"]["address"]);
        assert_eq!(
            second["me"]["relay"], first["me"]["relay"],
            "the relay was not damaged"
        );
        alice.close().await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_damaged_database_with_a_backup_is_mended_and_told_until_it_is_seen() {
        let machine = Machine::new();
        let alice = machine.start("alice");
        let first = alice.asks("create_account", alice_here(by_keychain())).await;
        assert_eq!(first["me"]["restored"], Value::Null);
        machine.has_a_backup_of("alice").await;
        alice.close().await;
        std::fs::write(machine.profile("alice").join("messages.db"), [0x5a; 8192]).unwrap();

        for _ in 0..2 {
            let alice = machine.start("alice");
            let state = alice.asks("app_state", Value::Null).await;
            assert_eq!(state["stage"], "ready");
            assert_eq!(state["me"]["address"], first["me"]["address"]);
            let aside = state["me"]["restored"]["setAside"].as_str().unwrap();
            assert_eq!(std::fs::read(aside).unwrap(), [0x5a; 8192]);
            alice.close().await;
        }
        let alice = machine.start("alice");
        let me = alice.asks("restoration_seen", Value::Null).await;
        assert_eq!(me["restored"], Value::Null);
        alice.close().await;

        // An account that is set aside takes its backups along: the next one has none of them.
        let files = std::fs::read_dir(machine.profile("alice")).unwrap();
        for file in files.map(|file| file.unwrap().path()) {
            if file.to_string_lossy().contains("messages.db") {
                std::fs::write(file, [0x5a; 8192]).unwrap();
            }
        }
        let alice = machine.start("alice");
        assert_eq!(alice.trouble().await, "database_corrupted");
        alice.asks("set_aside_database", Value::Null).await;
        let left = std::fs::read_dir(machine.profile("alice")).unwrap();
        let mut left = left.map(|file| file.unwrap().file_name().into_string().unwrap());
        assert!(left.all(|name| !name.starts_with("messages.db")));
        alice.close().await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn an_account_that_the_relay_knows_and_that_does_not_open_yet_is_there_and_opens_later() {
        let machine = Machine::new();
        let alice = machine.start("alice");
        machine.disk.fails_to_open(2);
        let state = alice.asks("create_account", alice_here(by_keychain())).await;
        assert_eq!(state["stage"], "trouble", "{state}");
        let state = alice.asks("retry_start", Value::Null).await;
        assert_eq!(state["stage"], "ready", "{state}");
        assert_eq!(state["me"]["displayName"], "Alice");
        // Her relay on this computer has her account, too.
        alice.is_online().await;
        alice.asks("create_invite", Value::Null).await;
        alice.close().await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_relay_that_does_not_answer_leaves_nothing_behind() {
        let machine = Machine::new();
        let alice = machine.start("alice");
        let nobody = "ws://127.0.0.1:1";
        assert_eq!(
            alice.fails("check_relay", json!({ "address": nobody })).await,
            "relay_unreachable"
        );
        for (address, code) in [
            (nobody, "relay_unreachable"),
            ("ws://relay.example", "invalid_relay_address"),
        ] {
            let there = json!({
                "relay": { "kind": "address", "address": address }, "displayName": "Alice", "vault": by_keychain(),
            });
            assert_eq!(alice.fails("create_account", there).await, code);
        }
        assert_eq!(alice.stage().await, "onboarding");
        assert!(machine.keychain.contents().is_empty());
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn an_own_relay_that_cannot_start_is_explained_and_tried_again() {
        let machine = Machine::new();
        let alice = machine.start("alice");
        let state = alice.asks("create_account", alice_here(by_keychain())).await;
        let relay = state["me"]["relay"].as_str().unwrap().to_owned();
        alice.close().await;

        let listener = tokio::net::TcpListener::bind(&relay).await.unwrap();
        let squatter = tokio::spawn(async move { while listener.accept().await.is_ok() {} });
        let alice = machine.start("alice");
        assert_eq!(alice.stage().await, "ready", "her messages are hers all the same");
        let offline = alice.when("offline", async |window| {
            let connection = window.asks("connection", Value::Null).await;
            (connection["state"] == "offline").then_some(connection)
        });
        let message = offline.await["error"]["message"].to_string();
        assert!(message.contains("Another program"), "{message}");

        squatter.abort();
        let _ = squatter.await;
        alice.asks("reconnect", Value::Null).await;
        alice.is_online().await;
        alice.close().await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn alice_and_bob_meet_by_invite_talk_and_compare_their_safety_number() {
        let machine = Machine::new();
        let (alice, mut bob) = (machine.start("alice"), machine.start("bob"));
        let state = alice.asks("create_account", alice_here(by_keychain())).await;
        let there = json!({
            "relay": { "kind": "address", "address": state["me"]["relay"] }, "displayName": "Bob",
            "vault": by_keychain(),
        });
        assert_eq!(bob.asks("create_account", there).await["me"]["hostsRelay"], false);

        let invite = alice.asks("create_invite", Value::Null).await;
        let link = json!({ "link": invite["link"] });
        assert_eq!(alice.fails("preview_invite", link.clone()).await, "invite_is_own");
        let cut = invite["link"].as_str().unwrap().get(..40).unwrap();
        assert_eq!(
            bob.fails("preview_invite", json!({ "link": cut })).await,
            "invalid_invite"
        );
        assert_eq!(
            bob.asks("preview_invite", link.clone()).await["inviterName"],
            "Alice"
        );
        let with_alice = bob.asks("accept_invite", link).await;
        assert_eq!(with_alice["contact"]["verification"], "verified");

        let with_bob = alice
            .when("Bob has joined", async |window| {
                let conversations = window.asks("conversations", Value::Null).await;
                conversations
                    .get(0)
                    .filter(|with| with["contact"]["name"] == "Bob")
                    .cloned()
            })
            .await;
        let text = json!({ "conversation": with_bob["id"], "text": "Until tomorrow" });
        let sent = alice.asks("send_message", text).await;
        assert_eq!(sent["delivery"], "queued");

        let arrived = bob
            .hears(|event| match event {
                Event::MessageAdded { message } if !message.outgoing => Some(message)
                    .filter(|message| matches!(message.body, crate::model::MessageBody::Text { .. })),
                _ => None,
            })
            .await;
        let alert = bob.app.alert(&arrived).await.unwrap();
        assert_eq!(
            (alert.title.as_str(), alert.body.as_str()),
            ("Alice", "Until tomorrow")
        );
        assert_eq!(bob.app.unread().await, 1);
        bob.asks(
            "mark_read",
            json!({ "conversation": arrived.conversation, "upTo": arrived.id }),
        )
        .await;
        assert_eq!(bob.app.unread().await, 0);
        alice
            .when("Alice sees that Bob has read it", async |window| {
                let page = json!({ "conversation": with_bob["id"], "before": null, "limit": 1 });
                let page = window.asks("messages", page).await;
                (page["messages"][0]["delivery"] == "read").then_some(())
            })
            .await;

        let hers = alice
            .asks("safety_number", json!({ "contact": with_bob["id"] }))
            .await;
        let his = bob
            .asks("safety_number", json!({ "contact": with_alice["id"] }))
            .await;
        assert_eq!(hers["blocks"], his["blocks"]);
        assert_eq!(hers["blocks"].as_array().unwrap().len(), 12);
        let decision = |verified| json!({ "contact": with_bob["id"], "fingerprint": hers["fingerprint"], "verified": verified });
        assert_eq!(
            alice.asks("set_verified", decision(true)).await["verification"],
            "verified"
        );
        assert_eq!(
            alice.asks("set_verified", decision(false)).await["verification"],
            "notVerified"
        );
        let about_another_key =
            json!({ "contact": with_bob["id"], "fingerprint": "00".repeat(32), "verified": true });
        assert_eq!(
            alice.fails("set_verified", about_another_key).await,
            "identity_key_changed"
        );

        bob.close().await;
        alice.close().await;
    }
}
