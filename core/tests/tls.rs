//! TLS against an authority made by the test: what is accepted, what is refused and how the refusal reads.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::convert::Infallible;
use std::future::{Future, IntoFuture as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use blynk_webhooks::{Client, Error, ErrorKind, WebhookSpec};
use hyper::Response;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{BasicConstraints, Certificate, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::server::TlsStream;

struct Authority {
    issuer: Issuer<'static, KeyPair>,
    file: PemFile,
}

impl Authority {
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let file = PemFile::new(name, &certificate.pem());
        Self { issuer: Issuer::new(params, key), file }
    }

    /// A server with a certificate for `host`; answers any request with `[]`. Returns its port and how many handshakes succeeded.
    async fn serve(&self, host: &str, expired: bool) -> (u16, Arc<AtomicUsize>) {
        self.serve_with(host, expired, &[], empty_list).await
    }

    async fn serve_http2(&self) -> (u16, Arc<AtomicUsize>) {
        self.serve_with("localhost", false, &[b"h2"], |stream| async move {
            let answer = service_fn(|_| async { Ok::<_, Infallible>(Response::new("[]".to_owned())) });
            let _ = http2::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), answer).await;
        })
        .await
    }

    async fn serve_with<F: Future<Output = ()> + Send + 'static>(
        &self,
        host: &str,
        expired: bool,
        alpn: &[&[u8]],
        answer: impl Fn(TlsStream<TcpStream>) -> F + Clone + Send + 'static,
    ) -> (u16, Arc<AtomicUsize>) {
        let key = KeyPair::generate().unwrap();
        let certificate = params(host, expired).signed_by(&key, &self.issuer).unwrap();
        serve(&certificate, &key, alpn, answer).await
    }
}

fn params(host: &str, expired: bool) -> CertificateParams {
    let mut params = CertificateParams::new(vec![host.to_owned()]).unwrap();
    if expired {
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2021, 1, 1);
    }
    params
}

/// A server on a port of its own; counts its handshakes.
async fn serve<F: Future<Output = ()> + Send + 'static>(
    certificate: &Certificate,
    key: &KeyPair,
    alpn: &[&[u8]],
    answer: impl Fn(TlsStream<TcpStream>) -> F + Clone + Send + 'static,
) -> (u16, Arc<AtomicUsize>) {
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let handshakes = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&handshakes);
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let (acceptor, count, answer) = (acceptor.clone(), Arc::clone(&count), answer.clone());
            tokio::spawn(async move {
                let Ok(stream) = acceptor.accept(socket).await else { return };
                count.fetch_add(1, Ordering::SeqCst);
                answer(stream).await;
            });
        }
    });
    (port, handshakes)
}

/// Answers any request with `[]`.
async fn empty_list(mut stream: TlsStream<TcpStream>) {
    let mut request = vec![0; 4096];
    while stream.read(&mut request).await.is_ok_and(|read| read > 0) {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]").await;
    }
}

/// A PEM file that ends with its value.
struct PemFile(PathBuf);

impl PemFile {
    fn new(name: &str, pem: &str) -> Self {
        let file = std::env::temp_dir().join(format!("blynk-webhooks-{}-{name}.pem", std::process::id()));
        std::fs::write(&file, pem).unwrap();
        Self(file)
    }
}

impl Drop for PemFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

async fn list(port: u16, trusted: &Authority) -> Result<(), Error> {
    list_with(port, &trusted.file).await
}

async fn list_with(port: u16, ca_file: &PemFile) -> Result<(), Error> {
    let builder = Client::builder().base_url(format!("https://localhost:{port}")).token("t").ca_file(&ca_file.0);
    builder.max_retries(0).build()?.list().await.map(|_| ())
}

#[tokio::test]
async fn a_good_certificate_is_accepted() {
    let authority = Authority::new("good");
    let (port, handshakes) = authority.serve("localhost", false).await;
    list(port, &authority).await.unwrap();
    assert_eq!(handshakes.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn each_bad_certificate_is_a_connect_error_that_says_which() {
    let authority = Authority::new("trusted");
    let stranger = Authority::new("stranger");
    let cases = [
        ("expired", authority.serve("localhost", true).await.0),
        ("another host", authority.serve("example.com", false).await.0),
        ("unknown authority", stranger.serve("localhost", false).await.0),
    ];
    for (expected, port) in cases {
        let error = list(port, &authority).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Connect, "{expected}: {error}");
        assert!(error.to_string().contains(expected), "{expected} is not in: {error}");
        println!("{expected}: {error}");
    }
}

#[tokio::test]
async fn a_server_without_tls_is_a_connect_error() {
    let authority = Authority::new("plain");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        socket.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
    });
    let error = list(port, &authority).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect, "{error}");
    assert!(error.to_string().contains("TLS with localhost failed"), "{error}");
}

/// Where TLS negotiates HTTP/2, calls at once share one connection.
#[tokio::test]
async fn http2_is_used_where_it_is_offered() {
    let authority = Authority::new("http2");
    let (port, handshakes) = authority.serve_http2().await;
    let builder = Client::builder().base_url(format!("https://localhost:{port}")).token("t").ca_file(&authority.file.0);
    let client = builder.build().unwrap();
    client.list().await.unwrap();
    let calls: Vec<_> = (0..50)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.list().await })
        })
        .collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!(handshakes.load(Ordering::SeqCst), 1);
}

/// A server that has not begun a request says so over HTTP/2: even a create is sent again, but not for ever.
#[tokio::test]
async fn a_request_that_http2_refuses_is_sent_again() {
    for (refusals, succeeds) in [(2, true), (100, false)] {
        let authority = Authority::new(&format!("http2-refused-{refusals}"));
        let requests = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&requests);
        let (port, _) = authority
            .serve_with("localhost", false, &[b"h2"], move |stream| {
                let count = Arc::clone(&count);
                async move {
                    let mut connection = h2::server::handshake(stream).await.unwrap();
                    while let Some(Ok((_, mut respond))) = connection.accept().await {
                        if count.fetch_add(1, Ordering::SeqCst) < refusals {
                            respond.send_reset(h2::Reason::REFUSED_STREAM);
                            continue;
                        }
                        let created = r#"{"id":1,"name":"n","trigger":"NEW_USER","url":"https://e.com"}"#;
                        let mut body = respond.send_response(Response::new(()), false).unwrap();
                        body.send_data(created.into(), true).unwrap();
                    }
                }
            })
            .await;
        let builder = Client::builder().base_url(format!("https://localhost:{port}")).token("t");
        let client = builder.ca_file(&authority.file.0).max_retries(0).build().unwrap();
        let spec =
            WebhookSpec::new("n", "NEW_USER", "https://e.com").method("GET").content_type("JSON").auth_type("NONE");
        match client.create(spec).await {
            Ok(webhook) => assert!(succeeds && webhook.id() == 1),
            Err(error) => assert!(!succeeds, "{error}"),
        }
        assert_eq!(requests.load(Ordering::SeqCst), 3);
    }
}

#[test]
fn a_ca_file_that_is_none_is_a_config_error() {
    let missing = Client::builder().token("t").ca_file("/does/not/exist.pem").build().unwrap_err();
    assert!(matches!(&missing, Error::Config(message) if message.to_string().contains("exist.pem")), "{missing}");
    let wrong = Client::builder().token("t").ca_file(file!()).build();
    assert!(wrong.is_err());
}

#[tokio::test]
async fn tls_that_breaks_under_a_create_is_no_failed_connection() {
    let authority = Authority::new("broken");
    let (port, handshakes) = authority
        .serve_with("localhost", false, &[], |mut stream| async move {
            let mut request = vec![0; 4096];
            let _ = stream.read(&mut request).await;
            // No TLS record: the client cannot decrypt what comes.
            let (socket, _) = stream.get_mut();
            let _ = socket.write_all(b"this is not TLS at all, although the handshake was").await;
        })
        .await;
    let spec = WebhookSpec::new("n", "NEW_USER", "https://e.com").method("GET").content_type("JSON").auth_type("NONE");
    let builder = Client::builder().base_url(format!("https://localhost:{port}")).token("t").ca_file(&authority.file.0);
    let error = builder.build().unwrap().create(spec).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome_unknown()), (ErrorKind::Transport, true), "{error}");
    assert_eq!(handshakes.load(Ordering::SeqCst), 1, "the create was repeated");
}

/// `openssl req -x509` makes certificates that are their own authority.
fn self_signed(host: &str, expired: bool, is_authority: bool) -> (Certificate, KeyPair) {
    let mut params = params(host, expired);
    if is_authority {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    }
    let key = KeyPair::generate().unwrap();
    (params.self_signed(&key).unwrap(), key)
}

#[tokio::test]
async fn a_servers_own_certificate_can_be_trusted_by_name() {
    for is_authority in [true, false] {
        let (certificate, key) = self_signed("localhost", false, is_authority);
        let file = PemFile::new(&format!("own-{is_authority}"), &certificate.pem());
        let (port, _) = serve(&certificate, &key, &[], empty_list).await;
        list_with(port, &file).await.unwrap();
        // Not where another certificate is named.
        let other = PemFile::new(&format!("other-{is_authority}"), &self_signed("localhost", false, true).0.pem());
        let error = list_with(port, &other).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Connect);
        assert!(error.to_string().contains("ca_file"), "{error}");
    }
    // One that an unknown authority has signed is trusted by name as well.
    let stranger = Authority::new("unknown");
    let key = KeyPair::generate().unwrap();
    let certificate = params("localhost", false).signed_by(&key, &stranger.issuer).unwrap();
    let (port, _) = serve(&certificate, &key, &[], empty_list).await;
    list_with(port, &PemFile::new("signed", &certificate.pem())).await.unwrap();
}

#[tokio::test]
async fn a_certificate_that_is_trusted_by_name_must_be_for_the_host_and_valid() {
    for (host, expired, says) in [("example.com", false, "another host"), ("localhost", true, "expired")] {
        let (certificate, key) = self_signed(host, expired, true);
        let file = PemFile::new(&format!("bad-{expired}"), &certificate.pem());
        let (port, _) = serve(&certificate, &key, &[], empty_list).await;
        let error = list_with(port, &file).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Connect);
        assert!(error.to_string().contains(says), "{says} is not in: {error}");
    }
}

/// A cold burst waits to hear which protocol is spoken, and one of connections that ended at once opens one.
#[tokio::test]
async fn http2_takes_one_connection_whatever_happens_at_once() {
    let authority = Authority::new("http2-burst");
    let (stop, _) = tokio::sync::broadcast::channel::<()>(1);
    let stopping = stop.clone();
    let (port, handshakes) = authority
        .serve_with("localhost", false, &[b"h2"], move |stream| {
            let mut stopped = stopping.subscribe();
            async move {
                let answer = service_fn(|_| async { Ok::<_, Infallible>(Response::new("[]".to_owned())) });
                let served = http2::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), answer);
                tokio::select! { _ = served => {}, _ = stopped.recv() => {} }
            }
        })
        .await;
    let builder = Client::builder().base_url(format!("https://localhost:{port}")).token("t").ca_file(&authority.file.0);
    let client = builder.max_connections(8).build().unwrap();
    for round in 1..=3 {
        let calls: Vec<_> = (0..50).map(|_| tokio::spawn(client.list().into_future())).collect();
        for call in calls {
            call.await.unwrap().unwrap();
        }
        assert_eq!(handshakes.load(Ordering::SeqCst), round);
        stop.send(()).unwrap();
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

/// Over HTTP/1.1 the bound holds as it does without TLS, from the first burst on.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_bound_holds_over_tls() {
    let authority = Authority::new("bound");
    let (port, handshakes) = authority.serve("localhost", false).await;
    let builder = Client::builder().base_url(format!("https://localhost:{port}")).token("t").ca_file(&authority.file.0);
    let client = builder.max_connections(3).build().unwrap();
    let calls: Vec<_> = (0..200).map(|_| tokio::spawn(client.list().into_future())).collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert!(handshakes.load(Ordering::SeqCst) <= 3);
}

/// A file that `SSL_CERT_FILE` names is read when the first connection is made, and once.
#[test]
fn certificates_are_read_when_they_are_needed() {
    let test = "certificates_are_read_when_they_are_needed";
    let file = std::env::var_os("SSL_CERT_FILE").map(PathBuf::from);
    if !support::is_inner() {
        let file = PemFile::new("lazy", "none yet");
        return support::again_with(test, &[("SSL_CERT_FILE", file.0.to_str().unwrap())]);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(async {
        let authority = Authority::new("lazy-authority");
        let (port, handshakes) = authority
            .serve_with("localhost", false, &[], |mut stream| async move {
                let _ = stream.read(&mut [0; 4096]).await;
                let answer = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\n[]";
                let _ = stream.write_all(answer).await;
                let _ = stream.shutdown().await;
            })
            .await;
        let client = Client::builder().base_url(format!("https://localhost:{port}")).token("t").build().unwrap();
        std::fs::copy(&authority.file.0, file.as_ref().unwrap()).unwrap();
        client.list().await.unwrap();
        std::fs::remove_file(file.unwrap()).unwrap();
        client.list().await.unwrap();
        assert_eq!(handshakes.load(Ordering::SeqCst), 2);
    });
}

#[test]
fn certificates_that_cannot_be_read_are_a_config_error_that_names_them() {
    let test = "certificates_that_cannot_be_read_are_a_config_error_that_names_them";
    if !support::is_inner() {
        let folder = std::env::temp_dir();
        for (name, value) in [
            ("SSL_CERT_FILE", "/does/not/exist.pem"),
            ("SSL_CERT_FILE", folder.to_str().unwrap()),
            ("SSL_CERT_DIR", "/does/not/exist"),
            ("SSL_CERT_DIR", file!()),
        ] {
            support::again_with(test, &[(name, value), ("BLYNK_TEST_VARIABLE", name)]);
        }
        return;
    }
    let name = std::env::var("BLYNK_TEST_VARIABLE").unwrap();
    let value = std::env::var(&name).unwrap();
    let error = Client::builder().token("t").build().unwrap_err();
    assert!(matches!(error, Error::Config(_)), "{error:?}");
    let message = error.to_string();
    assert!(message.contains(&name) && message.contains(&value), "{message}");
    // Nobody needs them without TLS.
    Client::builder().token("t").base_url("http://127.0.0.1:1").build().unwrap();
}

/// A file without certificates is noticed when it is read.
#[test]
fn a_certificate_file_without_certificates_is_a_config_error() {
    let test = "a_certificate_file_without_certificates_is_a_config_error";
    if !support::is_inner() {
        let file = PemFile::new("empty", "nothing");
        return support::again_with(test, &[("SSL_CERT_FILE", file.0.to_str().unwrap())]);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(async {
        let authority = Authority::new("empty-authority");
        let (port, _) = authority.serve("localhost", false).await;
        let client = Client::builder().base_url(format!("https://localhost:{port}")).token("t").build().unwrap();
        let error = client.list().await.unwrap_err();
        assert!(matches!(error, Error::Config(_)), "{error:?}");
        let message = error.to_string();
        assert!(message.contains("SSL_CERT_FILE") && message.contains("no PEM certificate"), "{message}");
    });
}

/// A server's own certificate is trusted where a variable names it, as where a setting does.
#[test]
fn a_servers_own_certificate_can_be_named_by_the_variables() {
    let test = "a_servers_own_certificate_can_be_named_by_the_variables";
    let Some(folder) = std::env::var_os("BLYNK_TEST_FOLDER").map(PathBuf::from).filter(|_| support::is_inner()) else {
        for name in ["SSL_CERT_FILE", "SSL_CERT_DIR"] {
            let folder = std::env::temp_dir().join(format!("blynk-webhooks-{}-{name}", std::process::id()));
            std::fs::create_dir_all(&folder).unwrap();
            let path = if name == "SSL_CERT_FILE" { folder.join("own.pem") } else { folder.clone() };
            std::fs::write(folder.join("own.pem"), self_signed("nobody", false, true).0.pem()).unwrap();
            let variables = [(name, path.to_str().unwrap()), ("BLYNK_TEST_FOLDER", folder.to_str().unwrap())];
            support::again_with(test, &variables);
            std::fs::remove_dir_all(folder).unwrap();
        }
        return;
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(async {
        let (certificate, key) = self_signed("localhost", false, true);
        let (port, _) = serve(&certificate, &key, &[], empty_list).await;
        let (other, key) = self_signed("localhost", false, true);
        let (other_port, _) = serve(&other, &key, &[], empty_list).await;
        std::fs::write(folder.join("own.pem"), certificate.pem()).unwrap();
        let client = |port| Client::builder().base_url(format!("https://localhost:{port}")).token("t").build().unwrap();
        assert!(client(port).list().await.unwrap().is_empty());
        assert!(matches!(client(other_port).list().await, Err(Error::Connect(_))));
    });
}

/// The file is read first, the folder where the file does not know an authority.
#[test]
fn a_folder_of_certificates_is_read_beside_the_file() {
    let test = "a_folder_of_certificates_is_read_beside_the_file";
    if !support::is_inner() {
        let folder = std::env::temp_dir().join(format!("blynk-webhooks-{}-folder", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let file = PemFile::new("beside", &self_signed("nobody", false, true).0.pem());
        let variables = [("SSL_CERT_FILE", file.0.to_str().unwrap()), ("SSL_CERT_DIR", folder.to_str().unwrap())];
        support::again_with(test, &variables);
        return std::fs::remove_dir_all(folder).unwrap();
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(async {
        let authority = Authority::new("in-folder");
        let folder = PathBuf::from(std::env::var_os("SSL_CERT_DIR").unwrap());
        std::fs::copy(&authority.file.0, folder.join("0123abcd.0")).unwrap();
        std::fs::write(folder.join("README"), "no certificate").unwrap();
        let (port, _) = authority.serve("localhost", false).await;
        let client = Client::builder().base_url(format!("https://localhost:{port}")).token("t").build().unwrap();
        client.list().await.unwrap();
    });
}

#[tokio::test]
async fn authorities_can_be_passed_as_text_more_than_once() {
    let (one, two) = (Authority::new("text-one"), Authority::new("text-two"));
    let pem = |authority: &Authority| std::fs::read_to_string(&authority.file.0).unwrap();
    for authority in [&one, &two] {
        let (port, _) = authority.serve("localhost", false).await;
        let builder = Client::builder().base_url(format!("https://localhost:{port}")).token("t");
        builder.ca_pem(pem(&one)).ca_pem(pem(&two)).build().unwrap().list().await.unwrap();
    }
    for wrong in ["no PEM", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        let error = Client::builder().token("t").ca_pem(wrong).build().unwrap_err();
        assert!(matches!(error, Error::Config(_)) && error.to_string().starts_with("ca "), "{error}");
    }
}
