//! The emulator's own certificate authority, for built-in targets that speak https.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::TlsAcceptor;

/// A certificate authority, and a server on loopback that it vouches for.
pub(crate) struct Authority {
    /// The authority's certificate.
    pub(crate) pem: String,
    /// Agrees on TLS as a server on loopback.
    pub(crate) acceptor: TlsAcceptor,
}

impl Authority {
    /// # Errors
    /// Never in practice.
    pub(crate) fn new() -> Result<Self, String> {
        let authority_key = KeyPair::generate().map_err(|error| error.to_string())?;
        let mut authority = CertificateParams::default();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        authority.distinguished_name.push(DnType::CommonName, "Emulator's certificate authority");
        let certificate = authority.self_signed(&authority_key).map_err(|error| error.to_string())?;
        let pem = certificate.pem();
        let issuer = Issuer::new(authority, authority_key);

        let key = KeyPair::generate().map_err(|error| error.to_string())?;
        let names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
        let mut server = CertificateParams::new(names).map_err(|error| error.to_string())?;
        server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let server = server.signed_by(&key, &issuer).map_err(|error| error.to_string())?;
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .with_no_client_auth()
            .with_single_cert(vec![server.der().clone()], key)
            .map_err(|error| error.to_string())?;
        Ok(Self { pem, acceptor: TlsAcceptor::from(Arc::new(config)) })
    }
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authority").finish_non_exhaustive()
    }
}
