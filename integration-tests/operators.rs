//! What operators do at three in the morning: look, explain, replay, discard, by the real program.

use std::fs;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mq::Format;
use mq::headers::DeadLetterHeader;
use serde_json::Value;

use crate::harness::client::property;
use crate::harness::devqm::{DEAD_LETTERS, NOTICES, PARKED, PAYMENTS};
use crate::harness::payment::MARKER;
use crate::harness::{Answer, Devqm, Gateway, Payment, Put, Service, Settings, eventually};

const QUEUES: &str = "\
DEFINE QLOCAL(PAYMENTS.RETRY) DEFPSIST(YES)
DEFINE QLOCAL(UNROUTED.RETRY) DEFPSIST(YES)
DEFINE QLOCAL(AUDIT) DEFPSIST(YES)
";

/// With retry queues, so that everything can be replayed.
fn replayable(devqm: &Devqm, service: &Service) -> Settings {
    Settings::new(devqm, service)
        .with("destinations.0.retry_queue", "PAYMENTS.RETRY")
        .with("sources.0.retry_queue", "UNROUTED.RETRY")
        .with("routes.0.business_key", "/keys/EndToEndId/0")
}

/// Starts mqgate, and waits until it has parked one payment.
fn parked_by(devqm: &Devqm, settings: &Settings) -> (Gateway, Payment) {
    let gateway = Gateway::start(settings);
    let payment = Payment::new();
    devqm.client().put(PAYMENTS, payment.bytes());
    gateway.wait_for_log("Message parked.");
    (gateway, payment)
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_else(|| panic!("{name} in {value}"))
}

#[test]
fn a_refused_payment_is_listed_shown_and_replayed_once_the_service_is_fixed() {
    let devqm = Devqm::start_with(QUEUES);
    let service = Service::start(|_| Answer::status(422));
    let (mut gateway, payment) = parked_by(&devqm, &replayable(&devqm, &service));
    gateway.stop();

    let listed = gateway.command(&["parked", "list", "--json", "--reason", "rejected"]).json();
    assert_eq!(listed.len(), 1);
    let key = text(&listed[0], "key").to_owned();
    assert_eq!(key, service.requests()[0].key());
    assert_eq!(text(&listed[0], "fate"), "not-delivered");
    let table = gateway.command(&["parked", "list"]).ok();
    assert!(table.contains("rejected 422") && table.ends_with("1 parked\n"), "{table}");
    assert_eq!(gateway.command(&["parked", "list", "--reason", "late"]).ok(), "0 parked\n");

    let shown = gateway.command(&["parked", "show", &key[..8]]).ok();
    assert!(shown.contains("rejected") && shown.contains("CodedCharSetId"), "{shown}");
    let without_key = shown.replace(&payment.id, "");
    assert!(!without_key.contains(MARKER), "the business key is all that is seen of it: {shown}");
    let shown = gateway.command(&["parked", "show", &payment.id, "--payload"]).ok();
    assert!(shown.contains("EndToEndId") && !shown.contains("Zoë"), "names are masked: {shown}");
    let shown = gateway.command(&["parked", "show", &payment.id, "--payload", "--unmasked"]).ok();
    assert!(shown.contains(&format!("Zoë {MARKER}")), "{shown}");

    let would = gateway.command(&["parked", "replay", &key, "--dry-run"]).ok();
    assert!(would.contains("would be replayed to PAYMENTS.RETRY"), "{would}");
    assert_eq!(devqm.client().depth(PARKED), 1);
    let replayed = gateway.command(&["parked", "replay", &key, "--reason", "fixed"]);
    assert!(replayed.err.contains("\"outcome\":\"replayed\""), "{replayed:?}");
    assert!(replayed.ok().contains("1 replayed, 0 left where they were"));
    assert_eq!(devqm.client().depth(PARKED), 0);

    service.now_answers(|_| Answer::status(200));
    gateway.launch();
    let accepted = service.wait_for_accepted(1).remove(0);
    assert_eq!(accepted.key(), key);
    assert_eq!((accepted.attempt(), accepted.possible_duplicate()), (1, false));
    devqm.wait_for_depth("PAYMENTS.RETRY", 0);
    assert!(
        gateway.command(&["parked", "replay", &key]).fails(65).contains("nothing that is parked is named")
    );
}

#[test]
fn what_may_have_been_delivered_is_replayed_only_by_one_who_says_why_and_stays_marked() {
    let devqm = Devqm::start_with(QUEUES);
    let service = Service::start(|request| Answer::status(if request.number == 0 { 500 } else { 422 }));
    let (gateway, payment) = parked_by(&devqm, &replayable(&devqm, &service));
    let refused = gateway.command(&["parked", "replay", "--all"]).fails(65);
    assert!(refused.contains("a service may have acted on it"), "{refused}");
    gateway.command(&["parked", "replay", "--all", "--including-uncertain"]).fails(64);
    assert_eq!(devqm.client().depth(PARKED), 1);
    service.now_answers(|_| Answer::status(200));
    let sure = ["parked", "replay", &payment.id, "--including-uncertain", "--reason", "it is idempotent"];
    gateway.command(&sure).ok();
    let accepted = service.wait_for_accepted(1).remove(0);
    assert_eq!((accepted.attempt(), accepted.possible_duplicate()), (1, true));
    assert_eq!(accepted.key(), service.requests()[0].key());
}

#[test]
fn what_was_never_routed_is_replayed_to_its_source_and_routed_then() {
    let devqm = Devqm::start_with(QUEUES);
    let service = Service::accepting();
    let settings = replayable(&devqm, &service);
    let (mut gateway, _) = parked_by(&devqm, &settings.clone().with("routes.0.when.type", "camt.*"));
    gateway.stop();
    let replayed = gateway.command(&["parked", "replay", "--all", "--rate", "50/s"]).ok();
    assert!(replayed.contains("replayed to UNROUTED.RETRY"), "{replayed}");
    let _gateway = Gateway::start(&settings);
    assert!(!service.wait_for_accepted(1)[0].possible_duplicate());
}

#[test]
fn a_replay_without_a_retry_queue_names_the_key_to_set() {
    let devqm = Devqm::start();
    let service = Service::start(|_| Answer::status(422));
    let (gateway, _) = parked_by(&devqm, &Settings::new(&devqm, &service));
    let refused = gateway.command(&["parked", "replay", "--all"]).fails(65);
    assert!(refused.contains("set destinations[0].retry_queue"), "{refused}");
    assert_eq!(devqm.client().depth(PARKED), 1);
}

#[test]
fn a_replay_whose_commit_is_cut_is_said_to_be_unknown_and_leaves_one_copy() {
    for (action, parked) in [("CUTBEFORE", 1), ("CUTAFTER", 0)] {
        let devqm = Devqm::start_with(QUEUES);
        let service = Service::start(|_| Answer::status(422));
        let (mut gateway, _) = parked_by(&devqm, &replayable(&devqm, &service));
        gateway.stop();
        devqm.fault("CUT", &format!("APPLTAG('mqgate') VERB(MQCMIT) ACTION({action})"));
        let replayed = gateway.command(&["parked", "replay", "--all"]).fails(65);
        assert!(
            replayed.contains("the outcome is unknown") && replayed.contains("(outcome unknown)"),
            "{replayed}"
        );
        devqm.wait_for_depth(PARKED, parked);
        devqm.wait_for_depth("PAYMENTS.RETRY", 1 - parked);
    }
}

#[test]
fn a_late_payment_that_is_replayed_is_delivered() {
    let devqm = Devqm::start_with(QUEUES);
    let service = Service::start(|_| Answer::status(500));
    let settings =
        replayable(&devqm, &service).with("routes.0.answer_by_ms", 1_200).with("retry.clock_skew_ms_max", 0);
    let gateway = Gateway::start(&settings);
    devqm.client().put(PAYMENTS, Payment::new().bytes());
    gateway.wait_for_log("Message parked.");
    service.now_answers(|_| Answer::status(200));
    gateway.command(&["parked", "replay", "--parked-for", "late"]).fails(65);
    gateway.command(&["parked", "replay", "--all", "--including-uncertain", "--reason", "asked for"]).ok();
    assert!(service.wait_for_accepted(1)[0].possible_duplicate());
}

#[test]
fn on_a_shared_dead_letter_queue_only_our_own_is_touched_and_comes_back_as_it_was() {
    let devqm = Devqm::start_with(QUEUES);
    let service = Service::start(|_| Answer::status(422));
    let settings = replayable(&devqm, &service).with("sources.0.queue", NOTICES);
    let mut gateway = Gateway::start(&settings);
    let payment = Payment::new();
    let mut put = Put::text(payment.bytes());
    put.with_context = true;
    put.descriptor.message_id = mq::MessageId([0x5A; 24]);
    put.descriptor.user_identifier = *b"SCHEME      ";
    put.descriptor.put_date = *b"20261124";
    put.descriptor.put_time = *b"03050912";
    devqm.client().put_message(NOTICES, &put);
    devqm.wait_for_depth(DEAD_LETTERS, 1);
    gateway.stop();
    // A stranger without evidence, and one that pretends to be ours.
    let dead = gateway.command(&["parked", "list", "--json"]).json().remove(0);
    let stranger = Put::text(b"somebody else's");
    let placed = devqm.client().put_message(DEAD_LETTERS, &stranger);
    let mut pretender = Put::text(b"pretends");
    for (name, value) in
        [("idempotency_key", "key"), ("source", "source"), ("queue", "came_from"), ("time", "time")]
    {
        pretender = pretender.property(&format!("mqgate.{name}"), text(&dead, value));
    }
    devqm.client().put_message(DEAD_LETTERS, &pretender);

    let table = gateway.command(&["parked", "list"]).ok();
    assert!(table.ends_with("1 parked, and 2 foreign\n"), "{table}");
    let strangers = gateway.command(&["parked", "replay", &placed.message_id.to_string()]).fails(65);
    assert!(strangers.contains("it is not mqgate's"), "{strangers}");
    gateway.command(&["parked", "replay", "--all"]).ok();
    assert_eq!(devqm.client().depth(DEAD_LETTERS), 2);
    let replayed = devqm.client().expect("PAYMENTS.RETRY");
    let (found, wanted) = (&replayed.descriptor, &put.descriptor);
    assert_eq!(replayed.body, payment.bytes());
    assert_eq!((found.format, found.ccsid, found.encoding), (Format::STRING, 1208, wanted.encoding));
    assert_eq!(found.message_id, wanted.message_id);
    assert_eq!((found.put_date, found.put_time), (wanted.put_date, wanted.put_time));
    assert_eq!(found.user_identifier, wanted.user_identifier);
    assert_eq!(property(&replayed, "mqgate.attempts"), Some("0"));
    assert_eq!(property(&replayed, "mqgate.reason"), None);
    assert!(property(&replayed, "mqgate.replay").is_some());
    for message in [devqm.client().expect(DEAD_LETTERS), devqm.client().expect(DEAD_LETTERS)] {
        assert!(DeadLetterHeader::decode(&message.body, message.descriptor.encoding).is_err());
    }
}

#[test]
fn a_discarded_payment_leaves_its_export_and_its_record() {
    let devqm = Devqm::start_with(QUEUES);
    let service = Service::start(|_| Answer::status(422));
    let settings = replayable(&devqm, &service).with("audit.sink", "queue").with("audit.queue", "AUDIT");
    let (gateway, payment) = parked_by(&devqm, &settings);
    let file = gateway.folder().join("gone.jsonl");
    let path = file.to_str().unwrap();
    gateway.command(&["parked", "export", "--all", "--to", path]).ok();
    let again = gateway.command(&["parked", "discard", &payment.id, "--reason", "void", "--export", path]);
    assert!(again.fails(64).contains("File exists"));
    assert_eq!(devqm.client().depth(PARKED), 1);
    fs::remove_file(&file).unwrap();
    gateway.command(&["parked", "discard", "--reason", "void", "--export", path]).fails(64);
    let discarded =
        gateway.command(&["parked", "discard", &payment.id, "--reason", "void", "--export", path]);
    assert!(discarded.err.is_empty(), "the record is on the queue: {discarded:?}");
    discarded.ok();
    assert_eq!(devqm.client().depth(PARKED), 0);
    let line: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    assert_eq!(STANDARD.decode(text(&line, "body")).unwrap(), payment.bytes());
    let records: Vec<Value> = std::iter::from_fn(|| devqm.client().get("AUDIT"))
        .map(|message| serde_json::from_slice(&message.body).unwrap())
        .collect();
    assert_eq!(
        records.iter().map(|record| text(record, "outcome")).collect::<Vec<_>>(),
        ["parked", "discarded"]
    );
    assert_eq!(text(&records[1], "comment"), "void");
    assert_eq!(records[0]["key"], records[1]["key"]);
}

#[test]
fn a_site_that_cannot_be_reached_is_said_and_the_others_are_shown() {
    let (devqm, absent) = (Devqm::start_with(QUEUES), Devqm::absent());
    let service = Service::start(|_| Answer::status(422));
    let south = format!(
        "name = \"south\"\nconnection_name = \"{}\"\nchannel = \"GATEWAY.SVRCONN\"",
        absent.connection_name()
    );
    let settings = replayable(&devqm, &service).adding("sites", &south);
    let (gateway, _) = parked_by(&devqm, &settings);
    let listed = gateway.command(&["parked", "list"]).fails(69);
    assert!(
        listed.contains("1 parked") && listed.contains("site south: MQCONNX: MQRC_HOST_NOT_AVAILABLE"),
        "{listed}"
    );
    gateway.command(&["parked", "list", "--site", "north"]).ok();
    assert!(gateway.command(&["parked", "list", "--site", "east"]).fails(64).contains("north, south"));
    gateway.command(&["parked", "replay"]).fails(64);
}

const JSON: &str = "content-type: application/json";

/// The admin API's answer as JSON, with its status.
fn api(gateway: &Gateway, what: &str, headers: &[&str], body: &str) -> (u16, Value) {
    let (status, text) = gateway.request(what, headers, body);
    (status, serde_json::from_str(&text).unwrap_or_else(|error| panic!("{what}: {error}: {text}")))
}

#[test]
fn the_api_does_what_the_command_line_does() {
    let devqm = Devqm::start_with(QUEUES);
    let service = Service::start(|_| Answer::status(422));
    let exports = tempfile::tempdir().unwrap();
    let settings =
        replayable(&devqm, &service).with("admin.export_folder", exports.path().display().to_string());
    let (gateway, payment) = parked_by(&devqm, &settings);
    let (status, list) = api(&gateway, "GET /parked?reason=rejected&since=1h", &[], "");
    assert_eq!((status, &list["count"]), (200, &Value::from(1)));
    let key = text(&list["parked"][0], "key").to_owned();
    assert_eq!(api(&gateway, "GET /parked?reason=late", &[], "").1["count"], 0);
    assert_eq!(api(&gateway, "GET /parked?nonsense=1", &[], "").0, 400);
    let (status, shown) = api(&gateway, &format!("GET /parked/{key}"), &[], "");
    assert_eq!((status, text(&shown["evidence"], "reason")), (200, "rejected"));
    assert!(shown["document"].is_null());
    let (_, shown) = api(&gateway, &format!("GET /parked/{key}?payload=true"), &[], "");
    assert!(shown["document"].is_object() && !shown["document"].to_string().contains("Zoë"));
    let (_, shown) = api(&gateway, &format!("GET /parked/{key}?payload=unmasked"), &[], "");
    assert!(shown["document"].to_string().contains(&format!("Zoë {MARKER}")));
    assert_eq!(api(&gateway, "GET /parked/nobody", &[], "").0, 404);

    let (status, exported) = gateway.request("GET /parked/export?all=true", &[], "");
    assert_eq!(status, 200);
    assert!(exported.contains(&STANDARD.encode(payment.bytes())), "{exported}");
    assert_eq!(gateway.request("GET /parked/export", &[], "").0, 400);

    let (status, dry) = api(&gateway, "POST /parked/replay", &[JSON], r#"{"all": true, "dry_run": true}"#);
    assert_eq!((status, text(&dry["messages"][0], "end")), (200, "would-replay"));
    let (status, done) = api(&gateway, "POST /parked/replay", &[JSON], &format!(r#"{{"ids": ["{key}"]}}"#));
    assert_eq!((status, &done["done"]), (200, &Value::from(1)), "{done}");
    // The service refuses it again, and so it is parked again.
    service.wait_for_requests(2);
    devqm.wait_for_depth("PAYMENTS.RETRY", 0);
    gateway.wait_for_log("\"outcome\":\"replayed\"");
    let discard = format!(r#"{{"ids": ["{key}"], "reason": "void", "export": "a.jsonl"}}"#);
    eventually("it is discarded", || {
        (api(&gateway, "POST /parked/discard", &[JSON], &discard).0 == 200).then_some(())
    });
    assert!(fs::read_to_string(exports.path().join("a.jsonl")).unwrap().contains(&key));
    assert_eq!(devqm.client().depth(PARKED), 0);
}

#[test]
fn only_who_shows_the_token_changes_something_or_sees_payloads() {
    let devqm = Devqm::start_with(QUEUES);
    let service = Service::start(|_| Answer::status(422));
    let token = tempfile::NamedTempFile::new().unwrap();
    fs::write(token.path(), "open-sesame\n").unwrap();
    let settings = replayable(&devqm, &service).with("admin.token_file", token.path().display().to_string());
    let (gateway, payment) = parked_by(&devqm, &settings);
    let show = format!("GET /parked/{}?payload=true", payment.id);
    let guarded = [
        &show,
        "GET /parked/export?all=true",
        "POST /parked/replay",
        "POST /parked/discard",
        "POST /sources/payments/pause",
        "POST /sources/payments/resume",
    ];
    for what in guarded {
        for wrong in [&[][..], &["authorization: Bearer open-sesam"], &["authorization: open-sesame"]] {
            let (status, body) = gateway.request(what, wrong, r#"{"all": true}"#);
            assert_eq!(status, 401, "{what}: {body}");
            assert!(!body.contains(MARKER));
        }
    }
    assert_eq!(devqm.client().depth(PARKED), 1);
    let right = ["authorization: Bearer open-sesame"];
    assert_eq!(api(&gateway, &show, &right, "").0, 200);
    assert_eq!(api(&gateway, "GET /parked", &[], "").0, 200, "looking needs no token");
    gateway.command(&["sources", "pause", "payments"]).ok();
    assert_eq!(text(&api(&gateway, "GET /sources", &[], "").1["sources"][0], "paused"), "operator");
    fs::write(token.path(), "another").unwrap();
    assert_eq!(api(&gateway, "POST /sources/payments/resume", &right, "").0, 401, "it was rotated");
    gateway.command(&["sources", "resume", "payments"]).ok();
}

#[test]
fn without_a_token_a_page_in_a_browser_changes_nothing() {
    let devqm = Devqm::start();
    let service = Service::accepting();
    let gateway = Gateway::start(&Settings::new(&devqm, &service));
    let (status, body) = api(&gateway, "POST /sources/payments/pause", &["origin: https://example.com"], "");
    assert_eq!((status, text(&body, "error").contains("programs on this machine")), (403, true));
    assert_eq!(api(&gateway, "POST /sources/payments/pause", &[], "").0, 200);
    assert_eq!(api(&gateway, "POST /sources/nobody/pause", &[], "").0, 404);
}

#[test]
fn a_blown_fuse_is_seen_and_resumed_by_an_operator() {
    let devqm = Devqm::start_with(QUEUES);
    let service = Service::start(|_| Answer::status(400));
    let settings = replayable(&devqm, &service)
        .with("limits.park_burst_max", 2)
        .with("limits.park_window_ms", 3_600_000);
    let gateway = Gateway::start(&settings);
    let payments = Payment::several(4);
    for payment in &payments {
        devqm.client().put(PAYMENTS, payment.bytes());
    }
    gateway.wait_for_log("the source is paused until an operator resumes it");
    let listed = gateway.command(&["sources", "list"]).ok();
    assert!(listed.contains("paused: fuse"), "{listed}");
    assert_eq!(gateway.ask("/flowing").0, 503);
    service.now_answers(|_| Answer::status(200));
    let resumed = gateway.command(&["sources", "resume", "payments"]).ok();
    assert!(resumed.contains("flowing"), "{resumed}");
    service.wait_for_accepted(payments.len() - 1);
    assert!(gateway.command(&["sources", "resume", "other"]).fails(65).contains("there are: payments"));
    assert_eq!(api(&gateway, "GET /totals", &[], "").1["rows"][0]["parked"], 1);
}

#[test]
fn a_message_is_explained_from_its_first_get_to_its_end() {
    let devqm = Devqm::start_with(QUEUES);
    let service = Service::start(|request| Answer::status(if request.number == 0 { 500 } else { 422 }));
    let settings = replayable(&devqm, &service).with("audit.sink", "queue").with("audit.queue", "AUDIT");
    let (gateway, payment) = parked_by(&devqm, &settings);
    let whats = || -> Vec<String> {
        let told = gateway.command(&["explain", &payment.id, "--json"]).json();
        told.iter().map(|it| text(it, "what").to_owned()).collect()
    };
    assert_eq!(whats(), ["parked", "is-parked"]);
    service.now_answers(|_| Answer::status(503));
    let sure = ["parked", "replay", &payment.id, "--including-uncertain", "--reason", "asked for"];
    gateway.command(&sure).ok();
    eventually("it waits, and the gateway remembers it", || {
        let told = whats();
        (told.first()? == "parked" && told.contains(&"replayed".to_owned()) && told.last()? == "remembered")
            .then_some(())
    });
    service.now_answers(|_| Answer::status(200));
    eventually("it is accepted", || (whats().last()? == "accepted").then_some(()));
    let story = gateway.command(&["explain", &payment.id]).ok();
    assert!(story.contains("comment asked for") && story.contains("possible_duplicate true"), "{story}");
    assert!(!story.replace(&payment.id, "").contains(MARKER), "{story}");
    let key = service.requests()[0].key().to_owned();
    assert_eq!(gateway.command(&["explain", &key[..10], "--json"]).json().len(), whats().len());
    gateway.command(&["explain", "nobody"]).fails(65);
}

#[test]
fn a_message_is_explained_from_the_log_and_while_it_still_waits_on_its_queue() {
    let devqm = Devqm::start_with(QUEUES);
    let service = Service::accepting();
    let mut gateway = Gateway::start(&replayable(&devqm, &service));
    let payment = Payment::new();
    devqm.client().put(PAYMENTS, payment.bytes());
    service.wait_for_accepted(1);
    gateway.stop();
    let log = gateway.folder().join("log.jsonl");
    fs::write(&log, gateway.logs().join("\n")).unwrap();
    let told = gateway.command(&["explain", &payment.id, "--audit", log.to_str().unwrap(), "--json"]);
    assert!(told.err.contains("the gateway does not answer"), "{told:?}");
    assert_eq!(text(&told.json()[0], "what"), "accepted");
    let placed = devqm.client().put(PAYMENTS, Payment::new().bytes());
    let told = gateway.command(&["explain", &placed.message_id.to_string(), "--json"]).json();
    assert_eq!(text(&told[0], "what"), "not-yet-got");
    gateway.launch();
    assert_eq!(service.wait_for_accepted(2)[1].key(), text(&told[0], "key"));
}

#[test]
fn depths_and_ages_are_seen_without_disturbing_anyone() {
    let mut devqm = Devqm::start_with(QUEUES);
    let service = Service::start(|_| Answer::status(422));
    let settings = replayable(&devqm, &service).with("admin.watch_interval_ms", 20);
    let (gateway, _) = parked_by(&devqm, &settings);
    gateway.wait_for_metric("mqgate_queue_depth", &[("site", "north"), ("queue", PARKED)], 1);
    gateway.command(&["sources", "pause", "payments"]).ok();
    // Each of the two consumers may be waiting in an MQGET already.
    for payment in Payment::several(4) {
        devqm.client().put(PAYMENTS, payment.bytes());
    }
    gateway.wait_for_metric("mqgate_queue_oldest_seconds", &[("queue", PAYMENTS)], 1);
    let report: Value = serde_json::from_str(&gateway.ask("/flowing").1).unwrap();
    let queues = report["queues"].as_array().unwrap();
    for (queue, role) in [(PAYMENTS, "source"), (PARKED, "parking")] {
        let seen = queues.iter().find(|it| text(it, "queue") == queue).unwrap();
        assert!(text(seen, "role") == role && seen["depth"].as_u64() >= Some(1), "{report}");
    }
    devqm.kill_and_restart();
    gateway.wait_for_metric("mqgate_queue_depth", &[("queue", PAYMENTS)], 1);
}
