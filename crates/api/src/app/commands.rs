//! What each command does: hand it to the engine, and hand back what it answers.

use std::sync::Arc;

use sotto_engine::clock::Timestamp;
use sotto_engine::error::{BeginWordsError, TypeWordsError};
use sotto_engine::model::{self as engine, DisplayName, Emoji, IdentityFingerprint, Lifetime, MessageId};
use sotto_engine::{Engine, UserName};

use super::{Account, App, OwnRelay, Stage, comparing, keys};
use crate::command::{
    AcceptIdentityKey, AcceptInvite, AcceptRequest, BeginWords, BlockContact, BringBackup, CheckRecoveryCode,
    CheckRelay, CloseWords, Commands, CompareCard, ComparePicture, CreateAccount, CreateRecoveryCode,
    DeleteMessage, DeleteRequest, EarlierTexts, EditMessage, FindContact, Inspect, KeepDraft, KeepInKeychain,
    MakeBackup, MarkRead, Messages, MessagesAfter, MessagesAround, MuteConversation, Namesakes,
    PreviewInvite, React, ReadRecoveryCode, RemoveWayIn, RenameContact, ReportDifference, RestoreAccount,
    RetryMessage, RevokeInvite, SafetyNumberOf, Search, SendMessage, SetDisplayName, SetPassphrase, SetTimer,
    SetTyping, SetUserName, SetVerified, TypeWords, UnblockContact, Unlock, UpdateSettings, Words,
};
use crate::convert::{parse_conversation_id, parse_invite_id};
use crate::error::{ApiError, ErrorCode};
use crate::model::{
    AppState, Connection, Contact, Conversation, EarlierText, Inspection, Invite, InvitePreview, Judgement,
    Me, Message, MessagePage, NewRecoveryCode, OwnCard, RecoveryCodeCheck, RecoveryCodeReading, SafetyNumber,
    SavedBackup, SearchPage, Settings, TypedWords, WordComparison,
};

/// The longest page of messages, whatever the window asks for.
const LONGEST_PAGE: u32 = 200;

impl Commands for Arc<App> {
    async fn app_state(&self) -> Result<AppState, ApiError> {
        let state = self.state().await;
        self.window_listens();
        state
    }

    async fn check_relay(&self, CheckRelay { address }: CheckRelay) -> Result<String, ApiError> {
        Ok(Engine::check_relay(&address).await?.to_string())
    }

    async fn create_account(&self, arguments: CreateAccount) -> Result<AppState, ApiError> {
        let CreateAccount {
            relay,
            display_name,
            vault,
        } = arguments;
        self.create(relay, &display_name, vault).await
    }

    async fn bring_backup(&self, BringBackup { offset, bytes }: BringBackup) -> Result<(), ApiError> {
        self.bring(offset, &bytes).await
    }

    async fn restore_account(
        &self,
        RestoreAccount { code, vault }: RestoreAccount,
    ) -> Result<AppState, ApiError> {
        self.restore(&code, vault).await
    }

    async fn unlock(&self, Unlock { proof }: Unlock) -> Result<AppState, ApiError> {
        self.unlock_by(keys::read(&proof)?).await
    }

    async fn lock(&self) -> Result<AppState, ApiError> {
        App::lock(self).await
    }

    async fn active(&self) -> Result<(), ApiError> {
        App::active(self).await
    }

    async fn read_recovery_code(
        &self,
        ReadRecoveryCode { code }: ReadRecoveryCode,
    ) -> Result<RecoveryCodeReading, ApiError> {
        Ok(keys::reading(&code))
    }

    async fn retry_start(&self) -> Result<AppState, ApiError> {
        self.retry().await
    }

    async fn set_aside_database(&self) -> Result<AppState, ApiError> {
        self.set_aside().await
    }

    async fn connection(&self) -> Result<Connection, ApiError> {
        let account = self.account().await?;
        Ok(account.connection_of(account.engine.connection()).await)
    }

    async fn reconnect(&self) -> Result<(), ApiError> {
        let account = self.account().await?;
        self.restart_own_relay(&account).await;
        account.engine.reconnect();
        Ok(())
    }

    async fn conversations(&self) -> Result<Vec<Conversation>, ApiError> {
        let conversations = self.account().await?.engine.conversations().await?;
        Ok(conversations.into_iter().map(Conversation::from).collect())
    }

    async fn messages(
        &self,
        Messages {
            conversation,
            before,
            limit,
        }: Messages,
    ) -> Result<MessagePage, ApiError> {
        let conversation = parse_conversation_id(&conversation)?;
        let limit = limit.clamp(1, LONGEST_PAGE);
        Ok(self
            .account()
            .await?
            .engine
            .messages(conversation, before.map(MessageId), limit)
            .await?
            .into())
    }

    async fn messages_after(&self, arguments: MessagesAfter) -> Result<MessagePage, ApiError> {
        let conversation = parse_conversation_id(&arguments.conversation)?;
        let limit = arguments.limit.clamp(1, LONGEST_PAGE);
        Ok(self
            .account()
            .await?
            .engine
            .messages_after(conversation, MessageId(arguments.after), limit)
            .await?
            .into())
    }

    async fn messages_around(&self, arguments: MessagesAround) -> Result<MessagePage, ApiError> {
        let conversation = parse_conversation_id(&arguments.conversation)?;
        let limit = arguments.limit.clamp(1, LONGEST_PAGE);
        Ok(self
            .account()
            .await?
            .engine
            .messages_around(conversation, MessageId(arguments.message), limit)
            .await?
            .into())
    }

    async fn search(&self, arguments: Search) -> Result<SearchPage, ApiError> {
        let conversation = arguments
            .conversation
            .map(|id| parse_conversation_id(&id))
            .transpose()?;
        let limit = arguments.limit.clamp(1, LONGEST_PAGE);
        Ok(self
            .account()
            .await?
            .engine
            .search(
                arguments.words,
                conversation,
                arguments.before.map(MessageId),
                limit,
            )
            .await?
            .into())
    }

    async fn send_message(
        &self,
        SendMessage {
            conversation,
            text,
            reply_to,
        }: SendMessage,
    ) -> Result<Message, ApiError> {
        let conversation = parse_conversation_id(&conversation)?;
        Ok(self
            .account()
            .await?
            .engine
            .reply(conversation, text, reply_to.map(MessageId))
            .await?
            .into())
    }

    async fn edit_message(&self, EditMessage { id, text }: EditMessage) -> Result<Message, ApiError> {
        let engine = &self.account().await?.engine;
        Ok(engine.edit(MessageId(id), text).await?.into())
    }

    async fn earlier_texts(&self, EarlierTexts { id }: EarlierTexts) -> Result<Vec<EarlierText>, ApiError> {
        let earlier = self.account().await?.engine.earlier_texts(MessageId(id)).await?;
        Ok(earlier.into_iter().map(EarlierText::from).collect())
    }

    async fn delete_message(&self, DeleteMessage { id }: DeleteMessage) -> Result<(), ApiError> {
        let engine = &self.account().await?.engine;
        Ok(engine.delete_for_everyone(MessageId(id)).await?)
    }

    async fn react(&self, React { id, emoji }: React) -> Result<Message, ApiError> {
        let emoji = emoji.as_deref().map(Emoji::parse).transpose()?;
        let engine = &self.account().await?.engine;
        Ok(engine.react(MessageId(id), emoji).await?.into())
    }

    async fn set_timer(
        &self,
        SetTimer {
            conversation,
            lifetime,
        }: SetTimer,
    ) -> Result<Conversation, ApiError> {
        let conversation = parse_conversation_id(&conversation)?;
        let lifetime = lifetime.map(|seconds| Lifetime::of(seconds).ok_or(ErrorCode::InvalidInput));
        let engine = &self.account().await?.engine;
        Ok(engine
            .set_timer(conversation, lifetime.transpose()?)
            .await?
            .into())
    }

    async fn mute_conversation(
        &self,
        MuteConversation { conversation, until }: MuteConversation,
    ) -> Result<Conversation, ApiError> {
        let conversation = parse_conversation_id(&conversation)?;
        let engine = &self.account().await?.engine;
        let until = until.map(Timestamp::from_millis);
        Ok(engine.mute(conversation, until).await?.into())
    }

    async fn keep_draft(&self, KeepDraft { conversation, text }: KeepDraft) -> Result<(), ApiError> {
        let conversation = parse_conversation_id(&conversation)?;
        // Also of a window that was locked while something was written: it is the one thing that goes in, and nothing comes out.
        let (Stage::Ready { account } | Stage::Covered { account }) = self.stage().await else {
            return Err(ErrorCode::NotReady.into());
        };
        Ok(account.engine.keep_draft(conversation, text).await?)
    }

    async fn note_to_self(&self) -> Result<Conversation, ApiError> {
        Ok(self.account().await?.engine.note_to_self().await?.into())
    }

    async fn retry_message(&self, RetryMessage { id }: RetryMessage) -> Result<Message, ApiError> {
        Ok(self.account().await?.engine.retry(MessageId(id)).await?.into())
    }

    async fn mark_read(&self, MarkRead { conversation, up_to }: MarkRead) -> Result<(), ApiError> {
        let conversation = parse_conversation_id(&conversation)?;
        Ok(self
            .account()
            .await?
            .engine
            .mark_read(conversation, MessageId(up_to))
            .await?)
    }

    async fn set_typing(&self, SetTyping { conversation, typing }: SetTyping) -> Result<(), ApiError> {
        let conversation = parse_conversation_id(&conversation)?;
        Ok(self
            .account()
            .await?
            .engine
            .set_typing(conversation, typing)
            .await?)
    }

    async fn find_contact(&self, FindContact { name }: FindContact) -> Result<Conversation, ApiError> {
        Ok(self.account().await?.engine.find(&name).await?.into())
    }

    async fn accept_request(
        &self,
        AcceptRequest { contact }: AcceptRequest,
    ) -> Result<Conversation, ApiError> {
        let contact = parse_conversation_id(&contact)?;
        Ok(self.account().await?.engine.accept_request(contact).await?.into())
    }

    async fn delete_request(&self, DeleteRequest { contact }: DeleteRequest) -> Result<(), ApiError> {
        let contact = parse_conversation_id(&contact)?;
        Ok(self.account().await?.engine.delete_request(contact).await?)
    }

    async fn block_contact(&self, BlockContact { contact }: BlockContact) -> Result<Conversation, ApiError> {
        let contact = parse_conversation_id(&contact)?;
        Ok(self.account().await?.engine.block(contact).await?.into())
    }

    async fn unblock_contact(
        &self,
        UnblockContact { contact }: UnblockContact,
    ) -> Result<Conversation, ApiError> {
        let contact = parse_conversation_id(&contact)?;
        Ok(self.account().await?.engine.unblock(contact).await?.into())
    }

    async fn rename_contact(
        &self,
        RenameContact { contact, name }: RenameContact,
    ) -> Result<Conversation, ApiError> {
        let contact = parse_conversation_id(&contact)?;
        let name = if name.trim().is_empty() {
            None
        } else {
            Some(DisplayName::parse(&name)?)
        };
        Ok(self.account().await?.engine.rename(contact, name).await?.into())
    }

    async fn safety_number(
        &self,
        SafetyNumberOf { contact }: SafetyNumberOf,
    ) -> Result<SafetyNumber, ApiError> {
        let contact = parse_conversation_id(&contact)?;
        self.account()
            .await?
            .engine
            .safety_number(contact)
            .await?
            .try_into()
    }

    async fn set_verified(&self, arguments: SetVerified) -> Result<Contact, ApiError> {
        let contact = parse_conversation_id(&arguments.contact)?;
        let fingerprint: IdentityFingerprint = arguments.fingerprint.parse()?;
        Ok(self
            .account()
            .await?
            .engine
            .set_verified(contact, fingerprint, arguments.verified)
            .await?
            .into())
    }

    async fn accept_identity_key(&self, arguments: AcceptIdentityKey) -> Result<Contact, ApiError> {
        let contact = parse_conversation_id(&arguments.contact)?;
        let fingerprint: IdentityFingerprint = arguments.fingerprint.parse()?;
        Ok(self
            .account()
            .await?
            .engine
            .accept_identity_key(contact, fingerprint)
            .await?
            .into())
    }

    async fn report_difference(&self, arguments: ReportDifference) -> Result<Contact, ApiError> {
        let contact = parse_conversation_id(&arguments.contact)?;
        let fingerprint: IdentityFingerprint = arguments.fingerprint.parse()?;
        let engine = &self.account().await?.engine;
        Ok(engine.report_difference(contact, fingerprint).await?.into())
    }

    async fn own_card(&self) -> Result<OwnCard, ApiError> {
        self.account().await?.engine.own_card().await?.try_into()
    }

    async fn compare_card(&self, CompareCard { contact, text }: CompareCard) -> Result<Judgement, ApiError> {
        let contact = parse_conversation_id(&contact)?;
        comparing::card(&self.account().await?.engine, contact, &text).await
    }

    async fn compare_picture(&self, arguments: ComparePicture) -> Result<Judgement, ApiError> {
        let ComparePicture { contact, picture } = arguments;
        let contact = parse_conversation_id(&contact)?;
        comparing::picture(&self.account().await?.engine, contact, picture).await
    }

    async fn words(&self, Words { contact }: Words) -> Result<WordComparison, ApiError> {
        let contact = parse_conversation_id(&contact)?;
        Ok(self.account().await?.engine.words(contact).await?.into())
    }

    async fn begin_words(&self, BeginWords { contact }: BeginWords) -> Result<WordComparison, ApiError> {
        let contact = parse_conversation_id(&contact)?;
        let engine = &self.account().await?.engine;
        match engine.begin_words(contact).await {
            // The comparison says until when.
            Err(BeginWordsError::TooSoon { .. }) => Ok(engine.words(contact).await?.into()),
            begun => Ok(begun?.into()),
        }
    }

    async fn type_words(&self, arguments: TypeWords) -> Result<TypedWords, ApiError> {
        let TypeWords {
            contact,
            first,
            second,
        } = arguments;
        let contact = parse_conversation_id(&contact)?;
        let engine = &self.account().await?.engine;
        match engine.type_words(contact, [first, second]).await {
            Err(TypeWordsError::Unknown { first, second }) => Ok(TypedWords::Unknown { first, second }),
            typed => Ok(TypedWords::Compared {
                comparison: typed?.into(),
            }),
        }
    }

    async fn close_words(&self, CloseWords { contact }: CloseWords) -> Result<WordComparison, ApiError> {
        let contact = parse_conversation_id(&contact)?;
        Ok(self.account().await?.engine.close_words(contact).await?.into())
    }

    async fn namesakes(&self, Namesakes { contact }: Namesakes) -> Result<Vec<Contact>, ApiError> {
        let contact = parse_conversation_id(&contact)?;
        let namesakes = self.account().await?.engine.namesakes(contact).await?;
        Ok(namesakes.into_iter().map(Contact::from).collect())
    }

    async fn inspect(&self, Inspect { contact }: Inspect) -> Result<Inspection, ApiError> {
        let contact = parse_conversation_id(&contact)?;
        Ok(self.account().await?.engine.inspect(contact).await?.into())
    }

    async fn create_invite(&self) -> Result<Invite, ApiError> {
        Ok(self.account().await?.engine.create_invite().await?.into())
    }

    async fn invites(&self) -> Result<Vec<Invite>, ApiError> {
        let invites = self.account().await?.engine.invites().await?;
        Ok(invites.into_iter().map(Invite::from).collect())
    }

    async fn revoke_invite(&self, RevokeInvite { id }: RevokeInvite) -> Result<(), ApiError> {
        let invite = parse_invite_id(&id)?;
        Ok(self.account().await?.engine.revoke_invite(invite).await?)
    }

    async fn preview_invite(&self, PreviewInvite { link }: PreviewInvite) -> Result<InvitePreview, ApiError> {
        Ok(self.account().await?.engine.preview_invite(&link).await?.into())
    }

    async fn accept_invite(&self, AcceptInvite { link }: AcceptInvite) -> Result<Conversation, ApiError> {
        Ok(self.account().await?.engine.accept_invite(&link).await?.into())
    }

    async fn settings(&self) -> Result<Settings, ApiError> {
        Ok(self.account().await?.engine.settings().await?.into())
    }

    async fn update_settings(
        &self,
        UpdateSettings { settings }: UpdateSettings,
    ) -> Result<Settings, ApiError> {
        let account = self.account().await?;
        self.check_lock(&account, &settings).await?;
        let settings = Settings::from(account.engine.update_settings(settings.into()).await?);
        // The event says the same, a little later: until then a window might be locked that is not to be any more.
        self.remember_settings(Some(settings.clone()));
        Ok(settings)
    }

    async fn set_display_name(&self, SetDisplayName { name }: SetDisplayName) -> Result<Me, ApiError> {
        let name = DisplayName::parse(&name)?;
        let account = self.account().await?;
        let changed = account.engine.set_display_name(name).await?;
        Ok(account.describe(changed).await)
    }

    async fn restoration_seen(&self) -> Result<Me, ApiError> {
        let account = self.account().await?;
        let changed = account.engine.restoration_seen().await?;
        Ok(account.describe(changed).await)
    }

    async fn make_backup(&self, MakeBackup { code }: MakeBackup) -> Result<SavedBackup, ApiError> {
        self.back_up(&code).await
    }

    async fn set_user_name(&self, SetUserName { name }: SetUserName) -> Result<Me, ApiError> {
        let name = match name.trim() {
            "" => None,
            name => Some(name.parse::<UserName>()?),
        };
        let account = self.account().await?;
        let changed = account.engine.set_user_name(name).await?;
        Ok(account.describe(changed).await)
    }

    async fn set_passphrase(&self, arguments: SetPassphrase) -> Result<Me, ApiError> {
        let SetPassphrase { passphrase, proof } = arguments;
        self.account().await?.set_passphrase(&passphrase, proof).await
    }

    async fn keep_in_keychain(&self, KeepInKeychain { proof }: KeepInKeychain) -> Result<Me, ApiError> {
        self.account().await?.keep_in_keychain(proof).await
    }

    async fn remove_way_in(&self, RemoveWayIn { slot, proof }: RemoveWayIn) -> Result<Me, ApiError> {
        self.account().await?.remove_way_in(slot, proof).await
    }

    async fn create_recovery_code(
        &self,
        CreateRecoveryCode { proof }: CreateRecoveryCode,
    ) -> Result<NewRecoveryCode, ApiError> {
        self.account().await?.create_recovery_code(proof).await
    }

    async fn check_recovery_code(
        &self,
        CheckRecoveryCode { typed }: CheckRecoveryCode,
    ) -> Result<RecoveryCodeCheck, ApiError> {
        self.account().await?.check_recovery_code(&typed).await
    }

    async fn forget_recovery_code(&self) -> Result<(), ApiError> {
        *self.account().await?.new_code.lock().await = None;
        Ok(())
    }
}

impl Account {
    /// How the relay and we stand, with the reason if the relay should run inside this app and does not.
    pub(super) async fn connection_of(&self, connection: engine::Connection) -> Connection {
        let connection = Connection::from(connection);
        match (&*self.relay.lock().await, connection) {
            (OwnRelay::Failed(reason), Connection::Offline { retry_at, .. }) => Connection::Offline {
                retry_at,
                error: Some((*reason).into()),
            },
            (_, connection) => connection,
        }
    }
}
