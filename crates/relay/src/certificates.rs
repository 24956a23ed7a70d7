//! Sender certificates: whose an identity key is, signed by the relay (`sealed-sender.md`, section 2).
//!
//! ```text
//! trust root (a file beside the database) --signs--> server certificate (this process, renewed weekly)
//! server certificate --signs--> sender certificate: account, device, identity key, 24 hours
//! ```
//! The server certificate travels inside each sender certificate, so that nodes need not have the same one, and a
//! process that is broken into gives away a key that is worth nothing after a restart.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use rand::rng;
use sotto_protocol::address::{DeviceId as ProtocolDevice, ProtocolAddress};
use sotto_protocol::curve::{IdentityKey, KeyPair, PrivateKey, PublicKey};
use sotto_protocol::prekey::Timestamp;
use sotto_protocol::sealed_sender::{
    REVOKED_SERVER_CERTIFICATE, SenderCertificate, SenderClaims, ServerCertificate, Signer,
};
use sotto_wire::mailbox::IssuedCertificate;
use sotto_wire::{CurveKey, Refusal};

use crate::mailbox::MailboxAddress;
use crate::secret_file::{self, SecretFileError};

/// How long a sender certificate is good: a client that comes once a day always has one.
const SENDER_MS: u64 = 24 * 60 * 60 * 1000;

/// How long the key that signs them is used.
const SERVER_MS: u64 = 7 * SENDER_MS;

/// Issues sender certificates.
pub(crate) struct Certificates {
    trust_root: PrivateKey,
    public: PublicKey,
    server: Mutex<Option<Server>>,
}

/// The key in use, certified by the trust root.
struct Server {
    key: KeyPair,
    certificate: ServerCertificate,
    until_ms: u64,
}

impl Certificates {
    /// Reads the trust root, or makes it.
    pub(crate) fn open(path: &Path) -> Result<Self, SecretFileError> {
        let bytes = secret_file::open(path, true)?;
        let trust_root = PrivateKey::from_bytes(bytes.as_slice()).map_err(|_| SecretFileError::Damaged)?;
        Ok(Self {
            public: trust_root.public_key(),
            trust_root,
            server: Mutex::new(None),
        })
    }

    /// What every certificate goes back to.
    pub(crate) fn trust_root(&self) -> CurveKey {
        self.public.to_bytes().into()
    }

    /// A certificate for the owner of a mailbox.
    pub(crate) fn issue(
        &self,
        owner: MailboxAddress,
        identity_key: &CurveKey,
        now_ms: u64,
    ) -> Result<IssuedCertificate, Refusal> {
        let identity = IdentityKey::from_bytes(identity_key.as_bytes()).map_err(|_| Refusal::InvalidKey)?;
        // Proof: the devices of both sides are 1 to 127.
        let device = ProtocolDevice::new(owner.device.number()).ok_or(Refusal::UnknownAccount)?;
        let claims = SenderClaims {
            sender: ProtocolAddress::of_account(owner.account.uuid(), device),
            phone_number: None,
            identity,
            expires: Timestamp(now_ms.saturating_add(SENDER_MS)),
        };
        let mut server = self.server.lock().unwrap_or_else(PoisonError::into_inner);
        let server = match server.take() {
            Some(current) if now_ms < current.until_ms => server.insert(current),
            Some(_) | None => server.insert(self.renew(now_ms)),
        };
        let signer = Signer::Whole(server.certificate.clone());
        let certificate = SenderCertificate::issue(claims, signer, server.key.private(), &mut rng());
        Ok(IssuedCertificate {
            certificate: certificate.as_bytes().to_vec().into(),
            valid_for_ms: SENDER_MS,
        })
    }

    fn renew(&self, now_ms: u64) -> Server {
        let key = KeyPair::generate(&mut rng());
        // Its number is nobody's business but must not be the one that clients hold revoked.
        let id = loop {
            let id = rand::random();
            if id != REVOKED_SERVER_CERTIFICATE {
                break id;
            }
        };
        Server {
            certificate: ServerCertificate::issue(id, key.public(), &self.trust_root, &mut rng()),
            key,
            until_ms: now_ms.saturating_add(SERVER_MS),
        }
    }
}

#[cfg(test)]
mod tests {
    use sotto_protocol::curve::IdentityKeyPair;
    use sotto_protocol::sealed_sender::TrustRoots;
    use sotto_wire::{AccountId, DeviceId};

    use super::*;

    #[test]
    fn alices_certificate_says_who_she_is_for_a_day_and_outlives_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("trust-root");
        let (relay, now) = (Certificates::open(&path).unwrap(), 1_800_000_000_000);
        let alice = IdentityKeyPair::generate(&mut rng());
        let address = MailboxAddress {
            account: AccountId::random(),
            device: DeviceId::FIRST,
        };
        let key = alice.identity_key().to_bytes().into();
        let issued = relay.issue(address, &key, now).unwrap();
        let later = relay.issue(address, &key, now + SERVER_MS).unwrap();

        let again = Certificates::open(&path).unwrap();
        let root = PublicKey::from_bytes(again.trust_root().as_bytes()).unwrap();
        let mut roots = TrustRoots::new([root]);
        let read = |issued: &IssuedCertificate| SenderCertificate::from_bytes(&issued.certificate).unwrap();
        let claims = read(&issued);
        assert_eq!(claims.claims().identity, alice.identity_key());
        assert_eq!(claims.claims().sender.name(), address.account.uuid().to_string());
        assert!(roots.validate(read(&issued), Timestamp(now)).is_ok());
        assert!(
            roots
                .validate(read(&issued), Timestamp(now + issued.valid_for_ms + 1))
                .is_err()
        );
        // By then another key signs.
        assert!(roots.validate(read(&later), Timestamp(now + SERVER_MS)).is_ok());
        assert_ne!(server_key(&read(&issued)), server_key(&read(&later)));

        let other = Certificates::open(&folder.path().join("other")).unwrap();
        let other = PublicKey::from_bytes(other.trust_root().as_bytes()).unwrap();
        assert!(
            TrustRoots::new([other])
                .validate(read(&issued), Timestamp(now))
                .is_err()
        );
    }

    fn server_key(certificate: &SenderCertificate) -> PublicKey {
        match certificate.signer() {
            Signer::Whole(server) => *server.key(),
            _ => panic!("the server certificate travels along"),
        }
    }
}
