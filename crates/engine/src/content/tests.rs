//! Content survives its journey, and nothing that is not content gets through.

use proptest::prelude::*;

use super::*;
use crate::ceremony::{CeremonyId, Commitment, Nonce};
use crate::model::{Emoji, Lifetime};
use sotto_wire::AccountId;

fn reaches() -> impl Strategy<Value = Reach> {
    (prop::collection::vec(any::<u8>(), 1..=64), any::<u8>()).prop_map(|(token, key)| Reach {
        token: DeliveryToken::new(token).unwrap(),
        trust_root: [key; 33].into(),
    })
}

fn comparison(ceremony: [u8; 16], bytes: [u8; 32], kind: u8) -> Body {
    let step = match kind {
        0 => WordsStep::Begin(Commitment(bytes)),
        1 => WordsStep::Answer(Nonce::from_bytes(bytes)),
        2 => WordsStep::Opening(Nonce::from_bytes(bytes)),
        3 => WordsStep::Verdict(Verdict::Confirmed),
        4 => WordsStep::Verdict(Verdict::Differed),
        5 => WordsStep::Verdict(Verdict::Cancelled),
        _ => WordsStep::Verdict(Verdict::TooSoon),
    };
    let ceremony = CeremonyId(ceremony);
    Body::Words(WordsMessage { ceremony, step })
}

fn words(text: impl Into<String>) -> Text {
    Text {
        text: text.into(),
        quote: None,
        lifetime: None,
    }
}

fn reference(id: [u8; 16]) -> Reference {
    Reference {
        author: AccountId::random(),
        id: ContentId(id),
    }
}

fn lifetimes() -> impl Strategy<Value = Option<Lifetime>> {
    prop::option::of(5..1_000_000_u32).prop_map(|seconds| seconds.and_then(Lifetime::of))
}

fn bodies() -> impl Strategy<Value = Body> {
    prop_oneof![older_bodies(), changes()]
}

fn changes() -> impl Strategy<Value = Body> {
    let emoji = prop::option::of(prop::sample::select(vec!["👍", "👩‍👩‍👧", "🇩🇪"]));
    let emoji = emoji.prop_map(|emoji| emoji.map(|emoji| Emoji::parse(emoji).unwrap()));
    prop_oneof![
        ("(?s).{1,200}", prop::option::of(any::<[u8; 16]>()), lifetimes()).prop_map(
            |(text, quote, lifetime)| {
                Body::Text(Text {
                    text,
                    quote: quote.map(reference),
                    lifetime,
                })
            }
        ),
        (any::<[u8; 16]>(), emoji, any::<u32>()).prop_map(|(to, emoji, revision)| {
            let to = reference(to);
            Body::Reaction(Reaction { to, emoji, revision })
        }),
        (any::<[u8; 16]>(), "(?s).{1,200}", any::<u32>()).prop_map(|(of, text, revision)| {
            let of = ContentId(of);
            Body::Edit(Edit { of, text, revision })
        }),
        any::<[u8; 16]>().prop_map(|id| Body::Deletion(ContentId(id))),
        (lifetimes(), any::<u32>())
            .prop_map(|(lifetime, revision)| Body::Timer(Timer { lifetime, revision })),
    ]
}

fn older_bodies() -> impl Strategy<Value = Body> {
    let name = || "[A-Za-zäöü]{1,20}".prop_map(|name| DisplayName::parse(&name).unwrap());
    prop_oneof![
        "(?s).{1,2000}".prop_map(|text| Body::Text(words(text))),
        (any::<bool>(), prop::collection::vec(any::<[u8; 16]>(), 0..40)).prop_map(|(read, ids)| {
            let kind = if read {
                ReceiptKind::Read
            } else {
                ReceiptKind::Delivered
            };
            Body::Receipt(kind, ids.into_iter().map(ContentId).collect())
        }),
        any::<bool>().prop_map(Body::Typing),
        (any::<[u8; 16]>(), name(), reaches()).prop_map(|(secret, name, reach)| {
            Body::InviteAcceptance(InviteAcceptance {
                secret: InviteSecret::from_bytes(secret),
                name,
                relay: "relay.example".parse().unwrap(),
                reach,
            })
        }),
        (name(), reaches()).prop_map(|(name, reach)| {
            Body::Introduction(Introduction {
                name,
                relay: "relay.example".parse().unwrap(),
                reach,
            })
        }),
        (name(), prop::option::of(reaches()))
            .prop_map(|(name, reach)| Body::Profile(Profile { name, reach })),
        any::<[u8; 32]>().prop_map(|bytes| Body::ResendRequest(CiphertextDigest(bytes))),
        (any::<[u8; 16]>(), any::<[u8; 32]>(), 0..7_u8)
            .prop_map(|(ceremony, bytes, kind)| comparison(ceremony, bytes, kind)),
    ]
}

proptest! {
    #[test]
    fn what_alice_says_is_what_bob_reads(id: [u8; 16], sent_at in 0..i64::MAX, body in bodies()) {
        let said = Content { id: ContentId(id), sent_at: Timestamp::from_millis(sent_at), body };
        let read = Content::decode(&pad(&said.encode().unwrap()).unwrap()).unwrap();
        prop_assert!(read == said);
    }

    #[test]
    fn whatever_mallory_encrypts_bob_does_not_stumble(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        let _ = Content::decode(&bytes);
        let mut padded = bytes;
        padded.push(0x80);
        let _ = Content::decode(&padded);
    }

    #[test]
    fn content_damaged_in_one_place_is_refused_or_read_as_something_within_bounds(
        body in bodies(), place: prop::sample::Index, bit in 0..8u32,
    ) {
        let encoded = Content::new(body, Timestamp::default()).encode().unwrap();
        let mut bytes = pad(&encoded).unwrap().to_vec();
        let place = place.index(bytes.len());
        bytes[place] ^= 1 << bit;
        if let Ok(Content { body: Body::Text(text), .. }) = Content::decode(&bytes) {
            prop_assert!(text.text.len() <= MAX_TEXT_BYTES);
        }
    }
}

#[test]
fn the_longest_text_fits_and_a_longer_one_is_refused_by_who_reads_it() {
    let of = |length| Content::new(Body::Text(words("x".repeat(length))), Timestamp::default());
    let padded = |length| pad(&of(length).encode().unwrap()).unwrap();
    let longest = padded(MAX_TEXT_BYTES);
    assert!(Content::decode(&longest).is_ok());
    let longer = padded(MAX_TEXT_BYTES + 1);
    assert_eq!(
        Content::decode(&longer),
        Err(ContentError::Invalid { field: "text" })
    );
    assert_eq!(of(70_000).encode(), Err(TooLong));
}

#[test]
fn bobs_name_arrives_without_what_would_turn_alices_screen_around() {
    let sneaky = proto::Content {
        id: vec![1; 16],
        sent_at_ms: u64::MAX,
        body: Some(proto::content::Body::Profile(proto::Profile {
            display_name: "\u{202E}Bob\u{0000}".to_owned(),
            reach: None,
        })),
        silent: true,
    };
    let read = Content::decode(&padding::pad(&sneaky.encode_to_vec()).unwrap()).unwrap();
    assert!(matches!(read.body, Body::Profile(profile) if profile.name.as_str() == "Bob"));
    assert_eq!(read.sent_at, Timestamp::from_millis(i64::MAX));
}

#[test]
fn debug_output_says_nothing_that_was_said() {
    let content = Content::new(Body::Text(words("meet me at nine")), Timestamp::default());
    assert_eq!(format!("{content:?}"), "Content(text)");
}

/// What is written down in databases and mailboxes must be read for ever: a change here is a change of the format.
#[test]
fn each_kind_has_the_bytes_it_always_had() {
    let author =
        AccountId::from_slice(&[0xA1, 0, 0, 0, 0, 0, 0x40, 0, 0x80, 0, 0, 0, 0, 0, 0, 0xA1]).unwrap();
    let (id, lifetime) = (ContentId([0xC1; 16]), Lifetime::of(3600));
    let reference = Reference { author, id };
    let emoji = Emoji::parse("👍").ok();
    let bodies = [
        Body::Text(words("Hello")),
        Body::Text(Text {
            text: "Hello".to_owned(),
            quote: Some(reference),
            lifetime,
        }),
        Body::Reaction(Reaction {
            to: reference,
            emoji,
            revision: 1,
        }),
        Body::Reaction(Reaction {
            to: reference,
            emoji: None,
            revision: 2,
        }),
        Body::Edit(Edit {
            of: id,
            text: "Hello!".to_owned(),
            revision: 1,
        }),
        Body::Deletion(id),
        Body::Timer(Timer {
            lifetime,
            revision: 3,
        }),
    ];
    let lines = bodies.into_iter().map(|body| {
        let content = Content {
            id: ContentId([0xAA; 16]),
            sent_at: Timestamp::from_millis(1_800_000_000_000),
            body,
        };
        format!("{:?}: {}", content.body, hex::encode(&*content.encode().unwrap()))
    });
    insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n"));
}

#[test]
fn what_a_newer_version_says_is_known_by_name_unless_it_is_silent() {
    for silent in [false, true] {
        let newer = proto::Content {
            id: vec![7; 16],
            sent_at_ms: 5,
            body: None,
            silent,
        };
        let padded = padding::pad(&newer.encode_to_vec()).unwrap();
        let unknown = ContentError::UnknownBody {
            id: ContentId([7; 16]),
            sent_at: Timestamp::from_millis(5),
            silent,
        };
        assert_eq!(Content::decode(&padded), Err(unknown));
    }
}

#[test]
fn a_reaction_of_a_thousand_faces_is_refused() {
    for emoji in [
        "👍👍",
        "not an emoji",
        &"👍".repeat(1000),
        "👩\u{200D}".repeat(900).as_str(),
    ] {
        let to = proto::Reference {
            author: AccountId::random().as_bytes().to_vec(),
            content_id: vec![1; 16],
        };
        let reaction = proto::Reaction {
            to: Some(to),
            emoji: emoji.to_owned(),
            revision: 1,
        };
        let content = proto::Content {
            id: vec![1; 16],
            sent_at_ms: 1,
            body: Some(proto::content::Body::Reaction(reaction)),
            silent: true,
        };
        let read = Content::decode(&padding::pad(&content.encode_to_vec()).unwrap());
        assert_eq!(read, Err(ContentError::Invalid { field: "emoji" }));
    }
}
