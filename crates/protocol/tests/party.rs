//! The party program (`examples/party.rs`), over its stdin and stdout.
//!
//! `cargo test` and `cargo nextest run` build the examples first; with `--test party` alone, say `--examples` too.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "tests stop at the first surprise"
)]

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

const ALICE: &str = "9d0652a3-dcc3-4d11-975f-74d61598733f";
const BOB: &str = "796abedb-ca4e-4f18-8803-1fde5b921f9f";

/// The program, running.
struct Party {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    used: BTreeSet<String>,
}

impl Party {
    fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(program())
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("examples/party, built beside this test");
        Self {
            stdin: child.stdin.take().unwrap(),
            stdout: BufReader::new(child.stdout.take().unwrap()),
            child,
            used: BTreeSet::new(),
        }
    }

    /// Writes a line as it is, and reads the answer.
    fn line(&mut self, line: &[u8]) -> Value {
        self.stdin.write_all(line).unwrap();
        self.stdin.write_all(b"\n").unwrap();
        let mut answer = String::new();
        self.stdout.read_line(&mut answer).unwrap();
        serde_json::from_str(&answer).expect("an answer is JSON on one line")
    }

    fn request(&mut self, op: &str, mut arguments: Value) -> Value {
        self.used.insert(op.to_owned());
        arguments["op"] = json!(op);
        arguments["id"] = json!(op);
        let answer = self.line(arguments.to_string().as_bytes());
        assert_eq!(answer["id"], op);
        answer
    }

    /// An operation that is carried out.
    fn does(&mut self, op: &str, arguments: Value) -> Value {
        let mut answer = self.request(op, arguments);
        assert_eq!(answer["ok"], true, "{op}: {}", answer["error"]);
        answer["result"].take()
    }

    /// An operation that is refused; the code.
    fn refuses(&mut self, op: &str, arguments: Value) -> String {
        let answer = self.request(op, arguments);
        assert_eq!(answer["ok"], false, "{op}: {}", answer["result"]);
        assert!(answer["error"]["message"].is_string());
        answer["error"]["code"].as_str().unwrap().to_owned()
    }

    fn plays_alice_and_bob(&mut self) {
        self.does("new_party", json!({"party": "alice", "name": ALICE}));
        self.does("new_party", json!({"party": "bob", "name": BOB}));
    }

    fn introduces_alice_to_bob(&mut self) {
        let bundle = self.does("bundle", json!({"party": "bob"}))["bundle"].take();
        self.does(
            "process_bundle",
            json!({"party": "alice", "peer": at(BOB), "bundle": bundle}),
        );
    }

    fn alice_writes(&mut self, text: &str) -> Value {
        self.does(
            "encrypt",
            json!({"party": "alice", "peer": at(BOB), "text": text}),
        )
    }

    fn bob_reads(&mut self, mut message: Value) -> Value {
        message["party"] = json!("bob");
        message["peer"] = at(ALICE);
        self.request("decrypt", message)
    }

    fn ends(mut self) {
        drop(self.stdin);
        assert!(self.child.wait().unwrap().success());
    }
}

/// The example beside this test's own program: `target/<profile>/examples/party`.
fn program() -> PathBuf {
    let own = std::env::current_exe().unwrap();
    let profile = own.parent().and_then(|deps| deps.parent()).unwrap();
    profile
        .join("examples")
        .join(format!("party{}", std::env::consts::EXE_SUFFIX))
}

fn at(name: &str) -> Value {
    json!({"name": name, "device": 1})
}

fn text(value: &Value) -> String {
    String::from_utf8(hex::decode(value.as_str().unwrap()).unwrap()).unwrap()
}

#[test]
fn alice_and_bob_go_through_every_operation() {
    let mut party = Party::start(&[]);
    let operations = party.does("info", json!({}))["operations"].take();

    keys_and_signatures(&mut party);
    parties_and_identities(&mut party);
    prekeys_and_sessions(&mut party);
    safety_numbers(&mut party);
    certificates_and_seals(&mut party);
    groups(&mut party);

    let answers = party.does(
        "batch",
        json!({"requests": [{"id": 1, "op": "keygen"}, {"id": 2, "op": "nonsense"}, 3]}),
    );
    let answers = answers["answers"].as_array().unwrap();
    let oks: Vec<_> = answers
        .iter()
        .map(|answer| (&answer["id"], &answer["ok"]))
        .collect();
    assert_eq!(
        oks,
        [
            (&json!(1), &json!(true)),
            (&json!(2), &json!(false)),
            (&Value::Null, &json!(false))
        ]
    );

    party.does("quit", json!({}));
    for operation in operations.as_array().unwrap() {
        let operation = operation.as_str().unwrap();
        assert!(
            party.used.contains(operation),
            "{operation} has no part in the story"
        );
    }
    assert!(party.child.wait().unwrap().success());
}

fn keys_and_signatures(party: &mut Party) {
    let alice = party.does("keygen", json!({}));
    let bob = party.does("keygen", json!({"private": "ff".repeat(32)}));
    assert_eq!(
        bob["private"],
        format!("f8{}7f", "ff".repeat(30)),
        "an imported key is clamped"
    );

    let shared = party.does(
        "agree",
        json!({"private": alice["private"], "public": bob["public"]}),
    );
    let same = party.does(
        "agree",
        json!({"private": bob["private"], "public": alice["public"]}),
    );
    assert_eq!(shared, same);
    let of_small_order = json!({"private": alice["private"], "public": format!("05{}", "00".repeat(32))});
    assert_eq!(party.refuses("agree", of_small_order), "invalid_agreement");
    let of_another_type = json!({"private": alice["private"], "public": format!("06{}", "11".repeat(32))});
    assert_eq!(party.refuses("agree", of_another_type), "malformed");

    let with_z = json!({"private": alice["private"], "message": "00ff", "z": "11".repeat(64)});
    let signature = party.does("sign", with_z.clone());
    assert_eq!(
        signature,
        party.does("sign", with_z),
        "with z given a signature is determined"
    );
    let without = party.does("sign", json!({"private": alice["private"], "message": "00ff"}));
    assert_ne!(signature, without);
    for (message, signature, valid) in [
        ("00ff", &signature["signature"], true),
        ("00ff", &without["signature"], true),
        ("00fe", &signature["signature"], false),
        ("00ff", &json!("1234"), false),
    ] {
        let request = json!({"public": alice["public"], "message": message, "signature": signature});
        assert_eq!(party.does("verify", request)["valid"], valid);
    }
}

fn parties_and_identities(party: &mut Party) {
    let alice = party.does(
        "new_party",
        json!({"party": "alice", "name": ALICE, "device": 2, "registration_id": 77, "identity_private": "22".repeat(32)}),
    );
    let imported = party.does("keygen", json!({"private": "22".repeat(32)}));
    assert_eq!(
        alice,
        json!({"name": ALICE, "device": 2, "registration_id": 77, "identity": imported["public"]})
    );
    let bob = party.does("new_party", json!({"party": "bob"}));
    assert_eq!(bob["device"], 1);
    assert_eq!(bob["name"].as_str().unwrap().len(), 36);
    assert!((1..=16380).contains(&bob["registration_id"].as_u64().unwrap()));

    party.plays_alice_and_bob();
    party.does("set_trust", json!({"party": "alice", "trust": "never"}));
    let bundle = party.does("bundle", json!({"party": "bob"}))["bundle"].take();
    let request = json!({"party": "alice", "peer": at(BOB), "bundle": bundle});
    assert_eq!(
        party.refuses("process_bundle", request.clone()),
        "untrusted_identity"
    );
    party.does("set_trust", json!({"party": "alice", "trust": "tofu"}));
    party.does("process_bundle", request);
    let known = json!({"party": "alice", "peer": at(BOB)});
    assert_eq!(
        party.does("get_identity", known.clone())["key"],
        bundle["identity"]
    );

    // Bob moves to a new machine: his key is another, which Alice has to accept first.
    party.does("new_party", json!({"party": "bob", "name": BOB}));
    let bundle = party.does("bundle", json!({"party": "bob"}))["bundle"].take();
    let request = json!({"party": "alice", "peer": at(BOB), "bundle": bundle});
    assert_eq!(
        party.refuses("process_bundle", request.clone()),
        "untrusted_identity"
    );
    party.does("forget_identity", known.clone());
    assert_eq!(party.does("get_identity", known)["key"], Value::Null);
    party.does("process_bundle", request);
}

fn prekeys_and_sessions(party: &mut Party) {
    party.plays_alice_and_bob();
    let ids = json!({"party": "bob", "prekey_id": 10, "signed_prekey_id": 20, "kyber_prekey_id": 30});
    let bundle = party.does("bundle", ids)["bundle"].take();
    let held = json!({"prekeys": [10], "signed_prekeys": [20], "kyber_prekeys": [30]});
    assert_eq!(party.does("prekeys", json!({"party": "bob"})), held);
    let again = party.does(
        "bundle",
        json!({"party": "bob", "one_time": false, "reuse_signed": true, "last_resort": true}),
    );
    assert_eq!(again["bundle"]["signed_prekey"], bundle["signed_prekey"]);
    assert_eq!(again["bundle"].get("prekey"), None);

    let mut forged = bundle.clone();
    forged["signed_prekey"]["signature"] = json!("00".repeat(64));
    let request = json!({"party": "alice", "peer": at(BOB), "bundle": forged});
    assert_eq!(party.refuses("process_bundle", request), "bad_signature");
    let nothing_yet = json!({"party": "alice", "peer": at(BOB), "text": "hello"});
    assert_eq!(party.refuses("encrypt", nothing_yet), "no_session");

    let in_2001 = 1_000_000_000_000_u64;
    let request = json!({"party": "alice", "peer": at(BOB), "bundle": bundle, "now": in_2001});
    party.does("process_bundle", request);
    let session = json!({"party": "alice", "peer": at(BOB), "now": in_2001});
    let state = party.does("session", session);
    assert_eq!(state["has_current"], true);
    assert!(state["bytes"].as_u64().unwrap() > 0);
    let today = party.does("session", json!({"party": "alice", "peer": at(BOB)}));
    assert_eq!(
        today["has_current"], false,
        "unanswered for more than thirty days"
    );

    party.introduces_alice_to_bob();
    let first = party.alice_writes("hello, Bob");
    assert_eq!(first["type"], 3);
    party.does("clone_party", json!({"party": "bob", "as": "bob as he was"}));
    assert_eq!(
        text(&party.bob_reads(first.clone())["result"]["plaintext"]),
        "hello, Bob"
    );
    assert_eq!(party.bob_reads(first.clone())["error"]["code"], "duplicate");
    let of_the_copy =
        json!({"party": "bob as he was", "peer": at(ALICE), "type": 3, "message": first["message"]});
    assert_eq!(
        text(&party.does("decrypt", of_the_copy)["plaintext"]),
        "hello, Bob"
    );
    party.does("drop_party", json!({"party": "bob as he was"}));
    assert_eq!(
        party.refuses("prekeys", json!({"party": "bob as he was"})),
        "bad_request"
    );

    let reply = party.does(
        "encrypt",
        json!({"party": "bob", "peer": at(ALICE), "plaintext": "00ff"}),
    );
    assert_eq!(reply["type"], 2);
    let request = json!({"party": "alice", "peer": at(BOB), "type": 2, "message": reply["message"]});
    assert_eq!(party.does("decrypt", request)["plaintext"], "00ff");

    let mut tampered = party.alice_writes("who goes there?");
    let good = tampered.clone();
    let mut bytes = hex::decode(tampered["message"].as_str().unwrap()).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    tampered["message"] = json!(hex::encode(bytes));
    assert_eq!(party.bob_reads(tampered)["error"]["code"], "invalid_message");
    assert_eq!(
        party.bob_reads(json!({"type": 2, "message": "44"}))["error"]["code"],
        "malformed"
    );
    assert_eq!(party.bob_reads(good)["ok"], true, "a failure has changed nothing");

    party.does("delete_session", json!({"party": "bob", "peer": at(ALICE)}));
    let orphan = party.alice_writes("are you there?");
    assert_eq!(party.bob_reads(orphan)["error"]["code"], "no_session");
    assert_eq!(party.bob_reads(first)["error"]["code"], "missing_prekey");
    party.does("archive_session", json!({"party": "alice", "peer": at(BOB)}));
    let archived = json!({"party": "alice", "peer": at(BOB), "text": "nothing to send in"});
    assert_eq!(party.refuses("encrypt", archived), "no_session");

    imports_prekeys(party);
}

/// Bob's other device takes over his identity and prekeys, and reads what was meant for him.
fn imports_prekeys(party: &mut Party) {
    let identity = party.does("keygen", json!({}));
    let twin = json!({"party": "bob", "name": BOB, "identity_private": identity["private"]});
    party.does("new_party", twin);
    let [one_time, signed] = [(); 2].map(|()| party.does("keygen", json!({})));
    let signature = party.does(
        "sign",
        json!({"private": identity["private"], "message": signed["public"]}),
    );
    let kem: Value = serde_json::from_str(include_str!("vectors/kem.json")).unwrap();
    let kyber = &kem["cases"][0];
    let kyber_signature = party.does(
        "sign",
        json!({"private": identity["private"], "message": kyber["public"]}),
    );
    party.does(
        "import_prekeys",
        json!({
            "party": "bob",
            "prekey": {"id": 1, "private": one_time["private"]},
            "signed_prekey": {"id": 2, "private": signed["private"], "signature": signature["signature"]},
            "kyber_prekey": {
                "id": 3, "public": kyber["public"], "secret": kyber["secret"],
                "signature": kyber_signature["signature"], "last_resort": true,
            },
        }),
    );
    let bundle = json!({
        "registration_id": 5, "device": 1, "identity": identity["public"],
        "prekey": {"id": 1, "public": one_time["public"]},
        "signed_prekey": {"id": 2, "public": signed["public"], "signature": signature["signature"]},
        "kyber_prekey": {"id": 3, "public": kyber["public"], "signature": kyber_signature["signature"]},
    });
    party.does("new_party", json!({"party": "alice", "name": ALICE}));
    party.does(
        "process_bundle",
        json!({"party": "alice", "peer": at(BOB), "bundle": bundle}),
    );
    let message = party.alice_writes("to the imported");
    assert_eq!(
        text(&party.bob_reads(message)["result"]["plaintext"]),
        "to the imported"
    );
    let left = json!({"prekeys": [], "signed_prekeys": [2], "kyber_prekeys": [3]});
    assert_eq!(
        party.does("prekeys", json!({"party": "bob"})),
        left,
        "the last resort stays"
    );
}

fn safety_numbers(party: &mut Party) {
    let [alice, bob] = [(); 2].map(|()| party.does("keygen", json!({}))["public"].take());
    let sides = json!({"local_id": "aa", "local_key": alice, "remote_id": "bb", "remote_key": bob});
    let of_alice = party.does("fingerprint", sides);
    let of_bob = party.does(
        "fingerprint",
        json!({
            "iterations": 5200, "version": 2,
            "local_id": "bb", "local_key": bob, "remote_id": "aa", "remote_key": alice,
        }),
    );
    assert_eq!(of_alice["display"], of_bob["display"]);
    let compare =
        |ours: &Value, theirs: &Value| json!({"ours": ours["scannable"], "theirs": theirs["scannable"]});
    let scanned = party.does("fingerprint_compare", compare(&of_alice, &of_bob));
    assert_eq!(scanned["match"], true);
    let own = party.does("fingerprint_compare", compare(&of_alice, &of_alice));
    assert_eq!(own["match"], false);
    let rubbish = json!({"ours": of_alice["scannable"], "theirs": "ff"});
    assert_eq!(party.refuses("fingerprint_compare", rubbish), "malformed");
}

/// Alice's certificate for a key, and the trust root behind it.
fn certificate(party: &mut Party, identity: &Value) -> (Value, Value) {
    let [root, server] = [(); 2].map(|()| party.does("keygen", json!({})));
    let of_server = party.does(
        "server_certificate",
        json!({"trust_private": root["private"], "key_id": 1, "server_public": server["public"]}),
    );
    let of_sender = party.does(
        "sender_certificate",
        json!({
            "uuid": ALICE, "device": 1, "identity_public": identity, "expires": 2_000,
            "server_certificate": of_server["certificate"], "server_private": server["private"],
        }),
    );
    (of_sender["certificate"].clone(), root["public"].clone())
}

fn certificates_and_seals(party: &mut Party) {
    let alice = party.does("new_party", json!({"party": "alice", "name": ALICE}));
    party.does("new_party", json!({"party": "bob", "name": BOB}));
    let (certificate, root) = certificate(party, &alice["identity"]);
    for (time, valid) in [(2_000, true), (2_001, false)] {
        let request = json!({"certificate": certificate, "trust_root": root, "time": time});
        assert_eq!(party.does("validate_certificate", request)["valid"], valid);
    }
    let request = json!({"certificate": "0a", "trust_root": root, "time": 0});
    assert_eq!(party.refuses("validate_certificate", request), "malformed");

    let hello = json!({
        "party": "alice", "peer": at(BOB), "text": "guess who", "sender_certificate": certificate,
        "content_hint": 1, "group_id": "0102",
    });
    assert_eq!(party.refuses("sealed_encrypt", hello.clone()), "no_session");
    party.introduces_alice_to_bob();
    let sealed = party.does("sealed_encrypt", hello)["message"].take();
    let expired = json!({"party": "bob", "message": sealed, "trust_root": root, "timestamp": 2_001});
    assert_eq!(party.refuses("sealed_decrypt", expired), "invalid_message");
    let in_time = json!({"party": "bob", "message": sealed, "trust_root": root, "timestamp": 2_000});
    let opened = party.does("sealed_decrypt", in_time.clone());
    assert_eq!(text(&opened["plaintext"]), "guess who");
    assert_eq!(
        (&opened["sender_uuid"], &opened["device"]),
        (&json!(ALICE), &json!(1))
    );
    assert_eq!(party.refuses("sealed_decrypt", in_time), "duplicate");
    let to_herself = json!({"party": "alice", "message": sealed, "trust_root": root, "timestamp": 0});
    assert_eq!(party.refuses("sealed_decrypt", to_herself), "invalid_message");
}

fn groups(party: &mut Party) {
    let alice = party.does("new_party", json!({"party": "alice", "name": ALICE}));
    party.does("new_party", json!({"party": "bob", "name": BOB}));
    let group = "d1d1d1d1-7000-11eb-b32a-33b8a8a487a6";
    let write = json!({"party": "alice", "distribution_id": group, "text": "hello, all"});
    assert_eq!(party.refuses("group_encrypt", write.clone()), "no_session");
    let create = json!({"party": "alice", "distribution_id": group});
    let distribution = party.does("group_create", create.clone());
    assert_eq!(
        distribution,
        party.does("group_create", create.clone()),
        "the same key until it moves on"
    );

    let message = party.does("group_encrypt", write.clone());
    assert_eq!(message["type"], 7);
    assert_ne!(distribution, party.does("group_create", create));
    let read = json!({"party": "bob", "peer": at(ALICE), "message": message["message"]});
    assert_eq!(party.refuses("group_decrypt", read.clone()), "no_session");
    let told = json!({"party": "bob", "peer": at(ALICE), "message": distribution["message"]});
    party.does("group_process", told);
    assert_eq!(
        text(&party.does("group_decrypt", read.clone())["plaintext"]),
        "hello, all"
    );
    assert_eq!(party.refuses("group_decrypt", read), "duplicate");

    // And sealed: Bob learns from the seal alone whose sender key it is.
    let (certificate, root) = certificate(party, &alice["identity"]);
    let mut sealed = write;
    sealed["recipients"] = json!([at(BOB)]);
    sealed["sender_certificate"] = certificate;
    assert_eq!(
        party.refuses("sealed_multi_encrypt", sealed.clone()),
        "no_session"
    );
    party.introduces_alice_to_bob();
    let sent = party.does("sealed_multi_encrypt", sealed);
    let received = party.does("sealed_multi_single", sent.clone());
    assert_ne!(sent, received);
    let open = json!({"party": "bob", "message": received["message"], "trust_root": root, "timestamp": 0});
    assert_eq!(
        text(&party.does("sealed_decrypt", open)["plaintext"]),
        "hello, all"
    );
    assert_eq!(
        party.refuses("sealed_multi_single", json!({"message": "23"})),
        "malformed"
    );
}

#[test]
fn rubbish_is_answered_with_an_error_and_the_program_goes_on() {
    let mut party = Party::start(&[]);
    party.plays_alice_and_bob();
    let huge = [b"\"".as_slice(), &vec![b'a'; 70 << 20], b"\""].concat();
    let deep = "[".repeat(100_000);
    let nested = format!(r#"{{"op": "batch", "requests": {deep}"#);
    let lines: &[&[u8]] = &[
        b"",
        b" ",
        b"rubbish",
        b"{",
        b"\xff\xfe\x00",
        b"{\"op\": \"info\xff\"}",
        b"null",
        b"7",
        b"[]",
        b"\"info\"",
        b"{}",
        br#"{"op": null}"#,
        br#"{"op": 7}"#,
        br#"{"op": "no such operation"}"#,
        br#"{"op": "INFO"}"#,
        br#"{"op": "info"} {"op": "info"}"#,
        br#"{"op": "keygen", "private": 7}"#,
        br#"{"op": "keygen", "private": "abc"}"#,
        br#"{"op": "keygen", "private": "zz"}"#,
        br#"{"op": "sign", "private": "00"}"#,
        br#"{"op": "verify", "public": [], "message": "", "signature": ""}"#,
        br#"{"op": "new_party"}"#,
        br#"{"op": "new_party", "party": "x", "device": 0}"#,
        br#"{"op": "new_party", "party": "x", "device": 128}"#,
        br#"{"op": "new_party", "party": "x", "device": -1}"#,
        br#"{"op": "new_party", "party": "x", "device": 1e99}"#,
        br#"{"op": "new_party", "party": "x", "trust": "sometimes"}"#,
        br#"{"op": "new_party", "party": "x", "registration_id": 4294967296}"#,
        br#"{"op": "set_trust", "party": "nobody", "trust": "always"}"#,
        br#"{"op": "clone_party", "party": "nobody", "as": "somebody"}"#,
        br#"{"op": "bundle", "party": "alice", "one_time": "yes"}"#,
        br#"{"op": "bundle", "party": "alice", "reuse_signed": true}"#,
        br#"{"op": "process_bundle", "party": "alice", "peer": "bob", "bundle": {}}"#,
        br#"{"op": "encrypt", "party": "alice", "peer": {"name": "b"}, "text": "x"}"#,
        br#"{"op": "encrypt", "party": "alice", "peer": {"name": "b", "device": 1}}"#,
        br#"{"op": "encrypt", "party": "alice", "peer": {"name": "b", "device": 1}, "text": "x", "plaintext": "00"}"#,
        br#"{"op": "decrypt", "party": "alice", "peer": {"name": "b", "device": 1}, "type": 9, "message": "00"}"#,
        br#"{"op": "decrypt", "party": "alice", "peer": {"name": "b", "device": 1}, "type": 300, "message": "00"}"#,
        br#"{"op": "fingerprint", "iterations": 1, "local_id": "", "local_key": "", "remote_id": "", "remote_key": ""}"#,
        br#"{"op": "group_create", "party": "alice", "distribution_id": "friends"}"#,
        br#"{"op": "group_process", "party": "alice", "peer": {"name": "b", "device": 1}, "message": ""}"#,
        br#"{"op": "sealed_decrypt", "party": "alice", "message": "", "trust_root": "", "timestamp": 0}"#,
        br#"{"op": "sealed_multi_single", "message": ""}"#,
        br#"{"op": "sealed_multi_encrypt", "party": "alice", "recipients": {}}"#,
        br#"{"op": "validate_certificate", "certificate": "", "trust_root": "", "time": -1}"#,
        br#"{"op": "batch"}"#,
        br#"{"op": "batch", "requests": {}}"#,
        deep.as_bytes(),
        nested.as_bytes(),
        &huge,
    ];
    for line in lines {
        let shown = String::from_utf8_lossy(&line[..line.len().min(90)]);
        let answer = party.line(line);
        assert_eq!(answer["ok"], false, "{shown}");
        let code = answer["error"]["code"].as_str().unwrap();
        assert!(matches!(code, "bad_request" | "malformed"), "{shown}: {code}");
    }
    // Whoever was there is still there.
    party.introduces_alice_to_bob();
    let message = party.alice_writes("still here");
    assert_eq!(
        text(&party.bob_reads(message)["result"]["plaintext"]),
        "still here"
    );
    party.ends();
}

#[test]
fn whatever_the_id_is_it_comes_back() {
    let mut party = Party::start(&[]);
    for id in [
        json!(0),
        json!("seven"),
        json!(null),
        json!([1, {"a": 2}]),
        json!(-1.5),
    ] {
        let answer = party.line(json!({"id": id, "op": "info"}).to_string().as_bytes());
        assert_eq!(answer["id"], id);
        let refusal = party.line(json!({"id": id, "op": "?"}).to_string().as_bytes());
        assert_eq!((&refusal["id"], &refusal["ok"]), (&id, &json!(false)));
    }
    party.ends();
}

#[test]
fn a_seed_decides_everything_that_is_drawn() {
    let drawn = |arguments: &[&str]| {
        let mut party = Party::start(arguments);
        party.plays_alice_and_bob();
        party.introduces_alice_to_bob();
        let message = party.alice_writes("hello");
        party.ends();
        message
    };
    assert_eq!(drawn(&["--seed", "7"]), drawn(&["--seed", "7"]));
    assert_ne!(drawn(&["--seed", "7"]), drawn(&["--seed", "8"]));
    assert_ne!(drawn(&[]), drawn(&[]));
}

#[test]
fn the_last_line_need_not_end() {
    let mut party = Party::start(&[]);
    party.stdin.write_all(br#"{"id": 1, "op": "info"}"#).unwrap();
    drop(party.stdin);
    let mut answer = String::new();
    party.stdout.read_line(&mut answer).unwrap();
    assert!(answer.starts_with(r#"{"id":1,"ok":true"#));
    assert!(party.child.wait().unwrap().success());
}
