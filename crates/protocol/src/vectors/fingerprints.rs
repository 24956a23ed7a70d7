use serde_json::Value;

use super::{bytes, cases, number};
use crate::curve::IdentityKey;
use crate::fingerprint::{DisplayableFingerprint, Fingerprint, ScanError, ScannableFingerprint};

fn fingerprint(person: &Value, iterations: u32) -> Fingerprint {
    let key = IdentityKey::from_bytes(&bytes(&person["key"])).unwrap();
    Fingerprint::with_iterations(&bytes(&person["id"]), &key, iterations).unwrap()
}

pub(super) fn replay(file: &Value) {
    for pair in cases(file, "pairs") {
        let iterations = number(&pair["iterations"]);
        let (a, b) = (
            fingerprint(&pair["a"], iterations),
            fingerprint(&pair["b"], iterations),
        );
        let display = pair["display"].as_str().unwrap();
        assert_eq!(DisplayableFingerprint::new(&a, &b).digits(), display);
        assert_eq!(DisplayableFingerprint::new(&b, &a).digits(), display);

        let version = number(&pair["version"]);
        let of_a = ScannableFingerprint::new(version, &a, &b);
        let of_b = ScannableFingerprint::new(version, &b, &a);
        assert_eq!(of_a.to_bytes(), bytes(&pair["scannable_a"]));
        assert_eq!(of_b.to_bytes(), bytes(&pair["scannable_b"]));
        assert_eq!(
            of_a.matches(&of_b.to_bytes()).unwrap(),
            pair["a_scans_b"].as_bool().unwrap()
        );
        assert_eq!(
            of_b.matches(&of_a.to_bytes()).unwrap(),
            pair["b_scans_a"].as_bool().unwrap()
        );
    }
    for case in cases(file, "compare") {
        let ours = ScannableFingerprint::from_bytes(&bytes(&case["ours"])).unwrap();
        let result = match ours.matches(&bytes(&case["theirs"])) {
            Ok(true) => "match",
            Ok(false) => "no match",
            Err(ScanError::Version { .. }) => "version mismatch",
            Err(ScanError::Malformed) => "parsing",
        };
        assert_eq!(result, case["result"].as_str().unwrap(), "{}", case["why"]);
    }
}
