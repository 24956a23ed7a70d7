//! Behind the curtain.

use super::Engine;
use crate::error::ConversationError;
use crate::inspecting;
use crate::model::{ContactId, Inspection};

impl Engine {
    /// Where the sessions with a contact stand: numbers and public keys, nothing that opens anything.
    /// [`Event::SessionMoved`](crate::Event::SessionMoved) says when that is another place.
    pub async fn inspect(&self, contact: ContactId) -> Result<Inspection, ConversationError> {
        let inspect = move |connection: &_| inspecting::inspect(connection, contact);
        self.core.store.read(inspect).await
    }
}
