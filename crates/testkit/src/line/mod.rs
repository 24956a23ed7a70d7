//! The line between the engines and a relay: a TCP proxy that a story can cut, stall, slow down and meddle with.
//!
//! It keeps its address while the relay behind it comes and goes, so that a relay can be restarted on another port and
//! is still the relay that everybody knows.

mod deliveries;
mod frame;

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use tokio_util::sync::{CancellationToken, DropGuard};

pub use deliveries::change_delivery;
use frame::Frame;

/// Which way a message on the line goes: the endpoint it belongs to says how to read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// From a mailbox's owner to the relay: a [`sotto_wire::mailbox::ClientFrame`].
    ToMailbox,
    /// From the relay to a mailbox's owner: a [`sotto_wire::mailbox::RelayFrame`].
    FromMailbox,
    /// From somebody who does not say who they are: a [`sotto_wire::open::ClientFrame`].
    ToOpen,
    /// To somebody who did not say who they are: a [`sotto_wire::open::RelayFrame`].
    FromOpen,
}

/// What a meddler makes of one message: the messages that travel on in its place, none to lose it, two to double it.
pub type Meddler = dyn Fn(Way, Vec<u8>) -> Vec<Vec<u8>> + Send + Sync;

/// The line. It ends when it is dropped.
pub struct Line {
    address: SocketAddr,
    state: watch::Sender<State>,
    meddler: Arc<Mutex<Arc<Meddler>>>,
    _serving: DropGuard,
}

#[derive(Debug, Clone, Copy)]
struct State {
    relay: Option<SocketAddr>,
    /// Where those are led who do not say who they are, if not there.
    open: Option<SocketAddr>,
    cut: Cut,
    stalled: bool,
    delay: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cut {
    Nothing,
    Mailboxes,
    Everything,
}

/// The longest head of an HTTP request or answer.
const LONGEST_HEAD: usize = 16 * 1024;

impl Line {
    /// A line that leads nowhere yet; see [`Line::lead_to`].
    pub async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a free port on the loopback");
        let address = listener.local_addr().expect("the address of a bound listener");
        let state = watch::Sender::new(State {
            relay: None,
            open: None,
            cut: Cut::Nothing,
            stalled: false,
            delay: Duration::ZERO,
        });
        let meddler: Arc<Mutex<Arc<Meddler>>> = Arc::new(Mutex::new(Arc::new(|_, message| vec![message])));
        let serving = CancellationToken::new();
        let served = serve(listener, state.subscribe(), Arc::clone(&meddler));
        tokio::spawn(serving.clone().run_until_cancelled_owned(served));
        Self {
            address,
            state,
            meddler,
            _serving: serving.drop_guard(),
        }
    }

    /// The address that engines dial.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Connects the line to the relay at `relay`, or to none; connections to the one before it end.
    pub fn lead_to(&self, relay: Option<SocketAddr>) {
        self.state.send_modify(|state| state.relay = relay);
    }

    /// Leads those who do not say who they are, to deliver and to fetch keys, to another relay than the owners of mailboxes:
    /// what everybody says to everybody else is in its hands.
    pub fn lead_open_to(&self, relay: Option<SocketAddr>) {
        self.state.send_modify(|state| state.open = relay);
    }

    /// Ends all connections and refuses new ones.
    pub fn cut(&self) {
        self.state.send_modify(|state| state.cut = Cut::Everything);
    }

    /// Ends the connections to mailboxes and refuses new ones, while messages can still be posted: nobody is reached,
    /// and everybody can be written to.
    pub fn cut_mailboxes(&self) {
        self.state.send_modify(|state| state.cut = Cut::Mailboxes);
    }

    /// Keeps connections, and lets nothing through: what a machine sees when its network is gone without a word.
    pub fn stall(&self) {
        self.state.send_modify(|state| state.stalled = true);
    }

    /// Lets every message take `delay` longer, in either direction.
    pub fn slow_down(&self, delay: Duration) {
        self.state.send_modify(|state| state.delay = delay);
    }

    /// Undoes [`Line::cut`], [`Line::cut_mailboxes`], [`Line::stall`] and [`Line::slow_down`].
    pub fn mend(&self) {
        self.state.send_modify(|state| {
            *state = State {
                cut: Cut::Nothing,
                stalled: false,
                delay: Duration::ZERO,
                ..*state
            };
        });
    }

    /// Puts `meddler` in the line in place of the one before it.
    pub fn meddle(&self, meddler: impl Fn(Way, Vec<u8>) -> Vec<Vec<u8>> + Send + Sync + 'static) {
        *self.meddler.lock().expect("no holder of this lock panics") = Arc::new(meddler);
    }

    /// Lets every message through as it is.
    pub fn leave_alone(&self) {
        self.meddle(|_, message| vec![message]);
    }
}

async fn serve(listener: TcpListener, state: watch::Receiver<State>, meddler: Arc<Mutex<Arc<Meddler>>>) {
    let mut connections = tokio::task::JoinSet::new();
    loop {
        // An error of `accept` is that of one connection, or passes (no more file descriptors).
        let Ok((engine, _)) = listener.accept().await else {
            continue;
        };
        connections.spawn(connect(engine, state.clone(), Arc::clone(&meddler)));
        while connections.try_join_next().is_some() {}
    }
}

/// One connection, from its first byte until either side, or the line, ends it.
async fn connect(
    engine: TcpStream,
    mut state: watch::Receiver<State>,
    meddler: Arc<Mutex<Arc<Meddler>>>,
) -> io::Result<()> {
    if state.borrow_and_update().relay.is_none() || state.borrow().cut == Cut::Everything {
        return Ok(());
    }
    engine.set_nodelay(true)?;
    let (from_engine, to_engine) = engine.into_split();
    let mut from_engine = BufReader::new(from_engine);
    let request = read_head(&mut from_engine).await?;
    let to_mailbox = request.starts_with(b"GET /v1/mailbox");
    let (there, back) = if to_mailbox {
        (Way::ToMailbox, Way::FromMailbox)
    } else {
        (Way::ToOpen, Way::FromOpen)
    };
    let leads = move |now: &State| now.open.filter(|_| !to_mailbox).or(now.relay);
    let Some(address) = leads(&state.borrow_and_update()) else {
        return Ok(());
    };
    let kept = move |now: &State| {
        leads(now) == Some(address)
            && now.cut != Cut::Everything
            && !(to_mailbox && now.cut == Cut::Mailboxes)
    };

    let talk = async {
        let server = TcpStream::connect(address).await?;
        server.set_nodelay(true)?;
        let (from_relay, mut to_relay) = server.into_split();
        let mut from_relay = BufReader::new(from_relay);
        let mut to_engine = to_engine;
        to_relay.write_all(&request).await?;
        let answer = read_head(&mut from_relay).await?;
        to_engine.write_all(&answer).await?;
        if !answer.starts_with(b"HTTP/1.1 101") {
            tokio::io::copy(&mut from_relay, &mut to_engine).await?;
            return Ok(());
        }
        // Either direction ending ends both: that is how a broken TCP connection looks to both sides.
        tokio::select! {
            ended = carry(from_engine, to_relay, there, state.clone(), &meddler) => ended,
            ended = carry(from_relay, to_engine, back, state.clone(), &meddler) => ended,
        }
    };
    let mut cut = state.clone();
    tokio::select! {
        ended = talk => ended,
        _ = cut.wait_for(|now| !kept(now)) => Ok(()),
    }
}

/// The head of an HTTP message, with the empty line that ends it.
async fn read_head(from: &mut (impl AsyncRead + Unpin + AsyncBufReadExt)) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let room = (LONGEST_HEAD - head.len()) as u64;
        if (&mut *from).take(room).read_until(b'\n', &mut head).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(head)
}

/// Carries frames one way. Reading goes on while earlier frames are still on their way, so that a delay is a delay and
/// not a narrow pipe.
async fn carry(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    way: Way,
    mut state: watch::Receiver<State>,
    meddler: &Mutex<Arc<Meddler>>,
) -> io::Result<()> {
    let (enter, mut leave) = mpsc::unbounded_channel::<(Instant, Frame)>();
    let reading_state = state.clone();
    let reading = async move {
        while let Some(frame) = Frame::read(&mut from).await? {
            let due = Instant::now() + reading_state.borrow().delay;
            if enter.send((due, frame)).is_err() {
                break;
            }
        }
        Ok::<(), io::Error>(())
    };
    let writing = async {
        while let Some((due, frame)) = leave.recv().await {
            tokio::time::sleep_until(due).await;
            if state.wait_for(|now| !now.stalled).await.is_err() {
                break;
            }
            if !frame.is_binary() {
                frame.write(&mut to).await?;
                continue;
            }
            let meddler = Arc::clone(&*meddler.lock().expect("no holder of this lock panics"));
            for payload in meddler(way, frame.payload.clone()) {
                frame.carrying(payload).write(&mut to).await?;
            }
        }
        Ok::<(), io::Error>(())
    };
    tokio::try_join!(reading, writing).map(drop)
}

#[cfg(test)]
mod tests;
