//! The embedded back end: one file, one process.
//!
//! One SQLite database in WAL mode with `synchronous=FULL`: what is committed survives a crash of the machine. One
//! [writer](writer) thread commits whatever waits as one group, since a commit costs the disk the same for one
//! delivery as for hundreds; nobody is answered before their group is on disk. What arrives goes into the
//! [journal](journal) first, and from there into the tables. Reads go beside it, and read both.

mod beside;
mod delivery;
mod journal;
mod open;
mod reader;
mod sweep;
mod table;
mod usage;
mod writer;

use std::collections::HashSet;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use sotto_wire::{AccountId, PrekeyBundle, PrekeyCounts, PrekeyUpload, Refusal};

use super::{Delivery, IfNew, Owner, Pending, Registration, StoreError, Waiting};
use crate::clock::{Day, now_ms};
use crate::config::Limits;
use crate::hashes::UserNameHash;
use crate::mailbox::{MailboxAddress, MailboxId, Sequence, StoredEnvelope};
use crate::store::Kept;
use crate::store::admission::{Admission, Admitted, DeliveryTokens, NOBODY};
use delivery::keep;
use journal::Journal;
use reader::Readers;
use table::one_time_prekey::NewPrekey;
use table::{
    Kind, account, delivery_token, device, envelope, one_time_prekey, spent_invite, standing_prekey,
};
use writer::Writer;

pub(crate) use beside::Beside;
pub(crate) use journal::lay_out;
pub(crate) use open::OpenError;
pub(in crate::store) use open::readable;

/// See the module.
pub(crate) struct Sqlite {
    writer: Writer,
    readers: Readers,
    limits: Limits,
}

impl Sqlite {
    /// Opens the database, or makes it, and brings it to this program's version. The lock is held until the last
    /// write is done.
    pub(in crate::store) fn open(path: &Path, limits: Limits, lock: File) -> Result<Self, OpenError> {
        let connection = open::writable(path)?;
        let writer = Writer::start(connection, lock)?;
        Ok(Self {
            writer,
            readers: Readers::new(path),
            limits,
        })
    }

    /// Writes what waits, folds the write-ahead log into the database and closes it.
    pub(in crate::store) async fn close(&self) {
        self.readers.close();
        self.writer.close().await;
    }

    /// Makes an account with a device, or a device of an account; the same again changes nothing.
    pub(in crate::store) async fn register(
        &self,
        registration: Registration,
    ) -> Pending<Result<(), Refusal>> {
        self.writer
            .submit(
                move |writing| {
                    let Registration {
                        address,
                        identity_key,
                        registration_id,
                        user_name,
                        if_new,
                    } = &registration;
                    let holder = match user_name {
                        Some(hash) => account::find_by_user_name(writing.transaction, hash)?,
                        None => None,
                    };
                    if holder.is_some_and(|holder| holder != address.account) {
                        return Ok(Err(Refusal::UserNameTaken));
                    }
                    let known = account::find(writing.transaction, address.account)?;
                    let (id, has_user_name) = match known {
                        Some(known) if known.identity_key != *identity_key => {
                            return Ok(Err(Refusal::AlreadyRegistered));
                        }
                        Some(known) if known.has_user_name && user_name.is_some() && holder.is_none() => {
                            return Ok(Err(Refusal::AlreadyRegistered));
                        }
                        Some(known) => (known.id, known.has_user_name),
                        None => {
                            match if_new {
                                IfNew::Allowed => {}
                                IfNew::Spends(invite) => {
                                    if !spent_invite::spend(writing.transaction, invite)? {
                                        return Ok(Err(Refusal::WrongInvite));
                                    }
                                }
                                IfNew::Refused(refusal) => return Ok(Err(*refusal)),
                            }
                            (
                                account::insert(writing.transaction, address.account, identity_key)?,
                                false,
                            )
                        }
                    };
                    if let (Some(hash), false) = (user_name, has_user_name) {
                        account::set_user_name(writing.transaction, id, Some(hash))?;
                    }
                    device::put(writing.transaction, id, address.device, *registration_id)?;
                    Ok(Ok(()))
                },
                |outcome| outcome,
            )
            .await
    }

    /// Adds the prekeys, whose signatures have been checked; all of them or none.
    pub(in crate::store) async fn publish(
        &self,
        device: MailboxId,
        upload: Box<PrekeyUpload>,
    ) -> Pending<Result<PrekeyCounts, Refusal>> {
        let limit = self.limits.one_time_prekeys;
        self.writer
            .submit(
                move |writing| {
                    let mut new = Vec::new();
                    if upload.is_in_place_of_all() {
                        let (curve, kyber) = (upload.one_time_prekeys(), upload.one_time_kyber_prekeys());
                        // Refused before anything is forgotten: what a transaction has done stays done here.
                        if curve.len().max(kyber.len()) > limit as usize {
                            return Ok(Err(Refusal::TooManyPrekeys { limit: limit.into() }));
                        }
                        one_time_prekey::withdraw(writing.transaction, device)?;
                    }
                    for prekey in one_time_prekeys(&upload) {
                        if !one_time_prekey::is_known(writing.transaction, device, &prekey)? {
                            new.push(prekey);
                        }
                    }
                    for kind in [Kind::Curve, Kind::Kyber] {
                        let unused = one_time_prekey::count_unused(writing.transaction, device, kind)?;
                        let added = new.iter().filter(|prekey| prekey.kind == kind).count();
                        if unused as usize + added > limit as usize {
                            return Ok(Err(Refusal::TooManyPrekeys { limit: limit.into() }));
                        }
                    }
                    for prekey in &new {
                        one_time_prekey::put(writing.transaction, device, prekey)?;
                    }
                    if let Some(prekey) = upload.signed_prekey() {
                        standing_prekey::put_signed(writing.transaction, device, prekey)?;
                    }
                    if let Some(prekey) = upload.last_resort_prekey() {
                        standing_prekey::put_last_resort(writing.transaction, device, prekey)?;
                    }
                    prekey_counts(writing.transaction, device).map(Ok)
                },
                |outcome| outcome,
            )
            .await
    }

    /// Hands a bundle out, and with it a one-time prekey of each kind if there is one.
    pub(in crate::store) async fn take_bundle(
        &self,
        address: MailboxAddress,
        admission: Admission,
    ) -> Pending<Result<PrekeyBundle, Refusal>> {
        self.writer
            .submit(
                move |writing| {
                    let now = now_ms();
                    let Some(owner) = device::find(writing.transaction, address)? else {
                        return Ok(Err(NOBODY));
                    };
                    let judged = admission.judge(owner.contact.as_ref(), |hash| {
                        delivery_token::find(writing.transaction, owner.mailbox, hash)
                    })?;
                    let admitted = match judged.and_then(|it| it.check_bundle(now).map(|()| it)) {
                        Ok(admitted) => admitted,
                        Err(refusal) => return Ok(Err(refusal)),
                    };
                    let signed = standing_prekey::signed(writing.transaction, owner.mailbox)?;
                    let last_resort = standing_prekey::last_resort(writing.transaction, owner.mailbox)?;
                    // Nothing is used up before it is sure that there is a bundle.
                    let (Some(signed_prekey), Some(last_resort)) = (signed, last_resort) else {
                        return Ok(Err(Refusal::NoPrekeys));
                    };
                    if let (Admission::Token(hash), Admitted::ByInvite(_)) = (&admission, admitted) {
                        delivery_token::count(writing.transaction, owner.mailbox, hash, 1, 0)?;
                    }
                    let today = Day::of(now);
                    let one_time = one_time_prekey::take_curve(writing.transaction, owner.mailbox, today)?;
                    let kyber = one_time_prekey::take_kyber(writing.transaction, owner.mailbox, today)?;
                    Ok(Ok(PrekeyBundle {
                        identity_key: owner.identity_key,
                        registration_id: owner.registration_id,
                        device: address.device,
                        signed_prekey,
                        kyber_prekey: kyber.unwrap_or(last_resort),
                        one_time_prekey: one_time,
                    }))
                },
                |outcome| outcome,
            )
            .await
    }

    /// Keeps envelopes, except those whose client message id was taken before; answers how many of them are kept now,
    /// from the first one on. One that is refused ends it, so that nothing overtakes; if it is the first, it is the
    /// delivery that is refused. `taken` hears of new ones, on the writer's thread and in the order of their sequence,
    /// while they are on their way to the disk.
    pub(in crate::store) async fn deliver(
        &self,
        delivery: Delivery,
        mut taken: impl FnMut(StoredEnvelope) + Send + 'static,
    ) -> Pending<Result<usize, Refusal>> {
        let limits = self.limits;
        self.writer
            .submit(
                move |writing| {
                    let kept = keep(writing, &delivery, &limits)?;
                    Ok(kept.map(|Kept { count, new }| {
                        new.into_iter().for_each(&mut taken);
                        count
                    }))
                },
                |outcome| outcome,
            )
            .await
    }

    /// Deletes envelopes of a mailbox.
    pub(in crate::store) async fn acknowledge(
        &self,
        address: MailboxAddress,
        mailbox: MailboxId,
        sequences: Vec<Sequence>,
    ) -> Pending<Result<(), Refusal>> {
        self.writer
            .submit(
                move |writing| {
                    for sequence in &sequences {
                        let (transaction, journal) = (writing.transaction, &mut *writing.journal);
                        if let Some(bytes) = journal.acknowledge(transaction, mailbox, *sequence)? {
                            writing.mailboxes.removed(address, bytes);
                        }
                    }
                    Ok(Ok(()))
                },
                |outcome| outcome,
            )
            .await
    }

    /// See [`Store::set_delivery_tokens`](crate::store::Store::set_delivery_tokens).
    pub(in crate::store) async fn set_delivery_tokens(
        &self,
        address: MailboxAddress,
        mailbox: MailboxId,
        tokens: DeliveryTokens,
    ) -> Pending<Result<(), Refusal>> {
        self.writer
            .submit(
                move |writing| {
                    device::set_contact_token(writing.transaction, mailbox, &tokens.contact)?;
                    delivery_token::set(writing.transaction, mailbox, &tokens.invites, now_ms())?;
                    writing
                        .mailboxes
                        .has_contact_token(address, tokens.contact.clone());
                    Ok(Ok(()))
                },
                |outcome| outcome,
            )
            .await
    }

    /// See [`Store::settle`](crate::store::Store::settle).
    pub(in crate::store) fn settle(&self) {
        self.writer.settle();
    }

    /// See [`Store::set_user_name`](crate::store::Store::set_user_name).
    pub(in crate::store) async fn set_user_name(
        &self,
        account: AccountId,
        name: Option<UserNameHash>,
    ) -> Pending<Result<(), Refusal>> {
        self.writer
            .submit(
                move |writing| {
                    let holder = match &name {
                        Some(hash) => account::find_by_user_name(writing.transaction, hash)?,
                        None => None,
                    };
                    if holder.is_some_and(|holder| holder != account) {
                        return Ok(Err(Refusal::UserNameTaken));
                    }
                    let Some(known) = account::find(writing.transaction, account)? else {
                        return Ok(Err(Refusal::UnknownAccount));
                    };
                    account::set_user_name(writing.transaction, known.id, name.as_ref())?;
                    Ok(Ok(()))
                },
                |outcome| outcome,
            )
            .await
    }

    /// See [`Store::admits`](crate::store::Store::admits).
    pub(in crate::store) async fn admits(
        &self,
        address: MailboxAddress,
        admission: Admission,
    ) -> Result<Result<(), Refusal>, StoreError> {
        self.readers
            .read(move |connection| {
                let Some(device) = device::find(connection, address)? else {
                    return Ok(Err(NOBODY));
                };
                let judged = admission.judge(device.contact.as_ref(), |hash| {
                    delivery_token::find(connection, device.mailbox, hash)
                })?;
                Ok(judged.and_then(|admitted| admitted.check_envelope(now_ms())))
            })
            .await
    }

    /// Who owns the mailbox, if there is one.
    pub(in crate::store) async fn owner(&self, address: MailboxAddress) -> Result<Option<Owner>, StoreError> {
        self.readers
            .read(move |connection| {
                let row = device::find(connection, address)?;
                Ok(row.map(|row| Owner {
                    mailbox: row.mailbox,
                    identity_key: row.identity_key,
                    registration_id: row.registration_id,
                }))
            })
            .await
    }

    /// What is left of a device's prekeys.
    pub(in crate::store) async fn prekey_counts(
        &self,
        device: MailboxId,
    ) -> Result<PrekeyCounts, StoreError> {
        self.readers
            .read(move |connection| prekey_counts(connection, device))
            .await
    }

    /// The account with this user name.
    pub(in crate::store) async fn find_user_name(
        &self,
        hash: UserNameHash,
    ) -> Result<Option<AccountId>, StoreError> {
        self.readers
            .read(move |connection| account::find_by_user_name(connection, &hash))
            .await
    }

    /// The next envelopes of a mailbox after one, oldest first; true if there are more.
    pub(in crate::store) async fn waiting(
        &self,
        mailbox: MailboxId,
        after: Sequence,
        count: usize,
        bytes: usize,
    ) -> Result<Waiting, StoreError> {
        // The journal first: what is sorted into the table meanwhile is then seen twice, and not missed.
        let (fresh, more_fresh) = self.writer.fresh().waiting(mailbox, after, count, bytes);
        let mut waiting = self
            .readers
            .read(move |connection| envelope::waiting(connection, mailbox, after, count, bytes))
            .await?;
        if waiting.more {
            return Ok(waiting);
        }
        waiting.more = more_fresh;
        let mut size: usize = waiting.envelopes.iter().map(StoredEnvelope::bytes).sum();
        for envelope in fresh {
            if envelope.sequence <= waiting.up_to {
                continue;
            }
            if waiting.envelopes.len() >= count || size >= bytes {
                waiting.more = true;
                break;
            }
            size += envelope.bytes();
            waiting.up_to = envelope.sequence;
            waiting.envelopes.push(envelope);
        }
        Ok(waiting)
    }

    /// See [`Store::arrived_since`](crate::store::Store::arrived_since).
    pub(in crate::store) async fn arrived_since(
        &self,
        positions: Vec<(MailboxId, Sequence)>,
    ) -> Result<HashSet<MailboxId>, StoreError> {
        let fresh = Arc::clone(self.writer.fresh());
        self.readers
            .read(move |connection| {
                let mut arrived = HashSet::new();
                for (mailbox, seen) in positions {
                    // The journal first: see `waiting`.
                    let (first, _) = fresh.waiting(mailbox, seen, 1, usize::MAX);
                    if !first.is_empty() || envelope::is_any_after(connection, mailbox, seen)? {
                        arrived.insert(mailbox);
                    }
                }
                Ok(arrived)
            })
            .await
    }

    /// False after a write failed, until one succeeds.
    pub(in crate::store) fn is_healthy(&self) -> bool {
        self.writer.is_healthy()
    }
}

/// Brings a database that no relay uses to this program's version, and its journal into the tables.
pub(in crate::store) fn settle(path: &Path) -> Result<(), OpenError> {
    let mut connection = open::writable(path)?;
    Journal::open(&mut connection)?;
    Ok(())
}

fn one_time_prekeys(upload: &PrekeyUpload) -> impl Iterator<Item = NewPrekey<'_>> {
    let curve = upload.one_time_prekeys().iter().map(NewPrekey::from);
    curve.chain(upload.one_time_kyber_prekeys().iter().map(NewPrekey::from))
}

fn prekey_counts(connection: &rusqlite::Connection, device: MailboxId) -> rusqlite::Result<PrekeyCounts> {
    Ok(PrekeyCounts {
        one_time_prekeys: one_time_prekey::count_unused(connection, device, Kind::Curve)?,
        one_time_kyber_prekeys: one_time_prekey::count_unused(connection, device, Kind::Kyber)?,
        signed_prekey_id: standing_prekey::current_id(connection, device, Kind::Curve)?,
        last_resort_prekey_id: standing_prekey::current_id(connection, device, Kind::Kyber)?,
    })
}
