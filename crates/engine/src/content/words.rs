//! What two programs say to each other while their users compare by words.

use crate::ceremony::{CeremonyId, Commitment, Nonce};
use crate::proto::content as proto;

use super::{ContentError, array};

/// A step of a comparison by words.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct WordsMessage {
    /// Which comparison.
    pub(crate) ceremony: CeremonyId,
    /// What is said.
    pub(crate) step: WordsStep,
}

/// What is said, in this order.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum WordsStep {
    /// The author would like to compare, and commits to their nonce.
    Begin(Commitment),
    /// The author wants to as well; this is their nonce.
    Answer(Nonce),
    /// What the author had committed to.
    Opening(Nonce),
    /// How it went for the author.
    Verdict(Verdict),
}

/// How it went for one side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// They typed right.
    Confirmed,
    /// They typed something else, or the commitment did not open.
    Differed,
    /// They do not want to, or not any more.
    Cancelled,
    /// Too many comparisons failed lately.
    TooSoon,
}

impl WordsMessage {
    pub(super) fn to_wire(&self) -> proto::content::Body {
        let ceremony = self.ceremony.0.to_vec();
        match &self.step {
            WordsStep::Begin(commitment) => proto::content::Body::WordsBegin(proto::WordsBegin {
                ceremony,
                commitment: commitment.0.to_vec(),
            }),
            WordsStep::Answer(nonce) => proto::content::Body::WordsAnswer(proto::WordsAnswer {
                ceremony,
                nonce: nonce.expose_bytes().to_vec(),
            }),
            WordsStep::Opening(nonce) => proto::content::Body::WordsOpening(proto::WordsOpening {
                ceremony,
                nonce: nonce.expose_bytes().to_vec(),
            }),
            WordsStep::Verdict(verdict) => proto::content::Body::WordsVerdict(proto::WordsVerdict {
                ceremony,
                kind: match verdict {
                    Verdict::Confirmed => proto::words_verdict::Kind::Confirmed,
                    Verdict::Differed => proto::words_verdict::Kind::Differed,
                    Verdict::Cancelled => proto::words_verdict::Kind::Cancelled,
                    Verdict::TooSoon => proto::words_verdict::Kind::TooSoon,
                }
                .into(),
            }),
        }
    }

    fn new(ceremony: &[u8], step: WordsStep) -> Result<Self, ContentError> {
        let ceremony = CeremonyId(array(ceremony, "ceremony")?);
        Ok(Self { ceremony, step })
    }
}

impl TryFrom<proto::WordsBegin> for WordsMessage {
    type Error = ContentError;

    fn try_from(begin: proto::WordsBegin) -> Result<Self, ContentError> {
        let commitment = Commitment(array(&begin.commitment, "commitment")?);
        Self::new(&begin.ceremony, WordsStep::Begin(commitment))
    }
}

impl TryFrom<proto::WordsAnswer> for WordsMessage {
    type Error = ContentError;

    fn try_from(answer: proto::WordsAnswer) -> Result<Self, ContentError> {
        Self::new(&answer.ceremony, WordsStep::Answer(nonce(&answer.nonce)?))
    }
}

impl TryFrom<proto::WordsOpening> for WordsMessage {
    type Error = ContentError;

    fn try_from(opening: proto::WordsOpening) -> Result<Self, ContentError> {
        Self::new(&opening.ceremony, WordsStep::Opening(nonce(&opening.nonce)?))
    }
}

impl TryFrom<proto::WordsVerdict> for WordsMessage {
    type Error = ContentError;

    fn try_from(verdict: proto::WordsVerdict) -> Result<Self, ContentError> {
        let kind = match verdict.kind() {
            proto::words_verdict::Kind::Confirmed => Verdict::Confirmed,
            proto::words_verdict::Kind::Differed => Verdict::Differed,
            proto::words_verdict::Kind::Cancelled => Verdict::Cancelled,
            proto::words_verdict::Kind::TooSoon => Verdict::TooSoon,
            proto::words_verdict::Kind::Unspecified => return Err(ContentError::Invalid { field: "kind" }),
        };
        Self::new(&verdict.ceremony, WordsStep::Verdict(kind))
    }
}

fn nonce(bytes: &[u8]) -> Result<Nonce, ContentError> {
    array(bytes, "nonce").map(Nonce::from_bytes)
}
