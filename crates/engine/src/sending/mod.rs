//! Sending what the outbox holds: one lane per recipient.
//!
//! ```text
//! (outbox)  one transaction: the message and its row                    -> events, the lane wakes
//! prepare   one transaction: the ratchet advances, the ciphertext is in the row
//! deliver   the network: these very bytes under this very name, until the relay has them
//! settle    with the next prepare: the row goes, the message is Sent    -> events
//! ```
//! A lane has one delivery under way at a time, of which the relay keeps a prefix, so that what somebody is told arrives
//! in the order in which it was said (`docs/adr/0014-deliveries-in-batches.md`); lanes do not wait for each other, so that a relay that is down holds up nobody but its own people.

mod lane;
mod prepare;

use std::collections::HashMap;
use std::sync::Arc;

use sotto_wire::AccountId;
use tokio::sync::{Notify, mpsc};

use crate::core::Core;
use lane::Lane;

/// Begins a lane for each recipient there is something to send to, and wakes it whenever there is more, until the engine
/// is shut down.
pub(crate) async fn run(core: Arc<Core>, mut recipients: mpsc::UnboundedReceiver<AccountId>) {
    let mut lanes: HashMap<AccountId, Arc<Notify>> = HashMap::new();
    loop {
        let recipient = tokio::select! {
            () = core.shutdown.cancelled() => return,
            recipient = recipients.recv() => recipient,
        };
        let Some(recipient) = recipient else { return };
        let wake = lanes.entry(recipient).or_insert_with(|| {
            let wake = Arc::new(Notify::new());
            let lane = Lane::new(Arc::clone(&core), recipient, Arc::clone(&wake));
            core.tasks.spawn(lane.run());
            wake
        });
        wake.notify_one();
    }
}
