//! The health of webhooks.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use blynk_webhooks::Webhook;
use blynk_webhooks_plan::{Desired, Diagnosis, DiagnosisCode, DoctorOptions, Input, Observation, Weight, diagnose};

const NOW: i64 = 1_750_000_000_000;
const HOUR: i64 = 3_600_000;

fn webhook(id: i32, name: &str, more: &str) -> Webhook {
    let comma = if more.is_empty() { "" } else { "," };
    Webhook::from_json(format!(
        r#"{{"id":{id},"name":{name:?},"trigger":"DEVICE_ADDED","url":"https://e.example/{id}","method":"POST","contentType":"JSON","authType":"NONE"{comma}{more}}}"#
    ))
    .unwrap()
}

/// A webhook about which nothing is to be said.
fn sound(id: i32) -> Webhook {
    let more =
        format!(r#""status":"ENABLED","failureReceivers":[1],"attemptCount":5,"lastTriggeredTs":{}"#, NOW - HOUR);
    webhook(id, &format!("W {id}"), &more)
}

fn file(tables: &str) -> Desired {
    Desired::parse([Input::new("webhooks.toml", tables)]).unwrap_or_else(|findings| panic!("{findings}"))
}

fn diagnosed(live: &[Webhook], desired: Option<&str>) -> Diagnosis {
    diagnose(live, desired.map(file).as_ref(), &DoctorOptions::new(NOW)).unwrap()
}

fn codes(diagnosis: &Diagnosis) -> Vec<(DiagnosisCode, Weight)> {
    diagnosis.notices.iter().map(|notice| (notice.code, notice.weight)).collect()
}

use DiagnosisCode::{
    DisabledByHand, DisabledByPlatform, Lint, ListMayBeCut, Missing, NearRunLimit, NearWebhookLimit, NeverFired,
    NoFailureReceivers, SameName, SameTriggerAndUrl, Silent,
};
use Weight::{Advice, Unhealthy};

#[test]
fn a_sound_webhook_is_not_mentioned() {
    let diagnosis = diagnosed(&[sound(1), sound(2)], Some("[webhook.\"W 1\"]\nexpect = { maxSilence = \"2h\" }\n"));
    assert_eq!(codes(&diagnosis), []);
    assert!(!diagnosis.is_unhealthy(true));
    assert!(diagnosis.to_text(false).starts_with("Healthy: 2 webhooks, 0 unhealthy"), "{}", diagnosis.to_text(false));
}

#[test]
fn who_disabled_it_and_whether_the_file_wants_it_so_decides() {
    let of =
        |status: &str| Webhook::from_json(sound(1).to_json().replace("\"ENABLED\"", &format!("{status:?}"))).unwrap();
    let cases = [
        ("DISABLED_DUE_TO_ERRORS", None, vec![(DisabledByPlatform, Unhealthy)]),
        ("DISABLED_DUE_TO_ERRORS", Some(""), vec![(DisabledByPlatform, Unhealthy)]),
        ("DISABLED_DUE_TO_ERRORS", Some("status = \"DISABLED\""), vec![]),
        ("DISABLED_DUE_TO_ERRORS", Some("absent = true"), vec![]),
        ("DISABLED", None, vec![(DisabledByHand, Advice)]),
        ("DISABLED", Some(""), vec![(DisabledByHand, Unhealthy)]),
        ("DISABLED", Some("status = \"ENABLED\""), vec![(DisabledByHand, Unhealthy)]),
        ("DISABLED", Some("status = \"DISABLED\""), vec![]),
        ("PAUSED_BY_A_LATER_API", Some(""), vec![]),
    ];
    for (status, keys, expected) in cases {
        let desired = keys.map(|keys| format!("[webhook.\"W 1\"]\n{keys}\n"));
        let diagnosis = diagnosed(&[of(status)], desired.as_deref());
        assert_eq!(codes(&diagnosis), expected, "{status} {keys:?}");
        let by_platform = expected.iter().any(|(code, _)| *code == DisabledByPlatform);
        assert_eq!(diagnosis.disabled_by_platform(), if by_platform { vec![1] } else { vec![] });
    }
}

#[test]
fn silence_counts_from_the_last_run_or_from_the_creation() {
    let at = |more: String| webhook(1, "W 1", &format!(r#""status":"ENABLED","failureReceivers":[1],{more}"#));
    let last = |hours: i64| at(format!(r#""attemptCount":5,"lastTriggeredTs":{}"#, NOW - hours * HOUR));
    let created = |hours: i64| at(format!(r#""attemptCount":0,"createdAt":{}"#, NOW - hours * HOUR));
    let desired = Some("[webhook.\"W 1\"]\nexpect = { maxSilence = \"2h\" }\n");
    assert_eq!(codes(&diagnosed(&[last(1)], desired)), []);
    assert_eq!(codes(&diagnosed(&[last(3)], desired)), [(Silent, Unhealthy)]);
    assert_eq!(codes(&diagnosed(&[last(3)], None)), []);
    assert_eq!(codes(&diagnosed(&[created(3)], desired)), [(Silent, Unhealthy)]);
    // Not yet.
    assert_eq!(codes(&diagnosed(&[created(1)], desired)), [(NeverFired, Advice)]);
    let text = diagnosed(&[last(3)], desired).to_text(false);
    assert!(text.contains("it last ran 3h ago, and the file expects a run every 2h"), "{text}");
    assert!(text.contains("The API does not show the cause of failures."), "{text}");
}

#[test]
fn the_rest_is_advice() {
    let never = webhook(1, "A", r#""status":"ENABLED","attemptCount":0"#);
    assert_eq!(codes(&diagnosed(&[never], None)), [(NeverFired, Advice), (NoFailureReceivers, Advice)]);
    let same = Webhook::from_json(sound(2).to_json().replace("e.example/2", "e.example/1")).unwrap();
    assert_eq!(codes(&diagnosed(&[sound(1), same], None)), [(SameTriggerAndUrl, Advice); 2]);
    let twin = Webhook::from_json(sound(2).to_json().replace("W 2", "W 1")).unwrap();
    assert_eq!(codes(&diagnosed(&[sound(1), twin], None)), [(SameName, Advice); 2]);
    let lint = Webhook::from_json(sound(1).to_json().replace("e.example/1", "e.example/{devce_id}")).unwrap();
    let diagnosis = diagnosed(&[lint], None);
    assert_eq!(codes(&diagnosis), [(Lint, Advice)]);
    assert!(diagnosis.notices[0].message.contains("did you mean {device_id}?"), "{:?}", diagnosis.notices);
    assert_eq!(
        codes(&diagnosed(&[sound(1)], Some("[webhook.\"W 1\"]\n[webhook.Gone]\n[webhook.Away]\nabsent = true\n"))),
        [(Missing, Advice)]
    );
    let many: Vec<_> = (1..=80).map(sound).collect();
    assert_eq!(codes(&diagnosed(&many[..79], None)), []);
    assert_eq!(codes(&diagnosed(&many, None)), [(NearWebhookLimit, Advice)]);
    let options = DoctorOptions::new(NOW).webhook_limit(10_000);
    let thousand: Vec<_> = (1..=1000).map(sound).collect();
    assert_eq!(codes(&diagnose(&thousand, None, &options).unwrap()), [(ListMayBeCut, Advice)]);
    let diagnosis = diagnosed(&many, None);
    assert!(!diagnosis.is_unhealthy(false) && diagnosis.is_unhealthy(true));
}

#[test]
fn two_lists_tell_how_often_a_webhook_runs() {
    let later = |attempts: i32| {
        Webhook::from_json(sound(1).to_json().replace(r#""attemptCount":5"#, &format!(r#""attemptCount":{attempts}"#)))
            .unwrap()
    };
    let earlier = Observation::new(&[sound(1)], NOW - 30_000);
    let of =
        |attempts: i32| diagnose(&[later(attempts)], None, &DoctorOptions::new(NOW).earlier(earlier.clone())).unwrap();
    assert_eq!(codes(&of(8)), []);
    assert_eq!(codes(&of(9)), [(NearRunLimit, Advice)]);
    assert!(of(9).notices[0].message.contains("8.0 times a minute"), "{:?}", of(9).notices);
    // A counter that was set back says nothing.
    assert_eq!(codes(&of(0)), []);
}

#[test]
fn metrics_and_json_have_their_shape() {
    let broken = Webhook::from_json(
        sound(1).to_json().replace("\"ENABLED\"", "\"DISABLED_DUE_TO_ERRORS\"").replace("W 1", "a\\\"b\\\\c\\nd"),
    )
    .unwrap();
    let diagnosis = diagnosed(&[broken, sound(2)], None);
    let metrics = diagnosis.to_prometheus();
    for line in [
        "# TYPE blynk_webhook_healthy gauge",
        r#"blynk_webhook_healthy{id="1",name="a\"b\\c\nd"} 0"#,
        r#"blynk_webhook_healthy{id="2",name="W 2"} 1"#,
        r#"blynk_webhook_enabled{id="1",name="a\"b\\c\nd"} 0"#,
        r#"blynk_webhook_attempts_total{id="2",name="W 2"} 5"#,
        r#"blynk_webhook_last_triggered_timestamp_seconds{id="2",name="W 2"} 1749996400.000"#,
        r#"blynk_webhook_notices{code="disabled_by_platform",weight="unhealthy"} 1"#,
        "blynk_webhooks 2",
        "blynk_doctor_timestamp_seconds 1750000000.000",
    ] {
        assert!(metrics.lines().any(|other| other == line), "{line} is not in\n{metrics}");
    }
    let json: serde_json::Value = serde_json::from_str(&diagnosis.to_json()).unwrap();
    assert_eq!((&json["version"], &json["healthy"], &json["webhooks"]), (&1.into(), &false.into(), &2.into()));
    assert_eq!(json["notices"][0]["code"], "disabled_by_platform");
    assert_eq!(json["notices"][0]["weight"], "unhealthy");
}
