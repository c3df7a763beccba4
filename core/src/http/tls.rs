//! TLS: which certificates are trusted, read when the first connection needs them.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use crate::environment::{CERT_DIR, CERT_FILE, Environment};
use crate::message::{Message, message};
use crate::surface::Setting;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, OtherError, RootCertStore, SignatureScheme};

/// Where the system's verifier is used, which needs no certificates read: its settings hold administrators' rules that no
/// list of certificates has.
pub(crate) const USES_PLATFORM_VERIFIER: bool = cfg!(any(windows, target_vendor = "apple", target_os = "android"));

/// The TLS settings of all connections of a client; `authorities` are trusted beside the system's. Reads no file.
pub(crate) fn client_config(
    authorities: &[CertificateDer<'static>],
    environment: &Environment,
) -> Result<ClientConfig, rustls::Error> {
    let provider =
        CryptoProvider::get_default().cloned().unwrap_or_else(|| Arc::new(rustls::crypto::ring::default_provider()));
    let verifier = Verifier::new(authorities, Arc::clone(&provider), environment.clone());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// Certificates in PEM. Empty where the text holds none.
pub(crate) fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let certificates = certificates.map_err(|problem| problem.to_string())?;
    for certificate in &certificates {
        RootCertStore::empty().add(certificate.clone()).map_err(|problem| problem.to_string())?;
    }
    Ok(certificates)
}

/// Says what is wrong with the variables that name certificates, before anything is sent.
pub(crate) fn check_environment(environment: &Environment) -> Result<(), String> {
    if USES_PLATFORM_VERIFIER {
        return Ok(());
    }
    let Some(sources) = Sources::of_environment(environment) else { return Ok(()) };
    for (variable, path, is_folder) in sources.paths() {
        let metadata = std::fs::metadata(path).map_err(|problem| unreadable(variable, path, &problem.to_string()))?;
        if metadata.is_dir() != is_folder {
            let is_not = if is_folder { "it is not a folder" } else { "it is not a file" };
            return Err(unreadable(variable, path, is_not));
        }
    }
    Ok(())
}

fn unreadable(variable: &str, path: &Path, problem: &str) -> String {
    let path = path.display();
    format!("{variable} names certificates that cannot be read: '{path}': {problem}; correct the variable or unset it")
}

/// Why no certificate can be checked: a mistake of the setup, not of the server.
#[derive(Debug)]
pub(crate) struct NoRoots(pub(crate) Message);

impl fmt::Display for NoRoots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for NoRoots {}

/// No authority that is trusted has signed a server's certificate.
#[derive(Debug)]
pub(crate) struct Untrusted {
    /// True where the certificate has signed itself.
    pub(crate) is_self_signed: bool,
    /// The name that OpenSSL has for it.
    pub(crate) code: &'static str,
}

impl Untrusted {
    fn new(certificate: &CertificateDer<'_>, intermediates: &[CertificateDer<'_>]) -> Self {
        let signs_itself = |certificate: &CertificateDer<'_>| {
            webpki::EndEntityCert::try_from(certificate).is_ok_and(|parsed| parsed.issuer() == parsed.subject())
        };
        let is_self_signed = signs_itself(certificate);
        let code = if is_self_signed {
            "DEPTH_ZERO_SELF_SIGNED_CERT"
        } else if intermediates.iter().any(signs_itself) {
            "SELF_SIGNED_CERT_IN_CHAIN"
        } else if intermediates.is_empty() {
            "UNABLE_TO_VERIFY_LEAF_SIGNATURE"
        } else {
            "UNABLE_TO_GET_ISSUER_CERT_LOCALLY"
        };
        Self { is_self_signed, code }
    }

    /// What an error of a handshake says of it.
    pub(crate) fn of(error: &rustls::Error) -> Option<&Self> {
        match error {
            rustls::Error::InvalidCertificate(CertificateError::Other(OtherError(problem))) => problem.downcast_ref(),
            _ => None,
        }
    }
}

impl fmt::Display for Untrusted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no authority that is trusted has signed the certificate")
    }
}

impl std::error::Error for Untrusted {}

/// The name that OpenSSL, and with it Node, has for what is wrong with a certificate.
pub(crate) fn code_of(problem: &CertificateError) -> Option<&'static str> {
    Some(match problem {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "CERT_HAS_EXPIRED",
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => "CERT_NOT_YET_VALID",
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "ERR_TLS_CERT_ALTNAME_INVALID"
        }
        CertificateError::Revoked => "CERT_REVOKED",
        CertificateError::BadSignature => "CERT_SIGNATURE_FAILURE",
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => "INVALID_PURPOSE",
        CertificateError::UnknownIssuer => "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
        CertificateError::Other(OtherError(problem)) => problem.downcast_ref::<Untrusted>()?.code,
        _ => return None,
    })
}

/// Checks certificates of servers against the system's authorities and the client's own.
#[derive(Debug)]
struct Verifier {
    authorities: Vec<CertificateDer<'static>>,
    provider: Arc<CryptoProvider>,
    environment: Environment,
    sources: OnceLock<Sources>,
    /// With the first source, then with the others: a system's file and its folders usually hold the same certificates.
    first: Roots,
    others: Roots,
    /// The certificates of sources that the variables name.
    named: OnceLock<Vec<CertificateDer<'static>>>,
}

/// What a source holds, once it has been read.
type Roots = OnceLock<Result<Arc<WebPkiServerVerifier>, Arc<NoRoots>>>;

impl Verifier {
    fn new(authorities: &[CertificateDer<'static>], provider: Arc<CryptoProvider>, environment: Environment) -> Self {
        let (sources, first, others, named) = Default::default();
        Self { authorities: authorities.to_vec(), provider, environment, sources, first, others, named }
    }

    fn verify(
        &self,
        verify: impl Fn(&WebPkiServerVerifier) -> Result<ServerCertVerified, rustls::Error>,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let sources = self.sources();
        let (first, others) = sources.split();
        match verify(self.with_roots(&self.first, &first)?) {
            Err(refusal @ rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer)) if !others.is_empty() => {
                match self.with_roots(&self.others, &others) {
                    Ok(verifier) => verify(verifier),
                    Err(problem) => Err(if sources.is_named { problem } else { refusal }),
                }
            }
            verified => verified,
        }
    }

    fn with_roots<'a>(&self, roots: &'a Roots, source: &Sources) -> Result<&'a WebPkiServerVerifier, rustls::Error> {
        match roots.get_or_init(|| self.read(source).map_err(|problem| Arc::new(NoRoots(problem)))) {
            Ok(verifier) => Ok(verifier),
            Err(problem) => Err(rustls::Error::Other(OtherError(Arc::clone(problem) as _))),
        }
    }

    fn sources(&self) -> &Sources {
        self.sources.get_or_init(|| Sources::find(&self.environment))
    }

    /// True for a certificate that the caller has named, by a setting or by the variables.
    fn is_named(&self, certificate: &CertificateDer<'_>) -> bool {
        let sources = self.sources();
        self.authorities.contains(certificate)
            || (sources.is_named && self.named.get_or_init(|| sources.read().unwrap_or_default()).contains(certificate))
    }

    fn read(&self, source: &Sources) -> Result<Arc<WebPkiServerVerifier>, Message> {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(source.read()?);
        roots.add_parsable_certificates(self.authorities.iter().cloned());
        if roots.is_empty() {
            return Err(message![
                "this system has no certificate authorities; pass ",
                Setting::CaFile,
                format!(" or set {CERT_FILE}")
            ]);
        }
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&self.provider))
            .build()
            .map_err(|problem| problem.to_string().into())
    }
}

/// True where no authority that is trusted has signed a certificate. The checks that come before this refusal, its time of
/// validity among them, have passed.
fn is_untrusted(refusal: &rustls::Error) -> bool {
    match refusal {
        // A stranger that has the name of a trusted authority has other keys.
        rustls::Error::InvalidCertificate(
            CertificateError::UnknownIssuer
            | CertificateError::BadSignature
            | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. },
        ) => true,
        rustls::Error::InvalidCertificate(CertificateError::Other(OtherError(problem))) => {
            matches!(problem.downcast_ref(), Some(webpki::Error::CaUsedAsEndEntity))
        }
        _ => false,
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verified = self.verify(|verifier| {
            verifier.verify_server_cert(certificate, intermediates, server_name, ocsp_response, now)
        });
        match verified {
            // A server's own certificate can be trusted by naming it: then no authority has to have signed it.
            Err(refusal) if is_untrusted(&refusal) && self.is_named(certificate) => {
                let parsed = rustls::server::ParsedCertificate::try_from(certificate)?;
                rustls::client::verify_server_name(&parsed, server_name)?;
                Ok(ServerCertVerified::assertion())
            }
            Err(refusal) if is_untrusted(&refusal) => {
                let untrusted = OtherError(Arc::new(Untrusted::new(certificate, intermediates)));
                Err(CertificateError::Other(untrusted).into())
            }
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// Where certificates are read from.
#[derive(Debug, Default)]
struct Sources {
    /// Named by variables: then all of them must be there.
    is_named: bool,
    file: Option<PathBuf>,
    folders: Vec<PathBuf>,
}

impl Sources {
    /// What the variables name; what the system has where neither is set.
    fn find(environment: &Environment) -> Self {
        Self::of_environment(environment).unwrap_or_else(|| {
            let found = openssl_probe::probe();
            Self { is_named: false, file: found.cert_file, folders: found.cert_dir }
        })
    }

    /// What the variables name; `None` where neither is set.
    fn of_environment(environment: &Environment) -> Option<Self> {
        let file = environment.variable(CERT_FILE).map(PathBuf::from);
        let folders: Vec<_> = environment
            .variable(CERT_DIR)
            .map(|folders| std::env::split_paths(&folders).filter(|folder| !folder.as_os_str().is_empty()).collect())
            .unwrap_or_default();
        (file.is_some() || !folders.is_empty()).then_some(Self { is_named: true, file, folders })
    }

    /// The file, and the folders; the folders, and nothing, where there is no file.
    fn split(&self) -> (Self, Self) {
        let folders = Self { is_named: self.is_named, file: None, folders: self.folders.clone() };
        if self.file.is_none() {
            return (folders, Self::default());
        }
        (Self { is_named: self.is_named, file: self.file.clone(), folders: Vec::new() }, folders)
    }

    fn is_empty(&self) -> bool {
        self.file.is_none() && self.folders.is_empty()
    }

    /// Each path with the variable that names it, and whether it must be a folder.
    fn paths(&self) -> impl Iterator<Item = (&'static str, &Path, bool)> {
        let file = self.file.iter().map(|file| (CERT_FILE, file.as_path(), false));
        file.chain(self.folders.iter().map(|folder| (CERT_DIR, folder.as_path(), true)))
    }

    fn read(&self) -> Result<Vec<CertificateDer<'static>>, String> {
        match self.read_all() {
            // A system may have none, which does no harm where the client brings its own.
            Err(_) if !self.is_named => Ok(Vec::new()),
            certificates => certificates,
        }
    }

    fn read_all(&self) -> Result<Vec<CertificateDer<'static>>, String> {
        let mut certificates = Vec::new();
        for (variable, path, is_folder) in self.paths() {
            let failed = |problem: &dyn fmt::Display| unreadable(variable, path, &problem.to_string());
            let mut found: Vec<CertificateDer<'static>> = Vec::new();
            if is_folder {
                for entry in std::fs::read_dir(path).map_err(|problem| failed(&problem))? {
                    let file = entry.map_err(|problem| failed(&problem))?.path();
                    // A folder holds other files too.
                    found.extend(CertificateDer::pem_file_iter(file).into_iter().flatten().filter_map(Result::ok));
                }
            } else {
                found.extend(
                    CertificateDer::pem_file_iter(path).map_err(|problem| failed(&problem))?.filter_map(Result::ok),
                );
            }
            if found.is_empty() {
                return Err(unreadable(variable, path, "it contains no PEM certificate"));
            }
            certificates.append(&mut found);
        }
        // Folders hold each certificate under several names.
        certificates.sort_unstable_by(|a, b| a.as_ref().cmp(b.as_ref()));
        certificates.dedup();
        Ok(certificates)
    }
}
