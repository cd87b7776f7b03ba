//! The notation that SWIFT's handbooks write field formats in (`6!n3!a15d`), with names for the parts, compiled once and
//! then only run. Knows nothing of particular fields.
//!
//! | notation | meaning |
//! |---|---|
//! | `16x`, `4!a` | up to 16, exactly 4 characters of a set |
//! | `4*35x` | up to 4 lines of up to 35 characters |
//! | `*z` | whatever is left, line ends too |
//! | `[…]` | may be absent |
//! | `$` | a line end |
//! | `/`, `:`, `'ISIN '`, `'C\|D'` | these characters; one of these words |
//! | `<name:…>` | a component; `<name*:…>` is masked, `<name,other:…>` is also given as a plain decimal named `other` |
//! | `%codes`, `%numbered`, `%subfields` | what is left, as a list ([`Parts`]) |
//! | `&name` | a notation given a name before |
//!
//! Sets: `n` digits, `a` letters, `c` letters and digits, `h` hexadecimal digits, `d` digits with a comma, `m` the same where
//! the comma may be missing, `e` spaces, `x` `y` `z` any character but a line end. SWIFT's x is smaller; banks use more.

mod compile;
mod set;

use self::set::{Set, before, begins, line_end, take_lines};
use super::parts::Parts;
use super::short::Short;

/// Optional parts within each other, at most.
const OPTIONS_MAX: usize = 4;

/// A format, compiled.
#[derive(Debug)]
pub(super) struct Notation {
    steps: Vec<Step>,
    /// What its captures are called.
    pub(super) names: Vec<Name>,
    /// The format as the handbook has it, without names.
    pub(super) plain: String,
}

/// A component's name and what is done with it.
#[derive(Debug)]
pub(super) struct Name {
    pub(super) text: String,
    /// As a JSON member from the end of the value before it up to its own value: `","amount":"`, or `","parts":[`.
    pub(super) member: Short,
    /// The same of the plain decimal beside it.
    pub(super) decimal: Option<Short>,
    pub(super) masked: bool,
    /// Its values need no escapes in JSON.
    pub(super) plain: bool,
    /// Its values have no line ends.
    pub(super) single_line: bool,
    pub(super) parts: Option<Parts>,
}

/// A component found in a value.
#[derive(Debug, Clone, Copy)]
pub(super) struct Capture {
    /// Index into [`Notation::names`].
    pub(super) name: usize,
    pub(super) start: usize,
    pub(super) end: usize,
}

#[derive(Debug, Clone)]
enum Step {
    Run(Run),
    Lines {
        lines: usize,
        most: usize,
    },
    Rest,
    Parts(Parts),
    Word(Vec<u8>),
    Words(Vec<Vec<u8>>),
    LineEnd,
    /// A component that is one run.
    Component(usize, Run),
    Open(usize),
    Close(usize),
    /// What follows may be absent: then go on at this step.
    Option(usize),
    /// It was not.
    Taken,
}

/// Characters of a set.
#[derive(Debug, Clone)]
struct Run {
    least: usize,
    most: usize,
    set: Set,
    /// It ends before this.
    stop: Option<Vec<u8>>,
}

/// Where to go back to.
#[derive(Clone, Copy, Default)]
struct Resume {
    step: usize,
    at: usize,
    captures: usize,
}

impl Notation {
    /// Whether the whole value has this format; its components are appended.
    pub(super) fn matches(&self, value: &str, captures: &mut Vec<Capture>) -> bool {
        let before = captures.len();
        let found = self.run(value, captures);
        if !found {
            captures.truncate(before);
        }
        found
    }

    /// Whether it ends with a list.
    pub(super) fn is_list(&self) -> bool {
        self.names.last().is_some_and(|name| name.parts.is_some())
    }

    /// Whether a component is masked.
    pub(super) fn is_masked(&self) -> bool {
        self.names.iter().any(|name| name.masked)
    }

    fn run(&self, value: &str, captures: &mut Vec<Capture>) -> bool {
        let (mut step, mut at) = (0, 0);
        let mut resumes = [Resume::default(); OPTIONS_MAX];
        let mut options = 0;
        loop {
            let Some(now) = self.steps.get(step) else {
                return at == value.len();
            };
            step += 1;
            let next = match now {
                Step::Option(after) => {
                    if let Some(resume) = resumes.get_mut(options) {
                        *resume = Resume { step: *after, at, captures: captures.len() };
                        options += 1;
                    }
                    Some(at)
                }
                Step::Taken => {
                    options -= 1;
                    Some(at)
                }
                Step::Open(name) => {
                    captures.push(Capture { name: *name, start: at, end: at });
                    Some(at)
                }
                Step::Close(name) => {
                    let open = captures.iter_mut().rev().find(|capture| capture.name == *name);
                    if let Some(capture) = open {
                        capture.end = at;
                    }
                    Some(at)
                }
                Step::Component(name, run) => run.take(value, at).inspect(|end| {
                    captures.push(Capture { name: *name, start: at, end: *end });
                }),
                consuming => consuming.take(value, at),
            };
            if let Some(next) = next {
                at = next;
            } else {
                let Some(resume) = options.checked_sub(1).and_then(|last| resumes.get(last)) else {
                    return false;
                };
                options -= 1;
                (step, at) = (resume.step, resume.at);
                captures.truncate(resume.captures);
            }
        }
    }
}

impl Run {
    /// Where this ends that begins at `at`; `None` where it is not there.
    #[inline]
    fn take(&self, value: &str, at: usize) -> Option<usize> {
        let rest = value.as_bytes().get(at..)?;
        let length = self.set.take(rest, self.least, self.most)?;
        let Some(stop) = &self.stop else { return Some(at + length) };
        match before(rest.get(..length + stop.len()).unwrap_or(rest), stop) {
            None => Some(at + length),
            Some(stopped) => (stopped >= self.least).then_some(at + stopped.min(length)),
        }
    }
}

impl Step {
    /// Where this ends that begins at `at`; `None` where it is not there.
    #[inline]
    fn take(&self, value: &str, at: usize) -> Option<usize> {
        let rest = value.as_bytes().get(at..)?;
        let length = match self {
            Self::Run(run) => return run.take(value, at),
            Self::Lines { lines, most } => take_lines(rest, *lines, *most)?,
            Self::Rest => rest.len(),
            Self::Parts(parts) => parts.begin(value.get(at..)?).then_some(rest.len())?,
            Self::Word(word) => begins(rest, word).then_some(word.len())?,
            Self::Words(words) => words.iter().find(|word| begins(rest, word))?.len(),
            Self::LineEnd => line_end(rest)?,
            _ => 0,
        };
        Some(at + length)
    }

    /// Whether it takes only characters that JSON takes as they are.
    fn is_plain(&self) -> bool {
        let plain = |word: &[u8]| word.iter().all(|byte| *byte >= b' ' && *byte != b'"' && *byte != b'\\');
        match self {
            Self::Run(run) => run.set != Set::Any,
            Self::Word(word) => plain(word),
            Self::Words(words) => words.iter().all(|word| plain(word)),
            Self::Open(_) | Self::Close(_) | Self::Option(_) | Self::Taken | Self::Component(..) => true,
            Self::Lines { .. } | Self::Rest | Self::Parts(_) | Self::LineEnd => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    /// The components of a value, or that it does not match.
    fn read(notation: &str, value: &str) -> Option<Vec<(String, String)>> {
        let notation = Notation::compile(notation, &HashMap::new()).unwrap();
        let mut captures = Vec::new();
        let named = |capture: &Capture| {
            (notation.names[capture.name].text.clone(), value[capture.start..capture.end].to_owned())
        };
        notation.matches(value, &mut captures).then(|| captures.iter().map(named).collect())
    }

    fn pairs(pairs: &[(&str, &str)]) -> Option<Vec<(String, String)>> {
        Some(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn exact_and_longest_runs_are_taken_whole() {
        let amount = "<date:6!n><currency:3!a><amount:15d>";
        let expected = pairs(&[("date", "231115"), ("currency", "GBP"), ("amount", "1,00")]);
        assert_eq!(read(amount, "231115GBP1,00"), expected);
        for wrong in ["23111GBP1,00", "231115GB1,00", "231115GBP1", "231115GBP1,0,0", "231115GBP1,00X", ""] {
            assert_eq!(read(amount, wrong), None, "{wrong}");
        }
        assert_eq!(read("<a:3m>", "100"), pairs(&[("a", "100")]));
        assert_eq!(read("<a:3d>", ","), None);
    }

    #[test]
    fn what_may_be_absent_is_tried_first() {
        let party = "[/<account:34x>$]<name:2*35x>";
        assert_eq!(read(party, "/1\nA\nB"), pairs(&[("account", "1"), ("name", "A\nB")]));
        assert_eq!(read(party, "A\r\nB"), pairs(&[("name", "A\r\nB")]));
        assert_eq!(read(party, "A\nB\nC"), None);
        assert_eq!(read("[<a:4!n>]<b:2!n>", "12"), pairs(&[("b", "12")]));
        assert_eq!(read("[<a:1!a>[<b:1!n>]]", "A"), pairs(&[("a", "A")]));
    }

    #[test]
    fn a_run_of_anything_stops_before_the_words_that_follow_it() {
        let references = "<own:16x>['//'<bank:16x>]";
        assert_eq!(read(references, "A/B//C//D"), pairs(&[("own", "A/B"), ("bank", "C//D")]));
        assert_eq!(read(references, "A/B"), pairs(&[("own", "A/B")]));
        assert_eq!(read("<a:'RD|D'><b:1!n>", "RD1"), pairs(&[("a", "RD"), ("b", "1")]));
    }

    #[test]
    fn components_may_be_within_components() {
        let address = "<address:<bic:2!c><branch:1!c>>";
        assert_eq!(read(address, "AB1"), pairs(&[("address", "AB1"), ("bic", "AB"), ("branch", "1")]));
    }

    #[test]
    fn characters_are_counted_and_not_bytes() {
        assert_eq!(read("<a:2x>", "äö"), pairs(&[("a", "äö")]));
        assert_eq!(read("<a:2x>", "äöü"), None);
    }

    #[test]
    fn what_is_no_notation_says_why() {
        for wrong in [
            "[1!n",
            "1!n]",
            "<a:1!n",
            "1q",
            "&none",
            "%codes",
            "<a:%none>",
            "?",
            "'a",
            "1!n>",
            "<a:1!n><a:1!n>",
        ] {
            assert!(Notation::compile(wrong, &HashMap::new()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_plain_notation_has_no_names() {
        let named = HashMap::from([("bic".to_owned(), "4!a[3!c]".to_owned())]);
        let notation = Notation::compile("[/<account*:34x>$]<bic:&bic>", &named).unwrap();
        assert_eq!(notation.plain, "[/34x$]4!a[3!c]");
        assert!(notation.is_masked());
    }
}
