//! What a notification says about a new message: no more than the user's settings allow.

use crate::model::{Message, MessageBody, NotificationPrivacy};

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
    /// The notification for `message` from the contact `name`; none for the user's own, for notices, or if not wanted.
    #[must_use]
    pub fn about(message: &Message, name: &str, privacy: NotificationPrivacy) -> Option<Self> {
        let MessageBody::Text { text } = &message.body else {
            return None;
        };
        if message.outgoing {
            return None;
        }
        let (title, body) = match privacy {
            NotificationPrivacy::Full => (name.to_owned(), shortened(text)),
            NotificationPrivacy::NameOnly => (name.to_owned(), "A new message.".to_owned()),
            NotificationPrivacy::Anonymous => ("Sotto".to_owned(), "A new message.".to_owned()),
            NotificationPrivacy::Off => return None,
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

    fn message_from_alice(text: &str) -> Message {
        Message {
            id: 7,
            conversation: "alice".into(),
            body: MessageBody::Text { text: text.into() },
            outgoing: false,
            sent_at: 0,
            stored_at: 0,
            delivery: None,
        }
    }

    #[test]
    fn a_notification_says_what_the_settings_allow_and_no_more() {
        let message = message_from_alice("Meet me at the old mill");
        let about = |privacy| Alert::about(&message, "Alice", privacy);

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
        assert_eq!(Alert::about(&own, "Alice", NotificationPrivacy::Full), None);

        let mut notice = message_from_alice("");
        notice.body = MessageBody::Notice {
            notice: crate::model::Notice::JoinedByInvite,
        };
        assert_eq!(Alert::about(&notice, "Alice", NotificationPrivacy::Full), None);
    }

    #[test]
    fn a_long_message_is_cut_between_characters() {
        let alert = Alert::about(
            &message_from_alice(&"ü".repeat(500)),
            "Alice",
            NotificationPrivacy::Full,
        )
        .unwrap();
        assert_eq!(alert.body, format!("{}…", "ü".repeat(200)));
    }
}
