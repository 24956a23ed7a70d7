//! The stored form of a state: its number, epoch, authenticator, and what is its own.
//!
//! Public values that are being sent are stored, so that reading computes nothing; key pairs and ciphertexts that are
//! needed once more in an epoch are stored as the seeds they follow from.

use std::sync::Arc;

use super::{
    Braid, CT2_CHUNKS, Ct1Acknowledged, Ct1Received, Ct1Sampled, Ct2Sampled, EkReceivedCt1Sampled,
    EkSentCt1Received, Exchange, HEADER_CHUNKS, HeaderReceived, HeaderSent, KeysSampled, KeysUnsampled,
    NoHeaderReceived,
};
use crate::spqr::authenticator::Authenticator;
use crate::spqr::braid::ciphertext_side::Encapsulation;
use crate::spqr::epoch::Epoch;
use crate::spqr::erasure::{Decoder, Encoder, Value};
use crate::spqr::kem::{
    CT1_CHUNKS, Ciphertext1, EK_CHUNKS, EncapsulationKey, EncapsulationSeed, Header, KeySeed, MatchingKey,
};
use crate::stored::{Reader, StoredFormError, Writer};

impl Braid {
    /// Every state is shorter: the two largest are `HeaderSent` and `Ct1Sampled`.
    pub(in crate::spqr) const MAX_STORED_LENGTH: usize = 1
        + 8
        + 64
        + 64
        + 32
        + Encoder::<EK_CHUNKS>::STORED_LENGTH
        + Decoder::<EK_CHUNKS>::MAX_STORED_LENGTH
        + Decoder::<CT2_CHUNKS>::MAX_STORED_LENGTH
        + Decoder::<HEADER_CHUNKS>::MAX_STORED_LENGTH;

    pub(in crate::spqr) fn write(&self, form: &mut Writer) {
        form.u8(match self {
            Self::KeysUnsampled(_) => 0,
            Self::KeysSampled(_) => 1,
            Self::HeaderSent(_) => 2,
            Self::Ct1Received(_) => 3,
            Self::EkSentCt1Received(_) => 4,
            Self::NoHeaderReceived(_) => 5,
            Self::HeaderReceived(_) => 6,
            Self::Ct1Sampled(_) => 7,
            Self::EkReceivedCt1Sampled(_) => 8,
            Self::Ct1Acknowledged(_) => 9,
            Self::Ct2Sampled(_) => 10,
        });
        self.exchange().write(form);
        match self {
            Self::KeysUnsampled(_) => {}
            Self::KeysSampled(state) => {
                form.bytes(state.seed.expose_bytes());
                state.header.write(form);
            }
            Self::HeaderSent(state) => {
                form.bytes(state.seed.expose_bytes());
                state.key.write(form);
                state.ct1.write(form);
            }
            Self::Ct1Received(state) => {
                form.bytes(state.seed.expose_bytes());
                state.key.write(form);
                form.bytes(state.ct1.0.as_bytes());
            }
            Self::EkSentCt1Received(state) => {
                form.bytes(state.seed.expose_bytes());
                form.bytes(state.ct1.0.as_bytes());
                state.ct2.write(form);
            }
            Self::NoHeaderReceived(state) => state.header.write(form),
            Self::HeaderReceived(state) => form.bytes(&state.header.0),
            Self::Ct1Sampled(state) => {
                state.encapsulation.write(form);
                state.ct1.write(form);
                state.key.write(form);
            }
            Self::EkReceivedCt1Sampled(state) => {
                state.encapsulation.write(form);
                state.ct1.write(form);
                form.bytes(state.key.key().0.as_bytes());
            }
            Self::Ct1Acknowledged(state) => {
                state.encapsulation.write(form);
                state.key.write(form);
            }
            Self::Ct2Sampled(state) => state.ct2.write(form),
        }
    }

    pub(in crate::spqr) fn read(form: &mut Reader<'_>) -> Result<Self, StoredFormError> {
        let state = form.u8()?;
        let exchange = Exchange::read(form)?;
        Ok(match state {
            0 => KeysUnsampled { exchange }.into(),
            1 => KeysSampled {
                exchange,
                seed: Arc::new(KeySeed::from_array(form.array()?)),
                header: Encoder::read(form)?,
            }
            .into(),
            2 => HeaderSent {
                exchange,
                seed: Arc::new(KeySeed::from_array(form.array()?)),
                key: Encoder::read(form)?,
                ct1: Decoder::read(form)?,
            }
            .into(),
            3 => Ct1Received {
                exchange,
                seed: Arc::new(KeySeed::from_array(form.array()?)),
                key: Encoder::read(form)?,
                ct1: Ciphertext1(value(form)?),
            }
            .into(),
            4 => EkSentCt1Received {
                exchange,
                seed: Arc::new(KeySeed::from_array(form.array()?)),
                ct1: Ciphertext1(value::<CT1_CHUNKS>(form)?),
                ct2: Decoder::read(form)?,
            }
            .into(),
            5 => NoHeaderReceived {
                exchange,
                header: Decoder::read(form)?,
            }
            .into(),
            6 => HeaderReceived {
                exchange,
                header: Header(form.array()?),
            }
            .into(),
            7 => Ct1Sampled {
                exchange,
                encapsulation: Encapsulation::read(form)?,
                ct1: Encoder::read(form)?,
                key: Decoder::read(form)?,
            }
            .into(),
            8 => EkReceivedCt1Sampled {
                exchange,
                encapsulation: Encapsulation::read(form)?,
                ct1: Encoder::read(form)?,
                key: MatchingKey::from_stored(EncapsulationKey(value(form)?)),
            }
            .into(),
            9 => Ct1Acknowledged {
                exchange,
                encapsulation: Encapsulation::read(form)?,
                key: Decoder::read(form)?,
            }
            .into(),
            10 => Ct2Sampled {
                exchange,
                ct2: Encoder::read(form)?,
            }
            .into(),
            _ => return Err(StoredFormError::Value),
        })
    }
}

impl Exchange {
    fn write(&self, form: &mut Writer) {
        let (root, mac_key) = self.authenticator.expose_parts();
        form.u64(self.epoch.number());
        form.bytes(root);
        form.bytes(mac_key);
    }

    fn read(form: &mut Reader<'_>) -> Result<Self, StoredFormError> {
        Ok(Self {
            epoch: Epoch::new(form.u64()?).ok_or(StoredFormError::Value)?,
            authenticator: Arc::new(Authenticator::from_parts(form.array()?, form.array()?)),
        })
    }
}

impl Encapsulation {
    fn write(&self, form: &mut Writer) {
        form.bytes(&self.header.0);
        form.bytes(self.seed.expose_bytes());
    }

    fn read(form: &mut Reader<'_>) -> Result<Self, StoredFormError> {
        Ok(Self {
            header: Header(form.array()?),
            seed: Arc::new(EncapsulationSeed::from_array(form.array()?)),
        })
    }
}

fn value<const N: usize>(form: &mut Reader<'_>) -> Result<Value<N>, StoredFormError> {
    Value::from_bytes(form.slice(Value::<N>::LENGTH)?).ok_or(StoredFormError::Value)
}
