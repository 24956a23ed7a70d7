//! Invites to the relay that were used or withdrawn, until they expire.

use deadpool_postgres::{Object, Transaction};

use super::{Failure, decoded, unsigned};
use crate::store::admission::stored_expiry;
use crate::store::{KnownInvite, SpentInvite};

/// Uses an invite once more; false if it is used up or withdrawn.
pub(super) async fn spend(transaction: &Transaction<'_>, invite: &SpentInvite) -> Result<bool, Failure> {
    let spend = "INSERT INTO spent_invites (invite, accounts, expires_at_ms) VALUES ($1, 1, $2)
                 ON CONFLICT (invite) DO UPDATE SET accounts = spent_invites.accounts + 1
                 WHERE spent_invites.accounts < $3 AND NOT spent_invites.withdrawn";
    let (accounts, expires) = (i64::from(invite.accounts), stored_expiry(invite.expires_at_ms));
    let spent = transaction
        .execute(spend, &[&invite.id.as_slice(), &expires, &accounts])
        .await?;
    Ok(spent == 1)
}

/// Remembers that an invite is good no more.
pub(super) async fn withdraw(connection: &Object, id: [u8; 8], expires_at_ms: u64) -> Result<(), Failure> {
    let withdraw =
        "INSERT INTO spent_invites (invite, accounts, expires_at_ms, withdrawn) VALUES ($1, 0, $2, true)
                    ON CONFLICT (invite) DO UPDATE SET withdrawn = true";
    connection
        .execute(withdraw, &[&id.as_slice(), &stored_expiry(expires_at_ms)])
        .await?;
    Ok(())
}

/// Those that are remembered.
pub(super) async fn all(connection: &Object) -> Result<Vec<KnownInvite>, Failure> {
    let all =
        "SELECT invite, accounts, expires_at_ms, withdrawn FROM spent_invites ORDER BY expires_at_ms, invite";
    let rows = connection.query(all, &[]).await?;
    rows.iter()
        .map(|row| {
            Ok(KnownInvite {
                id: decoded(row.try_get::<_, &[u8]>(0)?.try_into())?,
                accounts: unsigned(row.try_get(1)?)?,
                expires_at_ms: unsigned(row.try_get(2)?)?,
                withdrawn: row.try_get(3)?,
            })
        })
        .collect()
}
