//! The words of a selection string.

use super::Error;

/// One word and where it begins, in bytes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token {
    pub(super) at: usize,
    pub(super) word: Word,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Word {
    /// A field's name. Names differ by case.
    Name(String),
    /// One of [`KEYWORDS`], in capitals.
    Keyword(&'static str),
    /// One of [`SIGNS`].
    Sign(&'static str),
    Text(String),
    Exact(i64),
    Approximate(f64),
}

/// Words that are no names, in whatever case they are written.
const KEYWORDS: [&str; 11] =
    ["AND", "BETWEEN", "ESCAPE", "FALSE", "IN", "IS", "LIKE", "NOT", "NULL", "OR", "TRUE"];
/// Longer ones before those that they begin with.
const SIGNS: [&str; 13] = ["<>", "<=", ">=", "<", ">", "=", "(", ")", ",", "+", "-", "*", "/"];

pub(super) fn tokens(text: &str) -> Result<Vec<Token>, Error> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let at = text.len() - rest.len();
        let wrong = |expected| Error { at, expected };
        let (word, behind) = match first {
            '\'' => quoted(rest, '\'')
                .map(|(text, behind)| (Word::Text(text), behind))
                .ok_or(wrong("a closing quote"))?,
            '"' => quoted(rest, '"')
                .map(|(name, behind)| (Word::Name(name), behind))
                .ok_or(wrong("a closing quote"))?,
            '0'..='9' | '.' => number(rest).ok_or(wrong("a number"))?,
            _ if begins_name(first) => name(rest),
            _ => sign(rest).ok_or(wrong("a name, a number, a text or an operator"))?,
        };
        tokens.push(Token { at, word });
        rest = behind.trim_start();
    }
    Ok(tokens)
}

/// A text between quotes; a quote within it is written twice.
fn quoted(text: &str, quote: char) -> Option<(String, &str)> {
    let mut rest = text.get(1..)?;
    let mut content = String::new();
    loop {
        let (before, behind) = rest.split_once(quote)?;
        content.push_str(before);
        match behind.strip_prefix(quote) {
            Some(behind) => {
                content.push(quote);
                rest = behind;
            }
            None => return Some((content, behind)),
        }
    }
}

/// Names may have dots in them, as MQ's properties do: `usr.colour`, `Root.MQMD.Priority`.
fn name(text: &str) -> (Word, &str) {
    let (name, rest) =
        split(text, |character| begins_name(character) || character.is_numeric() || character == '.');
    match KEYWORDS.iter().find(|keyword| keyword.eq_ignore_ascii_case(name)) {
        Some(keyword) => (Word::Keyword(keyword), rest),
        None => (Word::Name(name.to_owned()), rest),
    }
}

fn begins_name(character: char) -> bool {
    character.is_alphabetic() || matches!(character, '_' | '$')
}

fn sign(text: &str) -> Option<(Word, &str)> {
    SIGNS.iter().find_map(|sign| text.strip_prefix(sign).map(|rest| (Word::Sign(sign), rest)))
}

/// A number as Java writes it: decimal, 0x and 0 for other bases, L behind it; a point or an exponent makes it approximate.
fn number(text: &str) -> Option<(Word, &str)> {
    let (digits, rest) = split(text, |character| character.is_ascii_alphanumeric() || character == '.');
    let exponent_signed =
        !digits.starts_with("0x") && digits.ends_with(['e', 'E']) && rest.starts_with(['+', '-']);
    let (whole, rest) = if exponent_signed {
        let more = rest.get(1..)?.find(|character: char| !character.is_ascii_alphanumeric());
        text.split_at(digits.len() + 1 + more.unwrap_or(rest.len() - 1))
    } else {
        (digits, rest)
    };
    let word = match exact(whole) {
        Some(number) => Word::Exact(number),
        None => Word::Approximate(approximate(whole)?),
    };
    Some((word, rest))
}

fn exact(digits: &str) -> Option<i64> {
    let digits = digits.strip_suffix(['l', 'L']).unwrap_or(digits);
    if let Some(digits) = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        return i64::from_str_radix(digits, 16).ok();
    }
    match digits.strip_prefix('0').filter(|octal| !octal.is_empty()) {
        Some(octal) => i64::from_str_radix(octal, 8).ok(),
        None => digits.parse().ok(),
    }
}

fn approximate(digits: &str) -> Option<f64> {
    let is_number = digits.contains(['.', 'e', 'E']) && !digits.starts_with("0x");
    let digits = digits.strip_suffix(['d', 'D', 'f', 'F']).unwrap_or(digits);
    digits
        .parse()
        .ok()
        .filter(|_| is_number && digits.starts_with(|first: char| first.is_ascii_digit() || first == '.'))
}

fn split(text: &str, belongs: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|character| !belongs(character)).unwrap_or(text.len()))
}
