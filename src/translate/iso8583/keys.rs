//! Business keys: what is kept of a message while it is read, and what is made of it by the dialect's rules.

use std::ops::Range;

use super::table::{KeyPart, KeyRule};
use crate::message::Keys;
use crate::translate::mask::{Mask, Show};

/// Values that keys are made of.
#[derive(Debug, Default)]
pub(super) struct Captured {
    text: String,
    values: Vec<Value>,
}

#[derive(Debug)]
struct Value {
    element: usize,
    sub: Option<Range<usize>>,
    mask: Option<Mask>,
    value: Range<usize>,
}

impl Captured {
    /// Keeps a value of an element, or of a part of it.
    pub(super) fn push(&mut self, element: usize, sub: Option<&str>, mask: Option<Mask>, value: &str) {
        let sub = sub.map(|sub| self.keep(sub));
        let value = self.keep(value);
        self.values.push(Value { element, sub, mask, value });
    }

    fn keep(&mut self, text: &str) -> Range<usize> {
        let from = self.text.len();
        self.text.push_str(text);
        from..self.text.len()
    }

    /// The keys of a message. One whose parts are not all there is absent.
    pub(super) fn keys(&self, rules: &[KeyRule], show: Show) -> Keys {
        let named = rules.iter().filter_map(|rule| {
            let values = match rule.parts.as_slice() {
                [part] => self.all(part).map(|value| shown(part, value, show)).collect(),
                parts => vec![self.composed(parts, show)?],
            };
            (!values.is_empty()).then(|| (rule.name.to_string(), values))
        });
        Keys(named.collect())
    }

    fn composed(&self, parts: &[KeyPart], show: Show) -> Option<String> {
        let mut key = String::new();
        for part in parts {
            key.push_str(&shown(part, self.all(part).next()?, show));
        }
        Some(key)
    }

    /// The values that a part of a key may be made of, in the order of the message.
    fn all<'a>(&'a self, part: &'a KeyPart) -> impl Iterator<Item = (&'a str, Option<Mask>)> {
        let text = |range: &Range<usize>| self.text.get(range.clone()).unwrap_or_default();
        let named = move |value: &&Value| {
            value.element == part.element && value.sub.as_ref().map(text) == part.sub.as_deref()
        };
        self.values.iter().filter(named).map(move |value| (text(&value.value), value.mask))
    }
}

/// A value as it stands in a key. What is marked as sensitive is masked unless the dialect wants it clear, and then for
/// people only.
fn shown(part: &KeyPart, (value, mask): (&str, Option<Mask>), show: Show) -> String {
    let mask = mask.filter(|_| show == Show::Masked || !part.clear);
    let value = mask.map_or_else(|| value.to_owned(), |mask| mask.apply(value));
    if part.skip == 0 && part.take.is_none() && part.width == 0 {
        return value;
    }
    let mut shown: String = value.chars().skip(part.skip).take(part.take.unwrap_or(usize::MAX)).collect();
    let missing = part.width.saturating_sub(shown.chars().count());
    shown.extend(std::iter::repeat_n(' ', missing));
    shown
}
