//! Comparing what somebody handed over with what we believe of them.

/// What a card or a scanned code says of a contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judgement {
    /// It is the contact's, and names the key we have: they are verified now.
    Verified,
    /// It names the contact, or should, with another key: somebody may stand in between.
    Differs,
    /// It is somebody else's.
    SomebodyElses {
        /// What they are called.
        name: String,
    },
    /// It is the user's own.
    Own,
    /// The contact showed it to somebody else, or has another key for the user than the user's own.
    ForAnother,
    /// It names the right key, but has also come in this very conversation: whoever stands in between could have put it
    /// there.
    FromTheConversation,
}

/// The user's own card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnCard {
    /// The block of text, to be handed over outside of Sotto.
    pub text: String,
    /// The whole fingerprint of the user's own key.
    pub fingerprint: super::IdentityFingerprint,
}
