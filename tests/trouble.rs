//! What goes wrong, and that everybody is told which way it went wrong, and loses nothing.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a story may stop at the first surprise"
)]

use std::time::Duration;

use sotto_engine::error::{
    AcceptInviteError, CreateError, DatabaseError, OpenError, PreviewInviteError, RelayError, SendError,
    StorageError, TextError,
};
use sotto_engine::model::{Connection, ConnectionTrouble, ContactId, Delivery};
use sotto_engine::vault::{KeychainError, OpenKeychainSlotError, OpenPassphraseSlotError, Passphrase};
use sotto_engine::{Engine, Unlock};
use sotto_testkit::process::{Call, Headless, Program, Reply, SmallDisk};
use sotto_testkit::{Person, World, introduce};

async fn alice_and_bob(world: &World) -> (Person, Person) {
    let (alice, bob) = (world.alice().await, world.bob().await);
    introduce(&alice, &bob).await;
    (alice, bob)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_invite_is_told_from_a_good_one() {
    let world = World::new().await;
    let (alice, bob) = (world.alice().await, world.bob().await);
    let link = alice.invites().await;

    let mut broken = vec![
        String::new(),
        "sotto:".to_owned(),
        "https://example.org/".to_owned(),
        "Hi, have a look".to_owned(),
    ];
    broken.extend(
        (link.len() / 2..link.len())
            .step_by(7)
            .map(|end| link[..end].to_owned()),
    );
    broken.push(link.replace("#", "#AAAA"));
    for link in broken {
        let refused = bob.engine().accept_invite(&link).await;
        assert!(
            matches!(
                refused,
                Err(AcceptInviteError::Preview(PreviewInviteError::Malformed))
            ),
            "{link} is no whole invite, but: {refused:?}"
        );
    }
    assert!(bob.engine().conversations().await.unwrap().is_empty());
    // With the white space that a mail program leaves around it.
    bob.accepts(&format!("  {link}\n")).await;
    alice.knows(&bob).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ones_own_invite_leads_nowhere() {
    let world = World::new().await;
    let alice = world.alice().await;
    let link = alice.invites().await;
    let refused = alice.engine().accept_invite(&link).await;
    assert!(matches!(
        refused,
        Err(AcceptInviteError::Preview(PreviewInviteError::Own))
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invite_is_good_for_one_person_only() {
    let world = World::new().await;
    let (alice, bob, carol) = (world.alice().await, world.bob().await, world.carol().await);
    let link = alice.invites().await;
    bob.accepts(&link).await;
    alice.knows(&bob).await;

    carol.accepts(&link).await;
    carol.says(&alice, "May I come in, too?").await;
    carol.sees_all(&alice, Delivery::Sent).await;
    bob.says(&alice, "Hello!").await;
    alice.hears(&bob, &["Hello!"]).await;
    assert!(
        alice.conversation_with(&carol).await.is_none(),
        "Carol had no invite of her own"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_invite_opens_nothing() {
    let world = World::new().await;
    let (alice, bob) = alice_and_bob(&world).await;
    let carol = world.carol().await;
    let invite = alice.engine().create_invite().await.unwrap();
    alice.engine().revoke_invite(invite.id).await.unwrap();

    let refused = carol.engine().accept_invite(&invite.link).await;
    assert!(matches!(
        refused,
        Err(AcceptInviteError::Preview(PreviewInviteError::Expired))
    ));
    bob.says(&alice, "Hello!").await;
    alice.hears(&bob, &["Hello!"]).await;
    assert!(alice.conversation_with(&carol).await.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invite_expires() {
    let world = World::new().await;
    let (alice, bob) = (world.alice().await, world.bob().await);
    let invite = alice.engine().create_invite().await.unwrap();
    let good_for = invite.expires_at.since(invite.created_at);
    world.clock().advance(good_for + Duration::from_secs(1));
    let refused = bob.engine().accept_invite(&invite.link).await;
    assert!(matches!(
        refused,
        Err(AcceptInviteError::Preview(PreviewInviteError::Expired))
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invite_can_be_opened_later_when_the_relay_cannot_be_reached_now() {
    let world = World::new().await;
    let (alice, bob) = (world.alice().await, world.bob().await);
    let link = alice.invites().await;
    world.line().cut();
    bob.is_offline().await;
    let refused = bob.engine().accept_invite(&link).await;
    assert!(matches!(
        refused,
        Err(AcceptInviteError::Relay(RelayError::Unreachable))
    ));
    world.line().mend();
    alice.engine().reconnect();
    bob.engine().reconnect();
    bob.is_online().await;
    bob.accepts(&link).await;
    alice.knows(&bob).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_account_is_left_behind_where_no_relay_answers() {
    let world = World::without_a_relay().await;
    let refused = world.try_person("Alice").await.err();
    assert!(
        matches!(refused, Some(CreateError::Relay(RelayError::Unreachable))),
        "{refused:?}"
    );
    world.start_relay().await;
    world.alice().await.is_online().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_answers_and_is_no_relay_is_called_incompatible() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.read(&mut [0; 1024]).await;
            let _ = stream
                .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nHello")
                .await;
        }
    });
    let checked = Engine::check_relay(&address.to_string()).await;
    assert!(
        matches!(
            checked,
            Err(sotto_engine::error::CheckRelayError::Relay(
                RelayError::Incompatible
            ))
        ),
        "{checked:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn alice_sees_why_she_is_offline_and_when_the_next_attempt_is() {
    let world = World::new().await;
    let alice = world.alice().await;
    alice.is_online().await;
    world.stop_relay().await;
    alice.is_offline().await;
    let Connection::Offline { retry_at, trouble } = alice.engine().connection() else {
        panic!("Alice went online without a relay")
    };
    assert_eq!(trouble, ConnectionTrouble::Unreachable);
    assert!(retry_at.is_some());
    world.start_relay().await;
    alice.engine().reconnect();
    alice.is_online().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_keychain_a_missing_one_and_an_empty_one_are_three_things() {
    let world = World::new().await;
    let alice = world.alice().await;
    alice.leave().await;
    let open = async || match alice.try_to_come_back(Unlock::Keychain).await {
        Err(OpenError::Keychain(OpenKeychainSlotError::Keychain(error))) => error,
        other => panic!("{other:?}"),
    };
    alice.keychain().lock();
    assert_eq!(open().await, KeychainError::Locked);
    alice.keychain().vanish();
    assert_eq!(open().await, KeychainError::Unavailable);
    alice.keychain().come_back();
    alice.come_back().await;
    alice.leave().await;
    alice.keychain().forget_everything();
    assert_eq!(open().await, KeychainError::Missing);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_passphrase_alice_opens_her_account_although_her_keychain_is_gone() {
    let world = World::new().await;
    let (alice, bob) = alice_and_bob(&world).await;
    alice.says(&bob, "before").await;
    let passphrase = || Passphrase::new("correct horse battery staple".to_owned());
    alice
        .engine()
        .set_passphrase(passphrase().choose().ok().unwrap())
        .await
        .unwrap();
    alice.leave().await;
    alice.keychain().vanish();

    let wrong = Passphrase::new("correct horse battery stable".to_owned());
    let refused = alice.try_to_come_back(Unlock::Passphrase(wrong)).await;
    assert!(matches!(
        refused,
        Err(OpenError::Passphrase(OpenPassphraseSlotError::NotOpened))
    ));
    alice
        .try_to_come_back(Unlock::Passphrase(passphrase()))
        .await
        .unwrap();
    alice.says(&bob, "after").await;
    bob.hears(&alice, &["before", "after"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_a_newer_version_is_left_alone() {
    let world = World::new().await;
    let alice = world.alice().await;
    alice.leave().await;
    let database = alice.folder().join("messages.db");
    let newer = "PRAGMA user_version = 1000;";
    alice.database().execute_batch(newer).unwrap();
    let before = std::fs::read(&database).unwrap();

    let refused = alice.try_to_come_back(Unlock::Keychain).await;
    assert!(matches!(refused, Err(OpenError::Database(DatabaseError::TooNew))));
    assert_eq!(std::fs::read(&database).unwrap(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_database_is_told_and_not_thrown_away() {
    let world = World::new().await;
    let (alice, bob) = alice_and_bob(&world).await;
    alice.says(&bob, "Hello!").await;
    alice.leave().await;
    let database = alice.folder().join("messages.db");
    let whole = std::fs::read(&database).unwrap();

    for damage in [Damage::FirstPage, Damage::LaterPage, Damage::Cut, Damage::Rubbish] {
        std::fs::write(&database, damage.done_to(&whole)).unwrap();
        let refused = alice.try_to_come_back(Unlock::Keychain).await;
        assert!(
            matches!(
                refused,
                Err(OpenError::Database(
                    DatabaseError::WrongKey | DatabaseError::Storage(StorageError::Corrupted)
                ))
            ),
            "{damage:?} leads to {refused:?}"
        );
        assert!(
            database.exists(),
            "{damage:?} made the engine throw the database away"
        );
    }
    std::fs::write(&database, &whole).unwrap();
    alice.come_back().await;
    assert_eq!(alice.said(&bob).await, ["Hello!"]);
}

#[derive(Debug)]
enum Damage {
    FirstPage,
    LaterPage,
    Cut,
    Rubbish,
}

impl Damage {
    fn done_to(&self, whole: &[u8]) -> Vec<u8> {
        let mut bytes = whole.to_vec();
        match self {
            Self::FirstPage => bytes[100] ^= 1,
            Self::LaterPage => bytes[5 * 4096 + 100] ^= 1,
            Self::Cut => bytes.truncate(whole.len() / 2),
            Self::Rubbish => bytes = vec![0x5a; whole.len()],
        }
        bytes
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_gone_is_not_made_anew_in_silence() {
    let world = World::new().await;
    let alice = world.alice().await;
    alice.leave().await;
    std::fs::remove_file(alice.folder().join("messages.db")).unwrap();
    let refused = alice.try_to_come_back(Unlock::Keychain).await;
    assert!(matches!(
        refused,
        Err(OpenError::Database(DatabaseError::Missing))
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_to_nobody_or_without_words_or_without_end_is_refused() {
    let world = World::new().await;
    let (alice, bob) = alice_and_bob(&world).await;
    let bobs_id = alice.contact(&bob).await.id;
    let say = async |contact: ContactId, text: &str| alice.engine().send_text(contact, text.to_owned()).await;
    assert_eq!(
        say(ContactId(4711), "Hello?").await.unwrap_err(),
        SendError::NotFound
    );
    assert_eq!(
        say(bobs_id, " \n\t").await.unwrap_err(),
        SendError::Text(TextError::Empty)
    );
    assert!(matches!(
        say(bobs_id, &"long ".repeat(200_000)).await.unwrap_err(),
        SendError::Text(TextError::TooLong { .. })
    ));
    assert!(alice.said(&bob).await.is_empty());
}

/// A disk of Alice's own that is really full: a file system in memory, in a name space of its own.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn alice_writes_on_a_full_disk_is_told_so_and_goes_on_when_there_is_room() {
    let world = World::new().await;
    let relay = world.relay_address().to_string();
    let home = world.folder_of("disk");
    let disk = SmallDisk::make(&home, 8).await;
    let mut command = disk.command(Program::Headless.path());
    command.arg("--data").arg(&home);
    let mut alice = Headless::run("Alice", &home, command);
    let mut bob = Headless::create("Bob", &world.folder_of("bob"), &relay).await;
    let passphrase = "correct horse battery staple".to_owned();
    alice
        .call(Call::Create {
            relay,
            name: "Alice".to_owned(),
            passphrase,
        })
        .await;
    bob.accepts(&alice.invites().await).await;
    alice.knows("Bob").await;
    alice.says("Bob", "There is room.").await;
    bob.hears("Alice", &["There is room."]).await;

    disk.fill();
    let mut said = vec!["There is room.".to_owned()];
    let failure = loop {
        let text = format!("{} {}", said.len(), "much to say ".repeat(300));
        match alice
            .says_or_dies("Bob", text.trim())
            .await
            .expect("a full disk is nothing to die of")
        {
            Reply::Stored { .. } => said.push(text.trim().to_owned()),
            Reply::Failed(why) => break why,
            other => panic!("{other:?}"),
        }
        assert!(said.len() < 5_000, "the disk does not get full");
    };
    assert!(failure.contains("DiskFull"), "{failure}");
    assert_eq!(
        alice.said("Bob").await,
        said,
        "what was stored is stored, what was refused is not"
    );

    disk.make_room();
    alice.says("Bob", "There is room again.").await;
    said.push("There is room again.".to_owned());
    bob.hears("Alice", &said).await;
    bob.says("Alice", "Good.").await;
    alice.hears("Bob", &["Good."]).await;
}
