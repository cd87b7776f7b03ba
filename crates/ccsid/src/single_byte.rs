//! Character sets of one byte a character, as tables.

use std::sync::OnceLock;

use crate::maps::Maps;
use crate::tables::TABLES;
use crate::text::Newline;

/// A character set of one byte a character.
#[derive(Debug)]
pub struct SingleByte {
    /// Its number.
    pub ccsid: i32,
    /// What it is called, for people.
    pub name: &'static str,
    /// Its family.
    pub family: Family,
    /// The character of each byte; [`NONE`] where there is none.
    characters: &'static str,
    /// The maps for each [`Newline`], made when they are first asked for.
    maps: [OnceLock<Maps>; 2],
}

/// What the lower half of a character set is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// As ASCII.
    Ascii,
    /// As EBCDIC: where the line ends depend on [`Newline`].
    Ebcdic,
}

/// Stands in the tables where a byte has no character.
const NONE: char = '\u{FFFD}';

/// IBM's EBCDIC new line and line feed.
const EBCDIC_NEW_LINE: u8 = 0x15;
const EBCDIC_LINE_FEED: u8 = 0x25;

/// The numbers under which Windows itself, and most queue managers' settings, know the newest of their tables.
const WINDOWS: [(i32, i32); 9] = [
    (1250, 5346),
    (1251, 5347),
    (1252, 5348),
    (1253, 5349),
    (1254, 5350),
    (1255, 9447),
    (1256, 9448),
    (1257, 9449),
    (1258, 5354),
];

/// The table of a CCSID; `None` where it is unknown, or not of one byte a character.
pub fn single_byte(ccsid: i32) -> Option<&'static SingleByte> {
    let ccsid = WINDOWS.iter().find(|(windows, _)| *windows == ccsid).map_or(ccsid, |(_, table)| *table);
    TABLES.binary_search_by_key(&ccsid, |table| table.ccsid).ok().and_then(|index| TABLES.get(index))
}

/// All tables, in the order of their numbers.
pub fn single_bytes() -> impl Iterator<Item = &'static SingleByte> {
    TABLES.iter()
}

impl SingleByte {
    pub(crate) const fn new(
        ccsid: i32,
        name: &'static str,
        family: Family,
        characters: &'static str,
    ) -> Self {
        Self { ccsid, name, family, characters, maps: [OnceLock::new(), OnceLock::new()] }
    }

    /// The character of a byte.
    pub fn char(&self, byte: u8, newline: Newline) -> Option<char> {
        self.maps(newline).character(byte)
    }

    /// The byte of a character.
    pub fn byte(&self, character: char, newline: Newline) -> Option<u8> {
        self.maps(newline).byte(character)
    }

    /// Appends the text of some bytes.
    ///
    /// # Errors
    /// The index of the first byte that has no character; the text before it is appended.
    pub fn decode_onto(&self, bytes: &[u8], newline: Newline, out: &mut String) -> Result<(), usize> {
        self.maps(newline).decode_onto(bytes, out)
    }

    /// Appends the bytes of some text.
    ///
    /// # Errors
    /// The index in `text`, in bytes, of the first character that has no byte; the bytes of those before it are appended.
    pub fn encode_onto(&self, text: &str, newline: Newline, out: &mut Vec<u8>) -> Result<(), usize> {
        self.maps(newline).encode_onto(text, out)
    }

    fn maps(&self, newline: Newline) -> &Maps {
        let [lf, nel] = &self.maps;
        match newline {
            Newline::Lf => lf.get_or_init(|| self.make(newline)),
            Newline::Nel => nel.get_or_init(|| self.make(newline)),
        }
    }

    fn make(&self, newline: Newline) -> Maps {
        let mut characters = [None; 256];
        for (place, character) in characters.iter_mut().zip(self.characters.chars()) {
            *place = (character != NONE).then_some(character);
        }
        if self.family == Family::Ebcdic && newline == Newline::Lf {
            for (byte, place) in (0..=255).zip(&mut characters) {
                if byte == EBCDIC_NEW_LINE || byte == EBCDIC_LINE_FEED {
                    *place = Some('\n');
                }
            }
        }
        Maps::new(characters)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_has_256_places_and_stands_in_order() {
        assert!(single_bytes().all(|table| table.characters.chars().count() == 256));
        assert!(single_bytes().is_sorted_by_key(|table| table.ccsid));
        assert!(WINDOWS.iter().all(|(windows, _)| single_byte(*windows).is_some()));
    }

    #[test]
    fn every_table_is_in_the_documentation() {
        let page = include_str!("../../../docs/character-sets.md");
        let (_, which) = page.split_once("## Which").unwrap();
        let (which, _) = which.split_once("## Line ends").unwrap();
        let mut numbers: Vec<i32> =
            which.split(|character: char| !character.is_ascii_digit()).flat_map(str::parse).collect();
        // Between the ends of a range.
        numbers.extend(1141..1149);
        let missing: Vec<i32> =
            single_bytes().map(|table| table.ccsid).filter(|ccsid| !numbers.contains(ccsid)).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }

    #[test]
    fn every_byte_that_has_a_character_is_got_back_from_it() {
        for table in single_bytes() {
            for newline in [Newline::Lf, Newline::Nel] {
                for byte in 0..=255 {
                    let Some(character) = table.char(byte, newline) else { continue };
                    let folded =
                        character == '\n' && table.family == Family::Ebcdic && newline == Newline::Lf;
                    let expected = if folded { EBCDIC_NEW_LINE } else { byte };
                    assert_eq!(table.byte(character, newline), Some(expected), "{} {byte:02X}", table.ccsid);
                }
            }
        }
    }

    #[test]
    fn the_line_ends_of_ebcdic_are_the_only_thing_that_the_newline_rule_changes() {
        for table in single_bytes() {
            let differ =
                (0..=255).filter(|&byte| table.char(byte, Newline::Lf) != table.char(byte, Newline::Nel));
            let expected: &[u8] = if table.family == Family::Ebcdic { &[EBCDIC_NEW_LINE] } else { &[] };
            assert!(differ.eq(expected.iter().copied()), "{}", table.ccsid);
            if table.family == Family::Ebcdic {
                assert_eq!(table.char(EBCDIC_NEW_LINE, Newline::Nel), Some('\u{85}'));
                assert_eq!(table.char(EBCDIC_LINE_FEED, Newline::Nel), Some('\n'));
                assert_eq!(table.byte('\u{85}', Newline::Lf), None);
            }
        }
    }

    #[test]
    fn a_byte_or_character_without_a_counterpart_is_named_by_its_index() {
        let ascii = single_byte(367).unwrap();
        let mut text = String::from("-");
        assert_eq!(ascii.decode_onto(b"ab\x80c", Newline::Lf, &mut text), Err(2));
        assert_eq!(text, "-ab");
        let mut bytes = vec![0];
        let uk = single_byte(285).unwrap();
        assert_eq!(uk.encode_onto("£€", Newline::Lf, &mut bytes), Err(2));
        assert_eq!(bytes, [0, 0x5B]);
        assert_eq!(single_byte(1146).unwrap().encode_onto("£€", Newline::Lf, &mut bytes), Ok(()));
        assert_eq!(bytes, [0, 0x5B, 0x5B, 0x9F]);
    }

    #[test]
    fn long_text_is_decoded_the_same_as_byte_by_byte() {
        for table in single_bytes() {
            let mapped: Vec<u8> = (0..=255).filter(|&byte| table.char(byte, Newline::Lf).is_some()).collect();
            let bytes = mapped.repeat(5);
            let mut text = String::new();
            assert_eq!(table.decode_onto(&bytes, Newline::Lf, &mut text), Ok(()));
            assert!(text.chars().eq(bytes.iter().filter_map(|&byte| table.char(byte, Newline::Lf))));
        }
    }
}
