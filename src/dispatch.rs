//! The HTTP exchange with a domain service: request headers, deadline, and what an answer means.
//!
//! The only file that knows reqwest. It decides nothing: every way in which an exchange can end becomes `Ok` or a
//! [`Failure`] that says whose fault it is and whether the request may have left. Bodies of answers are read to their end,
//! because half an answer proves nothing, and thrown away.
//!
//! Each consumer has a [`Dispatcher`] of its own that drives its sockets on the consumer's thread: an exchange costs no
//! change of threads, which was a third of mqgate's time per message. What all of them share is in [`Targets`].

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::error::Error as _;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Version};
use http_body::Body as _;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use tokio::sync::watch;

use crate::failure::{Blame, Failure, Reason};
use crate::message::IdempotencyKey;
use crate::settings::{self, Credentials, Http};

/// What CloudEvents' HTTP binding (1.0.2, section 3.1.3.2) percent-encodes in a header, besides all that is not ASCII.
const ENCODED_IN_HEADER: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'%');

/// A connection that was looked at so recently has hardly ended since. Where it has, the worst is a repeat, marked as one.
const TENDED_EVERY: Duration = Duration::from_millis(100);

/// Headers that a request has, those of its destination and those of the HTTP client not counted.
const HEADERS_USUAL: usize = 32;

/// The largest stay that a service's `Retry-After` is believed.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(86_400);

/// The destinations as all dispatchers share them.
#[derive(Debug)]
pub struct Targets {
    targets: Vec<Target>,
    response_bytes_max: usize,
    cut: watch::Receiver<bool>,
}

/// One consumer's way to the destinations: its connections, and what drives them.
#[derive(Debug)]
pub struct Dispatcher {
    shared: Arc<Targets>,
    // Made when first needed: not every consumer meets every destination, and a client with TLS takes milliseconds.
    clients: Vec<RefCell<Option<reqwest::Client>>>,
    runtime: tokio::runtime::Runtime,
    looked: Cell<Instant>,
}

#[derive(Debug)]
struct Target {
    destination: settings::Destination,
    url: url::Url,
    headers: HeaderMap,
    timeout: Duration,
    credentials: Option<Credentials>,
    // Read again after each 401: secrets are rotated while we run.
    authorization: RwLock<Option<HeaderValue>>,
}

/// One request: the document and what is said about it in headers.
#[derive(Debug)]
pub struct Callback<'a> {
    /// The document; cloned per attempt without copying.
    pub body: Bytes,
    /// The same value at every redelivery of the message.
    pub key: &'a IdempotencyKey,
    /// `/mqgate/<provider>/<source>`.
    pub source: &'a str,
    /// `iso20022.pacs.008.001.08`.
    pub kind: &'a str,
    /// When the message was put, RFC 3339; `None` where its descriptor does not tell.
    pub time: Option<&'a str>,
    /// W3C trace context of this message.
    pub traceparent: &'a str,
    /// What the scheme itself deduplicates on.
    pub business_key: Option<&'a str>,
    /// What the schemas say of the message: `true`, `false` or `unknown`; `None` where its source has none.
    pub schema_valid: Option<&'static str>,
    /// MQ facts a service may need, by header name.
    pub descriptor: &'a [(&'static str, String)],
    /// From 1, over all redeliveries that are remembered.
    pub attempt: u32,
    /// An earlier request may have been carried out.
    pub possible_duplicate: bool,
    /// The most time this attempt may take; the destination's own timeout may be shorter.
    pub time_left: Duration,
    /// The route declares 404 a business rejection.
    pub not_found_is_business: bool,
    /// A 409 whose problem details have this `type` proves that an earlier request was completed.
    pub completed_problem_type: Option<&'a str>,
}

impl Targets {
    /// Reads certificates, keys and credentials. `cut` ends exchanges in flight when the grace period is over.
    ///
    /// # Errors
    /// Whatever of these cannot be used; the text names the destination.
    pub fn new(
        destinations: &[settings::Destination],
        response_bytes_max: usize,
        cut: watch::Receiver<bool>,
    ) -> Result<Self, String> {
        let targets = destinations
            .iter()
            .map(|destination| {
                Target::new(destination).map_err(|error| format!("{}: {error}", destination.name))
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { targets, response_bytes_max, cut })
    }
}

impl Dispatcher {
    /// A dispatcher without connections.
    ///
    /// # Errors
    /// What the operating system refused.
    pub fn new(shared: Arc<Targets>) -> std::io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let clients = shared.targets.iter().map(|_| RefCell::default()).collect();
        Ok(Self { shared, clients, runtime, looked: Cell::new(Instant::now()) })
    }

    /// Posts one document and waits for the whole answer.
    ///
    /// # Errors
    /// The [`Failure`] of the exchange; see the table of outcomes in ARCHITECTURE.md.
    pub fn post(&self, destination: usize, callback: &Callback<'_>) -> Result<(), Failure> {
        let (Some(target), Some(kept)) =
            (self.shared.targets.get(destination), self.clients.get(destination))
        else {
            return Err(Failure::dispatch(Blame::Ourselves, Reason::Connect, false, "no such destination"));
        };
        let client = match kept.take() {
            Some(client) => client,
            // The same files were sound at the start: whatever became of them since, the request has not left.
            None => client(&target.destination)
                .map_err(|error| Failure::dispatch(Blame::Ourselves, Reason::Credential, false, error))?,
        };
        let mut cut = self.shared.cut.clone();
        let result = self.runtime.block_on(async {
            tokio::select! {
                result = target.post(&client, callback, self.shared.response_bytes_max) => result,
                _ = cut.wait_for(|cut| *cut) => {
                    Err(Failure::dispatch(Blame::Destination, Reason::CutShort, true, "the grace period is over"))
                }
            }
        });
        self.looked.set(Instant::now());
        // Where nothing came in time the connection may be dead without a sign, and one of HTTP/2 would be used for ever.
        if !result.as_ref().is_err_and(|failure| failure.reason == Reason::Timeout) {
            kept.replace(Some(client));
        }
        result
    }

    /// Lets kept connections notice what came while nobody looked: their end, a ping. Waits for nothing.
    pub fn tend(&self) {
        if self.looked.get().elapsed() >= TENDED_EVERY {
            self.runtime.block_on(tokio::task::yield_now());
            self.looked.set(Instant::now());
        }
    }
}

impl Target {
    fn new(destination: &settings::Destination) -> Result<Self, String> {
        let target = Self {
            url: destination.url.clone(),
            headers: destination.headers.iter().cloned().collect(),
            timeout: destination.timeout,
            credentials: destination.credentials.clone(),
            authorization: RwLock::new(None),
            destination: destination.clone(),
        };
        target.read_credentials()?;
        // Each consumer makes its own; this one shows that it can be made.
        client(destination)?;
        Ok(target)
    }

    fn read_credentials(&self) -> Result<(), String> {
        if let Some(credentials) = &self.credentials {
            let value = credentials.authorization().map_err(|error| error.to_string())?;
            *self.authorization.write().unwrap_or_else(PoisonError::into_inner) = Some(value);
        }
        Ok(())
    }

    async fn post(
        &self,
        client: &reqwest::Client,
        callback: &Callback<'_>,
        response_bytes_max: usize,
    ) -> Result<(), Failure> {
        let timeout = self.timeout.min(callback.time_left);
        let response = client
            .post(self.url.clone())
            .headers(self.request_headers(callback, timeout))
            .timeout(timeout)
            .body(callback.body.clone())
            .send()
            .await
            .map_err(|error| failure_of(&error))?;
        let status = response.status();
        let retry_after = response.headers().get(RETRY_AFTER).and_then(retry_after);
        let proof = callback.completed_problem_type.filter(|_| status == StatusCode::CONFLICT);
        let body = read_to_end(response, response_bytes_max, proof.is_some()).await.or_else(|failure| {
            // A refusal is a refusal, even where its explanation was cut.
            if status.is_success() { Err(failure) } else { Ok(Vec::new()) }
        })?;
        if proof.is_some_and(|proof| problem_type(&body).as_deref() == Some(proof)) {
            return Ok(());
        }
        let result = judge(status, retry_after, callback.not_found_is_business);
        if status == StatusCode::UNAUTHORIZED
            && let Err(error) = self.read_credentials()
        {
            return Err(Failure::dispatch(Blame::Ourselves, Reason::Credential, true, error));
        }
        result
    }

    fn request_headers(&self, callback: &Callback<'_>, timeout: Duration) -> HeaderMap {
        let mut headers = HeaderMap::with_capacity(self.headers.len() + HEADERS_USUAL);
        headers.extend(self.headers.clone());
        let mut set = |name: &'static str, value: &str| {
            let encoded = Cow::from(utf8_percent_encode(value, ENCODED_IN_HEADER));
            if let Ok(value) = HeaderValue::from_str(&encoded) {
                headers.insert(HeaderName::from_static(name), value);
            }
        };
        let key = callback.key.to_string();
        set("idempotency-key", &key);
        set("ce-specversion", "1.0");
        set("ce-id", &key);
        set("ce-source", callback.source);
        set("ce-type", callback.kind);
        if let Some(time) = callback.time {
            set("ce-time", time);
        }
        set("traceparent", callback.traceparent);
        set("request-timeout-ms", &timeout.as_millis().to_string());
        set("mqgate-attempt", &callback.attempt.to_string());
        set("mqgate-possible-duplicate", if callback.possible_duplicate { "true" } else { "false" });
        if let Some(business_key) = callback.business_key {
            set("mqgate-business-key", business_key);
        }
        if let Some(valid) = callback.schema_valid {
            set("mqgate-schema-valid", valid);
        }
        for (name, value) in callback.descriptor {
            set(name, value);
        }
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let authorization = self.authorization.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(value) = authorization.as_ref() {
            headers.insert(AUTHORIZATION, value.clone());
        }
        headers
    }
}

/// The one place that builds clients: no redirects, no proxies from the environment, no retries of its own.
fn client(destination: &settings::Destination) -> Result<reqwest::Client, String> {
    let mut builder = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .no_proxy()
        .referer(false)
        .user_agent(concat!("mqgate/", env!("CARGO_PKG_VERSION")))
        // Shorter than the whole exchange's, so that a connection that never came about is told from an uncertain one.
        .connect_timeout(destination.timeout / 2)
        .pool_idle_timeout(Duration::from_secs(20))
        .tcp_nodelay(true);
    builder = match destination.http {
        Http::Auto => builder,
        Http::Http1 => builder.http1_only(),
        Http::Http2 => builder.http2_prior_knowledge(),
    };
    if destination.url.scheme() == "http" {
        // Reading the system's certificates takes milliseconds for every client, and nobody would look at them.
        builder = builder.tls_certs_only([]);
    } else if let Some(path) = &destination.ca_file {
        let pem = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
        let certificates = reqwest::Certificate::from_pem_bundle(&pem)
            .map_err(|_| format!("{}: not PEM certificates", path.display()))?;
        builder = builder.tls_certs_only(certificates);
    }
    if let Some(path) = &destination.client_identity_file {
        let pem = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
        let identity = reqwest::Identity::from_pem(&pem)
            .map_err(|_| format!("{}: not a PEM private key with its certificates", path.display()))?;
        builder = builder.identity(identity);
    }
    builder.build().map_err(|error| chain(&error))
}

/// What a status means, once the answer is whole.
fn judge(
    status: StatusCode,
    retry_after: Option<Duration>,
    not_found_is_business: bool,
) -> Result<(), Failure> {
    let code = status.as_u16();
    let (blame, reason) = match code {
        200..=299 => return Ok(()),
        400 | 413 | 415 | 422 => (Blame::Message, Reason::Rejected(code)),
        404 if not_found_is_business => (Blame::Message, Reason::Rejected(code)),
        408 | 425 | 429 | 502..=504 => (Blame::Destination, Reason::Unavailable(code)),
        409 => (Blame::InProgress, Reason::Conflict),
        500..=599 => (Blame::Unclear, Reason::ServerError(code)),
        // Wrong credential, wrong URL, a rollout half done: 1xx, 3xx and every other 4xx, 401, 403, 404 and 405 among them.
        _ => (Blame::Ourselves, Reason::Misdirected(code)),
    };
    // The request left, and what answered need not be what acted on it. Only a refusal of the message settles its fate.
    let uncertain = blame != Blame::Message;
    Err(Failure { retry_after, ..Failure::dispatch(blame, reason, uncertain, "") })
}

/// Reads an answer's body to its end; what is not wanted is thrown away as it comes.
async fn read_to_end(
    response: reqwest::Response,
    bytes_max: usize,
    wanted: bool,
) -> Result<Vec<u8>, Failure> {
    let version = response.version();
    let mut body = reqwest::Body::from(response);
    let (mut bytes, mut kept) = (0_usize, Vec::new());
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        let frame = frame.map_err(|error| failure_of(&error))?;
        let chunk = frame.data_ref().map(Bytes::as_ref).unwrap_or_default();
        bytes = bytes.saturating_add(chunk.len());
        if wanted && bytes <= bytes_max {
            kept.extend_from_slice(chunk);
        }
        if bytes > bytes_max {
            let detail = format!("over {bytes_max} bytes");
            return Err(Failure::dispatch(Blame::Destination, Reason::AnswerOverLimit, true, detail));
        }
    }
    // hyper takes a stream that is reset without an error, by RST_STREAM or GOAWAY, for one that came to its end.
    if version == Version::HTTP_2 && !body.is_end_stream() {
        let detail = "the stream was reset before the end of the answer";
        return Err(Failure::dispatch(Blame::Destination, Reason::CutShort, true, detail));
    }
    Ok(kept)
}

/// The `type` of problem details (RFC 9457, section 3.1.1).
fn problem_type(body: &[u8]) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Problem {
        r#type: String,
    }
    serde_json::from_slice::<Problem>(body).ok().map(|problem| problem.r#type)
}

/// What an error of the client means. Only a connection that never came about is certain not to have carried the request.
fn failure_of(error: &reqwest::Error) -> Failure {
    let detail = chain(error);
    if std::iter::successors(error.source(), |cause| (*cause).source()).any(is_tls) {
        // A server may refuse our certificate only after the request has left (TLS 1.3).
        return Failure::dispatch(Blame::Ourselves, Reason::Tls, !error.is_connect(), detail);
    }
    if error.is_connect() {
        return Failure::dispatch(Blame::Destination, Reason::Connect, false, detail);
    }
    let reason = if error.is_timeout() { Reason::Timeout } else { Reason::CutShort };
    Failure::dispatch(Blame::Destination, reason, true, detail)
}

/// Whether this is an error of TLS, in however many errors of I/O it is wrapped: these do not show it as their source.
fn is_tls(cause: &(dyn std::error::Error + 'static)) -> bool {
    if cause.is::<rustls::Error>() {
        return true;
    }
    let inner = cause.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
    inner.is_some_and(|inner| is_tls(inner))
}

/// The causes of an error on one line, without the URL, which may carry a credential.
fn chain(error: &reqwest::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| (*cause).source());
    let text: Vec<String> = causes.map(ToString::to_string).collect();
    text.join(": ")
}

/// `Retry-After` in either of its forms (RFC 9110, section 10.2.3).
fn retry_after(value: &HeaderValue) -> Option<Duration> {
    let text = value.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds).min(RETRY_AFTER_MAX));
    }
    let at = httpdate::parse_http_date(text).ok()?;
    let left = at.duration_since(SystemTime::now()).unwrap_or_default();
    Some(left.min(RETRY_AFTER_MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_has_the_blame_that_the_table_of_outcomes_gives_it() {
        let blame =
            |status: u16| judge(StatusCode::from_u16(status).unwrap(), None, false).err().map(|f| f.blame);
        for status in 200..=299 {
            assert_eq!(blame(status), None, "{status}");
        }
        for (statuses, expected) in [
            (&[400, 413, 415, 422][..], Blame::Message),
            (&[408, 425, 429, 502, 503, 504], Blame::Destination),
            (&[409], Blame::InProgress),
            (&[500, 501, 505, 507, 599], Blame::Unclear),
            (
                &[301, 302, 304, 307, 308, 401, 402, 403, 404, 405, 406, 410, 418, 421, 451, 600],
                Blame::Ourselves,
            ),
        ] {
            for &status in statuses {
                assert_eq!(blame(status), Some(expected), "{status}");
            }
        }
    }

    #[test]
    fn a_route_may_declare_404_a_business_rejection() {
        let failure = judge(StatusCode::NOT_FOUND, None, true).unwrap_err();
        assert_eq!((failure.blame, failure.reason), (Blame::Message, Reason::Rejected(404)));
    }

    #[test]
    fn an_answer_other_than_a_refusal_leaves_the_effect_uncertain() {
        for (status, uncertain) in
            [(400, false), (422, false), (401, true), (404, true), (503, true), (500, true)]
        {
            let failure = judge(StatusCode::from_u16(status).unwrap(), None, false).unwrap_err();
            assert_eq!(failure.uncertain, uncertain, "{status}");
        }
    }

    #[test]
    fn retry_after_is_read_in_seconds_and_as_a_date() {
        let read = |text: &str| retry_after(&HeaderValue::from_str(text).unwrap());
        assert_eq!(read("120"), Some(Duration::from_secs(120)));
        assert_eq!(read("99999999999"), Some(RETRY_AFTER_MAX));
        assert_eq!(read("Sun, 06 Nov 1994 08:49:37 GMT"), Some(Duration::ZERO));
        assert!(read("Tue, 31 Dec 2999 23:59:59 GMT").is_some());
        assert_eq!(read("soon"), None);
        assert_eq!(read("-1"), None);
    }
}
