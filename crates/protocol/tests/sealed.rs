//! Alice writes to Bob and to many, and nobody else learns that it was her.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests stop at the first surprise"
)]

mod support;

use sotto_protocol::address::{DeviceId, ServiceId};
use sotto_protocol::curve::PublicKey;
use sotto_protocol::message::CiphertextMessage;
use sotto_protocol::prekey::{RegistrationId, Timestamp};
use sotto_protocol::sealed_sender::{
    Content, ContentHint, ContentKind, ContentMessage, DecryptionError, InvalidSenderCertificate,
    MalformedMultiRecipient, MultiRecipientMessage, OpenError, Ourselves, PlaintextContent,
    REVOKED_SERVER_CERTIFICATE, Recipient, RecipientDevice, RecipientError, SealError, SealedMessage,
    SenderClaims, Signer, TrustRoots, ValidateError,
};
use support::sealed::{SealVersion, Server, TOMORROW, another_device, claims_of};
use support::{Person, introduced};

/// The smallest thing that can be sealed.
fn report(by: &Person) -> PlaintextContent {
    PlaintextContent::from(&DecryptionError {
        ratchet_key: None,
        sent: by.now,
        device: 1,
    })
}

#[test]
fn alice_writes_sealed_and_bob_learns_from_the_certificate_that_it_was_her() {
    let (mut alice, mut bob) = introduced();
    let mut server = Server::new(1, 0xA0);
    let mut roots = server.roots();
    let certificate = server.certifies(&alice);
    for round in 0..3u8 {
        let sealed = alice.seals(SealVersion::One, &bob, &[1, round], &certificate);
        assert_eq!(sealed[0], 0x11);
        assert_eq!(bob.reads_sealed(&sealed, &mut roots), [1, round]);
        let sealed = alice.seals(SealVersion::Two, &bob, &[2, round], &certificate);
        assert_eq!(sealed[0], 0x22);
        assert_eq!(bob.reads_sealed(&sealed, &mut roots), [2, round]);
        let answer = bob.writes(&alice, b"read");
        alice.reads(&bob, &answer).unwrap();
    }
    let sealed = alice.seals(SealVersion::One, &bob, b"who is it?", &certificate);
    let content = bob.unseals(&sealed, &mut roots).unwrap();
    assert_eq!(content.sender(), &alice.local.address);
    assert_eq!(content.kind(), ContentKind::Signal);
    assert_eq!(
        content.certificate().claims().identity,
        alice.local.identity.identity_key()
    );
    let on_the_wire = [
        alice.local.address.name().as_bytes(),
        &alice.local.identity.identity_key().to_bytes(),
    ];
    for name in on_the_wire {
        assert!(!sealed.windows(name.len()).any(|window| window == name));
    }
}

#[test]
fn a_seal_opens_for_its_recipient_and_whole_or_not_at_all() {
    let [mut alice, bob, carol] = [1, 2, 3].map(Person::new);
    let certificate = Server::new(1, 0xA0).certifies(&alice);
    let message = report(&alice).into();
    let sealed = [
        alice.seals_message(SealVersion::One, &bob, &message, &certificate),
        alice.seals_message(SealVersion::Two, &bob, &message, &certificate),
    ];
    for sealed in sealed {
        let opened = |by: &Person, bytes: &[u8]| {
            SealedMessage::from_bytes(bytes)
                .map(|sealed| sealed.open(&by.local.identity).err())
                .ok()
        };
        assert_eq!(opened(&bob, &sealed), Some(None));
        assert_eq!(opened(&carol, &sealed), Some(Some(OpenError::Seal)));
        let (mut refused, mut unreadable) = (0, 0);
        for byte in 1..sealed.len() {
            let mut changed = sealed.clone();
            changed[byte] ^= 0x08;
            match opened(&bob, &changed) {
                Some(error) => {
                    assert_eq!(error, Some(OpenError::Seal), "byte {byte}");
                    refused += 1;
                }
                None => unreadable += 1,
            }
        }
        assert!(
            refused > 10 * unreadable,
            "{refused} refused, {unreadable} unreadable"
        );
        for cut in 0..sealed.len() {
            assert_ne!(opened(&bob, &sealed[..cut]), Some(None), "{cut} bytes");
        }
    }
}

#[test]
fn a_certificate_is_valid_until_its_last_millisecond() {
    let alice = Person::new(1);
    let mut server = Server::new(1, 0xA0);
    let mut roots = server.roots();
    let certificate = server.certifies(&alice);
    let mut at = |at| roots.validate(certificate.clone(), at).map(|_| ());
    assert_eq!(at(Timestamp(0)), Ok(()));
    assert_eq!(at(TOMORROW), Ok(()));
    // That it was valid is remembered; that it has expired is seen all the same.
    assert_eq!(at(Timestamp(TOMORROW.0 + 1)), Err(InvalidSenderCertificate));
}

#[test]
fn a_certificate_nobody_trusted_stands_behind_is_refused() {
    let alice = Person::new(1);
    let (mut ours, mut foreign) = (Server::new(1, 0xA0), Server::new(1, 0xF0));
    let mut roots = ours.roots();
    let mut validate = |certificate| roots.validate(certificate, alice.now).is_ok();
    assert!(validate(ours.certifies(&alice)));
    assert!(!validate(foreign.certifies(&alice)), "a foreign root");

    // A foreign server puts our server's certificate beside its own signature.
    let borrowed = Signer::Whole(ours.certificate.clone());
    assert!(!validate(foreign.certifies_as(claims_of(&alice), borrowed)));

    let mut revoked = Server::new(REVOKED_SERVER_CERTIFICATE, 0xA0);
    assert_eq!(revoked.root.public(), ours.root.public());
    assert!(
        !validate(revoked.certifies(&alice)),
        "revoked, though signed by our root"
    );

    assert!(
        TrustRoots::new([])
            .validate(ours.certifies(&alice), alice.now)
            .is_err()
    );
    let both = [*foreign.root.public(), *ours.root.public()];
    assert!(
        TrustRoots::new(both)
            .validate(ours.certifies(&alice), alice.now)
            .is_ok()
    );
}

#[test]
fn a_certificate_may_name_a_server_that_both_sides_know() {
    let alice = Person::new(1);
    let mut server = Server::new(7, 0xA0);
    let known = server.certificate.clone();
    let certificate = server.certifies_as(claims_of(&alice), Signer::Reference(7));
    assert!(
        server.roots().validate(certificate.clone(), alice.now).is_err(),
        "an id unknown here"
    );
    let mut roots = server.roots().with_known_server(known);
    assert!(roots.validate(certificate.clone(), alice.now).is_ok());
    // Once the id means another server, what was remembered is worth nothing.
    let mut roots = roots.with_known_server(Server::new(7, 0xF0).certificate);
    assert!(roots.validate(certificate, alice.now).is_err());
}

#[test]
fn bob_refuses_what_this_device_of_his_sent() {
    let mut bob = Person::new(2);
    let mut tablet = another_device(&bob, 2, 12);
    let mut server = Server::new(1, 0xA0);
    let mut roots = server.roots();
    let certificate = server.certifies(&bob);
    let message = report(&bob).into();
    let from_here = bob.seals_message(SealVersion::One, &{ Person::new(2) }, &message, &certificate);
    assert_eq!(
        bob.unseals(&from_here, &mut roots).err(),
        Some(ValidateError::SelfSend)
    );
    // It is for his other device, which has the same identity key.
    assert!(tablet.unseals(&from_here, &mut roots).is_ok());

    let numbered = server.certifies_as(
        SenderClaims {
            phone_number: Some("+15550100".to_owned()),
            ..claims_of(&tablet)
        },
        Signer::Whole(server.certificate.clone()),
    );
    let from_tablet = tablet.seals_message(SealVersion::One, &bob, &message, &numbered);
    let stranger = another_device(&Person::new(9), 2, 13);
    let refused_as = |address, phone_number| {
        let opened = SealedMessage::from_bytes(&from_tablet)
            .unwrap()
            .open(&bob.local.identity)
            .unwrap();
        let ourselves = Ourselves {
            address,
            phone_number,
        };
        opened.validate(&mut server.roots(), bob.now, ourselves).err()
    };
    let self_send = Some(ValidateError::SelfSend);
    assert_eq!(
        refused_as(&bob.local.address, Some("+15550100")),
        None,
        "another device"
    );
    assert_eq!(refused_as(&tablet.local.address, None), self_send);
    assert_eq!(refused_as(&stranger.local.address, None), None);
    assert_eq!(refused_as(&stranger.local.address, Some("+15550100")), self_send);
    assert_eq!(refused_as(&stranger.local.address, Some("+15550101")), None);
}

#[test]
fn mallory_cannot_seal_in_alices_name() {
    let alice = Person::new(1);
    let (mut mallory, bob) = (Person::new(6), Person::new(2));
    let mut server = Server::new(1, 0xA0);
    let message = ContentMessage::from(report(&alice));
    let stolen = Content::new(&message, server.certifies(&alice), ContentHint::Default, None);
    let bobs_key = bob.local.identity.identity_key();
    assert_eq!(
        stolen.seal_v1(&mallory.local.identity, &bobs_key, &mut mallory.rng),
        Err(SealError::ForeignCertificate)
    );
    // Mallory is a user too, and changes the name in a certificate of hers.
    let own = server.certifies(&mallory);
    let mut forged = own.as_bytes().to_vec();
    let name = mallory.local.address.name().as_bytes();
    let at = forged
        .windows(name.len())
        .position(|window| window == name)
        .unwrap();
    forged[at..at + name.len()].copy_from_slice(alice.local.address.name().as_bytes());
    let forged = sotto_protocol::sealed_sender::SenderCertificate::from_bytes(&forged).unwrap();
    assert_eq!(forged.claims().sender, alice.local.address);
    let sealed = mallory.seals_message(SealVersion::One, &bob, &message, &forged);
    let mut roots = server.roots();
    assert!(roots.validate(own, bob.now).is_ok());
    assert_eq!(
        bob.unseals(&sealed, &mut roots).err(),
        Some(InvalidSenderCertificate.into())
    );
}

#[test]
fn a_recipient_key_of_small_order_seals_nothing() {
    let mut alice = Person::new(1);
    let certificate = Server::new(1, 0xA0).certifies(&alice);
    let content = Content::new(&report(&alice).into(), certificate, ContentHint::Implicit, None);
    let zero = sotto_protocol::curve::IdentityKey::new(PublicKey::from_u([0; 32]));
    let identity = &alice.local.identity;
    assert!(matches!(
        content.seal_v1(identity, &zero, &mut alice.rng),
        Err(SealError::InvalidAgreement(_))
    ));
    assert!(matches!(
        content.seal_v2(identity, &zero, &mut alice.rng),
        Err(SealError::InvalidAgreement(_))
    ));
}

#[test]
fn bob_reports_what_did_not_decrypt_and_alice_finds_the_session() {
    let (mut alice, mut bob) = introduced();
    let mut server = Server::new(1, 0xA0);
    let mut roots = server.roots();
    let broken = ContentMessage::from(alice.writes(&bob, b"lost on Bob"));
    let report = DecryptionError::for_message(&broken, alice.now, 1).unwrap();
    let certificate = server.certifies(&bob);
    let sealed = bob.seals_message(
        SealVersion::One,
        &alice,
        &PlaintextContent::from(&report).into(),
        &certificate,
    );

    let content = alice.unseals(&sealed, &mut roots).unwrap();
    let ContentMessage::Plaintext(plaintext) = content.message().unwrap() else {
        panic!("not a plaintext content");
    };
    let heard = plaintext.decryption_error().unwrap();
    assert_eq!(heard, report);
    let record = &alice.store.peers[content.sender()].record;
    assert!(record.is_current_ratchet_key(&heard.ratchet_key.unwrap()));
    let first = CiphertextMessage::from_bytes(broken.kind().type_number(), broken.as_bytes()).unwrap();
    bob.reads(&alice, &first).unwrap();
    let answer = bob.writes(&alice, b"found it");
    alice.reads(&bob, &answer).unwrap();
    // Alice has made a ratchet step since.
    let record = &alice.store.peers[&bob.local.address].record;
    assert!(!record.is_current_ratchet_key(&heard.ratchet_key.unwrap()));
    assert_eq!(
        DecryptionError::for_message(&ContentMessage::Plaintext(plaintext), alice.now, 1),
        None
    );
}

/// Bob with two devices, Carol with one, Dave with two; Eve is excluded.
struct Many {
    alice: Person,
    devices: Vec<Person>,
    recipients: Vec<Recipient>,
    excluded: ServiceId,
}

fn service_id(person: &Person) -> ServiceId {
    person.local.address.service_id().unwrap()
}

fn many() -> Many {
    let (bob, carol, dave, eve) = (Person::new(2), Person::new(3), Person::new(4), Person::new(5));
    let (bobs_tablet, daves_laptop) = (another_device(&bob, 2, 12), another_device(&dave, 7, 14));
    let mut alice = Person::new(1);
    let mut devices = vec![bob, bobs_tablet, carol, dave, daves_laptop];
    let key = alice.makes_sender_key();
    for device in &mut devices {
        alice.tells_sender_key(device, &key);
    }
    let recipient = |devices: &[Person]| {
        let registered = devices.iter().map(|device| RecipientDevice {
            device: device.local.address.device(),
            registration_id: alice.store.peers[&device.local.address]
                .record
                .remote_registration_id()
                .unwrap(),
        });
        let first = &devices[0];
        Recipient::new(service_id(first), first.local.identity.identity_key(), registered).unwrap()
    };
    let recipients = vec![
        recipient(&devices[..2]),
        recipient(&devices[2..3]),
        recipient(&devices[3..]),
    ];
    Many {
        recipients,
        excluded: service_id(&eve),
        alice,
        devices,
    }
}

#[test]
fn alice_seals_once_and_every_device_of_three_people_reads_it() {
    let mut many = many();
    let mut server = Server::new(1, 0xA0);
    let mut roots = server.roots();
    let message = many.alice.writes_to_group(b"hello, all").into();
    let certificate = server.certifies(&many.alice);
    let content = Content::new(
        &message,
        certificate,
        ContentHint::Resendable,
        Some(b"the group".to_vec()),
    );
    let identity = &many.alice.local.identity;
    let sent = content
        .seal_v2_for_many(identity, &many.recipients, &[many.excluded], &mut many.alice.rng)
        .unwrap()
        .to_bytes();

    // The server takes it apart.
    let sent = MultiRecipientMessage::from_bytes(&sent).unwrap();
    let named: Vec<_> = sent
        .recipients()
        .iter()
        .map(|entry| entry.devices().len())
        .collect();
    assert_eq!(named, [2, 1, 2, 0]);
    assert_eq!(sent.recipients()[3].service_id(), many.excluded);
    assert!(sent.received_by(many.excluded).is_none());
    assert!(sent.received_by(service_id(&many.alice)).is_none());

    for device in &mut many.devices {
        let listed = sent.recipients().iter().any(|entry| {
            entry.service_id() == service_id(device)
                && entry.devices().contains(&RecipientDevice {
                    device: device.local.address.device(),
                    registration_id: device.local.registration_id,
                })
        });
        assert!(listed);
        let received = sent.received_by(service_id(device)).unwrap();
        let content = device.unseals(&received, &mut roots).unwrap();
        assert_eq!(content.sender(), &many.alice.local.address);
        assert_eq!(content.hint(), ContentHint::Resendable);
        assert_eq!(content.group(), Some(&b"the group"[..]));
        let ContentMessage::SenderKey(message) = content.message().unwrap() else {
            panic!("not a group message");
        };
        assert_eq!(
            device.reads_in_group(&many.alice, &message).unwrap(),
            b"hello, all"
        );
    }
    // Carol's part opens with Carol's key only.
    let of_carol = sent.received_by(service_id(&many.devices[2])).unwrap();
    let of_carol = SealedMessage::from_bytes(&of_carol).unwrap();
    assert_eq!(
        of_carol.open(&many.devices[0].local.identity).err(),
        Some(OpenError::Seal)
    );
}

#[test]
fn a_recipient_has_devices_with_registration_ids_that_fit() {
    let bob = Person::new(2);
    let recipient = |ids: &[u32]| {
        let devices = ids.iter().map(|&id| RecipientDevice {
            device: DeviceId::PRIMARY,
            registration_id: RegistrationId(id),
        });
        Recipient::new(service_id(&bob), bob.local.identity.identity_key(), devices).err()
    };
    assert_eq!(recipient(&[0x3FFF]), None);
    assert_eq!(
        recipient(&[1, 0x4000]),
        Some(RecipientError::RegistrationId { found: 0x4000 })
    );
    assert_eq!(recipient(&[]), Some(RecipientError::NoDevices));
}

#[test]
fn the_server_reads_what_others_write() {
    let (a, b) = ([0xAA; 16], [0xBB; 16]);
    let wrapped_and_tag = [0x55; 48];
    let rest = [0x77; 32 + 20];
    let entry = |id: [u8; 16], devices: &[u8]| [&[0], &id[..], devices, &wrapped_and_tag].concat();
    let excluded = |id: [u8; 16]| [&[0], &id[..], &[0]].concat();
    let sent = |entries: &[Vec<u8>]| {
        let count = u8::try_from(entries.len()).unwrap();
        [&[0x23, count], &*entries.concat(), &rest].concat()
    };
    let parse = |entries: &[Vec<u8>]| MultiRecipientMessage::from_bytes(&sent(entries));
    let devices = |message: &MultiRecipientMessage, place: usize| {
        let devices = message.recipients()[place].devices().iter();
        devices
            .map(|device| (device.device.get(), device.registration_id.0))
            .collect::<Vec<_>>()
    };

    let message = parse(&[entry(a, &[1, 0x81, 0x02, 127, 0x3F, 0xFF]), excluded(b)]).unwrap();
    assert_eq!(devices(&message, 0), [(1, 0x102), (127, 0x3FFF)]);
    assert_eq!(message.recipients().len(), 2);

    // Bit 14 is not used, and entries of one account are put together.
    let message = parse(&[
        entry(a, &[1, 0x40, 9]),
        entry(b, &[1, 0, 8]),
        entry(a, &[2, 0, 7]),
    ])
    .unwrap();
    assert_eq!(devices(&message, 0), [(1, 9), (2, 7)]);
    assert_eq!(devices(&message, 1), [(1, 8)]);
    assert_eq!(message.recipients().len(), 2);

    let older = [&[0x22, 1], &a[..], &[1, 0, 9], &wrapped_and_tag, &rest].concat();
    let older = MultiRecipientMessage::from_bytes(&older).unwrap();
    assert_eq!(older.recipients()[0].service_id().to_fixed_width()[1..], a);
    let received = older.received_by(older.recipients()[0].service_id()).unwrap();
    assert_eq!(received, [&[0x22], &wrapped_and_tag[..], &rest].concat());

    let refused = |entries: &[Vec<u8>]| parse(entries).err();
    let contradiction = Some(MalformedMultiRecipient::Contradiction);
    assert_eq!(refused(&[entry(a, &[1, 0, 9]), excluded(a)]), contradiction);
    assert_eq!(refused(&[excluded(a), entry(a, &[1, 0, 9])]), contradiction);
    assert_eq!(
        refused(&[entry(a, &[1, 0x80, 9, 0, 0, 0])]),
        Some(MalformedMultiRecipient::Device { found: 0 })
    );
    assert_eq!(
        refused(&[entry(a, &[128, 0, 9])]),
        Some(MalformedMultiRecipient::Device { found: 128 })
    );
    let mut strange = entry(a, &[1, 0, 9]);
    strange[0] = 2;
    assert_eq!(refused(&[strange]), Some(MalformedMultiRecipient::ServiceId));
    let bytes = |bytes: &[u8]| MultiRecipientMessage::from_bytes(bytes).err();
    assert_eq!(bytes(&[]), Some(MalformedMultiRecipient::Truncated));
    assert_eq!(bytes(&[0x23]), Some(MalformedMultiRecipient::Count));
    assert_eq!(
        bytes(&[0x24, 0]),
        Some(MalformedMultiRecipient::UnknownVersion { found: 0x24 })
    );
    // So many recipients that nobody has room for them are not believed before they are there.
    assert_eq!(
        bytes(&[0x23, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 1]),
        Some(MalformedMultiRecipient::Truncated)
    );
    assert_eq!(
        bytes(&[0x23, 0xFF, 0xFF, 0xFF, 0xFF, 0x1F]),
        Some(MalformedMultiRecipient::Count)
    );
    let short = sent(&[entry(a, &[1, 0, 9])]);
    let short = &short[..short.len() - rest.len()];
    assert_eq!(
        bytes(&[short, &rest[..31]].concat()),
        Some(MalformedMultiRecipient::Truncated)
    );
    assert_eq!(bytes(&[short, &rest[..32]].concat()), None);
}

#[test]
fn a_number_of_recipients_that_is_written_at_length_is_read_as_if_it_were_not() {
    let mut many = many();
    let mut server = Server::new(1, 0xA0);
    let message = many.alice.writes_to_group(b"hello, all").into();
    let content = Content::new(
        &message,
        server.certifies(&many.alice),
        ContentHint::Default,
        None,
    );
    let identity = &many.alice.local.identity;
    let mut sent = content
        .seal_v2_for_many(identity, &many.recipients[..1], &[], &mut many.alice.rng)
        .unwrap()
        .to_bytes();
    let whom = |bytes: &[u8]| {
        let message = MultiRecipientMessage::from_bytes(bytes)?;
        Ok(message
            .recipients()
            .iter()
            .map(|entry| entry.service_id())
            .collect())
    };
    let account = service_id(&many.devices[0]);
    assert_eq!(whom(&sent), Ok::<Vec<_>, MalformedMultiRecipient>(vec![account]));

    // An account's service id begins with a 0, which makes 0x81 the beginning of a 1.
    assert_eq!(sent[..3], [0x23, 1, 0]);
    sent[1] = 0x81;
    assert_eq!(whom(&sent), Ok(vec![account]));
    // Of three bytes that mean 1 the second is the beginning of a service id, of no known kind.
    sent.insert(2, 0x80);
    assert_eq!(whom(&sent), Err(MalformedMultiRecipient::ServiceId));
    // A number that ends nowhere is none.
    assert_eq!(whom(&[0x23, 0x81]), Err(MalformedMultiRecipient::Count));
}
