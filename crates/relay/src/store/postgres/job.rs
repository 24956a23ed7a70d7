//! What lanes do in groups.

use sotto_wire::Refusal;
use tokio::sync::{Mutex, oneshot};

use crate::mailbox::{MailboxId, Sequence, StoredEnvelope};
use crate::store::{Delivery, Kept, StoreError};

/// Hears of new envelopes.
pub(super) type Stored = Box<dyn FnMut(StoredEnvelope) + Send>;

pub(super) enum Job {
    Deliver {
        delivery: Delivery,
        /// Locked by nobody: it lets the job be looked at from several threads.
        stored: Mutex<Stored>,
        answer: oneshot::Sender<Result<Result<usize, Refusal>, StoreError>>,
        outcome: Option<Result<Kept, Refusal>>,
    },
    Acknowledge {
        mailbox: MailboxId,
        sequences: Vec<Sequence>,
        answer: oneshot::Sender<Result<Result<(), Refusal>, StoreError>>,
    },
}
