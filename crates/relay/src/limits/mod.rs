//! How much anybody may do: per connection, per address, per account, per token.
//!
//! Each quota is a bucket; an empty one is answered with the time until there is something in it again. Addresses are
//! never kept: a bucket's key is a hash under the pepper. What is sent is metered by each node for itself, since asking
//! others would cost more than it; what is scarce (accounts, bundles, looked up names) by all nodes of the relay
//! together, through the [bus](crate::bus).

mod bucket;
mod peer;
mod visitor;

use std::time::Duration;

use sotto_wire::Refusal;

use crate::bus::{Allowance, Bus, RetryAfter};
use crate::config::{Quota, Quotas};
use crate::metrics::Metrics;
use crate::pepper::Pepper;

use bucket::Buckets;
pub(crate) use bucket::Key;
pub(crate) use peer::{Peer, PeerPlace, Peers};
pub(crate) use visitor::{Visitor, slowed};

/// A quota is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limited {
    /// Until there is a little of it again.
    pub(crate) wait: Duration,
}

impl From<Limited> for Refusal {
    fn from(limited: Limited) -> Self {
        // Never 0: that would be tried again at once.
        let ms = limited.wait.as_millis().max(1);
        Self::RateLimited {
            retry_after_ms: u32::try_from(ms).unwrap_or(u32::MAX),
        }
    }
}

/// The meters of a relay.
pub(crate) struct Limiter {
    quotas: Quotas,
    buckets: Buckets,
}

/// What a quota is for; its name is that of the setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Of {
    ConnectionFrames,
    ConnectionBytes,
    IpConnects,
    IpFrames,
    IpBytes,
    IpBundles,
    IpLookUps,
    IpRegistrations,
    Registrations,
    AccountFrames,
    AccountBytes,
    AccountBundles,
    AccountRequests,
    TokenEnvelopes,
    TokenBytes,
    TokenBundles,
}

impl Of {
    /// Every purpose.
    pub(crate) const ALL: [Self; 16] = [
        Self::ConnectionFrames,
        Self::ConnectionBytes,
        Self::IpConnects,
        Self::IpFrames,
        Self::IpBytes,
        Self::IpBundles,
        Self::IpLookUps,
        Self::IpRegistrations,
        Self::Registrations,
        Self::AccountFrames,
        Self::AccountBytes,
        Self::AccountBundles,
        Self::AccountRequests,
        Self::TokenEnvelopes,
        Self::TokenBytes,
        Self::TokenBundles,
    ];

    /// The setting.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::ConnectionFrames => "connection-frames",
            Self::ConnectionBytes => "connection-bytes",
            Self::IpConnects => "ip-connects",
            Self::IpFrames => "ip-frames",
            Self::IpBytes => "ip-bytes",
            Self::IpBundles => "ip-bundles",
            Self::IpLookUps => "ip-look-ups",
            Self::IpRegistrations => "ip-registrations",
            Self::Registrations => "registrations",
            Self::AccountFrames => "account-frames",
            Self::AccountBytes => "account-bytes",
            Self::AccountBundles => "account-bundles",
            Self::AccountRequests => "account-requests",
            Self::TokenEnvelopes => "token-envelopes",
            Self::TokenBytes => "token-bytes",
            Self::TokenBundles => "token-bundles",
        }
    }

    pub(super) fn quota(self, quotas: &Quotas) -> Option<Quota> {
        match self {
            Self::ConnectionFrames => quotas.connection_frames,
            Self::ConnectionBytes => quotas.connection_bytes,
            Self::IpConnects => quotas.ip_connects,
            Self::IpFrames => quotas.ip_frames,
            Self::IpBytes => quotas.ip_bytes,
            Self::IpBundles => quotas.ip_bundles,
            Self::IpLookUps => quotas.ip_look_ups,
            Self::IpRegistrations => quotas.ip_registrations,
            Self::Registrations => quotas.registrations,
            Self::AccountFrames => quotas.account_frames,
            Self::AccountBytes => quotas.account_bytes,
            Self::AccountBundles => quotas.account_bundles,
            Self::AccountRequests => quotas.account_requests,
            Self::TokenEnvelopes => quotas.token_envelopes,
            Self::TokenBytes => quotas.token_bytes,
            Self::TokenBundles => quotas.token_bundles,
        }
    }
}

impl Limiter {
    pub(crate) fn new(quotas: Quotas) -> Self {
        Self {
            quotas,
            buckets: Buckets::default(),
        }
    }

    pub(crate) fn quotas(&self) -> &Quotas {
        &self.quotas
    }

    /// Takes from the bucket that all nodes share.
    pub(crate) async fn take_shared(
        &self,
        of: Of,
        whose: &[u8],
        cost: u64,
        bus: &Bus,
        metrics: &Metrics,
    ) -> Result<(), Limited> {
        let Some(quota) = of.quota(&self.quotas) else {
            return Ok(());
        };
        let allowance = Allowance {
            most: u32::try_from(quota.count()).unwrap_or(u32::MAX),
            window: quota.period(),
        };
        // What is more than a bucket holds would never be let through: it takes all of one.
        let cost = u32::try_from(cost).unwrap_or(u32::MAX).min(allowance.most);
        bus.take(of.name(), whose, cost, allowance)
            .await
            .map_err(|RetryAfter(wait)| limited(of, wait, metrics))
    }

    /// Takes from the bucket of this key for this purpose, on this node.
    pub(crate) fn take(
        &self,
        of: Of,
        whose: &[u8],
        cost: u64,
        pepper: &Pepper,
        metrics: &Metrics,
    ) -> Result<(), Limited> {
        let Some(quota) = of.quota(&self.quotas) else {
            return Ok(());
        };
        let key = pepper.meter(of.name(), whose);
        self.buckets
            .take(key, cost, quota)
            .map_err(|wait| limited(of, wait, metrics))
    }
}

/// Counted, and told.
fn limited(of: Of, wait: Duration, metrics: &Metrics) -> Limited {
    metrics.limited(of.name());
    Limited { wait }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{SETTINGS, Section};

    #[test]
    fn every_quota_is_a_setting() {
        let names: Vec<&str> = SETTINGS
            .iter()
            .filter(|setting| setting.section == Section::Quotas)
            .map(|setting| setting.name)
            .collect();
        assert_eq!(names, Of::ALL.map(Of::name));
    }
}
