//! Prekeys: those that stay until replaced, and those that are handed out once.

use std::collections::HashSet;

use deadpool_postgres::{GenericClient, Object};
use ring::digest;
use sotto_wire::{
    CurveKey, KyberKey, KyberPrekey, OneTimePrekey, PrekeyBundle, PrekeyCounts, PrekeyUpload, Refusal,
    Signature, SignedPrekey,
};

use super::{Failure, account, decoded, token, unsigned};
use crate::clock::{Day, now_ms};
use crate::mailbox::{MailboxAddress, MailboxId};
use crate::store::admission::{Admission, Admitted, EXPIRED, INVITE_BUNDLES, NOBODY, stored_expiry};

/// The two kinds of prekeys, as the tables number them.
const CURVE: i16 = 1;
const KYBER: i16 = 2;

/// One-time prekeys of an upload, as columns.
#[derive(Default)]
struct Columns<'a> {
    kinds: Vec<i16>,
    ids: Vec<i64>,
    digests: Vec<Vec<u8>>,
    keys: Vec<&'a [u8]>,
    signatures: Vec<Option<&'a [u8]>>,
}

impl<'a> Columns<'a> {
    fn push(&mut self, kind: i16, id: u32, key: &'a [u8], signature: Option<&'a [u8]>) {
        self.kinds.push(kind);
        self.ids.push(id.into());
        self.digests
            .push(digest::digest(&digest::SHA256, key).as_ref().to_vec());
        self.keys.push(key);
        self.signatures.push(signature);
    }

    /// Keeps the rows for which it holds, and of those with the same number the last one: a statement cannot write a
    /// row twice.
    fn retain(self, keep: impl Fn(i16, i64, &[u8]) -> bool) -> Self {
        let mut kept = Self::default();
        let mut seen = HashSet::new();
        let rows = self
            .kinds
            .into_iter()
            .zip(self.ids)
            .zip(self.digests)
            .zip(self.keys)
            .zip(self.signatures);
        let rows: Vec<_> = rows.collect();
        for ((((kind, id), digest), key), signature) in rows.into_iter().rev() {
            if keep(kind, id, &digest) && seen.insert((kind, id)) {
                kept.kinds.push(kind);
                kept.ids.push(id);
                kept.digests.push(digest);
                kept.keys.push(key);
                kept.signatures.push(signature);
            }
        }
        kept
    }
}

pub(super) async fn publish(
    connection: &mut Object,
    device: MailboxId,
    upload: &PrekeyUpload,
    limit: u32,
) -> Result<Result<PrekeyCounts, Refusal>, Failure> {
    let transaction = connection.transaction().await?;
    // Two uploads at once would both find room.
    let lock = "SELECT 1 FROM devices WHERE id = $1 FOR NO KEY UPDATE";
    transaction.execute(lock, &[&device.0]).await?;

    if upload.is_in_place_of_all() {
        let withdraw = "DELETE FROM one_time_prekeys WHERE device_id = $1 AND handed_out_on IS NULL";
        transaction.execute(withdraw, &[&device.0]).await?;
    }
    let mut columns = Columns::default();
    for prekey in upload.one_time_prekeys() {
        columns.push(CURVE, prekey.id, prekey.public_key.as_bytes(), None);
    }
    for prekey in upload.one_time_kyber_prekeys() {
        let signature = Some(prekey.signature.as_bytes().as_slice());
        columns.push(KYBER, prekey.id, prekey.public_key.as_bytes(), signature);
    }
    let known = "SELECT p.kind, p.prekey_id, p.digest FROM one_time_prekeys p
                 JOIN UNNEST($2::smallint[], $3::bigint[], $4::bytea[]) AS new (kind, id, digest)
                 ON p.kind = new.kind AND p.prekey_id = new.id AND p.digest = new.digest
                 WHERE p.device_id = $1";
    let rows = transaction
        .query(
            known,
            &[&device.0, &columns.kinds, &columns.ids, &columns.digests],
        )
        .await?;
    let mut known = HashSet::new();
    for row in rows {
        known.insert((
            row.try_get::<_, i16>(0)?,
            row.try_get::<_, i64>(1)?,
            row.try_get::<_, Vec<u8>>(2)?,
        ));
    }
    let columns = columns.retain(|kind, id, digest| !known.contains(&(kind, id, digest.to_vec())));

    let before = counts_in(&transaction, device).await?;
    for (kind, unused) in [
        (CURVE, before.one_time_prekeys),
        (KYBER, before.one_time_kyber_prekeys),
    ] {
        let added = columns.kinds.iter().filter(|added| **added == kind).count();
        if unused as usize + added > limit as usize {
            return Ok(Err(Refusal::TooManyPrekeys { limit: limit.into() }));
        }
    }
    let put = "INSERT INTO one_time_prekeys (device_id, kind, prekey_id, digest, public_key, signature)
               SELECT $1, * FROM UNNEST($2::smallint[], $3::bigint[], $4::bytea[], $5::bytea[], $6::bytea[])
                   AS new (kind, id, digest, public_key, signature) ORDER BY id
               ON CONFLICT (device_id, kind, prekey_id) DO UPDATE SET digest = excluded.digest,
                   public_key = excluded.public_key, signature = excluded.signature, handed_out_on = NULL";
    transaction
        .execute(
            put,
            &[
                &device.0,
                &columns.kinds,
                &columns.ids,
                &columns.digests,
                &columns.keys,
                &columns.signatures,
            ],
        )
        .await?;
    if let Some(prekey) = upload.signed_prekey() {
        let key = prekey.public_key.as_bytes();
        put_standing(&transaction, device, CURVE, prekey.id, key, &prekey.signature).await?;
    }
    if let Some(prekey) = upload.last_resort_prekey() {
        let key = prekey.public_key.as_bytes();
        put_standing(&transaction, device, KYBER, prekey.id, key, &prekey.signature).await?;
    }
    let counts = counts_in(&transaction, device).await?;
    transaction.commit().await?;
    Ok(Ok(counts))
}

async fn put_standing(
    connection: &impl GenericClient,
    device: MailboxId,
    kind: i16,
    id: u32,
    key: &[u8],
    signature: &Signature,
) -> Result<(), Failure> {
    let put = "INSERT INTO standing_prekeys (device_id, kind, prekey_id, public_key, signature)
               VALUES ($1, $2, $3, $4, $5)
               ON CONFLICT (device_id, kind) DO UPDATE SET prekey_id = excluded.prekey_id,
                   public_key = excluded.public_key, signature = excluded.signature";
    let signature = signature.as_bytes().as_slice();
    connection
        .execute(put, &[&device.0, &kind, &i64::from(id), &key, &signature])
        .await?;
    Ok(())
}

pub(super) async fn counts(connection: &Object, device: MailboxId) -> Result<PrekeyCounts, Failure> {
    counts_in(connection, device).await
}

async fn counts_in(connection: &impl GenericClient, device: MailboxId) -> Result<PrekeyCounts, Failure> {
    let unused = connection
        .prepare_cached(
            "SELECT COUNT(*) FILTER (WHERE kind = 1), COUNT(*) FILTER (WHERE kind = 2)
             FROM one_time_prekeys WHERE device_id = $1 AND kind IN (1, 2) AND handed_out_on IS NULL",
        )
        .await?;
    let standing = connection
        .prepare_cached(
            "SELECT MAX(prekey_id) FILTER (WHERE kind = 1), MAX(prekey_id) FILTER (WHERE kind = 2)
             FROM standing_prekeys WHERE device_id = $1",
        )
        .await?;
    let unused = connection.query_one(&unused, &[&device.0]).await?;
    let standing = connection.query_one(&standing, &[&device.0]).await?;
    let id = |number: Option<i64>| number.map(unsigned).transpose();
    Ok(PrekeyCounts {
        one_time_prekeys: unsigned(unused.try_get(0)?)?,
        one_time_kyber_prekeys: unsigned(unused.try_get(1)?)?,
        signed_prekey_id: id(standing.try_get(0)?)?,
        last_resort_prekey_id: id(standing.try_get(1)?)?,
    })
}

pub(super) async fn take_bundle(
    connection: &mut Object,
    address: MailboxAddress,
    admission: &Admission,
) -> Result<Result<PrekeyBundle, Refusal>, Failure> {
    let now = now_ms();
    let transaction = connection.transaction().await?;
    let Some(device) = account::find(&transaction, address).await? else {
        return Ok(Err(NOBODY));
    };
    let judged = token::judge(&transaction, &device, admission).await?;
    let admitted = match judged.and_then(|it| it.check_bundle(now).map(|()| it)) {
        Ok(admitted) => admitted,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let (signed, last_resort) = standing(&transaction, device.mailbox).await?;
    // Nothing is used up before it is sure that there is a bundle.
    let (Some(signed_prekey), Some(last_resort)) = (signed, last_resort) else {
        return Ok(Err(Refusal::NoPrekeys));
    };
    if let (Admission::Token(hash), Admitted::ByInvite(_)) = (admission, admitted) {
        // Checked again where it counts: another node may have been asked at this very moment.
        let count = "UPDATE delivery_tokens SET bundles = bundles + 1
                     WHERE mailbox = $1 AND token_hash = $2 AND bundles < $3 AND expires_at_ms > $4";
        let most = i64::from(INVITE_BUNDLES);
        let mailbox = device.mailbox.0;
        let counted = transaction
            .execute(count, &[&mailbox, &hash.as_bytes(), &most, &stored_expiry(now)])
            .await?;
        if counted == 0 {
            return Ok(Err(EXPIRED));
        }
    }
    let today = Day::of(now);
    let one_time_prekey = take(&transaction, device.mailbox, CURVE, today, |id, key, _| {
        Ok(OneTimePrekey {
            id,
            public_key: decoded(CurveKey::try_from(key))?,
        })
    });
    let one_time_prekey = one_time_prekey.await?;
    let kyber_prekey = take(&transaction, device.mailbox, KYBER, today, kyber);
    let kyber_prekey = kyber_prekey.await?.unwrap_or(last_resort);
    transaction.commit().await?;
    Ok(Ok(PrekeyBundle {
        identity_key: device.identity_key,
        registration_id: device.registration_id,
        device: address.device,
        signed_prekey,
        kyber_prekey,
        one_time_prekey,
    }))
}

fn kyber(id: u32, key: &[u8], signature: Option<&[u8]>) -> Result<KyberPrekey, Failure> {
    Ok(KyberPrekey {
        id,
        public_key: decoded(KyberKey::try_from(key))?,
        signature: decoded(Signature::try_from(signature.unwrap_or_default()))?,
    })
}

async fn standing(
    connection: &impl GenericClient,
    device: MailboxId,
) -> Result<(Option<SignedPrekey>, Option<KyberPrekey>), Failure> {
    let statement = connection
        .prepare_cached(
            "SELECT kind, prekey_id, public_key, signature FROM standing_prekeys WHERE device_id = $1",
        )
        .await?;
    let (mut signed, mut last_resort) = (None, None);
    for row in connection.query(&statement, &[&device.0]).await? {
        let (kind, id): (i16, u32) = (row.try_get(0)?, unsigned(row.try_get(1)?)?);
        let (key, signature): (&[u8], &[u8]) = (row.try_get(2)?, row.try_get(3)?);
        if kind == KYBER {
            last_resort = Some(kyber(id, key, Some(signature))?);
        } else {
            signed = Some(SignedPrekey {
                id,
                public_key: decoded(CurveKey::try_from(key))?,
                signature: decoded(Signature::try_from(signature))?,
            });
        }
    }
    Ok((signed, last_resort))
}

/// Takes the oldest that nobody is taking.
async fn take<T>(
    connection: &impl GenericClient,
    device: MailboxId,
    kind: i16,
    today: Day,
    read: impl FnOnce(u32, &[u8], Option<&[u8]>) -> Result<T, Failure>,
) -> Result<Option<T>, Failure> {
    let statement = connection
        .prepare_cached(
            "WITH oldest AS (
                 SELECT id, prekey_id, public_key, signature FROM one_time_prekeys
                 WHERE device_id = $1 AND kind = $2 AND handed_out_on IS NULL
                 ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)
             UPDATE one_time_prekeys p SET public_key = NULL, signature = NULL, handed_out_on = $3
             FROM oldest WHERE p.id = oldest.id
             RETURNING oldest.prekey_id, oldest.public_key, oldest.signature",
        )
        .await?;
    let row = connection
        .query_opt(&statement, &[&device.0, &kind, &today.0])
        .await?;
    row.map(|row| read(unsigned(row.try_get(0)?)?, row.try_get(1)?, row.try_get(2)?))
        .transpose()
}
