//! Two people compare by words, over a telephone that Mallory can listen to but not speak on.

#![allow(clippy::unwrap_used, clippy::panic)] // a story may stop at the first surprise

use std::time::Duration;

use sotto_engine::error::{BeginWordsError, TypeWordsError};
use sotto_engine::model::{Notice, Verification, VerifiedBy, WordComparison, WordOutcome, WordStage};
use sotto_testkit::{Look, Mallory, Person, World, eventually, introduce};

const STEP: Duration = Duration::from_secs(10 * 60);
const HOUR: Duration = Duration::from_secs(3600);

async fn alice_and_bob(world: &World) -> (Person, Person) {
    let (alice, bob) = (world.alice().await, world.bob().await);
    introduce(&alice, &bob).await;
    alice.holds(&bob, Verification::NotVerified).await;
    (alice, bob)
}

async fn begins(one: &Person, other: &Person) -> Result<WordComparison, BeginWordsError> {
    one.engine().begin_words(one.contact(other).await.id).await
}

async fn types(one: &Person, other: &Person, heard: [&str; 2]) -> Result<WordComparison, TypeWordsError> {
    let heard = heard.map(str::to_owned);
    one.engine().type_words(one.contact(other).await.id, heard).await
}

async fn closes(one: &Person, other: &Person) -> WordComparison {
    let contact = one.contact(other).await.id;
    one.engine().close_words(contact).await.unwrap()
}

async fn stage(one: &Person, other: &Person) -> WordStage {
    let contact = one.contact(other).await.id;
    one.engine().words(contact).await.unwrap().stage
}

/// Waits until `one`'s comparison with `other` is at a stage.
async fn comes_to<T>(one: &Person, other: &Person, what: &str, is_it: impl Fn(&WordStage) -> Option<T>) -> T {
    eventually(
        format_args!("{}'s comparison with {}: {what}", one.name(), other.name()),
        async || {
            let now = stage(one, other).await;
            is_it(&now).map_or_else(|| Look::NotYet(format!("{now:?}")), Look::There)
        },
    )
    .await
}

async fn is_asked(one: &Person, other: &Person) {
    comes_to(one, other, "asked", |stage| {
        matches!(stage, WordStage::Asked { .. }).then_some(())
    })
    .await;
}

/// What somebody reads out.
async fn reads_out(one: &Person, other: &Person) -> [&'static str; 2] {
    comes_to(one, other, "reading", |stage| match stage {
        WordStage::Reading { say, .. } => Some(*say),
        _ => None,
    })
    .await
}

async fn ends(one: &Person, other: &Person, outcome: WordOutcome) {
    comes_to(one, other, &format!("{outcome:?}"), |stage| match stage {
        WordStage::Ended(ended) => {
            assert_eq!(*ended, outcome, "{}", one.name());
            Some(())
        }
        _ => None,
    })
    .await;
}

/// One asks, the other wants to, and both have their words.
async fn begin_together(one: &Person, other: &Person) -> ([&'static str; 2], [&'static str; 2]) {
    begins(one, other).await.unwrap();
    is_asked(other, one).await;
    begins(other, one).await.unwrap();
    (reads_out(one, other).await, reads_out(other, one).await)
}

async fn how_verified(one: &Person, other: &Person) -> Option<VerifiedBy> {
    let contact = one.contact(other).await.id;
    let history = one.engine().safety_number(contact).await.unwrap().history;
    history.first().unwrap().verified_by
}

/// A word of the list that is neither of these.
fn another_than(words: [&str; 2]) -> &'static str {
    let others = ["abandon", "zebra", "kitchen"];
    others.into_iter().find(|other| !words.contains(other)).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn alice_and_bob_read_two_words_each_and_are_verified_by_them() {
    let world = World::new().await;
    let (alice, bob) = alice_and_bob(&world).await;
    let (alices, bobs) = begin_together(&alice, &bob).await;

    types(&alice, &bob, bobs).await.unwrap();
    assert!(matches!(stage(&alice, &bob).await, WordStage::Confirming { .. }));
    alice.holds(&bob, Verification::NotVerified).await;

    types(&bob, &alice, alices).await.unwrap();
    ends(&bob, &alice, WordOutcome::Verified).await;
    ends(&alice, &bob, WordOutcome::Verified).await;
    alice.holds(&bob, Verification::Verified).await;
    bob.holds(&alice, Verification::Verified).await;
    for (one, other) in [(&alice, &bob), (&bob, &alice)] {
        one.notices_that(other, Notice::MarkedVerified).await;
        assert_eq!(how_verified(one, other).await, Some(VerifiedBy::Words));
    }
    // How it ended is seen, and forgotten.
    assert_eq!(closes(&alice, &bob).await.stage, WordStage::None);
}

#[tokio::test(flavor = "multi_thread")]
async fn if_only_one_of_them_types_right_neither_is_verified_and_both_are_warned() {
    let world = World::new().await;
    let (alice, bob) = alice_and_bob(&world).await;
    let (alices, bobs) = begin_together(&alice, &bob).await;

    types(&alice, &bob, bobs).await.unwrap();
    types(&bob, &alice, [alices[0], another_than(alices)])
        .await
        .unwrap();
    for (one, other) in [(&alice, &bob), (&bob, &alice)] {
        ends(one, other, WordOutcome::Differed).await;
        one.holds(other, Verification::NotVerified).await;
        one.notices_that(other, Notice::ComparisonDiffered).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn words_that_differ_take_back_what_an_invite_had_said() {
    let world = World::new().await;
    let (alice, bob) = alice_and_bob(&world).await;
    bob.holds(&alice, Verification::Verified).await;
    let (alices, _) = begin_together(&alice, &bob).await;
    let wrong = another_than(alices);
    types(&bob, &alice, [wrong, wrong]).await.unwrap();
    bob.holds(&alice, Verification::NotVerified).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_word_that_is_none_costs_nothing_and_is_named() {
    let world = World::new().await;
    let (alice, bob) = alice_and_bob(&world).await;
    let (_, bobs) = begin_together(&alice, &bob).await;
    assert_eq!(
        types(&alice, &bob, [bobs[0], "qqqq"]).await.unwrap_err(),
        TypeWordsError::Unknown {
            first: false,
            second: true
        }
    );
    let shouted = [bobs[0].to_uppercase(), format!(" {} ", bobs[1])];
    types(&alice, &bob, shouted.each_ref().map(String::as_str))
        .await
        .unwrap();
    assert!(matches!(stage(&alice, &bob).await, WordStage::Confirming { .. }));
}

#[tokio::test(flavor = "multi_thread")]
async fn both_asking_at_once_is_one_comparison() {
    let world = World::new().await;
    let (alice, bob) = alice_and_bob(&world).await;
    // Neither hears the other before both have asked.
    world.line().cut_mailboxes();
    begins(&alice, &bob).await.unwrap();
    begins(&bob, &alice).await.unwrap();
    world.line().mend();
    for person in [&alice, &bob] {
        person.engine().reconnect();
    }
    let (alices, bobs) = (reads_out(&alice, &bob).await, reads_out(&bob, &alice).await);
    types(&alice, &bob, bobs).await.unwrap();
    types(&bob, &alice, alices).await.unwrap();
    alice.holds(&bob, Verification::Verified).await;
    bob.holds(&alice, Verification::Verified).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_comparison_outlives_that_both_close_the_app_in_the_middle_of_it() {
    let world = World::new().await;
    let (alice, bob) = alice_and_bob(&world).await;
    let (alices, bobs) = begin_together(&alice, &bob).await;
    for person in [&alice, &bob] {
        person.leave().await;
        person.come_back().await;
    }
    assert_eq!(reads_out(&alice, &bob).await, alices);
    types(&alice, &bob, bobs).await.unwrap();
    alice.leave().await;
    alice.come_back().await;
    types(&bob, &alice, alices).await.unwrap();
    alice.holds(&bob, Verification::Verified).await;
    bob.holds(&alice, Verification::Verified).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn either_side_can_call_it_off_at_any_time() {
    let world = World::new().await;
    let (alice, bob) = alice_and_bob(&world).await;
    // Alice, before Bob has answered.
    begins(&alice, &bob).await.unwrap();
    is_asked(&bob, &alice).await;
    closes(&alice, &bob).await;
    ends(&bob, &alice, WordOutcome::CancelledByThem).await;
    // Bob, who does not want to.
    begins(&alice, &bob).await.unwrap();
    is_asked(&bob, &alice).await;
    closes(&bob, &alice).await;
    ends(&alice, &bob, WordOutcome::CancelledByThem).await;
    // Alice, with the words on the screen.
    let (_, bobs) = begin_together(&alice, &bob).await;
    closes(&alice, &bob).await;
    ends(&bob, &alice, WordOutcome::CancelledByThem).await;
    assert_eq!(
        stage(&alice, &bob).await,
        WordStage::Ended(WordOutcome::Cancelled)
    );
    assert_eq!(
        types(&alice, &bob, bobs).await.unwrap_err(),
        TypeWordsError::NotFound
    );
    alice.holds(&bob, Verification::NotVerified).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_takes_too_long_ends_and_a_late_answer_begins_nothing() {
    let world = World::new().await;
    let (alice, bob) = alice_and_bob(&world).await;
    begins(&alice, &bob).await.unwrap();
    is_asked(&bob, &alice).await;
    world.line().cut_mailboxes();
    begins(&bob, &alice).await.unwrap();
    world.clock().advance(STEP + Duration::from_secs(1));
    assert_eq!(stage(&alice, &bob).await, WordStage::Ended(WordOutcome::TimedOut));
    assert_eq!(stage(&bob, &alice).await, WordStage::Ended(WordOutcome::TimedOut));

    world.line().mend();
    for person in [&alice, &bob] {
        person.engine().reconnect();
    }
    bob.says(&alice, "the end").await;
    alice.hears(&bob, &["the end"]).await;
    assert_eq!(stage(&alice, &bob).await, WordStage::Ended(WordOutcome::TimedOut));
}

#[tokio::test(flavor = "multi_thread")]
async fn after_one_retry_there_is_an_hour_to_think_on_both_sides() {
    let world = World::new().await;
    let (alice, bob) = alice_and_bob(&world).await;
    for _ in 0..2 {
        let (_, bobs) = begin_together(&alice, &bob).await;
        let wrong = another_than(bobs);
        types(&alice, &bob, [wrong, wrong]).await.unwrap();
        ends(&bob, &alice, WordOutcome::Differed).await;
    }
    for (one, other) in [(&alice, &bob), (&bob, &alice)] {
        let refused = begins(one, other).await.unwrap_err();
        assert!(matches!(refused, BeginWordsError::TooSoon { .. }));
    }

    world.clock().advance(HOUR + Duration::from_secs(1));
    let (alices, bobs) = begin_together(&alice, &bob).await;
    types(&alice, &bob, bobs).await.unwrap();
    types(&bob, &alice, alices).await.unwrap();
    alice.holds(&bob, Verification::Verified).await;
    // One that ends well begins the count anew.
    begins(&alice, &bob).await.unwrap();
    is_asked(&bob, &alice).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_comparison_that_is_broken_off_once_the_words_are_there_counts_as_a_guess() {
    let world = World::new().await;
    let (alice, bob) = alice_and_bob(&world).await;
    for _ in 0..2 {
        begin_together(&alice, &bob).await;
        closes(&bob, &alice).await;
        ends(&alice, &bob, WordOutcome::CancelledByThem).await;
    }
    assert!(matches!(
        begins(&alice, &bob).await,
        Err(BeginWordsError::TooSoon { .. })
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn mallory_with_a_session_to_each_of_them_gets_other_words_and_nobody_is_verified() {
    let world = World::new().await;
    let (alice, bob) = alice_and_bob(&world).await;
    let mallory = Mallory::between(&world, &alice, &bob).await;

    // Both are careless once: they go on with the changed key.
    for (imposter, victim, other) in [(&mallory.as_bob, &alice, &bob), (&mallory.as_alice, &bob, &alice)] {
        imposter.says(victim, "I have a new computer.").await;
        victim.holds(other, Verification::Changed).await;
        let changed = victim.contact(other).await;
        // A comparison by words needs messages, and those wait.
        assert!(matches!(
            begins(victim, other).await,
            Err(BeginWordsError::KeyChanged)
        ));
        let fingerprint = changed.identity_change.unwrap().fingerprint;
        victim
            .engine()
            .accept_identity_key(changed.id, fingerprint)
            .await
            .unwrap();
    }
    alice.says(&bob, "The password is swordfish.").await;
    mallory
        .as_bob
        .hears(&alice, &["The password is swordfish."])
        .await;

    // Now they compare. Mallory plays along with each of them.
    begins(&alice, &bob).await.unwrap();
    begins(&bob, &alice).await.unwrap();
    for (imposter, victim) in [(&mallory.as_bob, &alice), (&mallory.as_alice, &bob)] {
        is_asked(imposter, victim).await;
        begins(imposter, victim).await.unwrap();
    }
    // On the telephone they are themselves: each types what the other really reads out.
    let (alices, bobs) = (reads_out(&alice, &bob).await, reads_out(&bob, &alice).await);
    types(&alice, &bob, bobs).await.unwrap();
    types(&bob, &alice, alices).await.unwrap();
    for (one, other) in [(&alice, &bob), (&bob, &alice)] {
        ends(one, other, WordOutcome::Differed).await;
        one.holds(other, Verification::NotVerified).await;
        one.notices_that(other, Notice::ComparisonDiffered).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_changes_in_the_middle_ends_the_comparison() {
    let world = World::new().await;
    let (alice, bob) = alice_and_bob(&world).await;
    let mallory = Mallory::between(&world, &alice, &bob).await;
    // Alice's question reaches Mallory, who answers with a key of hers.
    begins(&alice, &bob).await.unwrap();
    mallory.as_bob.says(&alice, "I have a new computer.").await;
    alice.holds(&bob, Verification::Changed).await;
    ends(&alice, &bob, WordOutcome::KeyChanged).await;
}
