//! `sotto-relay backup <folder>`.

use std::path::PathBuf;

use clap::Args;

use super::Settings;
use crate::failure::Failure;

#[derive(Args)]
pub(super) struct Backup {
    /// Where the copy goes: a folder, made if it is not there. Nothing in it is overwritten.
    folder: PathBuf,
    #[command(flatten)]
    settings: Settings,
}

impl Backup {
    pub(super) fn run(self) -> Result<(), Failure> {
        let config = self.settings.effective()?.config;
        Ok(sotto_relay::upkeep::backup(&config, &self.folder)?)
    }
}
