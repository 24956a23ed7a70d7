//! What goes over the wire between nodes.
//!
//! Each mailbox has a channel, called by a keyed hash: who watches the bus sees that some mailbox is busy and does not learn
//! whose. A node listens on the channels of the mailboxes that are connected to it.

use bytes::Bytes;
use sotto_wire::{ClientMessageId, Payload};

use super::hub::Stamp;

/// Which node says something, so that it need not listen to itself. Random, new at each start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Node([u8; 8]);

impl Node {
    pub(super) fn new() -> Self {
        let mut node = [0; 8];
        // A random id has random bits: no security hangs on them.
        node.iter_mut()
            .zip(ClientMessageId::random().as_bytes())
            .for_each(|(to, from)| *to = *from);
        Self(node)
    }
}

/// What a node says on a mailbox's channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Message {
    /// Something is in the store.
    Stored,
    /// The owner connected just now.
    Attached(Stamp),
    /// The owner has been connected all the while.
    StillAttached(Stamp),
    /// Something that is not kept.
    Ephemeral(Payload),
}

mod kind {
    pub(super) const STORED: u8 = 1;
    pub(super) const ATTACHED: u8 = 2;
    pub(super) const STILL_ATTACHED: u8 = 3;
    pub(super) const EPHEMERAL: u8 = 4;
}

impl Message {
    pub(super) fn encode(&self, node: Node) -> Vec<u8> {
        let (kind, rest): (u8, &[u8]) = match self {
            Self::Stored => (kind::STORED, &[]),
            Self::Attached(stamp) => (kind::ATTACHED, &stamp.to_bytes()),
            Self::StillAttached(stamp) => (kind::STILL_ATTACHED, &stamp.to_bytes()),
            Self::Ephemeral(payload) => (kind::EPHEMERAL, payload.as_bytes()),
        };
        let mut bytes = Vec::with_capacity(9 + rest.len());
        bytes.push(kind);
        bytes.extend_from_slice(&node.0);
        bytes.extend_from_slice(rest);
        bytes
    }

    /// `None` if it is none, or none that this version knows.
    pub(super) fn decode(bytes: &[u8]) -> Option<(Node, Self)> {
        let (&kind, bytes) = bytes.split_first()?;
        let (node, rest) = bytes.split_first_chunk::<8>()?;
        let message = match kind {
            kind::STORED => Self::Stored,
            kind::ATTACHED => Self::Attached(Stamp::from_bytes(rest.try_into().ok()?)),
            kind::STILL_ATTACHED => Self::StillAttached(Stamp::from_bytes(rest.try_into().ok()?)),
            kind::EPHEMERAL => Self::Ephemeral(Payload::new(Bytes::copy_from_slice(rest)).ok()?),
            _ => return None,
        };
        Some((Node(*node), message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_node_says_is_what_another_hears() {
        let node = Node::new();
        for message in [
            Message::Stored,
            Message::Attached(Stamp::now()),
            Message::StillAttached(Stamp::now()),
            Message::Ephemeral(Payload::new(b"typing".to_vec()).unwrap()),
        ] {
            assert_eq!(Message::decode(&message.encode(node)), Some((node, message)));
        }
    }

    #[test]
    fn what_no_node_says_is_nothing() {
        for bytes in [
            &b""[..],
            b"\x01short",
            b"\x0912345678",
            b"\x0212345678",
            b"\x0412345678",
        ] {
            assert_eq!(Message::decode(bytes), None);
        }
    }
}
