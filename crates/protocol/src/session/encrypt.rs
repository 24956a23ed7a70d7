//! Encrypting (spec section 12).

use std::sync::Arc;

use rand_core::CryptoRng;

use crate::message::{
    AddressPair, CiphertextMessage, Contents, Header, Parties, PreKeySignalMessage, SignalMessage,
};
use crate::prekey::Timestamp;
use crate::ratchet::MessageKeys;
use crate::session::state::{PendingPreKey, SendingChain};
use crate::session::{EncryptError, Encrypted, PostQuantumChanges, Session, SessionChanges, SessionState};
use crate::trust::Direction;

impl Session<'_> {
    /// Encrypts in the current session (spec section 12).
    ///
    /// Draws 64 bytes when the post-quantum ratchet makes a key pair, 32 when it encapsulates to one, else none.
    pub fn encrypt(
        &self,
        plaintext: &[u8],
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<Encrypted, EncryptError> {
        let state = self.record.current().filter(|state| state.is_fresh(now));
        let state = state.ok_or(EncryptError::NoSession)?;

        let post_quantum = state
            .post_quantum
            .send(rng)
            .map_err(|_| EncryptError::ChainExhausted)?;
        let (seed, chain_key) = state
            .sending
            .chain_key
            .step()
            .ok_or(EncryptError::ChainExhausted)?;
        let keys = MessageKeys::derive(&seed, Some(&post_quantum.key));
        let pair = || AddressPair::new(&self.local.address, self.remote);
        let message = SignalMessage::new(
            Contents {
                ratchet_key: *state.sending.ratchet.public(),
                counter: state.sending.chain_key.index(),
                previous_counter: state.previous_counter,
                body: keys.encrypt(plaintext),
                post_quantum: post_quantum.message,
                addresses: state.pending.as_ref().and_then(|_| pair()),
            },
            keys.mac_key(),
            Parties {
                sender: &state.local_identity,
                receiver: &state.remote_identity,
            },
        );
        let message = match &state.pending {
            Some(pending) => CiphertextMessage::PreKeySignal(self.wrap(state, pending, message)),
            None => CiphertextMessage::Signal(message),
        };

        self.require_trust(&state.remote_identity, Direction::Sending)?;
        let next = SessionState {
            sending: SendingChain {
                ratchet: state.sending.ratchet.clone(),
                chain_key,
            },
            post_quantum: Arc::new(post_quantum.next),
            ..SessionState::clone(state)
        };
        let mut changes = SessionChanges::of_rows(state.remote_identity, self.record.promoting(next));
        changes.post_quantum = PostQuantumChanges::forgetting(state.id(), post_quantum.forgotten_before);
        Ok(Encrypted { message, changes })
    }

    fn wrap(
        &self,
        state: &SessionState,
        pending: &PendingPreKey,
        message: SignalMessage,
    ) -> PreKeySignalMessage {
        let header = Header {
            registration_id: self.local.registration_id,
            one_time: pending.one_time,
            signed: pending.signed,
            kyber: pending.kyber,
            kyber_ciphertext: &pending.kyber_ciphertext,
            base_key: state.base_key,
            identity: state.local_identity,
        };
        PreKeySignalMessage::new(header, message)
    }
}
