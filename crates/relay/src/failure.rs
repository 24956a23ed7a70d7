//! How the program says that something failed: one sentence, and an exit code that a script can tell apart.

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;

use sotto_relay::ServeError;
use sotto_relay::config::ConfigError;
use sotto_relay::upkeep::{InviteError, MoveError, UpkeepError};

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

impl From<InviteError> for Failure {
    fn from(error: InviteError) -> Self {
        let code = match &error {
            InviteError::Open(error) => code_of(error),
            InviteError::NotAnInvite | InviteError::NotOurs | InviteError::Expired | InviteError::Unknown => {
                2
            }
            InviteError::NoDatabase { .. } => 4,
            InviteError::NoRandomness | InviteError::Embedded(_) | InviteError::Shared(_) => 1,
        };
        Self {
            error: error.into(),
            code,
        }
    }
}

impl From<MoveError> for Failure {
    fn from(error: MoveError) -> Self {
        let code = match &error {
            MoveError::NoTarget => 2,
            MoveError::NoDatabase { .. } => 4,
            MoveError::Open(error) => code_of(error),
            MoveError::InUse | MoveError::NotEmpty | MoveError::OtherCopy | MoveError::UnderWay => 9,
            MoveError::Read(_) | MoveError::Write(_) | MoveError::Differs { .. } | MoveError::Stopped => 1,
        };
        Self {
            error: error.into(),
            code,
        }
    }
}

impl From<ServeError> for Failure {
    fn from(error: ServeError) -> Self {
        let code = code_of(&error);
        Self {
            error: error.into(),
            code,
        }
    }
}

/// The exit codes of docs/relay.md; 2 is the command line's own.
fn code_of(error: &ServeError) -> u8 {
    match error {
        ServeError::Limit(_) | ServeError::BusAddress | ServeError::DatabaseAddress(_) => 2,
        ServeError::AddressInUse { .. }
        | ServeError::AddressNotAvailable { .. }
        | ServeError::AddressForbidden { .. }
        | ServeError::Listen { .. } => 3,
        ServeError::DataFolder(_) => 4,
        ServeError::DataFolderInUse => 5,
        ServeError::DatabaseTooNew | ServeError::DatabaseTooOld => 6,
        ServeError::DatabaseDamaged
        | ServeError::DatabaseHalfCopied
        | ServeError::PepperMissing
        | ServeError::PepperDamaged
        | ServeError::TrustRootDamaged
        | ServeError::OtherPepper => 7,
        ServeError::Tls(_) => 8,
        ServeError::Database(_) => 1,
    }
}
