//! A certificate by ACME (RFC 8555), proved by TLS-ALPN-01 (RFC 8737): on the relay's own port, with nothing to open
//! besides. Kept in the folder `acme` beside the pepper, so that a restart asks for nothing.

use std::path::Path;
use std::sync::Arc;
use std::{fs, io};

use futures_util::StreamExt;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use rustls_acme::caches::DirCache;
use rustls_acme::{AcmeConfig, EventError, EventOk, ResolvesServerCertAcme};
use rustls_platform_verifier::BuilderVerifierExt;
use tokio::task::JoinHandle;

use super::TlsError;
use super::files::not_pem;
use crate::config::Tls;
use crate::metrics::Metrics;

/// What a certificate authority speaks when it looks whether the name is ours (RFC 8737).
pub(super) const PROTOCOL: &[u8] = b"acme-tls/1";

const LETS_ENCRYPT: &str = "https://acme-v02.api.letsencrypt.org/directory";

/// Starts asking; until there is a certificate, handshakes fail.
pub(super) fn start(
    tls: &Tls,
    secrets: &Path,
    metrics: &Arc<Metrics>,
) -> Result<(Arc<ResolvesServerCertAcme>, JoinHandle<()>), TlsError> {
    let folder = secrets.join("acme");
    private_folder(&folder).map_err(|source| TlsError::Unreadable {
        path: folder.clone(),
        source,
    })?;
    let directory = tls.acme_directory.as_deref().unwrap_or(LETS_ENCRYPT);
    let client = Arc::new(client(tls.acme_root.as_deref())?);
    let mut state = AcmeConfig::new_with_client_config(&tls.acme_domains, client)
        .contact(&tls.acme_contact)
        .directory(directory)
        .cache(DirCache::new(folder))
        .state();
    let resolver = state.resolver();
    let metrics = Arc::clone(metrics);
    let upkeep = tokio::spawn(async move {
        while let Some(event) = state.next().await {
            match event {
                Ok(EventOk::DeployedNewCert | EventOk::DeployedCachedCert) => {
                    metrics.certificate(Some(0));
                    tracing::info!("a certificate was got");
                }
                Ok(EventOk::CertCacheStore | EventOk::AccountCacheStore) => {}
                Err(error) => {
                    metrics.certificate(None);
                    report(&error);
                }
            }
        }
    });
    Ok((resolver, upkeep))
}

/// What the certificate authority says may name the relay, which is no secret, and nobody else.
fn report(error: &EventError<io::Error, io::Error>) {
    tracing::error!(%error, "no certificate was got; trying again");
}

/// For the certificate authority's own server.
fn client(root: Option<&Path>) -> Result<ClientConfig, TlsError> {
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Rejected)?;
    let Some(path) = root else {
        let config = config.with_platform_verifier().map_err(TlsError::NoRoots)?;
        return Ok(config.with_no_client_auth());
    };
    let mut roots = RootCertStore::empty();
    let certificates: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect)
        .map_err(|error| not_pem(path, "certificate", error))?;
    for certificate in certificates {
        roots.add(certificate).map_err(TlsError::Rejected)?;
    }
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

/// The account key and the certificate's key are nobody else's to read.
fn private_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}
