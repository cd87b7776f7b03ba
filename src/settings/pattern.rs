//! Patterns of conditions: text in which `*` stands for any characters and `?` for one.

use std::fmt;
use std::str::FromStr;

/// A compiled pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    text: String,
    characters: Vec<char>,
}

/// A pattern is empty or too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a pattern of 1 to 256 characters (`*` any characters, `?` one) expected")]
pub struct PatternError;

impl FromStr for Pattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, PatternError> {
        let characters: Vec<char> = text.chars().collect();
        if characters.is_empty() || characters.len() > 256 {
            return Err(PatternError);
        }
        Ok(Self { text: text.to_owned(), characters })
    }
}

impl Pattern {
    /// Whether the whole of `value` matches. Takes time proportional to the product of the lengths at most.
    pub fn matches(&self, value: &str) -> bool {
        let pattern = self.characters.as_slice();
        let mut rest = value.chars();
        let mut at = 0;
        // Where to go on if what follows the last `*` does not match here: behind it, one character of the value later.
        let mut retry: Option<(usize, std::str::Chars<'_>)> = None;
        loop {
            let mut next = rest.clone();
            match (pattern.get(at), next.next()) {
                (Some('*'), _) => {
                    retry = Some((at + 1, rest.clone()));
                    at += 1;
                    continue;
                }
                (Some(expected), Some(found)) if *expected == '?' || *expected == found => {
                    rest = next;
                    at += 1;
                    continue;
                }
                (None, None) => return true,
                _ => {}
            }
            let Some((after_star, mut from)) = retry.take() else { return false };
            if from.next().is_none() {
                return false;
            }
            rest = from.clone();
            at = after_star;
            retry = Some((after_star, from));
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_characters_and_a_question_mark_for_one() {
        for (pattern, value, expected) in [
            ("pacs.008.*", "pacs.008.001.08", true),
            ("pacs.008.*", "pacs.009.001.08", false),
            ("*", "", true),
            ("a*b*c", "aXXbYYc", true),
            ("a*b*c", "aXXbYY", false),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("**x", "yyx", true),
            ("exact", "exact", true),
            ("exact", "exactly", false),
            ("ü?", "üé", true),
        ] {
            assert_eq!(pattern.parse::<Pattern>().unwrap().matches(value), expected, "{pattern} on {value}");
        }
        assert!("".parse::<Pattern>().is_err());
    }
}
