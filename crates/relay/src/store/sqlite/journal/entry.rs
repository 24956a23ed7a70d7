//! An entry of the journal as bytes.
//!
//! ```text
//! row          = 0x01 entry ...
//! taken        = 0x01 mailbox(8) sequence(8) client message id(16) envelope id(16) received at(8) request(1) length(4) payload
//! acknowledged = 0x02 mailbox(8) sequence(8)
//! ```
//! Numbers are big-endian. A row is read whole or not at all: SQLite's log has checksums, these bytes need none.

use bytes::{Buf, Bytes};
use sotto_wire::{ClientMessageId, EnvelopeId, Payload};

use crate::mailbox::{MailboxId, Sequence, StoredEnvelope};

/// The only form of a row there is.
const VERSION: u8 = 1;

const TAKEN: u8 = 1;
const ACKNOWLEDGED: u8 = 2;

/// What happened.
#[derive(Debug)]
pub(super) enum Entry {
    Taken {
        mailbox: MailboxId,
        client_message_id: ClientMessageId,
        envelope: StoredEnvelope,
    },
    Acknowledged {
        mailbox: MailboxId,
        sequence: Sequence,
    },
}

/// A row is not one.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("a row of the journal is damaged")]
pub(super) struct Damaged;

/// Begins a row if it is not begun.
fn begin(row: &mut Vec<u8>) {
    if row.is_empty() {
        row.push(VERSION);
    }
}

pub(super) fn put_taken(
    row: &mut Vec<u8>,
    mailbox: MailboxId,
    client_message_id: ClientMessageId,
    envelope: &StoredEnvelope,
) {
    begin(row);
    let payload = envelope.payload.as_bytes();
    row.push(TAKEN);
    row.extend_from_slice(&mailbox.0.to_be_bytes());
    row.extend_from_slice(&envelope.sequence.0.to_be_bytes());
    row.extend_from_slice(client_message_id.as_bytes());
    row.extend_from_slice(envelope.id.as_bytes());
    row.extend_from_slice(&envelope.received_at_ms.to_be_bytes());
    row.push(envelope.request.into());
    // Proof: a payload has at most 65,536 bytes.
    row.extend_from_slice(&(payload.len() as u32).to_be_bytes());
    row.extend_from_slice(payload);
}

pub(super) fn put_acknowledged(row: &mut Vec<u8>, mailbox: MailboxId, sequence: Sequence) {
    begin(row);
    row.push(ACKNOWLEDGED);
    row.extend_from_slice(&mailbox.0.to_be_bytes());
    row.extend_from_slice(&sequence.0.to_be_bytes());
}

/// The entries of a row, in their order.
pub(super) fn read(row: Vec<u8>) -> Result<Vec<Entry>, Damaged> {
    let mut rest = Bytes::from(row);
    if rest.try_get_u8().map_err(|_| Damaged)? != VERSION {
        return Err(Damaged);
    }
    let mut entries = Vec::new();
    while rest.has_remaining() {
        let kind = rest.try_get_u8().map_err(|_| Damaged)?;
        let mailbox = MailboxId(rest.try_get_i64().map_err(|_| Damaged)?);
        let sequence = Sequence(rest.try_get_i64().map_err(|_| Damaged)?);
        entries.push(match kind {
            TAKEN => Entry::Taken {
                mailbox,
                client_message_id: take_id(&mut rest)?.into(),
                envelope: StoredEnvelope {
                    sequence,
                    id: EnvelopeId::from(take_id(&mut rest)?),
                    received_at_ms: rest.try_get_u64().map_err(|_| Damaged)?,
                    request: rest.try_get_u8().map_err(|_| Damaged)? != 0,
                    payload: take_payload(&mut rest)?,
                },
            },
            ACKNOWLEDGED => Entry::Acknowledged { mailbox, sequence },
            _ => return Err(Damaged),
        });
    }
    Ok(entries)
}

fn take_id(rest: &mut Bytes) -> Result<[u8; 16], Damaged> {
    let mut id = [0; 16];
    rest.try_copy_to_slice(&mut id).map_err(|_| Damaged)?;
    Ok(id)
}

fn take_payload(rest: &mut Bytes) -> Result<Payload, Damaged> {
    let length = rest.try_get_u32().map_err(|_| Damaged)? as usize;
    if rest.len() < length {
        return Err(Damaged);
    }
    Payload::new(rest.split_to(length)).map_err(|_| Damaged)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn envelope(payload: &[u8]) -> StoredEnvelope {
        StoredEnvelope {
            sequence: Sequence(7),
            id: EnvelopeId::from([3; 16]),
            received_at_ms: 1_234,
            request: true,
            payload: Payload::new(payload.to_vec()).unwrap(),
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let mut row = Vec::new();
        let id = ClientMessageId::random();
        put_taken(&mut row, MailboxId(5), id, &envelope(&[9; 300]));
        put_acknowledged(&mut row, MailboxId(6), Sequence(8));
        let entries = read(row).unwrap();
        let [
            Entry::Taken {
                mailbox: MailboxId(5),
                client_message_id,
                envelope: read,
            },
            Entry::Acknowledged {
                mailbox: MailboxId(6),
                sequence: Sequence(8),
            },
        ] = &entries[..]
        else {
            panic!("{entries:?}")
        };
        assert_eq!(*client_message_id, id);
        assert_eq!((read.sequence, read.id), (Sequence(7), EnvelopeId::from([3; 16])));
        assert_eq!((read.received_at_ms, read.request), (1_234, true));
        assert_eq!(read.payload.as_bytes(), [9; 300]);
    }

    #[test]
    fn a_row_that_was_cut_short_is_damaged_and_not_half_read() {
        let mut row = Vec::new();
        put_taken(
            &mut row,
            MailboxId(5),
            ClientMessageId::random(),
            &envelope(b"sealed"),
        );
        for end in (0..row.len()).filter(|end| *end != 1) {
            assert!(read(row[..end].to_vec()).is_err(), "{end}");
        }
        row[0] = 9;
        assert!(read(row).is_err());
    }
}
