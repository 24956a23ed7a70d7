//! Spells of writing: who writes at the moment, and since which beginning.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::model::ContactId;

/// The contacts who write at the moment, each in a spell of writing of its own number.
#[derive(Default)]
pub(crate) struct TypingPeers(Mutex<Spells>);

#[derive(Default)]
struct Spells {
    last: u64,
    current: HashMap<ContactId, u64>,
}

impl TypingPeers {
    /// Answers the spell that has begun.
    pub(crate) fn begin(&self, contact: ContactId) -> u64 {
        let mut spells = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        spells.last += 1;
        let spell = spells.last;
        spells.current.insert(contact, spell);
        spell
    }

    /// Answers whether they wrote until now, and in this spell if one is named.
    pub(crate) fn end(&self, contact: ContactId, spell: Option<u64>) -> bool {
        let mut spells = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match spells.current.get(&contact) {
            Some(&current) if spell.is_none_or(|spell| spell == current) => {
                spells.current.remove(&contact);
                true
            }
            _ => false,
        }
    }
}
