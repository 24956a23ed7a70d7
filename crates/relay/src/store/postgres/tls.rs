//! TLS to PostgreSQL, as its address says. The words and what they mean are those of PostgreSQL's own clients:
//!
//! | `sslmode` | encrypted | the server's certificate |
//! |---|---|---|
//! | `disable` | no | |
//! | `prefer` (default) | if the server can | any |
//! | `require` | or not at all | any; with `sslrootcert` as `verify-ca` |
//! | `verify-ca` | or not at all | goes back to `sslrootcert` |
//! | `verify-full` | or not at all | goes back to `sslrootcert`, or to a root that this system trusts, and is for this host |
//!
//! `sslrootcert` is a file with roots in PEM, or `system`.

use std::path::Path;
use std::sync::Arc;

use percent_encoding::percent_decode_str;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::ring::default_provider;
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, SignatureScheme};
use rustls_platform_verifier::Verifier;
use tokio_postgres::Config;
use tokio_postgres_rustls::MakeRustlsConnect;

use super::OpenError;
use crate::tls::{TlsError, roots};

/// The address, and how to speak TLS to it.
pub(super) fn parse(address: &str) -> Result<(Config, MakeRustlsConnect), OpenError> {
    let (mut mode, mut root) = (None, None);
    let (base, query) = address.split_once('?').unwrap_or((address, ""));
    // What tokio-postgres does not know is read here, and left out there.
    let rest = query
        .split('&')
        .filter(|parameter| match parameter.split_once('=') {
            Some(("sslmode", value @ ("verify-ca" | "verify-full"))) => {
                mode = Some(value);
                false
            }
            Some(("sslrootcert", value)) => {
                root = Some(percent_decode_str(value).decode_utf8_lossy().into_owned());
                false
            }
            _ => true,
        });
    let rest: Vec<&str> = rest.collect();
    let mut config: Config = match rest.join("&") {
        rest if rest.is_empty() => base.parse(),
        rest => format!("{base}?{rest}").parse(),
    }
    .map_err(|error: tokio_postgres::Error| OpenError::Address(error.into()))?;
    if mode.is_some() {
        config.ssl_mode(tokio_postgres::config::SslMode::Require);
    }
    let verifier = verifier(mode, root.as_deref())?;
    let tls = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Rejected)?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    Ok((config, MakeRustlsConnect::new(tls)))
}

/// Which certificates do.
fn verifier(mode: Option<&str>, root: Option<&str>) -> Result<Arc<dyn ServerCertVerifier>, OpenError> {
    let provider = Arc::new(default_provider());
    match (mode, root) {
        (Some("verify-full"), None | Some("system")) => {
            Ok(Arc::new(Verifier::new(provider).map_err(TlsError::NoRoots)?))
        }
        (_, Some("system")) => Err(OpenError::Address(WeakMode.into())),
        (Some("verify-full"), Some(root)) => Ok(by_root(root, provider)?),
        (_, Some(root)) => Ok(Arc::new(WhateverTheName(by_root(root, provider)?))),
        (Some(_), None) => Err(OpenError::Address(NoRoot.into())),
        (None, None) => Ok(Arc::new(Anybody(provider))),
    }
}

fn by_root(root: &str, provider: Arc<CryptoProvider>) -> Result<Arc<WebPkiServerVerifier>, OpenError> {
    let roots = roots(Path::new(root))?;
    WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
        .build()
        .map_err(|error| OpenError::Address(error.into()))
}

/// The roots of the system vouch for everybody: only together with the name do they say who it is.
#[derive(Debug, thiserror::Error)]
#[error("sslrootcert=system goes with sslmode=verify-full only")]
struct WeakMode;

#[derive(Debug, thiserror::Error)]
#[error("sslmode=verify-ca needs sslrootcert")]
struct NoRoot;

/// Encrypted, to whomever it is.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// Vouched for, for whatever name.
#[derive(Debug)]
struct WhateverTheName(Arc<WebPkiServerVerifier>);

impl ServerCertVerifier for WhateverTheName {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        // The name is what is looked at last.
        match self
            .0
            .verify_server_cert(certificate, intermediates, name, ocsp, now)
        {
            Err(rustls::Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => Ok(ServerCertVerified::assertion()),
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.0.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.0.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}

#[cfg(test)]
mod tests {
    use tokio_postgres::config::SslMode;

    use super::*;

    #[test]
    fn the_address_says_whether_it_is_encrypted_and_what_is_read_here_is_not_read_twice() {
        let mode = |address: &str| parse(address).unwrap().0.get_ssl_mode();
        assert_eq!(mode("postgres://sotto@host/relay"), SslMode::Prefer);
        assert_eq!(
            mode("postgres://sotto@host/relay?sslmode=disable"),
            SslMode::Disable
        );
        assert_eq!(
            mode("postgres://sotto@host/relay?sslmode=require"),
            SslMode::Require
        );
        let (config, _) = parse("postgres://sotto@host/relay?sslmode=verify-full&connect_timeout=9").unwrap();
        assert_eq!(config.get_ssl_mode(), SslMode::Require);
        assert_eq!(
            config.get_connect_timeout(),
            Some(&std::time::Duration::from_secs(9))
        );
    }

    #[test]
    fn what_would_be_weaker_than_it_sounds_is_refused() {
        for address in [
            "postgres://host/relay?sslmode=verify-ca",
            "postgres://host/relay?sslmode=require&sslrootcert=system",
            "postgres://host/relay?sslmode=verify-fully",
            "postgres://host/relay?sslcert=mine.pem",
        ] {
            assert!(matches!(parse(address), Err(OpenError::Address(_))), "{address}");
        }
        let nowhere = "postgres://host/relay?sslmode=verify-full&sslrootcert=/no%20where/root.pem";
        let Err(OpenError::Tls(TlsError::Unreadable { path, .. })) = parse(nowhere).map(drop) else {
            panic!("there is no such file")
        };
        assert_eq!(path, Path::new("/no where/root.pem"));
    }
}
