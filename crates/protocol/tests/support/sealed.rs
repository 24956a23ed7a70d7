//! A server that certifies people, and what they do with sealed messages.

use rand::SeedableRng;
use rand::rngs::StdRng;
use sotto_protocol::address::{DeviceId, ProtocolAddress};
use sotto_protocol::curve::KeyPair;
use sotto_protocol::memory::MemoryPeer;
use sotto_protocol::message::CiphertextMessage;
use sotto_protocol::prekey::Timestamp;
use sotto_protocol::sealed_sender::{
    Content, ContentHint, ContentMessage, Ourselves, SealedMessage, SenderCertificate, SenderClaims,
    ServerCertificate, Signer, TrustRoots, ValidateError, ValidatedContent,
};
use sotto_protocol::trust::TrustOnFirstUse;

use super::Person;

/// A day after the time in which the stories play.
pub(crate) const TOMORROW: Timestamp = Timestamp(1_800_086_400_000);

/// The owner of a trust root and of the server it certifies.
pub(crate) struct Server {
    pub(crate) root: KeyPair,
    pub(crate) key: KeyPair,
    pub(crate) certificate: ServerCertificate,
    rng: StdRng,
}

impl Server {
    pub(crate) fn new(id: u32, seed: u8) -> Self {
        let mut rng = StdRng::from_seed([seed; 32]);
        let (root, key) = (KeyPair::generate(&mut rng), KeyPair::generate(&mut rng));
        Self {
            certificate: ServerCertificate::issue(id, key.public(), root.private(), &mut rng),
            root,
            key,
            rng,
        }
    }

    pub(crate) fn roots(&self) -> TrustRoots {
        TrustRoots::new([*self.root.public()])
    }

    pub(crate) fn certifies(&mut self, person: &Person) -> SenderCertificate {
        self.certifies_as(claims_of(person), Signer::Whole(self.certificate.clone()))
    }

    pub(crate) fn certifies_as(&mut self, claims: SenderClaims, signer: Signer) -> SenderCertificate {
        let issued = SenderCertificate::issue(claims, signer, self.key.private(), &mut self.rng);
        SenderCertificate::from_bytes(issued.as_bytes()).unwrap()
    }
}

/// What is true about a person.
pub(crate) fn claims_of(person: &Person) -> SenderClaims {
    SenderClaims {
        sender: person.local.address.clone(),
        phone_number: None,
        identity: person.local.identity.identity_key(),
        expires: TOMORROW,
    }
}

/// Another device of somebody: it has the account's identity, and nothing else of the first one's.
pub(crate) fn another_device(of: &Person, device: u32, seed: u8) -> Person {
    let mut other = Person::new(seed);
    other.local.identity = of.local.identity.clone();
    other.local.address = ProtocolAddress::new(of.local.address.name(), DeviceId::new(device).unwrap());
    other
}

/// Which of the two sealed forms.
#[derive(Clone, Copy)]
pub(crate) enum SealVersion {
    One,
    Two,
}

impl Person {
    /// Encrypts in the pairwise session and seals.
    pub(crate) fn seals(
        &mut self,
        version: SealVersion,
        to: &Self,
        plaintext: &[u8],
        certificate: &SenderCertificate,
    ) -> Vec<u8> {
        let message = self.writes(to, plaintext);
        self.seals_message(version, to, &message.into(), certificate)
    }

    pub(crate) fn seals_message(
        &mut self,
        version: SealVersion,
        to: &Self,
        message: &ContentMessage,
        certificate: &SenderCertificate,
    ) -> Vec<u8> {
        let content = Content::new(message, certificate.clone(), ContentHint::Default, None);
        let recipient = to.local.identity.identity_key();
        let identity = &self.local.identity;
        match version {
            SealVersion::One => content.seal_v1(identity, &recipient, &mut self.rng),
            SealVersion::Two => content.seal_v2(identity, &recipient, &mut self.rng),
        }
        .unwrap()
    }

    /// Opens and validates.
    pub(crate) fn unseals(
        &self,
        sealed: &[u8],
        roots: &mut TrustRoots,
    ) -> Result<ValidatedContent, ValidateError> {
        let opened = SealedMessage::from_bytes(sealed)
            .unwrap()
            .open(&self.local.identity)
            .unwrap();
        let ourselves = Ourselves {
            address: &self.local.address,
            phone_number: None,
        };
        opened.validate(roots, self.now, ourselves)
    }

    /// Opens, validates, and decrypts the pairwise message inside.
    pub(crate) fn reads_sealed(&mut self, sealed: &[u8], roots: &mut TrustRoots) -> Vec<u8> {
        let content = self.unseals(sealed, roots).unwrap();
        let ContentMessage::Pairwise(message) = content.message().unwrap() else {
            unreachable!("not a pairwise message");
        };
        let nothing = MemoryPeer::default();
        let peer = self.store.peers.get(content.sender()).unwrap_or(&nothing);
        let trust = TrustOnFirstUse {
            known: peer.identity,
            receive_from_changed: false,
        };
        let session = content.session(&self.local, &peer.record, &trust);
        let decrypted = match &message {
            CiphertextMessage::Signal(message) => {
                session.decrypt(message, &peer.skipped, &mut self.rng).unwrap()
            }
            CiphertextMessage::PreKeySignal(message) => session
                .decrypt_prekey(message, &peer.skipped, &self.store.prekeys, &mut self.rng)
                .unwrap(),
        };
        self.store.apply(content.sender(), &decrypted.changes);
        decrypted.plaintext.to_vec()
    }
}
