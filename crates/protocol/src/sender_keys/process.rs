//! Processing a distribution message (spec section 2).

use std::sync::Arc;

use crate::sender_keys::{
    DistributionMessage, OtherDistribution, SenderKeyChanges, SenderKeyRecord, SenderKeyState,
};

impl SenderKeyRecord {
    /// Takes in what a sender distributed. The caller vouches that the message came from the sender whose record
    /// this is.
    ///
    /// A chain that is known already, under the same signing key, keeps its place: a distribution message that
    /// comes twice opens nothing that was read before.
    pub fn process(&self, message: &DistributionMessage) -> Result<SenderKeyChanges, OtherDistribution> {
        if message.distribution() != self.distribution() {
            return Err(OtherDistribution {
                expected: self.distribution(),
                found: message.distribution(),
            });
        }
        let known = self
            .find(message.chain())
            .filter(|row| row.state.verifier.public_key() == message.verifying_key());
        Ok(match known {
            Some(row) => SenderKeyChanges {
                put: Some(self.in_front(Arc::clone(&row.state))),
                ..SenderKeyChanges::default()
            },
            None => self.adding(SenderKeyState::distributed(message)),
        })
    }
}
