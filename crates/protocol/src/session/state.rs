//! One session state (spec section 8): the head, small, without skipped keys.
//!
//! Not here: where it stands among others ([`super::record`]), and when it changes ([`super::encrypt`],
//! [`super::decrypt`]).

use std::sync::Arc;

use zeroize::Zeroizing;

use crate::curve::{IdentityKey, KeyPair, PublicKey};
use crate::kem;
use crate::prekey::{KyberPreKeyId, OneTimePreKeyId, RegistrationId, SignedPreKeyId, Timestamp};
use crate::ratchet::{ChainKey, RootKey};
use crate::session::ChainId;
use crate::spqr::{PostQuantumRatchet, Role};
use crate::stored::{Reader, StoredFormError, Writer};

/// Receiving chains kept per state: late messages of the last five turns of the peer still decrypt (spec section
/// 18).
pub const MAX_RECEIVING_CHAINS: usize = 5;

/// How long a session that the peer has not answered is used for sending, in seconds: 30 days. Longer than that the
/// prekeys it was made with may be gone at the peer's (spec section 12).
pub const MAX_UNACKNOWLEDGED_AGE: u64 = 30 * 24 * 60 * 60;

/// The version of the stored form.
const STORED_VERSION: u8 = 3;

/// The oldest version that is read: it did not count root steps. Version 1 was written before there was a post-quantum
/// ratchet: such a session has lost the key that the ratchet would have started from, and no peer of today talks in it.
const OLDEST_STORED_VERSION: u8 = 2;

/// Which state of a peer's record: the 32 bytes of its base key, which no two states of a record share.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct StateId(pub [u8; 32]);

/// One session with a peer: the head, without skipped keys.
#[derive(Clone)]
pub struct SessionState {
    pub(crate) local_identity: IdentityKey,
    pub(crate) remote_identity: IdentityKey,
    pub(crate) local_registration: RegistrationId,
    pub(crate) remote_registration: RegistrationId,
    /// EKA: it names the session.
    pub(crate) base_key: PublicKey,
    pub(crate) root_key: RootKey,
    /// How many steps it has taken. Nothing is computed from it; it is for [`Self::summary`].
    pub(crate) root_step: u32,
    pub(crate) sending: SendingChain,
    /// Oldest first, at most [`MAX_RECEIVING_CHAINS`].
    pub(crate) receiving: Vec<ReceivingChain>,
    pub(crate) previous_counter: u32,
    /// Shared, for much of it stays the same from one message to the next.
    pub(crate) post_quantum: Arc<PostQuantumRatchet>,
    /// Until the peer has been heard in this state. Shared, for it is large and does not change.
    pub(crate) pending: Option<Arc<PendingPreKey>>,
}

/// What we encrypt with.
#[derive(Clone)]
pub(crate) struct SendingChain {
    pub(crate) ratchet: KeyPair,
    pub(crate) chain_key: ChainKey,
}

/// What one ratchet key of the peer's is decrypted with.
#[derive(Clone)]
pub(crate) struct ReceivingChain {
    pub(crate) ratchet_key: PublicKey,
    pub(crate) chain_key: ChainKey,
    /// How many skipped keys the store holds for it: counted here, so that nobody has to count there.
    pub(crate) held: u16,
}

/// What the initiator repeats in every message until it is answered.
pub(crate) struct PendingPreKey {
    pub(crate) one_time: Option<OneTimePreKeyId>,
    pub(crate) signed: SignedPreKeyId,
    pub(crate) kyber: KyberPreKeyId,
    pub(crate) kyber_ciphertext: kem::Ciphertext,
    /// Whole seconds since 1970.
    pub(crate) created: u64,
}

impl SessionState {
    /// Which state of the record this is.
    pub const fn id(&self) -> StateId {
        StateId(*self.base_key.u())
    }

    /// The peer's identity in this session.
    pub const fn remote_identity(&self) -> &IdentityKey {
        &self.remote_identity
    }

    /// Whether messages sent in this session still carry what starts it at the peer's.
    pub const fn is_unacknowledged(&self) -> bool {
        self.pending.is_some()
    }

    /// Whether it may be used for sending at this time.
    pub(super) fn is_fresh(&self, now: Timestamp) -> bool {
        // The comparison is in whole seconds and strict: at exactly 30 days a message still goes out.
        self.pending
            .as_ref()
            .is_none_or(|pending| pending.created.saturating_add(MAX_UNACKNOWLEDGED_AGE) >= now.0 / 1000)
    }

    pub(super) const fn chain_id(&self, ratchet_key: PublicKey) -> ChainId {
        ChainId {
            state: self.id(),
            ratchet_key,
        }
    }

    /// The stored form. It holds secrets.
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let pending_length = self
            .pending
            .as_ref()
            .map_or(0, |_| 21 + kem::Ciphertext::SERIALIZED_LENGTH);
        let length = 260 + self.receiving.len() * 70 + PostQuantumRatchet::MAX_STORED_LENGTH + pending_length;
        let mut form = Writer::of_version(STORED_VERSION, length);
        form.bytes(self.local_identity.public_key().u());
        form.bytes(self.remote_identity.public_key().u());
        form.u32(self.local_registration.0);
        form.u32(self.remote_registration.0);
        form.u32(self.root_step);
        form.bytes(self.base_key.u());
        form.bytes(self.root_key.expose_bytes());
        form.key_pair(&self.sending.ratchet);
        write_chain_key(&mut form, &self.sending.chain_key);
        form.u32(self.previous_counter);
        // Proof: a state has at most five receiving chains.
        form.u8(self.receiving.len() as u8);
        for chain in &self.receiving {
            form.bytes(chain.ratchet_key.u());
            write_chain_key(&mut form, &chain.chain_key);
            form.u16(chain.held);
        }
        self.post_quantum.write(&mut form);
        form.u8(u8::from(self.pending.is_some()));
        if let Some(pending) = &self.pending {
            pending.write(&mut form);
        }
        form.finish()
    }

    /// Reads the stored form. A state that was stored before there was a post-quantum ratchet is
    /// [`StoredFormError::Outdated`]: a new session has to be started.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, StoredFormError> {
        let (version, mut form) = Reader::of_versions(OLDEST_STORED_VERSION, STORED_VERSION, bytes)?;
        let mut state = Self {
            local_identity: IdentityKey::new(form.public_key()?),
            remote_identity: IdentityKey::new(form.public_key()?),
            local_registration: RegistrationId(form.u32()?),
            remote_registration: RegistrationId(form.u32()?),
            root_step: match version {
                OLDEST_STORED_VERSION => 0,
                _ => form.u32()?,
            },
            base_key: form.public_key()?,
            root_key: RootKey::from_array(form.array()?),
            sending: SendingChain {
                ratchet: form.key_pair()?,
                chain_key: read_chain_key(&mut form)?,
            },
            previous_counter: form.u32()?,
            receiving: read_receiving(&mut form)?,
            post_quantum: Arc::new(PostQuantumRatchet::read(&mut form)?),
            pending: match form.flag()? {
                true => Some(Arc::new(PendingPreKey::read(&mut form)?)),
                false => None,
            },
        };
        form.finish()?;
        if version == OLDEST_STORED_VERSION {
            state.root_step = state.shown_root_steps();
        }
        Ok(state)
    }

    /// The root steps that the chains of a state show which was stored without their number: all of them, as long as no
    /// chain had to go.
    fn shown_root_steps(&self) -> u32 {
        // Proof: at most five.
        let chains = self.receiving.len() as u32;
        match self.post_quantum.role() {
            // Our own step came first, and the first chain needed none.
            Role::Initiator => (2 * chains).saturating_sub(1),
            Role::Responder => 2 * chains,
        }
    }
}

impl PendingPreKey {
    fn write(&self, form: &mut Writer) {
        form.u8(u8::from(self.one_time.is_some()));
        form.u32(self.one_time.map_or(0, |id| id.0));
        form.u32(self.signed.0);
        form.u32(self.kyber.0);
        form.u64(self.created);
        form.bytes(&self.kyber_ciphertext.to_bytes());
    }

    fn read(form: &mut Reader<'_>) -> Result<Self, StoredFormError> {
        let has_one_time = form.flag()?;
        let one_time = OneTimePreKeyId(form.u32()?);
        Ok(Self {
            one_time: has_one_time.then_some(one_time),
            signed: SignedPreKeyId(form.u32()?),
            kyber: KyberPreKeyId(form.u32()?),
            created: form.u64()?,
            kyber_ciphertext: kem::Ciphertext::from_bytes(form.slice(kem::Ciphertext::SERIALIZED_LENGTH)?)
                .map_err(|_| StoredFormError::Value)?,
        })
    }
}

fn write_chain_key(form: &mut Writer, chain_key: &ChainKey) {
    form.bytes(chain_key.expose_bytes());
    form.u32(chain_key.index());
}

fn read_chain_key(form: &mut Reader<'_>) -> Result<ChainKey, StoredFormError> {
    Ok(ChainKey::from_parts(form.array()?, form.u32()?))
}

fn read_receiving(form: &mut Reader<'_>) -> Result<Vec<ReceivingChain>, StoredFormError> {
    let count = usize::from(form.u8()?);
    if count > MAX_RECEIVING_CHAINS {
        return Err(StoredFormError::Value);
    }
    (0..count)
        .map(|_| {
            Ok(ReceivingChain {
                ratchet_key: form.public_key()?,
                chain_key: read_chain_key(form)?,
                held: form.u16()?,
            })
        })
        .collect()
}
