//! Where the sessions with a contact stand.

use sotto_engine::model as engine;

use super::conversation_id;
use crate::model::{
    Chunks, ExchangeSide, ExchangeStage, Inspection, PostQuantum, PrekeysLeft, Ratchet, RatchetChain,
};

impl From<engine::Inspection> for Inspection {
    fn from(inspection: engine::Inspection) -> Self {
        let chains = inspection.archived.iter().flat_map(|session| &session.receiving);
        Self {
            contact: conversation_id(inspection.contact),
            session: inspection.session.as_ref().map(Ratchet::from),
            archived: u32::try_from(inspection.archived.len()).unwrap_or(u32::MAX),
            archived_held: chains.map(|chain| u32::from(chain.held)).sum(),
            prekeys: PrekeysLeft {
                one_time: inspection.prekeys.one_time,
                one_time_kyber: inspection.prekeys.one_time_kyber,
                signed_at: inspection.prekeys.signed_at.map(|at| at.millis()),
            },
            texts: inspection.texts,
        }
    }
}

impl From<&engine::SessionSummary> for Ratchet {
    fn from(session: &engine::SessionSummary) -> Self {
        Self {
            root_step: session.root_step,
            sending: (&session.sending).into(),
            receiving: session.receiving.iter().map(RatchetChain::from).collect(),
            is_unacknowledged: session.is_unacknowledged,
            post_quantum: (&session.post_quantum).into(),
        }
    }
}

impl From<&engine::ChainSummary> for RatchetChain {
    fn from(chain: &engine::ChainSummary) -> Self {
        Self {
            mark: engine::key_mark(&chain.ratchet_key),
            step: chain.step,
            held: chain.held.into(),
        }
    }
}

impl From<&engine::PostQuantumSummary> for PostQuantum {
    fn from(ratchet: &engine::PostQuantumSummary) -> Self {
        // An epoch takes dozens of messages: nobody comes to the last of these numbers.
        let number = |epoch| u32::try_from(epoch).unwrap_or(u32::MAX);
        let exchange = &ratchet.exchange;
        Self {
            epoch: number(ratchet.sending_epoch.0),
            exchanging: number(exchange.epoch.number()),
            side: match exchange.stage.side() {
                engine::ExchangeSide::Key => ExchangeSide::Key,
                engine::ExchangeSide::Ciphertext => ExchangeSide::Ciphertext,
            },
            stage: stage(exchange),
            outgoing: exchange.outgoing.map(Chunks::from),
            incoming: exchange.incoming.map(Chunks::from),
        }
    }
}

impl From<engine::Chunks> for Chunks {
    fn from(chunks: engine::Chunks) -> Self {
        Self {
            passed: chunks.passed,
            needed: chunks.needed,
        }
    }
}

fn stage(exchange: &engine::ExchangeSummary) -> ExchangeStage {
    use engine::ExchangeStage as Engine;

    match exchange.stage {
        Engine::KeysUnsampled => ExchangeStage::Waiting,
        Engine::NoHeaderReceived if exchange.incoming.is_none_or(|chunks| chunks.passed == 0) => {
            ExchangeStage::Waiting
        }
        Engine::KeysSampled | Engine::NoHeaderReceived | Engine::HeaderReceived => ExchangeStage::Header,
        Engine::HeaderSent | Engine::Ct1Sampled => ExchangeStage::Crossing,
        Engine::Ct1Received | Engine::EkReceivedCt1Sampled | Engine::Ct1Acknowledged => {
            ExchangeStage::HalfCrossed
        }
        Engine::EkSentCt1Received | Engine::Ct2Sampled => ExchangeStage::Last,
    }
}
