//! Dialects: found by name, or read from a file's text. Knows nothing of messages, and opens no files.

use std::fmt;

use super::compile;
use super::file::File;
use super::table::Table;

/// How many dialects one may extend, one through another.
const EXTENDS_MAX: usize = 8;

/// A dialect: what each element is and how it is encoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dialect {
    pub(super) table: Table,
}

/// Where a dialect file is wrong, and what should be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidDialect {
    /// `elements.48.prefix`, or `line 3, column 5`.
    pub place: String,
    /// What is permitted.
    pub expected: String,
}

/// The dialects that are compiled in, by name.
macro_rules! shipped {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../../dialects/", $name, ".toml")))),*]
    };
}

const SHIPPED: &[(&str, &str)] = shipped![
    "generic-ascii",
    "generic-bcd",
    "iso8583-1987",
    "iso8583-1993",
    "iso8583-2003",
    "mastercard-cis",
    "mastercard-ipm",
    "mastercard-ipm-ebcdic",
    "uk-fps-ascii-binary",
    "uk-fps-ascii-hex",
    "uk-fps-ebcdic-binary",
    "uk-fps-ebcdic-hex",
    "uk-fps-file",
    "visa-base1",
];

impl Dialect {
    /// A dialect that comes with mqgate; `None` where there is none of that name.
    pub fn shipped(name: &str) -> Option<Self> {
        // That they all compile is tested.
        Self::from_toml(Self::source(name)?).ok()
    }

    /// The names of the dialects that come with mqgate.
    pub fn names() -> Vec<&'static str> {
        SHIPPED.iter().map(|(name, _)| *name).collect()
    }

    /// The file of a dialect that comes with mqgate.
    pub fn source(name: &str) -> Option<&'static str> {
        SHIPPED.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
    }

    /// Compiles the text of a dialect file. What it extends is one of [`Dialect::names`].
    ///
    /// # Errors
    /// The first place that is wrong, and what is permitted there.
    pub fn from_toml(text: &str) -> Result<Self, InvalidDialect> {
        let mut file = parse(text)?;
        for _ in 0..EXTENDS_MAX {
            let Some(name) = file.extends.take() else {
                return Ok(Self { table: compile::compile(&file)? });
            };
            let base = Self::source(&name).ok_or_else(|| {
                InvalidDialect::new("extends", format!("one of {}", Self::names().join(", ")))
            })?;
            let mut base = parse(base)?;
            let below = base.extends.take();
            file = file.over(base);
            file.extends = below;
        }
        Err(InvalidDialect::new("extends", format!("at most {EXTENDS_MAX} dialects, one through another")))
    }
}

impl InvalidDialect {
    pub(super) fn new(place: impl Into<String>, expected: impl Into<String>) -> Self {
        Self { place: place.into(), expected: expected.into() }
    }
}

impl fmt::Display for InvalidDialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: expected {}", self.place, self.expected)
    }
}

impl std::error::Error for InvalidDialect {}

fn parse(text: &str) -> Result<File, InvalidDialect> {
    toml::from_str(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        let before = text.get(..at).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|&character| character != '\n').count() + 1;
        InvalidDialect::new(
            format!("line {line}, column {column}"),
            format!("what a dialect file has: {}", error.message()),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_dialect_compiles() {
        for (name, text) in SHIPPED {
            if let Err(error) = Dialect::from_toml(text) {
                panic!("{name}: {error}");
            }
        }
    }

    #[test]
    fn what_is_wrong_is_named_by_its_place() {
        let cases = [
            ("elements.3.type = 'num'", "elements.3.type: expected one of n, a, an, ns, as, ans, z, x+n, b"),
            ("extends = 'iso'", "extends: expected one of generic-ascii"),
            ("charset = 1200", "charset: expected a CCSID of one byte a character, or 1208, not 1200"),
            ("[elements]\n200 = { type = 'n', length = 1 }", "elements.200: expected a number from 1 to 192"),
            ("[elements]\n2 = { length = 1, max = 3, prefix = 2 }", "elements.2: expected either length"),
            ("[elements]\n2 = { layout = 'x' }", "elements.2.layout: expected the name of one of [layouts]"),
            ("[elements]\n2 = { pad = 'middle' }", "elements.2.pad: expected \"left 0\""),
            ("[keys]\nRRN = '37'", "keys.RRN: expected elements that this dialect has"),
            (
                "[layouts.x]\nkind = 'tagged'\nprefix = 2",
                "layouts.x.tag: expected a length of tags from 1 to 8",
            ),
            ("[layouts.x]\nkind = 'ber-tlv'\ntag = 2", "layouts.x: expected no tag in a layout of this kind"),
        ];
        for (text, expected) in cases {
            let error = Dialect::from_toml(text).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{text}: {error}");
        }
    }

    #[test]
    fn an_unknown_key_is_named_with_its_line() {
        let error =
            Dialect::from_toml("charset = 'ascii'\n[layouts.x]\nkind = 'positional'\ntags = 3").unwrap_err();
        assert_eq!(error.place, "line 4, column 1", "{error}");
        assert!(error.expected.contains("tags"), "{error}");
    }
}
