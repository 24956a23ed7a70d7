//! One sender key state: the head, small, without skipped seeds.

use std::sync::Arc;

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::curve::PrivateKey;
use crate::sender_keys::DistributionMessage;
use crate::sender_keys::chain::SenderChainKey;
use crate::stored::{Reader, StoredFormError, Writer};
use crate::xeddsa::{SigningKey, Verifier};

/// The number that names a chain within a distribution; below 2^31 in the chains we make.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct SenderChainId(pub u32);

/// One chain of one sender, as a member knows it, or as the sender does.
#[derive(Clone)]
pub struct SenderKeyState {
    pub(super) id: SenderChainId,
    pub(super) chain_key: SenderChainKey,
    /// What the messages' signatures are checked with.
    pub(super) verifier: Verifier,
    /// What we sign with, in a state of our own. Shared, for it does not change; and behind a pointer, for the room
    /// of one that is not there would be filled with whatever secret the stack held before.
    pub(super) signing_key: Option<Arc<SigningKey>>,
    /// How many skipped seeds the store holds for it: counted here, so that nobody has to count there.
    pub(super) held: u16,
}

impl SenderKeyState {
    /// A new state of our own. Draws 4 bytes for the chain id, 32 for the chain key, 32 for the signing key.
    pub(super) fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut id = [0; 4];
        rng.fill_bytes(&mut id);
        let chain_key = SenderChainKey::generate(rng);
        let signing_key = SigningKey::generate(rng);
        Self {
            id: SenderChainId(u32::from_le_bytes(id) >> 1),
            chain_key,
            verifier: Verifier::new(signing_key.public_key()),
            signing_key: Some(Arc::new(signing_key)),
            held: 0,
        }
    }

    /// What a member knows of the sender's state.
    pub(super) fn distributed(message: &DistributionMessage) -> Self {
        Self {
            id: message.chain(),
            chain_key: message.chain_key().clone(),
            verifier: Verifier::new(*message.verifying_key()),
            signing_key: None,
            held: 0,
        }
    }

    /// Which state of the record this is.
    pub const fn id(&self) -> SenderChainId {
        self.id
    }

    /// The number of the chain's next message.
    pub const fn iteration(&self) -> u32 {
        self.chain_key.iteration()
    }

    /// Whether we are the sender.
    pub const fn is_ours(&self) -> bool {
        self.signing_key.is_some()
    }

    /// The stored form. It holds secrets.
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut form = Writer::new(140);
        form.u32(self.id.0);
        form.bytes(self.chain_key.expose_bytes());
        form.u32(self.chain_key.iteration());
        form.u16(self.held);
        form.bytes(self.verifier.public_key().u());
        form.u8(u8::from(self.signing_key.is_some()));
        if let Some(signing_key) = &self.signing_key {
            let (private, point) = signing_key.expose_parts();
            form.bytes(private);
            form.bytes(point);
        }
        form.finish()
    }

    /// Reads the stored form.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, StoredFormError> {
        let mut form = Reader::new(bytes)?;
        let state = Self {
            id: SenderChainId(form.u32()?),
            chain_key: SenderChainKey::from_parts(form.array()?, form.u32()?),
            held: form.u16()?,
            verifier: Verifier::new(form.public_key()?),
            signing_key: match form.flag()? {
                true => Some(Arc::new(read_signing_key(&mut form)?)),
                false => None,
            },
        };
        form.finish()?;
        Ok(state)
    }
}

fn read_signing_key(form: &mut Reader<'_>) -> Result<SigningKey, StoredFormError> {
    let private = PrivateKey::from_bytes(form.slice(32)?).map_err(|_| StoredFormError::Value)?;
    Ok(SigningKey::from_stored(private, form.array()?))
}
