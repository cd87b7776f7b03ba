//! The operators' API: parked messages, as on the command line. MQ work is done on a thread of its own with a session of
//! its own, one piece at a time; never on the consumers' threads, and never on the thread that serves health.

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path as Parameter, RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::sync::{Semaphore, mpsc, oneshot};
use tracing::info;

use super::guard::Guard;
use super::stream::{Lines, Receiving};
use super::{Refusal, answer};
use crate::parked::moving::Order;
use crate::parked::report::Report;
use crate::parked::{Desk, Entry, Filter, Found, Payload, Scope, Selection, check_reason, export, show};

/// How long a request waits for the one before it.
const WAIT_MAX: Duration = Duration::from_secs(10);

/// How many messages a list shows where nothing else is asked for.
const LISTED: usize = 1_000;

/// Lines of an export that wait for the network.
const LINES_WAITING: usize = 16;

/// What the operators' requests need.
#[derive(Debug, Clone)]
pub struct Operators {
    pub(super) guard: Guard,
    desk: Desk,
    one_at_a_time: Arc<Semaphore>,
}

/// What a request that changes something says.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Asked {
    site: Option<String>,
    queues: Vec<String>,
    ids: Vec<String>,
    filter: Filter,
    all: bool,
    rate: Option<NonZeroU32>,
    reason: Option<String>,
    including_uncertain: bool,
    dry_run: bool,
    export: Option<String>,
}

/// What a request's query says.
#[derive(Debug, Default)]
struct Query {
    selection: Selection,
    all: bool,
    payload: Payload,
    limit: Option<usize>,
}

impl Operators {
    /// Nothing is under way yet.
    pub fn new(desk: Desk) -> Self {
        Self { guard: Guard::new(&desk.settings.admin), desk, one_at_a_time: Arc::new(Semaphore::new(1)) }
    }

    /// Does a piece of MQ work, after the one before it.
    async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Desk) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        let permit = tokio::time::timeout(WAIT_MAX, Arc::clone(&self.one_at_a_time).acquire_owned()).await;
        let Ok(Ok(permit)) = permit else {
            return Err(Refusal::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "another request is under way: try again",
            ));
        };
        let desk = self.desk.clone();
        // Whoever asked may have gone by then: the permit stays with the work.
        let done = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            work(&desk)
        });
        done.await
            .unwrap_or_else(|_| Err(Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "a bug: it panicked")))
    }
}

/// The paths of parked messages.
pub(super) fn routes() -> Router<Operators> {
    Router::new()
        .route("/parked", get(list))
        .route("/parked/export", get(export_lines))
        .route("/parked/replay", post(replay))
        .route("/parked/discard", post(discard))
        .route("/parked/{id}", get(show_one))
}

async fn list(State(it): State<Operators>, RawQuery(query): RawQuery) -> Result<Response, Refusal> {
    let Query { selection, limit, .. } = Query::read(query.as_deref())?;
    let Found { found, unreachable, .. } = it
        .work(move |desk| desk.look(&selection.scope).map(|all| all.only(&selection.filter)).map_err(wrong))
        .await?;
    let rows: Vec<Value> = found.iter().take(limit.unwrap_or(LISTED)).map(show::row).collect();
    let status = if unreachable.is_empty() { StatusCode::OK } else { StatusCode::BAD_GATEWAY };
    Ok(answer(status, &json!({"count": found.len(), "parked": rows, "unreachable": unreachable})))
}

async fn show_one(
    State(it): State<Operators>,
    Parameter(id): Parameter<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let Query { mut selection, payload, .. } = Query::read(query.as_deref())?;
    if payload != Payload::Hidden {
        it.guard.check(&headers).await?;
    }
    selection.ids = vec![id];
    let shown = it
        .work(move |desk| {
            let found = desk.choose(&selection).map_err(wrong)?;
            let entry = one(found)?;
            desk.show(&entry, payload).map_err(|error| Refusal::new(StatusCode::BAD_GATEWAY, error))
        })
        .await?;
    Ok(answer(StatusCode::OK, &shown))
}

/// The one message that an id names.
fn one(found: Found<Vec<Entry>>) -> Result<Entry, Refusal> {
    let Found { mut found, unreachable, unclear } = found;
    match (found.pop(), unreachable.is_empty()) {
        (Some(entry), _) => Ok(entry),
        (None, true) => Err(Refusal::new(StatusCode::NOT_FOUND, unclear.join("; "))),
        (None, false) => Err(Refusal::new(StatusCode::BAD_GATEWAY, unreachable.join("; "))),
    }
}

async fn replay(State(it): State<Operators>, headers: HeaderMap, body: Bytes) -> Result<Response, Refusal> {
    it.guard.check(&headers).await?;
    let asked = Asked::read(&body)?;
    it.work(move |desk| {
        let selection = asked.selection()?;
        let mut order = Order::Replay {
            reason: asked.reason.as_deref(),
            including_uncertain: asked.including_uncertain,
            dry_run: asked.dry_run,
        };
        carry_out(desk, chosen(desk, &selection)?, &mut order, asked.rate)
    })
    .await
}

async fn discard(State(it): State<Operators>, headers: HeaderMap, body: Bytes) -> Result<Response, Refusal> {
    it.guard.check(&headers).await?;
    let asked = Asked::read(&body)?;
    it.work(move |desk| {
        if asked.all || asked.dry_run {
            return Err(wrong("a discard names messages, and is done"));
        }
        let selection = asked.selection()?;
        let Some(reason) = asked.reason.as_deref() else { return Err(wrong("reason is missing")) };
        let path = export_path(desk.settings.admin.export_folder.as_deref(), asked.export.as_deref())?;
        let chosen = chosen(desk, &selection)?;
        let mut export = export::File::create(&path)
            .map_err(|error| Refusal::new(StatusCode::CONFLICT, format!("export: {error}")))?;
        carry_out(desk, chosen, &mut Order::Discard { reason, export: &mut export }, None)
    })
    .await
}

/// A new file in the folder that settings name: whoever may discard may not write anywhere else.
fn export_path(folder: Option<&Path>, name: Option<&str>) -> Result<PathBuf, Refusal> {
    let Some(folder) = folder else {
        let problem =
            "set admin.export_folder to discard through the API: what is discarded is exported first";
        return Err(Refusal::new(StatusCode::FORBIDDEN, problem));
    };
    let plain = |name: &&str| {
        let sound = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        !name.is_empty() && !name.starts_with('.') && name.bytes().all(sound)
    };
    let name =
        name.filter(plain).ok_or_else(|| wrong("export: a file name out of a-z A-Z 0-9 - _ . expected"))?;
    Ok(folder.join(name))
}

/// The chosen messages, and the sites that cannot be reached. Where an id is unclear, or nothing is meant, nothing is done.
fn chosen(desk: &Desk, selection: &Selection) -> Result<(Vec<Entry>, Vec<String>), Refusal> {
    let Found { found, unreachable, unclear } = desk.choose(selection).map_err(wrong)?;
    if found.is_empty() && !unreachable.is_empty() {
        return Err(Refusal::new(StatusCode::BAD_GATEWAY, unreachable.join("; ")));
    }
    if !unclear.is_empty() {
        return Err(Refusal::new(StatusCode::NOT_FOUND, unclear.join("; ")));
    }
    if found.is_empty() {
        return Err(Refusal::new(StatusCode::NOT_FOUND, "nothing that is parked matches"));
    }
    Ok((found, unreachable))
}

/// Does what was ordered. What became of each message is in the answer, whatever its status.
fn carry_out(
    desk: &Desk,
    (found, mut unreachable): (Vec<Entry>, Vec<String>),
    order: &mut Order<'_>,
    rate: Option<NonZeroU32>,
) -> Result<Response, Refusal> {
    let mut reports = Vec::new();
    let mut told = |report| reports.push(report);
    let carried = desk.carry_out(&found.iter().collect::<Vec<_>>(), order, rate, &mut told);
    unreachable.extend(carried.err().unwrap_or_default());
    let done = reports.iter().filter(|report| report.end.is_done()).count();
    info!(done, left = reports.len() - done, what = order.participle(), "An operator moved parked messages.");
    let status = match (done, unreachable.is_empty()) {
        (_, false) => StatusCode::BAD_GATEWAY,
        (0, true) => StatusCode::CONFLICT,
        (_, true) => StatusCode::OK,
    };
    let messages: Vec<Value> = reports.iter().map(Report::json).collect();
    let left = reports.len() - done;
    Ok(answer(status, &json!({"done": done, "left": left, "messages": messages, "unreachable": unreachable})))
}

async fn export_lines(
    State(it): State<Operators>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    it.guard.check(&headers).await?;
    let Query { selection, all, .. } = Query::read(query.as_deref())?;
    meant(&selection, all)?;
    let (begins, begun) = oneshot::channel();
    let (sender, receiver) = mpsc::channel(LINES_WAITING);
    let reading = it.work(move |desk| {
        let (entries, unreachable) = chosen(desk, &selection)?;
        if !unreachable.is_empty() {
            return Err(Refusal::new(StatusCode::BAD_GATEWAY, unreachable.join("; ")));
        }
        let mut lines = Lines::new(sender);
        // Whoever asked may have gone.
        if begins.send(()).is_ok()
            && let Err(error) = desk.export(&entries.iter().collect::<Vec<_>>(), &mut lines)
        {
            lines.fail(error);
        }
        Ok(())
    });
    // The answer begins once it is known that there is something in it; the lines follow while they are read.
    tokio::select! {
        biased;
        Ok(()) = begun => {}
        ended = reading => ended?,
    }
    let body = Body::new(Receiving::new(receiver));
    Ok(([(header::CONTENT_TYPE, "application/jsonl")], body).into_response())
}

/// Something must be said about which messages are meant.
fn meant(selection: &Selection, all: bool) -> Result<(), Refusal> {
    match (all, selection.ids.is_empty() && selection.filter.is_empty()) {
        (false, true) => Err(wrong("say which messages: ids, a filter, or all")),
        (true, false) => Err(wrong("all contradicts ids and filters")),
        _ => Ok(()),
    }
}

pub(super) fn wrong(problem: impl Into<String>) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, problem)
}

impl Asked {
    fn read(body: &[u8]) -> Result<Self, Refusal> {
        let asked: Self = serde_json::from_slice(body).map_err(|error| wrong(error.to_string()))?;
        asked.reason.as_deref().map_or(Ok(()), check_reason).map_err(wrong)?;
        Ok(asked)
    }

    fn selection(&self) -> Result<Selection, Refusal> {
        let queues = self
            .queues
            .iter()
            .map(|name| name.parse().map_err(|error: mq::NameError| wrong(error.to_string())));
        let scope = Scope { site: self.site.clone(), queues: queues.collect::<Result<_, _>>()? };
        let selection = Selection { scope, ids: self.ids.clone(), filter: self.filter.clone() };
        meant(&selection, self.all)?;
        Ok(selection)
    }
}

impl Query {
    /// `site`, `queue`, `id`, `all`, `payload`, `limit`; everything else is part of the filter.
    fn read(query: Option<&str>) -> Result<Self, Refusal> {
        let mut read = Self::default();
        let mut filter = Map::new();
        for (name, value) in url::form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
            let value = value.into_owned();
            match name.as_ref() {
                "site" => read.selection.scope.site = Some(value),
                "queue" => {
                    let queue = value.parse().map_err(|error: mq::NameError| wrong(error.to_string()))?;
                    read.selection.scope.queues.push(queue);
                }
                "id" => read.selection.ids.push(value),
                "all" => read.all = value == "true",
                "payload" => {
                    read.payload = match value.as_str() {
                        "true" | "masked" => Payload::Masked,
                        "unmasked" => Payload::Whole,
                        "false" => Payload::Hidden,
                        _ => return Err(wrong("payload: masked, unmasked or false expected")),
                    }
                }
                "limit" => read.limit = Some(value.parse().map_err(|_| wrong("limit: a number expected"))?),
                name => {
                    filter.insert(name.to_owned(), Value::String(value));
                }
            }
        }
        read.selection.filter =
            serde_json::from_value(Value::Object(filter)).map_err(|error| wrong(error.to_string()))?;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_read_whole_or_refused() {
        let query = Query::read(Some("site=north&queue=A&id=x&since=2h&reason=late&limit=3")).unwrap();
        assert_eq!(query.selection.scope.site.as_deref(), Some("north"));
        assert_eq!(query.selection.filter.reason.as_deref(), Some("late"));
        assert_eq!((query.selection.ids.len(), query.limit), (1, Some(3)));
        for bad in ["nonsense=1", "queue=%20", "since=never", "limit=x", "payload=yes"] {
            assert!(Query::read(Some(bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_export_stays_in_its_folder() {
        let folder = Some(Path::new("/exports"));
        assert_eq!(export_path(folder, Some("a-1.jsonl")).unwrap(), Path::new("/exports/a-1.jsonl"));
        for bad in [None, Some(""), Some(".."), Some("../x"), Some("a/b"), Some(".hidden")] {
            assert!(export_path(folder, bad).is_err(), "{bad:?}");
        }
        assert!(export_path(None, Some("a")).is_err());
    }
}
