//! The listener for operators and their machines: health, metrics, sources, and parked messages.

mod health;
mod guard;
mod sources;
mod operators;
mod stream;

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tracing::error;

pub use health::Health;
pub use operators::Operators;

use crate::lane;
use crate::telemetry::Metrics;
use sources::Running;

/// The content type of the text format of `OpenMetrics` 1.0.
const METRICS_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

#[derive(Clone)]
struct Shared {
    health: Arc<Health>,
    metrics: Metrics,
}

/// A request that is not carried out, as its answer says it.
#[derive(Debug)]
struct Refusal {
    status: StatusCode,
    problem: String,
}

/// Serves until `stopped` says so.
pub async fn serve(
    listener: TcpListener,
    health: Arc<Health>,
    metrics: Metrics,
    shared: Arc<lane::Shared>,
    operators: Operators,
    mut stopped: watch::Receiver<bool>,
) {
    let running = Running { guard: operators.guard.clone(), shared };
    let routes = Router::new()
        .route("/livez", get(|State(it): State<Shared>| async move { report(it.health.live()) }))
        .route("/readyz", get(|State(it): State<Shared>| async move { report(it.health.ready()) }))
        .route("/flowing", get(|State(it): State<Shared>| async move { report(it.health.flowing()) }))
        .route("/metrics", get(|State(it): State<Shared>| async move { metrics_text(&it.metrics) }))
        .fallback(async || {
            let paths = ["/livez", "/readyz", "/flowing", "/metrics", "/sources", "/totals", "/parked"];
            answer(StatusCode::NOT_FOUND, &json!({"error": "no such path", "paths": paths}))
        })
        .with_state(Shared { health, metrics })
        .merge(sources::routes().with_state(running))
        .merge(operators::routes().with_state(operators));
    let until_stopped = async move {
        // An error means that whoever could say it has gone: stop as well.
        let _ = stopped.wait_for(|stopped| *stopped).await;
    };
    if let Err(error) = axum::serve(listener, routes).with_graceful_shutdown(until_stopped).await {
        error!(%error, "The admin listener ended.");
    }
}

impl Refusal {
    fn new(status: StatusCode, problem: impl Into<String>) -> Self {
        Self { status, problem: problem.into() }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        answer(self.status, &json!({ "error": self.problem }))
    }
}

fn report((well, body): (bool, Value)) -> Response {
    answer(if well { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }, &body)
}

fn answer(status: StatusCode, body: &Value) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], format!("{body}\n")).into_response()
}

fn metrics_text(metrics: &Metrics) -> Response {
    ([(header::CONTENT_TYPE, METRICS_TYPE)], metrics.text()).into_response()
}
