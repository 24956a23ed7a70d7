use proptest::prelude::*;

use super::*;
use crate::limits::{MAX_DELIVERY_TOKEN_BYTES, MAX_FRAME_BYTES, MAX_INVITE_TOKENS, MAX_PREKEYS_PER_UPLOAD};
use crate::prekey::{KyberPrekey, OneTimePrekey, SignedPrekey};
use crate::sample::{account, any_mailbox_client_frame, any_mailbox_relay_frame, refusals};
use crate::{Closing, DeliveryToken, Hello, InviteToken, KyberKey, Limits, Refusal, RequestId};

proptest! {
    #[test]
    fn a_client_frame_reads_as_it_was_written(frame in any_mailbox_client_frame()) {
        prop_assert_eq!(ClientFrame::decode(frame.encode()), Ok(frame));
    }

    #[test]
    fn a_relay_frame_reads_as_it_was_written(frame in any_mailbox_relay_frame()) {
        prop_assert_eq!(RelayFrame::decode(frame.encode()), Ok(frame));
    }

    #[test]
    fn whatever_bytes_come_nothing_panics(bytes: Vec<u8>) {
        // What can be read can be written, and reads the same again.
        if let Ok(frame) = ClientFrame::decode(bytes.clone().into()) {
            prop_assert_eq!(ClientFrame::decode(frame.encode()), Ok(frame));
        }
        if let Ok(frame) = RelayFrame::decode(bytes.into()) {
            prop_assert_eq!(RelayFrame::decode(frame.encode()), Ok(frame));
        }
    }

    #[test]
    fn a_damaged_frame_reads_as_an_error_or_as_another_frame(
        frame in any_mailbox_client_frame(), at: prop::sample::Index, byte: u8, cut: prop::sample::Index,
    ) {
        let mut bytes = frame.encode().to_vec();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        bytes.truncate(cut.index(bytes.len() + 1));
        if let Ok(frame) = ClientFrame::decode(bytes.into()) {
            prop_assert_eq!(ClientFrame::decode(frame.encode()), Ok(frame));
        }
    }
}

fn kyber(id: u32) -> KyberPrekey {
    let public_key = KyberKey::try_from(&[8; KyberKey::BYTES][..]).unwrap();
    KyberPrekey {
        id,
        public_key,
        signature: [7; 64].into(),
    }
}

fn full_upload() -> PrekeyUpload {
    let ids = u32::MAX - MAX_PREKEYS_PER_UPLOAD as u32..u32::MAX;
    PrekeyUpload::new()
        .with_signed_prekey(SignedPrekey {
            id: 1,
            public_key: [5; 33].into(),
            signature: [7; 64].into(),
        })
        .with_last_resort_prekey(kyber(2))
        .with_one_time_prekeys(
            ids.clone()
                .map(|id| OneTimePrekey {
                    id,
                    public_key: [5; 33].into(),
                })
                .collect(),
        )
        .unwrap()
        .with_one_time_kyber_prekeys(ids.map(kyber).collect())
        .unwrap()
}

fn token(byte: u8) -> DeliveryToken {
    DeliveryToken::new(vec![byte; MAX_DELIVERY_TOKEN_BYTES]).unwrap()
}

fn tokens(invites: usize) -> DeliveryTokens {
    let invite = InviteToken {
        token: token(2),
        expires_at_ms: 1_795_000_000_000,
    };
    DeliveryTokens::new(token(1), vec![invite; invites]).unwrap()
}

#[test]
fn the_largest_frames_of_a_client_fit() {
    for request in [
        Request::PublishPrekeys(Box::new(full_upload())),
        Request::Acknowledge(Acknowledge::new(vec![[0xff; 16].into(); MAX_ACKNOWLEDGEMENTS]).unwrap()),
        Request::SetDeliveryTokens(tokens(MAX_INVITE_TOKENS)),
    ] {
        let frame = ClientFrame::Request {
            id: RequestId::FIRST,
            request,
        };
        assert!(frame.encode().len() <= MAX_FRAME_BYTES);
        assert_eq!(ClientFrame::decode(frame.encode()), Ok(frame));
    }
}

#[test]
fn a_frame_that_is_too_long_is_not_even_parsed() {
    let frame = Bytes::from(vec![0; MAX_FRAME_BYTES + 1]);
    let too_large = DecodeError::TooLarge {
        limit: MAX_FRAME_BYTES,
        actual: MAX_FRAME_BYTES + 1,
    };
    assert_eq!(ClientFrame::decode(frame.clone()), Err(too_large));
    assert_eq!(RelayFrame::decode(frame), Err(too_large));
}

#[test]
fn lists_are_bounded() {
    assert_eq!(Acknowledge::new(vec![]), None);
    assert_eq!(
        Acknowledge::new(vec![[0; 16].into(); MAX_ACKNOWLEDGEMENTS + 1]),
        None
    );
    let invites = vec![tokens(1).invites()[0].clone(); MAX_INVITE_TOKENS + 1];
    assert_eq!(DeliveryTokens::new(token(1), invites), None);
    let many = (0..101)
        .map(|id| OneTimePrekey {
            id,
            public_key: [5; 33].into(),
        })
        .collect();
    assert!(PrekeyUpload::new().with_one_time_prekeys(many).is_err());

    let prekey = proto::OneTimePrekey {
        id: 1,
        public_key: Bytes::from_static(&[5; 33]),
    };
    let upload = proto::PrekeyUpload {
        one_time_prekeys: vec![prekey; 101],
        ..Default::default()
    };
    let frame = proto::MailboxClientFrame {
        request_id: 1,
        body: Some(mailbox_client_frame::Body::PublishPrekeys(upload)),
    };
    let invalid = DecodeError::Invalid {
        field: "one_time_prekeys",
    };
    assert_eq!(ClientFrame::decode(write(&frame)), Err(invalid));
}

#[test]
fn what_is_missing_or_wrong_is_named() {
    use mailbox_client_frame::Body;
    let decode =
        |request_id, body| ClientFrame::decode(write(&proto::MailboxClientFrame { request_id, body }));
    let good = proto::Authenticate {
        account: Bytes::copy_from_slice(account().as_bytes()),
        device: 1,
        relay_name: "relay.example:443".to_owned(),
        signature: Bytes::from_static(&[7; 64]),
        registration_id: None,
    };
    assert!(decode(1, Some(Body::Authenticate(good.clone()))).is_ok());
    assert_eq!(decode(1, None), Err(DecodeError::UnknownBody));
    assert_eq!(
        decode(0, Some(Body::Authenticate(good.clone()))),
        Err(DecodeError::Missing { field: "request_id" })
    );
    let cases = [
        (
            proto::Authenticate {
                account: Bytes::from_static(&[0; 16]),
                ..good.clone()
            },
            "account",
        ),
        (
            proto::Authenticate {
                device: 0,
                ..good.clone()
            },
            "device",
        ),
        (
            proto::Authenticate {
                device: 128,
                ..good.clone()
            },
            "device",
        ),
        (
            proto::Authenticate {
                relay_name: String::new(),
                ..good.clone()
            },
            "relay_name",
        ),
        (
            proto::Authenticate {
                signature: Bytes::from_static(&[7; 63]),
                ..good.clone()
            },
            "signature",
        ),
    ];
    for (bad, field) in cases {
        assert_eq!(
            decode(1, Some(Body::Authenticate(bad))),
            Err(DecodeError::Invalid { field })
        );
    }
}

#[test]
fn every_refusal_arrives_as_it_was_meant() {
    for refusal in refusals(262_144, 1, 3, 5_000) {
        let frame = RelayFrame::Answer {
            id: RequestId::FIRST,
            outcome: Err(refusal),
        };
        assert_eq!(RelayFrame::decode(frame.encode()), Ok(frame));
        // A refusal is a sentence for a log, without anybody's data.
        assert!(!refusal.to_string().is_empty());
    }
}

#[test]
fn the_client_frames_have_the_bytes_they_always_had() {
    let request = |request| ClientFrame::Request {
        id: RequestId::FIRST.next(),
        request,
    };
    let register = Register {
        account: account(),
        device: DeviceId::FIRST,
        identity_key: [5; 33].into(),
        registration_id: 4_321,
        user_name: Some("alice".parse().unwrap()),
        relay_name: "relay.example".parse().unwrap(),
        signature: [7; 64].into(),
        pass: None,
    };
    let authenticate = Authenticate {
        account: account(),
        device: DeviceId::FIRST,
        relay_name: "127.0.0.1:7070".parse().unwrap(),
        signature: [7; 64].into(),
        registration_id: None,
    };
    let of_an_installation = Authenticate {
        registration_id: Some(4_321),
        ..authenticate.clone()
    };
    let upload = PrekeyUpload::new()
        .with_signed_prekey(SignedPrekey {
            id: 3,
            public_key: [5; 33].into(),
            signature: [7; 64].into(),
        })
        .with_one_time_prekeys(vec![OneTimePrekey {
            id: 4,
            public_key: [5; 33].into(),
        }])
        .unwrap();
    let frames = [
        ("hello", ClientFrame::Hello(Hello::OURS)),
        ("register", request(Request::Register(Box::new(register)))),
        ("authenticate", request(Request::Authenticate(authenticate))),
        (
            "authenticate as an installation",
            request(Request::Authenticate(of_an_installation)),
        ),
        ("publish", request(Request::PublishPrekeys(Box::new(upload)))),
        ("count", request(Request::CountPrekeys)),
        (
            "acknowledge",
            request(Request::Acknowledge(
                Acknowledge::new(vec![[9; 16].into()]).unwrap(),
            )),
        ),
        ("tokens", request(Request::SetDeliveryTokens(tokens(1)))),
        ("certificate", request(Request::IssueSenderCertificate)),
        (
            "user name",
            request(Request::SetUserName(Some("alice".parse().unwrap()))),
        ),
        ("no user name", request(Request::SetUserName(None))),
    ];
    insta::assert_snapshot!(lines(frames.map(|(name, frame)| (name, frame.encode()))));
}

#[test]
fn the_relay_frames_have_the_bytes_they_always_had() {
    let answer = |outcome| RelayFrame::Answer {
        id: RequestId::FIRST,
        outcome,
    };
    let limits = Limits {
        payload_bytes: 65_536,
        unacknowledged: 256,
        one_time_prekeys: 200,
        heartbeat_seconds: 30,
    };
    let counts = PrekeyCounts {
        one_time_prekeys: 7,
        signed_prekey_id: Some(0),
        ..Default::default()
    };
    let payload = Payload::new(b"sealed".to_vec()).unwrap();
    let frames = [
        (
            "welcome",
            RelayFrame::Welcome {
                welcome: Welcome {
                    version: 1,
                    limits,
                    trust_root: [5; 33].into(),
                },
                challenge: [1; 32].into(),
            },
        ),
        ("registered", answer(Ok(Answer::Registered))),
        ("authenticated", answer(Ok(Answer::Authenticated))),
        ("counts", answer(Ok(Answer::PrekeyCounts(counts)))),
        ("acknowledged", answer(Ok(Answer::Acknowledged))),
        (
            "refused answer",
            answer(Err(Refusal::TooManyPrekeys { limit: 200 })),
        ),
        (
            "envelope",
            RelayFrame::Push(Push::Envelope {
                id: [9; 16].into(),
                payload: payload.clone(),
                received_at_ms: 1_795_000_000_000,
                request: true,
            }),
        ),
        ("tokens set", answer(Ok(Answer::DeliveryTokensSet))),
        (
            "certificate",
            answer(Ok(Answer::SenderCertificate(IssuedCertificate {
                certificate: Bytes::from_static(b"certificate"),
                valid_for_ms: 86_400_000,
            }))),
        ),
        ("user name set", answer(Ok(Answer::UserNameSet))),
        ("ephemeral", RelayFrame::Push(Push::Ephemeral { payload })),
        ("queue empty", RelayFrame::Push(Push::QueueEmpty)),
        (
            "refused",
            RelayFrame::Refused(Refusal::UnsupportedVersion { min: 1, max: 1 }),
        ),
        (
            "going away",
            RelayFrame::Closing(Closing::GoingAway {
                reconnect_after_ms: 1_500,
            }),
        ),
        ("replaced", RelayFrame::Closing(Closing::Replaced)),
    ];
    insta::assert_snapshot!(lines(frames.map(|(name, frame)| (name, frame.encode()))));
}

#[test]
fn what_is_shown_of_a_frame_names_nobody() {
    let register = Register {
        account: account(),
        device: DeviceId::FIRST,
        identity_key: [5; 33].into(),
        registration_id: 1,
        user_name: Some("alice".parse().unwrap()),
        relay_name: "relay.example".parse().unwrap(),
        signature: [7; 64].into(),
        pass: None,
    };
    let shown = format!("{:?}", register.user_name) + &format!("{:?}", register.identity_key);
    assert_eq!(shown, "Some(UserName(..))CurveKey(..)");
    let payload = Payload::new(b"sealed".to_vec()).unwrap();
    assert_eq!(
        format!("{:?}", Push::Ephemeral { payload }),
        "Ephemeral { payload: Payload(6 bytes) }"
    );
}

fn lines<const N: usize>(frames: [(&str, Bytes); N]) -> String {
    frames
        .map(|(name, bytes)| format!("{name}: {}", hex::encode(bytes)))
        .join("\n")
}
