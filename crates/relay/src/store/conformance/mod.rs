//! What every back end must hold, told as stories of two nodes that share a store.
//!
//! SQLite has one node: there the two are the same. PostgreSQL is a real one, started for the test.

mod accounts;
mod deliveries;
mod prekeys;
mod tokens;

use std::sync::Arc;

use ring::rand::{SecureRandom, SystemRandom};
use sotto_wire::open::Envelope;
use sotto_wire::{AccountId, ClientMessageId, DeviceId, Payload, Refusal};

use super::admission::{Admission, DeliveryTokens};
use super::{Delivery, IfNew, Registration, SpentInvite, Store, Waiting};
use crate::config::Limits;
use crate::hashes::TokenHash;
use crate::mailbox::{MailboxAddress, MailboxId, Sequence};
use crate::servers;
use crate::store::Connected;

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// Two nodes of a relay.
struct Nodes {
    one: Arc<Store>,
    two: Arc<Store>,
}

/// Runs every story on both back ends: on SQLite each as a test of its own, on PostgreSQL one after the other in one
/// database, since a server takes longer to start than they do. People are new in each.
macro_rules! stories {
    ($($module:ident :: $story:ident $(with $limits:expr)?;)*) => {
        mod sqlite {
            use super::Limits;

            $(
                #[tokio::test]
                async fn $story() {
                    let folder = tempfile::tempdir().unwrap();
                    let limits = super::limits(&[$($limits)?]);
                    super::$module::$story(super::embedded(&folder, limits)).await;
                }
            )*
        }

        #[tokio::test(flavor = "multi_thread")]
        async fn postgres_holds_what_every_store_must() {
            let server = servers::Postgres::start();
            let database = server.database("relay");
            $(
                println!("{}", stringify!($story));
                let limits = self::limits(&[$($limits)?]);
                $module::$story(Nodes {
                    one: shared(&database, limits).await,
                    two: shared(&database, limits).await,
                }).await;
            )*
        }
    };
}

stories! {
    accounts::the_first_key_of_an_account_stays;
    accounts::a_user_name_is_one_accounts_alone;
    accounts::of_two_who_want_a_name_at_once_one_gets_it;
    accounts::a_name_that_was_given_up_is_free_and_an_account_has_one_at_a_time;
    accounts::of_two_who_change_to_a_name_at_once_one_gets_it;
    accounts::a_closed_relay_takes_devices_of_accounts_it_has_and_no_new_accounts;
    accounts::an_invite_makes_as_many_accounts_as_it_says_whichever_node_is_asked;
    prekeys::each_one_time_prekey_is_handed_out_once_though_two_nodes_are_asked;
    prekeys::an_upload_tried_again_does_not_bring_back_what_was_handed_out;
    prekeys::more_than_there_is_room_for_is_refused_and_changes_nothing;
    prekeys::prekeys_that_were_lost_make_way_and_are_handed_out_to_nobody;
    prekeys::too_many_in_place_of_all_are_refused_and_change_nothing with Limits { one_time_prekeys: 3, ..Limits::default() };
    prekeys::who_has_no_standing_prekeys_gives_nothing_away;
    deliveries::what_is_delivered_waits_in_order_until_it_is_acknowledged;
    deliveries::a_message_tried_again_is_kept_once_whichever_node_takes_it;
    deliveries::a_message_tried_at_both_nodes_at_once_is_kept_once;
    deliveries::a_full_mailbox_keeps_what_came_before_and_has_room_when_something_is_acknowledged with Limits { mailbox_envelopes: 3, ..Limits::default() };
    deliveries::a_mailbox_is_full_by_bytes_too with Limits { mailbox_bytes: 600, ..Limits::default() };
    deliveries::a_reader_that_has_seen_an_envelope_has_seen_all_before_it;
    deliveries::waiting_is_read_in_pieces_by_number_and_bytes;
    deliveries::who_looks_learns_of_what_arrived_since;
    deliveries::what_is_too_old_is_forgotten_and_its_id_later;
    deliveries::two_who_write_to_each_other_do_not_wait_for_ever;
    deliveries::a_store_that_was_closed_says_so;
    tokens::nobody_gets_in_before_there_are_tokens_but_who_looked_the_name_up;
    tokens::a_wrong_token_and_no_mailbox_are_the_same;
    tokens::an_invite_is_good_for_so_many_envelopes;
    tokens::an_invite_is_good_for_so_many_bundles_though_two_nodes_are_asked;
    tokens::an_invite_that_was_dropped_has_expired_and_keeps_its_count;
    tokens::an_expired_invite_is_remembered_for_thirty_days;
    tokens::a_delivery_tried_again_is_answered_though_the_invite_is_used_up;
    tokens::asking_counts_nothing;
}

fn limits(limits: &[Limits]) -> Limits {
    limits.first().copied().unwrap_or_default()
}

fn embedded(folder: &tempfile::TempDir, limits: Limits) -> Nodes {
    let lock = std::fs::File::create(folder.path().join("lock")).unwrap();
    let one = Arc::new(Store::sqlite(&folder.path().join("relay.db"), limits, lock).unwrap());
    let two = Arc::clone(&one);
    Nodes { one, two }
}

async fn shared(address: &str, limits: Limits) -> Arc<Store> {
    let connected = Connected::open(address).await.unwrap();
    Arc::new(Store::postgres(connected, &[7; 32], limits).await.unwrap())
}

impl Nodes {
    /// Somebody with an account.
    async fn join(&self) -> Somebody {
        let somebody = Somebody::new();
        self.one.register(somebody.registration()).await.await.unwrap();
        let owner = self.two.owner(somebody.address).await.unwrap().unwrap();
        Somebody {
            mailbox: owner.mailbox,
            ..somebody
        }
    }
}

/// Somebody with a mailbox.
struct Somebody {
    address: MailboxAddress,
    mailbox: MailboxId,
}

impl Somebody {
    fn new() -> Self {
        Self {
            address: MailboxAddress {
                account: AccountId::random(),
                device: DeviceId::FIRST,
            },
            mailbox: MailboxId(0),
        }
    }

    fn registration(&self) -> Registration {
        Registration {
            address: self.address,
            identity_key: [5; 33].into(),
            registration_id: 1,
            user_name: None,
            if_new: IfNew::Allowed,
        }
    }

    fn delivery(&self, admission: Admission, letters: &[(ClientMessageId, &str)]) -> Delivery {
        let envelopes = letters.iter().map(|&(client_message_id, text)| Envelope {
            client_message_id,
            payload: Payload::new(text.as_bytes().to_vec()).unwrap(),
        });
        Delivery {
            address: self.address,
            admission,
            envelopes: envelopes.collect(),
        }
    }

    /// A delivery of somebody who looked the name up.
    async fn gets(&self, store: &Store, letters: &[(ClientMessageId, &str)]) -> Result<usize, Refusal> {
        let delivery = self.delivery(Admission::LookUp, letters);
        store.deliver(delivery, |_| ()).await.await
    }

    async fn gets_new(&self, store: &Store, text: &str) {
        assert_eq!(
            self.gets(store, &[(ClientMessageId::random(), text)]).await,
            Ok(1)
        );
    }

    async fn waiting(&self, store: &Store) -> Waiting {
        store
            .waiting(self.mailbox, Sequence::START, 10_000, usize::MAX)
            .await
            .unwrap()
    }

    async fn texts(&self, store: &Store) -> Vec<String> {
        self.waiting(store)
            .await
            .envelopes
            .iter()
            .map(|envelope| String::from_utf8(envelope.payload.as_bytes().to_vec()).unwrap())
            .collect()
    }

    async fn opens_to(&self, store: &Store, contact: &TokenHash, invites: &[(&TokenHash, u64)]) {
        let tokens = DeliveryTokens {
            contact: contact.clone(),
            invites: invites
                .iter()
                .map(|(hash, expiry)| ((*hash).clone(), *expiry))
                .collect(),
        };
        store
            .set_delivery_tokens(self.address, self.mailbox, tokens)
            .await
            .await
            .unwrap();
    }
}

fn hash() -> TokenHash {
    let mut bytes = [0; 32];
    SystemRandom::new().fill(&mut bytes).unwrap();
    TokenHash::try_from(&bytes[..]).unwrap()
}
