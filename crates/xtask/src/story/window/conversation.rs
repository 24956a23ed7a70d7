//! The conversation: writing messages, and reading those that are shown.

use std::time::Instant;

use fantoccini::Client;
use fantoccini::error::CmdError;
use serde::Deserialize;

use super::typing;
use super::{GLANCE, PATIENCE, Window, WindowError};

/// How far a message has come, as the window shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Delivery {
    Sent,
    Delivered,
}

impl Delivery {
    /// The states that include this one, as the attribute `data-delivery` names them.
    fn reached_by(self) -> &'static [&'static str] {
        match self {
            Self::Sent => &["sent", "delivered", "read"],
            Self::Delivered => &["delivered", "read"],
        }
    }
}

/// A message as a window shows it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Shown {
    id: String,
    outgoing: bool,
    delivery: String,
    text: String,
}

/// Reads the messages that are in the document now; the list is virtual, so these are those near the visible part.
const MESSAGES_IN_DOCUMENT: &str = r#"
    return [...document.querySelectorAll("[data-testid='message']")].map((message) => ({
        id: message.dataset.messageId,
        outgoing: message.dataset.outgoing === "true",
        delivery: message.dataset.delivery ?? "",
        text: message.querySelector("[data-testid='message-text']")?.textContent ?? "",
    }));
"#;

/// Scrolls the list of messages to the top (argument `true`), or down by half of what is visible; answers whether the
/// end is reached. A list that shows nothing at this moment is about to be filled, and not at its end.
const SCROLL_MESSAGES: &str = r#"
    let list = document.querySelector("[data-testid='message']")?.parentElement;
    if (!list) return false;
    while (list && !(list.scrollHeight > list.clientHeight && /auto|scroll/.test(getComputedStyle(list).overflowY))) {
        list = list.parentElement;
    }
    if (!list) return true;
    list.scrollTop = arguments[0] ? 0 : list.scrollTop + list.clientHeight / 2;
    return list.scrollTop + list.clientHeight >= list.scrollHeight - 2;
"#;

impl Window {
    /// Writes a message into the composer and sends it; Shift+Return begins a new line.
    pub(crate) async fn send(&self, text: &str) -> Result<(), WindowError> {
        let composer = self.see("composer").await?;
        let cannot = |source| self.command("type a message", source);
        composer.click().await.map_err(cannot)?;
        typing::type_into(self.session()?, &composer, text)
            .await
            .map_err(cannot)?;
        typing::press_return(&composer).await.map_err(cannot)?;
        self.see_shown(text, |message| message.outgoing).await.map(drop)
    }

    /// Waits until the other one's message is shown.
    pub(crate) async fn see_message(&self, text: &str) -> Result<(), WindowError> {
        self.see_shown(text, |message| !message.outgoing).await.map(drop)
    }

    /// Waits until our message has come as far as `delivery`, and answers how far it is.
    pub(crate) async fn see_delivery(&self, text: &str, delivery: Delivery) -> Result<String, WindowError> {
        let far_enough =
            |message: &Shown| message.outgoing && delivery.reached_by().contains(&message.delivery.as_str());
        Ok(self.see_shown(text, far_enough).await?.delivery)
    }

    async fn see_shown(&self, text: &str, is_right: impl Fn(&Shown) -> bool) -> Result<Shown, WindowError> {
        self.until(
            "the message that was expected, as it was expected",
            async |session| {
                let shown = messages_in_document(session).await?;
                Ok(shown
                    .into_iter()
                    .find(|message| message.text == text && is_right(message)))
            },
        )
        .await
    }

    /// Reads the whole conversation until it shows these texts from first to last, and answers what it shows if it does
    /// not come to that: the list may be laid out, or follow a new message, while it is being read.
    pub(crate) async fn see_exactly(&self, texts: &[&str]) -> Result<Vec<String>, WindowError> {
        let began = Instant::now();
        loop {
            let shown = self.all_messages().await?;
            if shown == texts || began.elapsed() > PATIENCE {
                return Ok(shown);
            }
        }
    }

    /// The text of every message of the conversation, from first to last, as it is shown.
    async fn all_messages(&self) -> Result<Vec<String>, WindowError> {
        let session = self.session()?;
        let began = Instant::now();
        let cannot = |source| self.command("read the conversation", source);
        let mut seen: Vec<Shown> = Vec::new();
        let mut to_top = true;
        loop {
            let end = session
                .execute(SCROLL_MESSAGES, vec![to_top.into()])
                .await
                .map_err(cannot)?;
            to_top = false;
            tokio::time::sleep(GLANCE * 3).await;
            for message in messages_in_document(session).await.map_err(cannot)? {
                if !seen.iter().any(|known| known.id == message.id) {
                    seen.push(message);
                }
            }
            if end.as_bool() == Some(true) || began.elapsed() > PATIENCE {
                return Ok(seen.into_iter().map(|message| message.text).collect());
            }
        }
    }
}

async fn messages_in_document(session: &Client) -> Result<Vec<Shown>, CmdError> {
    let shown = session.execute(MESSAGES_IN_DOCUMENT, Vec::new()).await?;
    Ok(serde_json::from_value(shown)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_read_is_a_message_delivered() {
        assert!(Delivery::Delivered.reached_by().contains(&"read"));
        assert!(!Delivery::Delivered.reached_by().contains(&"sent"));
    }
}
