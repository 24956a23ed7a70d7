//! A relay to tell stories about, and the people who use it.

use std::path::Path;
use std::time::Duration;

use rand::RngExt;
use sotto_protocol::curve::IdentityKeyPair;
use sotto_relay::{Config, RunningRelay};
use sotto_wire::mailbox::{Answer, Authenticate, Register, Request};
use sotto_wire::open::{self, Deliver, Envelope, Envelopes, FetchBundle};
use sotto_wire::{
    AccountId, Challenge, ClientMessageId, CurveKey, DeliveryToken, DeliveryTokens, DeviceId, InviteToken,
    KyberKey, KyberPrekey, OneTimePrekey, Payload, PrekeyUpload, Refusal, RelayAddress, RelayName, Signature,
    SignedPrekey, UserName, authentication_string, padded_length, registration_string,
};
use tempfile::TempDir;

use crate::lines::{MailboxLine, OpenLine};

/// A relay in this process, with a data folder that outlives it.
pub(crate) struct World {
    pub(crate) relay: RunningRelay,
    pub(crate) folder: TempDir,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(|_| ()).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let relay = start(folder.path(), change).await;
        Self { relay, folder }
    }

    /// A graceful stop and a new start on the same data.
    pub(crate) async fn restarted(self) -> Self {
        self.relay.shutdown().await;
        let relay = start(self.folder.path(), |_| ()).await;
        Self {
            relay,
            folder: self.folder,
        }
    }

    pub(crate) fn address(&self) -> RelayAddress {
        self.relay.address().to_string().parse().unwrap()
    }

    pub(crate) async fn open(&self) -> OpenLine {
        OpenLine::dial(&self.address()).await
    }

    /// A line on which nobody has said who they are yet.
    pub(crate) async fn mailbox(&self) -> MailboxLine {
        MailboxLine::dial(&self.address()).await
    }

    /// Somebody with an account and no prekeys.
    pub(crate) async fn join(&self) -> Person {
        self.join_as(Person::new()).await
    }

    pub(crate) async fn join_as(&self, person: Person) -> Person {
        let mut line = self.mailbox().await;
        let registration = person.registration(line.challenge, &self.address().authority());
        assert_eq!(line.ask(registration).await, Ok(Answer::Registered));
        let proof = person.proof(line.challenge, &self.address().authority());
        assert_eq!(line.ask(proof).await, Ok(Answer::Authenticated));
        line.queue_is_empty().await;
        assert_eq!(
            line.ask(person.tokens(vec![])).await,
            Ok(Answer::DeliveryTokensSet)
        );
        person
    }

    /// The person's line, authenticated.
    pub(crate) async fn connect(&self, person: &Person) -> MailboxLine {
        let mut line = self.mailbox().await;
        let proof = person.proof(line.challenge, &self.address().authority());
        assert_eq!(line.ask(proof).await, Ok(Answer::Authenticated));
        line
    }
}

pub(crate) async fn start(folder: &Path, change: impl FnOnce(&mut Config)) -> RunningRelay {
    let mut config = Config::new(folder, "127.0.0.1:0".parse().unwrap());
    config.patience.farewell = Duration::from_secs(3);
    change(&mut config);
    sotto_relay::serve(config).await.unwrap()
}

/// Somebody with keys.
pub(crate) struct Person {
    pub(crate) account: AccountId,
    pub(crate) identity: IdentityKeyPair,
    pub(crate) user_name: Option<UserName>,
}

impl Person {
    pub(crate) fn new() -> Self {
        Self {
            account: AccountId::random(),
            identity: IdentityKeyPair::generate(&mut rand::rng()),
            user_name: None,
        }
    }

    pub(crate) fn identity_key(&self) -> CurveKey {
        self.identity.identity_key().to_bytes().into()
    }

    pub(crate) fn sign(&self, string: &[u8]) -> Signature {
        (*self
            .identity
            .private_key()
            .sign(&[string], &mut rand::rng())
            .as_bytes())
        .into()
    }

    pub(crate) fn registration(&self, challenge: Challenge, relay: &RelayName) -> Request {
        self.registration_as(1234, challenge, relay)
    }

    /// A registration as the installation `registration_id`.
    pub(crate) fn registration_as(
        &self,
        registration_id: u32,
        challenge: Challenge,
        relay: &RelayName,
    ) -> Request {
        let string = registration_string(
            &challenge,
            relay,
            self.account,
            DeviceId::FIRST,
            &self.identity_key(),
            registration_id,
            self.user_name.as_ref(),
        );
        Request::Register(Box::new(Register {
            account: self.account,
            device: DeviceId::FIRST,
            identity_key: self.identity_key(),
            registration_id,
            user_name: self.user_name.clone(),
            relay_name: relay.clone(),
            signature: self.sign(&string),
            pass: None,
        }))
    }

    pub(crate) fn proof(&self, challenge: Challenge, relay: &RelayName) -> Request {
        let string = authentication_string(&challenge, relay, self.account, DeviceId::FIRST);
        Request::Authenticate(Authenticate {
            account: self.account,
            device: DeviceId::FIRST,
            relay_name: relay.clone(),
            signature: self.sign(&string),
            registration_id: None,
        })
    }

    /// The token that their contacts know.
    pub(crate) fn token(&self) -> DeliveryToken {
        (*self.account.as_bytes()).into()
    }

    /// The contact token, and these invites.
    pub(crate) fn tokens(&self, invites: Vec<InviteToken>) -> Request {
        Request::SetDeliveryTokens(DeliveryTokens::new(self.token(), invites).unwrap())
    }

    pub(crate) fn fetch(&self) -> open::Request {
        self.fetch_by(self.token())
    }

    pub(crate) fn fetch_by(&self, token: DeliveryToken) -> open::Request {
        open::Request::FetchBundle(FetchBundle {
            account: self.account,
            device: DeviceId::FIRST,
            delivery_token: token,
        })
    }

    /// An envelope for this person.
    pub(crate) fn letter(&self, text: &str) -> open::Request {
        self.letter_again(ClientMessageId::random(), text)
    }

    pub(crate) fn letter_again(&self, id: ClientMessageId, text: &str) -> open::Request {
        self.letters(&[(id, text)])
    }

    /// Envelopes for this person, in one delivery.
    pub(crate) fn letters(&self, letters: &[(ClientMessageId, &str)]) -> open::Request {
        self.delivery(letters, false)
    }

    pub(crate) fn whisper(&self, text: &str) -> open::Request {
        self.delivery(&[(ClientMessageId::random(), text)], true)
    }

    fn delivery(&self, letters: &[(ClientMessageId, &str)], ephemeral: bool) -> open::Request {
        let envelopes = letters.iter().map(|&(client_message_id, text)| Envelope {
            client_message_id,
            payload: payload(text),
        });
        open::Request::Deliver(Deliver {
            account: self.account,
            device: DeviceId::FIRST,
            envelopes: Envelopes::new(envelopes.collect()).unwrap(),
            ephemeral,
            delivery_token: self.token(),
        })
    }

    /// An envelope for this person by somebody who has another token.
    pub(crate) fn letter_by(&self, token: DeliveryToken, text: &str) -> open::Request {
        let open::Request::Deliver(deliver) = self.letter(text) else {
            unreachable!("a letter is a delivery")
        };
        open::Request::Deliver(Deliver {
            delivery_token: token,
            ..deliver
        })
    }

    pub(crate) fn signed_prekey(&self, id: u32) -> SignedPrekey {
        let public_key = curve_key();
        SignedPrekey {
            id,
            public_key,
            signature: self.sign(public_key.as_bytes()),
        }
    }

    pub(crate) fn kyber_prekey(&self, id: u32) -> KyberPrekey {
        // The relay checks form and signature; it computes nothing with the key.
        let mut bytes = [0; KyberKey::BYTES];
        rand::rng().fill(&mut bytes[..]);
        bytes[0] = 0x08;
        let signature = self.sign(&bytes);
        KyberPrekey {
            id,
            public_key: KyberKey::try_from(&bytes[..]).unwrap(),
            signature,
        }
    }

    /// A signed, a last-resort and so many one-time prekeys of each kind, numbered from `first`.
    pub(crate) fn upload(&self, first: u32, count: u32) -> PrekeyUpload {
        let ids = first..first + count;
        PrekeyUpload::new()
            .with_signed_prekey(self.signed_prekey(1))
            .with_last_resort_prekey(self.kyber_prekey(99_999))
            .with_one_time_prekeys(ids.clone().map(one_time_prekey).collect())
            .unwrap()
            .with_one_time_kyber_prekeys(ids.map(|id| self.kyber_prekey(id)).collect())
            .unwrap()
    }
}

pub(crate) fn one_time_prekey(id: u32) -> OneTimePrekey {
    OneTimePrekey {
        id,
        public_key: curve_key(),
    }
}

/// As long as sealed payloads are.
pub(crate) fn payload(text: &str) -> Payload {
    let mut bytes = text.as_bytes().to_vec();
    bytes.resize(padded_length(bytes.len()).unwrap(), 0);
    Payload::new(bytes).unwrap()
}

pub(crate) fn publish(upload: PrekeyUpload) -> Request {
    Request::PublishPrekeys(Box::new(upload))
}

pub(crate) const DELIVERED: Result<open::Answer, Refusal> = delivered(1);

pub(crate) const fn delivered(stored: usize) -> Result<open::Answer, Refusal> {
    Ok(open::Answer::Delivered { stored })
}

fn curve_key() -> CurveKey {
    IdentityKeyPair::generate(&mut rand::rng())
        .identity_key()
        .to_bytes()
        .into()
}
