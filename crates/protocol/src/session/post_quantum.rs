//! The post-quantum ratchet in a session: its keys that were skipped are rows of the store (step 3 of spec section 13,
//! and `spqr.md` section 9).

use std::sync::Arc;

use crate::message::SignalMessage;
use crate::session::error::AttemptError;
use crate::session::{
    PostQuantumChanges, PostQuantumEviction, PostQuantumKeyId, SessionState, SkippedKeys,
    SkippedPostQuantumKey, StateId,
};
use crate::spqr::{ChainEpoch, PostQuantumKey, PostQuantumKeySource, PostQuantumRatchet, ReceiveKey};

/// What a received message's field 5 gives, not yet kept.
pub(super) struct PostQuantumStep {
    pub(super) next: Arc<PostQuantumRatchet>,
    /// `None`: the message's keys are not salted.
    pub(super) key: Option<PostQuantumKey>,
    pub(super) changes: PostQuantumChanges,
}

impl SessionState {
    /// Finds the post-quantum key of a received message.
    pub(super) fn post_quantum_step<S: SkippedKeys>(
        &self,
        message: &SignalMessage,
        store: &S,
    ) -> Result<PostQuantumStep, AttemptError<S::Error>> {
        let received = self.post_quantum.receive(message.post_quantum());
        let received = received.map_err(|_| AttemptError::Failed)?;
        let (key, changes) = match received.key {
            PostQuantumKeySource::None => (None, PostQuantumChanges::default()),
            PostQuantumKeySource::Chain { epoch, index, key } => {
                let id = PostQuantumKeyId {
                    state: self.id(),
                    epoch,
                    index,
                };
                let (key, changes) = take(id, key, store)?;
                (Some(key), changes)
            }
        };
        Ok(PostQuantumStep {
            next: Arc::new(received.next),
            key,
            changes,
        })
    }
}

fn take<S: SkippedKeys>(
    id: PostQuantumKeyId,
    key: ReceiveKey,
    store: &S,
) -> Result<(PostQuantumKey, PostQuantumChanges), AttemptError<S::Error>> {
    match key {
        ReceiveKey::Stored => {
            let found = store.find_post_quantum(&id).map_err(AttemptError::Store)?;
            let key = found.ok_or(AttemptError::Failed)?;
            let changes = PostQuantumChanges {
                used: Some(id),
                ..PostQuantumChanges::default()
            };
            Ok((key, changes))
        }
        ReceiveKey::Next {
            key,
            skipped,
            gone_before,
        } => {
            // Copied, for keys that are moved out of a list are not wiped in it.
            let added = skipped.iter().map(|(index, key)| SkippedPostQuantumKey {
                id: PostQuantumKeyId { index: *index, ..id },
                key: key.clone(),
            });
            let changes = PostQuantumChanges {
                evicted: gone_before.map(|before| PostQuantumEviction::Keys {
                    state: id.state,
                    epoch: id.epoch,
                    before,
                }),
                used: None,
                added: added.collect(),
            };
            Ok((key, changes))
        }
    }
}

impl PostQuantumChanges {
    /// What sending in a new epoch leaves behind.
    pub(super) fn forgetting(state: StateId, before: Option<ChainEpoch>) -> Self {
        Self {
            evicted: before.map(|before| PostQuantumEviction::Epochs { state, before }),
            ..Self::default()
        }
    }
}
