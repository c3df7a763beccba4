//! TLS against an authority made by the test: what is accepted, what is refused and how the refusal reads.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::convert::Infallible;
use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use blynk_webhooks::{Client, Error, ErrorKind, WebhookSpec};
use hyper::Response;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::server::TlsStream;

struct Authority {
    issuer: Issuer<'static, KeyPair>,
    file: PathBuf,
}

impl Authority {
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let file = std::env::temp_dir().join(format!("blynk-webhooks-{}-{name}.pem", std::process::id()));
        std::fs::write(&file, certificate.pem()).unwrap();
        Self { issuer: Issuer::new(params, key), file }
    }

    /// A server with a certificate for `host`; answers any request with `[]`. Returns its port and how many handshakes succeeded.
    async fn serve(&self, host: &str, expired: bool) -> (u16, Arc<AtomicUsize>) {
        self.serve_with(host, expired, &[], |mut stream| async move {
            let mut request = vec![0; 4096];
            while stream.read(&mut request).await.is_ok_and(|read| read > 0) {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]").await;
            }
        })
        .await
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
        let mut params = CertificateParams::new(vec![host.to_owned()]).unwrap();
        if expired {
            params.not_before = date_time_ymd(2020, 1, 1);
            params.not_after = date_time_ymd(2021, 1, 1);
        }
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
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
}

impl Drop for Authority {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.file);
    }
}

async fn list(port: u16, trusted: &Authority) -> Result<(), Error> {
    let builder = Client::builder().base_url(format!("https://localhost:{port}")).token("t").ca_file(&trusted.file);
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
    let builder = Client::builder().base_url(format!("https://localhost:{port}")).token("t").ca_file(&authority.file);
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
    let builder = Client::builder().base_url(format!("https://localhost:{port}")).token("t").ca_file(&authority.file);
    let error = builder.build().unwrap().create(spec).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome_unknown()), (ErrorKind::Transport, true), "{error}");
    assert_eq!(handshakes.load(Ordering::SeqCst), 1, "the create was repeated");
}
