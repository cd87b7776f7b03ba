//! Topic strings: how they are made of an object's and a program's, and which ones a subscription's wildcards take.
//!
//! Source: IBM documentation, "Topic strings" and "Wildcard schemes".

use libmqm_sys as mq;

/// `MQ_TOPIC_STR_LENGTH`.
const BYTES_MAX: usize = 10_240;

/// Which characters of a subscription stand for others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scheme {
    /// `+` for one level, `#` for any number of levels.
    Levels,
    /// `?` for one character, `*` for any number of them, `%` before a character that means itself.
    Characters,
}

/// The whole topic string: an object's, and a program's behind it. `None` where there is none, or it is too long.
pub(super) fn joined(of_object: &str, of_program: &str) -> Option<String> {
    let joined = match (of_object.is_empty(), of_program.is_empty()) {
        (true, true) => return None,
        (false, true) => of_object.to_owned(),
        (true, false) => of_program.to_owned(),
        (false, false) if of_object.ends_with('/') || of_program.starts_with('/') => {
            format!("{of_object}{of_program}")
        }
        (false, false) => format!("{of_object}/{of_program}"),
    };
    (joined.len() <= BYTES_MAX).then_some(joined)
}

impl Scheme {
    pub(super) fn of(options: i32) -> Self {
        if options & mq::MQSO_WILDCARD_CHAR != 0 { Scheme::Characters } else { Scheme::Levels }
    }

    /// Whether a subscription to `pattern` takes publications to `topic`.
    pub(super) fn takes(self, pattern: &str, topic: &str) -> bool {
        match self {
            Scheme::Levels => {
                let pattern: Vec<_> = pattern.split('/').collect();
                let topic: Vec<_> = topic.split('/').collect();
                fits(&pattern, &topic, |one| *one == "#", |one, level| *one == "+" || one == level)
            }
            Scheme::Characters => {
                let (mut pattern_of, mut characters) = (Vec::new(), pattern.chars());
                while let Some(character) = characters.next() {
                    pattern_of.push(match character {
                        '%' => Part::Is(characters.next().unwrap_or('%')),
                        '*' => Part::Many,
                        '?' => Part::One,
                        other => Part::Is(other),
                    });
                }
                let topic: Vec<_> = topic.chars().collect();
                fits(
                    &pattern_of,
                    &topic,
                    |part| *part == Part::Many,
                    |part, character| match part {
                        Part::Is(own) => own == character,
                        _ => true,
                    },
                )
            }
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Part {
    Is(char),
    One,
    Many,
}

/// Whether a pattern of parts fits a row of things, where some parts stand for any number of them. Each pair of places is
/// looked at once, so that no pattern takes more than its length times the row's.
fn fits<P, T>(pattern: &[P], row: &[T], many: impl Fn(&P) -> bool, one: impl Fn(&P, &T) -> bool) -> bool {
    // Whether the parts so far fit the first `n` things, for each n.
    let mut reached = vec![false; row.len() + 1];
    if let Some(first) = reached.first_mut() {
        *first = true;
    }
    for part in pattern {
        let mut before = false;
        let is_many = many(part);
        let things = std::iter::once(None).chain(row.iter().map(Some));
        for (place, thing) in reached.iter_mut().zip(things) {
            let was = *place;
            *place = match thing {
                None => is_many && was,
                Some(_) if is_many => was || before,
                Some(thing) => before && one(part, thing),
            };
            before = if is_many { *place } else { was };
        }
    }
    reached.last().copied().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_and_characters_are_matched_each_by_its_own_wildcards() {
        let levels = |pattern, topic| Scheme::Levels.takes(pattern, topic);
        for (pattern, topic) in [
            ("a/b", "a/b"),
            ("#", "a/b/c"),
            ("a/#", "a"),
            ("a/#", "a/b/c"),
            ("a/+/c", "a/b/c"),
            ("+/+", "a/b"),
            ("#/c", "a/b/c"),
            ("a/#/d", "a/d"),
            ("/a", "/a"),
        ] {
            assert!(levels(pattern, topic), "{pattern} {topic}");
        }
        for (pattern, topic) in [
            ("a", "a/b"),
            ("a/+", "a"),
            ("a/+", "a/b/c"),
            ("a*", "ab"),
            ("+", "a/b"),
            ("a#", "ab"),
            ("A", "a"),
        ] {
            assert!(!levels(pattern, topic), "{pattern} {topic}");
        }
        let characters = |pattern, topic| Scheme::Characters.takes(pattern, topic);
        assert!(characters("a*c", "a/b/c") && characters("a?c", "abc") && characters("a%*", "a*"));
        assert!(!characters("a%*", "ab") && !characters("a?", "a") && !characters("#", "a"));
    }

    #[test]
    fn a_pattern_of_wildcards_alone_costs_no_more_than_its_length() {
        let (pattern, topic) = ("#/".repeat(2_000) + "x", "a/".repeat(2_000) + "b");
        assert!(!Scheme::Levels.takes(&pattern, &topic));
    }

    #[test]
    fn strings_of_objects_and_programs_are_joined_by_one_slash() {
        assert_eq!(joined("a", "b").as_deref(), Some("a/b"));
        assert_eq!(joined("a/", "b").as_deref(), Some("a/b"));
        assert_eq!(joined("", "b").as_deref(), Some("b"));
        assert_eq!(joined("", ""), None);
        assert_eq!(joined("", &"x".repeat(BYTES_MAX + 1)), None);
    }
}
