//! Contacts whose names can be taken for each other's: by chance, or because somebody wants to pass for somebody else.

use rusqlite::Connection;
use unicode_normalization::UnicodeNormalization;
use unicode_security::confusable_detection::skeleton;

use crate::contacts;
use crate::error::ConversationError;
use crate::model::{Contact, ContactId, Standing};
use crate::store::table::contacts as table;

/// The accepted contacts whose names look like `contact`'s.
pub(crate) fn namesakes(
    connection: &Connection,
    contact: ContactId,
) -> Result<Vec<Contact>, ConversationError> {
    let asked = table::by_id(connection, contact)?.ok_or(ConversationError::NotFound)?;
    let looks = Looks::of(&contacts::contact(connection, &asked)?.name);
    let mut namesakes = Vec::new();
    for row in table::all(connection)? {
        if row.id == contact || row.standing() != Standing::Accepted {
            continue;
        }
        let other = contacts::contact(connection, &row)?;
        if !other.is_self && Looks::of(&other.name).resemble(&looks) {
            namesakes.push(other);
        }
    }
    Ok(namesakes)
}

/// What is left of a name for an eye that does not look closely: the shapes of its letters and digits (Unicode TS 39),
/// with neither case nor accents nor anything around them.
///
/// There are two, for a capital I looks like a small l, and a small one does not.
#[derive(Debug, PartialEq, Eq)]
struct Looks {
    as_written: String,
    in_small_letters: String,
}

impl Looks {
    fn of(name: &str) -> Self {
        // What is the same letter in another style, such as 𝓐 or Ａ, is made that letter first.
        let plain: String = name.nfkc().collect();
        let shapes = |text: &str| -> String {
            let shapes = skeleton(text).collect::<String>().to_lowercase();
            let bare: String = shapes.chars().filter(|shape| shape.is_alphanumeric()).collect();
            // A name of nothing but signs looks like itself.
            if bare.is_empty() { shapes } else { bare }
        };
        Self {
            as_written: shapes(&plain),
            in_small_letters: shapes(&plain.to_lowercase()),
        }
    }

    fn resemble(&self, other: &Self) -> bool {
        self.as_written == other.as_written || self.in_small_letters == other.in_small_letters
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alike(one: &str, other: &str) -> bool {
        Looks::of(one).resemble(&Looks::of(other))
    }

    #[test]
    fn names_that_an_eye_confuses_look_alike() {
        for imposter in [
            "Alice Marlowe",
            "alice marlowe",
            "ALICE MARLOWE",
            "Αlice Μarlowe", // a Greek alpha and mu
            "Аliсе Маrlоwе", // Cyrillic
            "AIice MarIowe", // capital I
            "A1ice Mar1owe",
            "Alice  Mar\u{200D}lowe",
            "Alice Marlowe ✓",
            "Alice-Marlowe.",
            "Álice Marlöwe",
            "𝓐𝓵𝓲𝓬𝓮 Ｍarlowe",
        ] {
            assert!(alike("Alice Marlowe", imposter), "{imposter}");
        }
    }

    #[test]
    fn other_names_do_not() {
        for other in [
            "Alice Harlow",
            "Alicia Marlowe",
            "Bob",
            "Marlowe Alice",
            "Alice",
            "محمد",
            "✓",
        ] {
            assert!(!alike("Alice Marlowe", other), "{other}");
        }
        assert!(!alike("🦊", "🦉"));
        assert!(alike("🦊", "🦊"));
    }
}
