//! When a certificate expires, for the metric that warns of it. Reads just enough of X.509 (RFC 5280, 4.1) to get there;
//! nothing is decided by it.

use rustls::pki_types::CertificateDer;

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const VERSION: u8 = 0xA0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// Seconds since 1970; `None` if the certificate is not as usual.
pub(super) fn not_after(certificate: &CertificateDer<'_>) -> Option<u64> {
    let (_, certificate, _) = element(certificate)?;
    let (_, mut rest, _) = element(certificate)?;
    // version (if it is not 1), serial number, signature, issuer
    for expected in [VERSION, INTEGER, SEQUENCE, SEQUENCE] {
        let (tag, _, after) = element(rest)?;
        if tag == expected {
            rest = after;
        } else if expected != VERSION {
            return None;
        }
    }
    let (_, validity, _) = element(rest)?;
    let (_, _, after_not_before) = element(validity)?;
    let (tag, time, _) = element(after_not_before)?;
    seconds(tag, time)
}

/// Tag, contents, and what comes after (X.690, 8.1): tags of one byte, lengths below 2^24.
fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7F => (usize::from(first), rest),
        0x81..=0x83 => {
            let (length, rest) = rest.split_at_checked(usize::from(first & 0x7F))?;
            (
                length
                    .iter()
                    .fold(0, |length, &byte| length << 8 | usize::from(byte)),
                rest,
            )
        }
        _ => return None,
    };
    let (contents, rest) = rest.split_at_checked(length)?;
    Some((tag, contents, rest))
}

/// `YYMMDDHHMMSSZ` or `YYYYMMDDHHMMSSZ`.
fn seconds(tag: u8, time: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(time).ok()?.strip_suffix('Z')?;
    let (year, rest) = match tag {
        UTC_TIME => {
            let (year, rest) = text.split_at_checked(2)?;
            let year: u64 = year.parse().ok()?;
            (if year < 50 { 2_000 + year } else { 1_900 + year }, rest)
        }
        GENERALIZED_TIME => {
            let (year, rest) = text.split_at_checked(4)?;
            (year.parse().ok()?, rest)
        }
        _ => return None,
    };
    let mut fields = [0_u64; 5];
    let mut rest = rest;
    for field in &mut fields {
        let (digits, after) = rest.split_at_checked(2)?;
        (*field, rest) = (digits.parse().ok()?, after);
    }
    let [month, day, hour, minute, second] = fields;
    Some(((days(year, month, day)? * 24 + hour) * 60 + minute) * 60 + second)
}

/// Days since 1970, by the Gregorian calendar with years that begin in March.
fn days(year: u64, month: u64, day: u64) -> Option<u64> {
    if year < 1970 || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let of_years = year * 365 + year / 4 - year / 100 + year / 400;
    (of_years + (month * 153 + 2) / 5 + day).checked_sub(719_469)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_as_the_calendar_does() {
        assert_eq!(days(1970, 1, 1), Some(0));
        assert_eq!(days(2000, 2, 29), Some(11_016));
        assert_eq!(days(2026, 11, 21), Some(20_778));
        assert_eq!(seconds(UTC_TIME, b"700101000001Z"), Some(1));
        assert_eq!(
            seconds(GENERALIZED_TIME, b"20261121132450Z"),
            Some(20_778 * 86_400 + 48_290)
        );
        assert_eq!(seconds(UTC_TIME, b"7001010000Z"), None);
    }

    #[test]
    fn the_end_of_a_certificate_is_found_in_it() {
        let mut parameters = rcgen::CertificateParams::new(vec!["relay.example".to_owned()]).unwrap();
        parameters.not_after = rcgen::date_time_ymd(2030, 6, 1);
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = parameters.self_signed(&key).unwrap();
        assert_eq!(
            not_after(certificate.der()),
            days(2030, 6, 1).map(|days| days * 86_400)
        );
        for length in 0..certificate.der().len() {
            not_after(&CertificateDer::from(&certificate.der()[..length]));
        }
    }
}
