//! Relays that are not open to everybody, and one that is reached by TLS: the engine finds its way in.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a story may stop at the first surprise

use std::path::Path;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use sotto_relay::config::{Config, Registration};
use sotto_testkit::process::{Call, Headless, Program, Reply};
use tokio::process::Command;

const HELLO: &str = "Hello!";

/// Somebody who trusts the roots in a file, as if the system had them, and asks for an account.
async fn ask_for_account(
    name: &'static str,
    home: &Path,
    relay: &str,
    roots: Option<&Path>,
) -> (Headless, Reply) {
    let mut command = Command::new(Program::Headless.path());
    command.arg("--data").arg(home.join(name));
    if let Some(roots) = roots {
        command.env("SSL_CERT_FILE", roots);
    }
    let mut person = Headless::run(name, &home.join(name), command);
    let create = Call::Create {
        relay: relay.to_owned(),
        name: name.to_owned(),
        passphrase: "a passphrase of a story".to_owned(),
    };
    let reply = person.try_call(&create).await.unwrap();
    (person, reply)
}

async fn join(name: &'static str, home: &Path, relay: &str, roots: Option<&Path>) -> Headless {
    let (person, reply) = ask_for_account(name, home, relay, roots).await;
    assert_eq!(reply, Reply::Done, "{name}");
    person
}

async fn they_talk(alice: &mut Headless, bob: &mut Headless) {
    bob.accepts(&alice.invites().await).await;
    alice.knows("Bob").await;
    bob.knows("Alice").await;
    bob.says("Alice", HELLO).await;
    alice.hears("Bob", &[HELLO]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn alice_and_bob_talk_through_tls_and_carol_who_does_not_trust_the_certificate_does_not() {
    let home = tempfile::tempdir().unwrap();
    let mut parameters = CertificateParams::new(Vec::new()).unwrap();
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root = CertifiedIssuer::self_signed(parameters, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = certificate.signed_by(&key, &root).unwrap();
    let write = |name: &str, text: String| {
        let path = home.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let roots = write("root.pem", root.pem());
    let mut config = Config::new(home.path().join("relay"), "127.0.0.1:0".parse().unwrap());
    config.tls.certificate = Some(write("relay.pem", certificate.pem()));
    config.tls.key = Some(write("relay.key", key.serialize_pem()));
    let relay = sotto_relay::serve(config).await.unwrap();
    let address = format!("wss://localhost:{}", relay.address().port());

    let mut alice = join("Alice", home.path(), &address, Some(&roots)).await;
    let mut bob = join("Bob", home.path(), &address, Some(&roots)).await;
    they_talk(&mut alice, &mut bob).await;
    let (_, reply) = ask_for_account("Carol", home.path(), &address, None).await;
    assert!(matches!(reply, Reply::Failed(_)), "{reply:?}");
    alice.leaves().await;
    bob.leaves().await;
    relay.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invite_behind_the_address_opens_a_relay_that_takes_nobody_without() {
    let home = tempfile::tempdir().unwrap();
    let mut config = Config::new(home.path().join("relay"), "127.0.0.1:0".parse().unwrap());
    config.limits.registration = Registration::InviteOnly;
    let relay = sotto_relay::serve(config.clone()).await.unwrap();
    config.listen = relay.address();
    let invites = sotto_relay::upkeep::relay_invites(&config, 2, 1, 7).unwrap();

    let (_, reply) = ask_for_account("Mallory", home.path(), &relay.address().to_string(), None).await;
    assert!(
        matches!(&reply, Reply::Failed(why) if why.contains("InviteRequired")),
        "{reply:?}"
    );
    let mut alice = join("Alice", home.path(), &invites[0], None).await;
    let mut bob = join("Bob", home.path(), &invites[1], None).await;
    they_talk(&mut alice, &mut bob).await;
    let (_, reply) = ask_for_account("Carol", home.path(), &invites[1], None).await;
    assert!(
        matches!(&reply, Reply::Failed(why) if why.contains("WrongInvite")),
        "{reply:?}"
    );
    alice.leaves().await;
    bob.leaves().await;
    relay.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_engine_works_for_its_account_where_a_relay_asks_for_it() {
    let home = tempfile::tempdir().unwrap();
    let mut config = Config::new(home.path().join("relay"), "127.0.0.1:0".parse().unwrap());
    config.limits.registration = Registration::ProofOfWork;
    config.limits.work_bits = 12;
    let relay = sotto_relay::serve(config).await.unwrap();
    let address = relay.address().to_string();
    let mut alice = join("Alice", home.path(), &address, None).await;
    let mut bob = join("Bob", home.path(), &address, None).await;
    they_talk(&mut alice, &mut bob).await;
    alice.leaves().await;
    bob.leaves().await;
    relay.shutdown().await;
}
