//! Every command, declared once: its name, its arguments, its answer.
//!
//! The `commands!` table below is the only list there is. From it come
//!
//! - one `struct` per command that has arguments;
//! - the trait [`Commands`], which `App` implements;
//! - [`call`], by which the shell answers the webview, a command's name and JSON in, JSON out;
//! - the TypeScript interface `Commands`, which types `ui/src/platform`.

#![allow(
    unused_parens,
    reason = "in the table for TypeScript `()` and `(Arguments)` are both types"
)]

use std::future::Future;

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use ts_rs::TS;

use crate::error::{ApiError, ErrorCode};
use crate::model::{
    AppState, Connection, Contact, Conversation, EarlierText, Inspection, Invite, InvitePreview, Judgement,
    Me, Message, MessagePage, NewRecoveryCode, OwnCard, Passphrase, Picture, Proof, RecoveryCodeCheck,
    RecoveryCodeReading, RelayChoice, SafetyNumber, SavedBackup, SearchPage, Settings, TypedCode, TypedWords,
    VaultChoice, VaultSlot, WordComparison,
};

macro_rules! commands {
    ($(
        $(#[$doc:meta])*
        $command:ident
        $(( $arguments:ident { $($(#[$field_doc:meta])* $field:ident : $type:ty),* $(,)? } ))?
        -> $answer:ty;
    )*) => {
        $($(
            #[doc = concat!("The arguments of [`", stringify!($command), "`](Commands::", stringify!($command), ").")]
            #[derive(Deserialize, TS)]
            #[serde(rename_all = "camelCase", deny_unknown_fields)]
            #[ts(export)]
            #[allow(missing_docs, reason = "a field says with its type what the command's own words do not")]
            pub struct $arguments { $($(#[$field_doc])* pub $field: $type),* }
        )?)*

        /// Whoever answers every command.
        pub trait Commands: Sync {
            $(
                $(#[$doc])*
                fn $command(&self $(, arguments: $arguments)?) -> impl Future<Output = Result<$answer, ApiError>> + Send;
            )*
        }

        /// The names of all commands.
        pub const COMMANDS: &[&str] = &[$(stringify!($command)),*];

        /// What each command takes: the names and types of its arguments, as they are declared.
        #[cfg(test)]
        pub(crate) const TAKES: &[(&str, &[(&str, &str)])] =
            &[$((stringify!($command), &[$($((stringify!($field), stringify!($type))),*)?])),*];

        /// Answers the command `name`; its arguments and its answer are JSON.
        ///
        /// # Errors
        /// Whatever the command answers, and [`ErrorCode::InvalidInput`] for an unknown name or arguments of another shape.
        pub async fn call(commands: &impl Commands, name: &str, arguments: Value) -> Result<Value, ApiError> {
            match name {
                $(stringify!($command) => answer(commands.$command($(parse::<$arguments>(arguments)?)?).await?),)*
                _ => Err(ApiError::new(ErrorCode::InvalidInput, "This window asked for something that Sotto does not know.")),
            }
        }

        /// Every command with what it takes and what it answers.
        #[derive(TS)]
        #[ts(export, rename = "Commands")]
        #[allow(dead_code, reason = "a shape, never made")]
        pub(crate) struct CommandTable {
            $($(#[$doc])* $command: Call<($($arguments)?), $answer>),*
        }
    };
}

commands! {
    /// Where the app stands, and so which screen to show.
    app_state -> AppState;
    /// Asks whether a relay of ours answers at `address`; answers the address in full, as it will be kept.
    check_relay(CheckRelay { address: String }) -> String;
    /// Makes the account of this profile: keys, vault, database, mailbox at the relay.
    create_account(CreateAccount { relay: RelayChoice, display_name: String, vault: VaultChoice }) -> AppState;
    /// Takes a piece of a backup, which an account is to be made of, `offset` bytes from its beginning; `bytes` are base64. The
    /// first one says whether it is a backup at all.
    bring_backup(BringBackup { offset: i64, bytes: String }) -> ();
    /// Makes the account that is in the backup which was brought the account of this profile.
    restore_account(RestoreAccount { code: TypedCode, vault: VaultChoice }) -> AppState;
    /// Opens the account, or the lock in front of the window, by what the user knows.
    unlock(Unlock { proof: Proof }) -> AppState;
    /// Locks the window. The account goes on receiving behind it.
    lock -> AppState;
    /// The user does something in the window, and so is there.
    active -> ();
    /// Reads what has been typed of a recovery code: which groups are mistyped.
    read_recovery_code(ReadRecoveryCode { code: TypedCode }) -> RecoveryCodeReading;
    /// Tries again to open the account that is in trouble or locked by its keychain.
    retry_start -> AppState;
    /// Sets the account of a damaged database aside (nothing is deleted) and goes back to onboarding.
    set_aside_database -> AppState;

    /// How the relay and we stand.
    connection -> Connection;
    /// Tries to connect now rather than when the backoff says so.
    reconnect -> ();

    /// All conversations, the latest activity first.
    conversations -> Vec<Conversation>;
    /// The newest `limit` messages before the message `before`, or the newest of all.
    messages(Messages { conversation: String, before: Option<i64>, limit: u32 }) -> MessagePage;
    /// The oldest `limit` messages after the message `after`.
    messages_after(MessagesAfter { conversation: String, after: i64, limit: u32 }) -> MessagePage;
    /// The message `message` with what is around it, `limit` messages in all.
    messages_around(MessagesAround { conversation: String, message: i64, limit: u32 }) -> MessagePage;
    /// The newest `limit` messages before the message `before` that have all of `words` in them, in one conversation or all.
    search(Search { words: String, conversation: Option<String>, before: Option<i64>, limit: u32 }) -> SearchPage;
    /// Stores the message and queues it; answers before any network is touched.
    send_message(SendMessage {
        conversation: String,
        text: String,
        /// The message of the conversation that it replies to.
        reply_to: Option<i64>,
    }) -> Message;
    /// Gives a message of the user's another text, for everybody.
    edit_message(EditMessage { id: i64, text: String }) -> Message;
    /// What an edited message said before, the first text first.
    earlier_texts(EarlierTexts { id: i64 }) -> Vec<EarlierText>;
    /// Deletes a message of the user's for everybody.
    delete_message(DeleteMessage { id: i64 }) -> ();
    /// Says what the user thinks of a message, in one emoji; `null`: nothing any more.
    react(React { id: i64, emoji: Option<String> }) -> Message;
    /// Sets how many seconds messages of a conversation are kept from now on, by both sides; `null`: for good.
    set_timer(SetTimer { conversation: String, lifetime: Option<u32> }) -> Conversation;
    /// Tells nothing on the desktop about a conversation until a moment; `null`: tells again.
    mute_conversation(MuteConversation { conversation: String, until: Option<i64> }) -> Conversation;
    /// Keeps what was written and not sent; sending takes it away.
    keep_draft(KeepDraft { conversation: String, text: String }) -> ();
    /// The conversation with oneself, made if it is not there yet.
    note_to_self -> Conversation;
    /// Queues a failed message once more.
    retry_message(RetryMessage { id: i64 }) -> Message;
    /// Marks everything up to and including the message `up_to` as read, and tells the author if the settings say so.
    mark_read(MarkRead { conversation: String, up_to: i64 }) -> ();
    /// Tells the contact that the user writes, or stopped to.
    set_typing(SetTyping { conversation: String, typing: bool }) -> ();

    /// Finds somebody by their user name, `name@relay.example` or the name alone for one at our own relay.
    find_contact(FindContact { name: String }) -> Conversation;
    /// Accepts a message request: from now on they hear of the user.
    accept_request(AcceptRequest { contact: String }) -> Conversation;
    /// Deletes a message request and what it said.
    delete_request(DeleteRequest { contact: String }) -> ();
    /// Blocks somebody: what they send is dropped, and they are told nothing.
    block_contact(BlockContact { contact: String }) -> Conversation;
    /// Hears somebody again.
    unblock_contact(UnblockContact { contact: String }) -> Conversation;
    /// Gives a contact a name of the user's own; an empty one takes it back.
    rename_contact(RenameContact { contact: String, name: String }) -> Conversation;
    /// The safety number with a contact, and the keys they have had.
    safety_number(SafetyNumberOf { contact: String }) -> SafetyNumber;
    /// Records that the user compared the safety number `fingerprint` belongs to, or takes that back.
    set_verified(SetVerified { contact: String, fingerprint: String, verified: bool }) -> Contact;
    /// Goes on with a contact's changed identity key without having compared it.
    accept_identity_key(AcceptIdentityKey { contact: String, fingerprint: String }) -> Contact;
    /// Records that the user compared the safety number `fingerprint` belongs to, and that a block of it differs.
    report_difference(ReportDifference { contact: String, fingerprint: String }) -> Contact;
    /// The user's own card, to be handed over outside of Sotto.
    own_card -> OwnCard;
    /// Compares the card in a text, which may be a whole mail, with what we know of a contact.
    compare_card(CompareCard { contact: String, text: String }) -> Judgement;
    /// Looks for a QR code in a picture, of a card or of a safety number, and compares it with what we know of a contact.
    compare_picture(ComparePicture { contact: String, picture: Picture }) -> Judgement;
    /// How a comparison by words with a contact stands.
    words(Words { contact: String }) -> WordComparison;
    /// Asks a contact to compare by words, or says that the user wants to, if they have asked already.
    begin_words(BeginWords { contact: String }) -> WordComparison;
    /// Compares the two words that the user heard the contact read out.
    type_words(TypeWords { contact: String, first: String, second: String }) -> TypedWords;
    /// Calls a comparison by words off, or forgets how it ended.
    close_words(CloseWords { contact: String }) -> WordComparison;
    /// The contacts whose names look like a contact's, so that one could be taken for the other.
    namesakes(Namesakes { contact: String }) -> Vec<Contact>;
    /// Where the sessions with a contact stand: numbers, and marks of public keys.
    inspect(Inspect { contact: String }) -> Inspection;

    /// Makes a link that one person can open, once.
    create_invite -> Invite;
    /// All invites of ours, the newest first.
    invites -> Vec<Invite>;
    /// Makes an invite worthless.
    revoke_invite(RevokeInvite { id: String }) -> ();
    /// What an invite link says, before anything is done with it.
    preview_invite(PreviewInvite { link: String }) -> InvitePreview;
    /// Opens an invite: checks the inviter's identity key against it and says hello.
    accept_invite(AcceptInvite { link: String }) -> Conversation;

    /// The user's settings.
    settings -> Settings;
    /// Replaces the user's settings.
    update_settings(UpdateSettings { settings: Settings }) -> Settings;
    /// Changes what the user is called; every contact is told.
    set_display_name(SetDisplayName { name: String }) -> Me;
    /// Takes a user name by which strangers find the user, in place of the one there is; an empty one gives it up.
    set_user_name(SetUserName { name: String }) -> Me;

    /// The user has seen that a backup took the place of a damaged database.
    restoration_seen -> Me;

    /// Makes a backup of the account where downloads go, in one file that the recovery code opens.
    make_backup(MakeBackup { code: TypedCode }) -> SavedBackup;

    // The ways into the account. Each of these wants a proof once there is a passphrase.
    /// Sets a passphrase, or another one. Whom the recovery code let in needs no proof.
    set_passphrase(SetPassphrase { passphrase: Passphrase, proof: Option<Proof> }) -> Me;
    /// Puts the keys into the keychain; again and without a proof, if that is a way in already, whose entry may have vanished.
    keep_in_keychain(KeepInKeychain { proof: Option<Proof> }) -> Me;
    /// Takes a way in away, but not the last that opens the account every day.
    remove_way_in(RemoveWayIn { slot: VaultSlot, proof: Option<Proof> }) -> Me;
    /// Makes a recovery code, which is kept nowhere until some of it was typed back.
    create_recovery_code(CreateRecoveryCode { proof: Option<Proof> }) -> NewRecoveryCode;
    /// Compares the groups of the new recovery code that were asked for; if they are right, it takes the place of an older one.
    check_recovery_code(CheckRecoveryCode { typed: Vec<TypedCode> }) -> RecoveryCodeCheck;
    /// Forgets the new recovery code; an older one stays as it is.
    forget_recovery_code -> ();
}

/// What one command takes and answers, for TypeScript only.
#[derive(TS)]
#[ts(export)]
#[allow(dead_code, reason = "a shape, never made")]
pub(crate) struct Call<Arguments, Answer> {
    args: Arguments,
    answer: Answer,
}

fn parse<Arguments: DeserializeOwned>(arguments: Value) -> Result<Arguments, ApiError> {
    serde_json::from_value(arguments).map_err(|_| {
        ApiError::new(
            ErrorCode::InvalidInput,
            "This window sent something that Sotto does not understand.",
        )
    })
}

fn answer(answer: impl Serialize) -> Result<Value, ApiError> {
    serde_json::to_value(answer).map_err(|_| {
        ApiError::new(
            ErrorCode::Internal,
            "Sotto could not put its answer into words. Please report this.",
        )
    })
}
