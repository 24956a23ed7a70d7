//! How much anybody may do: per connection, per address, per account, per token.
//!
//! Each quota is a bucket; an empty one is answered with the time until there is something in it again. Addresses are
//! never kept: a bucket's key is a hash under the pepper. What is sent is metered by each node for itself, since asking
//! others would cost more than it; what is scarce (accounts, bundles, looked up names) by all nodes of the relay
//! together, through the [bus](crate::bus).

mod bucket;
pub(crate) mod of;
mod peer;
mod visitor;

use std::time::Duration;

use sotto_wire::Refusal;

use crate::bus::{Allowance, Bus, RetryAfter};
use crate::config::Quotas;
use crate::metrics::Metrics;
use crate::pepper::Pepper;

use bucket::Buckets;
pub(crate) use of::Of;
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
