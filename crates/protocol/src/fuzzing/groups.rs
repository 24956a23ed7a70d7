//! What is read of groups: messages, distribution messages, stored states.

use std::sync::{Arc, LazyLock};

use crate::fuzzing::noise::Noise;
use crate::memory::MemorySkippedSenderKeys;
use crate::sender_keys::{
    DistributionId, DistributionMessage, SenderKeyMessage, SenderKeyRecord, SenderKeyRow, SenderKeyState,
};

const GROUP: DistributionId = DistributionId::from_bytes([7; 16]);

/// Alice's record of the group, as Bob keeps it.
static RECORD: LazyLock<SenderKeyRecord> = LazyLock::new(|| {
    let own = SenderKeyRecord::new(GROUP).create(&mut Noise::new(8));
    let mut record = SenderKeyRecord::new(GROUP);
    let changes = record.process(&own.message).expect("the same group");
    record.apply(&changes);
    record
});

/// A group message: it may be parsed, but nobody signs one by chance.
pub fn sender_key_message(bytes: &[u8]) {
    let Ok(message) = SenderKeyMessage::from_bytes(bytes) else {
        return;
    };
    assert_eq!(message.as_bytes(), bytes);
    assert!(
        RECORD
            .decrypt(&message, &MemorySkippedSenderKeys::default())
            .is_err()
    );
}

/// The message that gives a sender key away: what is made of it can be stored.
pub fn sender_key_distribution(bytes: &[u8]) {
    let Ok(message) = DistributionMessage::from_bytes(bytes) else {
        return;
    };
    assert_eq!(message.as_bytes(), bytes);
    let mut record = SenderKeyRecord::new(message.distribution());
    let changes = record.process(&message).expect("the same group");
    record.apply(&changes);
    let [row] = record.rows() else {
        panic!("one state");
    };
    let written = row.state.to_bytes();
    let again = SenderKeyState::from_bytes(&written).expect("our own form");
    assert_eq!(again.to_bytes(), written);
    assert_eq!(again.iteration(), message.iteration());
}

/// A stored state: whatever is read from one works, even if it leads nowhere.
pub fn sender_key_state(bytes: &[u8]) {
    let Ok(state) = SenderKeyState::from_bytes(bytes) else {
        return;
    };
    let written = state.to_bytes();
    let again = SenderKeyState::from_bytes(&written).expect("our own form");
    assert_eq!(again.to_bytes(), written);
    let row = SenderKeyRow {
        rank: 0,
        state: Arc::new(state),
    };
    let record = SenderKeyRecord::from_rows(GROUP, [row]).expect("one row");
    let _ = record.distribution_message();
    if let Ok(encrypted) = record.encrypt(b"hello", &mut Noise::new(6)) {
        let read = SenderKeyMessage::from_bytes(encrypted.message.as_bytes());
        assert!(read.is_ok());
    }
}
