//! The back end of several nodes: one PostgreSQL.
//!
//! Deliveries and acknowledgements go through [lanes](lane), which commit what waits as one group; everything else is a
//! transaction of its own. What two nodes could do at once is settled by the database:
//!
//! | what | by |
//! |---|---|
//! | the order of a mailbox | a counter in its row, whose lock is held until the commit: a reader that has seen an envelope has seen all before it |
//! | how full it is | the same row |
//! | a client message id is taken once | its primary key, under the same lock |
//! | a one-time prekey is handed out once | `FOR UPDATE SKIP LOCKED` |
//! | an invite is used as often as it may | one conditional `UPDATE` |
//!
//! While PostgreSQL cannot be reached, operations fail and the node lives on; the pool connects anew.

mod account;
mod group;
mod invite;
mod job;
mod lane;
mod open;
mod prekey;
mod sweep;
mod tls;
mod token;
mod waiting;

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use deadpool_postgres::{BuildError, Object, Pool, PoolError};
use sotto_wire::{AccountId, PrekeyBundle, PrekeyCounts, PrekeyUpload, Refusal};
use tokio::sync::oneshot;

use super::{Delivery, KnownInvite, Owner, Pending, Registration, StoreError, Waiting};
use crate::config::Limits;
use crate::hashes::UserNameHash;
use crate::mailbox::{MailboxAddress, MailboxId, Sequence, StoredEnvelope};
use crate::store::admission::{Admission, DeliveryTokens};
use lane::Lanes;

pub(crate) use open::OpenError;

/// What the database or the way to it can do wrong.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("the database failed")]
    Database(#[from] tokio_postgres::Error),
    #[error("the database cannot be reached")]
    Pool(#[from] PoolError),
    #[error("the pool of connections cannot be made")]
    Build(#[from] BuildError),
    /// A column does not hold what this program writes there.
    #[error("the database is damaged")]
    Damaged,
}

/// See the module.
pub(crate) struct Postgres {
    inner: Arc<Inner>,
    lanes: Lanes,
}

struct Inner {
    pool: Pool,
    limits: Limits,
    healthy: AtomicBool,
}

impl Inner {
    /// Keeps in mind whether the database works, and says so in the log when it does not.
    fn noted<T>(&self, outcome: Result<T, Failure>) -> Result<T, StoreError> {
        self.healthy.store(outcome.is_ok(), Ordering::Relaxed);
        outcome.map_err(|failure| {
            match &failure {
                Failure::Database(error) => {
                    tracing::error!(code = ?error.code().map(|code| code.code()), "the database failed");
                }
                Failure::Pool(_) => tracing::error!("the database cannot be reached"),
                failure => tracing::error!(%failure, "the database failed"),
            }
            StoreError::Failed
        })
    }

    async fn connection(&self) -> Result<Object, Failure> {
        Ok(self.pool.get().await?)
    }
}

/// A connection to the database before it is known which pepper it belongs to.
pub(crate) struct Connected {
    pool: Pool,
    /// What identifies the pepper it belongs to; none if it is new.
    pub(crate) fingerprint: Option<Vec<u8>>,
}

impl Connected {
    /// Connects and brings the schema to this program's version. Refuses a database that holds half a copy of another.
    pub(crate) async fn open(address: &str) -> Result<Self, OpenError> {
        let connected = Self::to_be_filled(address).await?;
        if open::is_half_copied(&connected.pool).await? {
            return Err(OpenError::HalfCopied);
        }
        Ok(connected)
    }

    /// Connects to one that may hold half a copy.
    pub(crate) async fn to_be_filled(address: &str) -> Result<Self, OpenError> {
        let pool = open::pool(address)?;
        open::migrate(&pool).await?;
        let fingerprint = open::fingerprint(&pool).await?;
        Ok(Self { pool, fingerprint })
    }

    /// One of its connections.
    pub(in crate::store) async fn connection(&self) -> Result<Object, Failure> {
        Ok(self.pool.get().await?)
    }

    /// Remembers that an invite to the relay is good no more.
    pub(crate) async fn withdraw_invite(&self, id: [u8; 8], expires_at_ms: u64) -> Result<(), Failure> {
        invite::withdraw(&self.connection().await?, id, expires_at_ms).await
    }

    /// The invites to the relay that were used or withdrawn, until they expire.
    pub(crate) async fn invites(&self) -> Result<Vec<KnownInvite>, Failure> {
        invite::all(&self.connection().await?).await
    }
}

impl Postgres {
    /// Uses the database if it belongs to the relay with this pepper, or to nobody yet.
    pub(in crate::store) async fn new(
        connected: Connected,
        fingerprint: &[u8],
        limits: Limits,
    ) -> Result<Self, OpenError> {
        open::claim(&connected.pool, fingerprint).await?;
        let inner = Arc::new(Inner {
            pool: connected.pool,
            limits,
            healthy: AtomicBool::new(true),
        });
        let lanes = Lanes::start(&inner);
        Ok(Self { inner, lanes })
    }

    pub(in crate::store) async fn close(&self) {
        self.lanes.close().await;
        self.inner.pool.close();
    }

    pub(in crate::store) async fn register(
        &self,
        registration: Registration,
    ) -> Pending<Result<(), Refusal>> {
        self.begin(move |inner| async move {
            account::register(&mut inner.connection().await?, &registration).await
        })
    }

    pub(in crate::store) async fn publish(
        &self,
        device: MailboxId,
        upload: Box<PrekeyUpload>,
    ) -> Pending<Result<PrekeyCounts, Refusal>> {
        self.begin(move |inner| async move {
            prekey::publish(
                &mut inner.connection().await?,
                device,
                &upload,
                inner.limits.one_time_prekeys,
            )
            .await
        })
    }

    pub(in crate::store) async fn take_bundle(
        &self,
        address: MailboxAddress,
        admission: Admission,
    ) -> Pending<Result<PrekeyBundle, Refusal>> {
        self.begin(move |inner| async move {
            prekey::take_bundle(&mut inner.connection().await?, address, &admission).await
        })
    }

    pub(in crate::store) async fn set_delivery_tokens(
        &self,
        mailbox: MailboxId,
        tokens: DeliveryTokens,
    ) -> Pending<Result<(), Refusal>> {
        self.begin(move |inner| async move {
            token::set(&mut inner.connection().await?, mailbox, &tokens)
                .await
                .map(Ok)
        })
    }

    pub(in crate::store) async fn set_user_name(
        &self,
        account: AccountId,
        name: Option<UserNameHash>,
    ) -> Pending<Result<(), Refusal>> {
        self.begin(move |inner| async move {
            account::set_user_name(&inner.connection().await?, account, name.as_ref()).await
        })
    }

    pub(in crate::store) async fn admits(
        &self,
        address: MailboxAddress,
        admission: Admission,
    ) -> Result<Result<(), Refusal>, StoreError> {
        let admits = async { token::admits(&self.inner.connection().await?, address, &admission).await };
        self.inner.noted(admits.await)
    }

    pub(in crate::store) async fn deliver(
        &self,
        delivery: Delivery,
        stored: impl FnMut(StoredEnvelope) + Send + 'static,
    ) -> Pending<Result<usize, Refusal>> {
        self.lanes.deliver(delivery, Box::new(stored)).await
    }

    pub(in crate::store) async fn acknowledge(
        &self,
        address: MailboxAddress,
        mailbox: MailboxId,
        sequences: Vec<Sequence>,
    ) -> Pending<Result<(), Refusal>> {
        self.lanes.acknowledge(address, mailbox, sequences).await
    }

    pub(in crate::store) async fn owner(&self, address: MailboxAddress) -> Result<Option<Owner>, StoreError> {
        let owner = async { account::owner(&self.inner.connection().await?, address).await };
        self.inner.noted(owner.await)
    }

    pub(in crate::store) async fn prekey_counts(
        &self,
        device: MailboxId,
    ) -> Result<PrekeyCounts, StoreError> {
        let counts = async { prekey::counts(&self.inner.connection().await?, device).await };
        self.inner.noted(counts.await)
    }

    pub(in crate::store) async fn find_user_name(
        &self,
        hash: UserNameHash,
    ) -> Result<Option<AccountId>, StoreError> {
        let found = async { account::find_by_user_name(&self.inner.connection().await?, &hash).await };
        self.inner.noted(found.await)
    }

    pub(in crate::store) async fn waiting(
        &self,
        mailbox: MailboxId,
        after: Sequence,
        count: usize,
        bytes: usize,
    ) -> Result<Waiting, StoreError> {
        let waiting =
            async { waiting::read(&self.inner.connection().await?, mailbox, after, count, bytes).await };
        self.inner.noted(waiting.await)
    }

    pub(in crate::store) async fn arrived_since(
        &self,
        positions: Vec<(MailboxId, Sequence)>,
    ) -> Result<HashSet<MailboxId>, StoreError> {
        let arrived = async { waiting::arrived_since(&self.inner.connection().await?, &positions).await };
        self.inner.noted(arrived.await)
    }

    pub(in crate::store) async fn sweep_at(&self, now_ms: u64) -> Result<(), Refusal> {
        let swept = sweep::sweep(&self.inner, now_ms).await;
        Ok(self.inner.noted(swept)?)
    }

    pub(in crate::store) fn is_healthy(&self) -> bool {
        self.inner.healthy.load(Ordering::Relaxed)
    }

    /// Begins a write that is a transaction of its own.
    fn begin<T: Send + 'static, Writing>(&self, write: impl FnOnce(Arc<Inner>) -> Writing) -> Pending<T>
    where
        Writing: Future<Output = Result<T, Failure>> + Send + 'static,
    {
        let (answer, pending) = oneshot::channel();
        let inner = Arc::clone(&self.inner);
        let writing = write(Arc::clone(&inner));
        tokio::spawn(async move {
            // Whoever asked may be gone; the write stands.
            answer.send(inner.noted(writing.await)).ok();
        });
        Pending(pending)
    }
}

/// The bytes of a column; how they are read is the caller's.
fn decoded<T, E>(bytes: Result<T, E>) -> Result<T, Failure> {
    bytes.map_err(|_| Failure::Damaged)
}

/// A number that this program wrote as unsigned.
fn unsigned<T: TryFrom<i64>>(number: i64) -> Result<T, Failure> {
    decoded(T::try_from(number))
}
