//! TLS by the program itself: certificates from files, replaced while it runs, and by ACME from a certificate authority
//! made for tests (`pebble`).

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // tests stop at the first surprise

mod authority;

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use authority::Authority;
use futures_util::{SinkExt, StreamExt};
use rustls::pki_types::{CertificateDer, ServerName};
use sotto_wire::{Hello, open};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::tungstenite::Message;

/// A relay in a process of its own, killed when the story ends.
struct Process {
    child: Child,
    address: SocketAddr,
}

impl Process {
    fn start(data: &Path, listen: &str, arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_sotto-relay"))
            .args(["serve", "--listen", listen, "--data"])
            .arg(data)
            .args(arguments)
            .env_remove("RUST_LOG")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let address = line
            .trim()
            .strip_prefix("listening on ")
            .expect("it starts")
            .parse()
            .unwrap();
        Self { child, address }
    }

    fn hang_up_signal(&self) {
        let pid = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-HUP", &pid])
                .status()
                .unwrap()
                .success()
        );
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// A handshake with whoever says to be `localhost`, vouched for by the authority.
async fn connect(
    address: SocketAddr,
    authority: &CertificateDer<'static>,
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(authority.clone()).unwrap();
    let config =
        rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
    let stream = TcpStream::connect(address).await?;
    let name = ServerName::try_from("localhost").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, stream).await
}

fn shown(stream: &TlsStream<TcpStream>) -> CertificateDer<'static> {
    stream
        .get_ref()
        .1
        .peer_certificates()
        .unwrap()
        .first()
        .unwrap()
        .clone()
        .into_owned()
}

/// Waits until the relay shows another certificate than this one.
async fn until_another_is_shown(
    relay: &Process,
    authority: &CertificateDer<'static>,
    old: &CertificateDer<'static>,
) {
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(20) {
        if shown(&connect(relay.address, authority).await.unwrap()) != *old {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the old certificate is still shown");
}

async fn says_welcome(stream: TlsStream<TcpStream>, address: SocketAddr) {
    let url = format!("wss://localhost:{}{}", address.port(), open::PATH);
    let (mut socket, _) = tokio_tungstenite::client_async(url, stream).await.unwrap();
    let hello = open::ClientFrame::Hello(Hello::OURS).encode();
    socket.send(Message::Binary(hello)).await.unwrap();
    let Some(Ok(Message::Binary(frame))) = socket.next().await else {
        panic!("no welcome")
    };
    assert!(matches!(
        open::RelayFrame::decode(frame),
        Ok(open::RelayFrame::Welcome { .. })
    ));
}

#[tokio::test]
async fn a_certificate_is_replaced_while_the_relay_runs_and_half_a_pair_is_not_taken() {
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = (folder.path().join("relay.pem"), folder.path().join("relay.key"));
    let authority = Authority::new();
    let write = || {
        let (chain, secret) = authority.issue("localhost");
        fs::write(&certificate, chain).unwrap();
        fs::write(&key, secret).unwrap();
    };
    write();
    let arguments = [
        "--tls-certificate",
        certificate.to_str().unwrap(),
        "--tls-key",
        key.to_str().unwrap(),
    ];
    let relay = Process::start(&folder.path().join("data"), "127.0.0.1:0", &arguments);
    let stream = connect(relay.address, authority.certificate()).await.unwrap();
    let first = shown(&stream);
    says_welcome(stream, relay.address).await;

    // Told to.
    write();
    relay.hang_up_signal();
    until_another_is_shown(&relay, authority.certificate(), &first).await;
    let second = shown(&connect(relay.address, authority.certificate()).await.unwrap());

    // A certificate whose key is another one, and a file that is none: the one that works is kept.
    fs::write(&certificate, authority.issue("localhost").0).unwrap();
    relay.hang_up_signal();
    fs::write(&key, "not a key").unwrap();
    relay.hang_up_signal();
    tokio::time::sleep(Duration::from_millis(500)).await;
    let stream = connect(relay.address, authority.certificate()).await.unwrap();
    assert_eq!(shown(&stream), second);

    // By itself, when it looks next.
    write();
    until_another_is_shown(&relay, authority.certificate(), &second).await;

    // Who does not speak TLS gets nowhere, and takes nobody along.
    let mut plain = TcpStream::connect(relay.address).await.unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut plain, b"GET /health HTTP/1.1\r\n\r\n")
        .await
        .unwrap();
    let mut answer = Vec::new();
    tokio::io::AsyncReadExt::read_to_end(&mut plain, &mut answer)
        .await
        .ok();
    assert!(!answer.starts_with(b"HTTP"));
    says_welcome(stream, relay.address).await;
}

#[test]
fn a_relay_does_not_start_without_the_certificate_it_was_promised() {
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = (folder.path().join("relay.pem"), folder.path().join("relay.key"));
    let start = || {
        let output = Command::new(env!("CARGO_BIN_EXE_sotto-relay"))
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(folder.path().join("data"))
            .arg("--tls-certificate")
            .arg(&certificate)
            .arg("--tls-key")
            .arg(&key)
            .output()
            .unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, said) = start();
    assert_eq!(code, Some(8), "{said}");
    assert!(said.contains("relay.pem cannot be read"), "{said}");

    let authority = Authority::new();
    fs::write(&certificate, authority.issue("localhost").0).unwrap();
    fs::write(&key, "nothing").unwrap();
    let (code, said) = start();
    assert_eq!(code, Some(8), "{said}");
    assert!(said.contains("relay.key holds no private key in PEM"), "{said}");

    fs::write(&key, authority.issue("localhost").1).unwrap();
    let (code, said) = start();
    assert_eq!(code, Some(8), "{said}");
    assert!(said.contains("the certificate and its key do not work"), "{said}");
}

/// A certificate authority that speaks ACME, in a process of its own.
struct Pebble(Child);

impl Drop for Pebble {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// A port that was free a moment ago.
fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

impl Pebble {
    /// Starts one whose own server the authority vouches for, and which proves names on this port.
    fn start(folder: &Path, authority: &Authority, port: u16, proofs: u16) -> Self {
        let (chain, secret) = authority.issue("localhost");
        let file = |name: &str, text: &str| {
            let path = folder.join(name);
            fs::write(&path, text).unwrap();
            path.display().to_string()
        };
        let config = format!(
            r#"{{ "pebble": {{ "listenAddress": "127.0.0.1:{port}", "managementListenAddress": "127.0.0.1:{}",
                "certificate": "{}", "privateKey": "{}", "httpPort": {}, "tlsPort": {proofs} }} }}"#,
            free_port(),
            file("pebble.pem", &chain),
            file("pebble.key", &secret),
            free_port(),
        );
        let child = Command::new("pebble")
            .args(["-config", &file("pebble.json", &config)])
            .env("PEBBLE_VA_NOSLEEP", "1")
            // It refuses some good requests on purpose, and whoever is refused waits longer each time.
            .env("PEBBLE_WFE_NONCEREJECT", "0")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("`pebble` is installed");
        let pebble = Self(child);
        let started = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(
                started.elapsed() < Duration::from_secs(30),
                "pebble does not start"
            );
            std::thread::sleep(Duration::from_millis(50));
        }
        pebble
    }
}

#[tokio::test]
async fn a_certificate_is_got_by_acme_and_kept_over_a_restart() {
    let installed = Command::new("pebble").arg("--help").output().is_ok();
    if !installed && (std::env::var_os("CI").is_none() || !cfg!(target_os = "linux")) {
        eprintln!("left out: `pebble` is not installed");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new();
    let root = folder.path().join("root.pem");
    fs::write(&root, authority.pem()).unwrap();
    let (port, listen) = (free_port(), free_port());
    let pebble = Pebble::start(folder.path(), &authority, port, listen);
    let directory = format!("https://localhost:{port}/dir");
    let arguments = [
        "--acme-domain",
        "localhost",
        "--acme-contact",
        "mailto:you@relay.example",
        "--acme-directory",
        &directory,
        "--acme-root",
        root.to_str().unwrap(),
    ];
    let data = folder.path().join("data");
    let listen = format!("127.0.0.1:{listen}");
    let watched = free_port();
    let metrics = format!("127.0.0.1:{watched}");
    let arguments = [&arguments[..], &["--metrics-listen", &metrics]].concat();
    let relay = Process::start(&data, &listen, &arguments);
    let got = certificate_shown(&relay).await.expect("no certificate was got");
    // Kept a moment after it is shown.
    let began = Instant::now();
    while expiry_told(watched) == 0.0 && began.elapsed() < Duration::from_secs(20) {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let expires = expiry_told(watched);
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs_f64();
    assert!(expires > now + 3_600.0, "{expires}");
    drop((relay, pebble));

    // The authority is gone; what was got is still there.
    let relay = Process::start(&data, &listen, &arguments);
    assert_eq!(certificate_shown(&relay).await, Some(got));
    assert_eq!(expiry_told(watched), expires);
    let folder = data.join("acme");
    let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(folder).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o700);
}

/// When the certificate expires, as the metrics say.
fn expiry_told(port: u16) -> f64 {
    use std::io::{Read, Write};
    let mut stream = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
    write!(
        stream,
        "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let name = "sotto_relay_certificate_expires_timestamp_seconds ";
    let value = text.lines().find_map(|line| line.strip_prefix(name));
    value.unwrap().parse().unwrap()
}

/// The certificate, whoever vouches for it: pebble makes its own root anew at each start.
async fn certificate_shown(relay: &Process) -> Option<CertificateDer<'static>> {
    let config =
        rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(authority::Anybody))
            .with_no_client_auth();
    let connector = TlsConnector::from(Arc::new(config));
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(120) {
        let stream = TcpStream::connect(relay.address).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        if let Ok(stream) = connector.connect(name, stream).await {
            let certificate = shown(&stream);
            says_welcome(stream, relay.address).await;
            return Some(certificate);
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    None
}
