//! Upkeep of our prekeys: enough one-time ones at the relay, signed and last-resort ones rotated, old ones forgotten.

use std::sync::Arc;
use std::time::Duration;

use rusqlite::Transaction;
use sotto_protocol::prekey::{
    KyberPreKey, KyberPreKeyId, KyberUse, OneTimePreKey, OneTimePreKeyId, SignedPreKey, SignedPreKeyId,
};
use sotto_wire::mailbox::{Answer, Request};
use sotto_wire::{
    CurveKey, KyberKey, KyberPrekey, OneTimePrekey, PrekeyCounts, PrekeyUpload, Signature, SignedPrekey,
};
use tokio::sync::watch;

use crate::clock::Timestamp;
use crate::connection::{Mailbox, Owner};
use crate::core::Core;
use crate::error::{RelayError, StorageError};
use crate::store::table::prekeys::{self, PreKeyKind};
use crate::store::table::{declined_guests, seen_envelopes, sent, settings};
use crate::upkeep::{self, Upkeep, UpkeepError};
use crate::{invite, resend};

/// So many one-time prekeys of each kind are published.
const FULL: u32 = 100;

/// Refilled when fewer are left.
const LOW: u32 = 30;

/// How long a signed or last-resort prekey is handed out.
const ROTATED_AFTER: Duration = Duration::from_secs(48 * 3600);

/// How long one is kept after it was made: a message that was encrypted with it may wait at the relay for so long.
const KEPT_FOR: Duration = Duration::from_secs(30 * 86_400);

/// Set while our relay may hand out one-time prekeys that we do not have.
const LOST: &str = "prekeys lost";

/// The prekeys at our relay.
struct PrekeyUpkeep {
    /// Whether the relay has had what it needs.
    published: watch::Sender<bool>,
}

/// Keeps the prekeys up whenever there is a connection: at its beginning, when some were used, and when it is time.
/// `published` tells whether the relay has had what it needs.
pub(crate) async fn run(core: Arc<Core>, published: watch::Sender<bool>) {
    let used = core.listeners.prekeys_used.subscribe();
    upkeep::run(core, PrekeyUpkeep { published }, used).await;
}

impl Upkeep for PrekeyUpkeep {
    const FAILURE: &'static str = "prekeys were not published";

    async fn keep_up(&self, core: &Arc<Core>, mailbox: &Mailbox) -> Result<Timestamp, UpkeepError> {
        let next = keep_up(core, mailbox).await?;
        self.published.send_replace(true);
        Ok(next)
    }
}

/// Answers when to look again.
async fn keep_up(core: &Arc<Core>, mailbox: &Mailbox) -> Result<Timestamp, UpkeepError> {
    let counts = counts(mailbox.request(Request::CountPrekeys).await?)?;
    let (owner, now) = (Arc::clone(&core.owner), core.now());
    let (upload, next) = core
        .change(move |transaction, _| {
            forget(transaction, now)?;
            let next = rotate(transaction, &owner, now)?;
            Ok::<_, StorageError>((make_upload(transaction, &owner, &counts, now)?, next))
        })
        .await?;
    let Some(upload) = upload else {
        return Ok(next);
    };
    counts_of_upload(
        mailbox
            .request(Request::PublishPrekeys(Box::new(upload.clone())))
            .await?,
    )?;
    let now = core.now();
    core.change(move |transaction, _| remember(transaction, &upload, now))
        .await?;
    Ok(next)
}

fn counts(answer: Answer) -> Result<PrekeyCounts, RelayError> {
    match answer {
        Answer::PrekeyCounts(counts) => Ok(counts),
        _ => Err(RelayError::Incompatible),
    }
}

fn counts_of_upload(answer: Answer) -> Result<(), RelayError> {
    counts(answer).map(drop)
}

/// Makes a new signed and a new last-resort prekey when it is time; answers when it will be time again.
fn rotate(transaction: &Transaction<'_>, owner: &Owner, now: Timestamp) -> Result<Timestamp, StorageError> {
    let due = |made: Option<Timestamp>| made.is_none_or(|made| now.since(made) >= ROTATED_AFTER);
    let signed = prekeys::newest_signed(transaction)?.map(|(_, made)| made);
    if due(signed) {
        make_signed(transaction, owner, now)?;
    }
    let last_resort = prekeys::newest_last_resort(transaction)?.map(|(_, made)| made);
    if due(last_resort) {
        make_last_resort(transaction, owner, now)?;
    }
    let made = prekeys::newest_signed(transaction)?.map_or(now, |(_, made)| made);
    let other = prekeys::newest_last_resort(transaction)?.map_or(now, |(_, made)| made);
    Ok(made.min(other).after(ROTATED_AFTER))
}

fn make_signed(transaction: &Transaction<'_>, owner: &Owner, now: Timestamp) -> Result<(), StorageError> {
    let id = SignedPreKeyId(prekeys::next_id(transaction, PreKeyKind::Signed)?);
    let prekey = SignedPreKey::generate(id, &owner.party.identity, now.into(), &mut rand::rng());
    prekeys::insert_signed(transaction, &prekey, now)
}

fn make_last_resort(
    transaction: &Transaction<'_>,
    owner: &Owner,
    now: Timestamp,
) -> Result<(), StorageError> {
    let id = KyberPreKeyId(prekeys::next_id(transaction, PreKeyKind::Kyber)?);
    let (identity, rng) = (&owner.party.identity, &mut rand::rng());
    let prekey = KyberPreKey::generate(id, KyberUse::LastResort, identity, now.into(), rng);
    prekeys::insert_kyber(transaction, &prekey, now)
}

/// Goes on `leap` numbers further, since keys were made that are not known here, and does not hand out again what was
/// replaced meanwhile, nor what the relay has. One-time prekeys stay here: somebody may have been given them.
pub(crate) fn begin_anew(
    transaction: &Transaction<'_>,
    owner: &Owner,
    leap: u32,
    now: Timestamp,
) -> Result<(), StorageError> {
    prekeys::leap(transaction, leap)?;
    make_signed(transaction, owner, now)?;
    make_last_resort(transaction, owner, now)?;
    settings::write(transaction, LOST, &true)
}

/// What the relay lacks; `None` if it lacks nothing. One-time prekeys are made anew each time: those of an upload whose
/// answer got lost may be there, and must not be handed out twice.
fn make_upload(
    transaction: &Transaction<'_>,
    owner: &Owner,
    counts: &PrekeyCounts,
    now: Timestamp,
) -> Result<Option<PrekeyUpload>, StorageError> {
    let mut upload = PrekeyUpload::new();
    let lost = settings::read(transaction, LOST)?.unwrap_or(false);
    if lost {
        upload = upload.in_place_of_all();
    }
    let left = |count| if lost { 0 } else { count };
    let signed = newest(prekeys::newest_signed(transaction)?)?;
    if counts.signed_prekey_id != Some(signed.id.0) {
        upload = upload.with_signed_prekey(public_signed(&signed));
    }
    let last_resort = newest(prekeys::newest_last_resort(transaction)?)?;
    if counts.last_resort_prekey_id != Some(last_resort.id.0) {
        upload = upload.with_last_resort_prekey(public_kyber(&last_resort)?);
    }
    let one_time = left(counts.one_time_prekeys);
    if one_time < LOW {
        let new = make_one_time(transaction, FULL - one_time, now)?;
        upload = upload
            .with_one_time_prekeys(new)
            .map_err(|_| StorageError::Failed)?;
    }
    let one_time_kyber = left(counts.one_time_kyber_prekeys);
    if one_time_kyber < LOW {
        let new = make_one_time_kyber(transaction, owner, FULL - one_time_kyber, now)?;
        upload = upload
            .with_one_time_kyber_prekeys(new)
            .map_err(|_| StorageError::Failed)?;
    }
    Ok((upload != PrekeyUpload::new()).then_some(upload))
}

fn newest<T>(found: Option<(T, Timestamp)>) -> Result<T, StorageError> {
    found.map(|(prekey, _)| prekey).ok_or(StorageError::Failed)
}

fn make_one_time(
    transaction: &Transaction<'_>,
    count: u32,
    now: Timestamp,
) -> Result<Vec<OneTimePrekey>, StorageError> {
    let mut made = Vec::new();
    for _ in 0..count {
        let id = OneTimePreKeyId(prekeys::next_id(transaction, PreKeyKind::OneTime)?);
        let prekey = OneTimePreKey::generate(id, &mut rand::rng());
        prekeys::insert_one_time(transaction, &prekey, now)?;
        made.push(OneTimePrekey {
            id: id.0,
            public_key: CurveKey::from(prekey.keys.public().to_bytes()),
        });
    }
    Ok(made)
}

fn make_one_time_kyber(
    transaction: &Transaction<'_>,
    owner: &Owner,
    count: u32,
    now: Timestamp,
) -> Result<Vec<KyberPrekey>, StorageError> {
    let (identity, rng) = (&owner.party.identity, &mut rand::rng());
    let mut made = Vec::new();
    for _ in 0..count {
        let id = KyberPreKeyId(prekeys::next_id(transaction, PreKeyKind::Kyber)?);
        let prekey = KyberPreKey::generate(id, KyberUse::OneTime, identity, now.into(), rng);
        prekeys::insert_kyber(transaction, &prekey, now)?;
        made.push(public_kyber(&prekey)?);
    }
    Ok(made)
}

fn public_signed(prekey: &SignedPreKey) -> SignedPrekey {
    SignedPrekey {
        id: prekey.id.0,
        public_key: CurveKey::from(prekey.keys.public().to_bytes()),
        signature: Signature::from(*prekey.signature.as_bytes()),
    }
}

fn public_kyber(prekey: &KyberPreKey) -> Result<KyberPrekey, StorageError> {
    Ok(KyberPrekey {
        id: prekey.id.0,
        // A key of another length would be no key of ours.
        public_key: KyberKey::try_from(&*prekey.keys.public().to_bytes())
            .map_err(|_| StorageError::Failed)?,
        signature: Signature::from(*prekey.signature.as_bytes()),
    })
}

/// The relay has these.
fn remember(
    transaction: &Transaction<'_>,
    upload: &PrekeyUpload,
    now: Timestamp,
) -> Result<(), StorageError> {
    let signed: Vec<u32> = upload
        .signed_prekey()
        .map(|prekey| prekey.id)
        .into_iter()
        .collect();
    let one_time: Vec<u32> = upload.one_time_prekeys().iter().map(|prekey| prekey.id).collect();
    let kyber = upload
        .one_time_kyber_prekeys()
        .iter()
        .chain(upload.last_resort_prekey());
    let kyber: Vec<u32> = kyber.map(|prekey| prekey.id).collect();
    prekeys::set_published(transaction, PreKeyKind::Signed, &signed, now)?;
    prekeys::set_published(transaction, PreKeyKind::OneTime, &one_time, now)?;
    prekeys::set_published(transaction, PreKeyKind::Kyber, &kyber, now)?;
    if upload.is_in_place_of_all() {
        settings::remove(transaction, LOST)?;
    }
    Ok(())
}

/// Forgets what is too old to be asked for: prekeys, envelope ids, what was sent.
fn forget(transaction: &Transaction<'_>, now: Timestamp) -> Result<(), StorageError> {
    prekeys::delete_rotated(transaction, now.before(KEPT_FOR))?;
    seen_envelopes::delete_before(transaction, now.before(KEPT_FOR))?;
    sent::delete_before(transaction, now.before(resend::REMEMBERED))?;
    declined_guests::delete_before(transaction, now.before(invite::DECLINED_KNOWN_FOR))?;
    Ok(())
}
