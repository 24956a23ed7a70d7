//! `sotto-relay`, on its wire format.

use std::future::Future;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::{FutureExt, SinkExt, StreamExt};
use sotto_protocol::curve::IdentityKeyPair;
use sotto_wire::mailbox::{self, Acknowledge, Authenticate, Push, Register};
use sotto_wire::open::{self, Deliver, Envelope, Envelopes};
use sotto_wire::{
    AccountId, Challenge, ClientMessageId, DeliveryToken, DeliveryTokens, DeviceId, EnvelopeId, Hello,
    MAX_ACKNOWLEDGEMENTS, MAX_FRAME_BYTES, Payload, RelayAddress, RequestId, authentication_string,
    registration_string,
};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{Connector, MaybeTlsStream, WebSocketStream, client_async_tls_with_config};

use super::certificate::Certificate;
use super::started::{Started, folder};
use super::{Inbox, Outbox, Server};
use crate::error::{LineError, LoadError};
use crate::process::Process;
use crate::stamp::Stamp;

/// A relay under load.
pub(crate) struct Relay {
    door: Door,
    process: Option<Process>,
    _started: Option<Started>,
}

impl Relay {
    /// One that runs already.
    pub(crate) fn running(address: RelayAddress, process: Option<u32>) -> Self {
        Self {
            door: Door {
                address,
                connector: Connector::Plain,
            },
            process: process.map(Process::new),
            _started: None,
        }
    }

    /// Starts one with an empty data folder, with room for everybody; with a certificate of its own if it is to speak TLS.
    pub(crate) async fn start(program: &Path, data: Option<&Path>, tls: bool) -> Result<Self, LoadError> {
        const PROGRAM: &str = "sotto-relay";
        let folder = folder(data)?;
        let mut command = Command::new(program);
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--connections", "100000"])
            .arg("--data")
            .arg(folder.path().join("data"));
        let (scheme, connector) = if tls {
            let certificate = Certificate::make(folder.path())?;
            command
                .arg("--tls-certificate")
                .arg(&certificate.file)
                .arg("--tls-key")
                .arg(&certificate.key_file);
            ("wss", Connector::Rustls(certificate.trusting()?))
        } else {
            ("ws", Connector::Plain)
        };
        let mut started = Started::new(PROGRAM, &mut command, folder)?;
        let output = started.output().ok_or(LoadError::Silent { program: PROGRAM })?;
        let line = tokio::task::spawn_blocking(move || {
            let mut line = String::new();
            BufReader::new(output).read_line(&mut line).map(|_| line)
        });
        let line = line.await?.map_err(LoadError::Folder)?;
        let address = line.trim().strip_prefix("listening on ");
        let address = address.and_then(|address| format!("{scheme}://{address}").parse().ok());
        Ok(Self {
            door: Door {
                address: address.ok_or(LoadError::Silent { program: PROGRAM })?,
                connector,
            },
            process: Some(started.process()),
            _started: Some(started),
        })
    }
}

/// Where a relay is, and how to get in.
#[derive(Clone)]
struct Door {
    address: RelayAddress,
    connector: Connector,
}

/// Somebody with a mailbox.
#[derive(Clone)]
pub(crate) struct Person {
    account: AccountId,
    identity: Arc<IdentityKeyPair>,
    /// What opens the mailbox.
    token: DeliveryToken,
}

impl Server for Relay {
    type Inbox = Mailbox;
    type Outbox = Sender;
    type Person = Person;

    fn name(&self) -> &'static str {
        "sotto-relay"
    }

    fn process(&self) -> Option<Process> {
        self.process
    }

    fn person(&self) -> Person {
        Person {
            account: AccountId::random(),
            identity: Arc::new(IdentityKeyPair::generate(&mut rand::rng())),
            token: DeliveryToken::from(*ClientMessageId::random().as_bytes()),
        }
    }

    fn connect(&self, person: &Person) -> impl Future<Output = Result<Mailbox, LineError>> + Send + 'static {
        let (door, person) = (self.door.clone(), person.clone());
        async move { person.introduce(&door).await }
    }

    fn write_to(
        &self,
        person: &Person,
        bytes: usize,
    ) -> impl Future<Output = Result<Sender, LineError>> + Send + 'static {
        let (door, account, token) = (self.door.clone(), person.account, person.token.clone());
        async move {
            let (line, _) = Line::dial(&door, open::PATH).await?;
            Ok(Sender {
                line,
                to: account,
                token,
                bytes,
                next: RequestId::FIRST,
            })
        }
    }
}

impl Person {
    /// Authenticates, and registers before it if the relay does not know them yet.
    async fn introduce(&self, door: &Door) -> Result<Mailbox, LineError> {
        let address = &door.address;
        let (line, welcome) = Line::dial(door, mailbox::PATH).await?;
        let mailbox::RelayFrame::Welcome { challenge, .. } = mailbox::RelayFrame::decode(welcome)? else {
            return Err(LineError::Unexpected);
        };
        let mut mailbox = Mailbox {
            line,
            acknowledgements: 0,
        };
        let authenticate = || mailbox::Request::Authenticate(self.proof(address, &challenge));
        match mailbox.ask(authenticate()).await {
            Err(LineError::Refused(sotto_wire::Refusal::UnknownAccount)) => {}
            known => return known.map(|_| mailbox),
        }
        mailbox.ask(self.registration(address, &challenge)).await?;
        mailbox.ask(authenticate()).await?;
        let tokens = DeliveryTokens::new(self.token.clone(), Vec::new()).ok_or(LineError::Unexpected)?;
        mailbox.ask(mailbox::Request::SetDeliveryTokens(tokens)).await?;
        Ok(mailbox)
    }

    fn proof(&self, address: &RelayAddress, challenge: &Challenge) -> Authenticate {
        let (account, device, relay_name) = (self.account, DeviceId::FIRST, address.authority());
        let string = authentication_string(challenge, &relay_name, account, device);
        Authenticate {
            account,
            device,
            relay_name,
            signature: self.sign(&string),
            registration_id: None,
        }
    }

    fn registration(&self, address: &RelayAddress, challenge: &Challenge) -> mailbox::Request {
        let (account, device, relay_name) = (self.account, DeviceId::FIRST, address.authority());
        let identity_key = self.identity.identity_key().to_bytes().into();
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

    fn sign(&self, string: &[u8]) -> sotto_wire::Signature {
        let signature = self.identity.private_key().sign(&[string], &mut rand::rng());
        (*signature.as_bytes()).into()
    }
}

/// The owner's connection.
pub(crate) struct Mailbox {
    line: Line,
    /// Acknowledgements that wait for their answer.
    acknowledgements: usize,
}

impl Mailbox {
    /// Asks, and waits for the answer. For the beginning, when the mailbox is new and nothing is pushed, or not
    /// authenticated yet.
    async fn ask(&mut self, request: mailbox::Request) -> Result<mailbox::Answer, LineError> {
        let id = RequestId::FIRST;
        self.line
            .feed(mailbox::ClientFrame::Request { id, request }.encode())
            .await?;
        self.line.flush().await?;
        loop {
            match mailbox::RelayFrame::decode(self.line.next().await?)? {
                mailbox::RelayFrame::Answer { outcome, .. } => return outcome.map_err(LineError::Refused),
                mailbox::RelayFrame::Push(Push::QueueEmpty) => {}
                _ => return Err(LineError::Unexpected),
            }
        }
    }

    /// Reads one frame.
    fn take(
        &mut self,
        frame: Bytes,
        stamps: &mut Vec<Stamp>,
        seen: &mut Vec<EnvelopeId>,
    ) -> Result<(), LineError> {
        match mailbox::RelayFrame::decode(frame)? {
            mailbox::RelayFrame::Push(Push::Envelope { id, payload, .. }) => {
                seen.push(id);
                stamps.push(Stamp::of(payload.as_bytes()).ok_or(LineError::Unexpected)?);
                Ok(())
            }
            mailbox::RelayFrame::Push(_) => Ok(()),
            mailbox::RelayFrame::Answer { outcome, .. } => {
                self.acknowledgements = self.acknowledgements.saturating_sub(1);
                outcome.map(drop).map_err(LineError::Refused)
            }
            mailbox::RelayFrame::Refused(refusal) => Err(LineError::Refused(refusal)),
            mailbox::RelayFrame::Welcome { .. } | mailbox::RelayFrame::Closing(_) => {
                Err(LineError::Unexpected)
            }
        }
    }
}

impl Inbox for Mailbox {
    async fn receive(&mut self, stamps: &mut Vec<Stamp>) -> Result<(), LineError> {
        let mut seen = Vec::new();
        let mut frame = self.line.next().await?;
        loop {
            self.take(frame, stamps, &mut seen)?;
            if seen.len() >= MAX_ACKNOWLEDGEMENTS {
                break;
            }
            match self.line.next().now_or_never() {
                Some(next) => frame = next?,
                None => break,
            }
        }
        let Some(acknowledge) = Acknowledge::new(seen) else {
            return Ok(());
        };
        let frame = mailbox::ClientFrame::Request {
            id: RequestId::FIRST,
            request: mailbox::Request::Acknowledge(acknowledge),
        };
        self.acknowledgements += 1;
        self.line.feed(frame.encode()).await?;
        self.line.flush().await
    }

    async fn settle(&mut self) -> Result<(), LineError> {
        let (mut stamps, mut seen) = (Vec::new(), Vec::new());
        while self.acknowledgements > 0 {
            let frame = self.line.next().await?;
            self.take(frame, &mut stamps, &mut seen)?;
        }
        Ok(())
    }

    async fn leave(mut self) {
        // Whoever is gone already need not be told good-bye.
        self.line.stream.close(None).await.ok();
    }
}

/// A connection that delivers to one mailbox, one envelope at a time.
pub(crate) struct Sender {
    line: Line,
    to: AccountId,
    token: DeliveryToken,
    bytes: usize,
    next: RequestId,
}

impl Outbox for Sender {
    async fn post(&mut self, stamp: Stamp) -> Result<(), LineError> {
        let payload = Payload::new(stamp.message(self.bytes)).map_err(|_| LineError::Unexpected)?;
        let deliver = Deliver {
            account: self.to,
            device: DeviceId::FIRST,
            envelopes: Envelopes::one(Envelope {
                client_message_id: ClientMessageId::random(),
                payload,
            }),
            ephemeral: false,
            delivery_token: self.token.clone(),
        };
        let id = self.next;
        self.next = id.next();
        let request = open::Request::Deliver(deliver);
        self.line
            .feed(open::ClientFrame::Request { id, request }.encode())
            .await
    }

    async fn flush(&mut self) -> Result<(), LineError> {
        self.line.flush().await
    }

    async fn accepted(&mut self) -> Result<usize, LineError> {
        let mut accepted = 0;
        let mut frame = self.line.next().await?;
        loop {
            match open::RelayFrame::decode(frame)? {
                open::RelayFrame::Answer { outcome, .. } => {
                    outcome.map_err(LineError::Refused)?;
                    accepted += 1;
                }
                _ => return Err(LineError::Unexpected),
            }
            match self.line.next().now_or_never() {
                Some(next) => frame = next?,
                None => return Ok(accepted),
            }
        }
    }
}

/// A WebSocket as the engine opens it.
struct Line {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Line {
    /// Connects, says hello and answers the welcome.
    async fn dial(door: &Door, path: &str) -> Result<(Self, Bytes), LineError> {
        let address = &door.address;
        let host = address.host();
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let stream = TcpStream::connect((host, address.port())).await?;
        stream.set_nodelay(true)?;
        let config = WebSocketConfig::default()
            .max_message_size(Some(MAX_FRAME_BYTES))
            .max_frame_size(Some(MAX_FRAME_BYTES));
        let (url, connector) = (address.endpoint(path), Some(door.connector.clone()));
        let (stream, _) = client_async_tls_with_config(url, stream, Some(config), connector).await?;
        let mut line = Self { stream };
        line.feed(open::ClientFrame::Hello(Hello::OURS).encode()).await?;
        line.flush().await?;
        let welcome = line.next().await?;
        Ok((line, welcome))
    }

    async fn feed(&mut self, frame: Bytes) -> Result<(), LineError> {
        Ok(self.stream.feed(Message::Binary(frame)).await?)
    }

    async fn flush(&mut self) -> Result<(), LineError> {
        Ok(self.stream.flush().await?)
    }

    /// The next frame. Nothing is lost when the call is given up.
    async fn next(&mut self) -> Result<Bytes, LineError> {
        loop {
            match self.stream.next().await.ok_or(LineError::HungUp)?? {
                Message::Binary(frame) => return Ok(frame),
                Message::Close(_) => return Err(LineError::HungUp),
                _ => {}
            }
        }
    }
}
