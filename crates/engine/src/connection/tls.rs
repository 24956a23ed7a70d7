//! TLS as the operating system trusts it.

use std::sync::{Arc, OnceLock};

use rustls::ClientConfig;
use rustls::crypto::ring::default_provider;
use rustls_platform_verifier::BuilderVerifierExt;

/// The configuration for every `wss://` connection; made when the first one is, because reading the system's trust
/// anchors takes a while. `None` if the system gives none.
pub(super) fn client_config() -> Option<Arc<ClientConfig>> {
    static CONFIG: OnceLock<Option<Arc<ClientConfig>>> = OnceLock::new();
    CONFIG
        .get_or_init(|| match build() {
            Ok(config) => Some(Arc::new(config)),
            Err(error) => {
                tracing::error!(%error, "TLS cannot be set up");
                None
            }
        })
        .clone()
}

fn build() -> Result<ClientConfig, rustls::Error> {
    Ok(ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()?
        .with_platform_verifier()?
        .with_no_client_auth())
}
