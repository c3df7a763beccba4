//! One connection: reads requests, sends replies.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::{Received, Reply, State};

/// Counts a connection as open as long as it lives.
pub(crate) struct Open(Arc<State>);

impl Open {
    pub(crate) fn new(state: Arc<State>) -> Self {
        state.connections.fetch_add(1, Ordering::SeqCst);
        let open = state.open.fetch_add(1, Ordering::SeqCst) + 1;
        state.most_open.fetch_max(open, Ordering::SeqCst);
        Self(state)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::SeqCst);
    }
}

pub(crate) async fn serve(mut socket: TcpStream, open: Open) {
    let state = &open.0;
    let mut buffer = Vec::new();
    // A socket that refuses this has been closed.
    let _ = socket.set_nodelay(true);
    while let Some(request) = read_request(&mut socket, &mut buffer).await {
        let (number, reply) = state.reply_to(request);
        if !send(&mut socket, number, reply, state).await {
            break;
        }
    }
    // Closed before it no longer counts as open.
    drop(socket);
}

/// Sends a reply; true if the connection goes on.
async fn send(socket: &mut TcpStream, number: usize, reply: Reply, state: &State) -> bool {
    match reply {
        Reply::Answer { status, headers, body } => {
            let mut head = format!("HTTP/1.1 {status} Scripted\r\n");
            if !matches!(status, 204 | 304) {
                head.push_str(&format!("content-length: {}\r\n", body.len()));
            }
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
            state.closed.lock().unwrap().push(number);
            false
        }
        Reply::Raw(bytes) => {
            let _ = socket.write_all(&bytes).await;
            false
        }
        Reply::Late(pause, reply) => {
            tokio::time::sleep(pause).await;
            Box::pin(send(socket, number, *reply, state)).await
        }
        Reply::Held(reply) => {
            let released = state.released.subscribe().wait_for(|released| *released).await.is_ok();
            released && Box::pin(send(socket, number, *reply, state)).await
        }
        Reply::ThenClose(reply) => {
            Box::pin(send(socket, number, *reply, state)).await;
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
    let path = path.to_owned();
    Some(Received { method, target, path, query, headers, body })
}
