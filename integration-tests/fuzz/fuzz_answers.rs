//! Answers that no service should give: every exchange ends in time, as `Ok` only where a whole acceptance came.

#[path = "service.rs"]
mod service;
#[path = "whole.rs"]
mod whole;

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use fuzz::{Random, bytes_at_once, each_case, mutated};
use mqgate::dispatch::{Callback, Dispatcher, Targets};
use mqgate::failure::{Failure, Reason, Stage};
use mqgate::message::IdempotencyKey;
use mqgate::settings::{Destination, Http};
use tokio::sync::watch;

use self::service::{Answer, Service, Then};

/// What is posted; it ends the request in either version of HTTP.
pub(crate) const BODY: &[u8] = b"{\"the\":\"end\"}";

/// What services say and mqgate must not repeat.
const MARKER: &str = "SECRET";

/// The longest answer that is read.
const RESPONSE_BYTES_MAX: usize = 64 * 1024;

/// How long an exchange may take that the service does not end.
const PATIENCE: Duration = Duration::from_millis(60);

/// How long an exchange may take that the service ends: never, on a machine that is not loaded.
const LONG: Duration = Duration::from_secs(30);

/// Whole answers that are acceptances, in all their forms.
const WHOLE: [&[u8]; 9] = [
    b"HTTP/1.1 409 Conflict\r\ncontent-length: 19\r\n\r\n{\"type\":\"urn:done\"}",
    b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nSECRET",
    b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nx-secret: SECRET\r\n\r\n",
    b"HTTP/1.1 202 Accepted\r\ntransfer-encoding: chunked\r\n\r\n6\r\nSECRET\r\n0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3;a=b\r\nSEC\r\n003\r\nRET\r\n0;c\r\nx-checksum: 1\r\n\r\n",
    b"HTTP/1.1 204 No Content\r\n\r\n",
    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: SECRET\r\n\r\nHTTP/1.1 201 Created\r\ncontent-length: 2\r\n\r\n{}",
    b"HTTP/1.0 200 OK\r\ncontent-length: 6\r\nconnection: keep-alive\r\n\r\nSECRET",
    b"HTTP/1.1 299 SECRET\r\nContent-Length:1\r\nConnection:close\r\n\r\n.",
];

/// Answers that are no 2xx.
const REFUSALS: [&[u8]; 4] = [
    b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 120\r\ncontent-length: 6\r\n\r\nSECRET",
    b"HTTP/1.1 429 Too Many Requests\r\nretry-after: Tue, 31 Dec 2999 23:59:59 GMT\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    b"HTTP/1.1 302 Found\r\nlocation: http://SECRET.example/\r\ncontent-length: 0\r\n\r\n",
    b"HTTP/1.1 401 Unauthorized\r\nwww-authenticate: Basic realm=\"SECRET\"\r\ncontent-length: 0\r\n\r\n",
];

/// What readers of HTTP/1.1 trip over.
const SPLINTERS: [&[u8]; 27] = [
    b"\r\n",
    b"\r\n\r\n",
    b"\n",
    b"\r",
    b"\0",
    b"\xFF",
    b" ",
    b"\t",
    b":",
    b"HTTP/1.1 200 OK\r\n",
    b"HTTP/1.1 100 Continue\r\n\r\n",
    b"HTTP/2.0 200 OK\r\n",
    b"200",
    b"999",
    b"content-length: 5\r\n",
    b"content-length: -1\r\n",
    b"content-length: 99999999999999999999\r\n",
    b"content-length: 18446744073709551615\r\n",
    b"transfer-encoding: chunked\r\n",
    b"transfer-encoding: gzip, chunked\r\n",
    b"retry-after: 99999999999999999999\r\n",
    b"retry-after: SECRET\r\n",
    b"content-encoding: gzip\r\n",
    b"upgrade: h2c\r\nconnection: upgrade\r\n",
    b"FFFFFFFFFFFFFFFF\r\n",
    b"0\r\n\r\n",
    b"x: y\r\n folded\r\n",
];

/// The frames of a whole answer in HTTP/2: SETTINGS, HEADERS with `:status: 200`, DATA that ends the stream.
const WHOLE_HTTP2: &[u8] =
    b"\0\0\0\x04\0\0\0\0\0\0\0\x01\x01\x04\0\0\0\x01\x88\0\0\x06\0\x01\0\0\0\x01SECRET";

/// What readers of HTTP/2 trip over.
const SPLINTERS_HTTP2: [&[u8]; 13] = [
    // SETTINGS with a tiny frame size and a huge header table; its acknowledgement.
    b"\0\0\x0C\x04\0\0\0\0\0\0\x05\0\0\0\x01\0\x01\x7F\xFF\xFF\xFF",
    b"\0\0\0\x04\x01\0\0\0\0",
    // PING, GOAWAY, RST_STREAM, WINDOW_UPDATE that overflows.
    b"\0\0\x08\x06\0\0\0\0\0SECRET!!",
    b"\0\0\x08\x07\0\0\0\0\0\0\0\0\0\0\0\0\0",
    b"\0\0\x04\x03\0\0\0\0\x01\0\0\0\x08",
    b"\0\0\x04\x08\0\0\0\0\0\x7F\xFF\xFF\xFF",
    // HEADERS without an end, CONTINUATION, PUSH_PROMISE, DATA with padding, an unknown frame.
    b"\0\0\x01\x01\0\0\0\0\x01\x88",
    b"\0\0\x01\x09\x04\0\0\0\x01\x88",
    b"\0\0\x05\x05\x04\0\0\0\x01\0\0\0\x02\x88",
    b"\0\0\x06\0\x08\0\0\0\x01\xFFSECRE",
    b"\0\0\0\xEE\xFF\x7F\xFF\xFF\xFF",
    b"\xFF\xFF\xFF",
    b"HTTP/1.1 505 HTTP Version Not Supported\r\n\r\n",
];

/// Both ends of exchanges over one version of HTTP.
struct Exchanges {
    service: Service,
    dispatcher: Dispatcher,
    _cut: watch::Sender<bool>,
}

impl Exchanges {
    fn over(http: Http) -> Self {
        // It may have been chosen by another test.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let service = Service::start();
        let destination = Destination {
            name: "fuzzed".into(),
            url: service.url().parse().unwrap(),
            timeout: LONG,
            retry_queue: None,
            retry_consumers: 0,
            headers: Vec::new(),
            credentials: None,
            http,
            ca_file: None,
            client_identity_file: None,
        };
        let (cut, cut_seen) = watch::channel(false);
        let targets = Targets::new(&[destination], RESPONSE_BYTES_MAX, cut_seen).unwrap();
        let dispatcher = Dispatcher::new(Arc::new(targets)).unwrap();
        Self { service, dispatcher, _cut: cut }
    }

    /// Posts once; what came of it is looked at whatever the answer was.
    fn post(&self, bytes: &[u8], then: Then, time_left: Duration) -> Result<(), Failure> {
        let going = self.service.will_answer(Answer { bytes: bytes.to_vec(), then });
        let (began, mut result) = (Instant::now(), Ok(()));
        let peak = bytes_at_once(|| {
            result = self.dispatcher.post(0, &callback(time_left));
            going.end(|| self.dispatcher.tend());
        });
        assert!(began.elapsed() < LONG, "it did not end in time: {}", bytes.escape_ascii());
        let allowed = 3 * 1024 * 1024 + 2 * (RESPONSE_BYTES_MAX + bytes.len()) as u64;
        assert!(peak < allowed, "{peak} bytes for {}", bytes.escape_ascii());
        if let Err(failure) = &result {
            assert_eq!(failure.stage, Stage::Dispatch);
            assert!(!failure.detail.contains(MARKER), "{failure}");
            assert!(failure.retry_after.is_none_or(|stay| stay <= Duration::from_secs(86_400)), "{failure}");
        }
        result
    }
}

fn callback(time_left: Duration) -> Callback<'static> {
    Callback {
        body: Bytes::from_static(BODY),
        key: &IdempotencyKey([7; 32]),
        source: "/mqgate/p/in",
        kind: "iso20022.pacs.008.001.08",
        time: None,
        traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        business_key: None,
        schema_valid: None,
        descriptor: &[],
        attempt: 1,
        possible_duplicate: false,
        time_left,
        not_found_is_business: false,
        completed_problem_type: Some("urn:done"),
    }
}

#[test]
fn only_a_whole_answer_is_an_acceptance() {
    let exchanges = Exchanges::over(Http::Http1);
    for whole in WHOLE {
        assert_eq!(exchanges.post(whole, Then::Close, LONG), Ok(()), "{}", whole.escape_ascii());
    }
    each_case(2, |random| {
        let whole = *random.pick(&WHOLE);
        let cut = &whole[..random.below(whole.len())];
        let result = exchanges.post(cut, Then::Close, LONG);
        assert!(
            result.as_ref().is_err_and(|failure| failure.uncertain),
            "{result:?}: {}",
            cut.escape_ascii()
        );
    });
}

#[test]
fn only_a_whole_answer_is_an_acceptance_in_http_2() {
    let exchanges = Exchanges::over(Http::Http2);
    assert_eq!(exchanges.post(WHOLE_HTTP2, Then::Close, LONG), Ok(()));
    each_case(4, |random| {
        let cut = &WHOLE_HTTP2[..random.below(WHOLE_HTTP2.len())];
        let result = exchanges.post(cut, Then::Close, LONG);
        assert!(
            result.as_ref().is_err_and(|failure| failure.uncertain),
            "{result:?}: {}",
            cut.escape_ascii()
        );
    });
}

#[test]
fn whatever_a_service_answers_the_exchange_ends() {
    let exchanges = Exchanges::over(Http::Http1);
    each_case(2, |random| {
        let bytes = answer(random);
        let (then, time_left) = ending(random);
        let result = exchanges.post(&bytes, then, time_left);
        let accepted = result.is_ok();
        assert!(!accepted || whole::is_accepting(&bytes, then), "accepted: {}", bytes.escape_ascii());
    });
}

fn answer(random: &mut Random) -> Vec<u8> {
    let (whole, refusal) = (*random.pick(&WHOLE), *random.pick(&REFUSALS));
    match random.below(16) {
        0 => random.bytes(100),
        1 => [&b"HTTP/1.1 "[..], &random.bytes(100)].concat(),
        2..5 => mutated(refusal, &SPLINTERS, random),
        _ => mutated(whole, &SPLINTERS, random),
    }
}

fn ending(random: &mut Random) -> (Then, Duration) {
    if random.once_in(16) { (Then::Stay, PATIENCE) } else { (Then::Close, LONG) }
}

#[test]
fn whatever_a_service_answers_in_http_2_the_exchange_ends() {
    let exchanges = Exchanges::over(Http::Http2);
    each_case(4, |random| {
        let bytes = match random.below(8) {
            0 => random.bytes(100),
            1 => [&WHOLE_HTTP2[..9], &random.bytes(100)].concat(),
            _ => mutated(WHOLE_HTTP2, &SPLINTERS_HTTP2, random),
        };
        let (then, time_left) = ending(random);
        let accepted = exchanges.post(&bytes, then, time_left).is_ok();
        assert!(!accepted || whole::is_accepting_http_2(&bytes), "accepted: {}", bytes.escape_ascii());
    });
}

#[test]
fn an_answer_that_http_2_resets_without_an_error_is_no_acceptance() {
    let exchanges = Exchanges::over(Http::Http2);
    let resets: [&[u8]; 2] = [b"\0\0\x04\x03\0\0\0\0\x01\0\0\0\0", b"\0\0\x08\x07\0\0\0\0\0\0\0\0\0\0\0\0\0"];
    for reset in resets {
        // After the head, and in the middle of the body.
        let (head, half) = (&WHOLE_HTTP2[..19], &b"\0\0\x03\0\0\0\0\0\x01SEC"[..]);
        for answer in [[head, reset].concat(), [head, half, reset].concat()] {
            let failure = exchanges.post(&answer, Then::Close, LONG).unwrap_err();
            assert_eq!((failure.reason, failure.uncertain), (Reason::CutShort, true), "{failure}");
        }
        // What is reset after its end is whole.
        assert_eq!(exchanges.post(&[WHOLE_HTTP2, reset].concat(), Then::Close, LONG), Ok(()));
    }
}

#[test]
fn an_answer_without_end_is_given_up_in_time_and_in_little_memory() {
    let endless: [(&[u8], &[u8]); 12] = [
        (b"", b"\r\n"),
        (b"", b"x"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (b"", b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n"),
        (b"HTTP/1.1 200 OK\r\n", b"a: b\r\n"),
        (b"HTTP/1.1 200 OK\r\na: ", b"b"),
        (b"HTTP/1.1 200 ", b"OK"),
        (b"HTTP/1.1 200 OK\r\n\r\n", b"body"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n", b"body"),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1;", b"extension"),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n", b"a: b\r\n"),
    ];
    let exchanges = Exchanges::over(Http::Http1);
    for (bytes, again) in endless {
        let result = exchanges.post(bytes, Then::Repeat(again), 10 * PATIENCE);
        assert!(result.is_err(), "{} {}", bytes.escape_ascii(), again.escape_ascii());
    }
    let exchanges = Exchanges::over(Http::Http2);
    for again in SPLINTERS_HTTP2 {
        let result = exchanges.post(&WHOLE_HTTP2[..19], Then::Repeat(again), 10 * PATIENCE);
        assert!(result.is_err(), "{}", again.escape_ascii());
    }
}
