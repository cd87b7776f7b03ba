//! The attributes of a start tag, strictly; quick-xml hands the tag over whole.

use std::borrow::Cow;

use super::lexical::{Fault, is_name, is_space, referenced_character};

/// An attribute as it stands in its tag.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attribute<'a> {
    /// Empty where there is none.
    pub(super) prefix: &'a str,
    pub(super) local: &'a str,
    /// What is between the quotes.
    raw: &'a str,
    /// Where the name begins.
    pub(super) at: usize,
}

/// Where attribute scanning gives up.
#[derive(Debug, Clone, Copy)]
pub(super) struct AttributeLimits {
    pub(super) attributes_max: usize,
    pub(super) name_bytes_max: usize,
}

/// Splits what follows the name in a start tag, which begins at `at`, into attributes.
pub(super) fn scan<'a>(
    text: &'a str,
    at: usize,
    limits: AttributeLimits,
    attributes: &mut Vec<Attribute<'a>>,
) -> Result<(), Fault> {
    let mut position = 0;
    loop {
        let spaces = count(text, position, is_space);
        position += spaces;
        let Some(rest) = text.get(position..).filter(|rest| !rest.is_empty()) else { return Ok(()) };
        if spaces == 0 {
            return Err(Fault::new(at + position, "white space before the next attribute"));
        }
        if attributes.len() >= limits.attributes_max {
            return Err(Fault::new(at + position, format!("at most {} attributes", limits.attributes_max)));
        }
        let name_bytes = count(rest, 0, |byte| byte != b'=' && !is_space(byte));
        let name = rest.get(..name_bytes).unwrap_or_default();
        let value_from = position + name_bytes + count(rest, name_bytes, is_space);
        let (prefix, local) = name.split_once(':').map_or(("", name), |(prefix, local)| (prefix, local));
        if name_bytes > limits.name_bytes_max {
            return Err(Fault::new(
                at + position,
                format!("a name of at most {} bytes", limits.name_bytes_max),
            ));
        }
        if !is_name(local) || (name.len() > local.len() && !is_name(prefix)) {
            return Err(Fault::new(at + position, "the name of an attribute"));
        }
        let (raw, end) = value(text, at, value_from)?;
        attributes.push(Attribute { prefix, local, raw, at: at + position });
        position = end;
    }
}

/// The raw value after an attribute's name, and where its tag goes on.
fn value(text: &str, at: usize, from: usize) -> Result<(&str, usize), Fault> {
    let mut position = from;
    if text.as_bytes().get(position) != Some(&b'=') {
        return Err(Fault::new(at + position, "`=` and the value of the attribute"));
    }
    position += 1;
    position += count(text, position, is_space);
    let quote = match text.as_bytes().get(position) {
        Some(&quote @ (b'"' | b'\'')) => quote,
        _ => return Err(Fault::new(at + position, "the value of the attribute in quotes")),
    };
    position += 1;
    let rest = text.get(position..).unwrap_or_default();
    let Some(end) = memchr::memchr(quote, rest.as_bytes()) else {
        return Err(Fault::new(at + text.len(), "the closing quote of the attribute's value"));
    };
    let raw = rest.get(..end).unwrap_or_default();
    if let Some(bracket) = memchr::memchr(b'<', raw.as_bytes()) {
        return Err(Fault::new(at + position + bracket, "no `<` in the value of an attribute"));
    }
    Ok((raw, position + end + 1))
}

/// Refuses two attributes with one local name, whatever their prefixes: JSON members have no prefix.
pub(super) fn refuse_same_names(attributes: &[Attribute<'_>]) -> Result<(), Fault> {
    let mut names: Vec<_> = attributes
        .iter()
        .map(|attribute| {
            // Declarations are told apart by their prefix, which is their local name, and from attributes.
            let declares =
                attribute.prefix == "xmlns" || (attribute.prefix.is_empty() && attribute.local == "xmlns");
            (declares, attribute.local, attribute.prefix == "xmlns", attribute.at)
        })
        .collect();
    names.sort_unstable();
    let same = |pair: &&[(bool, &str, bool, usize)]| match pair {
        [first, second] => (first.0, first.1, first.2) == (second.0, second.1, second.2),
        _ => false,
    };
    let repeated = names.windows(2).filter(same).filter_map(|pair| pair.last()).map(|last| last.3).min();
    match repeated {
        Some(at) => Err(Fault::new(at, "attributes of different names on one element")),
        None => Ok(()),
    }
}

impl<'a> Attribute<'a> {
    /// The value: references resolved, white space normalised as XML says for an attribute that no DTD declares.
    pub(super) fn value(&self) -> Result<Cow<'a, str>, Fault> {
        if !self.raw.bytes().any(|byte| matches!(byte, b'&' | b'\t' | b'\n' | b'\r')) {
            return Ok(Cow::Borrowed(self.raw));
        }
        let mut value = String::with_capacity(self.raw.len());
        let mut rest = self.raw;
        while let Some(next) = rest.find(['&', '\t', '\n', '\r']) {
            let (plain, special) = rest.split_at(next);
            value.push_str(plain);
            if let Some(reference) = special.strip_prefix('&') {
                let (name, after) = reference.split_once(';').unwrap_or(("", ""));
                let character = referenced_character(name);
                value.push(character.ok_or_else(|| Fault::new(self.at, REFERENCES_IN_ATTRIBUTE))?);
                rest = after;
            } else {
                value.push(' ');
                rest = special.strip_prefix("\r\n").or(special.get(1..)).unwrap_or_default();
            }
        }
        value.push_str(rest);
        Ok(Cow::Owned(value))
    }
}

const REFERENCES_IN_ATTRIBUTE: &str =
    "an attribute whose references are characters, &amp;, &lt;, &gt;, &apos; or &quot;";

fn count(text: &str, from: usize, matches: impl Fn(u8) -> bool) -> usize {
    text.as_bytes().get(from..).unwrap_or_default().iter().take_while(|&&byte| matches(byte)).count()
}
