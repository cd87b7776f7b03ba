//! What the running process knows: its sources and their pauses, its totals, what it tried for a message.

use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::{get, post};
use serde_json::{Value, json};
use tracing::warn;

use super::guard::Guard;
use super::{Refusal, answer};
use crate::gate::Cause;
use crate::lane::{Intake, Shared};
use crate::message::IdempotencyKey;

#[derive(Clone)]
pub(super) struct Running {
    pub(super) guard: Guard,
    pub(super) shared: Arc<Shared>,
}

/// The paths of what is running.
pub(super) fn routes() -> Router<Running> {
    Router::new()
        .route("/sources", get(list))
        .route("/sources/{name}/pause", post(pause))
        .route("/sources/{name}/resume", post(resume))
        .route("/totals", get(totals))
        .route("/messages/{key}", get(message))
}

async fn list(State(it): State<Running>) -> Response {
    let sources: Vec<Value> = it.shared.intakes.iter().map(|intake| source(intake)).collect();
    answer(StatusCode::OK, &json!({ "sources": sources }))
}

fn source(intake: &Intake) -> Value {
    let now = Instant::now();
    let pause = intake.gate.paused(now);
    let until = pause.and_then(|pause| pause.until);
    json!({
        "source": intake.source.name,
        "queue": intake.source.queue.as_str(),
        "paused": pause.map(|pause| pause.cause.word()),
        "paused_seconds": pause.map(|pause| now.saturating_duration_since(pause.since).as_secs()),
        "ends_by_itself_in_seconds": until.map(|until| until.saturating_duration_since(now).as_secs()),
    })
}

async fn pause(
    State(it): State<Running>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    it.guard.check(&headers).await?;
    let intake = it.intake(&name)?;
    intake.gate.pause(Cause::Operator, Instant::now());
    warn!(source = name, "An operator paused the source.");
    Ok(answer(StatusCode::OK, &source(intake)))
}

async fn resume(
    State(it): State<Running>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    it.guard.check(&headers).await?;
    let intake = it.intake(&name)?;
    let resumed = intake.gate.resume(Instant::now());
    warn!(source = name, was_paused = resumed, "An operator resumed the source.");
    Ok(answer(StatusCode::OK, &source(intake)))
}

async fn totals(State(it): State<Running>) -> Response {
    // Totals are names and numbers: they always have a JSON form.
    answer(StatusCode::OK, &serde_json::to_value(it.shared.totals.today()).unwrap_or_default())
}

async fn message(State(it): State<Running>, Path(key): Path<String>) -> Result<Response, Refusal> {
    let mut bytes = [0; 32];
    hex::decode_to_slice(&key, &mut bytes).map_err(|_| {
        Refusal::new(StatusCode::BAD_REQUEST, "64 hexadecimal digits of an idempotency key expected")
    })?;
    let Some(past) = it.shared.history.past(&IdempotencyKey(bytes)) else {
        return Ok(answer(StatusCode::OK, &json!({"key": key, "known": false})));
    };
    let report = json!({
        "key": key,
        "known": true,
        "attempts": past.attempts,
        "uncertain": past.uncertain,
        "pinned": past.pinned.map(|destination| it.shared.destination_name(destination)),
        "blamed": past.blamed,
        "first_5xx_seconds_ago": past.first_5xx.map(|first| first.elapsed().as_secs()),
    });
    Ok(answer(StatusCode::OK, &report))
}

impl Running {
    fn intake(&self, name: &str) -> Result<&Arc<Intake>, Refusal> {
        self.shared.intake(name).ok_or_else(|| {
            let known: Vec<&str> = self.shared.intakes.iter().map(|it| it.source.name.as_str()).collect();
            Refusal::new(
                StatusCode::NOT_FOUND,
                format!("there is no source {name:?}; there are: {}", known.join(", ")),
            )
        })
    }
}
