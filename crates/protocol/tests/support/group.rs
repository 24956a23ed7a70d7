//! What a person does in a group.

use std::convert::Infallible;

use sotto_protocol::prekey::KyberUse;
use sotto_protocol::sender_keys::{
    DistributionId, DistributionMessage, GroupDecryptError, GroupEncryptError, SenderKeyMessage,
    SenderKeyRecord,
};

use super::Person;

pub(crate) const GROUP: DistributionId = DistributionId::from_bytes([0x47; 16]);

/// Alice, Bob and Carol, who have told each other their sender keys in pairwise sessions.
pub(crate) fn group_of_three() -> [Person; 3] {
    let mut members = [1, 2, 3].map(Person::new);
    for sender in 0..3 {
        let key = members[sender].makes_sender_key();
        for receiver in (0..3).filter(|&receiver| receiver != sender) {
            let [sender, receiver] = members.get_disjoint_mut([sender, receiver]).unwrap();
            sender.tells_sender_key(receiver, &key);
        }
    }
    members
}

impl Person {
    /// Makes a sender key, or another one; the distribution message is to be told to the members.
    pub(crate) fn makes_sender_key(&mut self) -> DistributionMessage {
        let me = self.local.address.clone();
        let created = self.store.sender_keys.of(&me, GROUP).record.create(&mut self.rng);
        self.store.sender_keys.apply(&me, GROUP, &created.changes);
        created.message
    }

    /// The distribution message of the sender key as it now is.
    pub(crate) fn sender_key(&mut self) -> DistributionMessage {
        let me = self.local.address.clone();
        let kept = self.store.sender_keys.of(&me, GROUP);
        kept.record.distribution_message().unwrap()
    }

    /// Sends a distribution message in the pairwise session with a member, who processes it.
    pub(crate) fn tells_sender_key(&mut self, member: &mut Self, key: &DistributionMessage) {
        if !self.store.peers.contains_key(&member.local.address) {
            member.makes_prekeys(KyberUse::OneTime, true);
            self.meets(member);
        }
        let message = self.writes(member, key.as_bytes());
        let key = member.reads(self, &message).unwrap();
        member.takes_sender_key(self, &DistributionMessage::from_bytes(&key).unwrap());
    }

    pub(crate) fn takes_sender_key(&mut self, from: &Self, key: &DistributionMessage) {
        let (sender, store) = (&from.local.address, &mut self.store.sender_keys);
        let changes = store.of(sender, key.distribution()).record.process(key).unwrap();
        store.apply(sender, key.distribution(), &changes);
    }

    pub(crate) fn writes_to_group(&mut self, plaintext: &[u8]) -> SenderKeyMessage {
        self.tries_to_write_to_group(plaintext).unwrap()
    }

    pub(crate) fn tries_to_write_to_group(
        &mut self,
        plaintext: &[u8],
    ) -> Result<SenderKeyMessage, GroupEncryptError> {
        let me = self.local.address.clone();
        let record = &self.store.sender_keys.of(&me, GROUP).record;
        let encrypted = record.encrypt(plaintext, &mut self.rng)?;
        self.store.sender_keys.apply(&me, GROUP, &encrypted.changes);
        SenderKeyMessage::from_bytes(encrypted.message.as_bytes())
            .map_err(|_| unreachable!("what we write can be read"))
    }

    pub(crate) fn reads_in_group(
        &mut self,
        from: &Self,
        message: &SenderKeyMessage,
    ) -> Result<Vec<u8>, GroupDecryptError<Infallible>> {
        let sender = &from.local.address;
        let kept = self.store.sender_keys.of(sender, message.distribution());
        let decrypted = kept.record.decrypt(message, &kept.skipped)?;
        self.store
            .sender_keys
            .apply(sender, message.distribution(), &decrypted.changes);
        Ok(decrypted.plaintext.to_vec())
    }

    /// How many seeds of messages that have not come are kept.
    pub(crate) fn skipped_seeds_of(&mut self, from: &Self) -> usize {
        self.store
            .sender_keys
            .of(&from.local.address, GROUP)
            .skipped
            .len()
    }

    pub(crate) fn sender_key_record_of(&mut self, from: &Self) -> SenderKeyRecord {
        self.store
            .sender_keys
            .of(&from.local.address, GROUP)
            .record
            .clone()
    }

    /// Everything that is stored about a sender in the group.
    pub(crate) fn stored_sender_key_of(&mut self, from: &Self) -> Vec<Vec<u8>> {
        let kept = self.store.sender_keys.of(&from.local.address, GROUP);
        let rows = kept.record.rows().iter();
        rows.map(|row| {
            [
                row.rank.to_be_bytes().to_vec(),
                row.state.to_bytes().to_vec(),
                kept.skipped.len().to_be_bytes().to_vec(),
            ]
            .concat()
        })
        .collect()
    }
}
