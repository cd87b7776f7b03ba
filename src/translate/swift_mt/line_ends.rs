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

    /// What the line ends of a text are, and the text with line feeds where they are next lines, if they may be.
    pub(super) fn of(text: Cow<'_, str>, may_be_nel: bool) -> (Self, Cow<'_, str>) {
        let bytes = text.as_bytes();
        let mut feeds = memchr::memchr_iter(b'\n', bytes)
            .map(|at| at.checked_sub(1).and_then(|before| bytes.get(before)) == Some(&b'\r'));
        let Some(first) = feeds.next() else {
            if may_be_nel && text.contains(NEXT_LINE) {
                return (Self::Nel, Cow::Owned(text.replace(NEXT_LINE, "\n")));
            }
            return (Self::CrLf, text);
        };
        let ends = match (first, feeds.all(|returned| returned == first)) {
            (true, true) => Self::CrLf,
            (false, true) => Self::Lf,
            (_, false) => Self::Mixed,
        };
        (ends, text)
    }

    /// A document's text as it is on the wire.
    pub(super) fn write(self, text: &str) -> Cow<'_, str> {
        match self {
            Self::CrLf if text.contains('\n') => Cow::Owned(text.replace('\n', "\r\n")),
            Self::Nel if text.contains('\n') => Cow::Owned(text.replace('\n', "\u{85}")),
            _ => Cow::Borrowed(text),
        }
    }

    /// A text of the wire as it is in the document, where all of its line ends are carriage return and line feed.
    pub(super) fn read(self, text: &str) -> Cow<'_, str> {
        match self {
            Self::CrLf if text.contains('\r') => Cow::Owned(text.replace("\r\n", "\n")),
            _ => Cow::Borrowed(text),
        }
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
            let (found, text) = LineEnds::of(Cow::Borrowed(wire), true);
            assert_eq!(found, ends, "{wire:?}");
            assert_eq!(found.write(&found.read(&text)), wire);
            assert_eq!(LineEnds::named(ends.name()), Some(ends));
        }
    }
}
