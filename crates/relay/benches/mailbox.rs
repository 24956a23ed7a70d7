//! The relay's rows of the budget: `cargo bench -p sotto-relay`. Prints each figure beside its limit, and fails nothing.
//!
//! The relay runs in a process of its own, the load in this one, on the same machine, over loopback without TLS:
//! 50 mailboxes, payloads of 256 bytes, every delivery on disk before it is answered.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)] // a bench stops at the first surprise and prints

use std::io::{BufRead, BufReader};
use std::num::NonZeroU32;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use sotto_protocol::curve::IdentityKeyPair;
use sotto_wire::mailbox::{self, Acknowledge, Authenticate, Push, Register};
use sotto_wire::open::{self, Deliver, Envelope, Envelopes};
use sotto_wire::{
    AccountId, ClientMessageId, DeviceId, Hello, Payload, RelayAddress, RequestId, authentication_string,
    registration_string,
};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

const MAILBOXES: usize = 50;
const LETTERS: usize = 60_000;
const UNDER_WAY: usize = 64;
const IDLE: usize = 1_000;

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

struct Relay {
    child: Child,
    address: RelayAddress,
    _folder: tempfile::TempDir,
}

impl Relay {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_sotto-relay"))
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let address = line
            .trim()
            .strip_prefix("listening on ")
            .unwrap()
            .parse()
            .unwrap();
        Self {
            child,
            address,
            _folder: folder,
        }
    }

    /// Resident memory in KiB; 0 where there is no /proc.
    fn memory(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .unwrap_or("0 kB");
        line.split_whitespace().next().unwrap().parse().unwrap()
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

#[derive(Clone)]
struct Person {
    account: AccountId,
    identity: IdentityKeyPair,
}

impl Person {
    fn new() -> Self {
        Self {
            account: AccountId::random(),
            identity: IdentityKeyPair::generate(&mut rand::rng()),
        }
    }

    fn letter(&self, payload: &Payload) -> open::Request {
        open::Request::Deliver(Deliver {
            account: self.account,
            device: DeviceId::FIRST,
            envelopes: Envelopes::one(Envelope {
                client_message_id: ClientMessageId::random(),
                payload: payload.clone(),
            }),
            ephemeral: false,
            delivery_token: None,
        })
    }

    /// A line to the mailbox, authenticated; the account is made if it is not there.
    async fn connect(&self, address: &RelayAddress) -> Socket {
        let (mut socket, welcome) = dial(address, mailbox::PATH).await;
        let mailbox::RelayFrame::Welcome { challenge, .. } = mailbox::RelayFrame::decode(welcome).unwrap()
        else {
            panic!("no welcome")
        };
        let (account, device, relay_name) = (self.account, DeviceId::FIRST, address.authority());
        let identity_key = self.identity.identity_key().to_bytes().into();
        let sign = |string: Vec<u8>| {
            (*self
                .identity
                .private_key()
                .sign(&[&string], &mut rand::rng())
                .as_bytes())
            .into()
        };
        let registration =
            registration_string(&challenge, &relay_name, account, device, &identity_key, 1, None);
        let authentication = authentication_string(&challenge, &relay_name, account, device);
        let register = Register {
            account,
            device,
            identity_key,
            registration_id: 1,
            user_name: None,
            relay_name: relay_name.clone(),
            signature: sign(registration),
            pass: None,
        };
        let authenticate = Authenticate {
            account,
            device,
            relay_name,
            signature: sign(authentication),
        };
        for request in [
            mailbox::Request::Register(Box::new(register)),
            mailbox::Request::Authenticate(authenticate),
        ] {
            let frame = mailbox::ClientFrame::Request {
                id: RequestId::FIRST,
                request,
            };
            socket.send(Message::Binary(frame.encode())).await.unwrap();
            let answer = mailbox::RelayFrame::decode(next(&mut socket).await).unwrap();
            assert!(matches!(
                answer,
                mailbox::RelayFrame::Answer { outcome: Ok(_), .. }
            ));
        }
        socket
    }
}

async fn dial(address: &RelayAddress, path: &str) -> (Socket, Bytes) {
    let (mut socket, _) = connect_async(address.endpoint(path)).await.unwrap();
    if let MaybeTlsStream::Plain(stream) = socket.get_ref() {
        stream.set_nodelay(true).unwrap();
    }
    socket
        .send(Message::Binary(open::ClientFrame::Hello(Hello::OURS).encode()))
        .await
        .unwrap();
    let welcome = next(&mut socket).await;
    (socket, welcome)
}

async fn next(socket: &mut Socket) -> Bytes {
    loop {
        if let Message::Binary(frame) = socket.next().await.unwrap().unwrap() {
            return frame;
        }
    }
}

/// Delivers so many letters, a window of them under way at a time.
async fn write(address: RelayAddress, people: Vec<Person>, letters: usize, payload: Payload) {
    let (mut socket, _) = dial(&address, open::PATH).await;
    let (mut sent, mut answered) = (0, 0);
    while answered < letters {
        while sent < letters && sent - answered < UNDER_WAY {
            let id = NonZeroU32::new(sent as u32 + 1).unwrap().into();
            let request = people.get(sent % people.len()).unwrap().letter(&payload);
            let frame = open::ClientFrame::Request { id, request }.encode();
            socket.feed(Message::Binary(frame)).await.unwrap();
            sent += 1;
        }
        socket.flush().await.unwrap();
        // Half a window of answers, then half a window of letters.
        for _ in 0..(UNDER_WAY / 2).min(letters - answered) {
            let answer = open::RelayFrame::decode(next(&mut socket).await).unwrap();
            assert!(
                matches!(answer, open::RelayFrame::Answer { outcome: Ok(_), .. }),
                "{answer:?}"
            );
            answered += 1;
        }
    }
}

/// Reads so many letters and acknowledges them, some at a time.
async fn read(mut socket: Socket, letters: usize) {
    let (mut unacknowledged, mut got, mut acknowledged) = (Vec::new(), 0, 0);
    while acknowledged < letters {
        match mailbox::RelayFrame::decode(next(&mut socket).await).unwrap() {
            mailbox::RelayFrame::Push(Push::Envelope { id, .. }) => {
                unacknowledged.push(id);
                got += 1;
            }
            mailbox::RelayFrame::Push(_) => continue,
            mailbox::RelayFrame::Answer { outcome: Ok(_), .. } => {
                acknowledged += 32.min(letters - acknowledged);
                continue;
            }
            other => panic!("{other:?}"),
        }
        if unacknowledged.len() == 32 || got == letters {
            let ids = std::mem::take(&mut unacknowledged);
            let request = mailbox::Request::Acknowledge(Acknowledge::new(ids).unwrap());
            let frame = mailbox::ClientFrame::Request {
                id: RequestId::FIRST,
                request,
            };
            socket.send(Message::Binary(frame.encode())).await.unwrap();
        }
    }
}

/// Bob writes to Alice at a pace; how long until she has each letter.
async fn pace(address: &RelayAddress, alice: &Person, per_second: u32, letters: usize) -> Vec<Duration> {
    let mut owner = alice.connect(address).await;
    let (mut bob, _) = dial(address, open::PATH).await;
    let mut ticks = tokio::time::interval(Duration::from_secs(1) / per_second);
    let mut times = Vec::new();
    for _ in 0..letters {
        ticks.tick().await;
        let sent = Instant::now();
        let payload = Payload::new(vec![7; 256]).unwrap();
        let frame = open::ClientFrame::Request {
            id: RequestId::FIRST,
            request: alice.letter(&payload),
        };
        bob.send(Message::Binary(frame.encode())).await.unwrap();
        loop {
            if let mailbox::RelayFrame::Push(Push::Envelope { id, .. }) =
                mailbox::RelayFrame::decode(next(&mut owner).await).unwrap()
            {
                times.push(sent.elapsed());
                let request = mailbox::Request::Acknowledge(Acknowledge::new(vec![id]).unwrap());
                let frame = mailbox::ClientFrame::Request {
                    id: RequestId::FIRST,
                    request,
                };
                owner.send(Message::Binary(frame.encode())).await.unwrap();
                break;
            }
        }
        next(&mut bob).await;
    }
    times.sort();
    times
}

fn row(what: &str, figure: f64, limit: f64, unit: &str, more_is_better: bool) {
    let kept = if more_is_better {
        figure >= limit
    } else {
        figure <= limit
    };
    let (sign, mark) = (
        if more_is_better { "≥" } else { "≤" },
        if kept { "ok" } else { "OVER" },
    );
    println!("{what:<44} {figure:>10.2} {unit:<6} limit {sign} {limit:<9} {mark}");
}

#[tokio::main]
async fn main() {
    let relay = Relay::start();
    let address = relay.address.clone();
    let people: Vec<Person> = (0..MAILBOXES).map(|_| Person::new()).collect();
    for person in &people {
        person.connect(&address).await;
    }
    let payload = Payload::new(vec![7; 256]).unwrap();

    let start = Instant::now();
    let mut writing = JoinSet::new();
    for some in people.chunks(MAILBOXES / 10) {
        writing.spawn(write(
            address.clone(),
            some.to_vec(),
            LETTERS / 10,
            payload.clone(),
        ));
    }
    writing.join_all().await;
    row(
        "offline enqueue",
        LETTERS as f64 / start.elapsed().as_secs_f64(),
        30_000.0,
        "/s",
        true,
    );

    let start = Instant::now();
    let mut reading = JoinSet::new();
    for person in &people {
        reading.spawn(read(person.connect(&address).await, LETTERS / MAILBOXES));
    }
    reading.join_all().await;
    row(
        "drain, acknowledged",
        LETTERS as f64 / start.elapsed().as_secs_f64(),
        40_000.0,
        "/s",
        true,
    );

    let mut owners = Vec::new();
    for person in &people {
        owners.push(person.connect(&address).await);
    }
    let start = Instant::now();
    let mut both = JoinSet::new();
    for (person, owner) in people.iter().zip(owners) {
        both.spawn(read(owner, LETTERS / MAILBOXES));
        both.spawn(write(
            address.clone(),
            vec![person.clone()],
            LETTERS / MAILBOXES,
            payload.clone(),
        ));
    }
    both.join_all().await;
    row(
        "online, 50 pairs",
        LETTERS as f64 / start.elapsed().as_secs_f64(),
        36_600.0,
        "/s",
        true,
    );

    let times = pace(&address, &people[0], 500, 2_000).await;
    let milliseconds = |share: f64| times[(times.len() as f64 * share) as usize].as_secs_f64() * 1e3;
    row(
        "send to pushed at 500/s, p50",
        milliseconds(0.5),
        0.2,
        "ms",
        false,
    );
    row(
        "send to pushed at 500/s, p99",
        milliseconds(0.99),
        1.0,
        "ms",
        false,
    );

    let fresh = Relay::start();
    let before = fresh.memory();
    let mut idle = Vec::new();
    for _ in 0..IDLE {
        idle.push(Person::new().connect(&fresh.address).await);
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    row(
        "memory per idle connection",
        (fresh.memory() - before) / IDLE as f64,
        12.0,
        "KiB",
        false,
    );
}
