//! An account is made here and at the relay, or at neither.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic
)]

use std::path::Path;
use std::sync::Arc;

use rusqlite::Connection;
use sotto_engine::checkpoint::NoCheckpoints;
use sotto_engine::clock::SystemClock;
use sotto_engine::error::CreateError;
use sotto_engine::model::DisplayName;
use sotto_engine::profile::{Profile, ProfileName};
use sotto_engine::vault::NewSlots;
use sotto_engine::{Engine, Environment, NewAccount};
use sotto_testkit::{MemoryKeychain, World};

struct Home {
    profile: Arc<Profile>,
    keychain: Arc<MemoryKeychain>,
}

impl Home {
    fn new(folder: &Path) -> Self {
        Self {
            profile: Arc::new(Profile::open(ProfileName::parse("default").unwrap(), Some(folder)).unwrap()),
            keychain: Arc::default(),
        }
    }

    async fn move_in(&self, world: &World) -> Result<Engine, CreateError> {
        let environment = Environment {
            clock: Arc::new(SystemClock),
            keychain: self.keychain.clone(),
            checkpoints: Arc::new(NoCheckpoints),
        };
        let account = NewAccount {
            relay: world.relay_address().into(),
            display_name: DisplayName::parse("Alice").unwrap(),
            vault: NewSlots::Keychain,
        };
        Engine::create(Arc::clone(&self.profile), environment, account).await
    }
}

fn accounts_at_the_relay(world: &World) -> u32 {
    let relay = Connection::open(world.relay_folder().join("relay.db")).unwrap();
    relay
        .query_row("SELECT count(*) FROM accounts", [], |row| row.get(0))
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vault_that_cannot_be_written_leaves_no_empty_account_at_the_relay() {
    let world = World::new().await;
    let alice = Home::new(&world.folder_of("alice"));
    alice.keychain.lock();
    let refused = alice.move_in(&world).await;
    assert!(matches!(refused, Err(CreateError::Vault(_))));
    assert_eq!(accounts_at_the_relay(&world), 0);

    alice.keychain.come_back();
    let engine = alice.move_in(&world).await.unwrap();
    assert_eq!(accounts_at_the_relay(&world), 1);
    engine.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_cannot_be_asked_leaves_no_account_here() {
    let world = World::new().await;
    let alice = Home::new(&world.folder_of("alice"));
    world.line().cut();
    let refused = alice.move_in(&world).await;
    assert!(matches!(refused, Err(CreateError::Relay(_))));
    assert!(!Engine::exists(&alice.profile));
    assert!(alice.keychain.contents().is_empty());

    world.line().mend();
    let engine = alice.move_in(&world).await.unwrap();
    assert_eq!(engine.conversations().await.unwrap(), []);
    engine.shutdown().await;
}
