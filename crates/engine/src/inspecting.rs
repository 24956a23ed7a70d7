//! Behind the curtain: where the sessions with a contact stand, in numbers and marks of public keys.

use rusqlite::Connection;
use sotto_protocol::session::Place;

use crate::error::ConversationError;
use crate::model::{ContactId, Inspection, PrekeysLeft};
use crate::store::table::{contacts, messages, prekeys};
use crate::store::{Peer, sessions};

/// Where the sessions with a contact stand.
pub(crate) fn inspect(connection: &Connection, contact: ContactId) -> Result<Inspection, ConversationError> {
    let row = contacts::by_id(connection, contact)?.ok_or(ConversationError::NotFound)?;
    let record = sessions::load(connection, Peer::primary(row.account))?;
    let (current, archived): (Vec<_>, Vec<_>) = record.rows().partition(|row| row.place == Place::Current);
    Ok(Inspection {
        contact,
        session: current.first().map(|row| row.state.summary()),
        archived: archived.iter().map(|row| row.state.summary()).collect(),
        prekeys: PrekeysLeft {
            one_time: prekeys::one_time_count(connection)?,
            one_time_kyber: prekeys::one_time_kyber_count(connection)?,
            signed_at: prekeys::newest_signed(connection)?.map(|(_, made)| made),
        },
        texts: messages::text_count(connection, contact)?,
    })
}
