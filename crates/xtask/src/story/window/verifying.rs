//! Verifying the contact of the open conversation by words and by card.

use std::path::{Path, PathBuf};

use super::look::find_all;
use super::{Window, WindowError};

impl Window {
    /// Takes the verification back, on the safety-number screen, which is opened if it is not there.
    pub(crate) async fn take_verification_back(&self) -> Result<(), WindowError> {
        self.to_the_ways().await?;
        self.click("remove-verification").await?;
        self.see("mark-verified").await.map(drop)
    }

    /// Asks the contact to compare by words.
    pub(crate) async fn begin_words(&self) -> Result<(), WindowError> {
        self.to_the_ways().await?;
        self.click("way-words").await?;
        self.click("words-begin").await
    }

    /// Says yes in the conversation, where the contact's question stands.
    pub(crate) async fn accept_words(&self) -> Result<(), WindowError> {
        self.click("words-accept").await?;
        self.see("by-words").await.map(drop)
    }

    pub(crate) async fn words_to_read_out(&self) -> Result<[String; 2], WindowError> {
        self.until("two words to read out", async |session| {
            let mut words = Vec::new();
            for word in find_all(session, "words-say").await? {
                words.push(word.text().await?);
            }
            let words = <[String; 2]>::try_from(words).ok();
            Ok(words.filter(|words| words.iter().all(|word| !word.is_empty())))
        })
        .await
    }

    /// Types the words that the contact read out.
    pub(crate) async fn type_words(&self, heard: &[String; 2]) -> Result<(), WindowError> {
        for (field, word) in ["words-first", "words-second"].into_iter().zip(heard) {
            self.fill(field, word).await?;
        }
        self.click("words-compare").await
    }

    /// Opens the screen for cards.
    pub(crate) async fn open_cards(&self) -> Result<(), WindowError> {
        self.to_the_ways().await?;
        self.click("way-card").await
    }

    /// The user's own card, as it stands on the screen for it.
    pub(crate) async fn own_card(&self) -> Result<String, WindowError> {
        self.open_cards().await?;
        self.until("a whole card", async |session| {
            let Some(card) = find_all(session, "own-card").await?.into_iter().next() else {
                return Ok(None);
            };
            let text = card.text().await?;
            Ok(text.contains("[End of Sotto card]").then_some(text))
        })
        .await
    }

    /// Pastes a card, on the screen for it, and lets it be compared.
    pub(crate) async fn paste_card(&self, card: &str) -> Result<(), WindowError> {
        // As one line: what a mail does to a card does not matter.
        let line = card.split_whitespace().collect::<Vec<_>>().join(" ");
        self.fill("card-input", &line).await?;
        self.click("card-compare").await
    }

    /// Saves the picture of the user's own card; answers where the window says that it is.
    pub(crate) async fn save_own_card(&self) -> Result<PathBuf, WindowError> {
        self.click("card-save").await?;
        self.until("where the card's picture was saved", async |session| {
            let Some(said) = find_all(session, "card-said").await?.into_iter().next() else {
                return Ok(None);
            };
            let said = said.text().await?;
            let path = said.split(['\u{2068}', '\u{2069}']).nth(1);
            Ok(path.map(PathBuf::from))
        })
        .await
    }

    /// Chooses a card's picture as a file, on the screen for cards.
    pub(crate) async fn choose_card(&self, picture: &Path) -> Result<(), WindowError> {
        let chooser = self
            .until("a way to choose a file", async |session| {
                Ok(find_all(session, "file-input").await?.into_iter().next())
            })
            .await?;
        chooser
            .send_keys(&picture.to_string_lossy())
            .await
            .map_err(|source| self.command("choose a file", source))
    }

    /// Waits for how it came out.
    pub(crate) async fn see_verdict(&self, kind: &'static str) -> Result<(), WindowError> {
        self.until(format!("the verdict “{kind}”"), async |session| {
            for verdict in find_all(session, "verdict").await? {
                if verdict.attr("data-kind").await?.as_deref() == Some(kind) {
                    return Ok(Some(()));
                }
            }
            Ok(None)
        })
        .await
    }

    pub(crate) async fn leave_verdict(&self) -> Result<(), WindowError> {
        self.click("verdict-done").await?;
        self.see("safety").await.map(drop)
    }

    pub(crate) async fn try_again(&self) -> Result<(), WindowError> {
        self.click("verdict-again").await
    }

    pub(crate) async fn leave_way(&self) -> Result<(), WindowError> {
        self.click("way-back").await?;
        self.see("safety").await.map(drop)
    }

    /// Opens the screen with all ways to verify, unless it is there.
    async fn to_the_ways(&self) -> Result<(), WindowError> {
        let is_there = self
            .until("the verification, or the way there", async |session| {
                let there = !find_all(session, "safety").await?.is_empty();
                let way = !find_all(session, "open-safety-number").await?.is_empty();
                Ok((there || way).then_some(there))
            })
            .await?;
        if !is_there {
            self.click("open-safety-number").await?;
            self.see("safety").await?;
        }
        Ok(())
    }
}
