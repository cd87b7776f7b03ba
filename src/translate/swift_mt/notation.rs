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

use std::collections::HashMap;

use super::parts::Parts;

/// Optional parts within each other, at most.
const OPTIONS_MAX: usize = 8;

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
    /// The name of the plain decimal beside it.
    pub(super) decimal: Option<String>,
    pub(super) masked: bool,
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

#[derive(Debug)]
enum Step {
    Run {
        least: usize,
        most: usize,
        set: Set,
        stop: Option<String>,
    },
    Lines {
        lines: usize,
        most: usize,
    },
    Rest,
    Parts(Parts),
    Words(Vec<String>),
    LineEnd,
    Open(usize),
    Close(usize),
    /// What follows may be absent: then go on at this step.
    Option(usize),
    /// It was not.
    Taken,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Set {
    Digits,
    Letters,
    Alphanumeric,
    Hexadecimal,
    Decimal,
    LooseDecimal,
    Spaces,
    Any,
}

/// Where to go back to.
#[derive(Clone, Copy, Default)]
struct Resume {
    step: usize,
    at: usize,
    captures: usize,
}

impl Notation {
    /// Compiles a format. `named` are those that `&name` stands for.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn compile(text: &str, named: &HashMap<String, String>) -> Result<Self, String> {
        let whole = expanded(text, named)?;
        let mut notation = Self { steps: Vec::new(), names: Vec::new(), plain: String::new() };
        let mut reader = Reader { rest: &whole, open: Vec::new() };
        while !reader.rest.is_empty() {
            notation.read(&mut reader)?;
        }
        if !reader.open.is_empty() {
            return Err("an end of every [ and <".into());
        }
        notation.find_stops();
        Ok(notation)
    }

    /// Whether the whole value has this format; its components are appended.
    pub(super) fn matches(&self, value: &str, captures: &mut Vec<Capture>) -> bool {
        let before = captures.len();
        let found = self.run(value, captures);
        if !found {
            captures.truncate(before);
        }
        found
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

    /// A run of any characters ends before the first of the literal that follows it: `16x['//'16x]`.
    fn find_stops(&mut self) {
        let mut following: Option<String> = None;
        for step in self.steps.iter_mut().rev() {
            match step {
                Step::Run { least, most, set: Set::Any, stop } if *least < *most => *stop = following.take(),
                Step::Words(words) => following = words.first().filter(|_| words.len() == 1).cloned(),
                Step::Open(_) | Step::Close(_) | Step::Option(_) | Step::Taken => {}
                _ => following = None,
            }
        }
    }
}

impl Step {
    /// Where this ends that begins at `at`; `None` where it is not there.
    fn take(&self, value: &str, at: usize) -> Option<usize> {
        let rest = value.get(at..)?;
        match self {
            Self::Run { least, most, set, stop } => {
                let rest =
                    stop.as_ref().and_then(|stop| rest.get(..rest.find(stop.as_str())?)).unwrap_or(rest);
                set.take(rest, *least, *most).map(|length| at + length)
            }
            Self::Lines { lines, most } => take_lines(rest, *lines, *most).map(|length| at + length),
            Self::Rest => Some(value.len()),
            Self::Parts(parts) => parts.begin(rest).then_some(value.len()),
            Self::Words(words) => {
                words.iter().find(|word| rest.starts_with(word.as_str())).map(|word| at + word.len())
            }
            Self::LineEnd => line_end(rest).map(|length| at + length),
            Self::Open(_) | Self::Close(_) | Self::Option(_) | Self::Taken => Some(at),
        }
    }
}

impl Set {
    fn take(self, text: &str, least: usize, most: usize) -> Option<usize> {
        match self {
            Self::Decimal | Self::LooseDecimal => take_decimal(text, most, self == Self::Decimal),
            Self::Any => take_any(text, least, most),
            _ => {
                let length = text.bytes().take(most).take_while(|byte| self.has(*byte)).count();
                (length >= least).then_some(length)
            }
        }
    }

    fn has(self, byte: u8) -> bool {
        match self {
            Self::Digits | Self::Decimal | Self::LooseDecimal => byte.is_ascii_digit(),
            Self::Letters => byte.is_ascii_uppercase(),
            Self::Alphanumeric => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
            Self::Hexadecimal => byte.is_ascii_digit() || (b'A'..=b'F').contains(&byte),
            Self::Spaces => byte == b' ',
            Self::Any => byte != b'\n' && byte != b'\r',
        }
    }
}

/// Digits with one comma; `strict`: not without.
fn take_decimal(text: &str, most: usize, strict: bool) -> Option<usize> {
    let mut commas = 0;
    let mut digits = 0;
    for byte in text.bytes().take(most) {
        match byte {
            b',' if commas == 0 => commas += 1,
            b'0'..=b'9' => digits += 1,
            _ => break,
        }
    }
    (digits > 0 && (commas == 1 || !strict)).then_some(digits + commas)
}

fn take_any(text: &str, least: usize, most: usize) -> Option<usize> {
    let (mut length, mut characters) = (0, 0);
    for byte in text.bytes() {
        // A byte that continues a character is part of it.
        let begins = byte & 0xC0 != 0x80;
        if (begins && characters == most) || byte == b'\n' || byte == b'\r' {
            break;
        }
        length += 1;
        characters += usize::from(begins);
    }
    (characters >= least).then_some(length)
}

fn take_lines(text: &str, lines: usize, most: usize) -> Option<usize> {
    let mut length = take_any(text, 1, most)?;
    for _ in 1..lines {
        let Some(rest) = text.get(length..) else { break };
        let Some(end) = line_end(rest) else { break };
        let Some(line) = rest.get(end..).and_then(|line| take_any(line, 0, most)) else { break };
        length += end + line;
    }
    Some(length)
}

/// The length of the line end that a text begins with.
pub(super) fn line_end(text: &str) -> Option<usize> {
    match text.as_bytes() {
        [b'\n', ..] => Some(1),
        [b'\r', b'\n', ..] => Some(2),
        _ => None,
    }
}

/// What is being compiled.
struct Reader<'a> {
    rest: &'a str,
    /// Options and components that have not ended: the step that began them.
    open: Vec<usize>,
}

impl Reader<'_> {
    fn take(&mut self) -> char {
        let mut characters = self.rest.chars();
        let first = characters.next().unwrap_or_default();
        self.rest = characters.as_str();
        first
    }

    /// What stands before a character, which is taken too.
    fn until(&mut self, end: char) -> Result<String, String> {
        let (before, after) = self.rest.split_once(end).ok_or_else(|| format!("{end}"))?;
        let before = before.to_owned();
        self.rest = after;
        Ok(before)
    }

    fn number(&mut self) -> Option<usize> {
        let digits = self.rest.len() - self.rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, rest) = self.rest.split_at_checked(digits)?;
        self.rest = rest;
        number.parse().ok()
    }
}

impl Notation {
    fn read(&mut self, reader: &mut Reader<'_>) -> Result<(), String> {
        let first = reader.rest.chars().next().unwrap_or_default();
        match first {
            '0'..='9' => self.read_run(reader),
            _ => {
                reader.take();
                self.read_mark(first, reader)
            }
        }
    }

    fn read_mark(&mut self, mark: char, reader: &mut Reader<'_>) -> Result<(), String> {
        match mark {
            ' ' => {}
            '[' => {
                reader.open.push(self.steps.len());
                self.steps.push(Step::Option(0));
                self.plain.push('[');
            }
            ']' => self.end_option(reader)?,
            '<' => self.open_component(reader)?,
            '>' => self.close_component(reader)?,
            '$' => {
                self.steps.push(Step::LineEnd);
                self.plain.push('$');
            }
            '/' | ':' => self.word(vec![mark.to_string()]),
            '\'' => {
                let words = reader.until('\'')?;
                self.word(words.split('|').map(str::to_owned).collect());
            }
            '%' => self.read_parts(reader)?,
            '*' => {
                reader.take();
                self.steps.push(Step::Rest);
                self.plain.push_str("*z");
            }
            other => return Err(format!("a notation, not {other}")),
        }
        Ok(())
    }

    /// Words; a single one joins the single one before it, so that runs stop at all of it.
    fn word(&mut self, words: Vec<String>) {
        self.plain.push_str(&words.join("|"));
        match (self.steps.last_mut(), words.as_slice()) {
            (Some(Step::Words(before)), [word]) if before.len() == 1 => {
                before.iter_mut().for_each(|before| before.push_str(word));
            }
            _ => self.steps.push(Step::Words(words)),
        }
    }

    fn read_run(&mut self, reader: &mut Reader<'_>) -> Result<(), String> {
        let most = reader.number().ok_or("a number")?;
        let mark = reader.take();
        let step = match mark {
            '*' => {
                let characters = reader.number().ok_or("a number")?;
                let set = reader.take();
                self.plain.push_str(&format!("{most}*{characters}{set}"));
                Step::Lines { lines: most, most: characters }
            }
            '!' => {
                let set = reader.take();
                self.plain.push_str(&format!("{most}!{set}"));
                Step::Run { least: most, most, set: set_of(set)?, stop: None }
            }
            set => {
                self.plain.push_str(&format!("{most}{set}"));
                Step::Run { least: 1, most, set: set_of(set)?, stop: None }
            }
        };
        self.steps.push(step);
        Ok(())
    }

    fn read_parts(&mut self, reader: &mut Reader<'_>) -> Result<(), String> {
        let end = reader.rest.find(['>', ' ']).ok_or("a list within < and >")?;
        let (name, rest) = reader.rest.split_at(end);
        let parts = Parts::named(name).ok_or_else(|| format!("a list, not %{name}"))?;
        reader.rest = rest;
        let open = reader.open.last().and_then(|open| self.steps.get(*open));
        let Some(Step::Open(index)) = open else { return Err("a list within < and >".into()) };
        if let Some(name) = self.names.get_mut(*index) {
            name.parts = Some(parts);
        }
        self.plain.push('%');
        self.plain.push_str(parts.name());
        self.steps.push(Step::Parts(parts));
        Ok(())
    }

    fn open_component(&mut self, reader: &mut Reader<'_>) -> Result<(), String> {
        let head = reader.until(':')?;
        let (name, decimal) = match head.split_once(',') {
            Some((name, decimal)) => (name, Some(decimal.to_owned())),
            None => (head.as_str(), None),
        };
        let masked = name.ends_with('*');
        let text = name.trim_end_matches('*').to_owned();
        let taken = |other: &Name| other.text == text || other.decimal.as_ref() == Some(&text);
        if self.names.iter().any(taken) {
            return Err(format!("{text} once"));
        }
        reader.open.push(self.steps.len());
        self.steps.push(Step::Open(self.names.len()));
        self.names.push(Name { text, decimal, masked, parts: None });
        Ok(())
    }

    fn close_component(&mut self, reader: &mut Reader<'_>) -> Result<(), String> {
        match reader.open.pop().and_then(|open| self.steps.get(open)) {
            Some(Step::Open(name)) => {
                let close = Step::Close(*name);
                self.steps.push(close);
                Ok(())
            }
            _ => Err("a < before its >".into()),
        }
    }

    fn end_option(&mut self, reader: &mut Reader<'_>) -> Result<(), String> {
        self.plain.push(']');
        self.steps.push(Step::Taken);
        let after = self.steps.len();
        match reader.open.pop().and_then(|open| self.steps.get_mut(open)) {
            Some(Step::Option(resume)) if reader.open.len() < OPTIONS_MAX => {
                *resume = after;
                Ok(())
            }
            _ => Err(format!("a [ before its ], and at most {OPTIONS_MAX} within each other")),
        }
    }
}

/// A format with what `&name` stands for in its place.
fn expanded(text: &str, named: &HashMap<String, String>) -> Result<String, String> {
    let mut whole = String::new();
    let mut pieces = text.split('&');
    whole.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        let end = piece.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(piece.len());
        let (name, rest) = piece.split_at(end);
        whole.push_str(named.get(name).ok_or_else(|| format!("a notation named {name}"))?);
        whole.push_str(rest);
    }
    Ok(whole)
}

fn set_of(letter: char) -> Result<Set, String> {
    Ok(match letter {
        'n' => Set::Digits,
        'a' => Set::Letters,
        'c' => Set::Alphanumeric,
        'h' => Set::Hexadecimal,
        'd' => Set::Decimal,
        'm' => Set::LooseDecimal,
        'e' => Set::Spaces,
        'x' | 'y' | 'z' => Set::Any,
        other => return Err(format!("a set of characters, not {other}")),
    })
}

#[cfg(test)]
mod tests {
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
