//! What a notification says about a new message: no more than the user's settings allow.

use crate::model::{Conversation, Message, MessageBody, NotificationPrivacy, Standing};

/// The longest text a notification shows; desktops cut it off anyway, and none needs a novel.
const LONGEST_BODY: usize = 200;

/// What to show on the desktop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// The conversation it is about, for a click on it.
    pub conversation: String,
    /// The first line.
    pub title: String,
    /// What stands below it.
    pub body: String,
}

impl Alert {
    /// The notification for `message`; none for the user's own, for notices, or if not wanted. A message request shows neither
    /// who it says it is from nor what it says, and only that there is one: once, until somebody has looked.
    #[must_use]
    pub fn about(
        message: &Message,
        conversation: &Conversation,
        privacy: NotificationPrivacy,
    ) -> Option<Self> {
        let MessageBody::Text { text } = &message.body else {
            return None;
        };
        if message.outgoing {
            return None;
        }
        let name = &conversation.contact.name;
        let nameless = |body: &str| ("Sotto".to_owned(), body.to_owned());
        let (title, body) = match (conversation.contact.standing, privacy) {
            (_, NotificationPrivacy::Off) | (Standing::Blocked, _) => return None,
            (Standing::Requested, _) if conversation.unread > 1 => return None,
            (Standing::Requested, NotificationPrivacy::Anonymous) => nameless("A new message."),
            (Standing::Requested, _) => nameless("Somebody new wants to write to you."),
            (Standing::Accepted, NotificationPrivacy::Full) => (name.clone(), shortened(text)),
            (Standing::Accepted, NotificationPrivacy::NameOnly) => {
                (name.clone(), "A new message.".to_owned())
            }
            (Standing::Accepted, NotificationPrivacy::Anonymous) => nameless("A new message."),
        };
        Some(Self {
            conversation: message.conversation.clone(),
            title,
            body,
        })
    }
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(LONGEST_BODY) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default().trim_end()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_alice(standing: Standing, unread: u32) -> Conversation {
        Conversation {
            id: "alice".into(),
            contact: crate::model::Contact {
                id: "alice".into(),
                address: "alice@relay.example".into(),
                name: "Alice".into(),
                verification: crate::model::Verification::NotVerified,
                is_self: false,
                standing,
                user_name: None,
                identity_change: None,
            },
            last_message: None,
            unread,
            lifetime: None,
            muted_until: None,
            draft: None,
            last_activity: 0,
        }
    }

    fn alice() -> Conversation {
        with_alice(Standing::Accepted, 1)
    }

    fn message_from_alice(text: &str) -> Message {
        Message {
            id: 7,
            conversation: "alice".into(),
            body: MessageBody::Text { text: text.into() },
            outgoing: false,
            sent_at: 0,
            stored_at: 0,
            delivery: None,
            quote: None,
            reactions: Vec::new(),
            edited_at: None,
            lifetime: None,
            gone_at: None,
        }
    }

    #[test]
    fn a_notification_says_what_the_settings_allow_and_no_more() {
        let message = message_from_alice("Meet me at the old mill");
        let about = |privacy| Alert::about(&message, &alice(), privacy);

        let full = about(NotificationPrivacy::Full).unwrap();
        assert_eq!(
            (full.title.as_str(), full.body.as_str()),
            ("Alice", "Meet me at the old mill")
        );

        let name_only = about(NotificationPrivacy::NameOnly).unwrap();
        assert_eq!(
            (name_only.title.as_str(), name_only.body.as_str()),
            ("Alice", "A new message.")
        );

        let anonymous = about(NotificationPrivacy::Anonymous).unwrap();
        assert_eq!(
            (anonymous.title.as_str(), anonymous.body.as_str()),
            ("Sotto", "A new message.")
        );

        assert_eq!(about(NotificationPrivacy::Off), None);
    }

    #[test]
    fn bobs_own_messages_and_notices_are_not_news_to_him() {
        let mut own = message_from_alice("Hello");
        own.outgoing = true;
        assert_eq!(Alert::about(&own, &alice(), NotificationPrivacy::Full), None);

        let mut notice = message_from_alice("");
        notice.body = MessageBody::Notice {
            notice: crate::model::Notice::JoinedByInvite,
        };
        assert_eq!(Alert::about(&notice, &alice(), NotificationPrivacy::Full), None);
    }

    #[test]
    fn a_request_says_once_that_it_is_there_and_neither_who_nor_what() {
        let message = message_from_alice("You have won");
        let about =
            |standing, unread, privacy| Alert::about(&message, &with_alice(standing, unread), privacy);
        let (full, off) = (NotificationPrivacy::Full, NotificationPrivacy::Off);
        let first = about(Standing::Requested, 1, full).unwrap();
        assert_eq!(
            (first.title.as_str(), first.body.as_str()),
            ("Sotto", "Somebody new wants to write to you.")
        );
        assert_eq!(about(Standing::Requested, 2, full), None);
        assert_eq!(about(Standing::Requested, 1, off), None);
        assert_eq!(about(Standing::Blocked, 1, full), None);
    }

    #[test]
    fn a_long_message_is_cut_between_characters() {
        let alert = Alert::about(
            &message_from_alice(&"ü".repeat(500)),
            &alice(),
            NotificationPrivacy::Full,
        )
        .unwrap();
        assert_eq!(alert.body, format!("{}…", "ü".repeat(200)));
    }
}
