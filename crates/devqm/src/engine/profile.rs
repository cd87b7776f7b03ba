//! Generic names: which names a profile of an authority record or of a channel rule stands for, and which of two is more
//! specific. Pure text.

/// Whether a profile stands for a name: `?` for one character, `*` for any within one qualifier, `**` for any qualifiers.
pub(super) fn matches(profile: &str, name: &str) -> bool {
    let name = name.as_bytes();
    // Where in the name the profile may have got to so far.
    let mut reached = vec![false; name.len() + 1];
    reached.iter_mut().take(1).for_each(|first| *first = true);
    let mut rest = profile.as_bytes();
    while let Some((part, after)) = Part::first(rest) {
        reached = part.advance(&reached, name);
        rest = after;
    }
    reached.last() == Some(&true)
}

/// A part of a profile.
#[derive(Debug, Clone, Copy)]
enum Part {
    Character(u8),
    AnyCharacter,
    WithinQualifier,
    Anything,
    /// `**.`: none or several qualifiers, each with its dot.
    QualifiersBefore,
    /// `.**` at the end: nothing, or a dot and anything.
    QualifiersAfter,
}

impl Part {
    fn first(profile: &[u8]) -> Option<(Self, &[u8])> {
        Some(match profile {
            [] => return None,
            [b'.', b'*', b'*'] => (Part::QualifiersAfter, &[]),
            [b'*', b'*', b'.', rest @ ..] => (Part::QualifiersBefore, rest),
            [b'*', b'*', rest @ ..] => (Part::Anything, rest),
            [b'*', rest @ ..] => (Part::WithinQualifier, rest),
            [b'?', rest @ ..] => (Part::AnyCharacter, rest),
            [character, rest @ ..] => (Part::Character(*character), rest),
        })
    }

    /// Where the profile may have got to with this part; one place at a time, from what is known of the place before.
    fn advance(self, reached: &[bool], name: &[u8]) -> Vec<bool> {
        // Whether the part goes on from the place before, having begun before it.
        let mut open = false;
        let mut next = Vec::with_capacity(reached.len());
        for (place, here) in reached.iter().enumerate() {
            let previous = place.checked_sub(1).and_then(|before| name.get(before)).copied();
            let from_before = place.checked_sub(1).and_then(|before| reached.get(before)) == Some(&true);
            next.push(match self {
                Part::Character(character) => from_before && previous == Some(character),
                Part::AnyCharacter => from_before,
                Part::WithinQualifier => {
                    open = *here || (open && previous != Some(b'.'));
                    open
                }
                Part::Anything => {
                    open |= *here;
                    open
                }
                Part::QualifiersBefore => {
                    let ended = open && previous == Some(b'.');
                    open |= *here;
                    *here || ended
                }
                Part::QualifiersAfter => {
                    open |= from_before && previous == Some(b'.');
                    *here || open
                }
            });
        }
        next
    }
}

/// As [`matches`], where `*` stands for any characters.
pub(super) fn matches_characters(pattern: &str, text: &str) -> bool {
    matches(&pattern.replace("**", "*").replace('*', "**"), text)
}

/// Less for the more specific of two profiles that stand for one name: the first character in which they differ decides,
/// a plain one before `?`, that before `*`, that before `**`.
pub(super) fn specificity(profile: &str) -> Vec<u8> {
    let characters = profile.replace("**", "\u{1}");
    characters
        .bytes()
        .map(|byte| match byte {
            b'?' => 1,
            b'*' => 2,
            1 => 3,
            _ => 0,
        })
        .chain([4])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generic_profile_stands_for_names_as_in_mq() {
        for (profile, name, expected) in [
            ("PAY.IN", "PAY.IN", true),
            ("PAY.IN", "PAY.INN", false),
            ("PAY.*", "PAY.IN", true),
            ("PAY.*", "PAY.IN.X", false),
            ("PAY.**", "PAY.IN.X", true),
            ("PAY.**", "PAY", true),
            ("PAY.?N", "PAY.IN", true),
            ("PAY.?N", "PAY.N", false),
            ("**", "ANYTHING.AT.ALL", true),
            ("*", "ONE.TWO", false),
            ("A*", "ABC", true),
            ("**.IN", "PAY.DAY.IN", true),
            ("**.IN", "IN", true),
            ("A.**.B", "A.B", true),
            ("A.**.B", "A.X.Y.B", true),
            ("A.**.B", "A.XB", false),
            ("", "", true),
            ("", "A", false),
        ] {
            assert_eq!(matches(profile, name), expected, "{profile} {name}");
        }
    }
}
