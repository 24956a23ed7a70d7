//! Cards travel by mail.

use proptest::prelude::*;
use sotto_wire::AccountId;

use super::*;

fn cards() -> impl Strategy<Value = Card> {
    let relay = prop_oneof![
        "127[.]0[.]0[.]1:[1-9][0-9]{3}",
        "[a-z]{1,30}(-[a-z]{1,20})?[.]example(:[1-9][0-9]{3})?"
    ];
    (
        any::<[u8; 32]>(),
        any::<[u8; 16]>(),
        relay,
        "[A-Za-z äöü=-]{0,30}[a-z]",
    )
        .prop_map(|(key, mut account, relay, name)| {
            // A UUID of version 4.
            account[6] = account[6] & 0x0f | 0x40;
            account[8] = account[8] & 0x3f | 0x80;
            Card {
                key: key.into(),
                address: Address {
                    account: AccountId::from_slice(&account).unwrap(),
                    relay: relay.parse().unwrap(),
                },
                name: DisplayName::parse(&name).unwrap(),
            }
        })
}

fn alices() -> Card {
    Card {
        key: [0xa5; 32].into(),
        address: "5c2b6f0e-7a3d-4c57-9b1e-2f60d8a4c911@relay.example"
            .split_once('@')
            .map(|(account, relay)| Address {
                account: account.parse().unwrap(),
                relay: relay.parse().unwrap(),
            })
            .unwrap(),
        name: DisplayName::parse("Alice Liddell").unwrap(),
    }
}

#[test]
fn a_card_of_version_1_stays_what_it_is() {
    insta::assert_snapshot!(alices().to_text());
}

/// A mail program that breaks lines at `width` and quotes what it answers.
fn mangled(text: &str, width: usize, quote: &str) -> String {
    let mut mangled = String::from("Hi Bob,\r\nhere it is:\r\n\r\n");
    for line in text.lines() {
        let mut column = 0;
        mangled.push_str(quote);
        for word in line.split(' ') {
            if column + word.len() > width {
                mangled.push_str("\r\n");
                mangled.push_str(quote);
                column = 0;
            }
            mangled.push_str(word);
            mangled.push(' ');
            column += word.len() + 1;
        }
        mangled.push_str("\r\n");
    }
    mangled + "\r\n-- \r\nAlice\r\n"
}

proptest! {
    #[test]
    fn bob_reads_the_card_that_alice_sent_however_the_mail_broke_and_quoted_it(
        card in cards(), width in 10_usize..90, quote in "(> ?){0,3}|\\| ?|\t| {2,9}",
    ) {
        let text = card.to_text();
        prop_assert_eq!(Card::read(&text), Ok(vec![card.clone()]));
        prop_assert_eq!(Card::read(&mangled(&text, width, &quote)), Ok(vec![card.clone()]));
        let one_line = text.replace('\n', " \u{a0}");
        prop_assert_eq!(Card::read(&one_line), Ok(vec![card.clone()]));
        let typographic = text.replace('-', "\u{2011}").replace(' ', "\u{a0}");
        prop_assert_eq!(Card::read(&typographic).map(|cards| cards[0].key), Ok(card.key));
    }

    #[test]
    fn a_card_that_lost_or_changed_something_is_damaged_and_never_another_one(
        card in cards(), at: prop::sample::Index, other in "[0-9a-zA-Z]",
    ) {
        let text = card.to_text();
        let places: Vec<usize> = text.char_indices().filter(|(_, c)| c.is_ascii_alphanumeric()).map(|(at, _)| at).collect();
        let at = *at.get(&places);
        let changed = format!("{}{other}{}", &text[..at], &text[at + 1..]);
        let cut = &text[..at];
        for text in [changed.as_str(), cut] {
            if let Ok(read) = Card::read(text) {
                prop_assert_eq!(read, vec![card.clone()], "only if nothing is another: {}", text);
            }
        }
    }

    #[test]
    fn whatever_is_pasted_as_a_card_is_read_or_refused(text in any::<String>(), body in "[0-9a-f\\]:@. >KeyAddressCheckName]{0,200}") {
        let _ = Card::read(&text);
        let _ = Card::read(&format!("[Sotto card 1]{body}[End of Sotto card]"));
    }
}

#[test]
fn a_link_behind_the_address_does_no_harm() {
    let card = alices();
    let address = card.address.to_string();
    let linked = card
        .to_text()
        .replace(&address, &format!("{address} <mailto:{address}>"));
    assert_eq!(Card::read(&linked), Ok(vec![card]));
}

#[test]
fn a_text_with_two_cards_holds_both_and_a_damaged_one_does_not_hide_the_other() {
    let alices = alices();
    let bobs = Card {
        key: [7; 32].into(),
        name: DisplayName::parse("Bob").unwrap(),
        ..alices.clone()
    };
    let both = format!("{}\nOn Monday Alice wrote:\n{}", bobs.to_text(), alices.to_text());
    assert_eq!(Card::read(&both), Ok(vec![bobs.clone(), alices.clone()]));
    let damaged = both.replacen("0707", "0708", 1);
    assert_eq!(Card::read(&damaged), Ok(vec![alices]));
}

#[test]
fn a_card_of_a_newer_version_and_no_card_at_all_say_so() {
    let newer = alices().to_text().replace("card 1", "card 2");
    assert_eq!(Card::read(&newer), Err(CardError::TooNew));
    for text in ["", "Hello!", "Sotto card", "[End of Sotto card]"] {
        assert_eq!(Card::read(text), Err(CardError::None), "{text}");
    }
    for text in [
        "[Sotto card 1",
        "[Sotto card 0]",
        "[Sotto card x]",
        "[Sotto card 1] Key: a5",
    ] {
        assert_eq!(Card::read(text), Err(CardError::Damaged), "{text}");
    }
    assert_eq!(
        Card::read(&"[Sotto card 1]".repeat(100_000)),
        Err(CardError::None)
    );
}
