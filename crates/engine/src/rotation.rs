//! Another contact token in place of one that somebody knows who must not reach us any more.
//!
//! ```text
//! block    -> one transaction: a next token is drawn; nobody is told
//! relay    -> SetDeliveryTokens: the next one is the contact token; the present one goes on as what an invite's is,
//!             good for little and not for long
//! finish   -> one transaction: the next is the present one, and every contact is told it inside the conversation
//! ```
//! A crash at any point repeats the step that it interrupted. A contact whose message is refused because they have not
//! heard yet keeps it: what tells them waits in their own mailbox (`docs/adr/0061-blocking.md`).

use std::time::Duration;

use rusqlite::{Connection, Transaction};
use sotto_wire::DeliveryToken;

use crate::account;
use crate::clock::Timestamp;
use crate::effects::Effects;
use crate::error::StorageError;
use crate::names::introduce_ourselves_to_all;
use crate::store::table::reach::{self, ReachRow};
use crate::store::table::replaced_tokens;

/// How long a token that was replaced still opens our mailbox, to what an invite's token does: for contacts who write
/// before they hear of the new one.
const OVERLAP: Duration = Duration::from_secs(7 * 86_400);

/// So many former tokens are kept open: more blocks than that in a week are no reason to keep more.
const MOST_REPLACED: u32 = 16;

/// Draws the token that is to take the place of the present one. If there is one already that nobody has heard of, it
/// will do.
pub(crate) fn begin(transaction: &Transaction<'_>, effects: &mut Effects) -> Result<(), StorageError> {
    if let Some(row) = reach::read(transaction)?
        && row.next_token.is_none()
    {
        reach::set_next_token(transaction, &rand::random())?;
    }
    effects.change_tokens();
    Ok(())
}

/// What the relay is to hold for the contact token.
pub(crate) fn wanted(row: &ReachRow) -> &DeliveryToken {
    row.next_token.as_ref().unwrap_or(&row.delivery_token)
}

/// What still opens our mailbox a little, and until when, the newest first.
pub(crate) fn replaced(
    connection: &Connection,
    row: &ReachRow,
    now: Timestamp,
) -> Result<Vec<(DeliveryToken, Timestamp)>, StorageError> {
    let present = row.next_token.is_some().then(|| row.delivery_token.clone());
    let present = present.map(|token| (token, now.after(OVERLAP)));
    let before = replaced_tokens::good(connection, now, MOST_REPLACED)?;
    Ok(present.into_iter().chain(before).collect())
}

/// The relay has the tokens that `told` wanted: what was the next one is the present one, and every contact hears of it.
pub(crate) fn finish(
    transaction: &Transaction<'_>,
    effects: &mut Effects,
    told: &ReachRow,
    now: Timestamp,
) -> Result<(), StorageError> {
    replaced_tokens::delete_ended(transaction, now)?;
    let present = reach::read(transaction)?.ok_or(StorageError::Failed)?;
    if told.next_token.is_none() || present.next_token != told.next_token {
        return Ok(());
    }
    replaced_tokens::insert(transaction, &present.delivery_token, now.after(OVERLAP))?;
    reach::adopt_next_token(transaction)?;
    let name = account::read(transaction)?.display_name;
    introduce_ourselves_to_all(transaction, effects, &name, now)
}
