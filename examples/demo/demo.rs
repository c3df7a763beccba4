//! The main job in Rust, on an emulator; then each command of the arguments, with that emulator in its environment.

use std::process::Command;

use blynk_webhooks::{AuthType, ContentType, Error, Method, Trigger, WebhookPatch, WebhookSpec, env, field};
use blynk_webhooks_emulator::Emulator;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let emulator = Emulator::start()?;
    println!("The emulator serves the API at {}\n", emulator.url());
    rust(&emulator).await?;
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
