//! What the tables promise.

use sotto_protocol::prekey::{KyberPreKeyId, SignedPreKeyId};
use sotto_protocol::ratchet::MessageSeed;
use sotto_protocol::session::{
    ChainId, PostQuantumEviction, PostQuantumKeyId, SkippedKey, SkippedKeyId, SkippedKeys,
    SkippedPostQuantumKey, StateId,
};
use sotto_protocol::spqr::{ChainEpoch, PostQuantumKey};
use sotto_wire::{ClientMessageId, EnvelopeId};

use super::*;
use crate::model::{InviteState, MessageBody, Notice, Standing, VerifiedBy};
use sessions::StoredSkippedKeys;
use table::identity_keys::Observed;
use table::messages::Key;
use table::outbox::{NewOutboxRow, OutboxId, OutboxState};
use table::prekeys::PreKeyKind;
use table::sent::SentRow;
use table::undecryptable::UndecryptableRow;
use table::{
    account, identity_keys, invites, message_changes, outbox, prekeys, reach, replaced_tokens,
    seen_envelopes, sent, session_states, skipped_keys, skipped_post_quantum_keys, undecryptable, user_name,
};

fn name_of(tx: &Transaction<'_>, id: MessageId) -> ContentId {
    messages::facts(tx, id).unwrap().unwrap().key.content_id
}

/// Runs a story in one transaction of a new database, with Bob as a contact.
async fn story(tell: impl FnOnce(&Transaction<'_>, ContactId, AccountId) + Send + 'static) {
    let home = Home::new();
    let store = home.create().await;
    let (bob, account) = meet_bob(&store).await;
    store
        .write(move |tx| {
            tell(tx, bob, account);
            Ok::<_, StorageError>(())
        })
        .await
        .expect("the story ends well");
}

#[tokio::test]
async fn the_own_account_is_one_row() {
    story(|tx, _, _| {
        assert_eq!(account::read(tx).unwrap(), None);
        let mut row = account::AccountRow {
            account: AccountId::random(),
            registration_id: 4711,
            relay: "127.0.0.1:7070".parse().unwrap(),
            display_name: name("Alice"),
            created_at: at(1),
            registered_at: None,
        };
        account::insert(tx, &row).unwrap();
        assert_eq!(account::insert(tx, &row), Err(StorageError::Failed));
        account::set_display_name(tx, &name("Alice L.")).unwrap();
        account::set_registered(tx, at(9)).unwrap();
        row.display_name = name("Alice L.");
        row.registered_at = Some(at(9));
        assert_eq!(account::read(tx).unwrap(), Some(row));
    })
    .await;
}

#[tokio::test]
async fn bob_keeps_his_own_name_beside_the_one_alice_gave_him() {
    story(|tx, bob, account| {
        assert!(contacts::set_chosen_name(tx, bob, Some(&name("Bobby"))).unwrap());
        assert!(contacts::set_given_name(tx, bob, &name("Robert")).unwrap());
        let row = contacts::by_account(tx, account).unwrap().unwrap();
        assert_eq!(
            (row.given_name, row.chosen_name),
            (Some(name("Robert")), Some(name("Bobby")))
        );
        assert!(contacts::set_chosen_name(tx, bob, None).unwrap());
        assert_eq!(contacts::by_id(tx, bob).unwrap().unwrap().chosen_name, None);
        assert!(!contacts::set_chosen_name(tx, ContactId(99), None).unwrap());
        let again = contacts::insert(tx, account, &"relay.example".parse().unwrap(), None, at(2));
        assert_eq!(again, Err(StorageError::Failed), "one account is one contact");
    })
    .await;
}

#[tokio::test]
async fn a_changed_identity_key_waits_for_alice_and_stays_in_the_history() {
    story(|tx, _, bob| {
        let (first, second, third) = (key(1), key(2), key(3));
        assert_eq!(
            identity_keys::observe(tx, bob, &first, at(10)),
            Ok(Observed::First)
        );
        assert_eq!(
            identity_keys::observe(tx, bob, &first, at(11)),
            Ok(Observed::Same)
        );
        assert!(identity_keys::set_verified(tx, bob, &first, VerifiedBy::Invite, at(12)).unwrap());

        assert_eq!(
            identity_keys::observe(tx, bob, &second, at(20)),
            Ok(Observed::Changed)
        );
        assert_eq!(
            identity_keys::observe(tx, bob, &third, at(30)),
            Ok(Observed::Changed)
        );
        let present = identity_keys::present(tx, bob).unwrap().unwrap();
        assert!(present.is_pending() && present.key == third);
        let before = identity_keys::last_accepted(tx, bob).unwrap().unwrap();
        assert_eq!(
            (before.key, before.verified_by),
            (first, Some(VerifiedBy::Invite))
        );

        // A decision about a key that is not the present one any more is none.
        assert!(!identity_keys::accept(tx, bob, &second, at(31)).unwrap());
        assert!(!identity_keys::set_verified(tx, bob, &first, VerifiedBy::SafetyNumber, at(31)).unwrap());
        assert!(identity_keys::accept(tx, bob, &third, at(32)).unwrap());
        let present = identity_keys::present(tx, bob).unwrap().unwrap();
        assert_eq!((present.accepted_at, present.verified_at), (Some(at(32)), None));
        assert!(identity_keys::set_verified(tx, bob, &third, VerifiedBy::SafetyNumber, at(33)).unwrap());
        assert!(identity_keys::clear_verified(tx, bob, &third).unwrap());
        let present = identity_keys::present(tx, bob).unwrap().unwrap();
        assert_eq!((present.accepted_at, present.verified_at), (Some(at(32)), None));

        let history = identity_keys::history(tx, bob).unwrap();
        let periods: Vec<_> = history
            .iter()
            .map(|row| (row.key, row.first_seen, row.replaced_at))
            .collect();
        assert_eq!(
            periods,
            [
                (third, at(30), None),
                (second, at(20), Some(at(30))),
                (first, at(10), Some(at(20)))
            ]
        );
        assert_eq!(
            history[2].verified_at,
            Some(at(12)),
            "what was known then is not rewritten"
        );
    })
    .await;
}

#[tokio::test]
async fn a_key_comes_back_by_the_relays_word_and_not_by_a_late_message() {
    story(|tx, _, bob| {
        identity_keys::observe(tx, bob, &key(1), at(1)).unwrap();
        identity_keys::observe(tx, bob, &key(2), at(2)).unwrap();
        assert_eq!(
            identity_keys::observe(tx, bob, &key(1), at(3)),
            Ok(Observed::Replaced)
        );
        let superseded = |n| identity_keys::is_superseded(tx, bob, &key(n)).unwrap();
        assert!(!superseded(1), "nobody has accepted another one yet");
        assert!(identity_keys::accept(tx, bob, &key(2), at(4)).unwrap());
        assert!(superseded(1) && !superseded(2) && !superseded(3));
        assert_eq!(identity_keys::history(tx, bob).unwrap().len(), 2);

        assert_eq!(
            identity_keys::observe_present(tx, bob, &key(1), at(5)),
            Ok(Observed::Changed)
        );
        assert!(identity_keys::present(tx, bob).unwrap().unwrap().is_pending());
        assert_eq!(identity_keys::history(tx, bob).unwrap().len(), 3);
    })
    .await;
}

#[tokio::test]
async fn a_conversation_is_read_in_pages_from_its_end() {
    story(|tx, bob, _| {
        let ids: Vec<_> = (0..25).map(|n| text(tx, bob, &format!("{n}"), None)).collect();
        let (newest, older) = messages::page(tx, bob, None, 10).unwrap();
        assert!(older);
        assert_eq!(
            newest.iter().map(|message| message.id).collect::<Vec<_>>(),
            ids[15..]
        );
        let (middle, older) = messages::page(tx, bob, Some(ids[15]), 10).unwrap();
        assert!(older);
        assert_eq!(
            middle.iter().map(|message| message.id).collect::<Vec<_>>(),
            ids[5..15]
        );
        let (oldest, older) = messages::page(tx, bob, Some(ids[5]), 5).unwrap();
        assert!(!older);
        assert_eq!(
            oldest.iter().map(|message| message.id).collect::<Vec<_>>(),
            ids[..5]
        );
        assert!(messages::page(tx, ContactId(99), None, 10).unwrap().0.is_empty());
    })
    .await;
}

#[tokio::test]
async fn paging_and_counting_never_scan_a_conversation() {
    story(|tx, _, _| {
        let plan = |sql: &str| -> String {
            let mut statement = tx.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
            let rows = statement
                .query_map([], |row| row.get::<_, String>("detail"))
                .unwrap();
            rows.map(Result::unwrap).collect::<Vec<_>>().join("; ")
        };
        for (sql, index) in [
            (
                "SELECT * FROM messages WHERE contact = 1 AND id < 9 ORDER BY id DESC LIMIT 5",
                "messages_by_contact",
            ),
            (
                "SELECT count(*) FROM messages WHERE contact = 1 AND unread = 1",
                "messages_unread",
            ),
            (
                "SELECT id FROM messages WHERE contact = 1 AND unread = 1 ORDER BY id LIMIT 1",
                "messages_unread",
            ),
            (
                "SELECT * FROM messages WHERE contact = 1 AND text IS NOT NULL ORDER BY id DESC LIMIT 1",
                "messages_",
            ),
            (
                "SELECT counter FROM skipped_keys WHERE session = 1 AND ratchet_key = x'' ORDER BY counter",
                "PRIMARY KEY",
            ),
            (
                "DELETE FROM skipped_post_quantum_keys WHERE session = 1 AND epoch = 2 AND position < 3",
                "PRIMARY KEY",
            ),
            (
                "DELETE FROM skipped_post_quantum_keys WHERE session = 1 AND epoch < 2",
                "PRIMARY KEY",
            ),
        ] {
            let plan = plan(sql);
            assert!(plan.contains(index) && plan.contains("SEARCH"), "{sql}: {plan}");
            assert!(!plan.contains("TEMP B-TREE"), "{sql}: {plan}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_text_that_comes_twice_is_stored_once() {
    story(|tx, bob, _| {
        let content_id = ContentId::random();
        let new = |delivery| NewText {
            contact: bob,
            content_id,
            delivery,
            text: "hi",
            quote: None,
            lifetime: None,
            sent_at: at(1),
            stored_at: at(2),
        };
        let first = messages::insert_text(tx, &new(None)).unwrap().unwrap();
        assert_eq!(messages::insert_text(tx, &new(None)), Ok(None));
        // Bob cannot take a name away that Alice gave a text of her own.
        let own = messages::insert_text(tx, &new(Some(Delivery::Queued)))
            .unwrap()
            .unwrap();
        assert_ne!(first, own);
        assert_eq!(
            messages::by_key(
                tx,
                bob,
                Key {
                    outgoing: true,
                    content_id
                }
            )
            .unwrap()
            .unwrap()
            .id,
            own
        );
        assert_eq!(name_of(tx, own), content_id);
        assert_eq!(messages::unread_count(tx, bob), Ok(1));
    })
    .await;
}

#[tokio::test]
async fn reading_up_to_a_message_leaves_the_later_ones_unread() {
    story(|tx, bob, _| {
        let ids: Vec<_> = (0..3).map(|_| text(tx, bob, "hi", None)).collect();
        text(tx, bob, "mine", Some(Delivery::Queued));
        messages::insert_notice(tx, bob, Notice::JoinedByInvite, at(7)).unwrap();
        assert_eq!(messages::unread_count(tx, bob), Ok(3));
        assert_eq!(messages::unread_count_of_all(tx, at(9)), Ok(3));
        let read = messages::mark_read(tx, bob, ids[1], at(9)).unwrap();
        let names = ids[..2].iter().map(|id| name_of(tx, *id));
        assert_eq!(read, names.collect::<Vec<_>>());
        assert_eq!(messages::first_unread(tx, bob), Ok(Some(ids[2])));
        assert_eq!(
            messages::mark_read(tx, bob, ids[1], at(9)),
            Ok(vec![]),
            "a receipt is owed once"
        );
    })
    .await;
}

#[tokio::test]
async fn receipts_only_ever_raise() {
    story(|tx, bob, _| {
        let id = text(tx, bob, "hi", Some(Delivery::Queued));
        let content_id = name_of(tx, id);
        let raise = |delivery| messages::raise_delivery(tx, bob, content_id, delivery).unwrap();
        assert_eq!(raise(Delivery::Read), Some(id));
        assert_eq!(raise(Delivery::Delivered), None);
        assert_eq!(raise(Delivery::Read), None);
        assert_eq!(
            messages::set_delivery(tx, id, Delivery::Sent),
            Ok(false),
            "the relay's answer came late"
        );
        assert_eq!(
            messages::by_id(tx, id).unwrap().unwrap().delivery,
            Some(Delivery::Read)
        );
        assert_eq!(messages::set_delivery(tx, id, Delivery::Failed), Ok(true));
        let incoming = text(tx, bob, "theirs", None);
        let theirs = name_of(tx, incoming);
        assert_eq!(
            messages::raise_delivery(tx, bob, theirs, Delivery::Read),
            Ok(None)
        );
    })
    .await;
}

#[tokio::test]
async fn a_notice_is_a_line_and_not_a_preview() {
    story(|tx, bob, _| {
        let hi = text(tx, bob, "hi", None);
        let all = [
            Notice::JoinedByInvite,
            Notice::MetByInvite,
            Notice::IdentityKeyChanged,
            Notice::IdentityKeyAccepted,
            Notice::MarkedVerified,
            Notice::MarkedNotVerified,
            Notice::Undecryptable,
        ];
        for notice in all {
            let id = messages::insert_notice(tx, bob, notice, at(70)).unwrap();
            assert_eq!(
                messages::by_id(tx, id).unwrap().unwrap().body,
                MessageBody::Notice(notice)
            );
        }
        assert_eq!(messages::last_text(tx, bob).unwrap().unwrap().id, hi);
        assert_eq!(messages::last_stored_at(tx, bob), Ok(Some(at(70))));
    })
    .await;
}

fn queue(tx: &Transaction<'_>, recipient: AccountId, message: Option<MessageId>, blocked: bool) -> OutboxId {
    let row = NewOutboxRow {
        recipient,
        message,
        about: None,
        content: b"content",
        blocked,
        resends: 0,
    };
    outbox::insert(tx, &row, at(1)).unwrap()
}

#[tokio::test]
async fn what_waits_for_bob_goes_in_order_and_apart_from_what_waits_for_carol() {
    story(|tx, _, bob| {
        let carol = AccountId::random();
        let queue = |to| queue(tx, to, None, false);
        let (bob1, carol1, bob2) = (queue(bob), queue(carol), queue(bob));
        let first = |to, limit| -> Vec<_> {
            outbox::first(tx, to, limit)
                .unwrap()
                .iter()
                .map(|row| row.id)
                .collect()
        };
        assert_eq!(first(bob, 10), [bob1, bob2]);
        assert_eq!(first(bob, 1), [bob1]);
        assert_eq!(first(carol, 10), [carol1]);
        assert_eq!(outbox::recipients(tx).unwrap().len(), 2);
        outbox::delete(tx, carol1).unwrap();
        outbox::delete(tx, bob1).unwrap();
        assert_eq!(outbox::recipients(tx), Ok(vec![bob]));
        assert_eq!(first(bob, 10), [bob2]);
    })
    .await;
}

#[tokio::test]
async fn what_is_encrypted_once_stays_the_same_bytes() {
    story(|tx, _, bob| {
        let id = queue(tx, bob, None, false);
        let client_message_id = ClientMessageId::random();
        assert!(outbox::set_encrypted(tx, id, 2, b"one", client_message_id).unwrap());
        assert!(!outbox::set_encrypted(tx, id, 3, b"two", ClientMessageId::random()).unwrap());
        assert!(outbox::block(tx, bob).unwrap().is_empty());
        let row = outbox::by_id(tx, id).unwrap().unwrap();
        let expected = OutboxState::Encrypted {
            message_type: 2,
            ciphertext: b"one".to_vec(),
            client_message_id,
        };
        assert!(row.state == expected);
    })
    .await;
}

#[tokio::test]
async fn a_blocked_recipient_is_sent_nothing_until_alice_decides() {
    story(|tx, bob, account| {
        let message = text(tx, bob, "hi", Some(Delivery::Queued));
        queue(tx, account, None, false);
        queue(tx, account, Some(message), false);
        assert_eq!(outbox::block(tx, account), Ok(vec![message]));
        queue(tx, account, None, true);
        assert_eq!(outbox::recipients(tx), Ok(vec![]));
        assert!(
            outbox::first(tx, account, 10)
                .unwrap()
                .iter()
                .all(|row| row.state == OutboxState::Blocked)
        );
        assert_eq!(outbox::unblock(tx, account), Ok(vec![message]));
        assert!(
            outbox::first(tx, account, 10)
                .unwrap()
                .iter()
                .all(|row| row.state == OutboxState::Queued)
        );
        assert_eq!(outbox::recipients(tx), Ok(vec![account]));
    })
    .await;
}

#[tokio::test]
async fn what_an_edited_text_says_has_come_as_far_as_the_edit() {
    story(|tx, bob, account| {
        let edited = text(tx, bob, "firday", Some(Delivery::Delivered));
        let delivery = || messages::by_id(tx, edited).unwrap().unwrap().delivery;
        message_changes::set_text(tx, edited, bob, "Friday", 1, at(2)).unwrap();
        let row = NewOutboxRow {
            recipient: account,
            message: None,
            about: Some(edited),
            content: b"an edit",
            blocked: false,
            resends: 0,
        };
        let edit = outbox::insert(tx, &row, at(2)).unwrap();
        assert_eq!(delivery(), Some(Delivery::Queued));
        assert_eq!(outbox::subjects(tx, account), Ok(vec![edited]));
        outbox::block(tx, account).unwrap();
        assert_eq!(delivery(), Some(Delivery::Blocked));
        outbox::unblock(tx, account).unwrap();
        assert_eq!(delivery(), Some(Delivery::Queued));
        outbox::delete(tx, edit).unwrap();
        assert_eq!(delivery(), Some(Delivery::Delivered));
    })
    .await;
}

#[tokio::test]
async fn what_was_sent_to_bob_can_be_asked_for_again_by_him_alone_and_for_a_while() {
    story(|tx, bob, account| {
        let message = text(tx, bob, "hi", Some(Delivery::Sent));
        let row = |message| SentRow {
            message,
            about: None,
            content: b"content".to_vec(),
            resends: 1,
        };
        sent::insert(tx, &[1; 32], account, &row(Some(message)), at(10)).unwrap();
        sent::insert(tx, &[2; 32], account, &row(None), at(20)).unwrap();
        assert!(sent::by_digest(tx, &[1; 32], account).unwrap() == Some(row(Some(message))));
        assert!(
            sent::by_digest(tx, &[1; 32], AccountId::random())
                .unwrap()
                .is_none()
        );
        sent::delete_message(tx, message).unwrap();
        assert!(sent::by_digest(tx, &[1; 32], account).unwrap().is_none());
        assert_eq!(sent::delete_before(tx, at(20)), Ok(0));
        assert_eq!(sent::delete_before(tx, at(21)), Ok(1));
    })
    .await;
}

#[tokio::test]
async fn an_envelope_is_seen_once_and_forgotten_in_time() {
    story(|tx, _, _| {
        let envelope = EnvelopeId::random();
        assert_eq!(seen_envelopes::contains(tx, envelope), Ok(false));
        assert_eq!(seen_envelopes::insert(tx, envelope, at(10)), Ok(true));
        assert_eq!(seen_envelopes::insert(tx, envelope, at(20)), Ok(false));
        assert_eq!(seen_envelopes::delete_before(tx, at(10)), Ok(0));
        assert_eq!(seen_envelopes::contains(tx, envelope), Ok(true));
        assert_eq!(seen_envelopes::delete_before(tx, at(11)), Ok(1));
        assert_eq!(seen_envelopes::contains(tx, envelope), Ok(false));
    })
    .await;
}

#[tokio::test]
async fn rubbish_from_strangers_does_not_fill_the_disk() {
    story(|tx, _, bob| {
        let row = |n: u32| UndecryptableRow {
            envelope_id: EnvelopeId::random(),
            sender: n.is_multiple_of(2).then_some(bob),
            payload: n.to_be_bytes().to_vec(),
            received_at: at(n.into()),
        };
        let rows: Vec<_> = (0..undecryptable::MAX_KEPT + 3).map(row).collect();
        rows.iter()
            .for_each(|row| undecryptable::insert(tx, row).unwrap());
        assert_eq!(undecryptable::all(tx).unwrap(), rows[3..]);
        let of_bob = rows[3..].iter().filter(|row| row.sender == Some(bob));
        let since = at(100);
        let lately = of_bob.filter(|row| row.received_at >= since).count() as u32;
        assert_eq!(undecryptable::count_since(tx, bob, since), Ok(lately));
    })
    .await;
}

#[tokio::test]
async fn an_invite_is_opened_once_by_one() {
    story(|tx, _, bob| {
        let id = invites::insert(tx, &[7; 16], at(10), at(100)).unwrap();
        let late = invites::insert(tx, &[8; 16], at(10), at(50)).unwrap();
        let taken_back = invites::insert(tx, &[9; 16], at(10), at(100)).unwrap();
        assert_eq!(invites::revoke(tx, taken_back, at(20)), Ok(true));
        assert_eq!(invites::revoke(tx, taken_back, at(21)), Ok(false));
        let open: Vec<_> = invites::open(tx, at(60))
            .unwrap()
            .iter()
            .map(|row| (row.id, *row.secret))
            .collect();
        assert_eq!(open, [(id, [7; 16])]);
        assert_eq!(invites::set_used(tx, late, bob, at(50)), Ok(false));
        assert_eq!(invites::set_used(tx, taken_back, bob, at(50)), Ok(false));
        assert_eq!(invites::set_used(tx, id, bob, at(60)), Ok(true));
        assert_eq!(invites::set_used(tx, id, AccountId::random(), at(61)), Ok(false));
        assert_eq!(invites::revoke(tx, id, at(62)), Ok(false));
        let states: Vec<_> = invites::all(tx)
            .unwrap()
            .iter()
            .map(|row| row.state(at(60)))
            .collect();
        assert_eq!(
            states,
            [InviteState::Revoked, InviteState::Expired, InviteState::Used]
        );
        assert_eq!(invites::by_id(tx, id).unwrap().unwrap().used, Some((bob, at(60))));
    })
    .await;
}

fn skipped(state: u8, ratchet_key: u8, counter: u32) -> SkippedKeyId {
    let chain = ChainId {
        state: StateId([state; 32]),
        ratchet_key: PublicKey::from_u([ratchet_key; 32]),
    };
    SkippedKeyId { chain, counter }
}

fn post_quantum(state: u8, epoch: u64, index: u32) -> PostQuantumKeyId {
    PostQuantumKeyId {
        state: StateId([state; 32]),
        epoch: ChainEpoch(epoch),
        index,
    }
}

#[tokio::test]
async fn skipped_post_quantum_keys_are_found_one_by_one_and_evicted_by_range() {
    story(|tx, _, bob| {
        let peer = Peer::primary(bob);
        let keys = StoredSkippedKeys { connection: tx, peer };
        let store = |id| {
            let key = PostQuantumKey::from_array([7; 32]);
            skipped_post_quantum_keys::insert(tx, peer, &SkippedPostQuantumKey { id, key })
        };
        assert_eq!(
            store(post_quantum(1, 0, 1)),
            Err(StorageError::Failed),
            "no session, no key of it"
        );
        for state in [1, 2] {
            session_states::put(tx, peer, &StateId([state; 32]), Some(state.into()), b"head").unwrap();
            for (epoch, index) in [(0, 5), (0, 300), (1, 5), (1, 6), (2, 1)] {
                store(post_quantum(state, epoch, index)).unwrap();
            }
        }
        let held = |state| {
            let all = [(0, 5), (0, 300), (1, 5), (1, 6), (2, 1)];
            let held = |(epoch, index): &(u64, u32)| {
                let found = keys.find_post_quantum(&post_quantum(state, *epoch, *index));
                found.unwrap().is_some_and(|key| key.expose_bytes() == &[7; 32])
            };
            all.into_iter().filter(held).collect::<Vec<_>>()
        };
        assert_eq!(held(1).len(), 5);
        assert!(keys.find_post_quantum(&post_quantum(1, 0, 6)).unwrap().is_none());
        skipped_post_quantum_keys::delete(tx, peer, &post_quantum(1, 0, 300)).unwrap();
        assert_eq!(held(1), [(0, 5), (1, 5), (1, 6), (2, 1)]);
        let (state, epoch) = (StateId([1; 32]), ChainEpoch(1));
        let keys_before = PostQuantumEviction::Keys {
            state,
            epoch,
            before: 6,
        };
        skipped_post_quantum_keys::evict(tx, peer, &keys_before).unwrap();
        assert_eq!(held(1), [(0, 5), (1, 6), (2, 1)]);
        let epochs_before = PostQuantumEviction::Epochs {
            state,
            before: ChainEpoch(2),
        };
        skipped_post_quantum_keys::evict(tx, peer, &epochs_before).unwrap();
        assert_eq!(held(1), [(2, 1)]);
        assert_eq!(held(2).len(), 5, "another state's");
        session_states::delete(tx, peer, &StateId([2; 32])).unwrap();
        let left: u32 = tx
            .query_row("SELECT count(*) FROM skipped_post_quantum_keys", [], |row| {
                row.get(0)
            })
            .unwrap();
        assert_eq!(left, 1);
    })
    .await;
}

#[tokio::test]
async fn skipped_keys_are_found_one_by_one_and_go_with_their_session() {
    story(|tx, _, bob| {
        let peer = Peer::primary(bob);
        let keys = StoredSkippedKeys { connection: tx, peer };
        let put = |state: u8, rank| {
            session_states::put(tx, peer, &StateId([state; 32]), rank, b"head").unwrap();
        };
        let store = |id: SkippedKeyId, seed: u8| {
            skipped_keys::insert(
                tx,
                peer,
                &SkippedKey {
                    id,
                    seed: MessageSeed::from_array([seed; 32]),
                },
            )
        };
        assert_eq!(
            store(skipped(1, 1, 0), 1),
            Err(StorageError::Failed),
            "no session, no key of it"
        );
        put(1, None);
        for counter in [300, 5, 70] {
            store(skipped(1, 1, counter), 1).unwrap();
        }
        store(skipped(1, 2, 5), 2).unwrap();
        let seed = |id| keys.find(&id).unwrap().map(|seed| *seed.expose_bytes());
        assert_eq!(seed(skipped(1, 1, 5)), Some([1; 32]));
        assert_eq!(seed(skipped(1, 2, 5)), Some([2; 32]));
        assert_eq!(seed(skipped(1, 1, 6)), None);
        assert_eq!(seed(skipped(2, 1, 5)), None);
        assert_eq!(keys.oldest(&skipped(1, 1, 0).chain, 2).unwrap(), [5, 70]);
        assert_eq!(
            keys.oldest(&skipped(1, 1, 0).chain, usize::MAX).unwrap(),
            [5, 70, 300]
        );

        // The session goes on, is archived, and another takes its place: its skipped keys stay.
        put(1, Some(0));
        put(2, None);
        assert_eq!(seed(skipped(1, 1, 5)), Some([1; 32]));
        skipped_keys::delete(tx, peer, &skipped(1, 1, 5)).unwrap();
        assert_eq!(seed(skipped(1, 1, 5)), None);
        skipped_keys::delete_chain(tx, peer, &skipped(1, 1, 0).chain).unwrap();
        assert_eq!(seed(skipped(1, 1, 70)), None);
        assert_eq!(seed(skipped(1, 2, 5)), Some([2; 32]));
        session_states::delete(tx, peer, &StateId([1; 32])).unwrap();
        let left: u32 = tx
            .query_row("SELECT count(*) FROM skipped_keys", [], |row| row.get(0))
            .unwrap();
        assert_eq!(left, 0);
        // A record has one current state.
        let second_current = session_states::put(tx, peer, &StateId([3; 32]), None, b"head");
        assert_eq!(second_current, Err(StorageError::Failed));
    })
    .await;
}

#[tokio::test]
async fn the_number_of_a_prekey_is_never_given_twice() {
    story(|tx, _, _| {
        assert_eq!(prekeys::next_id(tx, PreKeyKind::OneTime), Ok(1));
        tx.execute(
            "INSERT INTO one_time_prekeys (id, bytes, created_at) VALUES (1, x'', 0), (2, x'', 0)",
            [],
        )
        .unwrap();
        assert_eq!(prekeys::unpublished(tx, PreKeyKind::OneTime), Ok(vec![1, 2]));
        prekeys::set_published(tx, PreKeyKind::OneTime, &[1], at(5)).unwrap();
        assert_eq!(prekeys::unpublished(tx, PreKeyKind::OneTime), Ok(vec![2]));
        tx.execute("DELETE FROM one_time_prekeys", []).unwrap();
        assert_eq!(prekeys::next_id(tx, PreKeyKind::OneTime), Ok(3));
        assert_eq!(prekeys::next_id(tx, PreKeyKind::Signed), Ok(1));
    })
    .await;
}

#[tokio::test]
async fn rotated_prekeys_go_after_a_while_but_never_the_newest() {
    story(|tx, _, _| {
        tx.execute("INSERT INTO signed_prekeys (id, bytes, created_at) VALUES (1, x'', 10), (2, x'', 20), (3, x'', 30)", [])
            .unwrap();
        tx.execute(
            "INSERT INTO kyber_prekeys (id, last_resort, bytes, created_at)
             VALUES (1, 1, x'', 10), (2, 0, x'', 10), (3, 1, x'', 20)",
            [],
        )
        .unwrap();
        let base_key = PublicKey::from_u([4; 32]);
        let (kyber, signed) = (KyberPreKeyId(1), SignedPreKeyId(1));
        prekeys::insert_used_base_key(tx, kyber, signed, &base_key).unwrap();
        assert_eq!(prekeys::was_base_key_used(tx, kyber, signed, &base_key), Ok(true));
        assert_eq!(prekeys::was_base_key_used(tx, KyberPreKeyId(3), signed, &base_key), Ok(false));

        assert_eq!(prekeys::delete_rotated(tx, at(20)), Ok(2));
        assert_eq!(prekeys::was_base_key_used(tx, kyber, signed, &base_key), Ok(false));
        assert_eq!(prekeys::delete_rotated(tx, at(1000)), Ok(1));
        prekeys::delete_one_time_kyber(tx, KyberPreKeyId(3)).unwrap();
        let ids = |kind| prekeys::unpublished(tx, kind).unwrap();
        assert_eq!(ids(PreKeyKind::Signed), [3]);
        assert_eq!(ids(PreKeyKind::Kyber), [2, 3], "one-time ones are not rotated, a last-resort one is not used up");
    })
    .await;
}

#[tokio::test]
async fn a_contact_waits_is_blocked_and_is_gone_with_all_they_said() {
    story(|tx, bob, account| {
        let row = || contacts::by_id(tx, bob).unwrap().unwrap();
        assert_eq!(row().standing(), Standing::Accepted);
        assert_eq!(contacts::count_requests(tx).unwrap(), 0);
        text(tx, bob, "Hello!", None);
        contacts::set_requested(tx, bob, true).unwrap();
        assert_eq!(row().standing(), Standing::Requested);
        assert_eq!(contacts::count_requests(tx).unwrap(), 1);
        assert_eq!(messages::unread_count_of_all(tx, at(9)).unwrap(), 0);
        contacts::set_blocked(tx, bob, Some(at(9))).unwrap();
        assert_eq!(row().standing(), Standing::Blocked);
        assert_eq!(
            contacts::count_requests(tx).unwrap(),
            0,
            "who is blocked takes nobody's place"
        );
        contacts::set_blocked(tx, bob, None).unwrap();
        assert_eq!(row().standing(), Standing::Requested);
        assert_eq!(messages::incoming_count(tx, bob).unwrap(), 1);
        assert_eq!(messages::incoming_names(tx, bob).unwrap().len(), 1);
        contacts::delete(tx, bob).unwrap();
        assert_eq!(contacts::by_account(tx, account).unwrap(), None);
        assert_eq!(messages::incoming_count(tx, bob).unwrap(), 0);
    })
    .await;
}

#[tokio::test]
async fn what_is_for_somebody_is_found_in_order_without_what_is_for_others() {
    story(|tx, bob, account| {
        let carol = AccountId::random();
        let said = text(tx, bob, "Hello!", Some(Delivery::Queued));
        let queue = |recipient, message| {
            let row = NewOutboxRow {
                recipient,
                message,
                about: None,
                content: b"content",
                blocked: false,
                resends: 0,
            };
            outbox::insert(tx, &row, at(1)).unwrap()
        };
        let first = queue(account, Some(said));
        queue(carol, None);
        let second = queue(account, None);
        let found = outbox::all(tx, account).unwrap();
        assert_eq!(
            found.iter().map(|row| row.id).collect::<Vec<_>>(),
            [first, second]
        );
    })
    .await;
}

#[tokio::test]
async fn a_token_that_was_replaced_is_remembered_until_it_ends() {
    story(|tx, _, _| {
        reach::insert(tx, &[1; 16]).unwrap();
        reach::set_next_token(tx, &[2; 16]).unwrap();
        let row = reach::read(tx).unwrap().unwrap();
        assert!(row.delivery_token == [1; 16].into() && row.next_token == Some([2; 16].into()));
        replaced_tokens::insert(tx, &row.delivery_token, at(50)).unwrap();
        reach::adopt_next_token(tx).unwrap();
        reach::adopt_next_token(tx).unwrap();
        let row = reach::read(tx).unwrap().unwrap();
        assert!(row.delivery_token == [2; 16].into() && row.next_token.is_none());
        replaced_tokens::insert(tx, &row.delivery_token, at(60)).unwrap();
        let good = |now| {
            let good = replaced_tokens::good(tx, at(now), 9).unwrap();
            good.into_iter()
                .map(|(token, ends_at)| (token.as_bytes()[0], ends_at))
                .collect::<Vec<_>>()
        };
        assert_eq!(good(49), [(2, at(60)), (1, at(50))]);
        assert_eq!(good(50), [(2, at(60))]);
        assert_eq!(replaced_tokens::good(tx, at(0), 1).unwrap().len(), 1);
        replaced_tokens::delete_ended(tx, at(60)).unwrap();
        assert_eq!(good(0), []);
    })
    .await;
}

#[tokio::test]
async fn the_user_name_is_one_row_that_is_there_from_the_beginning() {
    story(|tx, _, _| {
        let row = || user_name::read(tx).unwrap();
        assert_eq!((row().name, row().unsure), (None, false));
        user_name::set_unsure(tx, true).unwrap();
        assert!(row().unsure);
        let alice = "alice".parse().unwrap();
        user_name::set(tx, Some(&alice)).unwrap();
        assert_eq!((row().name, row().unsure), (Some(alice), false));
        user_name::set(tx, None).unwrap();
        assert_eq!(row().name, None);
    })
    .await;
}
