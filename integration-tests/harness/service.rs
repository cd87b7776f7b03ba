//! A domain service whose answers the test writes.
//!
//! HTTP/1.1 and HTTP/2 (prior knowledge) on one port. It records every request; a test may make it answer anything, late,
//! not at all, half, or only when told.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, HeaderMap};
use http::{HeaderName, HeaderValue, Response, StatusCode, Version};
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::payment::MARKER;
use super::port::Port;
use super::wait::eventually;

/// A request as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// From 0, over the life of the service.
    pub(crate) number: usize,
    /// `/payments`.
    pub(crate) path: String,
    /// HTTP/1.1 or HTTP/2.
    pub(crate) version: Version,
    /// Its headers.
    pub(crate) headers: HeaderMap,
    /// Its body, whole.
    pub(crate) body: Bytes,
    /// What the service made of it, once it answered.
    pub(crate) answered: Option<u16>,
    /// When it had arrived.
    pub(crate) arrived: Instant,
}

/// What the service does with a request.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    delay: Duration,
    held: bool,
    problem_type: Option<&'static str>,
    end: End,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Whole,
    CutBeforeTheStatus,
    CutInTheBody,
}

/// A service on a port that lasts as long as this, whether it runs or not.
pub(crate) struct Service {
    port: Port,
    state: Arc<State>,
    runtime: Option<Runtime>,
}

type Script = Arc<dyn Fn(&Request) -> Answer + Send + Sync>;

struct State {
    script: Mutex<Script>,
    requests: Mutex<Vec<Request>>,
    released: watch::Sender<bool>,
}

impl Answer {
    /// A whole answer with this status.
    pub(crate) fn status(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            delay: Duration::ZERO,
            held: false,
            problem_type: None,
            end: End::Whole,
        }
    }

    /// The connection is cut instead of an answer.
    pub(crate) fn cut() -> Self {
        Self { end: End::CutBeforeTheStatus, ..Self::status(0) }
    }

    /// The connection is cut in the middle of the body.
    pub(crate) fn cut_short(self) -> Self {
        Self { end: End::CutInTheBody, ..self }
    }

    /// With this header.
    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// With problem details of this type.
    pub(crate) fn problem(self, problem_type: &'static str) -> Self {
        Self { problem_type: Some(problem_type), ..self }
    }

    /// Given only after [`Service::release`].
    pub(crate) fn held(self) -> Self {
        Self { held: true, ..self }
    }

    /// Given after this time.
    pub(crate) fn late(self, delay: Duration) -> Self {
        Self { delay, ..self }
    }
}

impl Request {
    /// A header's value; empty where there is none.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("headers are ASCII"))
    }

    /// The idempotency key.
    pub(crate) fn key(&self) -> &str {
        self.header("idempotency-key")
    }

    /// The mark.
    pub(crate) fn possible_duplicate(&self) -> bool {
        match self.header("mqgate-possible-duplicate") {
            "true" => true,
            "false" => false,
            other => panic!("mqgate-possible-duplicate: {other:?}"),
        }
    }

    /// The attempt's number.
    pub(crate) fn attempt(&self) -> u32 {
        self.header("mqgate-attempt").parse().expect("a number")
    }

    /// The document.
    pub(crate) fn document(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).expect("the body is JSON")
    }

    /// The payment's own id.
    pub(crate) fn end_to_end_id(&self) -> String {
        let document = self.document();
        document
            .pointer("/keys/EndToEndId/0")
            .and_then(|id| id.as_str())
            .expect("a payment has one")
            .to_owned()
    }

    /// The service has taken it over: it answered 2xx.
    pub(crate) fn accepted(&self) -> bool {
        self.answered.is_some_and(|status| (200..300).contains(&status))
    }
}

impl Service {
    /// A service that accepts everything.
    pub(crate) fn accepting() -> Self {
        Self::start(|_| Answer::status(200))
    }

    /// A service that answers by `script`.
    pub(crate) fn start(script: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> Self {
        let mut service = Self::down(script);
        service.up();
        service
    }

    /// A service that does not run yet: connections are refused.
    pub(crate) fn down(script: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> Self {
        let state = State {
            script: Mutex::new(Arc::new(script)),
            requests: Mutex::default(),
            released: watch::Sender::new(false),
        };
        Self { port: Port::reserve(), state: Arc::new(state), runtime: None }
    }

    /// Starts it.
    pub(crate) fn up(&mut self) {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("service")
            .enable_all()
            .build()
            .expect("a runtime");
        let listener = runtime.block_on(TcpListener::bind(self.port.address())).expect("its port");
        runtime.spawn(serve(listener, Arc::clone(&self.state)));
        self.runtime = Some(runtime);
    }

    /// Stops it: connections are cut, and refused from then on.
    pub(crate) fn stop(&mut self) {
        self.runtime.take().expect("it runs").shutdown_timeout(Duration::from_secs(10));
    }

    /// Answers by another script from now on.
    pub(crate) fn now_answers(&self, script: impl Fn(&Request) -> Answer + Send + Sync + 'static) {
        *self.state.script.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(script);
    }

    /// Lets answers that are held go, now and from now on.
    pub(crate) fn release(&self) {
        self.state.released.send_replace(true);
    }

    /// `127.0.0.1:port`.
    pub(crate) fn address(&self) -> SocketAddr {
        self.port.address()
    }

    /// `http://127.0.0.1:port/payments`.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/payments", self.address())
    }

    /// Every request so far, in the order of arrival.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.state.requests().clone()
    }

    /// How many different payments have been accepted.
    pub(crate) fn accepted_payments(&self) -> usize {
        let requests = self.state.requests();
        let accepted = requests.iter().filter(|request| request.accepted());
        accepted.map(Request::key).collect::<std::collections::BTreeSet<_>>().len()
    }

    /// The requests for one payment.
    pub(crate) fn requests_for(&self, end_to_end_id: &str) -> Vec<Request> {
        self.requests().into_iter().filter(|request| request.end_to_end_id() == end_to_end_id).collect()
    }

    /// Waits until this many requests have arrived and returns them.
    #[track_caller]
    pub(crate) fn wait_for_requests(&self, count: usize) -> Vec<Request> {
        eventually(&format!("{count} requests arrive"), || {
            let requests = self.requests();
            (requests.len() >= count).then_some(requests)
        })
    }

    /// Waits until this many requests have been accepted and returns these.
    #[track_caller]
    pub(crate) fn wait_for_accepted(&self, count: usize) -> Vec<Request> {
        eventually(&format!("{count} requests are accepted"), || {
            let accepted: Vec<_> = self.requests().into_iter().filter(Request::accepted).collect();
            (accepted.len() >= count).then_some(accepted)
        })
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl State {
    fn requests(&self) -> MutexGuard<'_, Vec<Request>> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn serve(listener: TcpListener, state: Arc<State>) {
    // Its tasks end with it.
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let state = Arc::clone(&state);
        connections.spawn(async move {
            let service = service_fn(move |request| answer(Arc::clone(&state), request));
            // A connection that ends badly is what some tests are about.
            let _ = auto::Builder::new(TokioExecutor::new())
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
        while connections.try_join_next().is_some() {}
    }
}

async fn answer(state: Arc<State>, incoming: http::Request<Incoming>) -> Result<Response<AnswerBody>, Cut> {
    let (head, body) = incoming.into_parts();
    let body = body.collect().await.map_err(|_| Cut)?.to_bytes();
    let request = {
        let mut requests = state.requests();
        let request = Request {
            number: requests.len(),
            path: head.uri.path().to_owned(),
            version: head.version,
            headers: head.headers,
            body,
            answered: None,
            arrived: Instant::now(),
        };
        requests.push(request.clone());
        request
    };
    let script = Arc::clone(&state.script.lock().unwrap_or_else(PoisonError::into_inner));
    let answer = script(&request);
    tokio::time::sleep(answer.delay).await;
    if answer.held {
        let released = state.released.subscribe().wait_for(|released| *released).await.map(|_| ());
        released.map_err(|_| Cut)?;
    }
    if answer.end == End::CutBeforeTheStatus {
        return Err(Cut);
    }
    if let Some(request) = state.requests().get_mut(request.number) {
        request.answered = Some(answer.status);
    }
    Ok(response(&answer))
}

fn response(answer: &Answer) -> Response<AnswerBody> {
    let problem_type = answer.problem_type.unwrap_or("about:blank");
    let explanation =
        format!("{{\"detail\":\"{MARKER} is what mqgate must not repeat\",\"type\":\"{problem_type}\"}}");
    let (first, cut) = match answer.end {
        End::CutInTheBody => (explanation[..10].to_owned(), true),
        End::Whole | End::CutBeforeTheStatus => (explanation.clone(), false),
    };
    let mut response = Response::new(AnswerBody { rest: Some(Bytes::from(first)), cut });
    *response.status_mut() = StatusCode::from_u16(answer.status).expect("a status");
    for (name, value) in &answer.headers {
        let value = HeaderValue::from_str(value).expect("a header's value");
        response.headers_mut().insert(HeaderName::from_static(name), value);
    }
    response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(explanation.len()));
    response
}

/// What an answer carries: everything, or the beginning and then a cut.
struct AnswerBody {
    rest: Option<Bytes>,
    cut: bool,
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = Cut;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Cut>>> {
        match self.rest.take() {
            Some(bytes) => Poll::Ready(Some(Ok(Frame::data(bytes)))),
            None if self.cut => Poll::Ready(Some(Err(Cut))),
            None => Poll::Ready(None),
        }
    }
}

/// The connection is cut.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("cut by the test")]
struct Cut;

impl From<Infallible> for Cut {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}
