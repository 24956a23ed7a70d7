//! Frames for tests: arbitrary ones, and what the fixed ones are made of.

use proptest::collection::vec;
use proptest::prelude::*;

use crate::mailbox::{self, Acknowledge, Authenticate, IssuedCertificate, Register};
use crate::open::{self, Deliver, Envelope, Envelopes, FetchBundle, UserNameFound};
use crate::*;

pub(crate) fn account() -> AccountId {
    "a3c1f0e2-5b77-4d10-8e9a-0c1d2e3f4a5b".parse().unwrap()
}

prop_compose! {
    fn any_account()(mut bytes: [u8; 16]) -> AccountId {
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        AccountId::from_slice(&bytes).unwrap()
    }
}

fn any_device() -> impl Strategy<Value = DeviceId> {
    (1..=127_u32).prop_map(|number| DeviceId::new(number).unwrap())
}

fn any_request_id() -> impl Strategy<Value = RequestId> {
    any::<std::num::NonZeroU32>().prop_map(RequestId::from)
}

fn any_curve_key() -> impl Strategy<Value = CurveKey> {
    vec(any::<u8>(), 33).prop_map(|bytes| CurveKey::try_from(&bytes[..]).unwrap())
}

fn any_signature() -> impl Strategy<Value = Signature> {
    vec(any::<u8>(), 64).prop_map(|bytes| Signature::try_from(&bytes[..]).unwrap())
}

fn any_payload() -> impl Strategy<Value = Payload> {
    vec(any::<u8>(), 1..300).prop_map(|bytes| Payload::new(bytes).unwrap())
}

fn any_token() -> impl Strategy<Value = DeliveryToken> {
    vec(any::<u8>(), 1..=MAX_DELIVERY_TOKEN_BYTES).prop_map(|bytes| DeliveryToken::new(bytes).unwrap())
}

fn any_tokens() -> impl Strategy<Value = DeliveryTokens> {
    let invite =
        (any_token(), any::<u64>()).prop_map(|(token, expires_at_ms)| InviteToken { token, expires_at_ms });
    (any_token(), vec(invite, 0..4))
        .prop_map(|(contact, invites)| DeliveryTokens::new(contact, invites).unwrap())
}

fn any_relay_name() -> impl Strategy<Value = RelayName> {
    ("[a-z][a-z0-9]{0,20}\\.example", 1..=u16::MAX)
        .prop_map(|(host, port)| format!("{host}:{port}").parse().unwrap())
}

fn any_user_name() -> impl Strategy<Value = UserName> {
    "[a-zA-Z0-9][a-zA-Z0-9._-]{2,31}".prop_map(|name| name.parse().unwrap())
}

fn any_one_time() -> impl Strategy<Value = OneTimePrekey> {
    (any::<u32>(), any_curve_key()).prop_map(|(id, public_key)| OneTimePrekey { id, public_key })
}

fn any_signed() -> impl Strategy<Value = SignedPrekey> {
    (any::<u32>(), any_curve_key(), any_signature()).prop_map(|(id, public_key, signature)| SignedPrekey {
        id,
        public_key,
        signature,
    })
}

fn any_kyber() -> impl Strategy<Value = KyberPrekey> {
    (any::<u32>(), any::<u8>(), any_signature()).prop_map(|(id, fill, signature)| {
        let public_key = KyberKey::try_from(&[fill; KyberKey::BYTES][..]).unwrap();
        KyberPrekey {
            id,
            public_key,
            signature,
        }
    })
}

fn any_upload() -> impl Strategy<Value = PrekeyUpload> {
    let one_time = (vec(any_one_time(), 0..4), vec(any_kyber(), 0..4));
    (
        proptest::option::of(any_signed()),
        proptest::option::of(any_kyber()),
        one_time,
        any::<bool>(),
    )
        .prop_map(|(signed, last_resort, (curve, kyber), in_place_of_all)| {
            let mut upload = PrekeyUpload::new();
            if in_place_of_all {
                upload = upload.in_place_of_all();
            }
            if let Some(prekey) = signed {
                upload = upload.with_signed_prekey(prekey);
            }
            if let Some(prekey) = last_resort {
                upload = upload.with_last_resort_prekey(prekey);
            }
            upload
                .with_one_time_prekeys(curve)
                .unwrap()
                .with_one_time_kyber_prekeys(kyber)
                .unwrap()
        })
}

fn any_hello() -> impl Strategy<Value = Hello> {
    (1..100_u32, 0..100_u32).prop_map(|(min, more)| Hello::new(min, min + more).unwrap())
}

fn any_welcome() -> impl Strategy<Value = Welcome> {
    (
        1..=MAX_PAYLOAD_BYTES as u32,
        1..10_000_u32,
        any::<u32>(),
        any::<u32>(),
        any_curve_key(),
    )
        .prop_map(
            |(payload_bytes, unacknowledged, one_time_prekeys, heartbeat_seconds, trust_root)| Welcome {
                version: 1,
                limits: Limits {
                    payload_bytes,
                    unacknowledged,
                    one_time_prekeys,
                    heartbeat_seconds,
                },
                trust_root,
            },
        )
}

/// Every refusal, with these parameters.
pub(crate) fn refusals(limit: u64, min: u32, max: u32, retry_after_ms: u32) -> Vec<Refusal> {
    vec![
        Refusal::UnsupportedVersion { min, max },
        Refusal::BadFrame,
        Refusal::FrameTooLarge { limit },
        Refusal::HelloExpected,
        Refusal::NotAuthenticated,
        Refusal::AlreadyAuthenticated,
        Refusal::UnknownAccount,
        Refusal::WrongSignature,
        Refusal::WrongRelayName,
        Refusal::Moved,
        Refusal::AlreadyRegistered,
        Refusal::UserNameTaken,
        Refusal::RegistrationClosed,
        Refusal::InviteRequired,
        Refusal::WrongInvite,
        Refusal::WorkRequired { bits: min },
        Refusal::InvalidKey,
        Refusal::WrongPrekeySignature,
        Refusal::TooManyPrekeys { limit },
        Refusal::NoPrekeys,
        Refusal::MailboxFull,
        Refusal::PayloadTooLarge { limit },
        Refusal::WrongDeliveryToken,
        Refusal::ExpiredDeliveryToken,
        Refusal::NotPadded,
        Refusal::NoSuchUserName,
        Refusal::RateLimited { retry_after_ms },
        Refusal::Unavailable { retry_after_ms },
        Refusal::Other { code: 9_999 },
    ]
}

fn any_refusal() -> impl Strategy<Value = Refusal> {
    any::<(u64, u32, u32, u32)>()
        .prop_flat_map(|(limit, min, max, ms)| proptest::sample::select(refusals(limit, min, max, ms)))
}

fn any_closing() -> impl Strategy<Value = Closing> {
    prop_oneof![
        any::<u32>().prop_map(|reconnect_after_ms| Closing::GoingAway { reconnect_after_ms }),
        Just(Closing::Replaced),
        Just(Closing::TooSlow),
        Just(Closing::Silent),
        Just(Closing::Other),
    ]
}

fn any_pass() -> impl Strategy<Value = Pass> {
    prop_oneof![
        any::<[u8; 24]>().prop_map(|invite| Pass::Invite(invite.into())),
        any::<u64>().prop_map(|number| Pass::Work(Work(number))),
    ]
}

prop_compose! {
    fn any_register()(
        account in any_account(), device in any_device(), identity_key in any_curve_key(),
        registration_id: u32, user_name in proptest::option::of(any_user_name()),
        relay_name in any_relay_name(), signature in any_signature(), pass in proptest::option::of(any_pass()),
    ) -> Register {
        Register { account, device, identity_key, registration_id, user_name, relay_name, signature, pass }
    }
}

prop_compose! {
    fn any_authenticate()(
        account in any_account(), device in any_device(),
        relay_name in any_relay_name(), signature in any_signature(), registration_id: Option<u32>,
    ) -> Authenticate {
        Authenticate { account, device, relay_name, signature, registration_id }
    }
}

pub(crate) fn any_mailbox_client_frame() -> impl Strategy<Value = mailbox::ClientFrame> {
    use mailbox::{ClientFrame, Request};
    let acknowledge = vec(any::<[u8; 16]>().prop_map(EnvelopeId::from), 1..20)
        .prop_map(|ids| Request::Acknowledge(Acknowledge::new(ids).unwrap()));
    let request = prop_oneof![
        any_register().prop_map(|register| Request::Register(Box::new(register))),
        any_authenticate().prop_map(Request::Authenticate),
        any_upload().prop_map(|upload| Request::PublishPrekeys(Box::new(upload))),
        Just(Request::CountPrekeys),
        acknowledge,
        any_tokens().prop_map(Request::SetDeliveryTokens),
        Just(Request::IssueSenderCertificate),
        proptest::option::of(any_user_name()).prop_map(Request::SetUserName),
    ];
    prop_oneof![
        any_hello().prop_map(ClientFrame::Hello),
        (any_request_id(), request).prop_map(|(id, request)| ClientFrame::Request { id, request }),
    ]
}

pub(crate) fn any_mailbox_relay_frame() -> impl Strategy<Value = mailbox::RelayFrame> {
    use mailbox::{Answer, Push, RelayFrame};
    let counts = any::<(u32, u32, Option<u32>, Option<u32>)>().prop_map(|(one_time, kyber, signed, last)| {
        Answer::PrekeyCounts(PrekeyCounts {
            one_time_prekeys: one_time,
            one_time_kyber_prekeys: kyber,
            signed_prekey_id: signed,
            last_resort_prekey_id: last,
        })
    });
    let answer = prop_oneof![
        Just(Answer::Registered),
        Just(Answer::Authenticated),
        Just(Answer::UserNameSet),
        counts,
        Just(Answer::Acknowledged),
        Just(Answer::DeliveryTokensSet),
        (vec(any::<u8>(), 1..400), any::<u64>()).prop_map(|(certificate, valid_for_ms)| {
            Answer::SenderCertificate(IssuedCertificate {
                certificate: certificate.into(),
                valid_for_ms,
            })
        }),
    ];
    let envelope = (any::<[u8; 16]>(), any_payload(), any::<u64>(), any::<bool>()).prop_map(
        |(id, payload, received_at_ms, request)| Push::Envelope {
            id: id.into(),
            payload,
            received_at_ms,
            request,
        },
    );
    let push = prop_oneof![
        envelope,
        any_payload().prop_map(|payload| Push::Ephemeral { payload }),
        Just(Push::QueueEmpty),
    ];
    prop_oneof![
        (any_welcome(), any::<[u8; 32]>()).prop_map(|(welcome, bytes)| RelayFrame::Welcome {
            welcome,
            challenge: bytes.into()
        }),
        (any_request_id(), answer).prop_map(|(id, answer)| RelayFrame::Answer {
            id,
            outcome: Ok(answer)
        }),
        (any_request_id(), any_refusal()).prop_map(|(id, no)| RelayFrame::Answer { id, outcome: Err(no) }),
        push.prop_map(RelayFrame::Push),
        any_refusal().prop_map(RelayFrame::Refused),
        any_closing().prop_map(RelayFrame::Closing),
    ]
}

pub(crate) fn any_open_client_frame() -> impl Strategy<Value = open::ClientFrame> {
    use open::{ClientFrame, Request};
    let envelope = (any::<[u8; 16]>(), any_payload()).prop_map(|(id, payload)| Envelope {
        client_message_id: id.into(),
        payload,
    });
    let envelopes = vec(envelope, 1..4).prop_map(|envelopes| Envelopes::new(envelopes).unwrap());
    let deliver = (any_account(), any_device(), envelopes, any::<bool>(), any_token()).prop_map(
        |(account, device, envelopes, ephemeral, delivery_token)| {
            Request::Deliver(Deliver {
                account,
                device,
                envelopes,
                ephemeral,
                delivery_token,
            })
        },
    );
    let fetch = (any_account(), any_device(), any_token()).prop_map(|(account, device, delivery_token)| {
        Request::FetchBundle(FetchBundle {
            account,
            device,
            delivery_token,
        })
    });
    let request = prop_oneof![deliver, fetch, any_user_name().prop_map(Request::LookUpUserName)];
    prop_oneof![
        any_hello().prop_map(ClientFrame::Hello),
        (any_request_id(), request).prop_map(|(id, request)| ClientFrame::Request { id, request }),
    ]
}

pub(crate) fn any_open_relay_frame() -> impl Strategy<Value = open::RelayFrame> {
    use open::{Answer, RelayFrame};
    let keys = (
        any_curve_key(),
        any_signed(),
        any_kyber(),
        proptest::option::of(any_one_time()),
    );
    let bundle = (any::<u32>(), any_device(), keys).prop_map(
        |(registration_id, device, (identity_key, signed_prekey, kyber_prekey, one_time_prekey))| {
            Answer::Bundle(Box::new(PrekeyBundle {
                identity_key,
                registration_id,
                device,
                signed_prekey,
                kyber_prekey,
                one_time_prekey,
            }))
        },
    );
    let answer = prop_oneof![
        (1..=MAX_ENVELOPES_PER_DELIVERY).prop_map(|stored| Answer::Delivered { stored }),
        bundle,
        (any_account(), any_token(), any::<u64>()).prop_map(|(account, delivery_token, expires_at_ms)| {
            Answer::UserNameFound(UserNameFound {
                account,
                delivery_token,
                expires_at_ms,
            })
        })
    ];
    prop_oneof![
        any_welcome().prop_map(|welcome| RelayFrame::Welcome {
            welcome,
            challenge: ()
        }),
        (any_request_id(), answer).prop_map(|(id, answer)| RelayFrame::Answer {
            id,
            outcome: Ok(answer)
        }),
        (any_request_id(), any_refusal()).prop_map(|(id, no)| RelayFrame::Answer { id, outcome: Err(no) }),
        any_refusal().prop_map(RelayFrame::Refused),
        any_closing().prop_map(RelayFrame::Closing),
    ]
}
