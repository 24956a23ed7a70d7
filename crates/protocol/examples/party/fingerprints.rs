//! Safety numbers.

use serde::Deserialize;
use serde_json::{Value, json};
use sotto_protocol::curve::IdentityKey;
use sotto_protocol::fingerprint::{
    DisplayableFingerprint, Fingerprint, ITERATIONS, ScanError, ScannableFingerprint,
};

use super::cast::Cast;
use super::hex::{Hex, hex};
use super::operations::arguments;
use super::refusal::{Class, Refusal};

#[derive(Deserialize)]
struct MakeFingerprint {
    iterations: Option<u32>,
    version: Option<u32>,
    local_id: Hex,
    local_key: Hex,
    remote_id: Hex,
    remote_key: Hex,
}

pub(super) fn fingerprint(_: &mut Cast, request: Value) -> Result<Value, Refusal> {
    let request: MakeFingerprint = arguments(request)?;
    let iterations = request.iterations.unwrap_or(ITERATIONS);
    let side = |id: &Hex, key: &Hex| {
        let identity = IdentityKey::from_bytes(&key.0)?;
        Fingerprint::with_iterations(&id.0, &identity, iterations).map_err(Refusal::bad_request)
    };
    let local = side(&request.local_id, &request.local_key)?;
    let remote = side(&request.remote_id, &request.remote_key)?;
    let version = request.version.unwrap_or(ScannableFingerprint::VERSION);
    Ok(json!({
        "display": DisplayableFingerprint::new(&local, &remote).digits(),
        "scannable": hex(ScannableFingerprint::new(version, &local, &remote).to_bytes()),
    }))
}

#[derive(Deserialize)]
struct Compare {
    ours: Hex,
    theirs: Hex,
}

pub(super) fn compare(_: &mut Cast, request: Value) -> Result<Value, Refusal> {
    let Compare { ours, theirs } = arguments(request)?;
    let ours = ScannableFingerprint::from_bytes(&ours.0)?;
    Ok(json!({ "match": ours.matches(&theirs.0)? }))
}

impl From<ScanError> for Refusal {
    fn from(error: ScanError) -> Self {
        let class = match error {
            ScanError::Malformed => Class::Malformed,
            // A fingerprint, but not one that can be compared with ours.
            ScanError::Version { .. } => Class::InvalidMessage,
        };
        Self::new(class, error)
    }
}
