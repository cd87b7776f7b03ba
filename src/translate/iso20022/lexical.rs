//! The lexical rules of XML 1.0 (fifth edition) and Namespaces in XML 1.0 that quick-xml leaves to its caller.

use std::borrow::Cow;

/// A place where the input breaks a rule.
#[derive(Debug)]
pub(super) struct Fault {
    /// Byte offset in the decoded text.
    pub(super) at: usize,
    /// What should have been there; never what was.
    pub(super) expected: Cow<'static, str>,
}

impl Fault {
    pub(super) fn new(at: usize, expected: impl Into<Cow<'static, str>>) -> Self {
        Self { at, expected: expected.into() }
    }
}

/// `S`: the white space of XML.
#[inline]
pub(super) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// Whether there is nothing but white space.
#[inline]
pub(super) fn is_blank(text: &str) -> bool {
    text.bytes().all(is_space)
}

/// The first character that XML does not allow anywhere: a control character other than tab and line ends, U+FFFE, U+FFFF.
pub(super) fn forbidden_character(text: &str) -> Option<usize> {
    let is_control = |byte: &u8| *byte < 0x20 && !is_space(*byte);
    // Without a branch within a block the compiler compares many bytes at once.
    let blocks = text.as_bytes().chunks(64).enumerate();
    let control = blocks
        .filter(|(_, block)| block.iter().fold(false, |found, byte| found | is_control(byte)))
        .find_map(|(number, block)| Some(number * 64 + block.iter().position(is_control)?));
    let not_a_character = memchr::memchr(0xEF, text.as_bytes())
        .and_then(|from| Some(from + text.get(from..)?.find(['\u{FFFE}', '\u{FFFF}'])?));
    [control, not_a_character].into_iter().flatten().min()
}

/// `NCName`: a name without colon.
pub(super) fn is_name(text: &str) -> bool {
    let mut characters = text.chars();
    characters.next().is_some_and(is_name_start) && characters.all(is_name_character)
}

fn is_name_start(character: char) -> bool {
    matches!(character,
        'A'..='Z' | 'a'..='z' | '_'
        | '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{2FF}' | '\u{370}'..='\u{37D}'
        | '\u{37F}'..='\u{1FFF}' | '\u{200C}'..='\u{200D}' | '\u{2070}'..='\u{218F}' | '\u{2C00}'..='\u{2FEF}'
        | '\u{3001}'..='\u{D7FF}' | '\u{F900}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFFD}' | '\u{10000}'..='\u{EFFFF}')
}

fn is_name_character(character: char) -> bool {
    is_name_start(character)
        || matches!(character, '-' | '.' | '0'..='9' | '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}')
}

/// The character that a reference stands for, given what is between `&` and `;`. Without a DTD there are five names.
pub(super) fn referenced_character(name: &str) -> Option<char> {
    let Some(number) = name.strip_prefix('#') else {
        return match name {
            "amp" => Some('&'),
            "lt" => Some('<'),
            "gt" => Some('>'),
            "apos" => Some('\''),
            "quot" => Some('"'),
            _ => None,
        };
    };
    let (digits, radix) = number.strip_prefix('x').map_or((number, 10), |hexadecimal| (hexadecimal, 16));
    // `from_str_radix` would take a sign.
    if !digits.starts_with(|first: char| first.is_digit(radix)) {
        return None;
    }
    let character = char::from_u32(u32::from_str_radix(digits, radix).ok()?)?;
    let allowed = matches!(character, '\t' | '\n' | '\r' | ' '..='\u{FFFD}' | '\u{10000}'..);
    allowed.then_some(character)
}

/// Checks the XML declaration, given what is between `<?xml` and `?>`. What it says of the encoding is not asked.
pub(super) fn is_declaration(text: &str) -> bool {
    let Some((version, rest)) = pseudo_attribute(text, "version") else { return false };
    let minor = version.strip_prefix("1.").unwrap_or_default();
    if minor.is_empty() || !minor.bytes().all(|byte| byte.is_ascii_digit()) {
        return false;
    }
    let rest = match pseudo_attribute(rest, "encoding") {
        Some((name, rest)) => {
            let well_named = name.starts_with(|first: char| first.is_ascii_alphabetic())
                && name
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'));
            if !well_named {
                return false;
            }
            rest
        }
        None => rest,
    };
    match pseudo_attribute(rest, "standalone") {
        Some((value, rest)) => matches!(value, "yes" | "no") && is_blank(rest),
        None => is_blank(rest),
    }
}

/// ` name = "value"` and what follows it.
fn pseudo_attribute<'a>(text: &'a str, name: &str) -> Option<(&'a str, &'a str)> {
    let space = |character: char| matches!(character, ' ' | '\t' | '\n' | '\r');
    let named = text.trim_start_matches(space);
    if named.len() == text.len() {
        return None;
    }
    let value =
        named.strip_prefix(name)?.trim_start_matches(space).strip_prefix('=')?.trim_start_matches(space);
    let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    value.get(1..)?.split_once(quote)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_that_xml_forbids_are_found() {
        assert_eq!(forbidden_character("a\tb\r\n€ \u{85}"), None);
        assert_eq!(forbidden_character(&format!("{}\u{1}\u{2}", "x".repeat(200))), Some(200));
        assert_eq!(forbidden_character("ﬀ\u{FFFD}\u{FFFE}\u{1F}"), Some(6));
        assert_eq!(forbidden_character("\u{FFFF}"), Some(0));
    }

    #[test]
    fn references_stand_for_characters_that_xml_allows() {
        for (name, character) in
            [("amp", '&'), ("#65", 'A'), ("#x20AC", '€'), ("#13", '\r'), ("#x1F4B6", '💶')]
        {
            assert_eq!(referenced_character(name), Some(character), "{name}");
        }
        for name in [
            "", "nbsp", "#", "#x", "#+65", "#x+41", "#0", "#1", "#xD800", "#xFFFE", "#x110000", "#X41", "#6a",
        ] {
            assert_eq!(referenced_character(name), None, "{name}");
        }
    }

    #[test]
    fn declarations() {
        for good in [
            " version='1.0'",
            " version = \"1.1\" encoding='x-y' standalone='no' ",
            " version='1.0' standalone='yes'",
        ] {
            assert!(is_declaration(good), "{good}");
        }
        for bad in [
            "",
            " version='2.0'",
            " encoding='UTF-8'",
            " version='1.0'encoding='UTF-8'",
            " version='1.0' x='y'",
        ] {
            assert!(!is_declaration(bad), "{bad}");
        }
    }

    #[test]
    fn names() {
        for good in ["A", "_", "Überweisung", "a-b.c9"] {
            assert!(is_name(good), "{good}");
        }
        for bad in ["", "9a", "-a", "a b", "a:b", "a\"", "a×"] {
            assert!(!is_name(bad), "{bad}");
        }
    }
}
