//! Beginning a session with the bundle that a relay hands out.

use rusqlite::Transaction;
use sotto_protocol::address::DeviceId as ProtocolDevice;
use sotto_protocol::curve::{IdentityKey, PublicKey};
use sotto_protocol::kem;
use sotto_protocol::prekey::{
    KyberPreKeyId, KyberPreKeyPublic, OneTimePreKeyId, OneTimePreKeyPublic, PreKeyBundle, RegistrationId,
    SignedPreKeyId, SignedPreKeyPublic,
};
use sotto_protocol::session::{ProcessBundleError, Session};
use sotto_protocol::trust::Trust;
use sotto_protocol::xeddsa::Signature;
use sotto_wire::PrekeyBundle;

use crate::clock::Timestamp;
use crate::connection::Owner;
use crate::effects::Effects;
use crate::error::StorageError;
use crate::model::Delivery;
use crate::store::table::contacts::ContactRow;
use crate::store::table::{identity_keys, outbox};
use crate::store::{Peer, sessions};
use crate::{changed_key, identity};

/// The relay handed out something that is no bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a bundle that is none")]
pub(crate) struct InvalidBundle;

/// What became of a bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Started {
    /// There is a session.
    Yes,
    /// The bundle's identity is another one: the user has to decide first.
    Blocked,
    /// The bundle is not signed by its identity, or has keys that are none.
    Invalid,
}

/// The bundle as the protocol knows it; its signatures are still to be checked.
pub(crate) fn peer_bundle(bundle: &PrekeyBundle) -> Result<PreKeyBundle, InvalidBundle> {
    let curve = |key: &sotto_wire::CurveKey| PublicKey::from_bytes(key.as_bytes()).map_err(|_| InvalidBundle);
    let signature = |signature: &sotto_wire::Signature| Signature::from_array(*signature.as_bytes());
    let one_time = bundle.one_time_prekey.as_ref();
    let one_time = one_time.map(|prekey| {
        Ok(OneTimePreKeyPublic {
            id: OneTimePreKeyId(prekey.id),
            key: curve(&prekey.public_key)?,
        })
    });
    Ok(PreKeyBundle {
        registration_id: RegistrationId(bundle.registration_id),
        device: ProtocolDevice::new(bundle.device.number()).ok_or(InvalidBundle)?,
        identity: IdentityKey::new(curve(&bundle.identity_key)?),
        signed: SignedPreKeyPublic {
            id: SignedPreKeyId(bundle.signed_prekey.id),
            key: curve(&bundle.signed_prekey.public_key)?,
            signature: signature(&bundle.signed_prekey.signature),
        },
        kyber: KyberPreKeyPublic {
            id: KyberPreKeyId(bundle.kyber_prekey.id),
            key: kem::PublicKey::from_bytes(bundle.kyber_prekey.public_key.as_bytes())
                .map_err(|_| InvalidBundle)?,
            signature: signature(&bundle.kyber_prekey.signature),
        },
        one_time: one_time.transpose()?,
    })
}

/// Begins a session with a contact.
pub(crate) fn start_session(
    transaction: &Transaction<'_>,
    effects: &mut Effects,
    owner: &Owner,
    contact: &ContactRow,
    bundle: &PreKeyBundle,
    now: Timestamp,
) -> Result<Started, StorageError> {
    let peer = Peer::primary(contact.account);
    let record = sessions::load(transaction, peer)?;
    let trust = identity::trust(transaction, contact.account)?;
    let session = Session {
        local: &owner.party,
        remote: &peer.address(),
        record: &record,
        trust: &trust as &dyn Trust,
    };
    let (observed, started) = match session.process_bundle(bundle, now.into(), &mut rand::rng()) {
        Ok(changes) => {
            effects.session_moved(contact.account);
            (sessions::apply(transaction, peer, &changes, now)?, Started::Yes)
        }
        Err(ProcessBundleError::Untrusted(untrusted)) => {
            let key = untrusted.identity;
            let observed = identity_keys::observe_present(transaction, contact.account, &key, now)?;
            let blocked = outbox::block(transaction, contact.account)?;
            effects.deliveries(transaction, blocked, Delivery::Blocked)?;
            (observed, Started::Blocked)
        }
        Err(
            ProcessBundleError::SignedPreKeySignature
            | ProcessBundleError::KyberPreKeySignature
            | ProcessBundleError::InvalidAgreement(_),
        ) => return Ok(Started::Invalid),
    };
    changed_key::observed(transaction, effects, contact.id, contact.account, observed, now)?;
    Ok(started)
}
