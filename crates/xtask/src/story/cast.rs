//! Who is in the story, and what they say.

/// Somebody with a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Person {
    /// As the transcript calls them.
    pub(crate) name: &'static str,
    /// As they introduce themselves to Sotto. Long enough never to occur in random bytes by chance.
    pub(crate) display_name: &'static str,
    /// The profile their window is started with.
    pub(crate) profile: &'static str,
}

pub(crate) const ALICE: Person = Person {
    name: "Alice",
    display_name: "Alice Marlowe",
    profile: "alice",
};
pub(crate) const BOB: Person = Person {
    name: "Bob",
    display_name: "Bob Ferreira",
    profile: "bob",
};

/// Which of the two speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Speaker {
    Alice,
    Bob,
}

use Speaker::{Alice, Bob};

/// While both windows are open.
pub(crate) const CONVERSATION: &[(Speaker, &str)] = &[
    (
        Bob,
        "Is this thing on? I opened your link and Sotto says that it is really you.",
    ),
    (
        Alice,
        "It is. The link carried the fingerprint of my key, so nobody could have stepped in between.",
    ),
    (
        Bob,
        "No phone number, no e-mail address, nothing. I only had to think of a name.",
    ),
    (
        Alice,
        "And the relay does not even know that name. It carries closed envelopes from mailbox to mailbox.",
    ),
    (
        Bob,
        "Then let me be indiscreet: the surprise party is on Friday, at the old mill.",
    ),
    (Alice, "Friday suits me. Who brings the lanterns? 🏮"),
    (Bob, "I do. Forty of them, if my bicycle survives it."),
    (Alice, "Ça va être magnifique – même sous la pluie. Даже в дождь!"),
    (Bob, "Then bring an umbrella, polyglot."),
    (
        Alice,
        "Two, one for you.\nAnd the cake needs a table, so ask Vera for hers.",
    ),
    (
        Bob,
        "Asked. She says yes, and that she knows nothing of any party.",
    ),
    (Alice, "Perfect. Not a word to Jonas!"),
];

/// While Bob's window is closed.
pub(crate) const MEANWHILE: &[&str] = &[
    "You have gone already? One thing: the mill's gate closes at ten.",
    "I have the key, it hangs behind the third shutter.",
    "And bring a sweater. It gets cold by the water.",
];

/// Everything that anybody says.
pub(crate) fn everything_said() -> impl Iterator<Item = &'static str> {
    CONVERSATION
        .iter()
        .map(|(_, text)| *text)
        .chain(MEANWHILE.iter().copied())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn alice_and_bob_say_at_least_ten_things_and_nothing_twice() {
        assert!(CONVERSATION.len() >= 10);
        let said: Vec<_> = everything_said().collect();
        assert_eq!(said.iter().collect::<HashSet<_>>().len(), said.len());
    }
}
