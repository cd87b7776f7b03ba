//! The commands that devqm reads, checked whole: verb, object, name, and every attribute by its table.

use super::attribute::{self, Table, Value};
use super::words::{Error, Word};
use super::{fault, tables};
use crate::faults::{Definition, Pattern};

/// One command that may be carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// The line on which it begins, counted from 1.
    pub line: usize,
    /// What it asks for.
    pub action: Action,
}

/// What a command asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// DEFINE.
    Define {
        /// What to define.
        object: Object,
        /// LIKE: the object whose values stand where none are stated.
        like: Option<String>,
        /// REPLACE: an existing object is overwritten.
        replace: bool,
        /// The attributes stated.
        stated: Vec<(String, Value)>,
    },
    /// ALTER.
    Alter {
        /// What to alter.
        object: Object,
        /// The attributes stated.
        stated: Vec<(String, Value)>,
    },
    /// DELETE.
    Delete {
        /// What to delete.
        object: Object,
        /// PURGE: the queue's messages too.
        purge: bool,
    },
    /// CLEAR QLOCAL.
    Clear(String),
    /// DISPLAY.
    Display {
        /// The kind and name; the name may end in `*`.
        object: Object,
        /// The attributes asked for by name; empty for a short line of each object.
        columns: Vec<String>,
        /// ALL.
        all: bool,
        /// WHERE.
        filter: Option<Filter>,
    },
    /// DEFINE FAULT.
    DefineFault(Definition),
    /// DELETE FAULT.
    DeleteFault(Pattern),
    /// DISPLAY FAULT.
    DisplayFault(Pattern),
}

/// An object's kind and name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// The kind.
    pub kind: Kind,
    /// The name; empty for the queue manager.
    pub name: String,
}

/// The kinds of object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the kinds are MQSC's")]
pub enum Kind {
    LocalQueue,
    AliasQueue,
    ModelQueue,
    /// Any of the three, for DISPLAY QUEUE.
    Queue,
    Channel,
    QueueManager,
    Topic,
    /// A durable subscription, made by MQSUB only.
    Subscription,
}

/// WHERE(attribute operator value).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// The attribute's keyword.
    pub keyword: String,
    /// The comparison.
    pub operator: Operator,
    /// What it is compared with.
    pub value: String,
}

/// The comparisons of WHERE.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "the operators are MQSC's: EQ, NE, LT, GT, LE, GE, and LK and NL with a pattern"
)]
pub enum Operator {
    Equal,
    NotEqual,
    Less,
    Greater,
    LessOrEqual,
    GreaterOrEqual,
    Like,
    NotLike,
}

impl Kind {
    /// The kind as MQSC writes it after a verb.
    pub fn word(self) -> &'static str {
        match self {
            Kind::LocalQueue => "QLOCAL",
            Kind::AliasQueue => "QALIAS",
            Kind::ModelQueue => "QMODEL",
            Kind::Queue => "QUEUE",
            Kind::Channel => "CHANNEL",
            Kind::QueueManager => "QMGR",
            Kind::Topic => "TOPIC",
            Kind::Subscription => "SUB",
        }
    }

    fn of(word: &str) -> Option<Self> {
        Some(match word {
            "QLOCAL" | "QL" => Kind::LocalQueue,
            "QALIAS" | "QA" => Kind::AliasQueue,
            "QMODEL" | "QM" => Kind::ModelQueue,
            "QUEUE" | "Q" => Kind::Queue,
            "CHANNEL" | "CHL" => Kind::Channel,
            "QMGR" => Kind::QueueManager,
            "TOPIC" => Kind::Topic,
            "SUB" => Kind::Subscription,
            _ => return None,
        })
    }

    /// The attributes of the kind; of [`Kind::Queue`] those of local queues.
    pub fn table(self) -> Table {
        match self {
            Kind::LocalQueue | Kind::Queue => tables::LOCAL,
            Kind::AliasQueue => tables::ALIAS,
            Kind::ModelQueue => tables::MODEL,
            Kind::Channel => tables::CHANNEL,
            Kind::QueueManager => tables::QUEUE_MANAGER,
            Kind::Topic => tables::TOPIC,
            Kind::Subscription => tables::SUBSCRIPTION,
        }
    }

    fn name_bytes_max(self) -> usize {
        if self == Kind::Channel { 20 } else { 48 }
    }
}

/// Reads one command from its words.
///
/// # Errors
/// What is wrong with it, on the line of the offending word.
pub fn read(words: &[Word]) -> Result<Command, Error> {
    let [verb, target, rest @ ..] = words else {
        let word = words.first();
        return Err(Error {
            line: word.map_or(1, |word| word.line),
            what: format!("{} alone is not a command", word.map_or("nothing", |word| word.keyword.as_str())),
        });
    };
    if target.keyword == "FAULT" {
        return Ok(Command { line: verb.line, action: fault::read(verb, target, rest)? });
    }
    let refuse = |what: String| Error { line: verb.line, what };
    let kind = Kind::of(&target.keyword)
        .ok_or_else(|| refuse(format!("{} {}: devqm has no such object", verb.keyword, target.keyword)))?;
    let action = match (verb.keyword.as_str(), kind) {
        ("DISPLAY" | "DIS", _) => display(kind, target, rest)?,
        (_, Kind::Queue) => {
            return Err(refuse(format!("{} QUEUE: say QLOCAL, QALIAS or QMODEL", verb.keyword)));
        }
        ("DEFINE" | "DEF" | "ALTER" | "ALT", Kind::Subscription) => {
            return Err(refuse(format!("{} SUB: subscriptions are made by MQSUB here", verb.keyword)));
        }
        ("ALTER" | "ALT", _) => alter(kind, target, rest)?,
        ("DEFINE" | "DEF", kind) if kind != Kind::QueueManager => define(kind, target, rest)?,
        ("DELETE", kind) if kind != Kind::QueueManager => delete(kind, target, rest)?,
        ("CLEAR", Kind::LocalQueue) => match rest {
            [] => Action::Clear(object(kind, target)?.name),
            [word, ..] => {
                return Err(Error { line: word.line, what: format!("{word}: CLEAR takes no such word") });
            }
        },
        _ => {
            return Err(refuse(format!("{} {}: devqm has no such command", verb.keyword, kind.word())));
        }
    };
    Ok(Command { line: verb.line, action })
}

fn define(kind: Kind, target: &Word, rest: &[Word]) -> Result<Action, Error> {
    let object = object(kind, target)?;
    let (mut like, mut replace, mut typed) = (None, false, false);
    let mut stated = Vec::new();
    for word in rest {
        match (word.keyword.as_str(), kind) {
            ("REPLACE", _) => replace = true,
            ("NOREPLACE", _) => replace = false,
            ("LIKE", _) => like = Some(at(word, word.name(kind.name_bytes_max()))?),
            ("CHLTYPE", Kind::Channel) => typed = server_connection(word)?,
            _ => stated.push(stated_attribute(kind, word)?),
        }
    }
    if kind == Kind::Channel && !typed {
        return Err(Error { line: target.line, what: format!("{target}: CHLTYPE(SVRCONN) is needed") });
    }
    Ok(Action::Define { object, like, replace, stated })
}

fn alter(kind: Kind, target: &Word, rest: &[Word]) -> Result<Action, Error> {
    let object = object(kind, target)?;
    let mut stated = Vec::new();
    for word in rest {
        match (word.keyword.as_str(), kind) {
            // devqm never asks for FORCE: an alteration holds at once for open handles too.
            ("FORCE" | "NOFORCE", _) => {}
            ("CHLTYPE", Kind::Channel) => _ = server_connection(word)?,
            _ => stated.push(stated_attribute(kind, word)?),
        }
    }
    Ok(Action::Alter { object, stated })
}

fn delete(kind: Kind, target: &Word, rest: &[Word]) -> Result<Action, Error> {
    let object = object(kind, target)?;
    let mut purge = false;
    for word in rest {
        match (word.keyword.as_str(), kind) {
            ("PURGE", Kind::LocalQueue) => purge = true,
            ("NOPURGE", Kind::LocalQueue) => purge = false,
            ("CHLTYPE", Kind::Channel) => _ = server_connection(word)?,
            _ => {
                return Err(Error { line: word.line, what: format!("{word}: DELETE takes no such word") });
            }
        }
    }
    Ok(Action::Delete { object, purge })
}

fn display(kind: Kind, target: &Word, rest: &[Word]) -> Result<Action, Error> {
    let mut object = pattern(kind, target)?;
    let (mut columns, mut all, mut filter) = (Vec::new(), false, None);
    for word in rest {
        match (word.keyword.as_str(), &word.value) {
            ("ALL", None) => all = true,
            ("WHERE", Some(value)) => filter = Some(at(word, self::filter(kind, &value.text))?),
            ("TYPE", Some(value)) if kind == Kind::Queue => {
                object.kind = Kind::of(&value.text)
                    .filter(|kind| matches!(kind, Kind::LocalQueue | Kind::AliasQueue | Kind::ModelQueue))
                    .ok_or_else(|| Error {
                        line: word.line,
                        what: format!("{word}: TYPE is QLOCAL, QALIAS or QMODEL"),
                    })?;
            }
            ("TYPE", None) => {}
            ("CHLTYPE", None) if kind == Kind::Channel => {}
            ("CHLTYPE", Some(_)) if kind == Kind::Channel => _ = server_connection(word)?,
            (keyword, None) => columns.push(at(word, column(kind, keyword))?),
            (keyword, Some(_)) => {
                return Err(Error {
                    line: word.line,
                    what: format!("{keyword}: DISPLAY takes no value here"),
                });
            }
        }
    }
    Ok(Action::Display { object, columns, all, filter })
}

fn object(kind: Kind, target: &Word) -> Result<Object, Error> {
    if kind == Kind::QueueManager {
        return Ok(Object { kind, name: String::new() });
    }
    match at(target, target.name(kind.name_bytes_max()))? {
        name if name.is_empty() => {
            Err(Error { line: target.line, what: format!("{target}: a name is needed") })
        }
        name => Ok(Object { kind, name }),
    }
}

/// A name that may end in `*`.
fn pattern(kind: Kind, target: &Word) -> Result<Object, Error> {
    let generic = target.value.as_ref().and_then(|value| value.text.strip_suffix('*')).map(str::to_owned);
    let Some(prefix) = generic else {
        return object(kind, target);
    };
    let mut stem = target.clone();
    if let Some(value) = &mut stem.value {
        value.text.pop();
    }
    at(target, stem.name(kind.name_bytes_max()))?;
    Ok(Object { kind, name: format!("{prefix}*") })
}

fn stated_attribute(kind: Kind, word: &Word) -> Result<(String, Value), Error> {
    let mut word = word.clone();
    // The older of the keyword's two spellings.
    if word.keyword == "TARGQ" {
        "TARGET".clone_into(&mut word.keyword);
    }
    at(&word, attribute::read(kind.table(), &word))
}

fn server_connection(word: &Word) -> Result<bool, Error> {
    match &word.value {
        Some(value) if value.text == "SVRCONN" => Ok(true),
        _ => Err(Error { line: word.line, what: format!("{word}: devqm has CHLTYPE(SVRCONN) only") }),
    }
}

fn filter(kind: Kind, text: &str) -> Result<Filter, String> {
    let mut parts = text.split_whitespace();
    let (Some(keyword), Some(operator), Some(value), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(format!("WHERE({text}): an attribute, an operator and a value are needed"));
    };
    let operator = match operator {
        "EQ" => Operator::Equal,
        "NE" => Operator::NotEqual,
        "LT" => Operator::Less,
        "GT" => Operator::Greater,
        "LE" => Operator::LessOrEqual,
        "GE" => Operator::GreaterOrEqual,
        "LK" => Operator::Like,
        "NL" => Operator::NotLike,
        other => {
            return Err(format!("WHERE({text}): {other} is none of EQ, NE, LT, GT, LE, GE, LK, NL"));
        }
    };
    Ok(Filter { keyword: column(kind, keyword)?, operator, value: value.to_owned() })
}

/// The keyword under which an attribute is shown, where the kind has it at all.
fn column(kind: Kind, word: &str) -> Result<String, String> {
    let tables: &[Table] = match kind {
        Kind::Queue => &[tables::LOCAL, tables::ALIAS, tables::MODEL],
        _ => &[kind.table()],
    };
    tables
        .iter()
        .flat_map(|table| attribute::each(table))
        .find(|attribute| attribute.goes_by(word))
        .map(|attribute| attribute.keyword.to_owned())
        .ok_or_else(|| format!("{word} is not an attribute of {} that devqm knows", kind.word()))
}

fn at<T>(word: &Word, result: Result<T, String>) -> Result<T, Error> {
    result.map_err(|what| Error { line: word.line, what })
}
