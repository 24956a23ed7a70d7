use proptest::prelude::*;

use super::*;
use crate::limits::{MAX_FRAME_BYTES, MAX_PAYLOAD_BYTES};
use crate::prekey::{KyberPrekey, OneTimePrekey, SignedPrekey};
use crate::sample::{account, any_open_client_frame, any_open_relay_frame};
use crate::{KyberKey, Limits, MAX_DELIVERY_TOKEN_BYTES, PayloadError, Refusal, RequestId};

proptest! {
    #[test]
    fn a_client_frame_reads_as_it_was_written(frame in any_open_client_frame()) {
        prop_assert_eq!(ClientFrame::decode(frame.encode()), Ok(frame));
    }

    #[test]
    fn a_relay_frame_reads_as_it_was_written(frame in any_open_relay_frame()) {
        prop_assert_eq!(RelayFrame::decode(frame.encode()), Ok(frame));
    }

    #[test]
    fn whatever_bytes_come_nothing_panics(bytes: Vec<u8>) {
        if let Ok(frame) = ClientFrame::decode(bytes.clone().into()) {
            prop_assert_eq!(ClientFrame::decode(frame.encode()), Ok(frame));
        }
        if let Ok(frame) = RelayFrame::decode(bytes.into()) {
            prop_assert_eq!(RelayFrame::decode(frame.encode()), Ok(frame));
        }
    }

    #[test]
    fn a_damaged_frame_reads_as_an_error_or_as_another_frame(
        frame in any_open_relay_frame(), at: prop::sample::Index, byte: u8, cut: prop::sample::Index,
    ) {
        let mut bytes = frame.encode().to_vec();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        bytes.truncate(cut.index(bytes.len() + 1));
        if let Ok(frame) = RelayFrame::decode(bytes.into()) {
            prop_assert_eq!(RelayFrame::decode(frame.encode()), Ok(frame));
        }
    }
}

fn envelope(payload: Vec<u8>) -> Envelope {
    Envelope {
        client_message_id: [3; 16].into(),
        payload: Payload::new(payload).unwrap(),
    }
}

fn token() -> DeliveryToken {
    DeliveryToken::new(b"token".to_vec()).unwrap()
}

fn delivery(payload: Vec<u8>) -> Deliver {
    Deliver {
        account: account(),
        device: DeviceId::FIRST,
        envelopes: Envelopes::one(envelope(payload)),
        ephemeral: false,
        delivery_token: token(),
    }
}

#[test]
fn the_largest_deliveries_fit_with_a_token() {
    let token = DeliveryToken::new(vec![1; MAX_DELIVERY_TOKEN_BYTES]).unwrap();
    let longest = vec![envelope(vec![1; MAX_PAYLOAD_BYTES]); MAX_DELIVERY_BYTES / MAX_PAYLOAD_BYTES];
    let share = MAX_DELIVERY_BYTES / MAX_ENVELOPES_PER_DELIVERY;
    let most = vec![envelope(vec![1; share]); MAX_ENVELOPES_PER_DELIVERY];
    for envelopes in [longest, most] {
        let deliver = Deliver {
            envelopes: Envelopes::new(envelopes).unwrap(),
            delivery_token: token.clone(),
            ..delivery(vec![1])
        };
        let frame = ClientFrame::Request {
            id: RequestId::FIRST,
            request: Request::Deliver(deliver),
        };
        assert!(frame.encode().len() <= MAX_FRAME_BYTES);
        assert_eq!(ClientFrame::decode(frame.encode()), Ok(frame));
    }
}

#[test]
fn a_delivery_has_one_envelope_or_more_and_not_too_many() {
    assert_eq!(Envelopes::new(vec![]), None);
    assert_eq!(
        Envelopes::new(vec![envelope(vec![1]); MAX_ENVELOPES_PER_DELIVERY + 1]),
        None
    );
    let too_long = vec![envelope(vec![1; MAX_PAYLOAD_BYTES]); MAX_DELIVERY_BYTES / MAX_PAYLOAD_BYTES + 1];
    assert_eq!(Envelopes::new(too_long), None);

    for count in [0, MAX_ENVELOPES_PER_DELIVERY + 1] {
        let mut deliver = delivery(vec![1]).to_wire();
        deliver.envelopes = vec![envelope(vec![1]).to_wire(); count];
        let frame = proto::OpenClientFrame {
            request_id: 1,
            body: Some(open_client_frame::Body::Deliver(deliver)),
        };
        assert_eq!(
            ClientFrame::decode(write(&frame)),
            Err(DecodeError::Invalid { field: "envelopes" })
        );
    }
    for stored in [0, MAX_ENVELOPES_PER_DELIVERY as u32 + 1] {
        let frame = proto::OpenRelayFrame {
            request_id: 1,
            body: Some(open_relay_frame::Body::Delivered(proto::Delivered { stored })),
        };
        assert_eq!(
            RelayFrame::decode(write(&frame)),
            Err(DecodeError::Invalid { field: "stored" })
        );
    }
}

#[test]
fn payloads_and_tokens_are_bounded() {
    assert_eq!(Payload::new(vec![]), Err(PayloadError::Empty));
    let actual = MAX_PAYLOAD_BYTES + 1;
    let too_large = PayloadError::TooLarge {
        limit: MAX_PAYLOAD_BYTES,
        actual,
    };
    assert_eq!(Payload::new(vec![0; actual]), Err(too_large));
    assert_eq!(DeliveryToken::new(vec![]), None);
    assert_eq!(DeliveryToken::new(vec![0; MAX_DELIVERY_TOKEN_BYTES + 1]), None);

    let mut deliver = delivery(vec![1]).to_wire();
    deliver.envelopes[0].payload = Bytes::from(vec![1; actual]);
    let frame = proto::OpenClientFrame {
        request_id: 1,
        body: Some(open_client_frame::Body::Deliver(deliver)),
    };
    assert_eq!(
        ClientFrame::decode(write(&frame)),
        Err(DecodeError::Invalid { field: "payload" })
    );
}

/// Whoever adds a field to a delivery has to come by here and say that it tells nothing of its sender.
#[test]
fn a_delivery_has_no_place_for_a_sender() {
    let proto::Deliver {
        account,
        device,
        envelopes,
        ephemeral,
        delivery_token,
    } = delivery(b"sealed".to_vec()).to_wire();
    let [
        proto::Envelope {
            client_message_id,
            payload,
        },
    ] = &envelopes[..]
    else {
        panic!("one envelope was put in");
    };
    assert_eq!(
        (&account[..], device),
        (&crate::sample::account().as_bytes()[..], 1)
    );
    assert_eq!(
        (&client_message_id[..], &payload[..]),
        (&[3; 16][..], &b"sealed"[..])
    );
    assert!(!ephemeral && delivery_token == token().as_bytes());
}

#[test]
fn the_frames_have_the_bytes_they_always_had() {
    let ask = |request| {
        ClientFrame::Request {
            id: RequestId::FIRST,
            request,
        }
        .encode()
    };
    let answer = |outcome| {
        RelayFrame::Answer {
            id: RequestId::FIRST,
            outcome,
        }
        .encode()
    };
    let deliver = Deliver {
        ephemeral: true,
        ..delivery(b"sealed".to_vec())
    };
    let two = Deliver {
        envelopes: Envelopes::new(vec![envelope(b"one".to_vec()), envelope(b"two".to_vec())]).unwrap(),
        ..deliver.clone()
    };
    let fetch = FetchBundle {
        account: account(),
        device: DeviceId::FIRST,
        delivery_token: token(),
    };
    let bundle = PrekeyBundle {
        identity_key: [5; 33].into(),
        registration_id: 4_321,
        device: DeviceId::FIRST,
        signed_prekey: SignedPrekey {
            id: 3,
            public_key: [5; 33].into(),
            signature: [7; 64].into(),
        },
        kyber_prekey: KyberPrekey {
            id: 4,
            public_key: KyberKey::try_from(&[8; KyberKey::BYTES][..]).unwrap(),
            signature: [7; 64].into(),
        },
        one_time_prekey: Some(OneTimePrekey {
            id: 0,
            public_key: [5; 33].into(),
        }),
    };
    let limits = Limits {
        payload_bytes: 65_536,
        unacknowledged: 256,
        one_time_prekeys: 200,
        heartbeat_seconds: 30,
    };
    let found = UserNameFound {
        account: account(),
        delivery_token: token(),
        expires_at_ms: 1_795_000_000_000,
    };
    let frames = [
        ("deliver", ask(Request::Deliver(delivery(b"sealed".to_vec())))),
        ("deliver two", ask(Request::Deliver(two))),
        ("deliver with everything", ask(Request::Deliver(deliver))),
        ("fetch", ask(Request::FetchBundle(fetch))),
        ("look up", ask(Request::LookUpUserName("alice".parse().unwrap()))),
        (
            "welcome",
            RelayFrame::Welcome {
                welcome: Welcome {
                    version: 1,
                    limits,
                    trust_root: [5; 33].into(),
                },
                challenge: (),
            }
            .encode(),
        ),
        ("delivered", answer(Ok(Answer::Delivered { stored: 1 }))),
        ("bundle", answer(Ok(Answer::Bundle(Box::new(bundle))))),
        ("found", answer(Ok(Answer::UserNameFound(found)))),
        (
            "refused",
            answer(Err(Refusal::RateLimited {
                retry_after_ms: 1_000,
            })),
        ),
    ];
    insta::assert_snapshot!(
        frames
            .map(|(name, bytes)| format!("{name}: {}", hex::encode(bytes)))
            .join("\n")
    );
}
