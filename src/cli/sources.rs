//! `mqgate sources`: the sources of the running gateway, through its admin API.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::ask::ask;
use super::{DATA, UNAVAILABLE, complain, load, say};
use crate::parked::show;

#[derive(Debug, Subcommand)]
pub(super) enum Sources {
    /// List the sources, and why those that are paused are.
    List {
        /// The provider's settings.
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
        /// As one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Get nothing more from a source until it is resumed, or the process starts again.
    Pause(One),
    /// Get from a source again: after a pause, the fuse, or a message that could not pass.
    Resume(One),
}

#[derive(Debug, Args)]
pub(super) struct One {
    /// The provider's settings.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// The source's name.
    name: String,
}

impl One {
    fn path(&self, verb: &str) -> String {
        format!("/sources/{}/{verb}", utf8_percent_encode(&self.name, NON_ALPHANUMERIC))
    }
}

/// Runs the command and returns the exit code.
pub(super) fn run(command: &Sources) -> u8 {
    let (config, method, path, json) = match command {
        Sources::List { config, json } => (config, "GET", "/sources".to_owned(), *json),
        Sources::Pause(one) => (&one.config, "POST", one.path("pause"), false),
        Sources::Resume(one) => (&one.config, "POST", one.path("resume"), false),
    };
    let settings = match load(config) {
        Ok(settings) => settings,
        Err(code) => return code,
    };
    match ask(&settings.admin, method, &path) {
        Ok((200, answer)) if json => say(&format!("{answer}\n")),
        Ok((200, answer)) => say(&table(&answer)),
        Ok((_, answer)) => {
            let problem = answer.get("error").and_then(Value::as_str).unwrap_or("it refuses");
            complain(&[problem.to_owned()]);
            return DATA;
        }
        Err(error) => {
            complain(&[error]);
            return UNAVAILABLE;
        }
    }
    0
}

/// One line for each source.
fn table(answer: &Value) -> String {
    let one = std::slice::from_ref(answer);
    let sources = answer.get("sources").and_then(Value::as_array).map_or(one, Vec::as_slice);
    let mut text = String::new();
    for source in sources {
        let field = |name: &str| source.get(name).and_then(Value::as_str).map(show::printable);
        let number = |name: &str| source.get(name).and_then(Value::as_u64);
        let (name, queue) = (field("source").unwrap_or_default(), field("queue").unwrap_or_default());
        // Writing to a String cannot fail.
        let _ = write!(text, "{name:<20} {queue:<30} ");
        let _ = match (field("paused"), number("paused_seconds"), number("ends_by_itself_in_seconds")) {
            (None, ..) => writeln!(text, "flowing"),
            (Some(cause), Some(for_seconds), Some(left)) => {
                writeln!(text, "paused: {cause}, for {for_seconds} s, goes on by itself in {left} s")
            }
            (Some(cause), for_seconds, _) => {
                let for_seconds = for_seconds.unwrap_or_default();
                writeln!(text, "paused: {cause}, for {for_seconds} s, until it is resumed")
            }
        };
    }
    text
}
