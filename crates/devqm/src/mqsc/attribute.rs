//! What an attribute of an object is: its word in MQSC, its selector for MQINQ, the values it takes, and what devqm does
//! with it. The tables themselves are in `tables.rs`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use libmqm_sys as mq;

use super::words::Word;
use crate::tls::cipher;

/// One attribute of one kind of object.
#[derive(Debug)]
pub struct Attribute {
    /// The MQSC keyword, in capitals.
    pub keyword: &'static str,
    /// The number by which MQINQ and PCF know it: `MQIA_*`, `MQCA_*` and their kin.
    pub selector: i32,
    /// The values it takes.
    pub kind: Kind,
    /// The value of an object that nobody configured, as MQSC writes it.
    pub default: &'static str,
    /// What devqm does with it.
    pub effect: Effect,
}

/// The values an attribute takes.
#[derive(Debug)]
pub enum Kind {
    /// A whole number within bounds.
    Number(i32, i32),
    /// One of some words, each with the number MQINQ gives for it.
    Choice(&'static [(&'static str, i32)]),
    /// Two bare words without a value, such as `SHARE` and `NOSHARE`, with their numbers.
    Switch(&'static [(&'static str, i32)]),
    /// An object name of at most so many bytes, in capitals unless quoted; may be blank.
    Name(usize),
    /// Free text of at most so many bytes.
    Text(usize),
    /// The name of a CipherSpec that devqm has, or blank.
    CipherSpec,
}

/// What devqm does with an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It behaves as the value says, or the attribute only describes and is kept and shown.
    Kept,
    /// Another value than the default would ask for a behaviour that devqm does not have: refused.
    DefaultOnly,
    /// Shown and inquired, never set: a count, a date.
    Shown,
}

/// An attribute's value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Value {
    /// A number, or a choice's number.
    Number(i32),
    /// A name or text, without trailing blanks.
    Text(String),
}

/// The values of one object by keyword.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Attributes(pub BTreeMap<String, Value>);

/// The attributes of one kind of object, in the order in which DISPLAY shows them.
pub type Table = &'static [&'static [Attribute]];

impl Attributes {
    /// Every attribute of the table at its default.
    pub fn defaults(table: Table) -> Self {
        let settable = each(table).filter(|attribute| attribute.effect != Effect::Shown);
        Self(settable.map(|attribute| (attribute.keyword.to_owned(), attribute.default_value())).collect())
    }

    /// A number; 0 where the object has no such attribute.
    pub fn number(&self, keyword: &str) -> i32 {
        match self.0.get(keyword) {
            Some(Value::Number(number)) => *number,
            _ => 0,
        }
    }

    /// A text; empty where the object has no such attribute.
    pub fn text(&self, keyword: &str) -> &str {
        match self.0.get(keyword) {
            Some(Value::Text(text)) => text,
            _ => "",
        }
    }

    /// Takes over what a command states.
    pub fn apply(&mut self, stated: &[(String, Value)]) {
        self.0.extend(stated.iter().cloned());
    }
}

/// The attributes of a table, one after another.
pub fn each(table: Table) -> impl Iterator<Item = &'static Attribute> {
    table.iter().flat_map(|part| part.iter())
}

/// Reads one `KEYWORD(value)` or bare word of a DEFINE or ALTER.
///
/// # Errors
/// What is wrong with it, naming the keyword and what is allowed.
pub fn read(table: Table, word: &Word) -> Result<(String, Value), String> {
    let attribute = each(table).find(|attribute| attribute.goes_by(&word.keyword)).ok_or_else(|| {
        format!("{} is not an attribute of this object, or not one that devqm knows", word.keyword)
    })?;
    if attribute.effect == Effect::Shown {
        return Err(format!("{} is kept by the queue manager and cannot be set", attribute.keyword));
    }
    let value = attribute.value(word)?;
    if attribute.effect == Effect::DefaultOnly && value != attribute.default_value() {
        let default = if attribute.default.is_empty() { "' '" } else { attribute.default };
        return Err(format!(
            "{} asks for a behaviour that devqm does not have: only {} is accepted",
            word,
            match attribute.kind {
                Kind::Switch(_) => default.to_owned(),
                _ => format!("{}({default})", attribute.keyword),
            }
        ));
    }
    Ok((attribute.keyword.to_owned(), value))
}

impl Attribute {
    /// Whether a command's word means this attribute: its keyword, or one of a switch's two words.
    pub fn goes_by(&self, word: &str) -> bool {
        match self.kind {
            Kind::Switch(words) => words.iter().any(|(name, _)| *name == word),
            _ => self.keyword == word,
        }
    }

    /// The default as a value.
    pub fn default_value(&self) -> Value {
        match self.kind {
            Kind::Number(..) => Value::Number(self.default.parse().unwrap_or(0)),
            Kind::Choice(words) | Kind::Switch(words) => Value::Number(
                words.iter().find(|(name, _)| *name == self.default).map_or(0, |(_, number)| *number),
            ),
            Kind::Name(_) | Kind::Text(_) | Kind::CipherSpec => Value::Text(self.default.to_owned()),
        }
    }

    /// The value as MQSC writes it, with its keyword: `MAXDEPTH(5000)`, `NOSHARE`, `BOQNAME( )`.
    pub fn show(&self, value: &Value) -> String {
        match (&self.kind, value) {
            (Kind::Switch(words), Value::Number(number)) => word_of(words, *number).to_owned(),
            (Kind::Choice(words), Value::Number(number)) => {
                format!("{}({})", self.keyword, word_of(words, *number))
            }
            (_, Value::Number(number)) => format!("{}({number})", self.keyword),
            (_, Value::Text(text)) if text.is_empty() => format!("{}( )", self.keyword),
            (_, Value::Text(text)) => format!("{}({text})", self.keyword),
        }
    }

    /// How many bytes MQINQ gives to a character attribute.
    pub fn width(&self) -> usize {
        match self.kind {
            Kind::Name(bytes) | Kind::Text(bytes) => bytes,
            Kind::CipherSpec => mq::MQ_SSL_CIPHER_SPEC_LENGTH,
            _ => 0,
        }
    }

    fn value(&self, word: &Word) -> Result<Value, String> {
        let keyword = self.keyword;
        match self.kind {
            Kind::Switch(words) => match &word.value {
                None => {
                    Ok(Value::Number(words.iter().find(|(name, _)| *name == word.keyword).map_or(0, |w| w.1)))
                }
                Some(_) => Err(format!("{} takes no value", word.keyword)),
            },
            Kind::Number(least, most) => {
                let number = word.value.as_ref().and_then(|value| value.text.parse::<i32>().ok());
                number
                    .filter(|number| (least..=most).contains(number))
                    .map(Value::Number)
                    .ok_or_else(|| format!("{word}: {keyword} takes a whole number from {least} to {most}"))
            }
            Kind::Choice(words) => {
                let stated = word.value.as_ref().map(|value| value.text.to_ascii_uppercase());
                let found = words.iter().find(|(name, _)| Some(*name) == stated.as_deref());
                found.map(|(_, number)| Value::Number(*number)).ok_or_else(|| {
                    let allowed: Vec<_> = words.iter().map(|(name, _)| *name).collect();
                    format!("{word}: {keyword} takes one of {}", allowed.join(", "))
                })
            }
            Kind::Name(bytes) => word.name(bytes).map(Value::Text),
            Kind::Text(bytes) => match &word.value {
                Some(value) if value.text.len() <= bytes => Ok(Value::Text(value.text.trim_end().to_owned())),
                _ => Err(format!("{keyword} takes a text of at most {bytes} bytes")),
            },
            Kind::CipherSpec => cipher_spec(word).map(Value::Text),
        }
    }
}

fn cipher_spec(word: &Word) -> Result<String, String> {
    let stated = word.value.as_ref().map_or("", |value| value.text.trim()).to_ascii_uppercase();
    if stated.is_empty() || cipher::find(&stated).is_some() {
        return Ok(stated);
    }
    let known: Vec<_> = cipher::all().map(|cipher| cipher.name).collect();
    Err(format!("{word}: devqm has the CipherSpecs {}", known.join(", ")))
}

fn word_of(words: &'static [(&'static str, i32)], number: i32) -> &'static str {
    words.iter().find(|(_, each)| *each == number).map_or("?", |(name, _)| name)
}
