//! Two people compare by card, by QR code and by the sixty digits.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // a story may stop at the first surprise

use sotto_engine::error::{CardError, CompareCardError, CompareCodeError, ScanError, VerifyError};
use sotto_engine::model::{Delivery, Judgement, Notice, Verification, VerifiedBy};
use sotto_testkit::{Mallory, Person, World, introduce};

async fn alice_and_bob(world: &World) -> (Person, Person) {
    let (alice, bob) = (world.alice().await, world.bob().await);
    introduce(&alice, &bob).await;
    (alice, bob)
}

async fn card_of(person: &Person) -> String {
    person.engine().own_card().await.unwrap().text
}

/// What `one`'s screen shows to `other`.
async fn code_of(one: &Person, other: &Person) -> Vec<u8> {
    let contact = one.contact(other).await.id;
    one.engine().safety_number(contact).await.unwrap().scannable
}

async fn pastes(one: &Person, about: &Person, text: &str) -> Result<Judgement, CompareCardError> {
    let contact = one.contact(about).await.id;
    one.engine().compare_card(contact, text).await
}

async fn scans(one: &Person, about: &Person, code: Vec<u8>) -> Result<Judgement, CompareCodeError> {
    let contact = one.contact(about).await.id;
    one.engine().compare_code(contact, code).await
}

async fn how_verified(one: &Person, other: &Person) -> Option<VerifiedBy> {
    let contact = one.contact(other).await.id;
    let history = one.engine().safety_number(contact).await.unwrap().history;
    history.first().unwrap().verified_by
}

/// The versions of a code's first field: tag 1, as a varint.
fn of_version(mut code: Vec<u8>, version: u8) -> Vec<u8> {
    assert_eq!(code[..2], [0x08, 2]);
    code[1] = version;
    code
}

#[tokio::test(flavor = "multi_thread")]
async fn alice_pastes_the_mail_in_which_bob_sent_his_card_and_he_is_verified() {
    let world = World::new().await;
    let (alice, bob) = alice_and_bob(&world).await;
    let mail = format!(
        "Hi Alice,\n\n> {}\n\nBob",
        card_of(&bob).await.replace('\n', "\n> ")
    );
    assert_eq!(pastes(&alice, &bob, &mail).await, Ok(Judgement::Verified));
    alice.holds(&bob, Verification::Verified).await;
    alice.notices_that(&bob, Notice::MarkedVerified).await;
    assert_eq!(how_verified(&alice, &bob).await, Some(VerifiedBy::Card));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_persons_card_alices_own_and_what_is_no_card_verify_nobody() {
    let world = World::new().await;
    let (alice, bob) = alice_and_bob(&world).await;
    let carol = world.carol().await;
    let name = carol.name().to_owned();
    assert_eq!(
        pastes(&alice, &bob, &card_of(&carol).await).await,
        Ok(Judgement::SomebodyElses { name })
    );
    assert_eq!(
        pastes(&alice, &bob, &card_of(&alice).await).await,
        Ok(Judgement::Own)
    );
    let damaged = card_of(&bob).await.replacen("Name: B", "Name: R", 1);
    for (text, error) in [
        ("Hello!", CardError::None),
        (damaged.as_str(), CardError::Damaged),
    ] {
        assert_eq!(
            pastes(&alice, &bob, text).await,
            Err(CompareCardError::Card(error))
        );
    }
    alice.holds(&bob, Verification::NotVerified).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_that_came_in_the_conversation_itself_proves_nothing() {
    let world = World::new().await;
    let (alice, bob) = alice_and_bob(&world).await;
    let card = card_of(&bob).await;
    bob.says(&alice, &format!("This is me:\n{card}")).await;
    bob.sees_all(&alice, Delivery::Delivered).await;
    assert_eq!(
        pastes(&alice, &bob, &card).await,
        Ok(Judgement::FromTheConversation)
    );
    alice.holds(&bob, Verification::NotVerified).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn alices_machine_reads_the_code_on_bobs_screen_and_he_is_verified() {
    let world = World::new().await;
    let (alice, bob) = alice_and_bob(&world).await;
    let code = code_of(&bob, &alice).await;
    assert_eq!(scans(&alice, &bob, code).await, Ok(Judgement::Verified));
    assert_eq!(how_verified(&alice, &bob).await, Some(VerifiedBy::Code));
    bob.holds(&alice, Verification::Verified).await; // by her invite, not by this
    assert_eq!(how_verified(&bob, &alice).await, Some(VerifiedBy::Invite));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_other_code_says_what_it_is_and_verifies_nobody() {
    let world = World::new().await;
    let (alice, bob) = alice_and_bob(&world).await;
    let carol = world.carol().await;
    introduce(&carol, &alice).await;
    introduce(&carol, &bob).await;
    let right = code_of(&bob, &alice).await;

    let carols = code_of(&carol, &alice).await;
    let name = carol.name().to_owned();
    assert_eq!(
        scans(&alice, &bob, carols).await,
        Ok(Judgement::SomebodyElses { name })
    );
    let own = code_of(&alice, &bob).await;
    assert_eq!(scans(&alice, &bob, own).await, Ok(Judgement::Own));
    let for_carol = code_of(&bob, &carol).await;
    assert_eq!(scans(&alice, &bob, for_carol).await, Ok(Judgement::ForAnother));
    for (code, error) in [
        (
            of_version(right.clone(), 3),
            ScanError::Version { ours: 2, theirs: 3 },
        ),
        (
            of_version(right.clone(), 1),
            ScanError::Version { ours: 2, theirs: 1 },
        ),
        (b"https://example.org".to_vec(), ScanError::Malformed),
        (right[..40].to_vec(), ScanError::Malformed),
    ] {
        assert_eq!(
            scans(&alice, &bob, code).await,
            Err(CompareCodeError::Code(error))
        );
    }
    alice.holds(&bob, Verification::NotVerified).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mallory_with_a_session_to_each_of_them_is_found_by_card_by_code_and_by_digits() {
    let world = World::new().await;
    let (alice, bob) = alice_and_bob(&world).await;
    let mallory = Mallory::between(&world, &alice, &bob).await;
    for (imposter, victim, other) in [(&mallory.as_bob, &alice, &bob), (&mallory.as_alice, &bob, &alice)] {
        imposter.says(victim, "I have a new computer.").await;
        victim.holds(other, Verification::Changed).await;
    }

    // While the change waits for a decision, and after it was made carelessly: it makes no difference.
    for careless in [false, true] {
        if careless {
            let changed = alice.contact(&bob).await;
            let key = changed.identity_change.unwrap().fingerprint;
            alice.engine().accept_identity_key(changed.id, key).await.unwrap();
        }
        assert_eq!(
            pastes(&alice, &bob, &card_of(&bob).await).await,
            Ok(Judgement::Differs)
        );
        let code = code_of(&bob, &alice).await;
        assert_eq!(scans(&alice, &bob, code).await, Ok(Judgement::Differs));
        let verification = alice.contact(&bob).await.verification;
        assert_ne!(verification, Verification::Verified);
    }
    let (alices, bobs) = (alice.safety_number(&bob).await, bob.safety_number(&alice).await);
    assert_ne!(alices, bobs);
    let contact = alice.contact(&bob).await.id;
    let shown = alice.engine().safety_number(contact).await.unwrap().fingerprint;
    alice.engine().report_difference(contact, shown).await.unwrap();
    alice.notices_that(&bob, Notice::ComparisonDiffered).await;
    alice.holds(&bob, Verification::NotVerified).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_key_is_decided_by_card_and_what_waited_is_sent() {
    let world = World::new().await;
    let (alice, bob) = alice_and_bob(&world).await;
    let mallory = Mallory::between(&world, &alice, &bob).await;
    // For once it is as it looks: whom Alice talks to now is the one who hands the card over.
    mallory.as_bob.says(&alice, "I have a new computer.").await;
    alice.holds(&bob, Verification::Changed).await;
    alice.says(&bob, "Is it you?").await;
    assert_eq!(
        pastes(&alice, &bob, &card_of(&mallory.as_bob).await).await,
        Ok(Judgement::Verified)
    );
    alice.holds(&bob, Verification::Verified).await;
    mallory.as_bob.hears(&alice, &["Is it you?"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_that_differs_takes_back_what_was_known_of_the_key_it_was_about_and_no_other() {
    let world = World::new().await;
    let (alice, bob) = alice_and_bob(&world).await;
    bob.holds(&alice, Verification::Verified).await;
    let contact = bob.contact(&alice).await.id;
    let shown = bob.engine().safety_number(contact).await.unwrap().fingerprint;
    let other = [7; 32].into();
    assert_eq!(
        bob.engine().report_difference(contact, other).await.unwrap_err(),
        VerifyError::KeyChanged
    );
    bob.holds(&alice, Verification::Verified).await;
    bob.engine().report_difference(contact, shown).await.unwrap();
    bob.holds(&alice, Verification::NotVerified).await;
}
