//! TLS on the relay's own sockets: whose certificate is shown, and how it stays fresh; and whom the relay trusts itself.

mod acme;
mod expiry;
mod files;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fs, io};

use rustls::crypto::ring::default_provider;
use rustls::server::ResolvesServerCert;
use rustls::{RootCertStore, ServerConfig};
use tokio_rustls::TlsAcceptor;
use tokio_util::task::AbortOnDropHandle;

use crate::config::Config;
use crate::metrics::Metrics;

/// What is spoken inside.
const HTTP: &[u8] = b"http/1.1";

/// Why TLS cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("{} cannot be read", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// A file holds no certificate, or no private key.
    #[error("{} holds no {expected} in PEM", path.display())]
    NotPem {
        /// Which.
        path: PathBuf,
        /// What should be in it.
        expected: &'static str,
    },
    /// The certificate and the key are not of each other, or of a kind that is not supported.
    #[error("the certificate and its key do not work")]
    Rejected(#[source] rustls::Error),
    /// The operating system gives no trust roots, by which the certificate authority is known.
    #[error("the trust roots of this system cannot be read")]
    NoRoots(#[source] rustls::Error),
}

/// A relay's TLS, and the task that keeps its certificate fresh.
pub(crate) struct Tls {
    pub(crate) acceptor: TlsAcceptor,
    _upkeep: AbortOnDropHandle<()>,
}

/// The trust roots in a file (PEM).
pub(crate) fn roots(path: &Path) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in files::certificates(path)? {
        roots.add(certificate).map_err(TlsError::Rejected)?;
    }
    Ok(roots)
}

/// A file with trust roots (PEM), as it is.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    roots(path)?;
    fs::read(path).map_err(|source| TlsError::Unreadable {
        path: path.to_owned(),
        source,
    })
}

/// `None` if the relay is not to speak TLS itself.
pub(crate) fn start(config: &Config, metrics: &Arc<Metrics>) -> Result<Option<Tls>, TlsError> {
    let tls = &config.tls;
    if let (Some(certificate), Some(key)) = (&tls.certificate, &tls.key) {
        let files = files::Files::open(certificate, key, Arc::clone(metrics))?;
        let upkeep = tokio::spawn(files::watch(Arc::clone(&files), files::Told::new()));
        return Ok(Some(Tls::new(files, &[HTTP], upkeep)?));
    }
    if tls.acme_domains.is_empty() {
        return Ok(None);
    }
    let (resolver, upkeep) = acme::start(tls, config.secrets(), metrics)?;
    Ok(Some(Tls::new(resolver, &[HTTP, acme::PROTOCOL], upkeep)?))
}

impl Tls {
    fn new(
        resolver: Arc<dyn ResolvesServerCert>,
        protocols: &[&[u8]],
        upkeep: tokio::task::JoinHandle<()>,
    ) -> Result<Self, TlsError> {
        let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(TlsError::Rejected)?
            .with_no_client_auth()
            .with_cert_resolver(resolver);
        config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
        Ok(Self {
            acceptor: TlsAcceptor::from(Arc::new(config)),
            _upkeep: AbortOnDropHandle::new(upkeep),
        })
    }
}
