//! A bus of our own, on which the test is logind.

use std::io::{BufRead, BufReader};
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tokio::sync::mpsc;
use zbus::object_server::{InterfaceRef, SignalEmitter};
use zbus::zvariant::{ObjectPath, OwnedFd};
use zbus::{Connection, connection, interface};

use super::logind::follow_on;

const MANAGER: &str = "/org/freedesktop/login1";
const SESSION: &str = "/org/freedesktop/login1/session/_31";
const PATIENCE: Duration = Duration::from_secs(30);

struct Bus {
    daemon: Child,
    address: String,
}

impl Bus {
    fn start() -> Self {
        let mut daemon = Command::new("dbus-daemon")
            .args(["--session", "--nofork", "--print-address=1"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut address = String::new();
        let said = daemon.stdout.take().unwrap();
        BufReader::new(said).read_line(&mut address).unwrap();
        Self {
            daemon,
            address: address.trim().to_owned(),
        }
    }

    async fn connect(&self) -> Connection {
        let bus = connection::Builder::address(self.address.as_str()).unwrap();
        bus.build().await.unwrap()
    }
}

impl Drop for Bus {
    fn drop(&mut self) {
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
    }
}

/// Who inhibits sleep, by the other end of what they hold.
struct Manager {
    inhibitors: mpsc::UnboundedSender<UnixStream>,
}

#[interface(name = "org.freedesktop.login1.Manager")]
impl Manager {
    fn get_session(&self, id: &str) -> ObjectPath<'static> {
        assert_eq!(id, "auto");
        ObjectPath::from_static_str_unchecked(SESSION)
    }

    fn inhibit(&self, what: &str, _who: &str, _why: &str, mode: &str) -> OwnedFd {
        assert_eq!((what, mode), ("sleep", "delay"));
        let (ours, theirs) = UnixStream::pair().unwrap();
        self.inhibitors.send(ours).unwrap();
        std::os::fd::OwnedFd::from(theirs).into()
    }

    #[zbus(signal)]
    async fn prepare_for_sleep(to: &SignalEmitter<'_>, begins: bool) -> zbus::Result<()>;
}

struct Session {
    locked: bool,
}

#[interface(name = "org.freedesktop.login1.Session")]
impl Session {
    #[zbus(property)]
    fn locked_hint(&self) -> bool {
        self.locked
    }

    #[zbus(signal)]
    async fn lock(to: &SignalEmitter<'_>) -> zbus::Result<()>;
}

/// Waits for the next lock, or for the next inhibitor.
async fn next<T>(coming: &mut mpsc::UnboundedReceiver<T>) -> T {
    let next = tokio::time::timeout(PATIENCE, coming.recv()).await;
    next.unwrap().unwrap()
}

/// Waits until whoever has the other end lets go of it.
async fn is_let_go(inhibitor: UnixStream) {
    let read = tokio::task::spawn_blocking(move || {
        inhibitor.set_read_timeout(Some(PATIENCE)).unwrap();
        std::io::Read::read(&mut &inhibitor, &mut [0])
    });
    assert_eq!(read.await.unwrap().unwrap(), 0);
}

/// The computer is about to sleep, and does so once the window is locked.
async fn is_locked_before_it_sleeps(
    manager: &InterfaceRef<Manager>,
    inhibited: &mut mpsc::UnboundedReceiver<UnixStream>,
    locks: &mut mpsc::UnboundedReceiver<()>,
) {
    let inhibitor = next(inhibited).await;
    Manager::prepare_for_sleep(manager.signal_emitter(), true)
        .await
        .unwrap();
    next(locks).await;
    is_let_go(inhibitor).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_window_is_locked_before_the_computer_sleeps_and_when_its_screen_is_locked() {
    let bus = Bus::start();
    let (inhibitors, mut inhibited) = mpsc::unbounded_channel();
    let logind = bus.connect().await;
    let objects = logind.object_server();
    objects.at(MANAGER, Manager { inhibitors }).await.unwrap();
    objects.at(SESSION, Session { locked: false }).await.unwrap();
    logind.request_name("org.freedesktop.login1").await.unwrap();

    let (lock, mut locks) = mpsc::unbounded_channel();
    let sotto = bus.connect().await;
    let following = tokio::spawn(async move {
        follow_on(&sotto, async move || lock.send(()).unwrap())
            .await
            .unwrap();
    });

    let manager = objects.interface::<_, Manager>(MANAGER).await.unwrap();
    is_locked_before_it_sleeps(&manager, &mut inhibited, &mut locks).await;

    Manager::prepare_for_sleep(manager.signal_emitter(), false)
        .await
        .unwrap();
    is_locked_before_it_sleeps(&manager, &mut inhibited, &mut locks).await;

    let session = objects.interface::<_, Session>(SESSION).await.unwrap();
    Session::lock(session.signal_emitter()).await.unwrap();
    next(&mut locks).await;
    session.get_mut().await.locked = true;
    session
        .get()
        .await
        .locked_hint_changed(session.signal_emitter())
        .await
        .unwrap();
    next(&mut locks).await;
    following.abort();
}
