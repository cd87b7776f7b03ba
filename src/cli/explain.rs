//! `mqgate explain`: the story of one message.

use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};

use super::ask::ask;
use super::{DATA, UNAVAILABLE, complain, parked, say};
use crate::explain::{Happening, Known, explain};
use crate::parked::show::printable;
use crate::settings::Admin;

#[derive(Debug, Args)]
pub(super) struct Explain {
    /// The provider's settings.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// A log of mqgate's in JSON, or audit records, one a line: where audit.sink is not a queue.
    #[arg(long, value_name = "FILE")]
    audit: Option<PathBuf>,
    /// One JSON object a line.
    #[arg(long)]
    json: bool,
    /// Its MsgId, its idempotency key or the beginning of it, or its business key.
    id: String,
}

/// Runs the command and returns the exit code.
pub(super) fn run(command: &Explain) -> u8 {
    let desk = match parked::desk(&command.config) {
        Ok(desk) => desk,
        Err(code) => return code,
    };
    let Known { happenings, unreachable } = explain(&desk, &command.id, command.audit.as_deref());
    let mut notes = unreachable.clone();
    for message in happenings.chunk_by(|one, other| one.key == other.key) {
        for (index, happening) in message.iter().enumerate() {
            match (command.json, index) {
                (true, _) => say(&format!("{}\n", happening.json())),
                (false, 0) => say(&(heading(message) + &line(happening))),
                (false, _) => say(&line(happening)),
            }
        }
        let key = message.first().map_or("", |first| first.key.as_str());
        notes.extend(remembered(&desk.settings.admin, key, command.json));
    }
    if happenings.is_empty() {
        notes.push(format!("nothing is known of {:?}", command.id));
    }
    complain(&notes);
    match (unreachable.is_empty(), happenings.is_empty()) {
        (false, _) => UNAVAILABLE,
        (true, true) => DATA,
        (true, false) => 0,
    }
}

fn heading(message: &[Happening]) -> String {
    let business = message.iter().find_map(|it| it.business_key.as_deref());
    let business = business.map(|it| format!(", {}", printable(it))).unwrap_or_default();
    let first = message.first();
    let message_id = first.map_or("", |it| it.message_id.as_str());
    format!("message {message_id}{business}\n  key {}\n", first.map_or("", |it| it.key.as_str()))
}

/// What the running gateway remembers of a message that has not ended. One that does not run remembers nothing.
fn remembered(admin: &Admin, key: &str, json: bool) -> Option<String> {
    match ask(admin, "GET", &format!("/messages/{key}")) {
        Ok((200, answer)) if answer.get("known") == Some(&Value::Bool(true)) => {
            if json {
                let mut answer = answer;
                if let Some(fields) = answer.as_object_mut() {
                    fields.insert("what".to_owned(), json!("remembered"));
                }
                say(&format!("{answer}\n"));
            } else {
                let fields = answer.as_object().into_iter().flatten();
                let told = fields.filter(|(name, _)| !matches!(name.as_str(), "key" | "known"));
                say(&format!("  now                       remembered by the gateway: {}\n", words(told)));
            }
            None
        }
        Ok(_) => None,
        Err(error) => Some(error),
    }
}

/// When, what, where, and what else is known.
fn line(happening: &Happening) -> String {
    let time = happening.time.map(|time| format!("{time:.3}")).unwrap_or_default();
    let field = |name: &str| happening.details.get(name).and_then(Value::as_str).unwrap_or_default();
    let told = [
        "site",
        "queue",
        "source",
        "provider",
        "correlation_id",
        "came_from",
        "queue_manager",
        "bytes",
        "report",
        "persistence",
    ];
    let rest = happening.details.iter().filter(|(name, _)| !told.contains(&name.as_str()));
    let (site, queue) = (field("site"), field("queue"));
    format!("  {time:<24}  {:<11} {site}/{queue}: {}\n", happening.what, words(rest))
}

fn words<'v>(fields: impl Iterator<Item = (&'v String, &'v Value)>) -> String {
    let shown = fields.filter(|(_, value)| !value.is_null()).map(|(name, value)| {
        let value = value.as_str().map_or_else(|| value.to_string(), printable);
        format!("{name} {value}")
    });
    shown.collect::<Vec<_>>().join(", ")
}
