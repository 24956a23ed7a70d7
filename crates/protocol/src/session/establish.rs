//! Starting a session: from a bundle as Alice, from a prekey message as Bob (spec sections 7, 8 and 15).

use std::sync::Arc;

use rand_core::CryptoRng;

use crate::curve::{IdentityKey, KeyPair};
use crate::kem;
use crate::message::PreKeySignalMessage;
use crate::pqxdh::{Initiator, Responder};
use crate::prekey::{PreKeyBundle, Timestamp};
use crate::session::state::{PendingPreKey, ReceivingChain, SendingChain};
use crate::session::{
    InvalidMessage, MissingPreKey, PreKeyDecryptError, PreKeys, PreKeysUsed, ProcessBundleError, Session,
    SessionChanges, SessionState,
};
use crate::spqr::{AuthenticationKey, JumpLimit, PostQuantumRatchet, Role};
use crate::trust::Direction;
use crate::xeddsa::Verifier;

impl Session<'_> {
    /// Starts a session from a bundle that the relay handed out (spec sections 7 and 8). It becomes the current one.
    ///
    /// Draws 32 bytes three times: base key, encapsulation, ratchet key.
    pub fn process_bundle(
        &self,
        bundle: &PreKeyBundle,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<SessionChanges, ProcessBundleError> {
        self.require_trust(&bundle.identity, Direction::Sending)?;
        let owner = Verifier::new(*bundle.identity.public_key());
        let verified = (
            bundle.signed.verify_with(&owner),
            bundle.kyber.verify_with(&owner),
        );
        verified
            .0
            .map_err(|_| ProcessBundleError::SignedPreKeySignature)?;
        verified.1.map_err(|_| ProcessBundleError::KyberPreKeySignature)?;
        let state = self.initial_state(bundle, now, rng)?;
        Ok(SessionChanges::of_rows(
            bundle.identity,
            self.record.promoting(state),
        ))
    }

    /// Alice's first state, from a bundle whose signatures have verified.
    fn initial_state(
        &self,
        bundle: &PreKeyBundle,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<SessionState, ProcessBundleError> {
        let base = KeyPair::generate(rng);
        let (kyber_ciphertext, kem_secret) = bundle.kyber.key.encapsulate(rng);
        let ratchet = KeyPair::generate(rng);
        let keys = Initiator {
            identity: &self.local.identity,
            base: &base,
            their_identity: &bundle.identity,
            their_signed: &bundle.signed.key,
            their_one_time: bundle.one_time.as_ref().map(|one_time| &one_time.key),
        }
        .agree()?
        .with(&kem_secret)
        .keys();

        let (root_key, chain_key) = keys.root_key.step(ratchet.private(), &bundle.signed.key)?;
        Ok(SessionState {
            local_identity: self.local.identity.identity_key(),
            remote_identity: bundle.identity,
            local_registration: self.local.registration_id,
            remote_registration: bundle.registration_id,
            base_key: *base.public(),
            root_key,
            root_step: 1,
            sending: SendingChain { ratchet, chain_key },
            // Bob's signed prekey plays the part of his first ratchet key.
            receiving: vec![ReceivingChain {
                ratchet_key: bundle.signed.key,
                chain_key: keys.chain_key,
                held: 0,
            }],
            previous_counter: 0,
            post_quantum: self.post_quantum(Role::Initiator, &bundle.identity, &keys.authentication_key),
            pending: Some(Arc::new(PendingPreKey {
                one_time: bundle.one_time.map(|one_time| one_time.id),
                signed: bundle.signed.id,
                kyber: bundle.kyber.id,
                kyber_ciphertext,
                created: now.0 / 1000,
            })),
        })
    }

    /// Bob's first state, from a prekey message whose session is not there yet, and the prekeys that made it.
    pub(super) fn accepted_state<P: PreKeys>(
        &self,
        message: &PreKeySignalMessage,
        prekeys: &P,
    ) -> Result<(SessionState, PreKeysUsed), PreKeyDecryptError<P::Error>> {
        let payload = message.kyber().ok_or(InvalidMessage::WithoutKyber)?;
        let signed = prekeys
            .signed(message.signed())
            .map_err(PreKeyDecryptError::Store)?;
        let signed = signed.ok_or(MissingPreKey::Signed(message.signed()))?;
        let kyber = prekeys.kyber(payload.id).map_err(PreKeyDecryptError::Store)?;
        let kyber = kyber.ok_or(MissingPreKey::Kyber(payload.id))?;
        let one_time = match message.one_time() {
            None => None,
            Some(id) => Some(
                prekeys
                    .one_time(id)
                    .map_err(PreKeyDecryptError::Store)?
                    .ok_or(MissingPreKey::OneTime(id))?,
            ),
        };

        if !message.base_key().is_canonical() {
            return Err(InvalidMessage::BaseKeyNotCanonical.into());
        }
        let agreed = Responder {
            identity: &self.local.identity,
            signed: &signed.keys,
            one_time: one_time.as_ref().map(|one_time| &one_time.keys),
            their_identity: message.identity(),
            their_base: message.base_key(),
        }
        .agree()?;
        let ciphertext =
            kem::Ciphertext::from_bytes(&payload.ciphertext).map_err(PreKeyDecryptError::KyberCiphertext)?;
        let keys = agreed.with(&kyber.keys.secret().decapsulate(&ciphertext)).keys();

        let used = PreKeysUsed {
            one_time: message.one_time(),
            signed: signed.id,
            kyber: kyber.id,
            kyber_use: kyber.usage,
            base_key: *message.base_key(),
        };
        let state = SessionState {
            local_identity: self.local.identity.identity_key(),
            remote_identity: *message.identity(),
            local_registration: self.local.registration_id,
            remote_registration: message.registration_id(),
            base_key: *message.base_key(),
            root_key: keys.root_key,
            root_step: 0,
            // Replaced by the ratchet step of the message inside before anything is sent in it.
            sending: SendingChain {
                ratchet: signed.keys,
                chain_key: keys.chain_key,
            },
            receiving: Vec::new(),
            previous_counter: 0,
            post_quantum: self.post_quantum(Role::Responder, message.identity(), &keys.authentication_key),
            pending: None,
        };
        Ok((state, used))
    }

    /// Whether the forward limit applies is decided here once and for all, unlike that of the Double Ratchet (spec
    /// section 5).
    fn post_quantum(
        &self,
        role: Role,
        their_identity: &IdentityKey,
        key: &AuthenticationKey,
    ) -> Arc<PostQuantumRatchet> {
        let limit = match self.is_with_ourselves(their_identity) {
            true => JumpLimit::Unlimited,
            false => JumpLimit::Limited,
        };
        Arc::new(PostQuantumRatchet::start(role, limit, key))
    }
}
