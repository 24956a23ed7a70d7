//! Creating a sender key, telling it, and encrypting with it (spec sections 2 and 3).

use std::sync::Arc;

use rand_core::CryptoRng;

use crate::sender_keys::message::Contents;
use crate::sender_keys::{
    DistributionMessage, GroupEncryptError, SenderKeyChanges, SenderKeyMessage, SenderKeyRecord,
    SenderKeyRow, SenderKeyState,
};
use crate::xeddsa::SigningKey;

/// A new sender key, not to be distributed before the changes are stored.
pub struct SenderKeyCreated {
    /// What to send to every member inside a pairwise session.
    pub message: DistributionMessage,
    /// What to store.
    pub changes: SenderKeyChanges,
}

/// An encrypted group message, not to be sent before the changes are stored.
pub struct GroupEncrypted {
    /// What to send.
    pub message: SenderKeyMessage,
    /// What to store.
    pub changes: SenderKeyChanges,
}

impl SenderKeyRecord {
    /// Makes a sender key of our own, with which everything is encrypted from now on. Those who know only the one
    /// before, among them whoever has left, cannot read what it encrypts.
    ///
    /// Draws 4 bytes for the chain id, 32 for the chain key, 32 for the signing key.
    pub fn create(&self, rng: &mut impl CryptoRng) -> SenderKeyCreated {
        let state = SenderKeyState::generate(rng);
        SenderKeyCreated {
            message: DistributionMessage::new(self.distribution(), &state),
            changes: self.adding(state),
        }
    }

    /// The distribution message of our sender key as it now is: who gets it reads later messages, and none of
    /// those sent before.
    pub fn distribution_message(&self) -> Result<DistributionMessage, GroupEncryptError> {
        let (row, _) = self.ours()?;
        Ok(DistributionMessage::new(self.distribution(), &row.state))
    }

    /// Encrypts for everyone who knows our sender key.
    ///
    /// Draws 64 bytes, for the signature.
    pub fn encrypt(
        &self,
        plaintext: &[u8],
        rng: &mut impl CryptoRng,
    ) -> Result<GroupEncrypted, GroupEncryptError> {
        let (row, signing_key) = self.ours()?;
        let (seed, chain_key) = row
            .state
            .chain_key
            .step()
            .ok_or(GroupEncryptError::ChainExhausted)?;
        let contents = Contents {
            distribution: self.distribution(),
            chain: row.state.id(),
            iteration: row.state.iteration(),
            ciphertext: seed.keys().encrypt(plaintext),
        };
        let message = SenderKeyMessage::new(contents, signing_key, rng);
        let next = SenderKeyState {
            chain_key,
            ..SenderKeyState::clone(&row.state)
        };
        let changes = SenderKeyChanges {
            put: Some(SenderKeyRow {
                rank: row.rank,
                state: Arc::new(next),
            }),
            ..SenderKeyChanges::default()
        };
        Ok(GroupEncrypted { message, changes })
    }

    /// The state we send with, if it is our own.
    fn ours(&self) -> Result<(&SenderKeyRow, &SigningKey), GroupEncryptError> {
        let row = self.first().ok_or(GroupEncryptError::NoSenderKey)?;
        let key = row.state.signing_key.as_deref();
        key.map(|key| (row, key)).ok_or(GroupEncryptError::NotOurs)
    }
}
