//! What quotas are for.

use crate::config::{Quota, Quotas};

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
