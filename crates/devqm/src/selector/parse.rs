//! From words to a condition. What binds closest is deepest: arithmetic, comparison, NOT, AND, OR.

use super::token::{Token, Word};
use super::{Error, Value};

/// How deep parentheses may be nested.
const DEPTH_MAX: usize = 100;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Condition {
    Any(Vec<Condition>),
    All(Vec<Condition>),
    Not(Box<Condition>),
    Compare {
        left: Operand,
        how: Comparison,
        right: Operand,
    },
    Between {
        what: Operand,
        low: Operand,
        high: Operand,
    },
    In {
        name: String,
        texts: Vec<String>,
    },
    Like {
        name: String,
        pattern: Vec<Wanted>,
    },
    IsNull(String),
    /// An operand that is true or false itself.
    Is(Operand),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Operand {
    Literal(Value),
    Field(String),
    Negated(Box<Operand>),
    /// Operands of `+` and `-`, or of `*` and `/`, from left to right.
    Chain(Box<Operand>, Vec<(Operation, Operand)>),
    /// A condition in parentheses where a value is expected.
    Condition(Box<Condition>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    Add,
    Subtract,
    Multiply,
    Divide,
}

/// A part of a LIKE pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    This(char),
    One,
    Many,
}

pub(super) fn parse(tokens: &[Token], end: usize) -> Result<Condition, Error> {
    let mut parser = Parser { tokens, end, depth: 0, opened: None };
    let condition = parser.any()?;
    match parser.tokens {
        [] => Ok(condition),
        _ => Err(parser.expected("AND, OR or the end")),
    }
}

struct Parser<'t> {
    tokens: &'t [Token],
    end: usize,
    depth: usize,
    /// How many words there were behind the parenthesis that was opened last.
    opened: Option<usize>,
}

impl Parser<'_> {
    fn any(&mut self) -> Result<Condition, Error> {
        let mut of = vec![self.all()?];
        while self.keyword("OR") {
            of.push(self.all()?);
        }
        Ok(alone(of).unwrap_or_else(Condition::Any))
    }

    fn all(&mut self) -> Result<Condition, Error> {
        let mut of = vec![self.not()?];
        while self.keyword("AND") {
            of.push(self.not()?);
        }
        Ok(alone(of).unwrap_or_else(Condition::All))
    }

    fn not(&mut self) -> Result<Condition, Error> {
        let mut negated = false;
        while self.keyword("NOT") {
            negated = !negated;
        }
        let condition = self.comparison()?;
        Ok(if negated { Condition::Not(Box::new(condition)) } else { condition })
    }

    fn comparison(&mut self) -> Result<Condition, Error> {
        let before = self.tokens;
        let left = self.sum()?;
        if let Some(how) = self.compares() {
            let right = self.sum()?;
            return Ok(Condition::Compare { left, how, right });
        }
        if self.keyword("IS") {
            let negated = self.keyword("NOT");
            self.demand("NULL")?;
            return Ok(negate(negated, Condition::IsNull(self.name_of(left, before)?)));
        }
        let negated = self.keyword("NOT");
        if self.keyword("BETWEEN") {
            let low = self.sum()?;
            self.demand("AND")?;
            let high = self.sum()?;
            return Ok(negate(negated, Condition::Between { what: left, low, high }));
        }
        if self.keyword("IN") {
            let (name, texts) = (self.name_of(left, before)?, self.texts()?);
            return Ok(negate(negated, Condition::In { name, texts }));
        }
        if self.keyword("LIKE") {
            let (name, pattern) = (self.name_of(left, before)?, self.pattern()?);
            return Ok(negate(negated, Condition::Like { name, pattern }));
        }
        if negated {
            return Err(self.expected("BETWEEN, IN or LIKE"));
        }
        match left {
            Operand::Condition(condition) => Ok(*condition),
            Operand::Field(_) | Operand::Literal(Value::Boolean(_)) => Ok(Condition::Is(left)),
            // A value alone in parentheses is one; see `parenthesized`.
            _ if self.opened == Some(before.len()) && self.sees_sign(")") => Ok(Condition::Is(left)),
            _ => Err(self.expected("a comparison")),
        }
    }

    fn compares(&mut self) -> Option<Comparison> {
        let signs = [
            ("=", Comparison::Equal),
            ("<>", Comparison::NotEqual),
            ("<", Comparison::Less),
            ("<=", Comparison::LessOrEqual),
            (">", Comparison::Greater),
            (">=", Comparison::GreaterOrEqual),
        ];
        signs.into_iter().find_map(|(sign, how)| self.sign(sign).then_some(how))
    }

    fn sum(&mut self) -> Result<Operand, Error> {
        let first = self.product()?;
        let mut rest = Vec::new();
        while let Some(operation) = self.operation(&[("+", Operation::Add), ("-", Operation::Subtract)]) {
            rest.push((operation, self.product()?));
        }
        Ok(chained(first, rest))
    }

    fn product(&mut self) -> Result<Operand, Error> {
        let first = self.signed()?;
        let mut rest = Vec::new();
        while let Some(operation) = self.operation(&[("*", Operation::Multiply), ("/", Operation::Divide)]) {
            rest.push((operation, self.signed()?));
        }
        Ok(chained(first, rest))
    }

    fn operation(&mut self, signs: &[(&'static str, Operation)]) -> Option<Operation> {
        signs.iter().find_map(|(sign, operation)| self.sign(sign).then_some(*operation))
    }

    fn signed(&mut self) -> Result<Operand, Error> {
        let mut negated = false;
        let mut has_sign = false;
        loop {
            if self.sign("-") {
                negated = !negated;
            } else if !self.sign("+") {
                break;
            }
            has_sign = true;
        }
        let operand = self.value()?;
        if has_sign && !is_arithmetic(&operand) {
            return Err(self.expected("a number behind the sign"));
        }
        Ok(if negated { Operand::Negated(Box::new(operand)) } else { operand })
    }

    fn value(&mut self) -> Result<Operand, Error> {
        if self.sign("(") {
            return self.parenthesized();
        }
        let operand = match self.tokens.first().map(|token| &token.word) {
            Some(Word::Name(name)) => Operand::Field(name.clone()),
            Some(Word::Text(text)) => Operand::Literal(Value::Text(text.clone())),
            Some(Word::Exact(number)) => Operand::Literal(Value::Exact(*number)),
            Some(Word::Approximate(number)) => Operand::Literal(Value::Approximate(*number)),
            Some(Word::Keyword(word @ ("TRUE" | "FALSE"))) => {
                Operand::Literal(Value::Boolean(*word == "TRUE"))
            }
            _ => return Err(self.expected("a name or a value")),
        };
        self.next();
        Ok(operand)
    }

    /// What is in parentheses is a condition, or a value.
    fn parenthesized(&mut self) -> Result<Operand, Error> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(self.expected("fewer parentheses in one another"));
        }
        let outer = self.opened.replace(self.tokens.len());
        let operand = match self.any()? {
            Condition::Is(operand) => operand,
            condition => Operand::Condition(Box::new(condition)),
        };
        (self.opened, self.depth) = (outer, self.depth - 1);
        if self.sign(")") { Ok(operand) } else { Err(self.expected("a closing parenthesis")) }
    }

    fn texts(&mut self) -> Result<Vec<String>, Error> {
        if !self.sign("(") {
            return Err(self.expected("a list in parentheses"));
        }
        let mut texts = vec![self.text()?];
        while self.sign(",") {
            texts.push(self.text()?);
        }
        if self.sign(")") { Ok(texts) } else { Err(self.expected("a comma or a closing parenthesis")) }
    }

    fn pattern(&mut self) -> Result<Vec<Wanted>, Error> {
        let pattern = self.text()?;
        let escape = if self.keyword("ESCAPE") {
            let mut escape = self.text()?.chars().collect::<Vec<_>>().into_iter();
            match (escape.next(), escape.next()) {
                (Some(escape), None) => Some(escape),
                _ => return Err(self.expected("one character before it, to escape with")),
            }
        } else {
            None
        };
        wanted(&pattern, escape)
            .ok_or(self.expected("a pattern before it that escapes %, _ or the escape character"))
    }

    fn text(&mut self) -> Result<String, Error> {
        match self.tokens.first().map(|token| &token.word) {
            Some(Word::Text(text)) => {
                let text = text.clone();
                self.next();
                Ok(text)
            }
            _ => Err(self.expected("a text in quotes")),
        }
    }

    fn name_of(&self, operand: Operand, before: &[Token]) -> Result<String, Error> {
        match operand {
            Operand::Field(name) => Ok(name),
            _ => {
                let at = before.first().map_or(self.end, |token| token.at);
                Err(Error { at, expected: "a name" })
            }
        }
    }

    fn keyword(&mut self, keyword: &str) -> bool {
        let found = matches!(self.tokens.first().map(|token| &token.word), Some(Word::Keyword(word)) if *word == keyword);
        if found {
            self.next();
        }
        found
    }

    fn demand(&mut self, keyword: &'static str) -> Result<(), Error> {
        if self.keyword(keyword) { Ok(()) } else { Err(self.expected(keyword)) }
    }

    fn sees_sign(&self, sign: &str) -> bool {
        matches!(self.tokens.first().map(|token| &token.word), Some(Word::Sign(found)) if *found == sign)
    }

    fn sign(&mut self, sign: &str) -> bool {
        let found = self.sees_sign(sign);
        if found {
            self.next();
        }
        found
    }

    fn next(&mut self) {
        self.tokens = self.tokens.get(1..).unwrap_or_default();
    }

    fn expected(&self, expected: &'static str) -> Error {
        Error { at: self.tokens.first().map_or(self.end, |token| token.at), expected }
    }
}

/// The only condition of a list; the list where there are several.
fn alone(mut of: Vec<Condition>) -> Result<Condition, Vec<Condition>> {
    match of.len() {
        1 => of.pop().ok_or(of),
        _ => Err(of),
    }
}

fn negate(negated: bool, condition: Condition) -> Condition {
    if negated { Condition::Not(Box::new(condition)) } else { condition }
}

fn chained(first: Operand, rest: Vec<(Operation, Operand)>) -> Operand {
    if rest.is_empty() { first } else { Operand::Chain(Box::new(first), rest) }
}

fn is_arithmetic(operand: &Operand) -> bool {
    !matches!(operand, Operand::Literal(Value::Text(_) | Value::Boolean(_)) | Operand::Condition(_))
}

/// A pattern's parts; none where something is escaped that needs no escape.
fn wanted(pattern: &str, escape: Option<char>) -> Option<Vec<Wanted>> {
    let mut characters = pattern.chars();
    let mut wanted = Vec::new();
    while let Some(character) = characters.next() {
        wanted.push(match character {
            _ if Some(character) == escape => {
                let escaped =
                    characters.next().filter(|next| matches!(next, '%' | '_') || Some(*next) == escape);
                Wanted::This(escaped?)
            }
            '_' => Wanted::One,
            '%' => Wanted::Many,
            other => Wanted::This(other),
        });
    }
    Some(wanted)
}
