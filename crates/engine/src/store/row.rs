//! Reading columns of types that are not ours to implement traits for.

use rusqlite::Row;
use sotto_wire::{AccountId, DeliveryToken, RelayAddress, UserName};

use crate::error::StorageError;
use crate::model::DisplayName;

/// Columns of such types. What does not read back as its type is a damaged database.
pub(super) trait RowExt {
    fn account(&self, column: &str) -> Result<AccountId, StorageError>;
    fn optional_account(&self, column: &str) -> Result<Option<AccountId>, StorageError>;
    fn relay(&self, column: &str) -> Result<RelayAddress, StorageError>;
    fn optional_name(&self, column: &str) -> Result<Option<DisplayName>, StorageError>;
    fn optional_token(&self, column: &str) -> Result<Option<DeliveryToken>, StorageError>;
    fn optional_user_name(&self, column: &str) -> Result<Option<UserName>, StorageError>;
}

impl RowExt for Row<'_> {
    fn account(&self, column: &str) -> Result<AccountId, StorageError> {
        parse_account(self.get(column)?)
    }

    fn optional_account(&self, column: &str) -> Result<Option<AccountId>, StorageError> {
        self.get::<_, Option<[u8; 16]>>(column)?
            .map(parse_account)
            .transpose()
    }

    fn relay(&self, column: &str) -> Result<RelayAddress, StorageError> {
        self.get::<_, String>(column)?
            .parse()
            .map_err(|_| StorageError::Corrupted)
    }

    fn optional_name(&self, column: &str) -> Result<Option<DisplayName>, StorageError> {
        let name = self.get::<_, Option<String>>(column)?;
        name.map(|name| DisplayName::parse(&name))
            .transpose()
            .map_err(|_| StorageError::Corrupted)
    }

    fn optional_token(&self, column: &str) -> Result<Option<DeliveryToken>, StorageError> {
        self.get::<_, Option<Vec<u8>>>(column)?
            .map(parse_token)
            .transpose()
    }

    fn optional_user_name(&self, column: &str) -> Result<Option<UserName>, StorageError> {
        let name = self.get::<_, Option<String>>(column)?;
        name.map(|name| name.parse())
            .transpose()
            .map_err(|_| StorageError::Corrupted)
    }
}

fn parse_token(bytes: Vec<u8>) -> Result<DeliveryToken, StorageError> {
    DeliveryToken::new(bytes).ok_or(StorageError::Corrupted)
}

fn parse_account(bytes: [u8; 16]) -> Result<AccountId, StorageError> {
    AccountId::from_slice(&bytes).map_err(|_| StorageError::Corrupted)
}
