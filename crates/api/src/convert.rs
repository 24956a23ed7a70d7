//! From the engine's shapes to those that cross to the webview.

mod inspection;

use sotto_engine::model as engine;
use sotto_engine::vault::{KeychainStatus as EngineKeychainStatus, SlotKind};

use crate::error::{ApiError, ErrorCode};
use crate::model::{
    Connection, Contact, Conversation, Delivery, EarlierText, IdentityChange, IdentityRecord, Invite,
    InvitePreview, InviteState, InviteUse, Judgement, KeychainStatus, Me, Message, MessageBody, MessagePage,
    MessagePreview, Notice, NotificationPrivacy, OwnCard, Quote, Reaction, Restoration, SafetyNumber,
    Settings, Standing, Theme, VaultSlot, Verification, VerifiedBy, WordComparison, WordOutcome, WordStage,
};
use crate::qr;

/// Conversions between enums whose variants have the same names.
macro_rules! same_variants {
    ($($from:path => $to:ident { $($variant:ident),* $(,)? })*) => {$(
        impl From<$from> for $to {
            fn from(value: $from) -> Self {
                match value {
                    $(<$from>::$variant => Self::$variant),*
                }
            }
        }
    )*};
}

same_variants! {
    SlotKind => VaultSlot { Keychain, Passphrase, RecoveryCode }
    EngineKeychainStatus => KeychainStatus { Available, Locked, Unavailable }
    engine::Verification => Verification { Verified, NotVerified, Changed }
    engine::Standing => Standing { Accepted, Requested, Blocked }
    engine::VerifiedBy => VerifiedBy { Invite, Words, Card, Code, SafetyNumber }
    engine::Delivery => Delivery { Failed, Blocked, Queued, Sent, Delivered, Read }
    engine::Notice => Notice {
        JoinedByInvite, MetByInvite, IdentityKeyChanged, IdentityKeyAccepted, MarkedVerified, MarkedNotVerified, Undecryptable,
        InviteDeclined, ComparisonDiffered, FoundByUserName, EditUndelivered, DeletionUndelivered,
    }
    engine::WordOutcome => WordOutcome {
        Verified, Differed, Cancelled, CancelledByThem, TimedOut, KeyChanged, TooSoon,
    }
    engine::InviteState => InviteState { Open, Used, Revoked, Expired }
    engine::Theme => Theme { System, Light, Dark }
    engine::NotificationPrivacy => NotificationPrivacy { Full, NameOnly, Anonymous, Off }
}

type EngineSlotKind = SlotKind;
type EngineTheme = engine::Theme;
type EngineNotificationPrivacy = engine::NotificationPrivacy;

same_variants! {
    VaultSlot => EngineSlotKind { Keychain, Passphrase, RecoveryCode }
    Theme => EngineTheme { System, Light, Dark }
    NotificationPrivacy => EngineNotificationPrivacy { Full, NameOnly, Anonymous, Off }
}

impl From<engine::Settings> for Settings {
    fn from(settings: engine::Settings) -> Self {
        let engine::Settings {
            theme,
            notifications,
            read_receipts,
            typing_indicators,
            keep_running,
            lock_after_minutes,
            lock_with_system,
        } = settings;
        Self {
            theme: theme.into(),
            notifications: notifications.into(),
            read_receipts,
            typing_indicators,
            keep_running,
            lock_after_minutes,
            lock_with_system,
        }
    }
}

impl From<Settings> for engine::Settings {
    fn from(settings: Settings) -> Self {
        let Settings {
            theme,
            notifications,
            read_receipts,
            typing_indicators,
            keep_running,
            lock_after_minutes,
            lock_with_system,
        } = settings;
        Self {
            theme: theme.into(),
            notifications: notifications.into(),
            read_receipts,
            typing_indicators,
            keep_running,
            lock_after_minutes,
            lock_with_system,
        }
    }
}

/// The id of a conversation, and of its contact, as the webview has it.
pub(crate) fn conversation_id(id: engine::ContactId) -> String {
    id.0.to_string()
}

/// The conversation that the webview means.
pub(crate) fn parse_conversation_id(id: &str) -> Result<engine::ContactId, ApiError> {
    id.parse()
        .map(engine::ContactId)
        .map_err(|_| ErrorCode::NotFound.into())
}

/// The invite that the webview means.
pub(crate) fn parse_invite_id(id: &str) -> Result<engine::InviteId, ApiError> {
    id.parse()
        .map(engine::InviteId)
        .map_err(|_| ErrorCode::NotFound.into())
}

/// The user's own account; `hosts_relay` says whether its relay runs inside this app, `recovered` whether it was opened by the
/// recovery code.
pub(crate) fn me(account: engine::Account, hosts_relay: bool, recovered: bool) -> Me {
    Me {
        address: account.address.to_string(),
        display_name: account.display_name.as_str().to_owned(),
        user_name: account.user_name.map(|name| name.as_str().to_owned()),
        relay: account.address.relay.to_string(),
        hosts_relay,
        vault_slots: account.vault_slots.into_iter().map(VaultSlot::from).collect(),
        recovered,
        restored: account.restored.map(|restored| Restoration {
            made_at: restored.made_at.millis(),
            moved: restored.moved,
            set_aside: restored.set_aside.map(|file| file.to_string_lossy().into_owned()),
        }),
    }
}

impl From<engine::Conversation> for Conversation {
    fn from(conversation: engine::Conversation) -> Self {
        Self {
            id: conversation_id(conversation.contact.id),
            contact: conversation.contact.into(),
            last_message: conversation.last_message.map(MessagePreview::from),
            unread: conversation.unread,
            last_activity: conversation.last_activity.millis(),
            lifetime: conversation.lifetime.map(engine::Lifetime::seconds),
            muted_until: conversation.muted_until.map(|until| until.millis()),
            draft: conversation.draft,
        }
    }
}

impl From<engine::Contact> for Contact {
    fn from(contact: engine::Contact) -> Self {
        Self {
            id: conversation_id(contact.id),
            address: contact.address.to_string(),
            name: contact.name,
            is_self: contact.is_self,
            verification: contact.verification.into(),
            standing: contact.standing.into(),
            user_name: contact.user_name.map(|name| name.as_str().to_owned()),
            identity_change: contact.identity_change.map(IdentityChange::from),
        }
    }
}

impl From<engine::IdentityChange> for IdentityChange {
    fn from(change: engine::IdentityChange) -> Self {
        Self {
            changed_at: change.changed_at.millis(),
            was_verified: change.was_verified,
            fingerprint: change.fingerprint.to_string(),
        }
    }
}

impl From<engine::MessagePreview> for MessagePreview {
    fn from(preview: engine::MessagePreview) -> Self {
        Self {
            text: preview.text,
            outgoing: preview.outgoing,
            delivery: preview.delivery.map(Delivery::from),
        }
    }
}

impl From<engine::Message> for Message {
    fn from(message: engine::Message) -> Self {
        let gone_at = message.lifetime.zip(message.life_began_at);
        Self {
            id: message.id.0,
            conversation: conversation_id(message.conversation),
            body: message.body.into(),
            outgoing: message.outgoing,
            sent_at: message.sent_at.millis(),
            stored_at: message.stored_at.millis(),
            delivery: message.delivery.map(Delivery::from),
            quote: message.quote.map(Quote::from),
            reactions: message.reactions.into_iter().map(Reaction::from).collect(),
            edited_at: message.edited_at.map(|at| at.millis()),
            lifetime: message.lifetime.map(engine::Lifetime::seconds),
            gone_at: gone_at.map(|(lifetime, began)| began.after(lifetime.duration()).millis()),
        }
    }
}

impl From<engine::MessageBody> for MessageBody {
    fn from(body: engine::MessageBody) -> Self {
        match body {
            engine::MessageBody::Text(text) => Self::Text { text },
            engine::MessageBody::Deleted => Self::Deleted,
            engine::MessageBody::Unsupported => Self::Unsupported,
            engine::MessageBody::TimerSet(lifetime) => Self::TimerSet {
                lifetime: lifetime.map(engine::Lifetime::seconds),
            },
            engine::MessageBody::Notice(notice) => Self::Notice {
                notice: notice.into(),
            },
        }
    }
}

impl From<engine::Quote> for Quote {
    fn from(quote: engine::Quote) -> Self {
        match quote {
            engine::Quote::Found {
                message,
                outgoing,
                text,
            } => Self::Found {
                message: message.0,
                outgoing,
                text,
            },
            engine::Quote::Missing => Self::Missing,
        }
    }
}

impl From<engine::Reaction> for Reaction {
    fn from(reaction: engine::Reaction) -> Self {
        Self {
            emoji: reaction.emoji.as_str().to_owned(),
            mine: reaction.mine,
        }
    }
}

impl From<engine::EarlierText> for EarlierText {
    fn from(earlier: engine::EarlierText) -> Self {
        Self {
            text: earlier.text,
            replaced_at: earlier.replaced_at.millis(),
        }
    }
}

impl From<engine::MessagePage> for MessagePage {
    fn from(page: engine::MessagePage) -> Self {
        Self {
            messages: page.messages.into_iter().map(Message::from).collect(),
            has_older: page.has_older,
            has_newer: page.has_newer,
            first_unread: page.first_unread.map(|id| id.0),
        }
    }
}

impl From<engine::Invite> for Invite {
    fn from(invite: engine::Invite) -> Self {
        Self {
            id: invite.id.0.to_string(),
            link: invite.link,
            created_at: invite.created_at.millis(),
            expires_at: invite.expires_at.millis(),
            state: invite.state.into(),
            used: invite.used.map(|used| InviteUse {
                by: used.by.map(conversation_id),
                at: used.at.millis(),
            }),
        }
    }
}

impl From<engine::InvitePreview> for InvitePreview {
    fn from(preview: engine::InvitePreview) -> Self {
        Self {
            inviter_name: preview.inviter_name.as_str().to_owned(),
            address: preview.address.to_string(),
            relay: preview.address.relay.to_string(),
            existing_contact: preview.existing_contact.map(conversation_id),
        }
    }
}

impl TryFrom<engine::SafetyNumber> for SafetyNumber {
    type Error = ApiError;

    fn try_from(number: engine::SafetyNumber) -> Result<Self, ApiError> {
        Ok(Self {
            contact: number.contact.into(),
            blocks: number.blocks,
            qr: qr::encode(&number.scannable).ok_or(ErrorCode::Internal)?,
            fingerprint: number.fingerprint.to_string(),
            history: number.history.into_iter().map(IdentityRecord::from).collect(),
        })
    }
}

impl From<engine::IdentityRecord> for IdentityRecord {
    fn from(record: engine::IdentityRecord) -> Self {
        Self {
            fingerprint: record.fingerprint.short(),
            first_seen: record.first_seen.millis(),
            verified_at: record.verified_at.map(|at| at.millis()),
            verified_by: record.verified_by.map(VerifiedBy::from),
            replaced_at: record.replaced_at.map(|at| at.millis()),
        }
    }
}

impl From<engine::Judgement> for Judgement {
    fn from(judgement: engine::Judgement) -> Self {
        match judgement {
            engine::Judgement::Verified => Self::Verified,
            engine::Judgement::Differs => Self::Differs,
            engine::Judgement::SomebodyElses { name } => Self::SomebodyElses { name },
            engine::Judgement::Own => Self::Own,
            engine::Judgement::ForAnother => Self::ForAnother,
            engine::Judgement::FromTheConversation => Self::FromTheConversation,
        }
    }
}

impl TryFrom<engine::OwnCard> for OwnCard {
    type Error = ApiError;

    fn try_from(card: engine::OwnCard) -> Result<Self, ApiError> {
        Ok(Self {
            qr: qr::encode(card.text.as_bytes()).ok_or(ErrorCode::Internal)?,
            text: card.text,
            fingerprint: card.fingerprint.to_string(),
        })
    }
}

impl From<engine::WordComparison> for WordComparison {
    fn from(comparison: engine::WordComparison) -> Self {
        Self {
            contact: conversation_id(comparison.contact),
            stage: comparison.stage.into(),
            again_at: comparison.again_at.map(|at| at.millis()),
        }
    }
}

impl From<engine::WordStage> for WordStage {
    fn from(stage: engine::WordStage) -> Self {
        match stage {
            engine::WordStage::None => Self::None,
            engine::WordStage::Waiting { until } => Self::Waiting {
                until: until.millis(),
            },
            engine::WordStage::Asked { until } => Self::Asked {
                until: until.millis(),
            },
            engine::WordStage::Reading { say, until } => Self::Reading {
                say: say.map(str::to_owned),
                until: until.millis(),
            },
            engine::WordStage::Confirming { until } => Self::Confirming {
                until: until.millis(),
            },
            engine::WordStage::Ended(outcome) => Self::Ended {
                outcome: outcome.into(),
            },
        }
    }
}

impl From<engine::Connection> for Connection {
    fn from(connection: engine::Connection) -> Self {
        match connection {
            engine::Connection::Connecting => Self::Connecting,
            engine::Connection::Online => Self::Online,
            engine::Connection::Offline { retry_at, trouble } => Self::Offline {
                retry_at: retry_at.map(|at| at.millis()),
                error: Some(trouble.into()),
            },
        }
    }
}
