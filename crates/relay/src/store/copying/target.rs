//! The PostgreSQL that is filled.

use deadpool_postgres::{Object, Transaction};
use tokio_postgres::types::ToSql;

use super::source::{Batch, Values};
use super::table::{Kind, Table};
use super::{CopyError, TABLES};
use crate::store::postgres::{Connected, Failure};

/// Held as long as the copy takes, so that there is one.
const COPYING: i64 = 0x5077_0003;

/// See the module.
pub(super) struct Target {
    /// The one that holds the lock.
    connection: Object,
}

impl Target {
    /// Makes sure that the database is empty, but for what a copy of the same relay has left.
    pub(super) async fn begin(connected: Connected, fingerprint: &[u8]) -> Result<Self, CopyError> {
        let mut connection = connected.connection().await?;
        // A table is counted in one statement, however large it is.
        connection.batch_execute("SET statement_timeout = 0").await?;
        let alone = connection
            .query_one("SELECT pg_try_advisory_lock($1)", &[&COPYING])
            .await?;
        if !alone.try_get::<_, bool>(0)? {
            return Err(CopyError::UnderWay);
        }
        let transaction = connection.transaction().await?;
        // No relay starts to use it from here to the end of the transaction; then it sees the row.
        transaction
            .batch_execute("LOCK TABLE relay IN SHARE ROW EXCLUSIVE MODE")
            .await?;
        if is_any(&transaction, "relay").await? {
            return Err(CopyError::InUse);
        }
        let begun = "SELECT pepper_fingerprint FROM copying";
        match transaction.query_opt(begun, &[]).await? {
            Some(row) if row.try_get::<_, &[u8]>(0)? == fingerprint => {
                let names: Vec<_> = TABLES.iter().map(|table| table.name).collect();
                let empty = format!("TRUNCATE {} RESTART IDENTITY", names.join(", "));
                transaction.batch_execute(&empty).await?;
            }
            Some(_) => return Err(CopyError::OtherCopy),
            None => {
                for table in TABLES {
                    if is_any(&transaction, table.name).await? {
                        return Err(CopyError::NotEmpty);
                    }
                }
                let insert = "INSERT INTO copying (pepper_fingerprint) VALUES ($1)";
                transaction.execute(insert, &[&fingerprint]).await?;
            }
        }
        transaction.commit().await?;
        Ok(Self { connection })
    }

    /// Writes some rows, in a transaction of their own.
    pub(super) async fn write(&mut self, table: &Table, Batch(columns): &Batch) -> Result<(), CopyError> {
        let insert = self.connection.prepare_cached(&insert(table)).await?;
        let values: Vec<&(dyn ToSql + Sync)> = columns
            .iter()
            .map(|values| match values {
                Values::Numbers(numbers) => numbers as &(dyn ToSql + Sync),
                Values::Bytes(bytes) => bytes,
            })
            .collect();
        self.connection.execute(&insert, &values).await?;
        Ok(())
    }

    /// How many rows there are now.
    pub(super) async fn count(&self, table: &Table) -> Result<u64, CopyError> {
        let count = format!("SELECT count(*) FROM {}", table.name);
        let row = self.connection.query_one(&count, &[]).await?;
        Ok(row.try_get::<_, i64>(0)?.cast_unsigned())
    }

    /// Gives the database to the relay with this pepper.
    pub(super) async fn finish(mut self, fingerprint: &[u8]) -> Result<(), CopyError> {
        let transaction = self.connection.transaction().await?;
        for table in TABLES.iter().filter(|table| table.numbered) {
            let name = table.name;
            let go_on = format!(
                "SELECT setval(pg_get_serial_sequence('{name}', 'id'), max(id)) FROM {name} HAVING max(id) IS NOT NULL"
            );
            transaction.execute(&go_on, &[]).await?;
        }
        let claim = "INSERT INTO relay (pepper_fingerprint) VALUES ($1)";
        transaction.execute(claim, &[&fingerprint]).await?;
        transaction.execute("DELETE FROM copying", &[]).await?;
        transaction.commit().await?;
        // Of these tables nothing is known yet by which a good plan is found.
        self.connection.batch_execute("ANALYZE").await?;
        Ok(())
    }
}

async fn is_any(transaction: &Transaction<'_>, table: &str) -> Result<bool, Failure> {
    let any = format!("SELECT EXISTS (SELECT FROM {table})");
    Ok(transaction.query_one(&any, &[]).await?.try_get(0)?)
}

/// The statement that takes each column of a batch as one array.
fn insert(table: &Table) -> String {
    let list = |one: &dyn Fn(usize, &str, Kind) -> String| {
        let columns = table.columns.iter().enumerate();
        let list: Vec<_> = columns
            .map(|(place, column)| one(place + 1, column.name, column.kind))
            .collect();
        list.join(", ")
    };
    let names = list(&|_, name, _| name.to_owned());
    let values = list(&|_, name, kind| match kind {
        Kind::Number | Kind::Bytes => name.to_owned(),
        Kind::Small => format!("{name}::smallint"),
        Kind::Flag => format!("{name} <> 0"),
    });
    let arrays = list(&|place, _, kind| match kind {
        Kind::Bytes => format!("${place}::bytea[]"),
        _ => format!("${place}::bigint[]"),
    });
    format!(
        "INSERT INTO {} ({names}) OVERRIDING SYSTEM VALUE SELECT {values} FROM UNNEST({arrays}) AS rows ({names})",
        table.name
    )
}
