//! TLS on the way to PostgreSQL and Redis: real servers that talk to nobody without.

use std::fs;
use std::time::Duration;

use sotto_relay::{Config, RunningRelay, ServeError};
use sotto_wire::mailbox::Push;
use tempfile::TempDir;
use tokio::time::{Instant, sleep};

use crate::authority::Authority;
use crate::nodes::{connect, join, open};
use crate::people::{DELIVERED, payload, start};
use crate::servers::{Postgres, Redis};
use crate::web::{get, metric};

/// Whom the servers are vouched for by, and who has nothing to do with them.
struct Roots {
    folder: TempDir,
    authority: Authority,
}

impl Roots {
    fn new() -> Self {
        let (folder, authority) = (tempfile::tempdir().unwrap(), Authority::new());
        fs::write(folder.path().join("root.pem"), authority.pem()).unwrap();
        fs::write(folder.path().join("other.pem"), Authority::new().pem()).unwrap();
        Self { folder, authority }
    }

    fn file(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    fn postgres(&self, name: &str) -> Postgres {
        let (certificate, key) = self.authority.issue(name);
        Postgres::start_encrypted(&certificate, &key)
    }
}

async fn serves(folder: &TempDir, address: &str, parameters: &str) -> Result<(), ServeError> {
    let mut config = Config::new(folder.path(), "127.0.0.1:0".parse().unwrap());
    config.database = Some(format!("{address}?{parameters}"));
    sotto_relay::serve(config).await?.shutdown().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_is_encrypted_and_known_as_its_address_says() {
    let roots = Roots::new();
    let (root, other) = (roots.file("root.pem"), roots.file("other.pem"));
    let postgres = roots.postgres("127.0.0.1");
    let database = postgres.database("relay");
    let folder = tempfile::tempdir().unwrap();
    for parameters in [
        "sslmode=prefer".to_owned(),
        "sslmode=require".to_owned(),
        format!("sslmode=require&sslrootcert={root}"),
        format!("sslmode=verify-ca&sslrootcert={root}"),
        format!("sslmode=verify-full&sslrootcert={root}"),
    ] {
        let outcome = serves(&folder, &database, &parameters).await;
        assert!(outcome.is_ok(), "{parameters}: {outcome:?}");
    }
    for parameters in [
        // It is not one that this system trusts.
        "sslmode=verify-full".to_owned(),
        format!("sslmode=verify-full&sslrootcert={other}"),
        format!("sslmode=verify-ca&sslrootcert={other}"),
        format!("sslmode=require&sslrootcert={other}"),
        // The server would not have it.
        "sslmode=disable".to_owned(),
    ] {
        let outcome = serves(&folder, &database, &parameters).await;
        assert!(
            matches!(outcome, Err(ServeError::Database(_))),
            "{parameters}: {outcome:?}"
        );
    }

    // Vouched for, but for another host.
    let elsewhere = roots.postgres("db.example");
    let database = elsewhere.database("relay");
    let folder = tempfile::tempdir().unwrap();
    let full = format!("sslmode=verify-full&sslrootcert={root}");
    let outcome = serves(&folder, &database, &full).await;
    assert!(matches!(outcome, Err(ServeError::Database(_))), "{outcome:?}");
    let chain = format!("sslmode=verify-ca&sslrootcert={root}");
    assert!(serves(&folder, &database, &chain).await.is_ok());
}

async fn is_on_the_bus(node: &RunningRelay) -> bool {
    let (_, text) = get(node.metrics_address().unwrap(), "/metrics").await;
    metric(&text, "sotto_relay_bus_connected") == 1.0
}

#[tokio::test(flavor = "multi_thread")]
async fn letters_travel_between_nodes_over_an_encrypted_bus_and_not_over_somebody_elses() {
    let roots = Roots::new();
    let (certificate, key) = roots.authority.issue("127.0.0.1");
    let redis = Redis::start_encrypted(&certificate, &key);
    let postgres = Postgres::start();
    let database = postgres.database("relay");
    let folder = tempfile::tempdir().unwrap();
    let node = |root: &str| {
        let (database, bus, root) = (database.clone(), redis.address(), roots.file(root));
        move |config: &mut Config| {
            config.database = Some(database);
            config.bus = Some(bus);
            config.bus_root = Some(root.into());
            config.names = vec!["relay.example".parse().unwrap()];
            config.metrics_listen = Some("127.0.0.1:0".parse().unwrap());
        }
    };
    let one = start(folder.path(), node("root.pem")).await;
    let two = start(folder.path(), node("root.pem")).await;
    let began = Instant::now();
    while !is_on_the_bus(&one).await || !is_on_the_bus(&two).await {
        assert!(began.elapsed() < Duration::from_secs(30), "the bus is not there");
        sleep(Duration::from_millis(50)).await;
    }
    let alice = join(&one).await;
    let mut line = connect(&one, &alice).await;
    line.queue_is_empty().await;
    let mut bob = open(&two).await;
    // What is ephemeral is nowhere but on the bus.
    assert_eq!(bob.ask(alice.whisper("typing")).await, DELIVERED);
    let payload = payload("typing");
    assert_eq!(line.push().await, Push::Ephemeral { payload });

    // Somebody who takes it for another's does not speak to it.
    let stranger = start(folder.path(), node("other.pem")).await;
    sleep(Duration::from_secs(2)).await;
    assert!(!is_on_the_bus(&stranger).await);
}
