//! Keys, signatures, agreement.

use std::convert::Infallible;

use rand_core::{TryCryptoRng, TryRng};
use serde::Deserialize;
use serde_json::{Value, json};
use sotto_protocol::curve::{KeyPair, PrivateKey, PublicKey};
use sotto_protocol::xeddsa::Signature;

use super::cast::Cast;
use super::hex::{Hex, hex};
use super::operations::arguments;
use super::refusal::Refusal;

#[derive(Deserialize)]
struct KeyGen {
    private: Option<Hex>,
}

/// A fresh key pair, or the pair of an imported private key.
pub(super) fn keygen(cast: &mut Cast, request: Value) -> Result<Value, Refusal> {
    let KeyGen { private } = arguments(request)?;
    let private = match private {
        Some(Hex(bytes)) => PrivateKey::from_bytes(&bytes)?,
        None => PrivateKey::generate(&mut cast.rng),
    };
    let keys = KeyPair::from(private);
    Ok(json!({
        "private": hex(keys.private().expose_bytes()),
        "public": hex(keys.public().to_bytes()),
    }))
}

#[derive(Deserialize)]
struct Sign {
    private: Hex,
    message: Hex,
    z: Option<Hex>,
}

pub(super) fn sign(cast: &mut Cast, request: Value) -> Result<Value, Refusal> {
    let Sign { private, message, z } = arguments(request)?;
    let private = PrivateKey::from_bytes(&private.0)?;
    let parts = [message.0.as_slice()];
    let signature = match z {
        Some(Hex(z)) => {
            let z = z.try_into().map_err(|_| Refusal::bad_request("z has 64 bytes"))?;
            private.sign(&parts, &mut Given(z))
        }
        None => private.sign(&parts, &mut cast.rng),
    };
    Ok(json!({ "signature": hex(signature.as_bytes()) }))
}

#[derive(Deserialize)]
struct Verify {
    public: Hex,
    message: Hex,
    signature: Hex,
}

pub(super) fn verify(_: &mut Cast, request: Value) -> Result<Value, Refusal> {
    let Verify {
        public,
        message,
        signature,
    } = arguments(request)?;
    let public = PublicKey::from_bytes(&public.0)?;
    let valid = Signature::from_bytes(&signature.0)
        .is_some_and(|signature| public.verify(&[&message.0], &signature).is_ok());
    Ok(json!({ "valid": valid }))
}

#[derive(Deserialize)]
struct Agree {
    private: Hex,
    public: Hex,
}

pub(super) fn agree(_: &mut Cast, request: Value) -> Result<Value, Refusal> {
    let Agree { private, public } = arguments(request)?;
    let private = PrivateKey::from_bytes(&private.0)?;
    let public = PublicKey::from_bytes(&public.0)?;
    let shared = private.agree(&public)?;
    Ok(json!({ "shared": hex(shared.expose_bytes()) }))
}

/// A random source that gives the 64 bytes of a vector, which is what a signature draws.
struct Given([u8; 64]);

impl TryRng for Given {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        rand_core::utils::next_word_via_fill(self)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        rand_core::utils::next_word_via_fill(self)
    }

    fn try_fill_bytes(&mut self, dst: &mut [u8]) -> Result<(), Infallible> {
        for (to, from) in dst.iter_mut().zip(self.0) {
            *to = from;
        }
        Ok(())
    }
}

impl TryCryptoRng for Given {}
