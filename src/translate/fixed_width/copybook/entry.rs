//! The entries of a copybook: level, name and clauses.

use super::CopybookError;
use super::lines::{PERIOD, Word};
use super::picture::{Picture, picture};

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) line: usize,
    pub(super) level: u8,
    /// `None` for FILLER.
    pub(super) name: Option<String>,
    pub(super) redefines: Option<String>,
    pub(super) picture: Option<Picture>,
    pub(super) usage: Option<Usage>,
    pub(super) sign: Option<SignClause>,
    pub(super) occurs: Option<OccursClause>,
    pub(super) is_right: bool,
    pub(super) is_blank_when_zero: bool,
    /// The literals of VALUE.
    pub(super) values: Vec<String>,
}

/// USAGE.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Usage {
    Display,
    Binary,
    /// In the byte order of the machine.
    Native,
    Packed,
    Float,
    Double,
}

/// SIGN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SignClause {
    pub(super) is_leading: bool,
    pub(super) is_separate: bool,
}

/// OCCURS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OccursClause {
    pub(super) min: usize,
    pub(super) max: usize,
    pub(super) depending_on: Option<String>,
}

/// Levels that are not of the tree.
pub(super) const RENAMES: u8 = 66;
pub(super) const ALONE: u8 = 77;
pub(super) const CONDITION: u8 = 88;

/// The deepest level of a record.
const LEVEL_MAX: u8 = 49;

/// Words that only give the lister orders.
const LISTER: [&str; 5] = ["EJECT", "SKIP1", "SKIP2", "SKIP3", "TITLE"];

/// Reads all entries.
pub(super) fn entries(words: &[Word]) -> Result<Vec<Entry>, CopybookError> {
    let mut entries = Vec::new();
    for statement in words.split(|word| word.text == PERIOD) {
        let orders =
            statement.iter().take_while(|word| LISTER.contains(&word.text.to_ascii_uppercase().as_str()));
        let statement = statement.get(orders.count()..).unwrap_or_default();
        if !statement.is_empty() {
            entries.push(entry(statement)?);
        }
    }
    Ok(entries)
}

/// Words that are still to be read.
struct Clauses<'a> {
    words: &'a [Word],
    at: usize,
    line: usize,
}

fn entry(words: &[Word]) -> Result<Entry, CopybookError> {
    let mut clauses = Clauses { words, at: 0, line: words.first().map_or(0, |word| word.line) };
    let line = clauses.line;
    let level = clauses.next().and_then(|word| word.parse().ok());
    let level: u8 = level
        .filter(|level| matches!(*level, 1..=LEVEL_MAX | RENAMES | ALONE | CONDITION))
        .ok_or_else(|| CopybookError::new(line, "a level number: 01 to 49, 66, 77 or 88"))?;
    let mut entry = Entry {
        line,
        level,
        name: None,
        redefines: None,
        picture: None,
        usage: None,
        sign: None,
        occurs: None,
        is_right: false,
        is_blank_when_zero: false,
        values: Vec::new(),
    };
    match clauses.peek() {
        Some(word) if is_clause(&word) => {}
        Some(word) if word == "FILLER" => clauses.at += 1,
        Some(_) => entry.name = Some(clauses.name()?),
        None => {}
    }
    if level == RENAMES {
        return Ok(entry);
    }
    while let Some(word) = clauses.next() {
        clauses.clause(&word, &mut entry)?;
    }
    Ok(entry)
}

/// Whether a clause begins with this word.
fn is_clause(word: &str) -> bool {
    const CLAUSES: [&str; 31] = [
        "REDEFINES",
        "PIC",
        "PICTURE",
        "USAGE",
        "SIGN",
        "LEADING",
        "TRAILING",
        "OCCURS",
        "SYNC",
        "SYNCHRONIZED",
        "JUST",
        "JUSTIFIED",
        "BLANK",
        "VALUE",
        "VALUES",
        "GLOBAL",
        "EXTERNAL",
        "DISPLAY",
        "BINARY",
        "COMP",
        "COMPUTATIONAL",
        "COMP-1",
        "COMP-2",
        "COMP-3",
        "COMP-4",
        "COMP-5",
        "PACKED-DECIMAL",
        "INDEXED",
        "ASCENDING",
        "DESCENDING",
        "RENAMES",
    ];
    CLAUSES.contains(&word) || word.starts_with("COMPUTATIONAL-")
}

impl Clauses<'_> {
    /// The next word, in capitals, unless it is a literal.
    fn peek(&self) -> Option<String> {
        self.words.get(self.at).map(|word| match word.text.chars().next() {
            Some('"' | '\'') => word.text.clone(),
            _ => word.text.to_ascii_uppercase(),
        })
    }

    fn next(&mut self) -> Option<String> {
        let word = self.peek()?;
        self.line = self.words.get(self.at).map_or(self.line, |word| word.line);
        self.at += 1;
        Some(word)
    }

    /// Passes over words that may be left out.
    fn skip(&mut self, optional: &[&str]) {
        while self.peek().is_some_and(|word| optional.contains(&word.as_str())) {
            self.at += 1;
        }
    }

    fn takes(&mut self, word: &str) -> bool {
        let is_there = self.peek().as_deref() == Some(word);
        self.at += usize::from(is_there);
        is_there
    }

    /// A data name, as it is typed.
    fn name(&mut self) -> Result<String, CopybookError> {
        let word = self.words.get(self.at).map(|word| word.text.clone()).unwrap_or_default();
        let is_name = |character: char| character.is_alphanumeric() || matches!(character, '-' | '_');
        if self.next().is_none() || !word.chars().all(is_name) {
            return Err(self.error("a data name of letters, digits and hyphens"));
        }
        Ok(word)
    }

    fn number(&mut self) -> Result<usize, CopybookError> {
        let number = self.next().and_then(|word| word.parse().ok());
        number.ok_or_else(|| self.error("a whole number"))
    }

    fn error(&self, expected: &str) -> CopybookError {
        CopybookError::new(self.line, expected)
    }

    fn clause(&mut self, word: &str, entry: &mut Entry) -> Result<(), CopybookError> {
        match word {
            "REDEFINES" => entry.redefines = Some(self.name()?),
            "PIC" | "PICTURE" => {
                self.skip(&["IS"]);
                let written = self.next().unwrap_or_default();
                let read = picture(&written);
                entry.picture =
                    Some(read.ok_or_else(|| {
                        self.error("a PICTURE of characters or digits (no DBCS, no float)")
                    })?);
            }
            "USAGE" => {
                self.skip(&["IS"]);
                let word = self.next().unwrap_or_default();
                entry.usage = Some(usage(&word).ok_or_else(|| self.error("a USAGE with a known form"))?);
            }
            "SIGN" => {
                self.skip(&["IS"]);
                let word = self.next().unwrap_or_default();
                self.sign(&word, entry)?;
            }
            "LEADING" | "TRAILING" => self.sign(word, entry)?,
            "OCCURS" => entry.occurs = Some(self.occurs()?),
            "INDEXED" | "ASCENDING" | "DESCENDING" => self.names_of_other_clauses(),
            "JUST" | "JUSTIFIED" => {
                self.skip(&["RIGHT"]);
                entry.is_right = true;
            }
            "BLANK" => {
                self.skip(&["WHEN", "ZERO", "ZEROS", "ZEROES"]);
                entry.is_blank_when_zero = true;
            }
            "VALUE" | "VALUES" => self.values(entry),
            "GLOBAL" | "EXTERNAL" => {}
            "SYNC" | "SYNCHRONIZED" => {
                return Err(self.error("a FILLER for the slack bytes instead of SYNCHRONIZED"));
            }
            other => match usage(other) {
                Some(usage) => entry.usage = Some(usage),
                None => return Err(self.error("a clause of a data description, or the period at its end")),
            },
        }
        Ok(())
    }

    fn sign(&mut self, word: &str, entry: &mut Entry) -> Result<(), CopybookError> {
        if !matches!(word, "LEADING" | "TRAILING") {
            return Err(self.error("LEADING or TRAILING"));
        }
        let is_separate = self.takes("SEPARATE");
        self.skip(&["CHARACTER"]);
        entry.sign = Some(SignClause { is_leading: word == "LEADING", is_separate });
        Ok(())
    }

    fn occurs(&mut self) -> Result<OccursClause, CopybookError> {
        let first = self.number()?;
        let (min, max) = if self.takes("TO") { (first, self.number()?) } else { (first, first) };
        self.skip(&["TIMES"]);
        let mut depending_on = None;
        if self.takes("DEPENDING") {
            self.skip(&["ON"]);
            depending_on = Some(self.name()?);
        }
        let min = if depending_on.is_some() && min == max { 0 } else { min };
        if max == 0 || min > max {
            return Err(self.error("a number of times"));
        }
        Ok(OccursClause { min, max, depending_on })
    }

    /// Keys and indices change no byte.
    fn names_of_other_clauses(&mut self) {
        while self.peek().is_some_and(|word| !is_clause(&word) && word != "DEPENDING") {
            self.at += 1;
        }
    }

    fn values(&mut self, entry: &mut Entry) {
        self.skip(&["IS", "ARE"]);
        while let Some(word) = self.peek().filter(|word| !is_clause(word)) {
            entry.values.push(word);
            self.at += 1;
        }
    }
}

fn usage(word: &str) -> Option<Usage> {
    match word {
        "DISPLAY" => Some(Usage::Display),
        "BINARY" | "COMP" | "COMP-4" | "COMPUTATIONAL" | "COMPUTATIONAL-4" => Some(Usage::Binary),
        "COMP-5" | "COMPUTATIONAL-5" => Some(Usage::Native),
        "COMP-3" | "COMPUTATIONAL-3" | "PACKED-DECIMAL" => Some(Usage::Packed),
        "COMP-1" | "COMPUTATIONAL-1" => Some(Usage::Float),
        "COMP-2" | "COMPUTATIONAL-2" => Some(Usage::Double),
        _ => None,
    }
}
