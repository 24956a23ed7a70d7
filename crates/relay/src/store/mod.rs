//! What the relay keeps: public keys, keyed hashes, ciphertexts.
//!
//! One interface, several back ends, and one suite of tests that each of them passes:
//!
//! | back end | for | what it is |
//! |---|---|---|
//! | [`sqlite`] | one node, the default | a file in the data folder, one writer thread, group commit |
//! | [`postgres`] | any number of nodes | a database that they share, group commit by each of them |
//!
//! What holds for each of them:
//! - **Nobody is answered before it is on disk.** A write is *queued in its place* when the method returns, and done when the
//!   [`Pending`] that it returned is ready. Deliveries to one mailbox and acknowledgements of it happen in the order in which
//!   they were queued.
//! - **A refusal or a failure changes nothing**, but for a delivery, of which a prefix is kept.
//! - **A reader that has seen an envelope has seen all before it**: those of one mailbox become visible in the order of
//!   their [`Sequence`].
//! - **Commits are shared.** What waits is committed as one group, since a commit costs the disk the same for one
//!   delivery as for hundreds.

pub(crate) mod admission;
pub(crate) mod copying;
mod postgres;
mod sqlite;

use std::collections::HashSet;
use std::fs::File;
use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll};

use sotto_wire::open::Envelope;
use sotto_wire::{AccountId, CurveKey, PrekeyBundle, PrekeyCounts, PrekeyUpload, Refusal};
use tokio::sync::oneshot;

use crate::clock::{Day, now_ms};
use crate::config::Limits;
use crate::hashes::UserNameHash;
use crate::mailbox::{MailboxAddress, MailboxId, Sequence, StoredEnvelope};
use postgres::Postgres;
use sqlite::Sqlite;

pub(crate) use admission::{Admission, DeliveryTokens};
pub(crate) use postgres::{Connected, Failure as PostgresFailure, OpenError as PostgresError};
pub(crate) use sqlite::{Beside, OpenError as SqliteError, lay_out};

/// When a client may try again after the store failed, which mostly means a full disk.
const RETRY_AFTER_MS: u32 = 5_000;

/// The store could not do it; nothing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum StoreError {
    /// The database or the disk under it failed; the log says how.
    #[error("the database failed")]
    Failed,
    /// The store is closed.
    #[error("the store is closed")]
    Closed,
}

impl From<StoreError> for Refusal {
    fn from(_: StoreError) -> Self {
        Self::Unavailable {
            retry_after_ms: RETRY_AFTER_MS,
        }
    }
}

/// A write that is in the queue, in its place; ready when it is on disk.
#[must_use]
pub(crate) struct Pending<T>(oneshot::Receiver<Result<T, StoreError>>);

impl<T> Future for Pending<Result<T, Refusal>> {
    type Output = Result<T, Refusal>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(cx).map(|outcome| {
            outcome
                .unwrap_or(Err(StoreError::Closed))
                .unwrap_or_else(|error| Err(error.into()))
        })
    }
}

/// An account to make, with a device.
#[derive(Clone)]
pub(crate) struct Registration {
    pub(crate) address: MailboxAddress,
    pub(crate) identity_key: CurveKey,
    pub(crate) registration_id: u32,
    pub(crate) user_name: Option<UserNameHash>,
    /// What if there is no such account yet.
    pub(crate) if_new: IfNew,
}

/// Whether an account may be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IfNew {
    Allowed,
    /// If the invite is not used up; by this it is used once more.
    Spends(SpentInvite),
    Refused(Refusal),
}

/// An invite to the relay, which was checked, as the store remembers it from its first use to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SpentInvite {
    pub(crate) id: [u8; 8],
    /// How many accounts it is good for.
    pub(crate) accounts: u16,
    pub(crate) expires_at_ms: u64,
}

/// An invite to the relay that was used or withdrawn, and has not expired.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct KnownInvite {
    pub(crate) id: [u8; 8],
    /// How many were made by it.
    pub(crate) accounts: u32,
    pub(crate) expires_at_ms: u64,
    pub(crate) withdrawn: bool,
}

/// Who owns a mailbox.
pub(crate) struct Owner {
    pub(crate) mailbox: MailboxId,
    pub(crate) identity_key: CurveKey,
    /// Which installation has the mailbox: the last that registered.
    pub(crate) registration_id: u32,
}

/// What waits in a mailbox.
pub(crate) struct Waiting {
    pub(crate) envelopes: Vec<StoredEnvelope>,
    /// There are more.
    pub(crate) more: bool,
    /// If there are no more: there is nothing else up to here.
    pub(crate) up_to: Sequence,
}

/// Envelopes to keep, in this order.
pub(crate) struct Delivery {
    pub(crate) address: MailboxAddress,
    pub(crate) admission: Admission,
    pub(crate) envelopes: Vec<Envelope>,
}

/// What became of a delivery.
#[derive(Default)]
struct Kept {
    /// How many of its envelopes are kept, from the first one on.
    count: usize,
    /// Those among them that were not before.
    new: Vec<StoredEnvelope>,
}

/// Client message ids and used prekeys are remembered at least so long: a sender that was offline for weeks tries the
/// very same delivery again.
const REMEMBERED_DAYS: u32 = 30;

/// The day before which client message ids and used prekeys are forgotten: never before the envelope itself is gone; a day
/// more, since the day is all that is known.
fn forgotten_before(now_ms: u64, limits: &Limits) -> Day {
    Day::of(now_ms).minus(limits.retention_days.max(REMEMBERED_DAYS) + 1)
}

/// See the module.
pub(crate) enum Store {
    Sqlite(Sqlite),
    Postgres(Postgres),
}

impl Store {
    /// Opens the embedded database, or makes it, and brings it to this program's version. The lock is held until the
    /// last write is done.
    pub(crate) fn sqlite(path: &Path, limits: Limits, lock: File) -> Result<Self, SqliteError> {
        Sqlite::open(path, limits, lock).map(Self::Sqlite)
    }

    /// Uses a PostgreSQL if it belongs to the relay with this pepper, or to nobody yet.
    pub(crate) async fn postgres(
        connected: Connected,
        fingerprint: &[u8],
        limits: Limits,
    ) -> Result<Self, PostgresError> {
        Postgres::new(connected, fingerprint, limits)
            .await
            .map(Self::Postgres)
    }

    /// Writes what waits and closes.
    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite(store) => store.close().await,
            Self::Postgres(store) => store.close().await,
        }
    }

    /// Makes an account with a device, or a device of an account; the same again changes nothing.
    pub(crate) async fn register(&self, registration: Registration) -> Pending<Result<(), Refusal>> {
        match self {
            Self::Sqlite(store) => store.register(registration).await,
            Self::Postgres(store) => store.register(registration).await,
        }
    }

    /// Adds the prekeys, whose signatures have been checked; all of them or none.
    pub(crate) async fn publish(
        &self,
        device: MailboxId,
        upload: Box<PrekeyUpload>,
    ) -> Pending<Result<PrekeyCounts, Refusal>> {
        match self {
            Self::Sqlite(store) => store.publish(device, upload).await,
            Self::Postgres(store) => store.publish(device, upload).await,
        }
    }

    /// Hands a bundle out, and with it a one-time prekey of each kind if there is one. Who is refused uses nothing up.
    pub(crate) async fn take_bundle(
        &self,
        address: MailboxAddress,
        admission: Admission,
    ) -> Pending<Result<PrekeyBundle, Refusal>> {
        match self {
            Self::Sqlite(store) => store.take_bundle(address, admission).await,
            Self::Postgres(store) => store.take_bundle(address, admission).await,
        }
    }

    /// Makes these the tokens that open the mailbox. What is counted for an invite that is known stays; one that is not
    /// named is good no more.
    pub(crate) async fn set_delivery_tokens(
        &self,
        address: MailboxAddress,
        mailbox: MailboxId,
        tokens: DeliveryTokens,
    ) -> Pending<Result<(), Refusal>> {
        match self {
            Self::Sqlite(store) => store.set_delivery_tokens(address, mailbox, tokens).await,
            Self::Postgres(store) => store.set_delivery_tokens(mailbox, tokens).await,
        }
    }

    /// Gives an account this user name and no other, or none; refused if it is somebody else's. The same again changes
    /// nothing.
    pub(crate) async fn set_user_name(
        &self,
        address: MailboxAddress,
        name: Option<UserNameHash>,
    ) -> Pending<Result<(), Refusal>> {
        match self {
            Self::Sqlite(store) => store.set_user_name(address.account, name).await,
            Self::Postgres(store) => store.set_user_name(address.account, name).await,
        }
    }

    /// Whether an envelope would be taken, for those that are not to be kept. Counts nothing.
    pub(crate) async fn admits(
        &self,
        address: MailboxAddress,
        admission: Admission,
    ) -> Result<Result<(), Refusal>, StoreError> {
        match self {
            Self::Sqlite(store) => store.admits(address, admission).await,
            Self::Postgres(store) => store.admits(address, admission).await,
        }
    }

    /// Keeps envelopes, except those whose client message id was taken before; answers how many of them are kept now,
    /// from the first one on. One that is refused ends it, so that nothing overtakes; if it is the first, it is the
    /// delivery that is refused. `taken` hears of new ones, in the order of their sequence, as soon as they have their place
    /// in it; that may be before they are on disk, and if the group fails they are never there. They keep their
    /// [name](MailboxAddress::envelope_id), so that an owner who is handed one twice sees that it is the same.
    pub(crate) async fn deliver(
        &self,
        delivery: Delivery,
        taken: impl FnMut(StoredEnvelope) + Send + 'static,
    ) -> Pending<Result<usize, Refusal>> {
        match self {
            Self::Sqlite(store) => store.deliver(delivery, taken).await,
            Self::Postgres(store) => store.deliver(delivery, taken).await,
        }
    }

    /// Deletes envelopes of a mailbox.
    pub(crate) async fn acknowledge(
        &self,
        address: MailboxAddress,
        mailbox: MailboxId,
        sequences: Vec<Sequence>,
    ) -> Pending<Result<(), Refusal>> {
        match self {
            Self::Sqlite(store) => store.acknowledge(address, mailbox, sequences).await,
            Self::Postgres(store) => store.acknowledge(address, mailbox, sequences).await,
        }
    }

    /// Who owns the mailbox, if there is one.
    pub(crate) async fn owner(&self, address: MailboxAddress) -> Result<Option<Owner>, StoreError> {
        match self {
            Self::Sqlite(store) => store.owner(address).await,
            Self::Postgres(store) => store.owner(address).await,
        }
    }

    /// What is left of a device's prekeys.
    pub(crate) async fn prekey_counts(&self, device: MailboxId) -> Result<PrekeyCounts, StoreError> {
        match self {
            Self::Sqlite(store) => store.prekey_counts(device).await,
            Self::Postgres(store) => store.prekey_counts(device).await,
        }
    }

    /// The account with this user name.
    pub(crate) async fn find_user_name(&self, hash: UserNameHash) -> Result<Option<AccountId>, StoreError> {
        match self {
            Self::Sqlite(store) => store.find_user_name(hash).await,
            Self::Postgres(store) => store.find_user_name(hash).await,
        }
    }

    /// The next envelopes of a mailbox after one, oldest first: `count` of them or until they have `bytes` bytes.
    pub(crate) async fn waiting(
        &self,
        mailbox: MailboxId,
        after: Sequence,
        count: usize,
        bytes: usize,
    ) -> Result<Waiting, StoreError> {
        match self {
            Self::Sqlite(store) => store.waiting(mailbox, after, count, bytes).await,
            Self::Postgres(store) => store.waiting(mailbox, after, count, bytes).await,
        }
    }

    /// Deletes envelopes nobody fetched, and forgets client message ids and used prekeys, that are older than allowed.
    pub(crate) async fn sweep(&self) -> Result<(), Refusal> {
        self.sweep_at(now_ms()).await
    }

    async fn sweep_at(&self, now_ms: u64) -> Result<(), Refusal> {
        match self {
            Self::Sqlite(store) => store.sweep_at(now_ms).await,
            Self::Postgres(store) => store.sweep_at(now_ms).await,
        }
    }

    /// To be called now and then: what was written last does not wait for ever for its place in the tables.
    pub(crate) fn settle(&self) {
        match self {
            Self::Sqlite(store) => store.settle(),
            Self::Postgres(_) => {}
        }
    }

    /// Those of the mailboxes that have envelopes after the ones named.
    pub(crate) async fn arrived_since(
        &self,
        positions: Vec<(MailboxId, Sequence)>,
    ) -> Result<HashSet<MailboxId>, StoreError> {
        match self {
            Self::Sqlite(store) => store.arrived_since(positions).await,
            Self::Postgres(store) => store.arrived_since(positions).await,
        }
    }

    /// Whether other nodes write to it too. Then the sequences of a mailbox have no gaps but where envelopes were deleted, by
    /// which a node sees that it has missed something.
    pub(crate) fn is_shared(&self) -> bool {
        match self {
            Self::Sqlite(_) => false,
            Self::Postgres(_) => true,
        }
    }

    /// False after a write failed, until one succeeds.
    pub(crate) fn is_healthy(&self) -> bool {
        match self {
            Self::Sqlite(store) => store.is_healthy(),
            Self::Postgres(store) => store.is_healthy(),
        }
    }
}

#[cfg(test)]
mod conformance;
