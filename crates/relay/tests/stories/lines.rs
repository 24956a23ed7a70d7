//! The clients' ends of the two WebSockets.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use sotto_wire::mailbox::{self, Acknowledge, Push};
use sotto_wire::{
    Challenge, Closing, CurveKey, EnvelopeId, Hello, Refusal, RelayAddress, RequestId, Welcome, open,
};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// What should happen happens within this; what should not is waited for a little.
const SOON: Duration = Duration::from_secs(20);
const A_LITTLE: Duration = Duration::from_millis(200);

pub(crate) struct Line(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Line {
    pub(crate) fn new(socket: WebSocketStream<MaybeTlsStream<TcpStream>>) -> Self {
        Self(socket)
    }

    pub(crate) async fn dial(address: &RelayAddress, path: &str) -> Self {
        Self(connect_async(address.endpoint(path)).await.unwrap().0)
    }

    pub(crate) async fn send(&mut self, frame: impl Into<Bytes>) {
        self.message(Message::Binary(frame.into())).await;
    }

    /// What is sent after the relay hung up is lost, as it is in life.
    pub(crate) async fn message(&mut self, message: Message) {
        self.0.send(message).await.ok();
    }

    pub(crate) async fn flush(&mut self, frames: impl IntoIterator<Item = Bytes>) {
        for frame in frames {
            self.0.feed(Message::Binary(frame)).await.unwrap();
        }
        self.0.flush().await.unwrap();
    }

    /// The next frame; `None` once the relay hung up.
    pub(crate) async fn next(&mut self) -> Option<Bytes> {
        timeout(SOON, self.next_ever())
            .await
            .expect("the relay says nothing")
    }

    pub(crate) async fn next_ever(&mut self) -> Option<Bytes> {
        loop {
            match self.0.next().await? {
                Ok(Message::Binary(frame)) => return Some(frame),
                Ok(Message::Ping(_) | Message::Pong(_)) => {}
                Ok(_) | Err(_) => return None,
            }
        }
    }

    /// The close code, after the last frame.
    pub(crate) async fn close_code(&mut self) -> Option<u16> {
        loop {
            match timeout(SOON, self.0.next())
                .await
                .expect("the relay does not hang up")?
                .ok()?
            {
                Message::Close(frame) => return frame.map(|frame| frame.code.into()),
                _ => continue,
            }
        }
    }

    /// Breaks the connection without a word.
    pub(crate) fn cut(self) {
        drop(self.0);
    }
}

/// A line of the open endpoint.
pub(crate) struct OpenLine {
    pub(crate) line: Line,
    next_id: RequestId,
}

impl OpenLine {
    pub(crate) async fn dial(address: &RelayAddress) -> Self {
        Self::greeted(Line::dial(address, open::PATH).await).await
    }

    /// A line on which hello and welcome have been said.
    pub(crate) async fn greeted(line: Line) -> Self {
        let mut this = Self {
            line,
            next_id: RequestId::FIRST,
        };
        this.line
            .send(open::ClientFrame::Hello(Hello::OURS).encode())
            .await;
        assert!(matches!(
            this.frame().await,
            Some(open::RelayFrame::Welcome {
                welcome: Welcome { version: 1, .. },
                ..
            })
        ));
        this
    }

    pub(crate) async fn frame(&mut self) -> Option<open::RelayFrame> {
        self.line
            .next()
            .await
            .map(|frame| open::RelayFrame::decode(frame).unwrap())
    }

    pub(crate) async fn ask(&mut self, request: open::Request) -> Result<open::Answer, Refusal> {
        let asked = self.next_id;
        self.next_id = asked.next();
        self.line
            .send(open::ClientFrame::Request { id: asked, request }.encode())
            .await;
        match self.frame().await.expect("the relay hung up") {
            open::RelayFrame::Answer { id, outcome } if id == asked => outcome,
            other => panic!("not the answer: {other:?}"),
        }
    }

    /// Asks everything without waiting, then takes as many answers, in the order of the questions.
    pub(crate) async fn ask_all(
        &mut self,
        requests: Vec<open::Request>,
    ) -> Vec<Result<open::Answer, Refusal>> {
        let mut asked = VecDeque::new();
        let mut frames = Vec::new();
        for request in requests {
            asked.push_back(self.next_id);
            frames.push(
                open::ClientFrame::Request {
                    id: self.next_id,
                    request,
                }
                .encode(),
            );
            self.next_id = self.next_id.next();
        }
        self.line.flush(frames).await;
        let mut answers = std::collections::HashMap::new();
        while answers.len() < asked.len() {
            match self.frame().await.expect("the relay hung up") {
                open::RelayFrame::Answer { id, outcome } => assert!(answers.insert(id, outcome).is_none()),
                other => panic!("not an answer: {other:?}"),
            }
        }
        asked.iter().map(|id| answers.remove(id).unwrap()).collect()
    }

    /// The refusal that ends the connection, and the close code.
    pub(crate) async fn refused(&mut self) -> (Option<Refusal>, Option<u16>) {
        match self.frame().await {
            Some(open::RelayFrame::Refused(refusal)) => (Some(refusal), self.line.close_code().await),
            Some(other) => panic!("not a refusal: {other:?}"),
            None => (None, None),
        }
    }
}

/// A line of the mailbox endpoint.
pub(crate) struct MailboxLine {
    pub(crate) line: Line,
    pub(crate) challenge: Challenge,
    pub(crate) trust_root: CurveKey,
    next_id: RequestId,
    /// Pushes that came while an answer was waited for.
    pushes: VecDeque<Push>,
}

impl MailboxLine {
    pub(crate) async fn dial(address: &RelayAddress) -> Self {
        let mut line = Line::dial(address, mailbox::PATH).await;
        line.send(mailbox::ClientFrame::Hello(Hello::OURS).encode()).await;
        let welcome = mailbox::RelayFrame::decode(line.next().await.unwrap()).unwrap();
        let mailbox::RelayFrame::Welcome { challenge, welcome } = welcome else {
            panic!("not a welcome: {welcome:?}")
        };
        Self {
            line,
            challenge,
            trust_root: welcome.trust_root,
            next_id: RequestId::FIRST,
            pushes: VecDeque::new(),
        }
    }

    async fn frame(&mut self) -> Option<mailbox::RelayFrame> {
        self.line
            .next()
            .await
            .map(|frame| mailbox::RelayFrame::decode(frame).unwrap())
    }

    pub(crate) async fn ask(&mut self, request: mailbox::Request) -> Result<mailbox::Answer, Refusal> {
        let asked = self.next_id;
        self.next_id = asked.next();
        self.line
            .send(mailbox::ClientFrame::Request { id: asked, request }.encode())
            .await;
        loop {
            match self.frame().await.expect("the relay hung up") {
                mailbox::RelayFrame::Answer { id, outcome } if id == asked => return outcome,
                mailbox::RelayFrame::Push(push) => self.pushes.push_back(push),
                other => panic!("not the answer: {other:?}"),
            }
        }
    }

    pub(crate) async fn push(&mut self) -> Push {
        if let Some(push) = self.pushes.pop_front() {
            return push;
        }
        match self.frame().await.expect("the relay hung up") {
            mailbox::RelayFrame::Push(push) => push,
            other => panic!("not a push: {other:?}"),
        }
    }

    /// The next envelope, not acknowledged.
    pub(crate) async fn letter(&mut self) -> (EnvelopeId, String) {
        match self.push().await {
            Push::Envelope {
                id,
                payload,
                received_at_ms,
                ..
            } => {
                assert!(received_at_ms > 1_700_000_000_000);
                let text = String::from_utf8(payload.as_bytes().to_vec()).unwrap();
                (id, text.trim_end_matches('\0').to_owned())
            }
            other => panic!("not an envelope: {other:?}"),
        }
    }

    /// The next envelope, acknowledged.
    pub(crate) async fn read(&mut self) -> String {
        let (id, text) = self.letter().await;
        self.acknowledge(vec![id]).await;
        text
    }

    pub(crate) async fn acknowledge(&mut self, ids: Vec<EnvelopeId>) {
        let request = mailbox::Request::Acknowledge(Acknowledge::new(ids).unwrap());
        assert_eq!(self.ask(request).await, Ok(mailbox::Answer::Acknowledged));
    }

    pub(crate) async fn queue_is_empty(&mut self) {
        assert_eq!(self.push().await, Push::QueueEmpty);
    }

    /// Nothing more comes.
    pub(crate) async fn silence(&mut self) {
        assert_eq!(self.pushes, []);
        if let Ok(frame) = timeout(A_LITTLE, self.line.next_ever()).await {
            panic!("something came: {:?}", frame.map(mailbox::RelayFrame::decode));
        }
    }

    /// How the relay says goodbye, and the close code.
    pub(crate) async fn closing(&mut self) -> (Closing, Option<u16>) {
        loop {
            match self.frame().await.expect("the relay hung up without a word") {
                mailbox::RelayFrame::Closing(closing) => return (closing, self.line.close_code().await),
                mailbox::RelayFrame::Push(push) => self.pushes.push_back(push),
                other => panic!("not a goodbye: {other:?}"),
            }
        }
    }

    /// The refusal that ends the connection, and the close code.
    pub(crate) async fn refused(&mut self) -> (Refusal, Option<u16>) {
        match self.frame().await.expect("the relay hung up without a word") {
            mailbox::RelayFrame::Refused(refusal) => (refusal, self.line.close_code().await),
            other => panic!("not a refusal: {other:?}"),
        }
    }
}
