//! A conversation with a contact who says whatever the fuzzer makes up: what [`receive`](super::receive) does once it has
//! decrypted a message.
//!
//! ```text
//! script = step ...
//! step   = 0x00 minutes(2) length(2) content     the contact says something, so long after the step before
//!        | 0x01                                   we say something
//!        | 0x02                                   we read what there is
//!        | 0x03                                   the contact waits to be accepted
//!        | 0x04                                   we accept them
//! ```
//! Nothing that a contact says may fail: the envelope would come again and again. And whatever was said, everything can be
//! listed and found after it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)] // a target stops at the first surprise

use std::cell::RefCell;
use std::time::Duration;

use rusqlite::{Connection, Transaction};
use sotto_protocol::curve::{IdentityKey, IdentityKeyPair};
use sotto_wire::AccountId;

use super::batch::Batch;
use super::speak;
use crate::changes::Arrival;
use crate::clock::Timestamp;
use crate::connection::Owner;
use crate::content::Content;
use crate::effects::Effects;
use crate::error::StorageError;
use crate::model::{Delivery, DisplayName};
use crate::store::table::account::{self as accounts, AccountRow};
use crate::store::table::contacts::{self, ContactRow};
use crate::store::table::messages::{self, ContentId, NewText};
use crate::{account, search, store};

pub(super) const ALICES: &str = "a1a1a1a1-a1a1-41a1-a1a1-a1a1a1a1a1a1";
pub(super) const MALLORYS: &str = "3a3a3a3a-3a3a-4a3a-ba3a-3a3a3a3a3a3a";

/// More steps show nothing new, and take long.
const MAX_STEPS: usize = 200;

/// Alice's database, in which Mallory is a contact.
struct Alice {
    database: Connection,
    owner: Owner,
    key: IdentityKey,
}

thread_local! {
    static ALICE: RefCell<Alice> = RefCell::new(Alice::new());
}

/// Plays a script, and forgets it.
pub(crate) fn play(script: &[u8]) {
    ALICE.with_borrow_mut(|alice| {
        let transaction = alice.database.transaction().unwrap();
        let mut story = Story {
            transaction: &transaction,
            owner: &alice.owner,
            key: &alice.key,
            now: Timestamp::from_millis(1_800_000_000_000),
            said: 0,
        };
        let mut rest = script;
        for _ in 0..MAX_STEPS {
            let Some(()) = story.step(&mut rest) else {
                break;
            };
        }
        story.look().expect("what was said can be shown");
        let check = "PRAGMA foreign_key_check";
        assert!(!transaction.prepare(check).unwrap().exists([]).unwrap());
    });
}

impl Alice {
    fn new() -> Self {
        let mut database = store::in_memory().unwrap();
        let own = AccountRow {
            account: ALICES.parse().unwrap(),
            registration_id: 1,
            relay: "relay.example".parse().unwrap(),
            display_name: DisplayName::parse("Alice").unwrap(),
            created_at: Timestamp::from_millis(1_700_000_000_000),
            registered_at: None,
        };
        let transaction = database.transaction().unwrap();
        accounts::insert(&transaction, &own).unwrap();
        contacts::insert(&transaction, mallorys(), &own.relay, None, own.created_at).unwrap();
        transaction.commit().unwrap();
        let pair = || IdentityKeyPair::generate(&mut rand::rng());
        Self {
            database,
            owner: account::owner(&own, pair()),
            key: pair().identity_key(),
        }
    }
}

fn mallorys() -> AccountId {
    MALLORYS.parse().unwrap()
}

struct Story<'a> {
    transaction: &'a Transaction<'a>,
    owner: &'a Owner,
    key: &'a IdentityKey,
    now: Timestamp,
    /// How many texts of ours there are.
    said: u8,
}

impl Story<'_> {
    /// `None` at the end of the script.
    fn step(&mut self, rest: &mut &[u8]) -> Option<()> {
        let [kind] = take(rest)?;
        let mallory = self.mallory();
        match kind % 5 {
            0 => {
                self.now = self.now.after(Duration::from_secs(60 * u64::from(number(rest)?)));
                let length = usize::from(number(rest)?).min(rest.len());
                let (said, after) = rest.split_at(length);
                *rest = after;
                self.hear(&mallory, said)
                    .expect("whatever a contact says is dealt with");
            }
            1 => {
                self.say(&mallory).unwrap();
                self.said = self.said.wrapping_add(1);
            }
            2 => {
                let newest = messages::newest(self.transaction).unwrap();
                messages::mark_read(self.transaction, mallory.id, newest, self.now).unwrap();
            }
            3 => contacts::set_requested(self.transaction, mallory.id, true).unwrap(),
            _ => contacts::set_requested(self.transaction, mallory.id, false).unwrap(),
        }
        Some(())
    }

    fn mallory(&self) -> ContactRow {
        contacts::by_account(self.transaction, mallorys())
            .unwrap()
            .unwrap()
    }

    fn hear(&self, mallory: &ContactRow, said: &[u8]) -> Result<(), StorageError> {
        let (mut effects, mut batch) = (Effects::default(), Batch::default());
        let arrival = Arrival {
            taken_at: self.now,
            now: self.now,
        };
        let author = (mallory, self.key);
        let said = (Content::parse(said), said);
        speak::hear(
            self.transaction,
            &mut effects,
            self.owner,
            author,
            said,
            &mut batch,
            arrival,
        )?;
        effects.complete(self.transaction).map(drop)
    }

    /// Says something under a name that a script can know.
    fn say(&self, mallory: &ContactRow) -> Result<(), StorageError> {
        let new = NewText {
            contact: mallory.id,
            content_id: ContentId([self.said; 16]),
            delivery: Some(Delivery::Sent),
            text: "What did you say?",
            quote: None,
            lifetime: None,
            sent_at: self.now,
            stored_at: self.now,
        };
        messages::insert_text(self.transaction, &new).map(drop)
    }

    /// Looks at everything that there is to see.
    fn look(&self) -> Result<(), StorageError> {
        let mallory = self.mallory();
        crate::contacts::conversations(self.transaction)?;
        messages::page(self.transaction, mallory.id, None, 10_000)?;
        while search::index_some(self.transaction, 500)? {}
        search::search(self.transaction, "what a b", None, None, 100)?;
        Ok(())
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, after) = rest.split_first_chunk()?;
    *rest = after;
    Some(*taken)
}

fn number(rest: &mut &[u8]) -> Option<u16> {
    take(rest).map(u16::from_be_bytes)
}
