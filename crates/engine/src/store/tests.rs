//! The store, told as stories.

mod file;
mod tables;

use std::path::PathBuf;

use sotto_protocol::curve::{IdentityKey, PublicKey};
use sotto_wire::AccountId;

use super::*;
use crate::model::{ContactId, Delivery, DisplayName, MessageId};
use table::messages::{ContentId, NewText};
use table::{contacts, messages};

/// A folder of Alice's with her database key.
struct Home {
    folder: tempfile::TempDir,
    key: DatabaseKey,
}

impl Home {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            key: DatabaseKey::generate().unwrap(),
        }
    }

    fn database(&self) -> PathBuf {
        self.folder.path().join("messages.db")
    }

    async fn create(&self) -> Store {
        Store::create(self.database(), &self.key, at(0)).await.unwrap()
    }

    async fn open(&self) -> Result<Store, DatabaseError> {
        Store::open(self.database(), &self.key, at(7)).await
    }

    fn files(&self) -> Vec<String> {
        let names = std::fs::read_dir(self.folder.path()).unwrap();
        let mut names: Vec<_> = names
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn key(seed: u8) -> IdentityKey {
    IdentityKey::new(PublicKey::from_u([seed; 32]))
}

fn name(name: &str) -> DisplayName {
    DisplayName::parse(name).unwrap()
}

async fn meet_bob(store: &Store) -> (ContactId, AccountId) {
    let account = AccountId::random();
    let relay = "relay.example".parse().unwrap();
    let id = store
        .write(move |tx| contacts::insert(tx, account, &relay, Some(&name("Bob")), at(1)))
        .await
        .unwrap();
    (id, account)
}

fn text(tx: &Transaction<'_>, contact: ContactId, text: &str, delivery: Option<Delivery>) -> MessageId {
    try_text(tx, contact, text, delivery).unwrap()
}

fn try_text(
    tx: &Transaction<'_>,
    contact: ContactId,
    text: &str,
    delivery: Option<Delivery>,
) -> Result<MessageId, StorageError> {
    let content_id = ContentId::random();
    let new = NewText {
        contact,
        content_id,
        delivery,
        text,
        quote: None,
        lifetime: None,
        sent_at: at(5),
        stored_at: at(6),
    };
    Ok(messages::insert_text(tx, &new)?.expect("a new name"))
}
