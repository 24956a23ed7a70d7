//! The ways to verify a contact.

use std::sync::Arc;

use super::Engine;
use crate::comparing;
use crate::error::{
    BeginWordsError, CompareCardError, CompareCodeError, ConversationError, StorageError, TypeWordsError,
    VerifyError,
};
use crate::identity::Decision;
use crate::model::{Contact, ContactId, IdentityFingerprint, Judgement, OwnCard, WordComparison};
use crate::words;

impl Engine {
    /// How a comparison by words with a contact stands.
    pub async fn words(&self, contact: ContactId) -> Result<WordComparison, ConversationError> {
        let now = self.core.now();
        let comparison = move |connection: &_| words::comparison(connection, contact, now);
        self.core.store.read(comparison).await
    }

    /// Asks a contact to compare by words, or answers that the user wants to, if they have asked already.
    pub async fn begin_words(&self, contact: ContactId) -> Result<WordComparison, BeginWordsError> {
        let (owner, now) = (Arc::clone(&self.core.owner), self.core.now());
        self.core
            .change(move |transaction, effects| {
                words::begin(transaction, effects, &owner, contact, now)?;
                Ok(words::shown(transaction, contact, now)?)
            })
            .await
    }

    /// Compares the two words that the user heard the contact read out.
    pub async fn type_words(
        &self,
        contact: ContactId,
        heard: [String; 2],
    ) -> Result<WordComparison, TypeWordsError> {
        let now = self.core.now();
        self.core
            .change(move |transaction, effects| {
                let heard = heard.each_ref().map(String::as_str);
                words::typed(transaction, effects, contact, heard, now)?;
                Ok(words::shown(transaction, contact, now)?)
            })
            .await
    }

    /// Calls a comparison by words off, or forgets how it ended.
    pub async fn close_words(&self, contact: ContactId) -> Result<WordComparison, ConversationError> {
        let now = self.core.now();
        self.core
            .change(move |transaction, effects| {
                words::close(transaction, effects, contact, now)?;
                Ok(words::shown(transaction, contact, now)?)
            })
            .await
    }

    /// The user's own card, to be handed over outside of Sotto.
    pub async fn own_card(&self) -> Result<OwnCard, StorageError> {
        comparing::own_card(&self.core).await
    }

    /// Compares the card in a text, which may be a whole mail, with the contact's key. One that matches verifies them.
    pub async fn compare_card(&self, contact: ContactId, text: &str) -> Result<Judgement, CompareCardError> {
        comparing::compare_card(&self.core, contact, text).await
    }

    /// Compares what a scanned QR code of a safety number holds with ours. One that matches verifies the contact.
    pub async fn compare_code(
        &self,
        contact: ContactId,
        scanned: Vec<u8>,
    ) -> Result<Judgement, CompareCodeError> {
        comparing::compare_code(&self.core, contact, scanned).await
    }

    /// Records that the user compared the safety number of the key `fingerprint`, and that it was not the same.
    pub async fn report_difference(
        &self,
        contact: ContactId,
        fingerprint: IdentityFingerprint,
    ) -> Result<Contact, VerifyError> {
        self.decide(contact, fingerprint, Decision::Differs).await
    }
}
