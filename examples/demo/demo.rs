//! The main job in Rust, on an emulator; then each command of the arguments, with that emulator in its environment.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use blynk_webhooks::{AuthType, ContentType, Error, Method, Trigger, WebhookPatch, WebhookSpec, env, field};
use blynk_webhooks_emulator::Emulator;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let emulator = Emulator::start()?;
    println!("The emulator serves the API at {}\n", emulator.url());
    rust(&emulator).await?;
    println!();
    a_webhook_fires(&emulator).await?;
    for command in std::env::args().skip(1) {
        println!();
        let status = Command::new("sh")
            .args(["-c", &command])
            .env(env::BASE_URL, emulator.url())
            .env(env::CLIENT_ID, emulator.client_id())
            .env(env::CLIENT_SECRET, emulator.client_secret())
            .status()?;
        if !status.success() {
            return Err(format!("'{command}' failed").into());
        }
    }
    Ok(())
}

async fn rust(emulator: &Emulator) -> Result<(), Box<dyn std::error::Error>> {
    println!("Rust");
    let client = emulator.client()?;
    let before = client.list().await?;
    println!("  token    taken by client credentials, for the first call");
    println!("  list     {} webhooks", before.len());

    let spec =
        WebhookSpec::new("Device Status Notification", Trigger::DeviceAdded, "https://example.com/webhook/{device_id}")
            .method(Method::Post)
            .content_type(ContentType::Json)
            .auth_type(AuthType::None)
            .body(r#"{"device_id": "{device_id}"}"#)
            .failure_limit(10);
    let webhook = client.create(spec).await?;
    let (id, name) = (webhook.id(), webhook.name().unwrap_or_default());
    println!("  create   webhook {id}: {name}");
    println!("  list     {} webhook", client.list().await?.len());
    println!("  get      {:?} runs on {}", client.get(id).await?.name().unwrap_or_default(), Trigger::DeviceAdded);

    let updated = client.update(id, webhook.spec().name("Updated Webhook Name")).await?;
    println!("  update   is now called {:?}", updated.name().unwrap_or_default());
    let patched = client.patch(id, WebhookPatch::new().set(field::FAILURE_LIMIT, 3)).await?;
    println!("  patch    failure limit {:?}, the rest as it was", patched.failure_limit().unwrap_or_default());
    println!("  disable  {}", client.disable(id).await?.status().ok_or("no status")?);
    client.delete(id).await?;
    println!("  delete   done");

    let refused =
        WebhookSpec::new("Doors", Trigger::from("DOOR_OPENED"), "example.com/{device_id}").method(Method::Get);
    match client.create(refused).await {
        Err(error @ Error::Validation(_)) => println!("  refused  {error}"),
        other => return Err(format!("a bad spec gave {other:?}").into()),
    }
    match client.get(id).await {
        Err(Error::Api(error)) if error.status == 404 => println!("  404      {}", Error::Api(error)),
        other => return Err(format!("a deleted webhook gave {other:?}").into()),
    }
    Ok(())
}

/// What nobody can watch on the cloud: a webhook that runs, fails, is disabled and comes back.
async fn a_webhook_fires(emulator: &Emulator) -> Result<(), Box<dyn std::error::Error>> {
    println!("A webhook fires, on the emulator");
    let client = emulator.client()?;
    let target = Target::start().await?;
    let spec = WebhookSpec::new("Doors", Trigger::DeviceAdded, format!("{}/door/{{device_id}}", target.url))
        .method(Method::Post)
        .content_type(ContentType::Json)
        .auth_type(AuthType::None)
        .body(r#"{"name": "{device_name}"}"#)
        .failure_limit(2)
        .failure_receivers(vec![11]);
    let id = client.create(spec).await?.id();
    for (device, answer) in [(7, 200), (8, 500), (9, 500), (10, 200)] {
        target.answer.store(answer, Ordering::Relaxed);
        let values = json!({"device_id": device, "device_name": format!("Door \"{device}\"")});
        let deliveries =
            emulator.trigger(Trigger::DeviceAdded, values.as_object().cloned().unwrap_or_default()).await?;
        let told = deliveries.iter().map(|delivery| {
            let request = delivery.request.as_ref();
            let body = request.and_then(|request| request.body.clone()).unwrap_or_default();
            format!("{} {body} -> {}", request.map_or("nothing", |request| &request.method), delivery.outcome.as_str())
        });
        let told = told.collect::<Vec<_>>().join(", ");
        println!("  device {device:<3}{}", if told.is_empty() { "no webhook is enabled for it".into() } else { told });
    }
    let webhook = client.get(id).await?;
    println!(
        "  status   {}, after {} attempts",
        webhook.status().ok_or("no status")?,
        webhook.attempt_count().unwrap_or(0)
    );
    println!("  notice   to user {}", emulator.notices().last().ok_or("no notice")?.user_id);
    println!("  enable   {}", client.enable(id).await?.status().ok_or("no status")?);
    client.delete(id).await?;
    Ok(())
}

/// A service that receives webhooks.
struct Target {
    url: String,
    answer: Arc<AtomicU16>,
}

impl Target {
    async fn start() -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let answer = Arc::new(AtomicU16::new(200));
        let status = Arc::clone(&answer);
        tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                let mut request = [0; 4096];
                let _ = socket.read(&mut request).await;
                let status = status.load(Ordering::Relaxed);
                let head = format!("HTTP/1.1 {status} Demo\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
                let _ = socket.write_all(head.as_bytes()).await;
            }
        });
        Ok(Self { url, answer })
    }
}
