//! Signatures, checked: of owners over challenges, and of identity keys over prekeys.

use sotto_protocol::{curve, kem, xeddsa};
use sotto_wire::mailbox::{Authenticate, Register};
use sotto_wire::{
    Challenge, CurveKey, KyberPrekey, PrekeyUpload, Refusal, RelayName, Signature, SignedPrekey,
    authentication_string, registration_string,
};

use crate::mailbox::MailboxAddress;
use crate::pepper::Pepper;
use crate::store::{IfNew, Owner, Registration};

/// The names by which a relay may be called.
#[derive(Debug, Clone)]
pub(crate) struct Names(Vec<RelayName>);

impl Names {
    pub(crate) fn new(names: Vec<RelayName>) -> Self {
        Self(names)
    }

    pub(crate) fn as_slice(&self) -> &[RelayName] {
        &self.0
    }

    fn check(&self, name: &RelayName) -> Result<(), Refusal> {
        if self.0.contains(name) {
            Ok(())
        } else {
            Err(Refusal::WrongRelayName)
        }
    }
}

/// What remains of a registration once its proof is checked.
pub(crate) fn check_registration(
    register: &Register,
    challenge: &Challenge,
    names: &Names,
    pepper: &Pepper,
    if_new: IfNew,
) -> Result<Registration, Refusal> {
    names.check(&register.relay_name)?;
    let string = registration_string(
        challenge,
        &register.relay_name,
        register.account,
        register.device,
        &register.identity_key,
        register.registration_id,
        register.user_name.as_ref(),
    );
    check_signature(
        &register.identity_key,
        &string,
        &register.signature,
        Refusal::WrongSignature,
    )?;
    Ok(Registration {
        address: MailboxAddress {
            account: register.account,
            device: register.device,
        },
        identity_key: register.identity_key,
        registration_id: register.registration_id,
        user_name: register.user_name.as_ref().map(|name| pepper.user_name(name)),
        if_new,
    })
}

/// Checks the name before anything is looked up: a client that dialled another name is told just that.
pub(crate) fn check_name(authenticate: &Authenticate, names: &Names) -> Result<(), Refusal> {
    names.check(&authenticate.relay_name)
}

/// Checks that the owner of the mailbox signed this connection's challenge.
pub(crate) fn check_authentication(
    authenticate: &Authenticate,
    challenge: &Challenge,
    owner: &Owner,
) -> Result<(), Refusal> {
    let Authenticate {
        account,
        device,
        relay_name,
        signature,
        registration_id,
    } = authenticate;
    let string = authentication_string(challenge, relay_name, *account, *device);
    check_signature(&owner.identity_key, &string, signature, Refusal::WrongSignature)?;
    check_installation(*registration_id, owner)
}

/// Whether the mailbox is still that of the installation which asks for it; one that does not say which it is, is.
pub(crate) fn check_installation(registration_id: Option<u32>, owner: &Owner) -> Result<(), Refusal> {
    match registration_id {
        Some(id) if id != owner.registration_id => Err(Refusal::Moved),
        _ => Ok(()),
    }
}

/// Checks every key and every signature of an upload: a relay hands nothing out that a sender would have to refuse.
pub(crate) fn check_upload(upload: &PrekeyUpload, identity: &CurveKey) -> Result<(), Refusal> {
    upload
        .signed_prekey()
        .map_or(Ok(()), |prekey| check_signed(prekey, identity))?;
    upload
        .last_resort_prekey()
        .map_or(Ok(()), |prekey| check_kyber(prekey, identity))?;
    upload
        .one_time_kyber_prekeys()
        .iter()
        .try_for_each(|prekey| check_kyber(prekey, identity))?;
    upload
        .one_time_prekeys()
        .iter()
        .try_for_each(|prekey| public_key(&prekey.public_key).map(drop))
}

fn check_signed(prekey: &SignedPrekey, identity: &CurveKey) -> Result<(), Refusal> {
    public_key(&prekey.public_key)?;
    check_signature(
        identity,
        prekey.public_key.as_bytes(),
        &prekey.signature,
        Refusal::WrongPrekeySignature,
    )
}

fn check_kyber(prekey: &KyberPrekey, identity: &CurveKey) -> Result<(), Refusal> {
    kem::PublicKey::from_bytes(prekey.public_key.as_bytes()).map_err(|_| Refusal::InvalidKey)?;
    check_signature(
        identity,
        prekey.public_key.as_bytes(),
        &prekey.signature,
        Refusal::WrongPrekeySignature,
    )
}

fn check_signature(
    key: &CurveKey,
    string: &[u8],
    signature: &Signature,
    wrong: Refusal,
) -> Result<(), Refusal> {
    let signature = xeddsa::Signature::from_array(*signature.as_bytes());
    public_key(key)?.verify(&[string], &signature).map_err(|_| wrong)
}

fn public_key(key: &CurveKey) -> Result<curve::PublicKey, Refusal> {
    curve::PublicKey::from_bytes(key.as_bytes()).map_err(|_| Refusal::InvalidKey)
}
