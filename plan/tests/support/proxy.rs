//! A proxy before a server: counts requests, knows how many are under way, and loses answers.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What a proxy does with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Pass,
    /// The server carries it out, and the client never learns of it.
    LoseAnswer,
    /// It never reaches the server.
    Drop,
}

/// Decides a request's fate by its method and its number.
type Judge = dyn Fn(&str, usize) -> Fate + Send + Sync;

#[derive(Default)]
pub struct Counts {
    pub reads: AtomicUsize,
    pub writes: AtomicUsize,
    under_way: AtomicUsize,
    /// Most requests that were under way at once since it was set to 0.
    pub most_under_way: AtomicUsize,
}

pub struct Proxy {
    pub url: String,
    pub counts: Arc<Counts>,
}

impl Proxy {
    /// A proxy before `url`, in the tasks of this runtime; each answer waits for `delay`.
    pub async fn start(
        url: &str,
        delay: Duration,
        judge: impl Fn(&str, usize) -> Fate + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = Self { url: format!("http://{}", listener.local_addr().unwrap()), counts: Arc::default() };
        let (counts, target) = (Arc::clone(&proxy.counts), url.trim_start_matches("http://").to_owned());
        let judge: Arc<Judge> = Arc::new(judge);
        let number = Arc::new(AtomicUsize::new(0));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (counts, judge, number, target) =
                    (Arc::clone(&counts), Arc::clone(&judge), Arc::clone(&number), target.clone());
                tokio::spawn(async move {
                    let server = TcpStream::connect(&target).await.unwrap();
                    carry(client, server, delay, &counts, &*judge, &number).await;
                });
            }
        });
        proxy
    }
}

/// One connection: requests one after the other, as HTTP/1.1 has them.
async fn carry(
    client: TcpStream,
    server: TcpStream,
    delay: Duration,
    counts: &Counts,
    judge: &Judge,
    number: &AtomicUsize,
) {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let lose = Arc::new(AtomicBool::new(false));
    let open = Arc::new(Mutex::new(false));
    let finish = |open: &Mutex<bool>| {
        if std::mem::take(&mut *open.lock().unwrap()) {
            counts.under_way.fetch_sub(1, Ordering::SeqCst);
        }
    };
    let requests = async {
        let mut bytes = vec![0; 64 * 1024];
        while let Ok(length @ 1..) = from_client.read(&mut bytes).await {
            let method = method_of(&bytes[..length]);
            if let Some(method) = method {
                let is_api = bytes[..length].windows(5).any(|part| part == b"/api/");
                if is_api {
                    let counter = if method == "GET" { &counts.reads } else { &counts.writes };
                    counter.fetch_add(1, Ordering::SeqCst);
                    *open.lock().unwrap() = true;
                    let now = counts.under_way.fetch_add(1, Ordering::SeqCst) + 1;
                    counts.most_under_way.fetch_max(now, Ordering::SeqCst);
                    match judge(method, number.fetch_add(1, Ordering::SeqCst)) {
                        Fate::Pass => {}
                        Fate::LoseAnswer => lose.store(true, Ordering::SeqCst),
                        Fate::Drop => return,
                    }
                }
            }
            if to_server.write_all(&bytes[..length]).await.is_err() {
                return;
            }
        }
    };
    let answers = async {
        let mut bytes = vec![0; 64 * 1024];
        while let Ok(length @ 1..) = from_server.read(&mut bytes).await {
            if lose.load(Ordering::SeqCst) {
                return;
            }
            if *open.lock().unwrap() {
                tokio::time::sleep(delay).await;
            }
            finish(&open);
            if to_client.write_all(&bytes[..length]).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = requests => {}
        () = answers => {}
    }
    finish(&open);
}

fn method_of(bytes: &[u8]) -> Option<&'static str> {
    ["GET", "POST", "PUT", "DELETE"]
        .into_iter()
        .find(|method| bytes.strip_prefix(method.as_bytes()).is_some_and(|rest| rest.starts_with(b" /")))
}
