//! The secrets of the ratchet's inside; those that leave it are in [`crate::secrets`].

use crate::secrets::{holds_secrets, secret};
use crate::spqr::authenticator::{Authenticator, EpochSecret};
use crate::spqr::braid::Braid;
use crate::spqr::chains::{Chain, Chains, ReceiveKey, Root, SendKey};
use crate::spqr::kem::{EncapsulationSeed, KeySeed, SharedSecret};
use crate::spqr::ratchet::{PostQuantumReceived, PostQuantumSent};

secret!(
    Authenticator,
    Chain,
    EncapsulationSeed,
    EpochSecret,
    KeySeed,
    Root,
    SharedSecret,
);

holds_secrets!(
    Braid,
    Chains,
    PostQuantumReceived,
    PostQuantumSent,
    ReceiveKey,
    SendKey,
);
