//! Mallory, who has the relay, and stands between two people.
//!
//! ```text
//!                 ┌── mailboxes ────────► the relay they know ◄─────────────┐
//! Alice, Bob ── line                                                        │ a line of hers
//!                 └── everything else ──► a copy of it ◄── her line ── Mallory, twice
//! ```
//! The copy hands out keys of hers for both accounts, certifies them with the relay's own keys, and keeps what the two
//! say to each other in mailboxes that she reads: once as Alice, once as Bob, with the same program, names and addresses.
//! To the two she says what she likes, by the relay they know.

use std::net::SocketAddr;
use std::path::Path;

use rusqlite::Connection;
use sotto_engine::{RelayAddress, Unlock};
use sotto_protocol::curve::{IdentityKeyPair, PrivateKey};
use sotto_relay::{Config, RunningRelay};

use crate::{Line, Person, World};

/// Mallory between two people. What she does ends when she is dropped.
pub struct Mallory {
    /// Whom Bob takes for Alice.
    pub as_alice: Person,
    /// Whom Alice takes for Bob.
    pub as_bob: Person,
    _relay: RunningRelay,
    _lines: [Line; 2],
}

/// What somebody has to forget who begins anew with another key.
const FORGET: &str = "DELETE FROM skipped_keys; DELETE FROM sessions; DELETE FROM outbox;
    DELETE FROM signed_prekeys; DELETE FROM kyber_prekeys; DELETE FROM one_time_prekeys;";

impl Mallory {
    /// She steps between two people who know each other. They notice that the other's key has changed as soon as she
    /// says something to them.
    pub async fn between(world: &World, alice: &Person, bob: &Person) -> Self {
        let folder = world.folder().join("mallory");
        for person in [alice, bob] {
            person.leave().await;
        }
        world.stop_relay().await;
        copy(&world.relay_folder(), &folder.join("relay"));
        copy(alice.root(), &folder.join("alice"));
        copy(bob.root(), &folder.join("bob"));
        world.start_relay().await;
        for person in [alice, bob] {
            person.come_back().await;
        }

        let (her_line, to_the_relay) = (Line::new().await, Line::new().await);
        to_the_relay.lead_to(Some(world.relay_socket().await));
        let as_alice = imposter(world, alice, "Mallory as Alice", &folder.join("alice"));
        let as_bob = imposter(world, bob, "Mallory as Bob", &folder.join("bob"));
        let relay_data =
            Connection::open(folder.join("relay").join("relay.db")).expect("the copied relay's data");
        for person in [&as_alice, &as_bob] {
            let key = begin_anew(person, address_of(&her_line), address_of(&to_the_relay));
            let account = person.address().account;
            relay_data
                .execute(
                    "UPDATE accounts SET identity_key = ?1 WHERE account = ?2",
                    (key, account.as_bytes()),
                )
                .expect("the copied relay's accounts");
        }
        relay_data
            .execute_batch(
                "DELETE FROM standing_prekeys; DELETE FROM one_time_prekeys; DELETE FROM envelopes;",
            )
            .expect("the copied relay's prekeys");
        drop(relay_data);

        let mut config = Config::new(folder.join("relay"), SocketAddr::from(([127, 0, 0, 1], 0)));
        config.names = vec![address_of(&her_line).authority()];
        let relay = sotto_relay::serve(config)
            .await
            .unwrap_or_else(|error| panic!("no relay for Mallory: {error}"));
        her_line.lead_to(Some(relay.address()));
        world.line().lead_open_to(Some(relay.address()));
        for person in [&as_alice, &as_bob] {
            let came = person.try_to_come_back(Unlock::Keychain).await;
            came.unwrap_or_else(|error| panic!("{} does not come: {error}", person.name()));
            person.is_online().await;
        }
        Self {
            as_alice,
            as_bob,
            _relay: relay,
            _lines: [her_line, to_the_relay],
        }
    }
}

fn imposter(world: &World, of: &Person, name: &'static str, root: &Path) -> Person {
    let keychain = of.keychain().copied();
    Person::copied(of, name, root.to_owned(), keychain, world.shared_clock())
}

/// Another identity key in the place of the one that was copied; answers the public one.
fn begin_anew(person: &Person, own_relay: RelayAddress, relay_of_contacts: RelayAddress) -> [u8; 33] {
    let private = PrivateKey::generate(&mut rand::rng());
    let pair = IdentityKeyPair::from_private(private);
    person
        .keychain()
        .replace_identity_key(pair.private_key().expose_bytes());

    let data = person.database();
    data.execute_batch(FORGET).expect("a database to forget in");
    data.execute("UPDATE account SET relay = ?", [own_relay.to_string()])
        .expect("an account");
    data.execute("UPDATE contacts SET relay = ?", [relay_of_contacts.to_string()])
        .expect("contacts");
    pair.identity_key().to_bytes()
}

fn address_of(line: &Line) -> RelayAddress {
    line.address().to_string().parse().expect("the address of a line")
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder of Mallory's");
    for entry in std::fs::read_dir(from).expect("a folder to copy").flatten() {
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if source.is_dir() {
            copy(&source, &target);
        } else {
            std::fs::copy(&source, &target).expect("a file to copy");
        }
    }
}
