//! Text → a [`Notation`], compiled.

use std::collections::HashMap;

use super::super::parts::Parts;
use super::super::short::Short;
use super::set::Set;
use super::{Name, Notation, OPTIONS_MAX, Run, Step};

impl Notation {
    /// Compiles a format. `named` are those that `&name` stands for.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(in super::super) fn compile(text: &str, named: &HashMap<String, String>) -> Result<Self, String> {
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
        notation.find_plain();
        notation.join();
        Ok(notation)
    }

    /// Most components are one run: then three steps are one.
    fn join(&mut self) {
        let steps = std::mem::take(&mut self.steps);
        let mut rest = steps.as_slice();
        // Where each step is now, for those that go on elsewhere.
        let mut places = Vec::with_capacity(steps.len() + 1);
        while let Some((step, after)) = rest.split_first() {
            let (joined, count) = match (step, after) {
                (Step::Open(name), [Step::Run(run), Step::Close(_), ..]) => {
                    (Step::Component(*name, run.clone()), 3)
                }
                _ => (step.clone(), 1),
            };
            places.extend(std::iter::repeat_n(self.steps.len(), count));
            self.steps.push(joined);
            rest = rest.get(count..).unwrap_or_default();
        }
        places.push(self.steps.len());
        for step in &mut self.steps {
            if let Step::Option(resume) = step {
                *resume = places.get(*resume).copied().unwrap_or_default();
            }
        }
    }

    /// Which components hold only characters that JSON takes as they are.
    fn find_plain(&mut self) {
        let mut open = Vec::new();
        for step in &self.steps {
            match step {
                Step::Open(name) => open.push(*name),
                Step::Close(_) => {
                    open.pop();
                }
                step if step.is_plain() => {}
                step => {
                    for name in &open {
                        if let Some(name) = self.names.get_mut(*name) {
                            name.plain = false;
                            name.single_line &= matches!(step, Step::Run(_));
                        }
                    }
                }
            }
        }
    }

    /// A run of any characters ends before the first of the literal that follows it: `16x['//'16x]`.
    fn find_stops(&mut self) {
        let mut following: Option<Vec<u8>> = None;
        for step in self.steps.iter_mut().rev() {
            match step {
                Step::Run(run) if run.set == Set::Any && run.least < run.most => run.stop = following.take(),
                Step::Word(word) => following = Some(word.clone()),
                Step::Open(_) | Step::Close(_) | Step::Option(_) | Step::Taken => {}
                _ => following = None,
            }
        }
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
            '/' | ':' => {
                self.plain.push(mark);
                self.word(vec![mark.to_string().into_bytes()]);
            }
            '\'' => {
                let words = reader.until('\'')?;
                self.plain.push_str(&words);
                self.word(words.split('|').map(|word| word.as_bytes().to_vec()).collect());
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
    fn word(&mut self, mut words: Vec<Vec<u8>>) {
        match (self.steps.last_mut(), words.as_slice()) {
            (Some(Step::Word(before)), [word]) => before.extend(word),
            (_, [_]) => self.steps.extend(words.pop().map(Step::Word)),
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
                Step::Run(Run { least: most, most, set: set_of(set)?, stop: None })
            }
            set => {
                self.plain.push_str(&format!("{most}{set}"));
                Step::Run(Run { least: 1, most, set: set_of(set)?, stop: None })
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
            name.member = Short::new(&format!("\",\"{}\":[", name.text))?;
        }
        self.plain.push('%');
        self.plain.push_str(parts.name());
        self.steps.push(Step::Parts(parts));
        Ok(())
    }

    fn open_component(&mut self, reader: &mut Reader<'_>) -> Result<(), String> {
        let head = reader.until(':')?;
        let (name, decimal) = match head.split_once(',') {
            Some((name, decimal)) => (name, Some(member(decimal)?)),
            None => (head.as_str(), None),
        };
        let masked = name.ends_with('*');
        let text = name.trim_end_matches('*').to_owned();
        let opening = member(&text)?;
        let taken = |other: &Name| other.member == opening || other.decimal.as_ref() == Some(&opening);
        if self.names.iter().any(taken) {
            return Err(format!("{text} once"));
        }
        reader.open.push(self.steps.len());
        self.steps.push(Step::Open(self.names.len()));
        self.names.push(Name {
            text,
            member: opening,
            decimal,
            masked,
            plain: true,
            single_line: true,
            parts: None,
        });
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

/// How a JSON member of text begins after the text of another.
fn member(name: &str) -> Result<Short, String> {
    Short::new(&format!("\",\"{name}\":\""))
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
