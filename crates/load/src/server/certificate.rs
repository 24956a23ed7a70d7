//! A certificate for a server of ours on the loopback, and a client that trusts it and no other.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};

use crate::error::LoadError;

/// A certificate, and where it and its key lie.
pub(super) struct Certificate {
    pub(super) file: PathBuf,
    pub(super) key_file: PathBuf,
    der: CertificateDer<'static>,
}

impl Certificate {
    /// Makes one for 127.0.0.1.
    pub(super) fn make(folder: &Path) -> Result<Self, LoadError> {
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(["127.0.0.1".to_owned()]).map_err(LoadError::Certificate)?;
        let (file, key_file) = (folder.join("certificate.pem"), folder.join("key.pem"));
        std::fs::write(&file, cert.pem()).map_err(LoadError::Folder)?;
        std::fs::write(&key_file, signing_key.serialize_pem()).map_err(LoadError::Folder)?;
        Ok(Self {
            file,
            key_file,
            der: cert.der().clone(),
        })
    }

    /// A client that trusts it.
    pub(super) fn trusting(&self) -> Result<Arc<ClientConfig>, LoadError> {
        let mut roots = RootCertStore::empty();
        roots.add(self.der.clone()).map_err(LoadError::Tls)?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(LoadError::Tls)?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(config.into())
    }
}
