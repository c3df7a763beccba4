//! Measures a plan of 10,000 webhooks: `cargo run --release -p blynk-webhooks-plan --example ten_thousand`.
//! Prints the time of each step and the peak of this process's memory.

use std::error::Error;
use std::time::Instant;

use blynk_webhooks::WebhookList;
use blynk_webhooks_plan::{Desired, ImportOptions, Input, Plan, PlanOptions, import};

const COUNT: usize = 10_000;

fn main() -> Result<(), Box<dyn Error>> {
    let webhook = |id: usize| {
        format!(
            r#"{{"id":{id},"name":"Soil moisture {id}","trigger":"PRODUCT_DATASTREAM_UPDATE","dataTrigger":{{"dataStreamId":{id}}},"url":"https://ingest.example/{id}/{{device_id}}","method":"POST","contentType":"JSON","authType":"OAUTH2","body":"{{\"value\": \"{{device_pinValue}}\", \"device\": \"{{device_id}}\"}}","oAuth2Request":{{"clientId":"c","clientSecret":"s-{id}","tokenUrl":"https://t.example"}},"failureReceivers":[1,2],"status":"ENABLED","attemptCount":42,"createdAt":1707244800000,"lastModifiedTs":1707244800000,"failureLimit":10,"formBody":{{"a":[1,2,{{"b":null}}]}}}}"#
        )
    };
    let list: Vec<String> = (1..=COUNT).map(webhook).collect();
    let live = WebhookList::from_json(format!("[{}]", list.join(",")))?.into_vec();
    let live_bytes: usize = list.iter().map(String::len).sum();
    drop(list);

    // The program plans in a process of its own, so that nothing before it counts.
    let table = |id: usize| {
        format!(
            "[webhook.\"Soil moisture {id}\"]\ntrigger = \"PRODUCT_DATASTREAM_UPDATE\"\ndataTrigger = {{ dataStreamId = {id} }}\nurl = \"https://ingest.example/{id}/{{device_id}}\"\nmethod = \"POST\"\ncontentType = \"JSON\"\nauthType = \"OAUTH2\"\nbody = '{{\"value\": \"{{device_pinValue}}\", \"device\": \"{{device_id}}\"}}'\noAuth2Request = {{ clientId = \"c\", clientSecret = \"s-{id}\", tokenUrl = \"https://t.example\" }}\nfailureReceivers = [1, 2]\nfailureLimit = 10\nformBody = {{ a = [1, 2, {{ b = {{ json = \"null\" }} }}] }}\n\n"
        )
    };
    let mut text: String = (1..=COUNT).map(table).collect();
    println!("file: {} kB, list: {} kB", text.len() / 1024, live_bytes / 1024);
    if std::env::args().nth(1).as_deref() == Some("--all-differ") {
        text = text.replace("https://ingest.example/", "https://other.example/");
    }
    let desired = step("read the file", || Desired::parse([Input::new("webhooks.toml", text.as_str())]))?;
    let plan = step("plan", || Plan::new(&desired, &live, &PlanOptions::new()))?;
    println!("{:?}", plan.summary());
    let shown = step("show as text", || plan.to_text(false));
    println!("text: {} kB, peak of reading and planning: {} MB", shown.len() / 1024, peak().unwrap_or_default());
    drop((plan, desired));
    step("import", || import(&live, &ImportOptions::new()))?;
    Ok(())
}

fn step<T>(name: &str, run: impl FnOnce() -> T) -> T {
    let (started, processor) = (Instant::now(), processor_time());
    let value = run();
    let processor = processor_time().zip(processor).map(|(now, before)| format!(", processor {} ms", now - before));
    println!("{name}: {:.0} ms{}", started.elapsed().as_secs_f64() * 1000.0, processor.unwrap_or_default());
    value
}

/// Processor time of this process so far, in milliseconds; Linux only.
fn processor_time() -> Option<u64> {
    /// Clock ticks of a second, on every Linux in use.
    const TICKS: u64 = 100;
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?;
    Some(ticks * 1000 / TICKS)
}

/// The most memory that this process has had so far, in MB; Linux only.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().trim_end_matches(" kB").trim().parse::<u64>().ok()? / 1024)
}
