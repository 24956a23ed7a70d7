//! A certificate by ACME (RFC 8555), proved by TLS-ALPN-01 (RFC 8737): on the relay's own port, with nothing to open
//! besides. Kept in the folder `acme` beside the pepper, so that a restart asks for nothing.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fs, io};

use async_trait::async_trait;
use futures_util::StreamExt;
use rustls::ClientConfig;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls_acme::caches::DirCache;
use rustls_acme::{AccountCache, AcmeConfig, CertCache, EventError, EventOk, ResolvesServerCertAcme};
use rustls_platform_verifier::BuilderVerifierExt;
use tokio::task::JoinHandle;

use super::{TlsError, expiry, roots};
use crate::config::Tls;
use crate::file;
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
    let folder = secrets.join(file::ACME);
    private_folder(&folder).map_err(|source| TlsError::Unreadable {
        path: folder.clone(),
        source,
    })?;
    let directory = tls.acme_directory.as_deref().unwrap_or(LETS_ENCRYPT);
    let client = Arc::new(client(tls.acme_root.as_deref())?);
    let mut state = AcmeConfig::new_with_client_config(&tls.acme_domains, client)
        .contact(&tls.acme_contact)
        .directory(directory)
        .cache(Watched {
            folder: DirCache::new(folder),
            metrics: Arc::clone(metrics),
        })
        .state();
    let resolver = state.resolver();
    let metrics = Arc::clone(metrics);
    let upkeep = tokio::spawn(async move {
        while let Some(event) = state.next().await {
            match event {
                Ok(EventOk::DeployedNewCert | EventOk::DeployedCachedCert) => {
                    metrics.certificate(true);
                    tracing::info!("a certificate was got");
                }
                Ok(EventOk::CertCacheStore | EventOk::AccountCacheStore) => {}
                Err(error) => {
                    metrics.certificate(false);
                    report(&error);
                }
            }
        }
    });
    Ok((resolver, upkeep))
}

/// The folder, and an eye on what goes in and out: nowhere else is the certificate itself to be had.
struct Watched {
    folder: DirCache<PathBuf>,
    metrics: Arc<Metrics>,
}

impl Watched {
    /// The private key comes first, then the certificate and its issuers.
    fn saw(&self, pem: &[u8]) {
        if let Some(Ok(certificate)) = CertificateDer::pem_slice_iter(pem).next() {
            self.metrics
                .certificate_expires(expiry::not_after(&certificate).unwrap_or(0));
        }
    }
}

#[async_trait]
impl CertCache for Watched {
    type EC = io::Error;

    async fn load_cert(&self, domains: &[String], directory: &str) -> io::Result<Option<Vec<u8>>> {
        let kept = self.folder.load_cert(domains, directory).await?;
        if let Some(pem) = &kept {
            self.saw(pem);
        }
        Ok(kept)
    }

    async fn store_cert(&self, domains: &[String], directory: &str, pem: &[u8]) -> io::Result<()> {
        self.saw(pem);
        self.folder.store_cert(domains, directory, pem).await
    }
}

#[async_trait]
impl AccountCache for Watched {
    type EA = io::Error;

    async fn load_account(&self, contact: &[String], directory: &str) -> io::Result<Option<Vec<u8>>> {
        self.folder.load_account(contact, directory).await
    }

    async fn store_account(&self, contact: &[String], directory: &str, account: &[u8]) -> io::Result<()> {
        self.folder.store_account(contact, directory, account).await
    }
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
    Ok(config.with_root_certificates(roots(path)?).with_no_client_auth())
}

/// The account key and the certificate's key are nobody else's to read.
fn private_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}
