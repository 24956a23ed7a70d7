//! The table of operations.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::cast::Cast;
use super::refusal::Refusal;
use super::{certificates, fingerprints, groups, keys, lines, members, prekeys, sealed, sessions};

/// Carries out a request, whose `op` and `id` have been taken off.
type Operation = fn(&mut Cast, Value) -> Result<Value, Refusal>;

/// Every operation, in the order of the specification.
const OPERATIONS: &[(&str, Operation)] = &[
    ("info", info),
    ("keygen", keys::keygen),
    ("sign", keys::sign),
    ("verify", keys::verify),
    ("agree", keys::agree),
    ("new_party", members::new_party),
    ("set_trust", members::set_trust),
    ("drop_party", members::drop_party),
    ("clone_party", members::clone_party),
    ("get_identity", members::get_identity),
    ("forget_identity", members::forget_identity),
    ("bundle", prekeys::bundle),
    ("import_prekeys", prekeys::import),
    ("prekeys", prekeys::held),
    ("process_bundle", sessions::process_bundle),
    ("encrypt", sessions::encrypt),
    ("decrypt", sessions::decrypt),
    ("session", sessions::session),
    ("archive_session", sessions::archive),
    ("delete_session", sessions::delete),
    ("fingerprint", fingerprints::fingerprint),
    ("fingerprint_compare", fingerprints::compare),
    ("server_certificate", certificates::server_certificate),
    ("sender_certificate", certificates::sender_certificate),
    ("validate_certificate", certificates::validate),
    ("sealed_encrypt", sealed::encrypt),
    ("sealed_decrypt", sealed::decrypt),
    ("sealed_multi_encrypt", sealed::encrypt_for_many),
    ("sealed_multi_single", sealed::single),
    ("group_create", groups::create),
    ("group_process", groups::process),
    ("group_encrypt", groups::encrypt),
    ("group_decrypt", groups::decrypt),
    ("batch", batch),
    ("quit", quit),
];

/// The operation of this name.
pub(super) fn find(name: &str) -> Option<Operation> {
    let found = OPERATIONS.iter().find(|(known, _)| *known == name);
    found.map(|(_, operation)| *operation)
}

/// Reads an operation's arguments. Those it does not know are left alone.
pub(super) fn arguments<T: DeserializeOwned>(arguments: Value) -> Result<T, Refusal> {
    serde_json::from_value(arguments).map_err(Refusal::bad_request)
}

fn info(_: &mut Cast, _: Value) -> Result<Value, Refusal> {
    let operations: Vec<&str> = OPERATIONS.iter().map(|(name, _)| *name).collect();
    Ok(json!({
        "name": env!("CARGO_PKG_NAME"),
        "version": env!("CARGO_PKG_VERSION"),
        "operations": operations,
    }))
}

#[derive(Deserialize)]
struct Batch {
    requests: Vec<Value>,
}

fn batch(cast: &mut Cast, request: Value) -> Result<Value, Refusal> {
    let Batch { requests } = arguments(request)?;
    let answers: Vec<Value> = requests
        .into_iter()
        .map(|request| lines::answer(cast, request))
        .collect();
    Ok(json!({ "answers": answers }))
}

fn quit(cast: &mut Cast, _: Value) -> Result<Value, Refusal> {
    cast.finish();
    Ok(json!({}))
}
