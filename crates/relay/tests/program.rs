//! The program `sotto-relay`, started as a user starts it: what it prints, how it ends, and that a kill loses nothing.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // tests stop at the first surprise

use std::io::{BufRead, BufReader, Read};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A relay in a process of its own, killed when the story ends.
struct Process {
    child: Child,
    address: SocketAddr,
}

impl Process {
    fn start(data: &Path) -> Self {
        Self::spawn(&mut command(data, "127.0.0.1:0"))
    }

    fn spawn(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let address = line
            .trim()
            .strip_prefix("listening on ")
            .expect("the line with the address")
            .parse()
            .unwrap();
        Self { child, address }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn command(data: &Path, listen: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sotto-relay"));
    command
        .arg("serve")
        .arg("--data")
        .arg(data)
        .args(["--listen", listen])
        .env_remove("RUST_LOG");
    command
}

/// Runs a relay that should not start; its exit code and what it says.
fn failure(command: &mut Command) -> (Option<i32>, String) {
    let mut child = command
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let started = Instant::now();
    let status = loop {
        match child.try_wait().unwrap() {
            Some(status) => break status,
            None if started.elapsed() > Duration::from_secs(20) => {
                child.kill().unwrap();
                panic!("the relay started");
            }
            None => std::thread::sleep(Duration::from_millis(10)),
        }
    };
    let mut said = String::new();
    child.stderr.unwrap().read_to_string(&mut said).unwrap();
    (status.code(), said)
}

#[test]
fn it_prints_its_address_and_ends_well_when_told_to() {
    let folder = tempfile::tempdir().unwrap();
    let mut relay = Process::start(folder.path());
    assert!(relay.address.port() > 0);
    #[cfg(unix)]
    {
        let pid = relay.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-TERM", &pid])
                .status()
                .unwrap()
                .success()
        );
        assert_eq!(relay.child.wait().unwrap().code(), Some(0));
        // The write-ahead log was folded in: a copy of the one file is a copy of everything.
        assert!(!folder.path().join("relay.db-wal").exists());
    }
}

#[test]
fn it_says_what_is_wrong_in_a_sentence_and_by_its_exit_code() {
    let folder = tempfile::tempdir().unwrap();

    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let (code, said) = failure(&mut command(
        folder.path(),
        &taken.local_addr().unwrap().to_string(),
    ));
    assert_eq!(code, Some(3));
    assert!(
        said.contains("another program is listening on 127.0.0.1:"),
        "{said}"
    );

    let (code, said) = failure(&mut command(folder.path(), "192.0.2.1:7070"));
    assert_eq!(code, Some(3));
    assert!(
        said.contains("does not have the address 192.0.2.1:7070"),
        "{said}"
    );

    let file = folder.path().join("file");
    std::fs::write(&file, b"").unwrap();
    let (code, said) = failure(&mut command(&file.join("data"), "127.0.0.1:0"));
    assert_eq!(code, Some(4));
    assert!(said.contains("the data folder cannot be written"), "{said}");

    let (code, said) = failure(command(folder.path(), "127.0.0.1:0").args(["--mailbox-envelopes", "0"]));
    assert_eq!(code, Some(2));
    assert!(said.contains("the limit mailbox-envelopes is 0"), "{said}");

    let (code, said) = failure(command(folder.path(), "127.0.0.1:0").args(["--name", "ws://relay.example"]));
    assert_eq!(code, Some(2));
    assert!(said.contains("ws://"), "{said}");

    let (code, _) = failure(&mut command(folder.path(), "somewhere"));
    assert_eq!(code, Some(2));
}

#[test]
fn it_leaves_a_folder_alone_that_it_cannot_serve() {
    let folder = tempfile::tempdir().unwrap();
    let relay = Process::start(folder.path());
    let (code, said) = failure(&mut command(folder.path(), "127.0.0.1:0"));
    assert_eq!(code, Some(5));
    assert!(
        said.contains("another relay is running on this data folder"),
        "{said}"
    );
    drop(relay);

    let database = folder.path().join("relay.db");
    let connection = rusqlite::Connection::open(&database).unwrap();
    connection.pragma_update(None, "user_version", 1_000).unwrap();
    drop(connection);
    let (code, said) = failure(&mut command(folder.path(), "127.0.0.1:0"));
    assert_eq!(code, Some(6));
    assert!(said.contains("newer version"), "{said}");

    std::fs::write(&database, b"not a database, whatever its name says").unwrap();
    std::fs::remove_file(folder.path().join("relay.db-wal")).ok();
    let (code, said) = failure(&mut command(folder.path(), "127.0.0.1:0"));
    assert_eq!(code, Some(7));
    assert!(said.contains("damaged"), "{said}");
}

mod killed {
    use super::Process;

    use futures_util::{SinkExt, StreamExt};
    use rand::RngExt;
    use sotto_protocol::curve::IdentityKeyPair;
    use sotto_wire::mailbox::{self, Acknowledge, Authenticate, Push, Register};
    use sotto_wire::open::{self, Deliver, Envelope, Envelopes};
    use sotto_wire::{
        AccountId, Challenge, ClientMessageId, DeliveryTokens, DeviceId, Hello, Payload, RelayAddress,
        RequestId, authentication_string, registration_string,
    };
    use tokio::net::TcpStream;
    use tokio_tungstenite::tungstenite::Message;
    use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

    pub(super) type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

    const TOKEN: [u8; 16] = [1; 16];

    fn padded(text: &str) -> Payload {
        let mut bytes = text.as_bytes().to_vec();
        bytes.resize(256, 0);
        Payload::new(bytes).unwrap()
    }

    fn unpadded(payload: &Payload) -> String {
        let text = String::from_utf8(payload.as_bytes().to_vec()).unwrap();
        text.trim_end_matches('\0').to_owned()
    }

    /// Sets the token that everybody who writes to her has.
    pub(super) async fn opens_her_mailbox(alice: &Alice, address: &RelayAddress) {
        let mut owner = introduce(alice, address).await.unwrap();
        let tokens = DeliveryTokens::new(TOKEN.into(), vec![]).unwrap();
        let frame = mailbox::ClientFrame::Request {
            id: RequestId::FIRST,
            request: mailbox::Request::SetDeliveryTokens(tokens),
        };
        owner.send(Message::Binary(frame.encode())).await.unwrap();
        loop {
            match mailbox::RelayFrame::decode(next(&mut owner).await.unwrap()).unwrap() {
                mailbox::RelayFrame::Answer { outcome, .. } => {
                    assert_eq!(outcome, Ok(mailbox::Answer::DeliveryTokensSet));
                    return;
                }
                mailbox::RelayFrame::Push(Push::QueueEmpty) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    pub(super) struct Alice {
        pub(super) account: AccountId,
        pub(super) identity: IdentityKeyPair,
    }

    pub(super) async fn dial(address: &RelayAddress, path: &str) -> Option<(Socket, bytes::Bytes)> {
        let (mut socket, _) = connect_async(address.endpoint(path)).await.ok()?;
        socket
            .send(Message::Binary(open::ClientFrame::Hello(Hello::OURS).encode()))
            .await
            .ok()?;
        let welcome = next(&mut socket).await?;
        Some((socket, welcome))
    }

    pub(super) async fn next(socket: &mut Socket) -> Option<bytes::Bytes> {
        loop {
            match socket.next().await? {
                Ok(Message::Binary(frame)) => return Some(frame),
                Ok(Message::Ping(_) | Message::Pong(_)) => {}
                _ => return None,
            }
        }
    }

    pub(super) async fn introduce(alice: &Alice, address: &RelayAddress) -> Option<Socket> {
        let (mut socket, welcome) = dial(address, mailbox::PATH).await?;
        let mailbox::RelayFrame::Welcome { challenge, .. } = mailbox::RelayFrame::decode(welcome).ok()?
        else {
            return None;
        };
        for (n, request) in [
            alice.register(&challenge, address),
            alice.authenticate(&challenge, address),
        ]
        .into_iter()
        .enumerate()
        {
            let id = std::num::NonZeroU32::new(n as u32 + 1)?.into();
            socket
                .send(Message::Binary(
                    mailbox::ClientFrame::Request { id, request }.encode(),
                ))
                .await
                .ok()?;
            let answer = mailbox::RelayFrame::decode(next(&mut socket).await?).ok()?;
            assert!(
                matches!(answer, mailbox::RelayFrame::Answer { outcome: Ok(_), .. }),
                "{answer:?}"
            );
        }
        Some(socket)
    }

    impl Alice {
        pub(super) fn new() -> Self {
            Self {
                account: AccountId::random(),
                identity: IdentityKeyPair::generate(&mut rand::rng()),
            }
        }

        fn register(&self, challenge: &Challenge, address: &RelayAddress) -> mailbox::Request {
            let identity_key = self.identity.identity_key().to_bytes().into();
            let (account, device, relay_name) = (self.account, DeviceId::FIRST, address.authority());
            let string = registration_string(challenge, &relay_name, account, device, &identity_key, 1, None);
            mailbox::Request::Register(Box::new(Register {
                account,
                device,
                identity_key,
                registration_id: 1,
                user_name: None,
                relay_name,
                signature: self.sign(&string),
                pass: None,
            }))
        }

        fn authenticate(&self, challenge: &Challenge, address: &RelayAddress) -> mailbox::Request {
            let (account, device, relay_name) = (self.account, DeviceId::FIRST, address.authority());
            let string = authentication_string(challenge, &relay_name, account, device);
            mailbox::Request::Authenticate(Authenticate {
                account,
                device,
                relay_name,
                signature: self.sign(&string),
                registration_id: None,
            })
        }

        fn sign(&self, string: &[u8]) -> sotto_wire::Signature {
            (*self
                .identity
                .private_key()
                .sign(&[string], &mut rand::rng())
                .as_bytes())
            .into()
        }

        pub(super) fn letter(&self, id: ClientMessageId, text: &str) -> open::Request {
            open::Request::Deliver(Deliver {
                account: self.account,
                device: DeviceId::FIRST,
                envelopes: Envelopes::one(Envelope {
                    client_message_id: id,
                    payload: padded(text),
                }),
                ephemeral: false,
                delivery_token: TOKEN.into(),
            })
        }
    }

    /// Bob writes and tries each letter again until it is accepted; Alice reads and acknowledges; the relay is
    /// killed again and again.
    #[tokio::test(flavor = "multi_thread")]
    async fn again_and_again_it_neither_loses_nor_doubles_what_it_accepted() {
        let folder = tempfile::tempdir().unwrap();
        let alice = Alice::new();
        let (mut accepted, mut read) = (0_u32, Vec::<String>::new());
        let first = Process::start(folder.path());
        opens_her_mailbox(&alice, &first.address.to_string().parse().unwrap()).await;
        drop(first);
        let mut seen = std::collections::HashSet::new();
        let mut trying = (ClientMessageId::random(), 0_u32);

        for _ in 0..12 {
            let process = Process::start(folder.path());
            let address: RelayAddress = process.address.to_string().parse().unwrap();
            let mut owner = introduce(&alice, &address).await.unwrap();
            let (mut bob, _) = dial(&address, open::PATH).await.unwrap();

            let story = async {
                loop {
                    let frame = open::ClientFrame::Request {
                        id: RequestId::FIRST,
                        request: alice.letter(trying.0, &trying.1.to_string()),
                    };
                    let sent = bob.send(Message::Binary(frame.encode())).await;
                    let Some(answer) = (if sent.is_ok() { next(&mut bob).await } else { None }) else {
                        return;
                    };
                    let answer = open::RelayFrame::decode(answer).unwrap();
                    assert!(
                        matches!(answer, open::RelayFrame::Answer { outcome: Ok(_), .. }),
                        "{answer:?}"
                    );
                    accepted += 1;
                    trying = (ClientMessageId::random(), trying.1 + 1);
                    // What is there of Alice's, without waiting for it.
                    while let Ok(frame) =
                        tokio::time::timeout(std::time::Duration::from_millis(1), next(&mut owner)).await
                    {
                        let Some(frame) = frame else { return };
                        if let mailbox::RelayFrame::Push(Push::Envelope { id, payload, .. }) =
                            mailbox::RelayFrame::decode(frame).unwrap()
                        {
                            // Pushed again, because the acknowledgement was lost: known by its name.
                            if seen.insert(id) {
                                read.push(unpadded(&payload));
                            }
                            let request = mailbox::Request::Acknowledge(Acknowledge::new(vec![id]).unwrap());
                            let frame = mailbox::ClientFrame::Request {
                                id: RequestId::FIRST,
                                request,
                            };
                            owner.send(Message::Binary(frame.encode())).await.ok();
                        }
                    }
                }
            };
            let life = std::time::Duration::from_millis(rand::rng().random_range(20..200));
            let end = async {
                tokio::time::sleep(life).await;
                drop(process); // SIGKILL
            };
            tokio::join!(story, end);
        }

        // One last life to read the rest.
        let process = Process::start(folder.path());
        let address: RelayAddress = process.address.to_string().parse().unwrap();
        let mut owner = introduce(&alice, &address).await.unwrap();
        loop {
            match mailbox::RelayFrame::decode(next(&mut owner).await.unwrap()).unwrap() {
                mailbox::RelayFrame::Push(Push::Envelope { id, payload, .. }) => {
                    if seen.insert(id) {
                        read.push(unpadded(&payload));
                    }
                }
                mailbox::RelayFrame::Push(Push::QueueEmpty) => break,
                other => panic!("not an envelope: {other:?}"),
            }
        }
        // The one that was being tried when the relay was killed may be there or not.
        let expected: Vec<String> = (0..accepted.max(read.len() as u32))
            .map(|n| n.to_string())
            .collect();
        assert_eq!(read, expected);
        assert!(accepted > 20, "only {accepted} letters: this shows nothing");
        assert!(read.len() as u32 <= accepted + 1);
    }
}

/// Runs the program to its end: exit code, standard output, standard error.
fn run(arguments: &[&str], data: &Path) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_sotto-relay"))
        .args(arguments)
        .arg("--data")
        .arg(data)
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

mod busy {
    use super::killed::{Alice, dial, introduce, next, opens_her_mailbox};
    use super::{Process, command, run};

    use std::io::Read;
    use std::path::Path;
    use std::process::Stdio;

    use futures_util::SinkExt;
    use sotto_wire::mailbox::{self, Acknowledge, Push};
    use sotto_wire::{ClientMessageId, RelayAddress, RequestId, open};
    use tokio_tungstenite::tungstenite::Message;

    async fn deliver(bob: &mut super::killed::Socket, alice: &Alice, text: &str) {
        let request = alice.letter(ClientMessageId::random(), text);
        let frame = open::ClientFrame::Request {
            id: RequestId::FIRST,
            request,
        };
        bob.send(Message::Binary(frame.encode())).await.unwrap();
        let answer = open::RelayFrame::decode(next(bob).await.unwrap()).unwrap();
        assert!(
            matches!(answer, open::RelayFrame::Answer { outcome: Ok(_), .. }),
            "{answer:?}"
        );
    }

    /// Letters for Alice, some of which she reads; somebody who talks nonsense; somebody who leaves without a word.
    async fn story(relay: &Process, alice: &Alice) {
        let address: RelayAddress = relay.address.to_string().parse().unwrap();
        opens_her_mailbox(alice, &address).await;
        let mut owner = introduce(alice, &address).await.unwrap();
        let (mut bob, _) = dial(&address, open::PATH).await.unwrap();
        for n in 0..20 {
            deliver(&mut bob, alice, &format!("a letter that says {n}")).await;
        }
        for _ in 0..5 {
            let frame = mailbox::RelayFrame::decode(next(&mut owner).await.unwrap()).unwrap();
            if let mailbox::RelayFrame::Push(Push::Envelope { id, .. }) = frame {
                let request = mailbox::Request::Acknowledge(Acknowledge::new(vec![id]).unwrap());
                let id = RequestId::FIRST;
                let frame = mailbox::ClientFrame::Request { id, request }.encode();
                owner.send(Message::Binary(frame)).await.unwrap();
            }
        }
        let (mut mallory, _) = dial(&address, open::PATH).await.unwrap();
        mallory
            .send(Message::Binary(vec![0xFF; 100].into()))
            .await
            .unwrap();
        while next(&mut mallory).await.is_some() {}
        drop(bob);
        // A second connection of Alice's throws the first one out.
        let _second = introduce(alice, &address).await.unwrap();
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn the_log_of_a_busy_relay_names_nobody_however_much_is_asked_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let mut relay = Process::spawn(
            command(folder.path(), "127.0.0.1:0")
                .env("RUST_LOG", "trace")
                .stderr(Stdio::piped()),
        );
        let mut log = relay.child.stderr.take().unwrap();
        let reading = std::thread::spawn(move || {
            let mut said = String::new();
            log.read_to_string(&mut said).unwrap();
            said
        });
        let alice = Alice::new();
        story(&relay, &alice).await;
        drop(relay);
        let said = reading.join().unwrap();
        assert!(said.contains("a connection ended"), "this shows nothing: {said}");
        let account = alice.account.to_string();
        let bytes = format!("{:?}", alice.account.as_bytes());
        for secret in [
            account.as_str(),
            &account.replace('-', ""),
            bytes.trim_matches(['[', ']']),
            "127.0.0.1",
            "::1",
            "a letter that says",
        ] {
            assert!(!said.contains(secret), "{secret} is in the log");
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_backup_is_taken_while_the_relay_writes_and_is_a_whole_relay() {
        let folder = tempfile::tempdir().unwrap();
        let relay = Process::start(folder.path());
        let alice = Alice::new();
        story(&relay, &alice).await;
        let address: RelayAddress = relay.address.to_string().parse().unwrap();
        let (mut bob, _) = dial(&address, open::PATH).await.unwrap();
        // As if it had got a certificate by ACME.
        std::fs::create_dir(folder.path().join("acme")).unwrap();
        std::fs::write(
            folder.path().join("acme/cached_cert_x"),
            "a key and a certificate",
        )
        .unwrap();
        let copies = tempfile::tempdir().unwrap();
        let copy = copies.path().join("tonight");
        let (from, to) = (folder.path().to_owned(), copy.clone());
        let taking = std::thread::spawn(move || run(&["backup", to.to_str().unwrap()], &from));
        let mut written = 0;
        while !taking.is_finished() {
            deliver(&mut bob, &alice, "meanwhile").await;
            written += 1;
        }
        assert_eq!(taking.join().unwrap(), (Some(0), String::new(), String::new()));
        assert!(written > 0);
        let (code, _, said) = run(&["backup", copy.to_str().unwrap()], folder.path());
        assert_eq!(code, Some(4));
        assert!(said.contains("is there already"), "{said}");

        let (code, counted, _) = run(&["stats"], folder.path());
        assert_eq!(code, Some(0));
        let count = |counted: &str, what: &str| {
            let line = counted
                .lines()
                .find(|line| line.starts_with(what))
                .unwrap()
                .to_owned();
            line.rsplit(' ').next().unwrap().parse::<u64>().unwrap()
        };
        assert_eq!(count(&counted, "accounts "), 1);
        assert!(!counted.contains(&alice.account.to_string()));
        let waiting = count(&counted, "envelopes waiting ");
        assert!(waiting >= 15 + written);
        drop(relay);

        let (_, copied, _) = run(&["stats"], &copy);
        let copied = count(&copied, "envelopes waiting ");
        assert!((15..=waiting).contains(&copied), "{copied} of {waiting}");
        assert!(Path::new(&copy).join("pepper").exists());
        let kept = std::fs::read_to_string(copy.join("acme/cached_cert_x")).unwrap();
        assert_eq!(kept, "a key and a certificate");
        // It runs, and Alice is at home there.
        let relay = Process::start(&copy);
        let address: RelayAddress = relay.address.to_string().parse().unwrap();
        let mut owner = introduce(&alice, &address).await.unwrap();
        let mut pushed = 0;
        while pushed < copied {
            match mailbox::RelayFrame::decode(next(&mut owner).await.unwrap()).unwrap() {
                mailbox::RelayFrame::Push(Push::Envelope { .. }) => pushed += 1,
                mailbox::RelayFrame::Push(Push::QueueEmpty) => break,
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(pushed, copied);
    }
}

#[test]
fn the_configuration_is_checked_without_starting_anything() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let file = folder.path().join("relay.toml");
    let path = file.to_str().unwrap();
    std::fs::write(&file, "retention-days = 7\nlisten = \"127.0.0.1:0\"\n").unwrap();
    let (code, said, _) = run(&["check-config", "--config", path, "--work-bits", "21"], &data);
    assert_eq!(code, Some(0));
    assert!(said.contains("retention-days = 7 "), "{said}");
    assert!(
        said.contains("# file, line 1") && said.contains("# command line"),
        "{said}"
    );
    assert!(!data.exists());

    std::fs::write(&file, "retention-days = 7\nretention-dayz = 8\n").unwrap();
    let (code, _, said) = run(&["check-config", "--config", path], &data);
    assert_eq!(code, Some(2));
    assert!(
        said.contains("line 2: there is no setting \"retention-dayz\""),
        "{said}"
    );
    let (code, _, said) = run(&["serve", "--config", path], &data);
    assert_eq!(code, Some(2), "{said}");
}

#[test]
fn completions_and_the_manual_name_every_subcommand_and_setting() {
    let say = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_sotto-relay"))
            .args(arguments)
            .output()
            .unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap()
    };
    let (bash, man) = (say(&["completions", "bash"]), say(&["man"]).replace("\\-", "-"));
    for text in [&bash, &man] {
        for name in ["check-config", "backup", "stats", "revoke", "sqlite-to-postgres"] {
            assert!(text.contains(name), "{name}");
        }
        for setting in sotto_relay::config::SETTINGS {
            assert!(text.contains(&format!("--{}", setting.name)), "{}", setting.name);
        }
    }
}
