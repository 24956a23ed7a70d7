//! Somebody in a world: an account, the machine it lives on, and what they do.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rusqlite::Connection;
use sotto_engine::error::{CreateError, RestoreError};
use sotto_engine::model::{
    Address, Connection as State, Contact, ContactId, Conversation, Delivery, DisplayName, Lifetime, Message,
    MessageBody, MessageId, Notice, Standing, Verification,
};
use sotto_engine::profile::{Profile, ProfileName};
use sotto_engine::vault::{NewSlots, RecoveryCode};
use sotto_engine::{Engine, Environment, NewAccount, RelayAddress, Restore, Unlock};

use crate::disk::Machine;
use crate::eventually::{Look, eventually};
use crate::{Disk, Gate, MemoryKeychain, MovableClock};

/// How long a story waits for the engine's own writes.
const PATIENCE: Duration = Duration::from_secs(10);

/// How much time passes between two looks at whether a backup was made.
const WHILE: Duration = Duration::from_secs(120);

/// More messages than any story has.
const ALL: u32 = 100_000;

/// Somebody with an account. They are there from the beginning; [`Person::leave`] and [`Person::come_back`] end and
/// begin what would be a run of the app.
pub struct Person {
    name: &'static str,
    root: PathBuf,
    keychain: Arc<MemoryKeychain>,
    clock: Arc<MovableClock>,
    gate: Arc<Gate>,
    disk: Arc<Disk>,
    engine: Mutex<Option<Engine>>,
    address: Address,
}

impl Person {
    pub(crate) async fn create(
        name: &'static str,
        root: PathBuf,
        clock: Arc<MovableClock>,
        relay: RelayAddress,
    ) -> Result<Self, CreateError> {
        let keychain = Arc::new(MemoryKeychain::default());
        let (gate, disk) = (Arc::new(Gate::default()), Arc::new(Disk::default()));
        let environment = Environment {
            clock: clock.clone(),
            keychain: keychain.clone(),
            checkpoints: watched(&gate, &disk),
        };
        let account = NewAccount {
            relay: relay.into(),
            display_name: DisplayName::parse(name).expect("a name of a story"),
            vault: NewSlots::Keychain,
        };
        let engine = Engine::create(profile(&root), environment, account).await?;
        let address = engine
            .account()
            .await
            .expect("an account that was just made")
            .address;
        Ok(Self {
            name,
            root,
            keychain,
            clock,
            gate,
            disk,
            engine: Mutex::new(Some(engine)),
            address,
        })
    }

    /// Somebody with a copy of `of`'s profile and keychain, who has not come yet.
    pub(crate) fn copied(
        of: &Person,
        name: &'static str,
        root: PathBuf,
        keychain: MemoryKeychain,
        clock: Arc<MovableClock>,
    ) -> Self {
        Self {
            name,
            root,
            keychain: Arc::new(keychain),
            clock,
            gate: Arc::new(Gate::default()),
            disk: Arc::new(Disk::default()),
            engine: Mutex::new(None),
            address: of.address.clone(),
        }
    }

    /// The same person at another machine, with nothing on it yet.
    pub(crate) fn elsewhere(of: &Person, root: PathBuf) -> Self {
        Self::copied(
            of,
            of.name,
            root,
            MemoryKeychain::default(),
            Arc::clone(&of.clock),
        )
    }

    /// What they call themselves.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Where they are reached.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Their keychain.
    pub fn keychain(&self) -> &MemoryKeychain {
        &self.keychain
    }

    /// Where they can be stopped.
    pub fn gate(&self) -> &Gate {
        &self.gate
    }

    /// Their disk.
    pub fn disk(&self) -> &Disk {
        &self.disk
    }

    /// Whether the app is running.
    pub fn is_there(&self) -> bool {
        self.engine
            .lock()
            .expect("no holder of this lock panics")
            .is_some()
    }

    /// Lets go of the engine without a word to it: what is left of it ends with the runtime that it runs on.
    pub(crate) fn is_gone(&self) {
        self.engine.lock().expect("no holder of this lock panics").take();
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The folder of their profile.
    pub fn folder(&self) -> PathBuf {
        self.root.join("profiles").join("default")
    }

    /// The backups of their database, the oldest first.
    pub fn backups(&self) -> Vec<PathBuf> {
        let files = std::fs::read_dir(self.folder()).expect("the folder of a profile");
        let mut backups: Vec<PathBuf> = files
            .map(|file| file.expect("a file of a profile").path())
            .filter(|path| {
                let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
                let moment =
                    name.and_then(|name| name.strip_prefix("messages.db.backup-")?.parse::<i64>().ok());
                moment.is_some()
            })
            .collect();
        backups.sort();
        backups
    }

    /// Lets time pass until they have made another backup, and let go of those before the last; answers where it is.
    pub async fn backs_up(&self) -> PathBuf {
        let before = self.backups();
        eventually(format_args!("{} makes a backup", self.name), async || {
            let mut backups = self.backups();
            let kept = backups.len();
            match backups.pop().filter(|newest| !before.contains(newest)) {
                Some(newest) => Look::when(kept <= 2, newest, format_args!("{kept} are kept")),
                None => {
                    self.clock.advance(WHILE);
                    Look::NotYet("there is none".to_owned())
                }
            }
        })
        .await
    }

    /// Writes a recovery code down; answers what is on the paper.
    pub async fn writes_a_code_down(&self) -> String {
        let code = RecoveryCode::generate().expect("randomness");
        let groups: Vec<String> = code.groups().iter().map(|group| group.to_string()).collect();
        let kept = self.engine().set_recovery_code(&code).await;
        kept.unwrap_or_else(|error| panic!("{} gets no recovery code: {error}", self.name));
        groups.join(" ")
    }

    /// Makes a backup that is to leave the machine; answers where it is.
    pub async fn saves_a_backup(&self, code: &str, folder: &Path) -> PathBuf {
        let code = RecoveryCode::parse(code).expect("a code that was written down well");
        let made = self.engine().back_up(code, folder.to_owned()).await;
        made.unwrap_or_else(|error| panic!("{} gets no backup: {error}", self.name))
            .path
    }

    /// Makes the account that is in a backup theirs on this machine, which has none.
    pub async fn restores(&self, file: &Path, code: &str) {
        let restored = self.try_to_restore(file, code).await;
        restored.unwrap_or_else(|error| panic!("{} cannot restore: {error}", self.name));
    }

    /// Tries to, which may fail.
    pub async fn try_to_restore(&self, file: &Path, code: &str) -> Result<(), RestoreError> {
        let from = Restore {
            file: file.to_owned(),
            code: RecoveryCode::parse(code).expect("a code that was written down well"),
            vault: NewSlots::Keychain,
        };
        let engine = Engine::restore(profile(&self.root), self.environment(), from).await?;
        *self.engine.lock().expect("no holder of this lock panics") = Some(engine);
        Ok(())
    }

    /// Their database, as only a thief of their keychain gets at it.
    pub fn database(&self) -> Connection {
        self.opens(&self.folder().join("messages.db"))
    }

    /// A file that is encrypted like their database, as only a thief of their keychain gets at it.
    pub fn opens(&self, file: &Path) -> Connection {
        let database = Connection::open(file).expect("a database");
        let key = self.keychain.database_key();
        let key: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
        database
            .execute_batch(&format!("PRAGMA key = \"x'{key}'\""))
            .expect("the key of the database");
        // The engine may be at it, too.
        database.busy_timeout(PATIENCE).expect("a setting that there is");
        database
    }

    /// Their engine, while they are there.
    pub fn engine(&self) -> Engine {
        let engine = self.engine.lock().expect("no holder of this lock panics").clone();
        engine.unwrap_or_else(|| panic!("{} has left", self.name))
    }

    /// Quits the app.
    pub async fn leave(&self) {
        let engine = self.engine.lock().expect("no holder of this lock panics").take();
        engine
            .unwrap_or_else(|| panic!("{} has left already", self.name))
            .shutdown()
            .await;
    }

    /// Starts the app again.
    pub async fn come_back(&self) {
        let opened = self.try_to_come_back(Unlock::Keychain).await;
        opened.unwrap_or_else(|error| panic!("{} cannot come back: {error}", self.name));
    }

    /// Starts the app again, which may fail.
    pub async fn try_to_come_back(&self, unlock: Unlock) -> Result<(), sotto_engine::error::OpenError> {
        let engine = Engine::open(profile(&self.root), self.environment(), unlock).await?;
        *self.engine.lock().expect("no holder of this lock panics") = Some(engine);
        Ok(())
    }

    fn environment(&self) -> Environment {
        Environment {
            clock: self.clock.clone(),
            keychain: self.keychain.clone(),
            checkpoints: watched(&self.gate, &self.disk),
        }
    }

    /// Waits until the relay knows them to be there.
    pub async fn is_online(&self) {
        self.sees_connection("online", |connection| *connection == State::Online)
            .await;
    }

    /// Waits until they know that the relay does not hear them.
    pub async fn is_offline(&self) {
        self.sees_connection("offline", |connection| {
            matches!(connection, State::Offline { .. })
        })
        .await;
    }

    async fn sees_connection(&self, word: &str, is_it: impl Fn(&State) -> bool) {
        eventually(format_args!("{} is {word}", self.name), async || {
            let connection = self.engine().connection();
            Look::when(is_it(&connection), (), format_args!("{connection:?}"))
        })
        .await;
    }

    /// Makes an invite, and hands over the link.
    pub async fn invites(&self) -> String {
        self.engine().create_invite().await.expect("an invite").link
    }

    /// Opens an invite.
    pub async fn accepts(&self, link: &str) -> Conversation {
        let accepted = self.engine().accept_invite(link).await;
        accepted.unwrap_or_else(|error| panic!("{} cannot accept the invite: {error}", self.name))
    }

    /// Takes a user name.
    pub async fn goes_by(&self, name: &str) {
        let name = name.parse().expect("a user name of a story");
        let taken = self.engine().set_user_name(Some(name)).await;
        taken.unwrap_or_else(|error| panic!("{} gets no user name: {error}", self.name));
    }

    /// Finds somebody by their user name.
    pub async fn finds(&self, name: &str) -> Conversation {
        let found = self.engine().find(name).await;
        found.unwrap_or_else(|error| panic!("{} does not find {name}: {error}", self.name))
    }

    /// Accepts the request of `other`.
    pub async fn accepts_request_of(&self, other: &Person) {
        let accepted = self.engine().accept_request(self.id_of(other).await).await;
        accepted.unwrap_or_else(|error| panic!("{} cannot accept {}: {error}", self.name, other.name));
    }

    /// Blocks `other`.
    pub async fn blocks(&self, other: &Person) {
        let blocked = self.engine().block(self.id_of(other).await).await;
        blocked.unwrap_or_else(|error| panic!("{} cannot block {}: {error}", self.name, other.name));
    }

    /// Hears `other` again.
    pub async fn unblocks(&self, other: &Person) {
        let unblocked = self.engine().unblock(self.id_of(other).await).await;
        unblocked.unwrap_or_else(|error| panic!("{} cannot unblock {}: {error}", self.name, other.name));
    }

    /// Waits until they stand to `other` like this.
    pub async fn stands(&self, other: &Person, standing: Standing) {
        eventually(
            format_args!("{} stands to {} as {standing:?}", self.name, other.name),
            async || {
                let now = self
                    .conversation_with(other)
                    .await
                    .map(|conversation| conversation.contact.standing);
                Look::when(now == Some(standing), (), format_args!("{now:?}"))
            },
        )
        .await;
    }

    /// The conversation with `other`, if there is one.
    pub async fn conversation_with(&self, other: &Person) -> Option<Conversation> {
        let conversations = self
            .engine()
            .conversations()
            .await
            .expect("the list of conversations");
        conversations
            .into_iter()
            .find(|conversation| conversation.contact.address.account == other.address.account)
    }

    /// What they know of `other`.
    pub async fn contact(&self, other: &Person) -> Contact {
        let conversation = self.conversation_with(other).await;
        conversation
            .unwrap_or_else(|| panic!("{} does not know {}", self.name, other.name))
            .contact
    }

    async fn id_of(&self, other: &Person) -> ContactId {
        self.contact(other).await.id
    }

    /// Writes to `other`.
    pub async fn says(&self, other: &Person, text: &str) -> Message {
        let said = self
            .engine()
            .send_text(self.id_of(other).await, text.to_owned())
            .await;
        said.unwrap_or_else(|error| panic!("{} cannot write to {}: {error}", self.name, other.name))
    }

    /// Everything in the conversation with `other`, the oldest first.
    pub async fn messages(&self, other: &Person) -> Vec<Message> {
        let page = self.engine().messages(self.id_of(other).await, None, ALL).await;
        page.expect("a conversation that is there").messages
    }

    /// What `other` wrote, the oldest first.
    pub async fn heard(&self, other: &Person) -> Vec<String> {
        texts(self.messages(other).await, false)
    }

    /// What they wrote to `other`, the oldest first.
    pub async fn said(&self, other: &Person) -> Vec<String> {
        texts(self.messages(other).await, true)
    }

    /// Waits until all that `other` ever wrote here is `expected`, in this order and each once.
    ///
    /// What comes too often or in another order fails at once; what comes too often *later* is for the story to catch,
    /// with one more message and one more look.
    pub async fn hears(&self, other: &Person, expected: &[impl AsRef<str>]) {
        let expected: Vec<&str> = expected.iter().map(AsRef::as_ref).collect();
        eventually(
            format_args!("{} hears {} say {expected:?}", self.name, other.name),
            async || {
                if self.conversation_with(other).await.is_none() {
                    return Look::NotYet(format!("{} does not know {}", self.name, other.name));
                }
                let heard = self.heard(other).await;
                let as_said =
                    heard.len() <= expected.len() && heard.iter().zip(&expected).all(|(a, b)| a == b);
                assert!(
                    as_said,
                    "{} heard {} say {heard:?}, which was not {expected:?}",
                    self.name, other.name
                );
                Look::when(heard.len() == expected.len(), (), format_args!("{heard:?}"))
            },
        )
        .await;
    }

    /// Waits until the message they wrote to `other` has come as far as `delivery`.
    pub async fn sees(&self, other: &Person, message: MessageId, delivery: Delivery) {
        eventually(
            format_args!("{} sees the message to {} as {delivery:?}", self.name, other.name),
            async || {
                let found = self
                    .messages(other)
                    .await
                    .into_iter()
                    .find(|each| each.id == message);
                let now = found.expect("a message that was written").delivery;
                Look::when(now == Some(delivery), (), format_args!("{now:?}"))
            },
        )
        .await;
    }

    /// Waits until everything they wrote to `other` has come as far as `delivery`, or further.
    pub async fn sees_all(&self, other: &Person, delivery: Delivery) {
        eventually(
            format_args!(
                "{} sees all messages to {} as {delivery:?}",
                self.name, other.name
            ),
            async || {
                let messages = self.messages(other).await;
                let behind: Vec<_> = messages
                    .iter()
                    .filter(|message| message.outgoing && matches!(message.body, MessageBody::Text(_)))
                    .filter(|message| message.delivery < Some(delivery))
                    .map(|message| (message.id, message.delivery))
                    .collect();
                Look::when(behind.is_empty(), (), format_args!("{behind:?}"))
            },
        )
        .await;
    }

    /// Reads everything that `other` wrote.
    pub async fn reads(&self, other: &Person) {
        let newest = self
            .messages(other)
            .await
            .into_iter()
            .rfind(|message| !message.outgoing);
        let newest = newest.unwrap_or_else(|| panic!("{} has nothing of {} to read", self.name, other.name));
        let contact = self.id_of(other).await;
        self.engine()
            .mark_read(contact, newest.id)
            .await
            .expect("a conversation that is there");
    }

    /// The lines of the conversation's own history.
    pub async fn notices(&self, other: &Person) -> Vec<Notice> {
        let messages = self.messages(other).await.into_iter();
        messages
            .filter_map(|message| match message.body {
                MessageBody::Notice(notice) => Some(notice),
                _ => None,
            })
            .collect()
    }

    /// Waits until `notice` stands in the conversation with `other`.
    pub async fn notices_that(&self, other: &Person, notice: Notice) {
        eventually(
            format_args!(
                "{} finds {notice:?} in the conversation with {}",
                self.name, other.name
            ),
            async || {
                let notices = self.notices(other).await;
                Look::when(notices.contains(&notice), (), format_args!("{notices:?}"))
            },
        )
        .await;
    }

    /// Waits until they know `other`, by the name that `other` gave.
    pub async fn knows(&self, other: &Person) {
        eventually(format_args!("{} knows {}", self.name, other.name), async || {
            let name = self
                .conversation_with(other)
                .await
                .map(|conversation| conversation.contact.name);
            Look::when(name.as_deref() == Some(other.name), (), format_args!("{name:?}"))
        })
        .await;
    }

    /// Waits until they hold `other` to be `verification`.
    pub async fn holds(&self, other: &Person, verification: Verification) {
        eventually(
            format_args!("{} holds {} to be {verification:?}", self.name, other.name),
            async || {
                let now = self.contact(other).await.verification;
                Look::when(now == verification, (), format_args!("{now:?}"))
            },
        )
        .await;
    }

    /// The safety number with `other`: twelve blocks of five digits.
    pub async fn safety_number(&self, other: &Person) -> Vec<String> {
        let number = self.engine().safety_number(self.id_of(other).await).await;
        number.expect("a contact that is there").blocks
    }

    /// Says that the safety number with `other` is right.
    pub async fn verifies(&self, other: &Person) {
        let (engine, contact) = (self.engine(), self.id_of(other).await);
        let number = engine.safety_number(contact).await;
        let shown = number.expect("a contact that is there").fingerprint;
        let verified = engine.set_verified(contact, shown, true).await;
        verified.expect("the key that was shown");
    }

    /// Decides how long what the two of them write is kept from now on.
    pub async fn sets_the_timer(&self, other: &Person, lifetime: Option<Lifetime>) {
        let (engine, contact) = (self.engine(), self.id_of(other).await);
        let set = engine.set_timer(contact, lifetime).await;
        set.expect("a contact that is there");
    }
}

fn watched(gate: &Arc<Gate>, disk: &Arc<Disk>) -> Arc<Machine> {
    Arc::new(Machine {
        gate: Arc::clone(gate),
        disk: Arc::clone(disk),
    })
}

fn profile(root: &Path) -> Arc<Profile> {
    let name = ProfileName::parse("default").expect("a name that is allowed");
    Arc::new(Profile::open(name, Some(root)).expect("a profile in a folder of our own"))
}

fn texts(messages: Vec<Message>, outgoing: bool) -> Vec<String> {
    let these = messages
        .into_iter()
        .filter(|message| message.outgoing == outgoing);
    these
        .filter_map(|message| match message.body {
            MessageBody::Text(text) => Some(text),
            _ => None,
        })
        .collect()
}
