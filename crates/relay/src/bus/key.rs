//! Names on the bus: keyed hashes under the pepper, so that Redis lists nobody.

use ring::hmac;

use crate::mailbox::MailboxAddress;

const BYTES: usize = 16;

/// A mailbox's channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Channel(pub(super) [u8; BYTES]);

/// Who is limited in what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Meter(pub(super) [u8; BYTES]);

/// The key; the same on each node of a relay.
#[derive(Clone)]
pub(crate) struct BusKey(hmac::Key);

impl BusKey {
    pub(crate) fn new(key: hmac::Key) -> Self {
        Self(key)
    }

    pub(super) fn channel(&self, address: MailboxAddress) -> Channel {
        let device = address.device.number().to_be_bytes();
        Channel(self.hash(&[b"channel\0", address.account.as_bytes(), &device]))
    }

    pub(super) fn meter(&self, kind: &'static str, who: &[u8]) -> Meter {
        Meter(self.hash(&[b"meter\0", kind.as_bytes(), b"\0", who]))
    }

    fn hash(&self, parts: &[&[u8]]) -> [u8; BYTES] {
        let mut context = hmac::Context::with_key(&self.0);
        for part in parts {
            context.update(part);
        }
        let mut hash = [0; BYTES];
        hash.iter_mut()
            .zip(context.sign().as_ref())
            .for_each(|(to, from)| *to = *from);
        hash
    }
}
