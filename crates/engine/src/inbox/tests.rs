//! What contacts say about messages, in whatever order and with whatever intent.

use std::time::Duration;

use rusqlite::Transaction;
use sotto_protocol::curve::{IdentityKey, IdentityKeyPair};
use sotto_wire::AccountId;

use super::batch::Batch;
use super::{fuzzing, speak};
use crate::changes::Arrival;
use crate::clock::Timestamp;
use crate::connection::Owner;
use crate::content::{Body, CiphertextDigest, Content, Edit, Reaction, ReceiptKind, Reference, Text, Timer};
use crate::effects::Effects;
use crate::error::StorageError;
use crate::model::{DisplayName, Emoji, Lifetime, Message, MessageBody, MessageId, Quote};
use crate::store::Store;
use crate::store::table::account::{self, AccountRow};
use crate::store::table::contacts::{self, ContactRow};
use crate::store::table::messages::{self, ContentId};
use crate::store::table::{earlier_texts, early_changes};
use crate::vault::DatabaseKey;
use crate::{MAX_EDITS, search, texts};

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(86_400);

/// Alice's database, in which Mallory is a contact.
struct Alice {
    _folder: tempfile::TempDir,
    store: Store,
    account: AccountId,
    mallory: ContactRow,
}

/// The moment zero of these stories, and those after it.
fn at(after: Duration) -> Timestamp {
    Timestamp::from_millis(1_800_000_000_000).after(after)
}

/// Whose mailbox it is, with some identity key: none of these stories asks for it.
fn owner(tx: &Transaction<'_>) -> Result<Owner, StorageError> {
    let row = crate::account::read(tx)?;
    Ok(crate::account::owner(
        &row,
        IdentityKeyPair::generate(&mut rand::rng()),
    ))
}

/// Taken by a relay and received at the same moment.
fn just(now: Timestamp) -> Arrival {
    Arrival { taken_at: now, now }
}

fn a_key() -> IdentityKey {
    IdentityKeyPair::generate(&mut rand::rng()).identity_key()
}

fn emoji(emoji: &str) -> Option<Emoji> {
    Some(Emoji::parse(emoji).unwrap())
}

fn words(text: &str) -> Body {
    Body::Text(Text {
        text: text.to_owned(),
        quote: None,
        lifetime: None,
    })
}

fn edit(of: ContentId, text: &str, revision: u32) -> Body {
    let text = text.to_owned();
    Body::Edit(Edit { of, text, revision })
}

impl Alice {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let key = DatabaseKey::generate().unwrap();
        let path = folder.path().join("messages.db");
        let store = Store::create(path, &key, at(Duration::ZERO)).await.unwrap();
        let own = AccountRow {
            account: AccountId::random(),
            registration_id: 1,
            relay: "relay.example".parse().unwrap(),
            display_name: DisplayName::parse("Alice").unwrap(),
            created_at: at(Duration::ZERO),
            registered_at: None,
        };
        let (account, theirs) = (own.account, AccountId::random());
        let mallory = store
            .write(move |tx| {
                account::insert(tx, &own)?;
                let id = contacts::insert(tx, theirs, &own.relay, None, own.created_at)?;
                Ok::<_, StorageError>(contacts::by_id(tx, id)?.unwrap())
            })
            .await
            .unwrap();
        Self {
            _folder: folder,
            store,
            account,
            mallory,
        }
    }

    /// Mallory says something, and the relay has it at once.
    async fn hears(&self, body: Body, when: Duration) -> ContentId {
        self.hears_late(body, when, when).await
    }

    /// Mallory says something at `said` by her clock, which the relay has at `taken`.
    async fn hears_late(&self, body: Body, said: Duration, taken: Duration) -> ContentId {
        let content = Content::new(body, at(said));
        let (id, mallory) = (content.id, self.mallory.clone());
        self.store
            .write(move |tx| {
                let (mut effects, mut batch) = (Effects::default(), Batch::default());
                let (now, owner, key) = (at(taken), owner(tx)?, a_key());
                let author = (&mallory, &key);
                speak::take(tx, &mut effects, &owner, author, content, &mut batch, just(now))
            })
            .await
            .unwrap();
        id
    }

    async fn says(&self, text: &'static str, when: Duration) -> (MessageId, ContentId) {
        let mallory = self.mallory.id;
        self.store
            .write(move |tx| {
                let text = text.to_owned();
                let mut effects = Effects::default();
                let said = texts::send(tx, &mut effects, &owner(tx)?, mallory, text, None, at(when)).unwrap();
                let facts = messages::facts(tx, said.id)?.unwrap();
                Ok::<_, StorageError>((said.id, facts.key.content_id))
            })
            .await
            .unwrap()
    }

    async fn messages(&self) -> Vec<Message> {
        let mallory = self.mallory.id;
        let page = move |db: &_| messages::page(db, mallory, None, 1000);
        self.store.read(page).await.unwrap().0
    }

    async fn texts(&self) -> Vec<String> {
        let shown = self
            .messages()
            .await
            .into_iter()
            .map(|message| match message.body {
                MessageBody::Text(text) => text,
                other => format!("{other:?}"),
            });
        shown.collect()
    }

    async fn earlier(&self, id: MessageId) -> Vec<String> {
        let earlier = move |db: &_| earlier_texts::of(db, id);
        let texts = self.store.read(earlier).await.unwrap().into_iter();
        texts.map(|earlier| earlier.text).collect()
    }

    async fn finds(&self, typed: &'static str) -> usize {
        let look = move |db: &_| search::search(db, typed, None, None, 10);
        self.store.read(look).await.unwrap().hits.len()
    }

    async fn waiting(&self) -> u32 {
        let mallory = self.mallory.id;
        let count = move |db: &_| early_changes::count(db, mallory);
        self.store.read(count).await.unwrap()
    }

    fn theirs(&self, id: ContentId) -> Reference {
        Reference {
            author: self.mallory.account,
            id,
        }
    }

    fn ours(&self, id: ContentId) -> Reference {
        Reference {
            author: self.account,
            id,
        }
    }
}

fn reaction(to: Reference, with: Option<Emoji>, revision: u32) -> Body {
    Body::Reaction(Reaction {
        to,
        emoji: with,
        revision,
    })
}

#[tokio::test]
async fn mallory_can_neither_edit_nor_delete_what_alice_said() {
    let alice = Alice::new().await;
    let (_, said) = alice.says("I owe you 10", Duration::ZERO).await;
    alice.hears(edit(said, "I owe you 1000", 1), MINUTE).await;
    alice.hears(Body::Deletion(said), MINUTE).await;
    assert_eq!(alice.texts().await, ["I owe you 10"]);
    assert_eq!(alice.finds("1000").await, 0);
}

#[tokio::test]
async fn mallory_can_edit_what_she_said_and_alice_sees_what_it_was() {
    let alice = Alice::new().await;
    let said = alice.hears(words("I owe you 1000"), Duration::ZERO).await;
    alice.hears(edit(said, "I owe you 10", 1), MINUTE).await;
    alice.hears(edit(said, "I owe you 1", 2), 2 * MINUTE).await;
    let message = alice.messages().await.remove(0);
    assert_eq!(message.body, MessageBody::Text("I owe you 1".to_owned()));
    assert_eq!(message.edited_at, Some(at(2 * MINUTE)));
    assert_eq!(message.stored_at, at(Duration::ZERO), "it keeps its place");
    assert_eq!(
        alice.earlier(message.id).await,
        ["I owe you 1000", "I owe you 10"]
    );
    assert_eq!((alice.finds("1000").await, alice.finds("1").await), (0, 1));
    // An older one that comes late changes nothing.
    alice.hears(edit(said, "I owe you 10", 1), 3 * MINUTE).await;
    assert_eq!(alice.texts().await, ["I owe you 1"]);
}

#[tokio::test]
async fn mallory_cannot_rewrite_the_past() {
    let alice = Alice::new().await;
    let said = alice.hears(words("I owe you 1000"), Duration::ZERO).await;
    let late = 25 * 60 * MINUTE;
    alice.hears(edit(said, "nothing", 1), late).await;
    // She sets her clock back; the relay's goes on.
    alice.hears_late(edit(said, "nothing", 1), MINUTE, 16 * DAY).await;
    alice.hears_late(Body::Deletion(said), MINUTE, 22 * DAY).await;
    alice.hears(edit(said, "nothing", MAX_EDITS + 1), MINUTE).await;
    assert_eq!(alice.texts().await, ["I owe you 1000"]);
    // One that waited a week for a network counts.
    alice
        .hears_late(edit(said, "I owe you 900", 1), MINUTE, 7 * DAY)
        .await;
    assert_eq!(alice.texts().await, ["I owe you 900"]);
}

#[tokio::test]
async fn a_deleted_message_leaves_its_place_and_nothing_else() {
    let alice = Alice::new().await;
    let said = alice.hears(words("the secret word"), Duration::ZERO).await;
    alice.hears(edit(said, "the secret sentence", 1), MINUTE).await;
    alice
        .hears(reaction(alice.theirs(said), emoji("🤫"), 1), MINUTE)
        .await;
    alice.hears(Body::Deletion(said), 2 * MINUTE).await;
    let message = alice.messages().await.remove(0);
    assert_eq!(message.body, MessageBody::Deleted);
    assert!(message.reactions.is_empty());
    assert!(alice.earlier(message.id).await.is_empty());
    assert_eq!(alice.finds("secret").await, 0);
    // Neither comes back.
    alice.hears(edit(said, "again", 2), 3 * MINUTE).await;
    alice
        .hears(reaction(alice.theirs(said), emoji("🤫"), 2), MINUTE)
        .await;
    assert_eq!(alice.texts().await, ["Deleted"]);
    assert!(alice.messages().await[0].reactions.is_empty());
    let traces = |tx: &rusqlite::Connection| {
        let mut statement =
            tx.prepare("SELECT count(*) FROM message_words_data WHERE block LIKE '%secret%'")?;
        Ok::<i64, StorageError>(statement.query_row([], |row| row.get(0))?)
    };
    assert_eq!(alice.store.read(traces).await.unwrap(), 0);
}

#[tokio::test]
async fn mallory_has_one_reaction_a_message_and_can_change_it_and_take_it_back() {
    let alice = Alice::new().await;
    let (_, said) = alice.says("Well?", Duration::ZERO).await;
    let seen = async || {
        let message = alice.messages().await.remove(0);
        let shown = message
            .reactions
            .iter()
            .map(|reaction| reaction.emoji.as_str().to_owned());
        shown.collect::<Vec<_>>()
    };
    for (with, revision, expected) in [
        (emoji("👍"), 1, vec!["👍"]),
        (emoji("🎉"), 2, vec!["🎉"]),
        (emoji("👎"), 1, vec!["🎉"]),
        (None, 3, vec![]),
        (emoji("🎉"), 2, vec![]),
        (emoji("👍"), 4, vec!["👍"]),
    ] {
        alice
            .hears(reaction(alice.ours(said), with, revision), MINUTE)
            .await;
        assert_eq!(seen().await, expected, "revision {revision}");
    }
}

#[tokio::test]
async fn what_comes_before_its_message_waits_for_it() {
    let alice = Alice::new().await;
    let text = Content::new(words("frist"), at(Duration::ZERO));
    let id = text.id;
    alice
        .hears(reaction(alice.theirs(id), emoji("🙈"), 1), MINUTE)
        .await;
    alice.hears(edit(id, "first", 1), MINUTE).await;
    assert!(alice.messages().await.is_empty());
    let mallory = alice.mallory.clone();
    alice
        .store
        .write(move |tx| {
            let (mut effects, mut batch) = (Effects::default(), Batch::default());
            let (now, owner, key) = (at(2 * MINUTE), owner(tx)?, a_key());
            let author = (&mallory, &key);
            speak::take(tx, &mut effects, &owner, author, text, &mut batch, just(now))
        })
        .await
        .unwrap();
    assert_eq!(alice.texts().await, ["first"]);
    assert_eq!(alice.messages().await[0].reactions.len(), 1);
    assert_eq!(alice.waiting().await, 0);
}

#[tokio::test]
async fn what_never_comes_is_waited_for_within_bounds() {
    let alice = Alice::new().await;
    for _ in 0..150 {
        alice.hears(edit(ContentId::random(), "nothing", 1), MINUTE).await;
    }
    assert_eq!(alice.waiting().await, 100);
    // What Alice would have said is here, or gone for good; what others say is not Mallory's to speak of.
    alice
        .hears(reaction(alice.ours(ContentId::random()), emoji("👍"), 1), MINUTE)
        .await;
    let carol = Reference {
        author: AccountId::random(),
        id: ContentId::random(),
    };
    alice.hears(reaction(carol, emoji("👍"), 1), MINUTE).await;
    assert_eq!(alice.waiting().await, 100);
}

#[tokio::test]
async fn a_quote_is_what_was_said_or_is_marked_as_not_found() {
    let alice = Alice::new().await;
    let (message, said) = alice.says("Never", Duration::ZERO).await;
    let quoting = |quote| {
        Body::Text(Text {
            text: "As you said".to_owned(),
            quote: Some(quote),
            lifetime: None,
        })
    };
    alice.hears(quoting(alice.ours(said)), MINUTE).await;
    alice
        .hears(quoting(alice.ours(ContentId::random())), MINUTE)
        .await;
    // The same name, in another's mouth.
    alice.hears(quoting(alice.theirs(said)), MINUTE).await;
    let quotes: Vec<_> = alice
        .messages()
        .await
        .into_iter()
        .map(|message| message.quote)
        .collect();
    let found = Quote::Found {
        message,
        outgoing: true,
        text: "Never".to_owned(),
    };
    assert_eq!(
        quotes,
        [None, Some(found), Some(Quote::Missing), Some(Quote::Missing)]
    );
}

#[tokio::test]
async fn the_later_timer_counts_and_of_two_at_the_same_moment_one_on_both_sides() {
    let alice = Alice::new().await;
    let timer = |seconds, revision| {
        Body::Timer(Timer {
            lifetime: Lifetime::of(seconds),
            revision,
        })
    };
    alice.hears(timer(60, 2), MINUTE).await;
    alice.hears(timer(30, 1), MINUTE).await;
    assert_eq!(alice.texts().await, ["TimerSet(Some(Lifetime(60)))"]);
    alice.hears(timer(30, 2), MINUTE).await;
    let hers_is_higher = alice.mallory.account.as_bytes() > alice.account.as_bytes();
    assert_eq!(alice.texts().await.len(), if hers_is_higher { 2 } else { 1 });
    alice.hears(timer(0, 3), MINUTE).await;
    assert_eq!(alice.texts().await.last().unwrap(), "TimerSet(None)");
}

#[tokio::test]
async fn mallory_who_lies_about_the_time_stands_where_she_was_heard() {
    let alice = Alice::new().await;
    let (long_ago, in_ten_years) = (Duration::ZERO, 3650 * DAY);
    alice.hears_late(words("first"), in_ten_years, MINUTE).await;
    alice.says("second", 2 * MINUTE).await;
    alice.hears_late(words("third"), long_ago, 3 * MINUTE).await;
    assert_eq!(alice.texts().await, ["first", "second", "third"]);
}

/// Not a test: writes things that contacts say for the fuzzer to begin with, after the format has changed.
#[test]
#[ignore = "writes into the corpus; then let the fuzzer run, and keep the corpus small with cmin"]
fn write_seeds() {
    let seed = |target: &str, name: &str, bytes: &[u8]| {
        let corpus = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
        std::fs::create_dir_all(corpus.join(target)).unwrap();
        std::fs::write(corpus.join(target).join(name), bytes).unwrap();
    };
    let account = |text: &str| text.parse::<AccountId>().unwrap();
    let (mallory, ours) = (account(fuzzing::MALLORYS), account(fuzzing::ALICES));
    let hers = ContentId([0x77; 16]);
    let to = |author, id| Reference { author, id };
    let bodies = [
        ("text", words("What did you see?")),
        (
            "receipt",
            Body::Receipt(ReceiptKind::Read, vec![ContentId([0; 16])]),
        ),
        ("reaction", reaction(to(ours, ContentId([0; 16])), emoji("👍"), 1)),
        ("own-reaction", reaction(to(mallory, hers), emoji("🎉"), 1)),
        ("edit", edit(hers, "What did you hear?", 1)),
        ("deletion", Body::Deletion(hers)),
        ("typing", Body::Typing(true)),
        ("declined", Body::InviteDeclined),
        ("resend", Body::ResendRequest(CiphertextDigest::of(b"lost"))),
    ];
    let mut script = vec![1];
    for (name, body) in bodies {
        let content = Content {
            id: hers,
            ..Content::new(body, at(Duration::ZERO))
        };
        let bytes = content.encode().unwrap();
        seed("content", name, &bytes);
        let mut step = vec![0, 0, 1];
        step.extend_from_slice(&u16::try_from(bytes.len()).unwrap().to_be_bytes());
        step.extend_from_slice(&bytes);
        seed("contact", name, &[&[1], step.as_slice()].concat());
        script.extend(step);
        script.push(2);
    }
    seed("contact", "all", &script);
}
