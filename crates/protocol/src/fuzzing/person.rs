//! Alice or Bob: a party and all it keeps.

use std::convert::Infallible;
use std::sync::Arc;

use crate::address::{DeviceId, ProtocolAddress};
use crate::curve::IdentityKeyPair;
use crate::fuzzing::noise::Noise;
use crate::memory::{MemoryPeer, MemoryStore};
use crate::message::CiphertextMessage;
use crate::prekey::{
    KyberPreKey, KyberPreKeyId, KyberUse, OneTimePreKey, OneTimePreKeyId, PreKeyBundle, RegistrationId,
    SignedPreKey, SignedPreKeyId, Timestamp,
};
use crate::session::{
    DecryptError, Decrypted, Encrypted, LocalParty, PreKeyDecryptError, ProcessBundleError, Session,
    SessionChanges, SessionRecord, SessionState, StateRow,
};
use crate::trust::TrustOnFirstUse;

pub(super) struct Person {
    pub(super) local: LocalParty,
    pub(super) store: MemoryStore,
    pub(super) noise: Noise,
    last_prekey: u32,
}

/// Why a message was not read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NotRead {
    Plain(DecryptError<Infallible>),
    PreKey(PreKeyDecryptError<Infallible>),
}

impl Person {
    pub(super) fn new(seed: u8) -> Self {
        let mut noise = Noise::new(seed);
        let local = LocalParty {
            identity: IdentityKeyPair::generate(&mut noise),
            address: ProtocolAddress::of_account(uuid::Uuid::from_bytes([seed; 16]), DeviceId::PRIMARY),
            registration_id: RegistrationId(u32::from(seed)),
        };
        Self {
            local,
            store: MemoryStore::default(),
            noise,
            last_prekey: 0,
        }
    }

    pub(super) fn address(&self) -> ProtocolAddress {
        self.local.address.clone()
    }

    /// A bundle of fresh prekeys.
    pub(super) fn publishes(&mut self, usage: KyberUse, with_one_time: bool, now: Timestamp) -> PreKeyBundle {
        self.last_prekey += 1;
        let id = self.last_prekey;
        let identity = &self.local.identity;
        let one_time = OneTimePreKey::generate(OneTimePreKeyId(id), &mut self.noise);
        let signed = SignedPreKey::generate(SignedPreKeyId(id), identity, now, &mut self.noise);
        let kyber = KyberPreKey::generate(KyberPreKeyId(id), usage, identity, now, &mut self.noise);
        let bundle = PreKeyBundle {
            registration_id: self.local.registration_id,
            device: self.local.address.device(),
            identity: identity.identity_key(),
            one_time: with_one_time.then(|| one_time.public()),
            signed: signed.public(),
            kyber: kyber.public(),
        };
        if with_one_time {
            self.store.prekeys.one_time.insert(one_time.id, one_time);
        }
        self.store.prekeys.signed.insert(signed.id, signed);
        self.store.prekeys.kyber.insert(kyber.id, kyber);
        bundle
    }

    pub(super) fn meets(
        &mut self,
        peer: &ProtocolAddress,
        bundle: &PreKeyBundle,
        now: Timestamp,
    ) -> Result<(), ProcessBundleError> {
        let changes = self.with_session(peer, |session, _, noise| {
            session.process_bundle(bundle, now, noise)
        })?;
        self.keeps(peer, &changes);
        Ok(())
    }

    pub(super) fn writes(&mut self, peer: &ProtocolAddress, plaintext: &[u8], now: Timestamp) -> Encrypted {
        let encrypted = self
            .with_session(peer, |session, _, noise| session.encrypt(plaintext, now, noise))
            .expect("a session to send in");
        self.keeps(peer, &encrypted.changes);
        encrypted
    }

    pub(super) fn reads(
        &mut self,
        peer: &ProtocolAddress,
        message: &CiphertextMessage,
    ) -> Result<Decrypted, NotRead> {
        let decrypted = self.with_session(peer, |session, store, noise| {
            let nothing = MemoryPeer::default();
            let skipped = &store.peers.get(peer).unwrap_or(&nothing).skipped;
            match message {
                CiphertextMessage::Signal(message) => {
                    session.decrypt(message, skipped, noise).map_err(NotRead::Plain)
                }
                CiphertextMessage::PreKeySignal(message) => session
                    .decrypt_prekey(message, skipped, &store.prekeys, noise)
                    .map_err(NotRead::PreKey),
            }
        })?;
        self.keeps(peer, &decrypted.changes);
        Ok(decrypted)
    }

    pub(super) fn archives(&mut self, peer: &ProtocolAddress) {
        if let Some(changes) = self.record(peer).archive_current() {
            self.keeps(peer, &changes);
        }
    }

    /// Writes all states and prekeys and reads them back.
    pub(super) fn restarts(&mut self) {
        for peer in self.store.peers.values_mut() {
            let rows = peer.record.rows().map(|row| StateRow {
                place: row.place,
                state: Arc::new(SessionState::from_bytes(&row.state.to_bytes()).expect("our own form")),
            });
            peer.record = SessionRecord::from_rows(rows.collect::<Vec<_>>()).expect("our own rows");
        }
        let prekeys = &mut self.store.prekeys;
        for key in prekeys.one_time.values_mut() {
            *key = OneTimePreKey::from_bytes(&key.to_bytes()).expect("our own form");
        }
        for key in prekeys.signed.values_mut() {
            *key = SignedPreKey::from_bytes(&key.to_bytes()).expect("our own form");
        }
        for key in prekeys.kyber.values_mut() {
            *key = KyberPreKey::from_bytes(&key.to_bytes()).expect("our own form");
        }
    }

    pub(super) fn record(&self, peer: &ProtocolAddress) -> SessionRecord {
        let known = self.store.peers.get(peer);
        known.map(|known| known.record.clone()).unwrap_or_default()
    }

    fn keeps(&mut self, peer: &ProtocolAddress, changes: &SessionChanges) {
        self.store.apply(peer, changes);
    }

    fn with_session<R>(
        &mut self,
        peer: &ProtocolAddress,
        operation: impl FnOnce(&Session<'_>, &MemoryStore, &mut Noise) -> R,
    ) -> R {
        let nothing = MemoryPeer::default();
        let known = self.store.peers.get(peer).unwrap_or(&nothing);
        let session = Session {
            local: &self.local,
            remote: peer,
            record: &known.record,
            trust: &TrustOnFirstUse {
                known: known.identity,
                receive_from_changed: false,
            },
        };
        operation(&session, &self.store, &mut self.noise)
    }
}
