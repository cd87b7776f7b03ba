//! The format of a source: the word, and the dialect, layout and labels that belong to it.

use std::fmt::Display;
use std::path::Path;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::fields::{Fields, is_near};
use super::layers::Origin;
use crate::translate::{Candidates, Dialect, Format, Labels, Layout, Newline};

/// The format of a source's messages, and what it is read by.
pub(super) struct Read {
    pub(super) format: Format,
    pub(super) newline: Newline,
    /// SHA-256 of the dialect and layout files, where there are some.
    pub(super) definition: Option<String>,
}

/// The words for formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Word {
    Iso20022,
    Iso8583,
    SwiftMt,
    FixedWidth,
    Json,
    Text,
    Binary,
    Auto,
}

const WORDS: [(&str, Word); 8] = [
    ("iso20022", Word::Iso20022),
    ("iso8583", Word::Iso8583),
    ("swift-mt", Word::SwiftMt),
    ("fixed-width", Word::FixedWidth),
    ("json", Word::Json),
    ("text", Word::Text),
    ("binary", Word::Binary),
    ("auto", Word::Auto),
];

/// The largest dialect or layout file, in bytes.
const DEFINITION_BYTES_MAX: u64 = 1024 * 1024;

/// Reads the keys that say what a source's messages are.
pub(super) fn format(fields: &mut Fields<'_>) -> Read {
    let word = fields.word("format", &WORDS, Word::Iso20022);
    let mut hash = Hash::default();
    let dialect =
        definition(fields, "dialect", Dialect::shipped, &Dialect::names(), Dialect::from_toml, &mut hash);
    let layout =
        definition(fields, "layout", Layout::shipped, &Layout::names(), Layout::from_toml, &mut hash);
    let labels = labels(fields);
    let newline = fields.word("newline", &[("lf", Newline::Lf), ("nel", Newline::Nel)], Newline::Lf);
    belongs(fields, "dialect", dialect.is_given(), &[Word::Iso8583, Word::Auto], word);
    belongs(fields, "layout", layout.is_given(), &[Word::FixedWidth, Word::Auto], word);
    let plain = [Word::Json, Word::Text, Word::Binary, Word::Auto];
    belongs(fields, "type", labels.kind.is_some(), &plain, word);
    belongs(fields, "keys", !labels.keys.is_empty(), &[Word::Json, Word::Auto], word);
    belongs(fields, "content_type", labels.content_type.is_some(), &[Word::Binary], word);
    let format = match (word, dialect, layout) {
        (Word::Iso8583, Definition::Read(dialect), _) => Format::Iso8583(dialect),
        (Word::FixedWidth, _, Definition::Read(layout)) => Format::FixedWidth(layout),
        (Word::Iso8583, Definition::Absent, _) => missing(fields, "dialect", &Dialect::names()),
        (Word::FixedWidth, _, Definition::Absent) => missing(fields, "layout", &Layout::names()),
        (Word::SwiftMt, ..) => Format::SwiftMt,
        (Word::Json, ..) => Format::Json(labels),
        (Word::Text, ..) => Format::Text(labels),
        (Word::Binary, ..) => Format::Binary(labels),
        (Word::Auto, dialect, layout) => {
            Format::Auto(Candidates { dialect: dialect.read(), layout: layout.read(), labels })
        }
        // What is wrong with its file is noted.
        (Word::Iso20022 | Word::Iso8583 | Word::FixedWidth, ..) => Format::Iso20022,
    };
    Read { format, newline, definition: hash.finish() }
}

/// A dialect or layout in settings.
enum Definition<T> {
    Absent,
    Wrong,
    Read(Arc<T>),
}

impl<T> Definition<T> {
    fn is_given(&self) -> bool {
        !matches!(self, Self::Absent)
    }

    fn read(self) -> Option<Arc<T>> {
        match self {
            Self::Read(definition) => Some(definition),
            Self::Absent | Self::Wrong => None,
        }
    }
}

/// Over the contents of files.
#[derive(Default)]
struct Hash(Option<Sha256>);

impl Hash {
    fn absorb(&mut self, text: &str) {
        let hash = self.0.get_or_insert_default();
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text);
    }

    fn finish(self) -> Option<String> {
        self.0.map(|hash| hex::encode(hash.finalize()))
    }
}

/// A definition by the name under which it is shipped, or by the path of a file.
fn definition<T, E: Display>(
    fields: &mut Fields<'_>,
    key: &'static str,
    shipped: impl FnOnce(&str) -> Option<T>,
    names: &[&str],
    from_toml: impl FnOnce(&str) -> Result<T, E>,
    hash: &mut Hash,
) -> Definition<T> {
    let Some((text, origin)) = fields.text_at(key) else { return Definition::Absent };
    if !is_path(&text) {
        return match shipped(&text) {
            Some(definition) => Definition::Read(Arc::new(definition)),
            None => wrong(fields, &origin, key, &unknown(&text, names)),
        };
    }
    let read = match read(Path::new(&text)) {
        Ok(read) => read,
        Err(error) => {
            return wrong(
                fields,
                &origin,
                key,
                &format!("a file that can be read expected, not {text:?}: {error}"),
            );
        }
    };
    hash.absorb(&read);
    match from_toml(&read) {
        Ok(definition) => Definition::Read(Arc::new(definition)),
        Err(error) => wrong(fields, &origin, key, &format!("{text}: {error}")),
    }
}

/// A name has neither a slash nor an ending.
pub(crate) fn is_path(text: &str) -> bool {
    text.contains('/') || text.ends_with(".toml")
}

/// What is said of a name that is not shipped.
pub(crate) fn unknown(name: &str, names: &[&str]) -> String {
    let shipped = names.join(", ");
    let hint = names
        .iter()
        .find(|it| is_near(it, name, 3))
        .map(|near| format!("; did you mean {near:?}?"))
        .unwrap_or_default();
    format!("the path of a file (with / or .toml) or one of {shipped} expected, not {name:?}{hint}")
}

/// The text of a dialect or layout file.
///
/// # Errors
/// It cannot be read, is not UTF-8, or is over the limit.
pub(crate) fn read(path: &Path) -> std::io::Result<String> {
    if std::fs::metadata(path)?.len() > DEFINITION_BYTES_MAX {
        return Err(std::io::Error::other(format!("it has more than {DEFINITION_BYTES_MAX} bytes")));
    }
    std::fs::read_to_string(path)
}

fn wrong<T>(fields: &mut Fields<'_>, origin: &Origin, key: &str, problem: &str) -> Definition<T> {
    fields.fault(origin, key, problem);
    Definition::Wrong
}

fn missing(fields: &mut Fields<'_>, key: &str, names: &[&str]) -> Format {
    fields.fault_here(key, &format!("is missing: the path of a file or one of {}", names.join(", ")));
    Format::Iso20022
}

fn labels(fields: &mut Fields<'_>) -> Labels {
    let mut keys = Vec::new();
    for (name, pointer, origin) in fields.pairs("keys") {
        if pointer.starts_with("/document") {
            keys.push((name, pointer));
        } else {
            let problem =
                format!("a JSON pointer into the document (/document/id) expected, not {pointer:?}");
            fields.fault(&origin, &format!("keys.{name}"), &problem);
        }
    }
    Labels { kind: fields.text("type"), content_type: fields.text("content_type"), keys }
}

/// A key that means nothing beside this format is a mistake.
fn belongs(fields: &mut Fields<'_>, key: &str, given: bool, words: &[Word], word: Word) {
    if !given || words.contains(&word) {
        return;
    }
    let allowed = WORDS.iter().filter(|(_, it)| words.contains(it)).map(|(name, _)| format!("{name:?}"));
    let problem = format!("stands beside format = {} only", allowed.collect::<Vec<_>>().join(" or "));
    fields.fault_here(key, &problem);
}
