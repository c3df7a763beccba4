//! Scripts as data: what rules answer, and the program that other languages drive.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use scripted_server::{Script, Scripted};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Long enough for what must happen.
const SOON: Duration = Duration::from_secs(20);

fn script(value: Value) -> Script {
    serde_json::from_value(value).unwrap()
}

async fn rules(value: Value) -> Scripted {
    Scripted::start(script(json!({"rules": value})), true).await
}

/// Sends a request without a body on a connection of its own.
async fn send(url: &str, head: &str) -> TcpStream {
    send_whole(url, &format!("{head}\r\n\r\n")).await
}

async fn send_whole(url: &str, request: &str) -> TcpStream {
    let mut stream = TcpStream::connect(url.strip_prefix("http://").unwrap()).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

/// The status and the body of an answer.
async fn answer(stream: &mut TcpStream) -> (u16, String) {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8(bytes.clone()).unwrap();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if length.is_none_or(|length| body.len() == length.parse::<usize>().unwrap()) {
                return (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned());
            }
        }
        assert_ne!(stream.read_buf(&mut bytes).await.unwrap(), 0, "the connection ended after {text:?}");
    }
}

async fn get(scripted: &Scripted, target: &str) -> (u16, String) {
    answer(&mut send(&scripted.server.url, &format!("GET {target} HTTP/1.1")).await).await
}

async fn until(condition: impl Fn() -> bool) {
    timeout(SOON, async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn a_rule_answers_as_often_as_it_says_and_then_the_next_one_does() {
    let scripted = rules(json!([
        {"request": {"path": "/a"}, "answer": {"status": 503}, "times": 2},
        {"request": {"path": "/a"}, "answer": {"json": [1]}},
    ]))
    .await;
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(get(&scripted, "/a").await.0);
    }
    assert_eq!(statuses, [503, 503, 200, 200]);
    assert_eq!(get(&scripted, "/b").await.0, 599);
    assert_eq!(scripted.problems(), ["no rule answers GET /b"]);
}

#[tokio::test]
async fn rules_tell_requests_apart_by_query_and_by_headers_up_to_a_star() {
    let scripted = rules(json!([
        {"request": {"query": {"id": "1"}}, "answer": {"status": 201}},
        {"request": {"headers": {"Authorization": "Bearer good*"}}, "answer": {"status": 202}},
        {"request": {"headers": {"x-any": "*"}}, "answer": {"status": 203}},
        {"request": {"headers": {"accept": null}}, "answer": {"status": 404}},
    ]))
    .await;
    for (request, status) in [
        ("GET /a?id=1 HTTP/1.1", 201),
        ("GET /a?id=1&more=2 HTTP/1.1", 404),
        ("GET /a HTTP/1.1\r\nauthorization: Bearer good-1", 202),
        ("GET /a HTTP/1.1\r\nauthorization: Bearer goo", 404),
        ("GET /a HTTP/1.1\r\nx-any:", 203),
        ("GET /a HTTP/1.1\r\naccept: text/plain", 599),
    ] {
        assert_eq!(answer(&mut send(&scripted.server.url, request).await).await.0, status, "{request}");
    }
}

#[tokio::test]
async fn a_text_has_the_parameters_of_the_query_in_their_places() {
    let text = "${id} ${none} ${none:-1} ${id:-2} ${id";
    let scripted = rules(json!([{"answer": {"text": text}}])).await;
    assert_eq!(get(&scripted, "/a?id=7%208").await, (200, "7 8  1 7 8 ${id".into()));
}

#[tokio::test]
async fn an_answer_is_sent_as_written_and_after_its_pause() {
    let script = r#"{"rules": [{"answer": {"delay_ms": 40, "json": {"b": 1.0, "a": 18446744073709551617}}}]}"#;
    let scripted = Scripted::start(serde_json::from_str(script).unwrap(), true).await;
    let start = Instant::now();
    assert_eq!(get(&scripted, "/").await.1, r#"{"b": 1.0, "a": 18446744073709551617}"#);
    assert!(start.elapsed() >= Duration::from_millis(40));
}

#[tokio::test]
async fn a_held_answer_waits_for_its_release() {
    let scripted = rules(json!([
        {"request": {"path": "/held"}, "answer": {"held": true, "text": "held"}},
        {"answer": {"text": "not held"}},
    ]))
    .await;
    let mut held = send(&scripted.server.url, "GET /held HTTP/1.1").await;
    until(|| scripted.server.count() == 1).await;
    assert_eq!(get(&scripted, "/").await.1, "not held");
    assert!(timeout(Duration::from_millis(20), held.readable()).await.is_err(), "it is not sent yet");
    scripted.server.release();
    assert_eq!(answer(&mut held).await.1, "held");
    assert_eq!(get(&scripted, "/held").await.1, "held");
}

#[tokio::test]
async fn silence_tells_which_connections_the_client_has_closed() {
    let scripted = rules(json!([{"answer": {"fault": "silence"}}])).await;
    let first = send(&scripted.server.url, "GET /first HTTP/1.1").await;
    until(|| scripted.server.count() == 1).await;
    let second = send(&scripted.server.url, "GET /second HTTP/1.1").await;
    until(|| scripted.server.count() == 2).await;
    assert_eq!((scripted.server.closed(), scripted.server.open()), (vec![], 2));
    drop(second);
    until(|| scripted.server.closed() == [1]).await;
    drop(first);
    until(|| scripted.server.closed() == [1, 0]).await;
    until(|| scripted.server.open() == 0).await;
    assert_eq!((scripted.server.connections(), scripted.server.most_open()), (2, 2));
}

#[tokio::test]
async fn a_server_goes_on_with_another_script() {
    let scripted = rules(json!([{"answer": {"status": 201}}])).await;
    assert_eq!(get(&scripted, "/").await.0, 201);
    scripted.go_on_with(script(json!({"exchange": [
        {"request": {"path": "/a"}, "answer": {"status": 202}},
        {"request": {"path": "/b"}, "answer": {"status": 203}},
    ]})));
    assert_eq!(get(&scripted, "/a").await.0, 202);
    assert_eq!(scripted.problems(), ["only 1 of 2 requests went out"]);
    assert_eq!(get(&scripted, "/c?id=1").await.0, 203);
    assert_eq!(
        scripted.problems(),
        [r#"request 2: path is "/c", not "/b""#, r#"request 2: query is {"id": "1"}, not {}"#]
    );
    assert_eq!(scripted.server.count(), 3);
}

#[test]
fn a_member_that_is_unknown_is_refused() {
    for wrong in [
        json!({"rules": [{"answer": {"stauts": 200}}]}),
        json!({"rules": [{"answer": {}, "tmes": 1}]}),
        json!({"rules": [{"request": {"pth": "/"}, "answer": {}}]}),
        json!({"rule": []}),
    ] {
        assert!(serde_json::from_value::<Script>(wrong.clone()).is_err(), "{wrong}");
    }
}

/// The program, ended with the test.
struct Program(Child);

impl Program {
    fn start() -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_scripted-server"));
        Self(command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap())
    }

    fn ask(&mut self, output: &mut impl BufRead, command: &Value) -> Value {
        writeln!(self.0.stdin.as_mut().unwrap(), "{command}").unwrap();
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn the_program_holds_servers_and_ends_with_its_input() {
    let mut program = Program::start();
    let mut output = BufReader::new(program.0.stdout.take().unwrap());
    let held = json!({"rules": [{"answer": {"held": true, "status": 201}}]});
    let started = program.ask(&mut output, &json!({"start": {"script": held}}));
    let other = program.ask(&mut output, &json!({"start": {"script": {"exchange": []}, "keep": false}}));
    assert_eq!((&started["server"], &other["server"]), (&json!(0), &json!(1)));

    let url = started["url"].as_str().unwrap();
    let mut stream = send_whole(url, "POST /a?id=1 HTTP/1.1\r\nX-A: b\r\ncontent-length: 2\r\n\r\nok").await;
    assert_eq!(program.ask(&mut output, &json!({"release": {"server": 0}})), json!({}));
    assert_eq!(answer(&mut stream).await.0, 201);
    drop(stream);
    assert_eq!(
        program.ask(&mut output, &json!({"state": {"server": 0, "from": 0}}))["requests"],
        json!([{
            "method": "POST", "path": "/a", "query": {"id": "1"}, "body": "ok",
            "headers": {"x-a": "b", "content-length": "2"},
        }])
    );
    let script = json!({"rules": [{"answer": {"status": 202}}]});
    assert_eq!(program.ask(&mut output, &json!({"script": {"server": 0, "script": script}})), json!({}));
    assert_eq!(answer(&mut send(url, "GET / HTTP/1.1").await).await.0, 202);
    let state = program.ask(&mut output, &json!({"state": {"server": 0, "from": 1}}));
    assert_eq!((state["requests"].as_array().unwrap().len(), &state["connections"]), (1, &json!(2)));

    // A server that keeps no requests finds problems as any other does.
    let url = other["url"].as_str().unwrap();
    assert_eq!(answer(&mut send(url, "GET /b HTTP/1.1").await).await.0, 599);
    let state = program.ask(&mut output, &json!({"state": {"server": 1, "from": 0}}));
    assert_eq!(state["requests"], json!([]));
    let stopped = program.ask(&mut output, &json!({"stop": {"server": 1}}));
    assert_eq!(stopped, json!({"problems": ["request 1: GET /b was not expected"]}));

    let wrong = program.ask(&mut output, &json!({"stop": {"server": 1}}));
    assert_eq!(wrong, json!({"error": "no server 1 is running"}));
    let wrong = program.ask(&mut output, &json!({"stopp": {"server": 0}}));
    assert!(wrong["error"].as_str().unwrap().contains("stopp"), "{wrong}");
    drop(program.0.stdin.take());
    assert!(program.0.wait().unwrap().success());
}
