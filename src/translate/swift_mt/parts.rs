//! Lists within a value: code words, numbered lines, sub-fields. Each has items of a code and a text. Knows nothing of
//! particular fields.
//!
//! | list | its items begin with | the text of an item |
//! |---|---|---|
//! | codes | `/CODE/` at the beginning of a line | to the next; `//` at the beginning of a line is dropped |
//! | inline | `/CODE/` anywhere, of these codes only | to the next; line ends are dropped, for they are where a line was full |
//! | numbered | `1/` at the beginning of a line | to the next |
//! | subfields | `?20` anywhere, after up to four characters of a transaction code | to the next; line ends are dropped |

/// A kind of list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Parts {
    Codes,
    Inline,
    Numbered,
    Subfields,
}

/// An item of a list: where its code and its text stand in the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part<'a> {
    pub(super) code: &'a str,
    /// As it stands: [`Parts::lines`] gives what is of it.
    pub(super) text: &'a str,
}

/// Longest code word.
const CODE_BYTES_MAX: usize = 8;

/// The code words of statements' information to the account owner, as Dutch banks and the common reporting templates of
/// SWIFT have them.
const INLINE: [&str; 36] = [
    "ABUS", "ADDR", "BENM", "BIC", "BREF", "CNTP", "CSID", "EREF", "EXCH", "IBAN", "ID", "IREF", "ISDT",
    "MARF", "NAME", "OAMT", "OCMT", "ORDP", "PREF", "PURP", "PY", "REMI", "RREF", "RTRN", "SVCL", "SWOC",
    "TRCD", "TRTP", "TXT", "UDTR", "UETR", "ULTB", "ULTC", "ULTD", "UREF", "VACC",
];

impl Parts {
    pub(super) fn named(name: &str) -> Option<Self> {
        [Self::Codes, Self::Inline, Self::Numbered, Self::Subfields]
            .into_iter()
            .find(|list| list.name() == name)
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Codes => "codes",
            Self::Inline => "inline",
            Self::Numbered => "numbered",
            Self::Subfields => "subfields",
        }
    }

    /// Whether a text begins such a list.
    pub(super) fn begin(self, text: &str) -> bool {
        self.code_at(text, text).is_some()
    }

    /// The items of a text that begins such a list.
    pub(super) fn items(self, whole: &str) -> Items<'_> {
        Items { parts: self, whole, rest: whole }
    }

    /// The pieces of an item's text that are joined to it, by line ends where [`Parts::keeps_lines`].
    pub(super) fn lines(self, text: &str) -> impl Iterator<Item = &str> {
        text.split('\n').map(move |line| {
            let line = line.strip_suffix('\r').unwrap_or(line);
            if self == Self::Codes { line.strip_prefix("//").unwrap_or(line) } else { line }
        })
    }

    /// Whether line ends are part of the text, and not only where a line was full.
    pub(super) fn keeps_lines(self) -> bool {
        matches!(self, Self::Codes | Self::Numbered)
    }

    /// The code that an item begins with, and how long the beginning is.
    fn code_at<'a>(self, text: &'a str, whole: &str) -> Option<(&'a str, usize)> {
        match self {
            Self::Codes => slashed(text),
            Self::Inline => slashed(text).filter(|(code, _)| INLINE.binary_search(code).is_ok()),
            Self::Numbered => {
                let (number, rest) = text.split_at_checked(1)?;
                (number.bytes().all(|byte| byte.is_ascii_digit()) && rest.starts_with('/'))
                    .then_some((number, 2))
            }
            Self::Subfields => {
                let rest = text.strip_prefix(mark(whole)?)?;
                let code = rest.get(..2)?;
                code.bytes().all(|byte| byte.is_ascii_digit()).then_some((code, 3))
            }
        }
    }

    /// Where the next item may begin after some text.
    fn next(self, text: &str, whole: &str) -> usize {
        let found = match self {
            Self::Codes | Self::Numbered => after_line_end(text, |line| self.code_at(line, whole).is_some()),
            Self::Inline => anywhere(text, '/', |rest| self.code_at(rest, whole).is_some()),
            Self::Subfields => {
                mark(whole).and_then(|mark| anywhere(text, mark, |rest| self.code_at(rest, whole).is_some()))
            }
        };
        found.unwrap_or(text.len())
    }
}

/// `/CODE/`.
fn slashed(text: &str) -> Option<(&str, usize)> {
    let rest = text.strip_prefix('/')?;
    let end = rest.bytes().take(CODE_BYTES_MAX + 1).position(|byte| byte == b'/')?;
    let code = rest.get(..end)?;
    let valid = code.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    (!code.is_empty() && valid).then_some((code, end + 2))
}

/// What sub-fields begin with: it is the same in all of a value.
fn mark(whole: &str) -> Option<char> {
    whole.chars().next().filter(|mark| matches!(mark, '?' | '>' | '+' | '@' | '~'))
}

/// The first line end after which something holds.
fn after_line_end(text: &str, holds: impl Fn(&str) -> bool) -> Option<usize> {
    let ends = text.match_indices('\n').map(|(at, _)| at);
    ends.into_iter().find(|at| text.get(at + 1..).is_some_and(&holds))
}

/// The first of a character from which something holds.
fn anywhere(text: &str, character: char, holds: impl Fn(&str) -> bool) -> Option<usize> {
    text.match_indices(character).map(|(at, _)| at).find(|at| text.get(*at..).is_some_and(&holds))
}

/// The items of a list, in order.
pub(super) struct Items<'a> {
    parts: Parts,
    whole: &'a str,
    rest: &'a str,
}

impl<'a> Iterator for Items<'a> {
    type Item = Part<'a>;

    fn next(&mut self) -> Option<Part<'a>> {
        self.rest = self.rest.strip_prefix('\n').unwrap_or(self.rest);
        let (code, length) = self.parts.code_at(self.rest, self.whole)?;
        let rest = self.rest.get(length..)?;
        let (text, rest) = rest.split_at_checked(self.parts.next(rest, self.whole))?;
        self.rest = rest;
        Some(Part { code, text: text.strip_suffix('\r').unwrap_or(text) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(list: &str, text: &str) -> Vec<(String, String)> {
        let parts = Parts::named(list).unwrap();
        let joined = |text: &str| {
            let lines: Vec<&str> = parts.lines(text).collect();
            lines.join(if parts.keeps_lines() { "\n" } else { "" })
        };
        parts.items(text).map(|part| (part.code.to_owned(), joined(part.text))).collect()
    }

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(code, text)| ((*code).to_owned(), (*text).to_owned())).collect()
    }

    #[test]
    fn code_words_begin_lines_and_run_on() {
        let text = "/INS/BANK\r\n//OF\r\n/REC/a/B/c\r\nfree";
        assert_eq!(items("codes", text), pairs(&[("INS", "BANK\nOF"), ("REC", "a/B/c\nfree")]));
        assert_eq!(items("codes", "/BE04/\n/MREF/x"), pairs(&[("BE04", ""), ("MREF", "x")]));
        assert!(!Parts::Codes.begin("INS/") && !Parts::Codes.begin("/ins/") && !Parts::Codes.begin("//"));
    }

    #[test]
    fn inline_codes_are_those_of_the_list_only() {
        let text = "/TRTP/SEPA/IBAN/NL1\n23/REMI/USTD//x/EREF/1";
        let expected = [("TRTP", "SEPA"), ("IBAN", "NL123"), ("REMI", "USTD//x"), ("EREF", "1")];
        assert_eq!(items("inline", text), pairs(&expected));
        assert!(INLINE.is_sorted());
    }

    #[test]
    fn sub_fields_begin_anywhere_with_the_mark_of_the_first() {
        let text = "?00CREDIT?20EREF+1\n2?ab?21x";
        assert_eq!(items("subfields", text), pairs(&[("00", "CREDIT"), ("20", "EREF+12?ab"), ("21", "x")]));
        assert_eq!(items("subfields", ">20a?21b"), pairs(&[("20", "a?21b")]));
    }

    #[test]
    fn numbered_lines_go_on_to_the_next_number() {
        assert_eq!(
            items("numbered", "1/A\n1/B\nC\n3/GB/X"),
            pairs(&[("1", "A"), ("1", "B\nC"), ("3", "GB/X")])
        );
    }
}
