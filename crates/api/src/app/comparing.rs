//! Cards and pictures of codes: what was handed over, judged.
//!
//! That there is nothing in it, or nothing that can be read, is an answer like any other: a camera gives it many times a
//! second.

use sotto_engine::Engine;
use sotto_engine::error::{CardError, CompareCardError, CompareCodeError, ScanError};
use sotto_engine::model::ContactId;

use crate::error::{ApiError, ErrorCode};
use crate::model::{Judgement, Picture};
use crate::qr;

/// Judges the card in a text.
pub(super) async fn card(engine: &Engine, contact: ContactId, text: &str) -> Result<Judgement, ApiError> {
    match engine.compare_card(contact, text).await {
        Ok(judgement) => Ok(judgement.into()),
        Err(CompareCardError::Card(CardError::None)) => Ok(Judgement::Nothing),
        Err(CompareCardError::Card(CardError::Damaged)) => Ok(Judgement::Damaged),
        Err(CompareCardError::Card(CardError::TooNew)) => Ok(Judgement::OtherVersion),
        Err(CompareCardError::NotFound) => Err(ErrorCode::NotFound.into()),
        Err(CompareCardError::Storage(error)) => Err(error.into()),
    }
}

/// Judges the code in a picture: that of a card, or that of a safety number.
pub(super) async fn picture(
    engine: &Engine,
    contact: ContactId,
    picture: Picture,
) -> Result<Judgement, ApiError> {
    // Some milliseconds of looking that belong to no runtime thread.
    let found = tokio::task::spawn_blocking(move || qr::decode(&picture)).await;
    let found = found.map_err(|_| ErrorCode::Internal)?;
    let code = match found {
        Ok(code) => code,
        Err(qr::DecodeError::NoCode) => return Ok(Judgement::Nothing),
        Err(qr::DecodeError::Unreadable) => return Ok(Judgement::Damaged),
        Err(qr::DecodeError::NoPicture) => return Err(ErrorCode::InvalidInput.into()),
    };
    if let Ok(text) = std::str::from_utf8(&code) {
        match card(engine, contact, text).await? {
            Judgement::Nothing => {}
            judgement => return Ok(judgement),
        }
    }
    match engine.compare_code(contact, code).await {
        Ok(judgement) => Ok(judgement.into()),
        Err(CompareCodeError::Code(ScanError::Malformed)) => Ok(Judgement::Damaged),
        Err(CompareCodeError::Code(ScanError::Version { .. })) => Ok(Judgement::OtherVersion),
        Err(CompareCodeError::NotFound) => Err(ErrorCode::NotFound.into()),
        Err(CompareCodeError::Storage(error)) => Err(error.into()),
    }
}
