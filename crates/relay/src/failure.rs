//! How the program says that something failed: one sentence, and an exit code that a script can tell apart.

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;

use sotto_relay::ServeError;
use sotto_relay::config::ConfigError;
use sotto_relay::upkeep::UpkeepError;

/// Why a command failed.
#[derive(Debug)]
pub(crate) struct Failure {
    error: Box<dyn Error + Send + Sync>,
    code: u8,
}

impl Failure {
    /// The sentence, and what is behind it.
    pub(crate) fn report(&self) -> ExitCode {
        let mut sentence = format!("sotto-relay: {}", self.error);
        let mut source = self.error.source();
        while let Some(cause) = source {
            sentence = format!("{sentence}: {cause}");
            source = cause.source();
        }
        // Without standard error there is the exit code.
        writeln!(io::stderr(), "{sentence}").ok();
        ExitCode::from(self.code)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self {
            error: error.into(),
            code: 1,
        }
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self {
            error: error.into(),
            code: 2,
        }
    }
}

impl From<UpkeepError> for Failure {
    fn from(error: UpkeepError) -> Self {
        let code = match &error {
            UpkeepError::NoDatabase { .. } | UpkeepError::Exists { .. } | UpkeepError::File { .. } => 4,
            UpkeepError::Damaged | UpkeepError::NoSecret { .. } => 7,
            UpkeepError::Database(_) => 1,
        };
        Self {
            error: error.into(),
            code,
        }
    }
}

/// The exit codes of docs/relay.md; 2 is the command line's own.
impl From<ServeError> for Failure {
    fn from(error: ServeError) -> Self {
        let code = match &error {
            ServeError::Limit(_) | ServeError::BusAddress | ServeError::DatabaseAddress(_) => 2,
            ServeError::AddressInUse { .. }
            | ServeError::AddressNotAvailable { .. }
            | ServeError::AddressForbidden { .. }
            | ServeError::Listen { .. } => 3,
            ServeError::DataFolder(_) => 4,
            ServeError::DataFolderInUse => 5,
            ServeError::DatabaseTooNew => 6,
            ServeError::DatabaseDamaged
            | ServeError::PepperMissing
            | ServeError::PepperDamaged
            | ServeError::TrustRootDamaged
            | ServeError::OtherPepper => 7,
            ServeError::Tls(_) => 8,
            ServeError::Database(_) => 1,
        };
        Self {
            error: error.into(),
            code,
        }
    }
}
