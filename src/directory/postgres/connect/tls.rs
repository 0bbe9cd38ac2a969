//! How a connection to a database is protected: against whom its server's certificate is checked, if at all.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio_postgres_rustls::MakeRustlsConnect;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

use super::TargetError;

/// How a connection is protected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// Plain text.
    Off,
    /// Nobody can listen, but whoever answers is believed.
    Unverified,
    /// The server's certificate and name are checked, against the authorities of a file or else the system's.
    Verified(Option<PathBuf>),
}

impl Mode {
    /// What a connection string asks for; `local` says that the connection does not leave the machine.
    pub(super) fn of(sslmode: Option<&str>, authorities: Option<&str>, local: bool) -> Result<Self, TargetError> {
        let verified = || Self::Verified(authorities.map(PathBuf::from));
        let (mode, name) = match sslmode {
            Some("verify-full") => return Ok(verified()),
            Some("disable") => (Self::Off, "disable"),
            Some("require") => (Self::Unverified, "require"),
            Some(weak @ ("prefer" | "allow")) => return Err(TargetError::Weak(weak.to_owned())),
            Some(other) => return Err(TargetError::Mode(other.to_owned())),
            None if local && authorities.is_none() => return Ok(Self::Off),
            None => return Ok(verified()),
        };
        if authorities.is_some() { Err(TargetError::Unchecked(name)) } else { Ok(mode) }
    }
}

/// What the driver protects connections with; it isn't asked where they are in plain text.
pub(super) fn connector(mode: &Mode) -> Result<MakeRustlsConnect, TargetError> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider));
    let builder = builder.with_safe_default_protocol_versions().map_err(authorities)?;
    let config = match mode {
        Mode::Off => builder.with_root_certificates(RootCertStore::empty()),
        Mode::Unverified => builder.dangerous().with_custom_certificate_verifier(Arc::new(AnyServer(provider))),
        Mode::Verified(file) => builder.with_root_certificates(roots(file.as_deref())?),
    };
    Ok(MakeRustlsConnect::new(config.with_no_client_auth()))
}

fn roots(file: Option<&Path>) -> Result<RootCertStore, TargetError> {
    let mut roots = RootCertStore::empty();
    let Some(file) = file else {
        let found = rustls_native_certs::load_native_certs();
        let (taken, _left) = roots.add_parsable_certificates(found.certs);
        if taken == 0 {
            let why = found.errors.iter().map(|error| format!(": {error}")).collect::<String>();
            return Err(authorities(format!("the system has none{why}; name a file with `sslrootcert`")));
        }
        return Ok(roots);
    };
    let shown = file.display();
    let read = CertificateDer::pem_file_iter(file).map_err(|error| authorities(format!("`{shown}`: {error}")))?;
    for certificate in read {
        let certificate = certificate.map_err(|error| authorities(format!("`{shown}`: {error}")))?;
        roots.add(certificate).map_err(|error| authorities(format!("`{shown}`: {error}")))?;
    }
    if roots.is_empty() { Err(authorities(format!("`{shown}` holds no certificate"))) } else { Ok(roots) }
}

fn authorities(error: impl std::fmt::Display) -> TargetError {
    TargetError::Authorities(error.to_string())
}

/// Takes any certificate, but lets only its holder use it.
#[derive(Debug)]
struct AnyServer(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyServer {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
