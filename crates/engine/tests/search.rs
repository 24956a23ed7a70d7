//! Alice looks for what was said.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic
)]

use sotto_engine::model::{ContactId, MessageId, SearchPage};
use sotto_testkit::{Person, World, eventually, introduce};

async fn looks_for(person: &Person, typed: &str, in_conversation: Option<ContactId>) -> SearchPage {
    let engine = person.engine();
    engine
        .search(typed.to_owned(), in_conversation, None, 50)
        .await
        .unwrap()
}

async fn finds(person: &Person, typed: &str) -> Vec<String> {
    let page = looks_for(person, typed, None).await;
    page.hits.into_iter().map(|hit| hit.snippet.text).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn alice_finds_what_was_said_whoever_said_it_and_however_she_spells_it() {
    let world = World::new().await;
    let (alice, bob) = (world.alice().await, world.bob().await);
    introduce(&alice, &bob).await;
    let said = [
        "Meet me at the old mill",
        "Straße, naïve, Ærø",
        "明日の会議は三時からです",
        "أهلاً، نلتقي عند المَكتبة",
        "שָׁלוֹם עולם",
        "Yes 👍🏽 and 👩‍👩‍👧",
        "it is 3.14, or can’t be",
    ];
    for text in said {
        bob.says(&alice, text).await;
    }
    alice.hears(&bob, &said).await;
    alice.says(&bob, "MILLS are old").await;

    assert_eq!(finds(&alice, "mill").await, ["MILLS are old", said[0]]);
    assert_eq!(finds(&alice, "old MILL meet").await, [said[0]]);
    assert_eq!(finds(&alice, "strasse nai").await, [said[1]]);
    assert_eq!(finds(&alice, "会議").await, [said[2]]);
    assert!(
        finds(&alice, "議会").await.is_empty(),
        "order matters without spaces"
    );
    assert_eq!(finds(&alice, "مكتبة").await, Vec::<String>::new());
    assert_eq!(finds(&alice, "المكتبة اهلا").await, [said[3]]);
    assert_eq!(finds(&alice, "שלום").await, [said[4]]);
    assert_eq!(finds(&alice, "👍").await, [said[5]]);
    assert_eq!(finds(&alice, "👩‍👩‍👧").await, [said[5]]);
    assert_eq!(finds(&alice, "can't 3.14").await, [said[6]]);
    for nothing in ["", "  ", "\"*", "mill nowhere", "ill"] {
        assert!(finds(&alice, nothing).await.is_empty(), "{nothing:?}");
    }
    let found = looks_for(&alice, "mill", None).await;
    let hit = &found.hits[1];
    assert_eq!(&hit.snippet.text[hit.snippet.matches[0].clone()], "mill");
    assert!(found.complete && !found.has_more && !hit.outgoing);
}

#[tokio::test(flavor = "multi_thread")]
async fn alice_looks_in_one_conversation_or_in_all_and_from_page_to_page() {
    let world = World::new().await;
    let (alice, bob, carol) = (world.alice().await, world.bob().await, world.carol().await);
    introduce(&alice, &bob).await;
    introduce(&alice, &carol).await;
    for number in 0..5 {
        alice.says(&bob, &format!("mill {number}")).await;
        alice.says(&carol, &format!("mill {number}")).await;
    }
    let (to_bob, engine) = (alice.contact(&bob).await.id, alice.engine());
    assert_eq!(looks_for(&alice, "mill", None).await.hits.len(), 10);
    let with_bob = looks_for(&alice, "mill", Some(to_bob)).await.hits;
    assert_eq!(with_bob.len(), 5);
    assert!(with_bob.iter().all(|hit| hit.conversation == to_bob));

    let (mut before, mut seen) = (None, Vec::new());
    loop {
        let page = engine
            .search("mill".to_owned(), Some(to_bob), before, 2)
            .await
            .unwrap();
        seen.extend(page.hits.iter().map(|hit| hit.message));
        before = page.hits.last().map(|hit| hit.message);
        if !page.has_more {
            break;
        }
    }
    assert_eq!(seen, with_bob.iter().map(|hit| hit.message).collect::<Vec<_>>());
    assert!(seen.is_sorted_by(|a, b| a > b));
}

#[tokio::test(flavor = "multi_thread")]
async fn from_a_hit_alice_reads_on_in_both_directions() {
    let world = World::new().await;
    let (alice, bob) = (world.alice().await, world.bob().await);
    introduce(&alice, &bob).await;
    for number in 0..20 {
        alice.says(&bob, &format!("line {number}")).await;
    }
    let all: Vec<MessageId> = alice
        .messages(&bob)
        .await
        .iter()
        .map(|message| message.id)
        .collect();
    let (to_bob, engine) = (alice.contact(&bob).await.id, alice.engine());
    let hit = looks_for(&alice, "\"line 9\"", None).await.hits[0].message;
    let at = all.iter().position(|id| *id == hit).unwrap();
    let ids = |page: sotto_engine::model::MessagePage| {
        (
            page.messages.iter().map(|message| message.id).collect::<Vec<_>>(),
            page.has_older,
            page.has_newer,
        )
    };
    let around = ids(engine.messages_around(to_bob, hit, 6).await.unwrap());
    assert_eq!(around, (all[at - 3..at + 3].to_vec(), true, true));
    let after = ids(engine.messages_after(to_bob, all[at + 2], 100).await.unwrap());
    assert_eq!(after, (all[at + 3..].to_vec(), true, false));
    // One that is gone by now still has its neighbourhood.
    let beyond = ids(engine
        .messages_around(to_bob, MessageId(i64::MAX), 4)
        .await
        .unwrap());
    assert_eq!((beyond.0.len(), beyond.2), (2, false));
}

/// Takes the index back, as if the messages were from before there was one.
fn forget_the_index(person: &Person) {
    let sql = "DELETE FROM message_words; UPDATE search_index SET folding = 0, rest = 0;";
    person.database().execute_batch(sql).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_said_before_there_was_an_index_is_found_soon_after_the_start() {
    let world = World::new().await;
    let (alice, bob) = (world.alice().await, world.bob().await);
    introduce(&alice, &bob).await;
    for number in 0..1100 {
        alice.says(&bob, &format!("mill {number}")).await;
    }
    alice.leave().await;
    forget_the_index(&alice);
    alice.come_back().await;
    alice.says(&bob, "mill 1100").await;
    eventually("everything is indexed", async || {
        let page = looks_for(&alice, "mill", None).await;
        sotto_testkit::Look::when(page.complete, (), "not yet")
    })
    .await;
    let all = alice
        .engine()
        .search("mill".to_owned(), None, None, 2000)
        .await
        .unwrap();
    assert_eq!(all.hits.len(), 1101);
    assert_eq!(
        finds(&alice, "\"mill 0\"").await.len(),
        1,
        "none is indexed twice"
    );
}
