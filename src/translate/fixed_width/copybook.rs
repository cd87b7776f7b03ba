//! Layouts from COBOL copybooks: what a copybook says becomes TOML; what it does not say (character set, where records end,
//! which redefinition holds when) is left for a person to add. Knows nothing of messages.
//!
//! # Layout
//!
//! * `lines`: columns, comments and continuation lines; words. `entry`: what one entry says. `picture`: PICTURE strings.
//! * `tree`: levels within levels. `emit`: TOML.

mod lines;
mod entry;
mod picture;
mod tree;
mod emit;

use std::fmt;

/// A copybook that cannot be imported: where, and what should be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopybookError {
    /// The line, from 1.
    pub line: usize,
    /// What should be there.
    pub expected: String,
}

/// The layout of a copybook, in TOML. Names stay as COBOL has them.
///
/// # Errors
/// The first line that is not understood.
pub fn import(text: &str) -> Result<String, CopybookError> {
    let words = lines::words(text)?;
    let entries = entry::entries(&words)?;
    let records = tree::records(entries)?;
    emit::layout(&records)
}

impl CopybookError {
    fn new(line: usize, expected: impl Into<String>) -> Self {
        Self { line, expected: expected.into() }
    }
}

impl fmt::Display for CopybookError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: expected {}", self.line, self.expected)
    }
}

impl std::error::Error for CopybookError {}

#[cfg(test)]
mod tests {
    use super::super::Layout;
    use super::*;

    const COPYBOOK: &str = "
      * An account and its movements.
000200 01  ACCOUNT.
000300     05  ACCT-KIND           PIC X.
           88  IS-OPEN             VALUE 'O'.
           05  FILLER              PIC X(2)    VALUE SPACES.
           05  BALANCE             PIC S9(9)V99 COMP-3.
           05  LIMIT          PIC S9(5)V99 SIGN IS LEADING SEPARATE.
           05  OPENED.
               10  YEAR            PIC 9(4).
               10  MONTH-DAY       PIC 99 OCCURS 2 TIMES.
           05  OPENED-TEXT REDEFINES OPENED PIC X(8).
           05  RATE                PIC 9V9(4) USAGE BINARY.
           05  MOVE-COUNT          PIC 9(2) COMP-5.
           05  WEIGHT              COMP-1.
           05  NAME                PIC X(20) JUSTIFIED RIGHT.
           05  SHOWN               PIC ZZ,ZZ9.99- BLANK WHEN ZERO.
           05  MOVES OCCURS 0 TO 20 TIMES DEPENDING ON MOVE-COUNT
                     INDEXED BY MOVE-INDEX.
               10  AMOUNT          PIC S9(7)V99.
               10  AMOUNT          PIC 9(3)PPP.
";

    #[test]
    fn a_copybook_is_a_layout_that_can_be_used() {
        let toml = import(COPYBOOK).unwrap();
        let lines: Vec<&str> = toml.lines().map(str::trim).collect();
        for expected in [
            "name = \"ACCOUNT\"",
            "# IS-OPEN: 'O'",
            "{ name = \"ACCT-KIND\", length = 1 },",
            "{ length = 2, type = \"filler\" },",
            "{ name = \"BALANCE\", length = 6, type = \"packed\", scale = 2 },",
            "{ name = \"LIMIT\", length = 8, type = \"zoned\", sign = \"separate-leading\", scale = 2 },",
            "{ name = \"OPENED\", fields = [",
            "{ name = \"MONTH-DAY\", occurs = 2, length = 2, type = \"digits\" },",
            "{ name = \"OPENED-TEXT\", redefines = \"OPENED\", length = 8 },",
            "{ name = \"RATE\", length = 4, type = \"binary\", scale = 4, signed = false },",
            "{ name = \"NAME\", length = 20, justify = \"right\" },",
            "{ name = \"SHOWN\", length = 10 },",
            "{ name = \"MOVES\", occurs = { from = \"MOVE-COUNT\", min = 0, max = 20 }, fields = [",
            "{ name = \"AMOUNT\", length = 9, type = \"zoned\", scale = 2 },",
            "{ name = \"AMOUNT-2\", length = 3, type = \"number\", scale = -3 },",
        ] {
            assert!(lines.contains(&expected), "{expected}\n{toml}");
        }
        Layout::from_toml(&toml).unwrap_or_else(|error| panic!("{error}\n{toml}"));
    }

    #[test]
    fn entries_without_a_record_are_one() {
        let toml = import("       05  A PIC X.\n       05  B PIC 9.\n").unwrap();
        assert!(toml.contains("name = \"RECORD\"") && toml.contains("\"B\""), "{toml}");
        Layout::from_toml(&toml).unwrap();
    }

    #[test]
    fn what_is_not_understood_is_refused_with_its_line() {
        for (copybook, line, expected) in [
            ("", 1, "an entry"),
            ("01 A.\n   05 B PIC X SYNC.", 2, "a FILLER for the slack bytes"),
            ("01 A.\n   05 B PIC N(3).", 2, "a PICTURE of characters or digits"),
            ("01 A.\n\n   05 B.", 3, "a PICTURE, or entries of a higher level"),
            ("COPY OTHER.", 1, "a level number"),
            ("01 A.\n 05 B PIC X COMP-3.", 2, "a PICTURE of digits"),
            ("01 A.\n 05 B PIC 9(20) COMP.", 2, "at most 18 digits"),
            ("01 A.\n 05 B PIC X FROB.", 2, "a clause of a data description"),
            ("01 A.\n 05 B PIC X OCCURS 0 TIMES.", 2, "a number of times"),
            ("01 A.\n 05 B PIC X VALUE 'a.", 2, "the end of the literal"),
            ("88 A VALUE 'x'.", 1, "an entry before level 88"),
        ] {
            let error = import(copybook).unwrap_err();
            assert!(error.line == line && error.expected.contains(expected), "{copybook}: {error}");
        }
    }
}
