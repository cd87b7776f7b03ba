//! `mqgate parked`: what operators do with parked messages, without the gateway.

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use clap::{Args, Subcommand};

use super::{DATA, UNAVAILABLE, USAGE, complain, load, say};
use crate::audit;
use crate::parked::moving::Order;
use crate::parked::report::Report;
use crate::parked::{Desk, Entry, Filter, Found, Payload, Scope, Selection, check_reason, export, show};
use crate::stop::Stop;

#[derive(Debug, Subcommand)]
pub(super) enum Parked {
    /// List parked messages, without taking any.
    List {
        #[command(flatten)]
        at: At,
        #[command(flatten)]
        filter: Filter,
        /// The same as --parked-for.
        #[arg(long, value_name = "WORD", conflicts_with = "parked_for")]
        reason: Option<String>,
        /// One JSON object a line.
        #[arg(long)]
        json: bool,
    },
    /// Show everything about one message: its descriptor, headers, properties and evidence.
    Show {
        #[command(flatten)]
        at: At,
        /// Its MsgId, its idempotency key or the beginning of it, or its business key.
        id: String,
        /// Also the document that a service would get, with names, accounts and card numbers masked.
        #[arg(long)]
        payload: bool,
        /// Mask nothing of it; where there is no document, show the first bytes.
        #[arg(long, requires = "payload")]
        unmasked: bool,
        /// As one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Put messages to their destinations' retry queues.
    Replay {
        #[command(flatten)]
        at: At,
        #[command(flatten)]
        which: Which,
        /// At most so many a second: 5/s.
        #[arg(long, value_name = "N/s")]
        rate: Option<Rate>,
        /// Why; it stands beside the message and in its audit record.
        #[arg(long, value_name = "TEXT", value_parser = reason)]
        reason: Option<String>,
        /// Also messages that a service may have acted on.
        #[arg(long, requires = "reason")]
        including_uncertain: bool,
        /// Only say what would be done.
        #[arg(long)]
        dry_run: bool,
    },
    /// Write messages to a new file as JSON lines, payloads included, and leave them where they are.
    Export {
        #[command(flatten)]
        at: At,
        #[command(flatten)]
        which: Which,
        /// The file; it must not exist yet.
        #[arg(long, value_name = "FILE")]
        to: PathBuf,
    },
    /// Take messages off, once they are written to a new file.
    Discard {
        #[command(flatten)]
        at: At,
        /// MsgIds, idempotency keys or their beginnings, business keys.
        #[arg(value_name = "ID")]
        ids: Vec<String>,
        #[command(flatten)]
        filter: Filter,
        /// Why; it stands in the audit record.
        #[arg(long, value_name = "TEXT", value_parser = reason)]
        reason: String,
        /// The file; it must not exist yet.
        #[arg(long, value_name = "FILE")]
        export: PathBuf,
        /// Only say what would be done.
        #[arg(long)]
        dry_run: bool,
    },
}

/// Where to look.
#[derive(Debug, Args)]
pub(super) struct At {
    /// The provider's settings.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    #[command(flatten)]
    scope: Scope,
}

/// Which messages are meant.
#[derive(Debug, Args)]
pub(super) struct Which {
    /// MsgIds, idempotency keys or their beginnings, business keys.
    #[arg(value_name = "ID")]
    ids: Vec<String>,
    #[command(flatten)]
    filter: Filter,
    /// All that are parked.
    #[arg(long, conflicts_with = "ids")]
    all: bool,
}

/// Messages a second.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rate(NonZeroU32);

impl FromStr for Rate {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = text.strip_suffix("/s").unwrap_or(text);
        number.parse().map(Self).map_err(|_| "messages a second (5/s) expected")
    }
}

/// A reason travels as a message property and in records: one line of text.
fn reason(text: &str) -> Result<String, &'static str> {
    check_reason(text).map(|()| text.to_owned())
}

/// Runs the command and returns the exit code.
pub(super) fn run(command: Parked) -> u8 {
    done(match command {
        Parked::List { at, mut filter, reason, json } => {
            filter.reason = filter.reason.or(reason);
            list(&at, &filter, json)
        }
        Parked::Show { at, id, payload, unmasked, json } => {
            let payload = match (payload, unmasked) {
                (false, _) => Payload::Hidden,
                (true, false) => Payload::Masked,
                (true, true) => Payload::Whole,
            };
            show_one(&at, id, payload, json)
        }
        Parked::Replay { at, which, rate, reason, including_uncertain, dry_run } => {
            let mut order = Order::Replay { reason: reason.as_deref(), including_uncertain, dry_run };
            let rate = rate.map(|Rate(rate)| rate);
            selection(&at, which).and_then(|selection| replay(&at.config, &selection, &mut order, rate))
        }
        Parked::Export { at, which, to } => {
            selection(&at, which).and_then(|selection| export_to(&at.config, &selection, &to))
        }
        Parked::Discard { at, ids, filter, reason, export, dry_run } => {
            let which = Which { ids, filter, all: false };
            selection(&at, which)
                .and_then(|selection| discard(&at.config, &selection, &reason, &export, dry_run))
        }
    })
}

fn done(result: Result<u8, u8>) -> u8 {
    result.unwrap_or_else(|code| code)
}

/// What the operations need.
pub(super) fn desk(config: &Path) -> Result<Desk, u8> {
    let settings = Arc::new(load(config)?);
    let library = mq::Library::load(settings.mq_library.as_deref()).map_err(|error| {
        complain(&[error.to_string()]);
        UNAVAILABLE
    })?;
    Ok(Desk { settings, library, stop: Stop::default(), log })
}

/// Standard error is where the gateway logs to.
fn log(record: &audit::Record<'_>) {
    // A record is strings and numbers: it always has a JSON form.
    eprintln!("{}", serde_json::to_string(record).unwrap_or_default());
}

fn selection(at: &At, which: Which) -> Result<Selection, u8> {
    let Which { ids, filter, all } = which;
    if ids.is_empty() && filter.is_empty() && !all {
        complain(&["say which messages: ids, filters or, where it is possible, --all".to_owned()]);
        return Err(USAGE);
    }
    if all && !filter.is_empty() {
        complain(&["--all and filters contradict each other".to_owned()]);
        return Err(USAGE);
    }
    Ok(Selection { scope: at.scope.clone(), ids, filter })
}

/// What was found, with complaints about what was in the way; the exit code that these come to.
fn found(found: Result<Found<Vec<Entry>>, String>) -> Result<(Vec<Entry>, u8), u8> {
    let Found { found, unreachable, unclear } = found.map_err(|error| {
        complain(&[error]);
        USAGE
    })?;
    complain(&unreachable);
    complain(&unclear);
    let code = match (unreachable.is_empty(), unclear.is_empty()) {
        (false, _) => UNAVAILABLE,
        (true, false) => DATA,
        (true, true) => 0,
    };
    Ok((found, code))
}

fn list(at: &At, filter: &Filter, json: bool) -> Result<u8, u8> {
    let (entries, code) = found(desk(&at.config)?.look(&at.scope).map(|all| all.only(filter)))?;
    if json {
        entries.iter().for_each(|entry| say(&format!("{}\n", show::row(entry))));
    } else {
        say(&show::table(&entries));
    }
    Ok(code)
}

fn show_one(at: &At, id: String, payload: Payload, json: bool) -> Result<u8, u8> {
    let desk = desk(&at.config)?;
    let selection = Selection { scope: at.scope.clone(), ids: vec![id], filter: Filter::default() };
    let (entries, code) = found(desk.choose(&selection))?;
    for entry in &entries {
        let shown = desk.show(entry, payload).map_err(unavailable)?;
        say(&if json { format!("{shown}\n") } else { show::text(&shown) });
    }
    Ok(code)
}

fn unavailable(error: String) -> u8 {
    complain(&[error]);
    UNAVAILABLE
}

/// The chosen messages. Where an id is unclear, or nothing is meant, nothing is done.
fn chosen(desk: &Desk, selection: &Selection) -> Result<(Vec<Entry>, u8), u8> {
    let (entries, code) = found(desk.choose(selection))?;
    if code == DATA {
        return Err(DATA);
    }
    if entries.is_empty() {
        complain(&["nothing that is parked matches".to_owned()]);
        return Err(if code == 0 { DATA } else { code });
    }
    Ok((entries, code))
}

fn export_to(config: &Path, selection: &Selection, to: &Path) -> Result<u8, u8> {
    let desk = desk(config)?;
    let (entries, code) = chosen(&desk, selection)?;
    let mut file = create(to)?;
    let written = desk.export(&entries.iter().collect::<Vec<_>>(), &mut file).map_err(unavailable)?;
    file.sync().map_err(|error| unavailable(format!("{}: {error}", to.display())))?;
    say(&format!("{written} exported to {}\n", to.display()));
    Ok(if written < entries.len() { code.max(DATA) } else { code })
}

fn create(path: &Path) -> Result<export::File, u8> {
    export::File::create(path).map_err(|error| {
        complain(&[format!("{}: cannot be created: {error}", path.display())]);
        USAGE
    })
}

fn discard(config: &Path, selection: &Selection, reason: &str, path: &Path, dry_run: bool) -> Result<u8, u8> {
    let desk = desk(config)?;
    let (entries, code) = chosen(&desk, selection)?;
    if dry_run {
        say(&show::table(&entries));
        say("these would be discarded, the foreign ones excepted\n");
        return Ok(code);
    }
    let mut file = create(path)?;
    let mut order = Order::Discard { reason, export: &mut file };
    carry_out(&desk, &entries, &mut order, None).map(|done| code.max(done))
}

fn replay(
    config: &Path,
    selection: &Selection,
    order: &mut Order<'_>,
    rate: Option<NonZeroU32>,
) -> Result<u8, u8> {
    let desk = desk(config)?;
    let (entries, code) = chosen(&desk, selection)?;
    carry_out(&desk, &entries, order, rate).map(|done| code.max(done))
}

fn carry_out(
    desk: &Desk,
    entries: &[Entry],
    order: &mut Order<'_>,
    rate: Option<NonZeroU32>,
) -> Result<u8, u8> {
    let (mut moved, mut left) = (0_usize, 0_usize);
    let mut told = |report: Report| {
        if report.end.is_done() {
            moved += 1
        } else {
            left += 1
        }
        say(&format!("{report}\n"));
    };
    let carried = desk.carry_out(&entries.iter().collect::<Vec<_>>(), order, rate, &mut told);
    say(&format!("{moved} {}, {left} left where they were\n", order.participle()));
    if let Err(problems) = carried {
        complain(&problems);
        return Err(UNAVAILABLE);
    }
    Ok(if left > 0 { DATA } else { 0 })
}
