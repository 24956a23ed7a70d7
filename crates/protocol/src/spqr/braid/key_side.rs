//! The states of the side that sends an ML-KEM key (`spqr.md` section 8).

use std::sync::Arc;

use rand_core::CryptoRng;

use super::ciphertext_side::NoHeaderReceived;
use super::{Braid, BraidError, CT2_CHUNKS, Exchange, HEADER_CHUNKS, Received};
use crate::spqr::authenticator::{EpochSecret, Mac};
use crate::spqr::erasure::{Chunk, Decoded, Decoder, Encoder, Value};
use crate::spqr::kem::{CT1_CHUNKS, Ciphertext1, Ciphertext2, EK_CHUNKS, KeySeed};

/// There is no key pair yet; the next sending makes one.
#[derive(Clone)]
pub(in crate::spqr) struct KeysUnsampled {
    pub(super) exchange: Exchange,
}

/// The header goes out.
#[derive(Clone)]
pub(in crate::spqr) struct KeysSampled {
    pub(super) exchange: Exchange,
    pub(super) seed: Arc<KeySeed>,
    pub(super) header: Encoder<HEADER_CHUNKS>,
}

/// The peer has the header, for `ct1` is coming in; `ek` goes out.
#[derive(Clone)]
pub(in crate::spqr) struct HeaderSent {
    pub(super) exchange: Exchange,
    pub(super) seed: Arc<KeySeed>,
    pub(super) key: Encoder<EK_CHUNKS>,
    pub(super) ct1: Decoder<CT1_CHUNKS>,
}

/// `ct1` is here; `ek` goes on going out.
#[derive(Clone)]
pub(in crate::spqr) struct Ct1Received {
    pub(super) exchange: Exchange,
    pub(super) seed: Arc<KeySeed>,
    pub(super) key: Encoder<EK_CHUNKS>,
    pub(super) ct1: Ciphertext1,
}

/// The peer has all of `ek`, for `ct2` is coming in.
#[derive(Clone)]
pub(in crate::spqr) struct EkSentCt1Received {
    pub(super) exchange: Exchange,
    pub(super) seed: Arc<KeySeed>,
    pub(super) ct1: Ciphertext1,
    pub(super) ct2: Decoder<CT2_CHUNKS>,
}

impl KeysUnsampled {
    pub(super) const fn new(exchange: Exchange) -> Self {
        Self { exchange }
    }

    /// Draws 64 bytes for the epoch's key pair.
    pub(super) fn sample(self, rng: &mut impl CryptoRng) -> KeysSampled {
        let Self { exchange } = self;
        let seed = KeySeed::generate(rng);
        let header = seed.key_pair().header();
        let mac = exchange.authenticator.header_mac(exchange.epoch, &header);
        KeysSampled {
            exchange,
            seed,
            header: Encoder::new(Value::joined(&header.0, &mac.0)),
        }
    }
}

impl KeysSampled {
    pub(super) fn send(mut self) -> (Self, Chunk) {
        let chunk = self.header.next_chunk();
        (self, chunk)
    }

    pub(super) fn receive_ct1(self, chunk: Chunk) -> HeaderSent {
        HeaderSent {
            exchange: self.exchange,
            key: Encoder::new(self.seed.key_pair().encapsulation_key().0),
            seed: self.seed,
            ct1: Decoder::begin(chunk),
        }
    }
}

impl HeaderSent {
    pub(super) fn send(mut self) -> (Self, Chunk) {
        let chunk = self.key.next_chunk();
        (self, chunk)
    }

    pub(super) fn receive_ct1(self, chunk: Chunk) -> Braid {
        match self.ct1.add(chunk) {
            Decoded::Incomplete(ct1) => Braid::from(Self { ct1, ..self }),
            Decoded::Complete(ct1) => Braid::from(Ct1Received {
                exchange: self.exchange,
                seed: self.seed,
                key: self.key,
                ct1: Ciphertext1(ct1),
            }),
        }
    }
}

impl Ct1Received {
    pub(super) fn send(mut self) -> (Self, Chunk) {
        let chunk = self.key.next_chunk();
        (self, chunk)
    }

    pub(super) fn receive_ct2(self, chunk: Chunk) -> EkSentCt1Received {
        EkSentCt1Received {
            exchange: self.exchange,
            seed: self.seed,
            ct1: self.ct1,
            ct2: Decoder::begin(chunk),
        }
    }
}

impl EkSentCt1Received {
    pub(super) fn receive_ct2(self, chunk: Chunk) -> Result<Received, BraidError> {
        match self.ct2.add(chunk) {
            Decoded::Incomplete(ct2) => Ok(Braid::from(Self { ct2, ..self }).into()),
            Decoded::Complete(value) => complete(self.exchange, &self.seed, &self.ct1, &value),
        }
    }
}

/// The end of an exchange: its secret, and the other role in the next one.
fn complete(
    exchange: Exchange,
    seed: &KeySeed,
    ct1: &Ciphertext1,
    ct2_and_mac: &Value<CT2_CHUNKS>,
) -> Result<Received, BraidError> {
    let (ct2, mac) = ct2_and_mac.split();
    let (ct2, mac) = (Ciphertext2(ct2), Mac(mac));
    let epoch = exchange.epoch;
    let secret = EpochSecret::derive(&seed.key_pair().decapsulate(ct1, &ct2), epoch);
    let authenticator = exchange.authenticator.after(epoch, &secret);
    if !authenticator.ciphertext_mac(epoch, ct1, &ct2).verifies(&mac) {
        return Err(BraidError::CiphertextMac);
    }
    let next = Exchange {
        epoch: epoch.next().ok_or(BraidError::Exhausted)?,
        authenticator: Arc::new(authenticator),
    };
    Ok(Received {
        next: Braid::from(NoHeaderReceived::new(next)),
        secret: Some(secret),
    })
}
