//! Whether a message keeps to its XML Schema: a word beside a translation, never a part of it.
//!
//! Knows nothing of folders or settings: it gets the texts of schemas, compiles them once, and tells of messages what it
//! finds. `docs/iso20022.md` says what is checked and what for.
//!
//! # Layout
//!
//! * [`files`]: which of several schema files describe messages, and which only belong to others.
//! * [`sections`]: the parts of a message that have a schema each.
//! * [`compiled`]: one schema, and a section checked against it; the only file that knows the library.

mod files;
mod sections;
mod compiled;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use self::compiled::Compiled;
use self::files::Files;
use self::sections::Section;
use super::{Input, Newline};

/// The schemas of a folder, by the namespaces that they describe. Any number of threads may use them; messages of one
/// namespace wait for each other.
#[derive(Debug)]
pub struct Schemas {
    compiled: HashMap<String, Mutex<Compiled>>,
}

/// A schema file.
#[derive(Debug, Clone)]
pub struct File {
    /// Its name, by which other files include it.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// What is wrong with a schema file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unusable {
    /// The file's name.
    pub name: String,
    /// What is wrong.
    pub problem: String,
}

/// What the schemas say of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Each of its sections keeps to its schema.
    Valid,
    /// One does not.
    Invalid(Breach),
    /// There is no schema for one of its sections, and none of the others is at fault.
    Unknown,
}

/// Where a message breaks its schema first, without any value of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Breach {
    /// Byte offset in the input as it came: the tag read last before the fault.
    pub offset: usize,
    /// The element, from its section on.
    pub path: String,
    /// The rule, by its name in the XML Schema recommendation: `cvc-maxLength-valid`.
    pub rule: &'static str,
}

impl Schemas {
    /// Compiles schemas. A file that others include describes no messages by itself.
    ///
    /// # Errors
    /// All files that cannot be used.
    pub fn new(files: Vec<File>) -> Result<Self, Vec<Unusable>> {
        let files = Arc::new(Files::new(files)?);
        let mut compiled = HashMap::new();
        let mut unusable = Vec::new();
        for (namespace, name) in files.entries() {
            match Compiled::new(&files, name) {
                Ok(schema) => {
                    compiled.insert(namespace.to_owned(), Mutex::new(schema));
                }
                Err(problem) => unusable.push(Unusable { name: name.to_owned(), problem }),
            }
        }
        if unusable.is_empty() { Ok(Self { compiled }) } else { Err(unusable) }
    }

    /// Checks a message that has been translated: its Documents and AppHdrs, or its root where it has neither.
    pub fn check(&self, input: Input<'_>, newline: Newline) -> Verdict {
        let Ok(decoded) = ccsid::decode(input.bytes, input.ccsid.0, input.encoding, newline) else {
            return Verdict::Unknown;
        };
        let mut verdict = Verdict::Valid;
        for section in sections::sections(&decoded.text) {
            match self.check_section(&section) {
                Verdict::Valid => {}
                Verdict::Unknown => verdict = Verdict::Unknown,
                Verdict::Invalid(breach) => {
                    return Verdict::Invalid(Breach { offset: decoded.origin(breach.offset), ..breach });
                }
            }
        }
        verdict
    }

    fn check_section(&self, section: &Section<'_>) -> Verdict {
        let Some(schema) = self.compiled.get(&section.namespace) else { return Verdict::Unknown };
        // Whatever a panic leaves behind, `Compiled` replaces.
        schema.lock().unwrap_or_else(PoisonError::into_inner).check(section)
    }
}

impl Verdict {
    /// The word for a header, a metric label, a person: `true`, `false` or `unknown`.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Valid => "true",
            Self::Invalid(_) => "false",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "offset {} ({}): against its schema, rule {}", self.offset, self.path, self.rule)
    }
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.problem)
    }
}

#[cfg(test)]
mod tests;
