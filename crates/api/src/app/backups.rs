//! An account in one file: made here, or brought here in pieces by the page, which alone can read what the user chose.
//!
//! The page carries only what is sealed, a piece at a time; the keys never come near it.

use std::io::{Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use sotto_engine::error::BackupFileError;
use sotto_engine::profile::private_file;
use sotto_engine::vault::RecoveryCode;
use sotto_engine::{Engine, Restore, recognise_backup};

use super::transitions::new_slots;
use super::{App, Stage};
use crate::error::{ApiError, ErrorCode};
use crate::explain::folder_trouble;
use crate::model::{AppState, SavedBackup, TypedCode, VaultChoice};

/// The longest piece, in base64: what a page sends at once.
const MOST: usize = 2 * 1024 * 1024;

impl App {
    /// Makes a backup where downloads go.
    pub(super) async fn back_up(&self, code: &TypedCode) -> Result<SavedBackup, ApiError> {
        let account = self.account().await?;
        let code = RecoveryCode::parse(code.expose())?;
        let folder = self.start.downloads.clone().ok_or(ErrorCode::Internal)?;
        let made = account.engine.back_up(code, folder).await?;
        Ok(SavedBackup {
            file: made.path.to_string_lossy().into_owned(),
            bytes: i64::try_from(made.bytes).unwrap_or(i64::MAX),
        })
    }

    /// Takes a piece of a backup. The first one begins anew, whatever was brought before.
    pub(super) async fn bring(&self, offset: i64, bytes: &str) -> Result<(), ApiError> {
        let _transition = self.transition().await;
        let Stage::Onboarding { profile } = self.stage().await else {
            return Err(ErrorCode::NotReady.into());
        };
        let offset = u64::try_from(offset).map_err(|_| ErrorCode::InvalidInput)?;
        if bytes.len() > MOST {
            return Err(ErrorCode::InvalidInput.into());
        }
        let piece = BASE64.decode(bytes).map_err(|_| ErrorCode::InvalidInput)?;
        if offset == 0 {
            profile.forget_incoming();
            recognise_backup(&piece)?;
        }
        let file = profile.incoming_backup();
        tokio::task::spawn_blocking(move || put(file, offset, &piece))
            .await
            .map_err(|_| ErrorCode::Internal)?
    }

    /// Makes the account that is in the backup which was brought the account of this profile.
    pub(super) async fn restore(
        self: &Arc<Self>,
        code: &TypedCode,
        vault: VaultChoice,
    ) -> Result<AppState, ApiError> {
        let _transition = self.transition().await;
        let Stage::Onboarding { profile } = self.stage().await else {
            return Err(ErrorCode::NotReady.into());
        };
        let file = profile.incoming_backup();
        if !file.exists() {
            return Err(BackupFileError::NotABackup.into());
        }
        let from = Restore {
            file,
            code: RecoveryCode::parse(code.expose())?,
            vault: new_slots(vault)?,
        };
        let restored = Engine::restore(Arc::clone(&profile), self.start.environment.clone(), from).await;
        let engine = match restored {
            Ok(engine) => engine,
            Err(error) => return self.not_made(&profile, error.into()).await,
        };
        profile.forget_incoming();
        let relay = self.own_relay(&profile).await;
        let account = self.account_of(profile, engine, relay).await;
        self.enter_ready(account).await;
        self.state().await
    }
}

/// Writes a piece where the one before it ended; nothing else is a file that grows.
fn put(file: PathBuf, offset: u64, piece: &[u8]) -> Result<(), ApiError> {
    let write = || {
        let mut file = private_file().write(true).create(offset == 0).open(file)?;
        if file.seek(SeekFrom::End(0))? != offset {
            return Ok(false);
        }
        file.write_all(piece)?;
        Ok(true)
    };
    match write() {
        Ok(true) => Ok(()),
        Ok(false) => Err(ErrorCode::InvalidInput.into()),
        Err(error) => Err(folder_trouble(&error)),
    }
}
