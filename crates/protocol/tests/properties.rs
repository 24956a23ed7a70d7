//! What holds for any bytes. What holds for any schedule is in `src/fuzzing/`.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests stop at the first surprise"
)]

mod support;

use proptest::collection::vec;
use proptest::prelude::*;
use sotto_protocol::curve::{IdentityKey, PublicKey};
use sotto_protocol::fingerprint::ScannableFingerprint;
use sotto_protocol::kem;
use sotto_protocol::message::{PreKeySignalMessage, SignalMessage};
use sotto_protocol::prekey::{KyberPreKey, OneTimePreKey, SignedPreKey};
use sotto_protocol::session::SessionState;
use support::introduced;

proptest! {
    #[test]
    fn no_bytes_make_a_decoder_panic(bytes in vec(any::<u8>(), 0..400)) {
        let _ = SignalMessage::from_bytes(&bytes);
        let _ = PreKeySignalMessage::from_bytes(&bytes);
        let _ = PublicKey::from_bytes(&bytes);
        let _ = IdentityKey::from_bytes(&bytes);
        let _ = kem::PublicKey::from_bytes(&bytes);
        let _ = kem::Ciphertext::from_bytes(&bytes);
        let _ = ScannableFingerprint::from_bytes(&bytes);
        let _ = SessionState::from_bytes(&bytes);
        let _ = OneTimePreKey::from_bytes(&bytes);
        let _ = SignedPreKey::from_bytes(&bytes);
        let _ = KyberPreKey::from_bytes(&bytes);
        let versioned: Vec<u8> = [&[0x44][..], &bytes].concat();
        let _ = SignalMessage::from_bytes(&versioned);
        let _ = PreKeySignalMessage::from_bytes(&versioned);
        let versioned: Vec<u8> = [&[2][..], &bytes].concat();
        if let Ok(state) = SessionState::from_bytes(&versioned) {
            let written = state.to_bytes();
            prop_assert_eq!(SessionState::from_bytes(&written).map(|state| state.to_bytes()), Ok(written));
        }
    }

    #[test]
    fn a_stored_state_reads_back_and_no_other_length_does(cut in any::<prop::sample::Index>()) {
        let (alice, bob) = introduced();
        let row = alice.store.peers[&bob.local.address].record.rows().next().unwrap();
        let stored = row.state.to_bytes();
        prop_assert_eq!(SessionState::from_bytes(&stored).map(|state| state.to_bytes()), Ok(stored.clone()));
        prop_assert!(SessionState::from_bytes(&stored[..cut.index(stored.len())]).is_err());
        prop_assert!(SessionState::from_bytes(&[&stored[..], &[0]].concat()).is_err());
    }
}
