//! Line ends of a whole text. In a document they are line feeds, and one member says what they were.

use std::borrow::Cow;

/// What the line ends of a text are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LineEnds {
    /// Carriage return and line feed, all of them, or none at all: what FIN has.
    CrLf,
    /// Line feeds, all of them.
    Lf,
    /// Next line (U+0085), all of them: EBCDIC.
    Nel,
    /// Both: they stand in the document as they came.
    Mixed,
}

const NEXT_LINE: char = '\u{85}';

impl LineEnds {
    /// As the document names them.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::CrLf => "crlf",
            Self::Lf => "lf",
            Self::Nel => "nel",
            Self::Mixed => "mixed",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        [Self::CrLf, Self::Lf, Self::Nel, Self::Mixed].into_iter().find(|ends| ends.name() == name)
    }

    /// What the line ends of a text are, whether it has nothing but them that JSON wants escaped, and the text with line feeds
    /// where they are next lines, if they may be.
    pub(super) fn of(text: Cow<'_, str>, may_be_nel: bool) -> (Self, bool, Cow<'_, str>) {
        let found = Found::of(text.as_bytes());
        let ends = match (found.returned, found.bare) {
            (false, false) if may_be_nel && text.contains(NEXT_LINE) => {
                return (Self::Nel, !found.special, Cow::Owned(text.replace(NEXT_LINE, "\n")));
            }
            (_, false) => Self::CrLf,
            (false, true) => Self::Lf,
            (true, true) => Self::Mixed,
        };
        (ends, ends != Self::Mixed && !found.special, text)
    }

    /// A document's text as it is on the wire.
    pub(super) fn write(self, text: &str) -> Cow<'_, str> {
        match self {
            Self::CrLf if text.contains('\n') => Cow::Owned(text.replace('\n', "\r\n")),
            Self::Nel if text.contains('\n') => Cow::Owned(text.replace('\n', "\u{85}")),
            _ => Cow::Borrowed(text),
        }
    }

    /// Whether a text of the wire is this text of a document.
    pub(super) fn is(self, wire: &str, document: &str) -> bool {
        let mut rest = wire;
        let same = document.chars().all(|character| {
            let after = match character {
                '\n' if self == Self::CrLf => rest.strip_prefix("\r\n"),
                _ => rest.strip_prefix(character),
            };
            after.inspect(|after| rest = after).is_some()
        });
        same && rest.is_empty()
    }

    /// A text of the wire as it is in the document, where all of its line ends are carriage return and line feed.
    pub(super) fn read(self, text: &str) -> Cow<'_, str> {
        match self {
            Self::CrLf if text.contains('\r') => Cow::Owned(text.replace("\r\n", "\n")),
            _ => Cow::Borrowed(text),
        }
    }
}

/// What a text has.
struct Found {
    /// Line feeds after carriage returns.
    returned: bool,
    /// Line feeds without.
    bare: bool,
    /// What JSON wants escaped beside both.
    special: bool,
}

impl Found {
    /// No step depends on the one before, so that many bytes are one.
    fn of(bytes: &[u8]) -> Self {
        let (mut returned, mut bare, mut special) = (0_u8, 0_u8, 0_u8);
        let after = bytes.get(1..).unwrap_or_default();
        for (&byte, &next) in bytes.iter().zip(after) {
            let (feed, carriage) = (next == b'\n', byte == b'\r');
            returned |= u8::from(feed & carriage);
            bare |= u8::from(feed & !carriage);
            let control = (byte < b' ') & (byte != b'\n') & !(feed & carriage);
            special |= u8::from(control | (byte == b'"') | (byte == b'\\'));
        }
        // The first byte has none before it, and the last none after it.
        let last =
            bytes.last().is_some_and(|&last| last != b'\n' && (last < b' ' || last == b'"' || last == b'\\'));
        let first = bytes.first() == Some(&b'\n');
        Self { returned: returned != 0, bare: bare != 0 || first, special: special != 0 || last }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_comes_back() {
        for (wire, ends) in [
            ("a", LineEnds::CrLf),
            ("a\r\nb\r\n", LineEnds::CrLf),
            ("a\r\r\nb\r", LineEnds::CrLf),
            ("a\nb\rc", LineEnds::Lf),
            ("a\r\nb\n", LineEnds::Mixed),
            ("a\u{85}b", LineEnds::Nel),
            ("a\u{85}\nb", LineEnds::Lf),
        ] {
            let (found, _, text) = LineEnds::of(Cow::Borrowed(wire), true);
            assert_eq!(found, ends, "{wire:?}");
            assert_eq!(found.write(&found.read(&text)), wire);
            assert!(found.is(&text, &found.read(&text)) && !found.is(&text, "a\n"));
            assert_eq!(LineEnds::named(ends.name()), Some(ends));
        }
    }

    #[test]
    fn what_json_wants_escaped_is_found_wherever_it_is() {
        let is_clean = |text: &str| LineEnds::of(Cow::Borrowed(text), true).1;
        assert!(["a\r\nb\r\n", "\na\n", "", "\u{85}a\u{85}"].into_iter().all(is_clean));
        for special in ["\r", "\t", "\"", "\\", "\0"] {
            for text in [format!("{special}ab\r\n"), format!("a{special}b"), format!("ab\r\n{special}")] {
                assert!(!is_clean(&text), "{text:?}");
            }
        }
        assert!(!is_clean("a\r\nb\n"));
    }
}
