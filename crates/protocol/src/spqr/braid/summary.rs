//! What may be shown of the exchange.

use super::Braid;
use crate::spqr::summary::{Chunks, ExchangeStage, ExchangeSummary};

impl Braid {
    pub(in crate::spqr) fn summary(&self) -> ExchangeSummary {
        let (stage, outgoing, incoming) = match self {
            Self::KeysUnsampled(_) => (ExchangeStage::KeysUnsampled, None, None),
            Self::KeysSampled(state) => (ExchangeStage::KeysSampled, Some(state.header.progress()), None),
            Self::HeaderSent(state) => (
                ExchangeStage::HeaderSent,
                Some(state.key.progress()),
                Some(state.ct1.progress()),
            ),
            Self::Ct1Received(state) => (ExchangeStage::Ct1Received, Some(state.key.progress()), None),
            Self::EkSentCt1Received(state) => {
                (ExchangeStage::EkSentCt1Received, None, Some(state.ct2.progress()))
            }
            Self::NoHeaderReceived(state) => (
                ExchangeStage::NoHeaderReceived,
                None,
                Some(state.header.progress()),
            ),
            Self::HeaderReceived(_) => (ExchangeStage::HeaderReceived, None, None),
            Self::Ct1Sampled(state) => (
                ExchangeStage::Ct1Sampled,
                Some(state.ct1.progress()),
                Some(state.key.progress()),
            ),
            Self::EkReceivedCt1Sampled(state) => (
                ExchangeStage::EkReceivedCt1Sampled,
                Some(state.ct1.progress()),
                None,
            ),
            Self::Ct1Acknowledged(state) => {
                (ExchangeStage::Ct1Acknowledged, None, Some(state.key.progress()))
            }
            Self::Ct2Sampled(state) => (ExchangeStage::Ct2Sampled, Some(state.ct2.progress()), None),
        };
        ExchangeSummary {
            epoch: self.exchange().epoch,
            stage,
            outgoing: outgoing.map(Chunks::new),
            incoming: incoming.map(Chunks::new),
        }
    }
}
