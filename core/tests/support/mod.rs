//! A scripted HTTP/1.1 server on a real socket: each request gets the next reply, faults included.

#![allow(dead_code, reason = "each test file uses its own part")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

#[derive(Clone, Debug)]
pub struct Received {
    pub method: String,
    pub path: String,
    pub query: BTreeMap<String, String>,
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
}

#[derive(Clone, Debug)]
pub enum Reply {
    Answer {
        status: u16,
        headers: Vec<(String, String)>,
        body: Vec<u8>,
    },
    /// The connection is reset after the request was read.
    Reset,
    /// The connection is closed without an answer.
    Close,
    /// The head promises more bytes than come.
    Truncate,
    /// Bytes that are not HTTP.
    Garbage,
    /// Nothing at all; the connection stays open.
    Silence,
    /// The bytes of an answer as they are, then the connection is closed.
    Raw(Vec<u8>),
    /// A reply after a pause.
    Late(Duration, Box<Reply>),
    /// A reply after which the server closes the connection without saying so.
    ThenClose(Box<Reply>),
}

impl Reply {
    pub fn json(status: u16, body: &str) -> Self {
        Self::Answer { status, headers: vec![("content-type".into(), "application/json".into())], body: body.into() }
    }

    pub fn status(status: u16) -> Self {
        Self::json(status, r#"{"error":{"message":"scripted"}}"#)
    }
}

type Script = Arc<dyn Fn(usize, &Received) -> Reply + Send + Sync>;

pub struct Server {
    pub url: String,
    pub received: Arc<Mutex<Vec<Received>>>,
    /// Sockets open at once, at the most.
    pub peak: Arc<AtomicUsize>,
    open: Arc<AtomicUsize>,
    task: tokio::task::JoinHandle<()>,
}

impl Server {
    /// Answers request number n (from 0) with what `script` says.
    pub async fn start(script: impl Fn(usize, &Received) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let received = Arc::new(Mutex::new(Vec::new()));
        let (open, peak) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let script: Script = Arc::new(script);
        let (log, highest, now_open) = (Arc::clone(&received), Arc::clone(&peak), Arc::clone(&open));
        let task = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                highest.fetch_max(now_open.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                let (script, log, open) = (Arc::clone(&script), Arc::clone(&log), Arc::clone(&now_open));
                tokio::spawn(async move {
                    connection(socket, &script, &log).await;
                    open.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        Self { url, received, peak, open, task }
    }

    /// Answers with the replies in their order, the last one again and again.
    pub async fn replies(replies: Vec<Reply>) -> Self {
        Self::start(move |n, _| replies[n.min(replies.len() - 1)].clone()).await
    }

    pub fn requests(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    /// Sockets open now.
    pub fn open(&self) -> usize {
        self.open.load(Ordering::SeqCst)
    }

    pub fn count(&self) -> usize {
        self.received.lock().unwrap().len()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn connection(mut socket: TcpStream, script: &Script, log: &Mutex<Vec<Received>>) {
    let mut buffer = Vec::new();
    while let Some(request) = read_request(&mut socket, &mut buffer).await {
        let n = {
            let mut log = log.lock().unwrap();
            log.push(request.clone());
            log.len() - 1
        };
        if !reply(&mut socket, script(n, &request)).await {
            return;
        }
    }
}

/// Sends a reply; true where the connection goes on.
async fn reply(socket: &mut TcpStream, reply: Reply) -> bool {
    match reply {
        Reply::Answer { status, headers, body } => {
            let mut head = format!("HTTP/1.1 {status} Scripted\r\ncontent-length: {}\r\n", body.len());
            headers.iter().for_each(|(name, value)| head.push_str(&format!("{name}: {value}\r\n")));
            head.push_str("\r\n");
            let message = [head.into_bytes(), body].concat();
            socket.write_all(&message).await.is_ok()
        }
        Reply::Reset => {
            socket.set_zero_linger().unwrap();
            false
        }
        Reply::Close => false,
        Reply::Truncate => {
            let _ = socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n[{\"id\":").await;
            false
        }
        Reply::Garbage => {
            let _ = socket.write_all(b"\x00\x01 this is not HTTP\r\n\r\n").await;
            false
        }
        Reply::Silence => {
            let mut rest = [0; 64];
            while socket.read(&mut rest).await.is_ok_and(|count| count > 0) {}
            false
        }
        Reply::Raw(bytes) => {
            let _ = socket.write_all(&bytes).await;
            false
        }
        Reply::Late(pause, reply) => {
            tokio::time::sleep(pause).await;
            Box::pin(self::reply(socket, *reply)).await
        }
        Reply::ThenClose(reply) => {
            Box::pin(self::reply(socket, *reply)).await;
            false
        }
    }
}

async fn read_request(socket: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<Received> {
    let head_end = loop {
        if let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
        if socket.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8(buffer[..head_end].to_vec()).unwrap();
    let mut lines = head.lines();
    let mut line = lines.next()?.split(' ');
    let (method, target) = (line.next()?.to_owned(), line.next()?.to_owned());
    let headers: BTreeMap<String, String> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    let body_start = head_end + 4;
    while buffer.len() < body_start + length {
        if socket.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    }
    let body = buffer[body_start..body_start + length].to_vec();
    buffer.drain(..body_start + length);
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let query = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    Some(Received { method, path: path.to_owned(), query, headers, body })
}

/// Tests that need an environment of their own run themselves again with it.
pub fn again_with(test: &str, variables: &[(&str, &str)]) {
    let me = std::env::current_exe().unwrap();
    let variables = variables.iter().copied().chain([(INNER, "1")]);
    let output = std::process::Command::new(me).args(["--exact", test]).envs(variables).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(String::from_utf8_lossy(&output.stdout).contains("1 passed"));
}

const INNER: &str = "BLYNK_TEST_INNER";

pub fn is_inner() -> bool {
    std::env::var_os(INNER).is_some()
}

/// What a subscriber of traces has written.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    pub fn subscriber(&self, level: tracing::Level) -> impl tracing::Subscriber + Send + Sync + use<> {
        // With one subscriber alone, `tracing` asks that of the thread which reaches a callsite first, and remembers its
        // answer for all: with others beside it, all are asked.
        static OTHERS: OnceLock<[tracing::Dispatch; 2]> = OnceLock::new();
        OTHERS.get_or_init(|| [(); 2].map(|()| tracing_subscriber::fmt().with_writer(std::io::sink).finish().into()));
        let writer = self.clone();
        tracing_subscriber::fmt()
            .with_max_level(level)
            .with_span_events(tracing_subscriber::fmt::format::FmtSpan::FULL)
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .finish()
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
