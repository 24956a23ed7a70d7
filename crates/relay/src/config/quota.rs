//! How often something may be done.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::ValueError;
use super::value::{bytes_from_str, bytes_to_string};

/// So many in so long, and as many at once: `600/minute`. Who has used them up gets a new one every 100 ms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    count: u64,
    period: Duration,
}

const UNITS: [(&str, u64); 4] = [("second", 1), ("minute", 60), ("hour", 3_600), ("day", 86_400)];

impl Quota {
    /// `None` if nothing would be allowed, or in no time.
    pub const fn new(count: u64, period: Duration) -> Option<Self> {
        if count == 0 || period.is_zero() {
            return None;
        }
        Some(Self { count, period })
    }

    const fn per(count: u64, seconds: u64) -> Option<Self> {
        Self::new(count, Duration::from_secs(seconds))
    }

    /// How many.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// In how long.
    pub fn period(&self) -> Duration {
        self.period
    }
}

impl FromStr for Quota {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        const EXPECTED: ValueError =
            ValueError::expected("a quota such as 600/minute (second, minute, hour, day), or off");
        let (count, unit) = text.split_once('/').ok_or(EXPECTED)?;
        let count = bytes_from_str(count).map_err(|_| EXPECTED)?;
        let (_, seconds) = UNITS.iter().find(|(name, _)| *name == unit).ok_or(EXPECTED)?;
        Self::per(count, *seconds).ok_or(EXPECTED)
    }
}

impl fmt::Display for Quota {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = bytes_to_string(self.count);
        let seconds = self.period.as_secs();
        match UNITS.iter().find(|(_, length)| *length == seconds) {
            Some((name, _)) => write!(f, "{count}/{name}"),
            // Only a program says such a thing.
            None => write!(f, "{count} in {:?}", self.period),
        }
    }
}

/// Every quota; `None`: as often as one likes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quotas {
    /// Frames that one connection sends.
    pub connection_frames: Option<Quota>,
    /// Bytes that one connection sends.
    pub connection_bytes: Option<Quota>,
    /// Connections opened from one address.
    pub ip_connects: Option<Quota>,
    /// Frames sent from one address.
    pub ip_frames: Option<Quota>,
    /// Bytes sent from one address.
    pub ip_bytes: Option<Quota>,
    /// Bundles fetched from one address.
    pub ip_bundles: Option<Quota>,
    /// User names looked up from one address.
    pub ip_look_ups: Option<Quota>,
    /// Accounts made from one address.
    pub ip_registrations: Option<Quota>,
    /// Accounts made at all.
    pub registrations: Option<Quota>,
    /// Frames that an owner sends.
    pub account_frames: Option<Quota>,
    /// Bytes that an owner sends.
    pub account_bytes: Option<Quota>,
    /// Bundles of one mailbox handed out.
    pub account_bundles: Option<Quota>,
    /// Envelopes that one mailbox takes from people who only looked its user name up.
    pub account_requests: Option<Quota>,
    /// Envelopes delivered under one token.
    pub token_envelopes: Option<Quota>,
    /// Bytes delivered under one token.
    pub token_bytes: Option<Quota>,
    /// Bundles fetched under one token.
    pub token_bundles: Option<Quota>,
}

impl Quotas {
    /// None at all.
    pub const OFF: Self = Self {
        connection_frames: None,
        connection_bytes: None,
        ip_connects: None,
        ip_frames: None,
        ip_bytes: None,
        ip_bundles: None,
        ip_look_ups: None,
        ip_registrations: None,
        registrations: None,
        account_frames: None,
        account_bytes: None,
        account_bundles: None,
        account_requests: None,
        token_envelopes: None,
        token_bytes: None,
        token_bundles: None,
    };
}

impl Default for Quotas {
    /// Far above what people do, far below what a machine could.
    fn default() -> Self {
        const MIB: u64 = 1024 * 1024;
        const MINUTE: u64 = 60;
        const HOUR: u64 = 3_600;
        Self {
            connection_frames: Quota::per(120_000, MINUTE),
            connection_bytes: Quota::per(512 * MIB, MINUTE),
            ip_connects: Quota::per(600, MINUTE),
            ip_frames: Quota::per(240_000, MINUTE),
            ip_bytes: Quota::per(1024 * MIB, MINUTE),
            ip_bundles: Quota::per(600, MINUTE),
            ip_look_ups: Quota::per(60, MINUTE),
            ip_registrations: Quota::per(20, HOUR),
            registrations: None,
            account_frames: Quota::per(120_000, MINUTE),
            account_bytes: Quota::per(512 * MIB, MINUTE),
            account_bundles: Quota::per(600, HOUR),
            account_requests: Quota::per(200, HOUR),
            token_envelopes: Quota::per(120_000, MINUTE),
            token_bytes: Quota::per(512 * MIB, MINUTE),
            token_bundles: Quota::per(300, HOUR),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quota_is_read_as_it_is_written() {
        for text in [
            "600/minute",
            "1/day",
            "20/hour",
            "7/second",
            "512MiB/minute",
            "10KiB/second",
        ] {
            assert_eq!(text.parse::<Quota>().unwrap().to_string(), text);
        }
        assert_eq!("2048/second".parse::<Quota>().unwrap().to_string(), "2KiB/second");
        for wrong in [
            "",
            "600",
            "0/minute",
            "-1/minute",
            "600/week",
            "600/",
            "/minute",
            "1.5/minute",
        ] {
            assert!(wrong.parse::<Quota>().is_err(), "{wrong}");
        }
    }
}
