//! One comparison by words, as its states.
//!
//! ```text
//! who begins                                         who answers
//! Asking    ── begin: commitment ──────────────────► Asked       (their user is asked)
//!           ◄───────────── answer: their nonce ───── Answered    (their user wants to)
//! Reading   ── opening: our nonce ─────────────────► Reading     (the commitment is checked)
//!
//! each reads two words out and types the two they hear
//! Reading   ── verdict: confirmed ─────────────────► Reading, who remembers it
//!    └► Confirming ◄──────── verdict: confirmed ────── WordsAgree (both typed right)
//!         └► WordsAgree
//! ```
//! Whoever answers has shown their nonce before they see the other's, which was fixed by the commitment: nobody can choose
//! theirs so that the words come out as they like.
//!
//! No clock, no store, no messages here: [`words`](crate::words) has them.

mod list;
mod transcript;

use rand::CryptoRng;

pub(crate) use list::Word;
use transcript::Words;
pub(crate) use transcript::{CeremonyId, Commitment, Context, Nonce, Side};

/// We have asked, and wait for the answer.
pub(crate) struct Asking {
    /// Ours, not shown yet.
    pub(crate) nonce: Nonce,
}

/// We are asked; our user has not said yet.
pub(crate) struct Asked {
    /// What they will open.
    pub(crate) commitment: Commitment,
}

/// We have answered, and wait for them to open their commitment.
pub(crate) struct Answered {
    /// What they will open.
    pub(crate) commitment: Commitment,
    /// Ours, which they know.
    pub(crate) nonce: Nonce,
}

/// The words are there: our user reads two out and types the two they hear.
pub(crate) struct Reading {
    /// What our user reads out.
    pub(crate) say: [Word; 2],
    /// What they should hear.
    pub(crate) expect: [Word; 2],
    /// Whether the other side has typed ours already, and right.
    pub(crate) they_confirmed: bool,
}

/// Our user typed right; the other one has yet to.
pub(crate) struct Confirming(());

/// Proof that both typed right.
pub(crate) struct WordsAgree(());

/// What was opened is not what was committed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WrongOpening;

/// What typing came to.
pub(crate) enum Typed {
    /// Right; the other side has yet to say so.
    First(Confirming),
    /// Right, as it was on the other side.
    Both(WordsAgree),
    /// Not what should have been heard.
    Wrong,
}

impl CeremonyId {
    /// The name of a new ceremony.
    pub(crate) fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut id = [0; 16];
        rng.fill_bytes(&mut id);
        Self(id)
    }
}

impl Asking {
    /// Begins, and answers what the other side is told.
    pub(crate) fn begin(context: &Context, rng: &mut impl CryptoRng) -> (Self, Commitment) {
        let nonce = Nonce::generate(rng);
        let commitment = context.commitment(&nonce);
        (Self { nonce }, commitment)
    }

    /// They have shown their nonce: now we show ours, which cannot be another any more.
    pub(crate) fn answered(self, context: &Context, theirs: &Nonce) -> (Nonce, Reading) {
        let Words {
            initiators,
            responders,
        } = context.words(&self.nonce, theirs);
        (self.nonce, Reading::new(initiators, responders))
    }
}

impl Asked {
    /// Our user wants to: we show our nonce.
    pub(crate) fn accept(self, rng: &mut impl CryptoRng) -> (Nonce, Answered) {
        let nonce = Nonce::generate(rng);
        let answered = Answered {
            commitment: self.commitment,
            nonce: nonce.clone(),
        };
        (nonce, answered)
    }
}

impl Answered {
    /// They have opened their commitment.
    pub(crate) fn opened(self, context: &Context, theirs: &Nonce) -> Result<Reading, WrongOpening> {
        if context.commitment(theirs) != self.commitment {
            return Err(WrongOpening);
        }
        let Words {
            initiators,
            responders,
        } = context.words(theirs, &self.nonce);
        Ok(Reading::new(responders, initiators))
    }
}

impl Reading {
    fn new(say: [Word; 2], expect: [Word; 2]) -> Self {
        Self {
            say,
            expect,
            they_confirmed: false,
        }
    }

    /// The other side typed right.
    pub(crate) fn they_confirm(self) -> Self {
        Self {
            they_confirmed: true,
            ..self
        }
    }

    /// Our user typed what they heard.
    pub(crate) fn typed(self, heard: [Word; 2]) -> Typed {
        if heard != self.expect {
            Typed::Wrong
        } else if self.they_confirmed {
            Typed::Both(WordsAgree(()))
        } else {
            Typed::First(Confirming(()))
        }
    }
}

impl Confirming {
    /// As it was stored.
    pub(crate) fn restored() -> Self {
        Self(())
    }

    /// The other side typed right as well.
    pub(crate) fn they_confirm(self) -> WordsAgree {
        WordsAgree(())
    }
}

#[cfg(test)]
mod tests;
