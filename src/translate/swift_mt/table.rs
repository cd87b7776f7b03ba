//! The formats of fields: `fields.txt`, compiled once. Knows tags and notations, and nothing of messages.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::notation::{Capture, Notation};
use super::short::Short;

/// Compiled when the first translator is made.
pub(super) static TABLE: LazyLock<Table> = LazyLock::new(|| match Table::parse(include_str!("fields.txt")) {
    Ok(table) => table,
    Err(fault) => unreachable!("fields.txt is part of the program, and a test reads it: {fault}"),
});

/// All formats, by tag.
#[derive(Debug)]
pub(super) struct Table {
    formats: Vec<Format>,
    /// Those of tags of two or three digits, or two and a letter, by [`slot`].
    short: Vec<Option<u16>>,
    /// Those of all other tags, by their first byte.
    long: Vec<Vec<(String, u16)>>,
    /// Tags that few may follow, and those.
    followers: Vec<(String, Vec<String>)>,
}

/// The formats of one tag.
#[derive(Debug)]
pub(super) struct Format {
    /// How its list of components begins after another: `,"32A":[{"at":"`.
    pub(super) open: Short,
    /// How a field of it begins after another: `"],["32A","`.
    pub(super) pair: Short,
    /// The only tags that may follow it.
    followers: Option<Vec<String>>,
    /// Its name for people.
    pub(super) name: String,
    /// What its values look like, for those that do not.
    pub(super) plain: String,
    /// Tried in this order.
    pub(super) notations: Vec<Notation>,
}

/// Letters, digits, and none.
const LASTS: usize = 37;

impl Table {
    fn parse(text: &str) -> Result<Self, String> {
        let mut table = Self {
            formats: Vec::new(),
            short: vec![None; 100 * LASTS],
            long: vec![Vec::new(); 256],
            followers: Vec::new(),
        };
        let mut named = HashMap::new();
        for (number, line) in text.lines().enumerate() {
            table
                .read(line, &mut named)
                .map_err(|expected| format!("line {}: expected {expected}", number + 1))?;
        }
        Ok(table)
    }

    fn read(&mut self, line: &str, named: &mut HashMap<String, String>) -> Result<(), String> {
        if line.is_empty() || line.starts_with('#') {
            return Ok(());
        }
        if let Some(rest) = line.strip_prefix("@after ") {
            let (tag, following) = rest.split_once(':').ok_or("a tag, a colon and tags")?;
            let following = following.split_whitespace().map(str::to_owned).collect();
            self.followers.push((tag.to_owned(), following));
            return Ok(());
        }
        if let Some(rest) = line.strip_prefix('&') {
            let (name, notation) = rest.split_once(" = ").ok_or("a name, = and a notation")?;
            named.insert(name.to_owned(), notation.to_owned());
            return Ok(());
        }
        let mut parts = line.splitn(3, '|').map(str::trim);
        let (Some(tags), Some(name), Some(notation)) = (parts.next(), parts.next(), parts.next()) else {
            return Err("tags | name | notation".into());
        };
        tags.split_whitespace().try_for_each(|tag| self.add(tag, name, Notation::compile(notation, named)?))
    }

    fn add(&mut self, tag: &str, name: &str, notation: Notation) -> Result<(), String> {
        if let Some(index) = self.index(tag) {
            let format = self.formats.get_mut(usize::from(index)).ok_or("a tag")?;
            format.plain = format!("{} or {}", format.plain, notation.plain);
            format.notations.push(notation);
            return Ok(());
        }
        let index = u16::try_from(self.formats.len()).map_err(|_| "fewer tags")?;
        match slot(tag).and_then(|slot| self.short.get_mut(slot)) {
            Some(entry) => *entry = Some(index),
            None => {
                let bucket = self.long.get_mut(first_byte(tag)).ok_or("a tag")?;
                bucket.push((tag.to_owned(), index));
            }
        }
        let plain = notation.plain.clone();
        let followers = self.followers.iter().find(|(restricted, _)| restricted == tag);
        self.formats.push(Format {
            open: Short::new(&format!(",\"{tag}\":[{{\"at\":\""))?,
            pair: Short::new(&format!("\"],[\"{tag}\",\""))?,
            followers: followers.map(|(_, following)| following.clone()),
            name: name.to_owned(),
            plain,
            notations: vec![notation],
        });
        Ok(())
    }

    /// How many tags it has.
    pub(super) fn len(&self) -> usize {
        self.formats.len()
    }

    /// The number of a tag's formats, below [`Table::len`].
    pub(super) fn index(&self, tag: &str) -> Option<u16> {
        match slot(tag) {
            Some(slot) => self.short.get(slot).copied()?,
            None => {
                let bucket = self.long.get(first_byte(tag))?;
                bucket.iter().find(|(known, _)| known == tag).map(|(_, index)| *index)
            }
        }
    }

    /// Formats by number.
    pub(super) fn get(&self, index: Option<u16>) -> Option<&Format> {
        self.formats.get(usize::from(index?))
    }

    /// The formats of a tag.
    pub(super) fn format(&self, tag: &str) -> Option<&Format> {
        self.get(self.index(tag))
    }

    /// Whether a field of this tag may follow one of that number; what may not is text of the one before.
    pub(super) fn may_follow(&self, before: Option<u16>, tag: &str) -> bool {
        let followers = self.get(before).and_then(|format| format.followers.as_ref());
        followers.is_none_or(|followers| followers.iter().any(|follower| follower == tag))
    }
}

impl Format {
    /// The first notation that a value has; its components are in `captures`.
    pub(super) fn find(&self, value: &str, captures: &mut Vec<Capture>) -> Option<&Notation> {
        captures.clear();
        let value = if value.ends_with('\n') { value.trim_end_matches(['\n', '\r']) } else { value };
        self.notations.iter().find(|notation| notation.matches(value, captures))
    }

    /// Whether a component of any of its notations is masked.
    pub(super) fn is_masked(&self) -> bool {
        self.notations.iter().any(Notation::is_masked)
    }
}

fn first_byte(tag: &str) -> usize {
    tag.bytes().next().map_or(0, usize::from)
}

/// A number for each tag of two or three digits, or two and a letter.
fn slot(tag: &str) -> Option<usize> {
    let (tens, ones, last) = match *tag.as_bytes() {
        [tens, ones] => (tens, ones, 0),
        [tens, ones, letter @ b'A'..=b'Z'] => (tens, ones, usize::from(letter - b'A') + 1),
        [tens, ones, digit @ b'0'..=b'9'] => (tens, ones, usize::from(digit - b'0') + 27),
        _ => return None,
    };
    let digit = |byte: u8| byte.is_ascii_digit().then(|| usize::from(byte - b'0'));
    Some((digit(tens)? * 10 + digit(ones)?) * LASTS + last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_can_be_read() {
        assert!(TABLE.len() > 200);
        for tag in ["20", "32A", "59", "86", "121", "NS", "{1}", "{2}", "95P"] {
            assert!(TABLE.format(tag).is_some(), "{tag}");
        }
        assert!(TABLE.format("00").is_none() && TABLE.format("XX").is_none());
    }

    #[test]
    fn a_wrong_line_is_named() {
        for (text, expected) in [
            ("\n32A", "line 2: expected tags | name | notation"),
            ("32A | a | 6!q", "line 1: expected a set of characters, not q"),
            ("&a", "line 1: expected a name, = and a notation"),
        ] {
            assert_eq!(Table::parse(text).unwrap_err(), expected);
        }
    }

    #[test]
    fn formats_of_a_tag_are_tried_in_order() {
        let mut captures = Vec::new();
        let format = TABLE.format("52A").unwrap();
        for (value, expected) in [
            ("BANKGB2L", "[/34x$]4!c2!a2!c[3!c]"),
            ("/C/123\nBANKGB2LXXX", "/C|D[/34x]$4!c2!a2!c[3!c]"),
            ("/D1234\nBANKGB2LXXX\n\n", "[/34x$]4!c2!a2!c[3!c]"),
            ("//SC201555\nBANKGB2LXXX", "//2!a28x$4!c2!a2!c[3!c]"),
        ] {
            assert_eq!(format.find(value, &mut captures).unwrap().plain, expected, "{value}");
        }
        assert!(format.find("nothing", &mut captures).is_none() && captures.is_empty());
    }

    #[test]
    fn only_some_fields_follow_free_text() {
        let may_follow = |before: &str, tag: &str| TABLE.may_follow(TABLE.index(before), tag);
        assert!(may_follow("86", "61") && !may_follow("86", "26"));
        assert!(!may_follow("77T", "98A") && may_follow("79", "20") && may_follow("XX", "20"));
    }
}
