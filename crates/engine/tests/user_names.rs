//! User names: taken, changed, given up; and who is found by one.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sotto_engine::UserName;
use sotto_engine::error::{FindError, RelayError, UserNameError};
use sotto_engine::model::{Notice, Standing, Verification};
use sotto_testkit::{Look, Person, Way, World, eventually};
use sotto_wire::mailbox::{Answer, RelayFrame};

async fn takes(person: &Person, name: Option<&str>) -> Result<Option<String>, UserNameError> {
    let name: Option<UserName> = name.map(|name| name.parse().unwrap());
    let account = person.engine().set_user_name(name).await?;
    Ok(account.user_name.map(|name| name.as_str().to_owned()))
}

async fn user_name(person: &Person) -> Option<String> {
    let account = person.engine().account().await.unwrap();
    account.user_name.map(|name| name.as_str().to_owned())
}

async fn finds_nobody(person: &Person, name: &str) {
    let found = person.engine().find(name).await;
    assert!(matches!(found, Err(FindError::Nobody)), "{found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn alice_takes_a_name_changes_it_and_gives_it_up() {
    let world = World::new().await;
    let (alice, bob, carol) = (world.alice().await, world.bob().await, world.carol().await);
    assert_eq!(user_name(&alice).await, None);
    finds_nobody(&bob, "alice").await;
    assert_eq!(takes(&alice, Some("Alice")).await, Ok(Some("alice".into())));
    assert_eq!(takes(&carol, Some("alice")).await, Err(UserNameError::Taken));
    assert_eq!(user_name(&carol).await, None);
    alice.leave().await;
    alice.come_back().await;
    alice.is_online().await;
    assert_eq!(user_name(&alice).await, Some("alice".into()));

    let found = bob.finds(" alice ").await;
    assert_eq!(found.contact.address, *alice.address());
    assert_eq!(found.contact.name, "alice");
    assert_eq!(found.contact.verification, Verification::NotVerified);
    assert_eq!(found.contact.standing, Standing::Accepted);
    assert_eq!(bob.notices(&alice).await, [Notice::FoundByUserName]);
    // The same again is the same conversation.
    let relay = world.relay_address();
    let again = bob.finds(&format!("alice@{relay}")).await;
    assert_eq!(again.contact.id, found.contact.id);
    assert_eq!(bob.notices(&alice).await, [Notice::FoundByUserName]);
    // She has not heard of it: nothing was said.
    assert!(alice.conversation_with(&bob).await.is_none());

    assert_eq!(takes(&alice, Some("liddell")).await, Ok(Some("liddell".into())));
    finds_nobody(&carol, "alice").await;
    assert_eq!(takes(&alice, None).await, Ok(None));
    finds_nobody(&carol, "liddell").await;
    assert_eq!(takes(&carol, Some("alice")).await, Ok(Some("alice".into())));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_found_is_said_clearly() {
    let world = World::new().await;
    let alice = world.alice().await;
    alice.goes_by("alice").await;
    let find = async |name: &str| alice.engine().find(name).await.map(drop);
    assert_eq!(find("alice").await, Err(FindError::Own));
    assert!(matches!(find("a").await, Err(FindError::Name(_))));
    assert!(matches!(find("bob@no relay").await, Err(FindError::Address(_))));
    let nowhere = find("bob@127.0.0.1:1").await;
    assert_eq!(nowhere, Err(FindError::Relay(RelayError::Unreachable)));
    world.line().cut();
    alice.is_offline().await;
    assert_eq!(find("bob").await, Err(FindError::Relay(RelayError::Unreachable)));
    assert_eq!(
        takes(&alice, Some("liddell")).await,
        Err(UserNameError::Relay(RelayError::Unreachable))
    );
    assert_eq!(user_name(&alice).await, Some("alice".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_whose_answer_got_lost_is_the_one_that_was_before() {
    let world = World::new().await;
    let (alice, bob) = (world.alice().await, world.bob().await);
    alice.goes_by("alice").await;
    // The relay gives her the other name, and she never hears of it.
    let lost = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&lost);
    world.line().meddle(move |way, message| {
        let is_answer = way == Way::FromMailbox
            && matches!(
                RelayFrame::decode(message.clone().into()),
                Ok(RelayFrame::Answer {
                    outcome: Ok(Answer::UserNameSet),
                    ..
                })
            );
        if is_answer && !seen.swap(true, Ordering::Relaxed) {
            return vec![];
        }
        vec![message]
    });
    let engine = alice.engine();
    let asked = tokio::spawn(async move { engine.set_user_name(Some("liddell".parse().unwrap())).await });
    eventually("the answer is lost", async || {
        Look::when(lost.load(Ordering::Relaxed), (), "")
    })
    .await;
    world.line().cut();
    assert_eq!(
        asked.await.unwrap().map(drop),
        Err(UserNameError::Relay(RelayError::Unreachable))
    );
    assert_eq!(user_name(&alice).await, Some("alice".into()));
    world.line().mend();
    alice.is_online().await;
    bob.is_online().await;
    eventually("the relay goes by what Alice was told", async || {
        let found = bob.engine().find("liddell").await;
        Look::when(
            matches!(found, Err(FindError::Nobody)),
            (),
            format_args!("{found:?}"),
        )
    })
    .await;
    assert_eq!(bob.finds("alice").await.contact.address, *alice.address());
}
