//! A certificate from files, read again when they change.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};
use std::{fmt, fs};

use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use super::TlsError;
use crate::metrics::Metrics;

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(10);

/// The files, and what they held when they were last of use.
pub(super) struct Files {
    certificate: PathBuf,
    key: PathBuf,
    current: RwLock<Arc<CertifiedKey>>,
    metrics: Arc<Metrics>,
}

/// When each of the two was written.
type Written = (Option<SystemTime>, Option<SystemTime>);

impl Files {
    pub(super) fn open(certificate: &Path, key: &Path, metrics: Arc<Metrics>) -> Result<Arc<Self>, TlsError> {
        let current = read(certificate, key)?;
        metrics.certificate(true);
        metrics.certificate_expires(expires(&current));
        Ok(Arc::new(Self {
            certificate: certificate.to_owned(),
            key: key.to_owned(),
            current: RwLock::new(Arc::new(current)),
            metrics,
        }))
    }

    /// Reads the files again. Half a pair, or none, changes nothing: the certificate that there was is shown on.
    fn reload(&self) {
        match read(&self.certificate, &self.key) {
            Ok(new) => {
                self.metrics.certificate(true);
                self.metrics.certificate_expires(expires(&new));
                *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(new);
                tracing::info!("the certificate was read again");
            }
            Err(error) => {
                self.metrics.certificate(false);
                tracing::error!(%error, "the certificate could not be read again; the old one is kept");
            }
        }
    }

    fn written(&self) -> Written {
        let written = |path: &Path| fs::metadata(path).and_then(|file| file.modified()).ok();
        (written(&self.certificate), written(&self.key))
    }
}

/// Reads the files again whenever one of them has changed, and whenever the process is told to.
pub(super) async fn watch(files: Arc<Files>, mut told: Told) {
    let mut known = files.written();
    loop {
        let told = tokio::select! {
            () = tokio::time::sleep(LOOK) => false,
            () = told.next() => true,
        };
        let written = files.written();
        if told || written != known {
            known = written;
            files.reload();
        }
    }
}

/// SIGHUP, where there is such a thing; listened for as soon as this is made.
pub(super) struct Told(#[cfg(unix)] Option<tokio::signal::unix::Signal>);

impl Told {
    #[cfg(unix)]
    pub(super) fn new() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        Self(signal(SignalKind::hangup()).ok())
    }

    #[cfg(not(unix))]
    pub(super) fn new() -> Self {
        Self()
    }

    #[cfg(unix)]
    async fn next(&mut self) {
        match &mut self.0 {
            Some(signal) => drop(signal.recv().await),
            None => std::future::pending().await,
        }
    }

    #[cfg(not(unix))]
    async fn next(&mut self) {
        std::future::pending().await
    }
}

fn read(certificate: &Path, key: &Path) -> Result<CertifiedKey, TlsError> {
    let chain = certificates(certificate)?;
    let secret = PrivateKeyDer::from_pem_file(key).map_err(|error| not_pem(key, "private key", error))?;
    let pair = CertifiedKey::from_der(chain, secret, &default_provider()).map_err(TlsError::Rejected)?;
    pair.keys_match().map_err(TlsError::Rejected)?;
    Ok(pair)
}

/// The certificates of a file; there is one at least.
pub(super) fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let certificates: Vec<_> = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect)
        .map_err(|error| not_pem(path, "certificate", error))?;
    if certificates.is_empty() {
        return Err(TlsError::NotPem {
            path: path.to_owned(),
            expected: "certificate",
        });
    }
    Ok(certificates)
}

fn not_pem(path: &Path, expected: &'static str, error: pem::Error) -> TlsError {
    let path = path.to_owned();
    match error {
        pem::Error::Io(source) => TlsError::Unreadable { path, source },
        _ if !path.exists() => TlsError::Unreadable {
            path,
            source: io::ErrorKind::NotFound.into(),
        },
        _ => TlsError::NotPem { path, expected },
    }
}

/// When the certificate itself, not its issuers, expires: seconds since 1970; 0 if it does not say so as usual.
fn expires(pair: &CertifiedKey) -> u64 {
    let certificate = pair.cert.first();
    certificate.and_then(super::expiry::not_after).unwrap_or(0)
}

impl ResolvesServerCert for Files {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(
            &self.current.read().unwrap_or_else(PoisonError::into_inner),
        ))
    }
}

impl fmt::Debug for Files {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Files").finish_non_exhaustive()
    }
}
