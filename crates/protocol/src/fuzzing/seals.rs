//! What is read of sealed messages: the seal, the content inside, certificates.

use std::sync::LazyLock;

use crate::curve::{IdentityKeyPair, KeyPair};
use crate::fuzzing::noise::Noise;
use crate::prekey::Timestamp;
use crate::sealed_sender::{
    Content, DecryptionError, MultiRecipientMessage, OpenError, PlaintextContent, SealedMessage,
    SenderCertificate, ServerCertificate, TrustRoots,
};

/// Somebody for whom nobody seals anything here.
static RECIPIENT: LazyLock<IdentityKeyPair> = LazyLock::new(|| IdentityKeyPair::generate(&mut Noise::new(8)));

/// A sealed message of either version, for one recipient: it may be parsed, but it does not open.
pub fn sealed_message(bytes: &[u8]) {
    if let Ok(sealed) = SealedMessage::from_bytes(bytes) {
        assert!(matches!(sealed.open(&RECIPIENT), Err(OpenError::Seal)));
    }
}

/// What was inside a seal, and the message in that.
pub fn sealed_content(bytes: &[u8]) {
    let Ok(content) = Content::from_bytes(bytes) else {
        return;
    };
    let _ = content.message();
    let written = content.to_bytes();
    let again = Content::from_bytes(&written).expect("our own form");
    assert_eq!(again.to_bytes(), written);
    assert_eq!(again.message_bytes(), content.message_bytes());
}

/// A message for many, as the server takes it apart.
pub fn multi_recipient_message(bytes: &[u8]) {
    let Ok(message) = MultiRecipientMessage::from_bytes(bytes) else {
        return;
    };
    let written = message.to_bytes();
    let again = MultiRecipientMessage::from_bytes(&written).expect("our own form");
    assert_eq!(again.to_bytes(), written);
    for recipient in message.recipients() {
        if let Some(received) = message.received_by(recipient.service_id()) {
            sealed_message(&received);
        }
    }
}

/// The certificates of senders and of servers: nobody signs one by chance.
pub fn certificates(bytes: &[u8]) {
    static ROOT: LazyLock<KeyPair> = LazyLock::new(|| KeyPair::generate(&mut Noise::new(5)));
    let server = ServerCertificate::from_bytes(bytes);
    if let Ok(server) = &server {
        assert_eq!(server.as_bytes(), bytes);
    }
    if let Ok(sender) = SenderCertificate::from_bytes(bytes) {
        assert_eq!(sender.as_bytes(), bytes);
        let mut roots = TrustRoots::new([*ROOT.public()]);
        if let Ok(server) = server {
            roots = roots.with_known_server(server);
        }
        assert!(roots.validate(sender, Timestamp(0)).is_err());
    }
}

/// A content that no session encrypts, and the report in it.
pub fn decryption_error(bytes: &[u8]) {
    if let Ok(plaintext) = PlaintextContent::from_bytes(bytes) {
        assert_eq!(plaintext.as_bytes(), bytes);
        let _ = plaintext.decryption_error();
    }
    if let Ok(report) = DecryptionError::from_bytes(bytes) {
        assert_eq!(DecryptionError::from_bytes(&report.to_bytes()), Ok(report));
        assert_eq!(PlaintextContent::from(&report).decryption_error(), Ok(report));
    }
}
