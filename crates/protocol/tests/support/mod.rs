//! Alice and Bob: a party, what it keeps, and what it does.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests stop at the first surprise, and each file uses its own part"
)]

pub(crate) mod group;
pub(crate) mod sealed;

use std::convert::Infallible;

use rand::SeedableRng;
use rand::rngs::StdRng;
use sotto_protocol::address::{DeviceId, ProtocolAddress};
use sotto_protocol::curve::IdentityKeyPair;
use sotto_protocol::memory::{MemoryPeer, MemoryStore};
use sotto_protocol::message::CiphertextMessage;
use sotto_protocol::prekey::{
    KyberPreKey, KyberPreKeyId, KyberUse, OneTimePreKey, OneTimePreKeyId, PreKeyBundle, RegistrationId,
    SignedPreKey, SignedPreKeyId, Timestamp,
};
use sotto_protocol::session::{
    DecryptError, Decrypted, EncryptError, Encrypted, LocalParty, PreKeyDecryptError, ProcessBundleError,
    Session,
};
use sotto_protocol::trust::TrustOnFirstUse;

pub(crate) struct Person {
    pub(crate) local: LocalParty,
    pub(crate) store: MemoryStore,
    pub(crate) rng: StdRng,
    pub(crate) now: Timestamp,
    pub(crate) receives_from_changed: bool,
    last_prekey: u32,
}

#[derive(Debug)]
pub(crate) enum Failure {
    Plain(DecryptError<Infallible>),
    PreKey(PreKeyDecryptError<Infallible>),
}

/// Alice and Bob, Alice with a session made from Bob's bundle.
pub(crate) fn introduced() -> (Person, Person) {
    let (mut alice, mut bob) = (Person::new(1), Person::new(2));
    bob.makes_prekeys(KyberUse::OneTime, true);
    alice.meets(&mut bob);
    (alice, bob)
}

impl Person {
    pub(crate) fn new(seed: u8) -> Self {
        let mut rng = StdRng::from_seed([seed; 32]);
        let local = LocalParty {
            identity: IdentityKeyPair::generate(&mut rng),
            address: ProtocolAddress::of_account(uuid::Uuid::from_bytes([seed; 16]), DeviceId::PRIMARY),
            registration_id: RegistrationId(u32::from(seed)),
        };
        Self {
            local,
            store: MemoryStore::default(),
            rng,
            now: Timestamp(1_800_000_000_000),
            receives_from_changed: false,
            last_prekey: 0,
        }
    }

    pub(crate) fn makes_prekeys(&mut self, usage: KyberUse, one_time: bool) {
        self.last_prekey += 1;
        let id = self.last_prekey;
        let signed =
            SignedPreKey::generate(SignedPreKeyId(id), &self.local.identity, self.now, &mut self.rng);
        let kyber = KyberPreKey::generate(
            KyberPreKeyId(id),
            usage,
            &self.local.identity,
            self.now,
            &mut self.rng,
        );
        self.store.prekeys.signed.insert(signed.id, signed);
        self.store.prekeys.kyber.insert(kyber.id, kyber);
        if one_time {
            let one_time = OneTimePreKey::generate(OneTimePreKeyId(id), &mut self.rng);
            self.store.prekeys.one_time.insert(one_time.id, one_time);
        }
    }

    pub(crate) fn bundle(&self) -> PreKeyBundle {
        let prekeys = &self.store.prekeys;
        PreKeyBundle {
            registration_id: self.local.registration_id,
            device: self.local.address.device(),
            identity: self.local.identity.identity_key(),
            one_time: prekeys
                .one_time
                .get(&OneTimePreKeyId(self.last_prekey))
                .map(OneTimePreKey::public),
            signed: prekeys.signed[&SignedPreKeyId(self.last_prekey)].public(),
            kyber: prekeys.kyber[&KyberPreKeyId(self.last_prekey)].public(),
        }
    }

    pub(crate) fn meets(&mut self, other: &mut Self) {
        if other.last_prekey == 0 {
            other.makes_prekeys(KyberUse::OneTime, true);
        }
        let bundle = other.bundle();
        self.processes(other, &bundle).unwrap();
    }

    pub(crate) fn processes(
        &mut self,
        other: &Self,
        bundle: &PreKeyBundle,
    ) -> Result<(), ProcessBundleError> {
        let changes = self.session(other, |session, rng, now, _| {
            session.process_bundle(bundle, now, rng)
        })?;
        self.store.apply(&other.local.address, &changes);
        Ok(())
    }

    pub(crate) fn writes(&mut self, to: &Self, plaintext: &[u8]) -> CiphertextMessage {
        self.tries_to_write(to, plaintext).unwrap()
    }

    pub(crate) fn tries_to_write(
        &mut self,
        to: &Self,
        plaintext: &[u8],
    ) -> Result<CiphertextMessage, EncryptError> {
        let encrypted = self.encrypts(to, plaintext)?;
        self.store.apply(&to.local.address, &encrypted.changes);
        CiphertextMessage::from_bytes(encrypted.message.type_number(), encrypted.message.as_bytes())
            .map_err(|_| unreachable!("what we write can be read"))
    }

    /// Writes without storing anything.
    pub(crate) fn encrypts(&mut self, to: &Self, plaintext: &[u8]) -> Result<Encrypted, EncryptError> {
        self.session(to, |session, rng, now, _| session.encrypt(plaintext, now, rng))
    }

    pub(crate) fn reads(&mut self, from: &Self, message: &CiphertextMessage) -> Result<Vec<u8>, Failure> {
        let decrypted = self.decrypts(from, message)?;
        self.store.apply(&from.local.address, &decrypted.changes);
        Ok(decrypted.plaintext.to_vec())
    }

    /// Reads without storing anything.
    pub(crate) fn decrypts(
        &mut self,
        from: &Self,
        message: &CiphertextMessage,
    ) -> Result<Decrypted, Failure> {
        self.session(from, |session, rng, _, store| {
            let nothing = MemoryPeer::default();
            let peer = store.peers.get(session.remote).unwrap_or(&nothing);
            match message {
                CiphertextMessage::Signal(message) => session
                    .decrypt(message, &peer.skipped, rng)
                    .map_err(Failure::Plain),
                CiphertextMessage::PreKeySignal(message) => session
                    .decrypt_prekey(message, &peer.skipped, &store.prekeys, rng)
                    .map_err(Failure::PreKey),
            }
        })
    }

    fn session<R>(
        &mut self,
        other: &Self,
        operation: impl FnOnce(&Session<'_>, &mut StdRng, Timestamp, &MemoryStore) -> R,
    ) -> R {
        let nothing = MemoryPeer::default();
        let peer = self.store.peers.get(&other.local.address).unwrap_or(&nothing);
        let trust = TrustOnFirstUse {
            known: peer.identity,
            receive_from_changed: self.receives_from_changed,
        };
        let session = Session {
            local: &self.local,
            remote: &other.local.address,
            record: &peer.record,
            trust: &trust,
        };
        operation(&session, &mut self.rng, self.now, &self.store)
    }

    pub(crate) fn forgets(&mut self, other: &Self) {
        self.store.peers.remove(&other.local.address);
    }

    pub(crate) fn skipped_keys_of(&self, other: &Self) -> usize {
        self.store.peers[&other.local.address].skipped.seeds()
    }

    pub(crate) fn skipped_post_quantum_keys_of(&self, other: &Self) -> usize {
        self.store.peers[&other.local.address].skipped.post_quantum_keys()
    }

    pub(crate) fn states_with(&self, other: &Self) -> usize {
        self.store.peers[&other.local.address].record.rows().count()
    }

    /// Everything that is stored about sessions and prekeys.
    pub(crate) fn stored_bytes(&self) -> Vec<Vec<u8>> {
        let peers = self.store.peers.values().flat_map(|peer| {
            let rows = peer.record.rows().map(|row| row.state.to_bytes().to_vec());
            let identity = peer.identity.iter().map(|identity| identity.to_bytes().to_vec());
            let counts = [peer.skipped.len().to_be_bytes().to_vec()];
            rows.chain(identity).chain(counts).collect::<Vec<_>>()
        });
        let one_time = self
            .store
            .prekeys
            .one_time
            .values()
            .map(|key| key.to_bytes().to_vec());
        let kyber = self
            .store
            .prekeys
            .kyber
            .values()
            .map(|key| key.to_bytes().to_vec());
        let mut all: Vec<_> = peers.chain(one_time).chain(kyber).collect();
        all.sort();
        all
    }
}
