//! The states of the side that sends an ML-KEM ciphertext (`spqr.md` section 8).

use std::sync::Arc;

use rand_core::CryptoRng;

use super::key_side::KeysUnsampled;
use super::{Braid, BraidError, CT2_CHUNKS, Exchange, HEADER_CHUNKS};
use crate::spqr::authenticator::{EpochSecret, Mac};
use crate::spqr::epoch::Epoch;
use crate::spqr::erasure::{Chunk, Decoded, Decoder, Encoder, Value};
use crate::spqr::kem::{CT1_CHUNKS, EK_CHUNKS, EncapsulationKey, EncapsulationSeed, Header, MatchingKey};

/// The header is coming in, or not yet.
#[derive(Clone)]
pub(in crate::spqr) struct NoHeaderReceived {
    pub(super) exchange: Exchange,
    pub(super) header: Decoder<HEADER_CHUNKS>,
}

/// The header is here; the next sending encapsulates to it.
#[derive(Clone)]
pub(in crate::spqr) struct HeaderReceived {
    pub(super) exchange: Exchange,
    pub(super) header: Header,
}

/// `ct1` goes out, `ek` is coming in, or not yet.
#[derive(Clone)]
pub(in crate::spqr) struct Ct1Sampled {
    pub(super) exchange: Exchange,
    pub(super) encapsulation: Encapsulation,
    pub(super) ct1: Encoder<CT1_CHUNKS>,
    pub(super) key: Decoder<EK_CHUNKS>,
}

/// `ek` is here; `ct1` goes on going out until the peer says that it has it.
#[derive(Clone)]
pub(in crate::spqr) struct EkReceivedCt1Sampled {
    pub(super) exchange: Exchange,
    pub(super) encapsulation: Encapsulation,
    pub(super) ct1: Encoder<CT1_CHUNKS>,
    pub(super) key: MatchingKey,
}

/// The peer has `ct1`; `ek` is still coming in.
#[derive(Clone)]
pub(in crate::spqr) struct Ct1Acknowledged {
    pub(super) exchange: Exchange,
    pub(super) encapsulation: Encapsulation,
    pub(super) key: Decoder<EK_CHUNKS>,
}

/// `ct2` goes out until the peer is in the next epoch.
#[derive(Clone)]
pub(in crate::spqr) struct Ct2Sampled {
    pub(super) exchange: Exchange,
    pub(super) ct2: Encoder<CT2_CHUNKS>,
}

/// To what, and with which randomness: all of a ciphertext follows from it and the key.
#[derive(Clone)]
pub(super) struct Encapsulation {
    pub(super) header: Header,
    pub(super) seed: Arc<EncapsulationSeed>,
}

impl NoHeaderReceived {
    pub(super) const fn new(exchange: Exchange) -> Self {
        Self {
            exchange,
            header: Decoder::new(),
        }
    }

    pub(super) fn receive_header(self, chunk: Chunk) -> Result<Braid, BraidError> {
        let Self { exchange, header } = self;
        let value = match header.add(chunk) {
            Decoded::Incomplete(header) => {
                return Ok(Braid::from(Self { exchange, header }));
            }
            Decoded::Complete(value) => value,
        };
        let (header, mac) = value.split();
        let header = Header(header);
        let expected = exchange.authenticator.header_mac(exchange.epoch, &header);
        if !expected.verifies(&Mac(mac)) {
            return Err(BraidError::HeaderMac);
        }
        Ok(Braid::from(HeaderReceived { exchange, header }))
    }
}

impl HeaderReceived {
    /// Draws 32 bytes and does step 1 of the encapsulation, which gives the epoch's secret.
    pub(super) fn sample(self, rng: &mut impl CryptoRng) -> (Ct1Sampled, EpochSecret) {
        let Self { exchange, header } = self;
        let seed = EncapsulationSeed::generate(rng);
        let (ct1, shared) = seed.first(&header);
        let secret = EpochSecret::derive(&shared, exchange.epoch);
        let authenticator = exchange.authenticator.after(exchange.epoch, &secret);
        let state = Ct1Sampled {
            exchange: Exchange {
                authenticator: Arc::new(authenticator),
                ..exchange
            },
            encapsulation: Encapsulation { header, seed },
            ct1: Encoder::new(ct1.0),
            key: Decoder::new(),
        };
        (state, secret)
    }
}

impl Ct1Sampled {
    pub(super) fn send(mut self) -> (Self, Chunk) {
        let chunk = self.ct1.next_chunk();
        (self, chunk)
    }

    pub(super) fn receive_key(self, chunk: Chunk) -> Result<Braid, BraidError> {
        Ok(match self.key.add(chunk) {
            Decoded::Incomplete(key) => Braid::from(Self { key, ..self }),
            Decoded::Complete(value) => Braid::from(EkReceivedCt1Sampled {
                key: self.encapsulation.check(value)?,
                exchange: self.exchange,
                encapsulation: self.encapsulation,
                ct1: self.ct1,
            }),
        })
    }

    /// The peer has `ct1`.
    pub(super) fn acknowledged(self) -> Ct1Acknowledged {
        Ct1Acknowledged {
            exchange: self.exchange,
            encapsulation: self.encapsulation,
            key: self.key,
        }
    }
}

impl EkReceivedCt1Sampled {
    pub(super) fn send(mut self) -> (Self, Chunk) {
        let chunk = self.ct1.next_chunk();
        (self, chunk)
    }

    /// The peer has `ct1`: step 2 of the encapsulation.
    pub(super) fn acknowledged(self) -> Ct2Sampled {
        self.encapsulation.finish(self.exchange, &self.key)
    }
}

impl Ct1Acknowledged {
    pub(super) fn receive_key(self, chunk: Chunk) -> Result<Braid, BraidError> {
        Ok(match self.key.add(chunk) {
            Decoded::Incomplete(key) => Braid::from(Self { key, ..self }),
            Decoded::Complete(value) => {
                let key = self.encapsulation.check(value)?;
                Braid::from(self.encapsulation.finish(self.exchange, &key))
            }
        })
    }
}

impl Ct2Sampled {
    pub(super) fn send(mut self) -> (Self, Chunk) {
        let chunk = self.ct2.next_chunk();
        (self, chunk)
    }

    /// The peer has begun the next epoch, in which the key is ours to send.
    pub(super) fn follow(self, epoch: Epoch) -> Result<KeysUnsampled, BraidError> {
        if self.exchange.epoch.next() != Some(epoch) {
            return Err(BraidError::EpochAhead);
        }
        Ok(KeysUnsampled::new(Exchange {
            epoch,
            ..self.exchange
        }))
    }
}

impl Encapsulation {
    fn check(&self, key: Value<EK_CHUNKS>) -> Result<MatchingKey, BraidError> {
        self.header
            .check(EncapsulationKey(key))
            .map_err(|_| BraidError::KeyMismatch)
    }

    fn finish(&self, exchange: Exchange, key: &MatchingKey) -> Ct2Sampled {
        let (ct1, ct2) = self.seed.both(&self.header, key);
        let mac = exchange.authenticator.ciphertext_mac(exchange.epoch, &ct1, &ct2);
        Ct2Sampled {
            exchange,
            ct2: Encoder::new(Value::joined(&ct2.0, &mac.0)),
        }
    }
}
