//! What crosses to the webview, as JSON: a change here is a change of the surface, and shows in the snapshots.

use serde::Serialize;

use super::*;
use crate::error::{ApiError, ErrorCode};
use crate::event::Event;

fn json(value: &impl Serialize) -> String {
    serde_json::to_string_pretty(value).unwrap()
}

fn keychain() -> Keychain {
    Keychain {
        name: "Secret Service".into(),
        status: KeychainStatus::Available,
    }
}

fn me() -> Me {
    Me {
        address: "7d44…@127.0.0.1:9800".into(),
        display_name: "Alice".into(),
        user_name: Some("alice".into()),
        relay: "127.0.0.1:9800".into(),
        hosts_relay: true,
        vault_slots: vec![
            VaultSlot::Keychain,
            VaultSlot::Passphrase,
            VaultSlot::RecoveryCode,
        ],
        recovered: false,
        restored: None,
    }
}

fn bob() -> Contact {
    Contact {
        id: "2".into(),
        address: "91c2…@relay.example".into(),
        name: "Bob".into(),
        is_self: false,
        verification: Verification::Changed,
        standing: Standing::Accepted,
        user_name: Some("bob".into()),
        identity_change: Some(IdentityChange {
            changed_at: 1_790_000_000_000,
            was_verified: true,
            fingerprint: "ab".repeat(32),
        }),
    }
}

fn conversation() -> Conversation {
    Conversation {
        id: "2".into(),
        contact: bob(),
        last_message: Some(MessagePreview {
            text: "Until tomorrow".into(),
            outgoing: true,
            delivery: Some(Delivery::Blocked),
        }),
        unread: 3,
        last_activity: 1_790_000_000_000,
        lifetime: Some(86_400),
        muted_until: None,
        draft: Some("Until".into()),
    }
}

fn message(body: MessageBody) -> Message {
    Message {
        id: 41,
        conversation: "2".into(),
        body,
        outgoing: true,
        sent_at: 1_790_000_000_000,
        stored_at: 1_790_000_000_001,
        delivery: Some(Delivery::Read),
        quote: None,
        reactions: Vec::new(),
        edited_at: None,
        lifetime: None,
        gone_at: None,
    }
}

fn text() -> Message {
    message(MessageBody::Text {
        text: "Until tomorrow".into(),
    })
}

fn settings() -> Settings {
    Settings {
        theme: Theme::System,
        notifications: NotificationPrivacy::NameOnly,
        read_receipts: true,
        typing_indicators: false,
        keep_running: true,
        lock_after_minutes: Some(5),
        lock_with_system: true,
    }
}

#[test]
fn each_stage_of_the_app_as_json() {
    let profile = || "alice".to_owned();
    insta::assert_snapshot!(json(&[
        AppState::Onboarding {
            profile: profile(),
            keychain: keychain(),
            default_relay: None,
        },
        AppState::Locked {
            profile: profile(),
            keychain: keychain(),
            ways: vec![VaultSlot::Passphrase],
            receiving: true,
        },
        AppState::Ready {
            profile: profile(),
            me: me(),
        },
        AppState::Trouble {
            profile: profile(),
            error: ErrorCode::KeychainLocked.into(),
            ways: vec![VaultSlot::RecoveryCode],
        },
    ]));
}

#[test]
fn each_state_of_the_connection_as_json() {
    insta::assert_snapshot!(json(&[
        Connection::Connecting,
        Connection::Online,
        Connection::Offline {
            retry_at: Some(1_790_000_000_000),
            error: Some(ApiError::from(ErrorCode::RelayUnreachable)),
        },
        Connection::Offline {
            retry_at: None,
            error: None,
        },
    ]));
}

#[test]
fn a_conversation_and_its_messages_as_json() {
    insta::assert_snapshot!(json(&conversation()));
    insta::assert_snapshot!(json(&MessagePage {
        messages: vec![
            message(MessageBody::Notice {
                notice: Notice::MetByInvite
            }),
            text()
        ],
        has_older: true,
        has_newer: false,
        first_unread: Some(41),
    }));
}

#[test]
fn an_invite_and_what_is_seen_of_somebody_elses_as_json() {
    insta::assert_snapshot!(json(&Invite {
        id: "5".into(),
        link: "sotto:invite/1#CgYK".into(),
        created_at: 1_790_000_000_000,
        expires_at: 1_790_604_800_000,
        state: InviteState::Used,
        used: Some(InviteUse {
            by: Some("2".into()),
            at: 1_790_000_000_001,
        }),
    }));
    insta::assert_snapshot!(json(&InvitePreview {
        inviter_name: "Bob".into(),
        address: "91c2…@relay.example".into(),
        relay: "relay.example".into(),
        existing_contact: Some("2".into()),
    }));
}

#[test]
fn a_safety_number_as_json() {
    insta::assert_snapshot!(json(&SafetyNumber {
        contact: bob(),
        blocks: vec!["03241".into(), "57261".into()],
        qr: QrCode {
            size: 2,
            rows: vec!["10".into(), "01".into()],
        },
        fingerprint: "ab".repeat(32),
        history: vec![IdentityRecord {
            fingerprint: "abab abab".into(),
            first_seen: 1_790_000_000_000,
            verified_at: Some(1_790_000_000_001),
            verified_by: Some(VerifiedBy::SafetyNumber),
            replaced_at: None,
        }],
    }));
}

#[test]
fn settings_come_back_as_they_went() {
    let there = json(&settings());
    assert_eq!(serde_json::from_str::<Settings>(&there).unwrap(), settings());
    insta::assert_snapshot!(there);
}

#[test]
fn each_event_as_json() {
    insta::assert_snapshot!(json(&[
        Event::AppStateChanged {
            state: AppState::Ready {
                profile: "alice".into(),
                me: me(),
            },
        },
        Event::ConnectionChanged {
            connection: Connection::Online,
        },
        Event::ConversationChanged {
            conversation: conversation(),
        },
        Event::ConversationRemoved { id: "2".into() },
        Event::MessageAdded { message: text() },
        Event::MessageChanged { message: text() },
        Event::Typing {
            conversation: "2".into(),
            typing: true,
        },
        Event::SessionMoved {
            conversation: "2".into(),
        },
        Event::SettingsChanged { settings: settings() },
        Event::InviteOpened {
            link: "sotto:invite/1#CgYK".into(),
        },
        Event::ConversationRequested { id: "2".into() },
        Event::Resync,
    ]));
}

#[test]
fn what_the_window_sends_is_read() {
    let choice = serde_json::from_str(r#"{"kind":"passphrase","passphrase":"correct horse"}"#).unwrap();
    let VaultChoice::Passphrase { passphrase } = choice else {
        panic!("not the passphrase slot")
    };
    assert_eq!(passphrase.expose(), "correct horse");

    let here: RelayChoice = serde_json::from_str(r#"{"kind":"thisComputer"}"#).unwrap();
    assert_eq!(here, RelayChoice::ThisComputer);
    let there: RelayChoice = serde_json::from_str(r#"{"kind":"address","address":"relay.example"}"#).unwrap();
    assert_eq!(
        there,
        RelayChoice::Address {
            address: "relay.example".into()
        }
    );
}
