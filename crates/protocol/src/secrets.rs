//! Which types hold secrets, and what they must not do: checked when the tests are compiled.
//!
//! That memory really is wiped is looked at in `tests/zeroized.rs`. No type of this crate can be serialized by
//! accident: it does not depend on serde.

use zeroize::Zeroizing;

use crate::curve::{Agreement, IdentityKeyPair, KeyPair, PrivateKey};
use crate::kem;
use crate::memory::{
    MemoryDistribution, MemoryPeer, MemoryPreKeys, MemorySenderKeys, MemorySkippedKeys,
    MemorySkippedSenderKeys, MemoryStore,
};
use crate::prekey::{KyberPreKey, OneTimePreKey, SignedPreKey};
use crate::ratchet::{ChainKey, MessageKeys, MessageSeed, RootKey};
use crate::sealed_sender::SealedSeed;
use crate::sender_keys::{
    DistributionMessage, GroupDecrypted, GroupEncrypted, SenderChainKey, SenderKeyChanges, SenderKeyCreated,
    SenderKeyRecord, SenderKeyRow, SenderKeyState, SenderMessageKeys, SenderMessageSeed, SkippedSenderKey,
};
use crate::session::{
    Decrypted, Encrypted, LocalParty, PostQuantumChanges, SessionChanges, SessionRecord, SessionState,
    SkippedKey, SkippedPostQuantumKey, StateRow,
};
use crate::spqr::{AuthenticationKey, PostQuantumKey, PostQuantumRatchet};
use crate::xeddsa::SigningKey;

/// A secret itself: wiped when dropped, cannot be printed, and cannot be compared but in constant time.
macro_rules! secret {
    ($($type:ty),* $(,)?) => {$(
        static_assertions::assert_impl_all!($type: zeroize::ZeroizeOnDrop);
        static_assertions::assert_not_impl_any!($type: Copy, std::fmt::Debug, std::fmt::Display, PartialEq, PartialOrd, std::hash::Hash, AsRef<[u8]>);
    )*};
}

/// Made of secrets and other things: each secret in it is wiped, and it cannot be printed either.
macro_rules! holds_secrets {
    ($($type:ty),* $(,)?) => {$(
        const _: () = assert!(std::mem::needs_drop::<$type>());
        static_assertions::assert_not_impl_any!($type: Copy, std::fmt::Debug, std::fmt::Display, PartialEq, std::hash::Hash);
    )*};
}

pub(crate) use {holds_secrets, secret};

secret!(
    PrivateKey,
    Agreement,
    kem::SecretKey,
    kem::SharedSecret,
    RootKey,
    ChainKey,
    MessageSeed,
    MessageKeys,
    AuthenticationKey,
    PostQuantumKey,
    SenderChainKey,
    SenderMessageSeed,
    SenderMessageKeys,
    SealedSeed,
);

holds_secrets!(
    KeyPair,
    IdentityKeyPair,
    kem::KeyPair,
    OneTimePreKey,
    SignedPreKey,
    KyberPreKey,
    LocalParty,
    SessionState,
    SessionRecord,
    StateRow,
    SkippedKey,
    PostQuantumRatchet,
    SkippedPostQuantumKey,
    PostQuantumChanges,
    SessionChanges,
    Encrypted,
    Decrypted,
    MemoryPeer,
    MemoryPreKeys,
    MemorySkippedKeys,
    MemoryStore,
    SigningKey,
    DistributionMessage,
    SenderKeyState,
    SenderKeyRecord,
    SenderKeyRow,
    SkippedSenderKey,
    SenderKeyChanges,
    SenderKeyCreated,
    GroupEncrypted,
    GroupDecrypted,
    MemoryDistribution,
    MemorySenderKeys,
    MemorySkippedSenderKeys,
);

/// The forms in which secrets leave are wiped too.
const _: () = {
    const fn wiped<T>(_: fn(&T) -> Zeroizing<Vec<u8>>) {}
    wiped(SessionState::to_bytes);
    wiped(SenderKeyState::to_bytes);
    wiped(OneTimePreKey::to_bytes);
    wiped(SignedPreKey::to_bytes);
    wiped(KyberPreKey::to_bytes);
    wiped(kem::SecretKey::expose_bytes);
};
