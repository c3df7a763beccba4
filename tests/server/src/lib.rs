//! An HTTP/1.1 server on a loopback socket that answers by a script, faults included, and keeps what it received.
//!
//! Tests in Rust use this library, with closures or with the data of [`Script`]. Tests in other languages start the program
//! of this package and send it scripts as JSON: see `main.rs`.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod connection;
mod script;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde::Serialize;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

pub use script::{Answer, Fault, Request, Script, Scripted, Step};

/// One request as it came.
#[derive(Clone, Debug, Serialize)]
pub struct Received {
    /// The method.
    pub method: String,
    /// The path with the query, as it came; for tests in Rust.
    #[serde(skip)]
    pub target: String,
    /// The path without the query.
    pub path: String,
    /// The parameters of the query, decoded.
    pub query: BTreeMap<String, String>,
    /// The headers, with names in lower case.
    pub headers: BTreeMap<String, String>,
    /// The body.
    #[serde(serialize_with = "as_text")]
    pub body: Vec<u8>,
}

fn as_text<S: serde::Serializer>(body: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&String::from_utf8_lossy(body))
}

/// What the server does with one request.
#[derive(Clone, Debug)]
pub enum Reply {
    /// A response.
    Answer {
        /// The status.
        status: u16,
        /// Headers beside `content-length`.
        headers: Vec<(String, String)>,
        /// The body.
        body: Vec<u8>,
    },
    /// The connection is reset after the request was read.
    Reset,
    /// The connection is closed without a response.
    Close,
    /// The head promises more bytes than come.
    Truncate,
    /// Bytes that are not HTTP.
    Garbage,
    /// Nothing at all; the connection stays open until the client closes it.
    Silence,
    /// The bytes of a response as they are, then the connection is closed.
    Raw(Vec<u8>),
    /// A reply after a pause.
    Late(Duration, Box<Reply>),
    /// A reply once the test has called [`Server::release`].
    Held(Box<Reply>),
    /// A reply after which the server closes the connection without saying so.
    ThenClose(Box<Reply>),
}

impl Reply {
    /// A response with a JSON body.
    pub fn json(status: u16, body: &str) -> Self {
        Self::Answer { status, headers: vec![("content-type".into(), "application/json".into())], body: body.into() }
    }

    /// A response with a body that says nothing of its type.
    pub fn text(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self::Answer { status, headers: Vec::new(), body: body.into() }
    }

    /// An error of the API with this status.
    pub fn status(status: u16) -> Self {
        Self::json(status, r#"{"error":{"message":"scripted"}}"#)
    }
}

type ReplyTo = dyn Fn(usize, &Received) -> Reply + Send + Sync;

/// What the connections of a server share.
struct State {
    script: Box<ReplyTo>,
    keep: bool,
    received: Mutex<Vec<Received>>,
    /// Numbers of requests whose connection the client closed during [`Reply::Silence`].
    closed: Mutex<Vec<usize>>,
    count: AtomicUsize,
    connections: AtomicUsize,
    open: AtomicUsize,
    most_open: AtomicUsize,
    released: watch::Sender<bool>,
}

impl State {
    fn reply_to(&self, request: Received) -> (usize, Reply) {
        let mut received = self.received.lock().unwrap();
        let number = self.count.fetch_add(1, Ordering::SeqCst);
        if self.keep {
            received.push(request.clone());
        }
        drop(received);
        (number, (self.script)(number, &request))
    }
}

/// A running server. Dropping it closes its socket and all connections.
pub struct Server {
    /// The address, such as `http://127.0.0.1:50123`.
    pub url: String,
    state: Arc<State>,
    task: JoinHandle<()>,
}

impl Server {
    /// Answers request number n (from 0) with what `script` says.
    pub async fn start(script: impl Fn(usize, &Received) -> Reply + Send + Sync + 'static) -> Self {
        Self::start_with(true, script).await
    }

    /// As [`Server::start`]; with `keep` false it forgets requests as soon as they are answered, for tests with millions.
    pub async fn start_with(keep: bool, script: impl Fn(usize, &Received) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(State {
            script: Box::new(script),
            keep,
            received: Mutex::default(),
            closed: Mutex::default(),
            count: AtomicUsize::new(0),
            connections: AtomicUsize::new(0),
            open: AtomicUsize::new(0),
            most_open: AtomicUsize::new(0),
            released: watch::Sender::new(false),
        });
        let shared = Arc::clone(&state);
        let task = tokio::spawn(async move {
            // Aborting this task drops the set, which ends the connections.
            let mut connections = JoinSet::new();
            while let Ok((socket, _)) = listener.accept().await {
                while connections.try_join_next().is_some() {}
                connections.spawn(connection::serve(socket, connection::Open::new(Arc::clone(&shared))));
            }
        });
        Self { url, state, task }
    }

    /// Answers with the replies in their order, the last one again and again.
    pub async fn replies(replies: Vec<Reply>) -> Self {
        Self::start(move |n, _| replies[n.min(replies.len() - 1)].clone()).await
    }

    /// Answers every request with this reply.
    pub async fn always(reply: Reply) -> Self {
        Self::start(move |_, _| reply.clone()).await
    }

    /// The requests so far.
    pub fn requests(&self) -> Vec<Received> {
        self.requests_from(0)
    }

    /// The requests so far without the first `from`.
    pub fn requests_from(&self, from: usize) -> Vec<Received> {
        self.state.received.lock().unwrap().iter().skip(from).cloned().collect()
    }

    /// How many requests came.
    pub fn count(&self) -> usize {
        self.state.count.load(Ordering::SeqCst)
    }

    /// Numbers of the requests, answered by [`Reply::Silence`], whose connection the client has closed.
    pub fn closed(&self) -> Vec<usize> {
        self.state.closed.lock().unwrap().clone()
    }

    /// How many connections were opened.
    pub fn connections(&self) -> usize {
        self.state.connections.load(Ordering::SeqCst)
    }

    /// How many connections are open now.
    pub fn open(&self) -> usize {
        self.state.open.load(Ordering::SeqCst)
    }

    /// How many connections were open at once, at the most.
    pub fn most_open(&self) -> usize {
        self.state.most_open.load(Ordering::SeqCst)
    }

    /// Sends the replies that are [`Reply::Held`], now and from now on.
    pub fn release(&self) {
        self.state.released.send_replace(true);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}
