//! [`Engine`]: one account, open.

mod comparing;
mod inspecting;
mod keys;

use std::path::PathBuf;
use std::sync::Arc;

use sotto_wire::{RelayDoor, UserName};
use tokio::sync::broadcast;
use tokio_util::sync::DropGuard;

use crate::backup_file::{self, BackupFile, Restore};
use crate::checkpoint::Checkpoint;
use crate::clock::Timestamp;
use crate::contacts::Stretch;
use crate::core::Core;
use crate::environment::Environment;
use crate::error::{
    AcceptInviteError, BackUpError, ChangeError, CheckRelayError, ConversationError, CreateError, FindError,
    InviteError, OpenError, PreviewInviteError, RenameError, RestoreError, RetryError, SendError,
    StorageError, TellContactError, UserNameError, VerifyError,
};
use crate::events::Event;
use crate::identity::{self, Decision};
use crate::model::{
    Account, Connection, Contact, ContactId, Conversation, DisplayName, EarlierText, Emoji,
    IdentityFingerprint, Invite, InviteId, InvitePreview, Lifetime, Message, MessageId, MessagePage,
    SafetyNumber, SearchPage, Settings,
};
use crate::profile::Profile;
use crate::start::{NewAccount, Unlock};
use crate::store::table::user_name as user_name_table;
use crate::store::table::{earlier_texts, messages};
use crate::vault::RecoveryCode;
use crate::{
    account, blocking, changes, connection, contacts, drafts, find, invite, mute, names, namesakes,
    note_to_self, receipts, recovery, requests, search, settings, start, texts, timer, typing, user_name,
    verification,
};

/// One account, open: its database, its mailbox, and the tasks that send, receive and keep up its prekeys.
///
/// Cheap to clone. Everything that is answered is committed; nothing here waits for the network but [`Engine::create`],
/// [`Engine::check_relay`], [`Engine::accept_invite`], [`Engine::find`] and [`Engine::set_user_name`]. Its tasks end at [`Engine::shutdown`], or when the last clone is
/// dropped. It needs a multi-threaded tokio runtime.
#[derive(Clone)]
pub struct Engine {
    core: Arc<Core>,
    _guard: Arc<DropGuard>,
}

impl Engine {
    /// Whether the profile has an account.
    pub fn exists(profile: &Profile) -> bool {
        profile.vault_file().exists()
    }

    /// Asks whether a relay of ours answers at `address`, behind which there may be an invite to it (`#…`); answers both as
    /// they are to be kept.
    pub async fn check_relay(address: &str) -> Result<RelayDoor, CheckRelayError> {
        let relay: RelayDoor = address.parse()?;
        connection::check(&relay.address).await?;
        Ok(relay)
    }

    /// Makes the account of this profile: keys, mailbox at the relay, database, vault; and opens it.
    pub async fn create(
        profile: Arc<Profile>,
        environment: Environment,
        account: NewAccount,
    ) -> Result<Self, CreateError> {
        start::create(profile, environment, account).await.map(Self::new)
    }

    /// Opens the account of this profile.
    pub async fn open(
        profile: Arc<Profile>,
        environment: Environment,
        unlock: Unlock,
    ) -> Result<Self, OpenError> {
        start::open(profile, environment, unlock).await.map(Self::new)
    }

    /// Makes the account that is in a backup the account of this profile, which has none, and opens it.
    pub async fn restore(
        profile: Arc<Profile>,
        environment: Environment,
        from: Restore,
    ) -> Result<Self, RestoreError> {
        backup_file::restore(profile, environment, from)
            .await
            .map(Self::new)
    }

    fn new(core: Arc<Core>) -> Self {
        let guard = Arc::new(core.shutdown.clone().drop_guard());
        Self { core, _guard: guard }
    }

    /// Stops all tasks, finishes what is being written and closes the database. Further calls fail with
    /// [`StorageError::ShutDown`].
    pub async fn shutdown(&self) {
        self.core.shutdown.cancel();
        self.core.tasks.close();
        self.core.tasks.wait().await;
        self.core.store.close().await;
    }

    /// What happens from now on. A listener that lags behind loses the oldest events and is told so.
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.core.listeners.events.subscribe()
    }

    /// The user's own account.
    pub async fn account(&self) -> Result<Account, StorageError> {
        let profile = Arc::clone(&self.core.profile);
        let read = move |connection: &_| {
            let restored = recovery::untold(connection, &profile)?;
            let (row, user_name) = (account::read(connection)?, user_name_table::read(connection)?);
            Ok::<_, StorageError>((row, user_name.name, restored))
        };
        let (row, user_name, restored) = self.core.store.read(read).await?;
        let slots = self.vault_slots().await;
        Ok(account::shown(row, user_name, slots, restored))
    }

    /// Changes what the user is called, and tells every contact.
    pub async fn set_display_name(&self, name: DisplayName) -> Result<Account, StorageError> {
        let now = self.core.now();
        self.core
            .change(move |transaction, effects| names::rename_ourselves(transaction, effects, &name, now))
            .await?;
        self.account_changed().await
    }

    /// Takes a user name by which strangers find the user, in place of the one there is; `None` gives it up. Asks the relay.
    pub async fn set_user_name(&self, name: Option<UserName>) -> Result<Account, UserNameError> {
        user_name::set(&self.core, name).await?;
        Ok(self.account_changed().await?)
    }

    /// The user has seen that a backup took the place of the database.
    pub async fn restoration_seen(&self) -> Result<Account, StorageError> {
        self.core.store.write(recovery::told).await?;
        self.account_changed().await
    }

    async fn account_changed(&self) -> Result<Account, StorageError> {
        let account = self.account().await?;
        self.core
            .listeners
            .events
            .send(Event::AccountChanged(account.clone()));
        Ok(account)
    }

    /// Makes a backup of the account, in one file in `folder`, that the account's recovery code opens.
    pub async fn back_up(&self, code: RecoveryCode, folder: PathBuf) -> Result<BackupFile, BackUpError> {
        backup_file::make(&self.core, code, folder).await
    }

    /// The user's settings.
    pub async fn settings(&self) -> Result<Settings, StorageError> {
        self.core.store.read(settings::read).await
    }

    /// Replaces the user's settings.
    pub async fn update_settings(&self, settings: Settings) -> Result<Settings, StorageError> {
        self.core
            .change(move |transaction, effects| {
                settings::write(transaction, &settings)?;
                effects.tell(Event::SettingsChanged(settings.clone()));
                Ok(settings)
            })
            .await
    }

    /// How the relay and we stand.
    pub fn connection(&self) -> Connection {
        self.core.status.connection()
    }

    /// Tries to connect now rather than when the backoff says so.
    pub fn reconnect(&self) {
        self.core.reconnect.notify_one();
        self.core.hurry();
    }

    /// All conversations, the latest activity first.
    pub async fn conversations(&self) -> Result<Vec<Conversation>, StorageError> {
        self.core.store.read(contacts::conversations).await
    }

    /// How many texts of all conversations are unread that the user wants to be told of: no request's, and of no conversation
    /// that is muted.
    pub async fn unread(&self) -> Result<u32, StorageError> {
        let now = self.core.now();
        let count = move |connection: &_| messages::unread_count_of_all(connection, now);
        self.core.store.read(count).await
    }

    /// The conversation with a contact; `None` if there is no such contact.
    pub async fn conversation(&self, contact: ContactId) -> Result<Option<Conversation>, StorageError> {
        let conversation = move |connection: &_| contacts::conversation_with(connection, contact);
        self.core.store.read(conversation).await
    }

    /// The contacts whose names look like a contact's, so that one could be taken for the other.
    pub async fn namesakes(&self, contact: ContactId) -> Result<Vec<Contact>, ConversationError> {
        let namesakes = move |connection: &_| namesakes::namesakes(connection, contact);
        self.core.store.read(namesakes).await
    }

    /// The newest `limit` messages before `before`, or the newest of all.
    pub async fn messages(
        &self,
        conversation: ContactId,
        before: Option<MessageId>,
        limit: u32,
    ) -> Result<MessagePage, ConversationError> {
        let stretch = before.map_or(Stretch::Newest, Stretch::Before);
        self.stretch(conversation, stretch, limit).await
    }

    /// The oldest `limit` messages after `after`.
    pub async fn messages_after(
        &self,
        conversation: ContactId,
        after: MessageId,
        limit: u32,
    ) -> Result<MessagePage, ConversationError> {
        self.stretch(conversation, Stretch::After(after), limit).await
    }

    /// A message with what is around it, `limit` messages in all.
    pub async fn messages_around(
        &self,
        conversation: ContactId,
        message: MessageId,
        limit: u32,
    ) -> Result<MessagePage, ConversationError> {
        self.stretch(conversation, Stretch::Around(message), limit).await
    }

    async fn stretch(
        &self,
        conversation: ContactId,
        stretch: Stretch,
        limit: u32,
    ) -> Result<MessagePage, ConversationError> {
        let page = move |connection: &_| contacts::page(connection, conversation, stretch, limit);
        self.core.store.read(page).await
    }

    /// The newest `limit` messages before `before` with all the words that were `typed` in them, in one conversation or in
    /// all.
    pub async fn search(
        &self,
        typed: String,
        conversation: Option<ContactId>,
        before: Option<MessageId>,
        limit: u32,
    ) -> Result<SearchPage, StorageError> {
        let find = move |connection: &_| search::search(connection, &typed, conversation, before, limit);
        self.core.store.read(find).await
    }

    /// Stores a text and queues it; answers before any network is touched.
    pub async fn send_text(&self, conversation: ContactId, text: String) -> Result<Message, SendError> {
        self.reply(conversation, text, None).await
    }

    /// The same, in reply to a message of the conversation.
    pub async fn reply(
        &self,
        conversation: ContactId,
        text: String,
        to: Option<MessageId>,
    ) -> Result<Message, SendError> {
        texts::check(&text)?;
        let (owner, now) = (Arc::clone(&self.core.owner), self.core.now());
        let message = self
            .core
            .change(move |transaction, effects| {
                texts::send(transaction, effects, &owner, conversation, text, to, now)
            })
            .await?;
        self.core
            .environment
            .checkpoints
            .reached(Checkpoint::QueuedCommitted);
        Ok(message)
    }

    /// Queues a failed message once more.
    pub async fn retry(&self, message: MessageId) -> Result<Message, RetryError> {
        let now = self.core.now();
        self.core
            .change(move |transaction, effects| texts::retry(transaction, effects, message, now))
            .await
    }

    /// Gives a text of the user's other words, for everybody.
    pub async fn edit(&self, message: MessageId, text: String) -> Result<Message, ChangeError> {
        texts::check(&text)?;
        let now = self.core.now();
        self.core
            .change(move |transaction, effects| changes::edit(transaction, effects, message, &text, now))
            .await
    }

    /// What an edited message said before, the first text first.
    pub async fn earlier_texts(&self, message: MessageId) -> Result<Vec<EarlierText>, StorageError> {
        let earlier = move |connection: &_| earlier_texts::of(connection, message);
        self.core.store.read(earlier).await
    }

    /// Deletes a text of the user's for everybody.
    pub async fn delete_for_everyone(&self, message: MessageId) -> Result<(), ChangeError> {
        let now = self.core.now();
        self.core
            .change(move |transaction, effects| {
                changes::delete_for_everyone(transaction, effects, message, now)
            })
            .await
    }

    /// Says what the user thinks of a message, in place of what they thought before; `None`: nothing any more.
    pub async fn react(&self, message: MessageId, emoji: Option<Emoji>) -> Result<Message, ChangeError> {
        let now = self.core.now();
        self.core
            .change(move |transaction, effects| changes::react(transaction, effects, message, emoji, now))
            .await
    }

    /// Sets how long texts of a conversation are kept from now on, by both sides; `None`: for good.
    pub async fn set_timer(
        &self,
        conversation: ContactId,
        lifetime: Option<Lifetime>,
    ) -> Result<Conversation, TellContactError> {
        let now = self.core.now();
        self.core
            .change(move |transaction, effects| timer::set(transaction, effects, conversation, lifetime, now))
            .await
    }

    /// Keeps what was written and not sent.
    pub async fn keep_draft(&self, conversation: ContactId, text: String) -> Result<(), ConversationError> {
        self.core
            .store
            .write(move |transaction| drafts::keep(transaction, conversation, &text))
            .await
    }

    /// Tells nothing on the desktop about a conversation until `until`; `None`: tells again.
    pub async fn mute(
        &self,
        conversation: ContactId,
        until: Option<Timestamp>,
    ) -> Result<Conversation, ConversationError> {
        self.core
            .change(move |transaction, effects| mute::mute(transaction, effects, conversation, until))
            .await
    }

    /// Whether nothing is told about a conversation now.
    pub async fn is_muted(&self, conversation: ContactId) -> Result<bool, StorageError> {
        let now = self.core.now();
        let muted = move |connection: &_| mute::is_muted(connection, conversation, now);
        self.core.store.read(muted).await
    }

    /// The conversation with oneself, made if it is not there yet.
    pub async fn note_to_self(&self) -> Result<Conversation, StorageError> {
        let now = self.core.now();
        self.core
            .change(move |transaction, effects| note_to_self::open(transaction, effects, now))
            .await
    }

    /// Marks everything up to and including `up_to` as read, and tells the author if the settings say so.
    pub async fn mark_read(
        &self,
        conversation: ContactId,
        up_to: MessageId,
    ) -> Result<(), ConversationError> {
        let now = self.core.now();
        self.core
            .change(move |transaction, effects| {
                receipts::mark_read(transaction, effects, conversation, up_to, now)
            })
            .await
    }

    /// Tells the contact that the user writes, or stopped to, if the settings say so. It may be lost on the way.
    pub async fn set_typing(&self, conversation: ContactId, typing: bool) -> Result<(), ConversationError> {
        if !self.core.status.is_online() {
            return Ok(());
        }
        typing::tell(&self.core, conversation, typing).await
    }

    /// Gives a contact a name of the user's own; `None` takes it back.
    pub async fn rename(
        &self,
        contact: ContactId,
        name: Option<DisplayName>,
    ) -> Result<Conversation, RenameError> {
        self.core
            .change(move |transaction, effects| names::rename(transaction, effects, contact, name.as_ref()))
            .await
    }

    /// The safety number with a contact, and the keys they have had.
    pub async fn safety_number(&self, contact: ContactId) -> Result<SafetyNumber, ConversationError> {
        verification::safety_number(&self.core, contact).await
    }

    /// Records that the user compared the safety number of the key `fingerprint`, or takes that back. A changed key is
    /// accepted by it, and what waited for that is sent.
    pub async fn set_verified(
        &self,
        contact: ContactId,
        fingerprint: IdentityFingerprint,
        verified: bool,
    ) -> Result<Contact, VerifyError> {
        let decision = if verified {
            Decision::Verified
        } else {
            Decision::NotVerified
        };
        self.decide(contact, fingerprint, decision).await
    }

    /// Goes on with a contact's changed identity key without having compared it; what waited for that is sent.
    pub async fn accept_identity_key(
        &self,
        contact: ContactId,
        fingerprint: IdentityFingerprint,
    ) -> Result<Contact, VerifyError> {
        self.decide(contact, fingerprint, Decision::Accepted).await
    }

    async fn decide(
        &self,
        contact: ContactId,
        fingerprint: IdentityFingerprint,
        decision: Decision,
    ) -> Result<Contact, VerifyError> {
        let now = self.core.now();
        self.core
            .change(move |transaction, effects| {
                let row = identity::decide(transaction, effects, contact, &fingerprint, decision, now)?;
                Ok(contacts::contact(transaction, &row)?)
            })
            .await
    }

    /// Makes a link that one person can open, once.
    pub async fn create_invite(&self) -> Result<Invite, InviteError> {
        let (owner, now) = (Arc::clone(&self.core.owner), self.core.now());
        let invite = self
            .core
            .change(move |transaction, effects| invite::create(transaction, effects, &owner, now))
            .await?;
        // Whoever is shown it may open it at once.
        self.tokens_are_known().await;
        Ok(invite)
    }

    /// Waits a little until the relay knows which invites are open. Without a connection it learns that with the next one.
    async fn tokens_are_known(&self) {
        if self.core.status.is_online() {
            self.core.listeners.tokens.invite_known().await;
        }
    }

    /// All invites of ours, the newest first.
    pub async fn invites(&self) -> Result<Vec<Invite>, StorageError> {
        let (owner, now) = (Arc::clone(&self.core.owner), self.core.now());
        let list = move |connection: &_| invite::list(connection, &owner, now);
        self.core.store.read(list).await
    }

    /// Makes an invite worthless.
    pub async fn revoke_invite(&self, invite: InviteId) -> Result<(), InviteError> {
        let now = self.core.now();
        self.core
            .change(move |transaction, effects| invite::revoke(transaction, effects, invite, now))
            .await?;
        // Whoever opens it from now on is told so at once.
        self.tokens_are_known().await;
        Ok(())
    }

    /// What an invite link says, before anything is done with it.
    pub async fn preview_invite(&self, link: &str) -> Result<InvitePreview, PreviewInviteError> {
        let link = invite::read(link, &self.core.owner, self.core.now())?;
        let preview = move |connection: &_| invite::preview(connection, link);
        self.core.store.read(preview).await
    }

    /// Opens an invite: fetches the inviter's keys, checks their identity key against the link, and says hello.
    pub async fn accept_invite(&self, link: &str) -> Result<Conversation, AcceptInviteError> {
        invite::accept(&self.core, link).await
    }

    /// Finds somebody by their user name, `name@relay.example` or the name alone for one at our own relay. They are a contact
    /// whom nobody has verified, and hear of it with the first text, as a request.
    pub async fn find(&self, name: &str) -> Result<Conversation, FindError> {
        find::find(&self.core, name).await
    }

    /// Accepts a message request: they are told how we are reached, and that what they wrote has arrived.
    pub async fn accept_request(&self, contact: ContactId) -> Result<Conversation, TellContactError> {
        let now = self.core.now();
        self.core
            .change(move |transaction, effects| requests::accept(transaction, effects, contact, now))
            .await
    }

    /// Deletes a message request and what it said. They are told nothing.
    pub async fn delete_request(&self, contact: ContactId) -> Result<(), ConversationError> {
        self.core
            .change(move |transaction, effects| requests::delete(transaction, effects, contact))
            .await
    }

    /// Blocks somebody: what they send is dropped, and they are told nothing. If they knew what opens our mailbox, another
    /// token takes its place, and all other contacts are told.
    pub async fn block(&self, contact: ContactId) -> Result<Conversation, ConversationError> {
        let now = self.core.now();
        let blocked = self
            .core
            .change(move |transaction, effects| blocking::block(transaction, effects, contact, now))
            .await?;
        self.tokens_are_known().await;
        Ok(blocked)
    }

    /// Hears somebody again.
    pub async fn unblock(&self, contact: ContactId) -> Result<Conversation, ConversationError> {
        let now = self.core.now();
        self.core
            .change(move |transaction, effects| blocking::unblock(transaction, effects, contact, now))
            .await
    }
}
