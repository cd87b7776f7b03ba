//! A dialect as it is used: elements by number, everything looked up beforehand. Knows nothing of TOML.

use super::charset::{Charset, class};
use crate::translate::mask::Mask;

/// The highest number of an element, with a tertiary bitmap.
pub(super) const ELEMENT_MAX: usize = 192;
/// Bits of one bitmap of the message.
pub(super) const BITS: usize = 64;

/// A character set: the message's own, or one of the dialect's by its index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Text {
    Message,
    Own(usize),
}

/// How a value is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Data {
    /// A character a byte (UTF-8: or several).
    Text(Text),
    /// Two digits a byte.
    Bcd,
    /// Bytes, which are hexadecimal digits in the document.
    Binary,
    /// Hexadecimal digits as text.
    Hex(Text),
}

/// What lengths count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Count {
    /// Bytes of the wire; of hexadecimal text, pairs of digits.
    Bytes,
    /// Characters, or digits of two a byte.
    Digits,
}

/// The half byte that fills an odd number of digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pad {
    pub(super) left: bool,
    /// What is written.
    pub(super) nibble: u8,
    /// Only that is read too.
    pub(super) strict: bool,
}

/// How a length in front of a value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Number {
    Text(Text),
    Hex(Text),
    Bcd,
    Binary,
}

/// A length in front of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Prefix {
    pub(super) form: Number,
    pub(super) bytes: usize,
}

/// How long a value is, in what its element counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Size {
    Fixed(usize),
    Prefixed {
        prefix: Prefix,
        min: usize,
        max: usize,
    },
    /// As long as what it is part of.
    Rest,
}

/// What characters a value has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kind {
    /// As a dialect file has it.
    pub(super) name: &'static str,
    /// See [`class`].
    pub(super) allowed: u8,
    /// `C` or `D` in front of the digits.
    pub(super) signed: bool,
}

/// Where the bytes begin that a message authentication code covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Covered {
    FromMti,
    FromBitmap,
}

/// An element, a sub-element, or the message type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Element {
    pub(super) key: Box<str>,
    pub(super) name: Box<str>,
    pub(super) kind: Kind,
    pub(super) size: Size,
    pub(super) data: Data,
    pub(super) count: Count,
    pub(super) pad: Pad,
    pub(super) mask: Option<Mask>,
    /// Index of what it consists of.
    pub(super) layout: Option<usize>,
    pub(super) covered: Option<Covered>,
    /// Some key is made of it.
    pub(super) captured: bool,
}

/// How the value of an element is divided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Layout {
    /// One after another.
    Positional { fields: Vec<Element>, optional: bool },
    /// Tag, length, value.
    Tagged(Tagged),
    /// BER-TLV, as in EMV.
    Ber { known: Known, constructed: bool },
    /// A bitmap of its own, then what it names.
    Bitmapped { bitmap: Bitmap, bits: usize, fields: Vec<Option<Element>> },
    /// Text between delimiters.
    Delimited { delimiter: char, equals: Option<char>, known: Known },
}

/// Tag, length, value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tagged {
    /// What stands before the first tag.
    pub(super) lead: Vec<Element>,
    pub(super) tag: Tag,
    pub(super) prefix: Prefix,
    pub(super) known: Known,
}

/// How a tag is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tag {
    pub(super) data: Data,
    pub(super) bytes: usize,
}

/// Sub-elements by tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Known {
    /// By key, sorted.
    pub(super) elements: Vec<Element>,
    /// What any other is; `None` where there must be no other.
    pub(super) other: Option<Box<Element>>,
}

/// How a bitmap is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bitmap {
    Binary,
    Hex(Text),
}

/// When the secondary bitmap is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Secondary {
    Never,
    WhenNeeded,
    Always,
}

/// Where the tertiary bitmap is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tertiary {
    Never,
    /// At once after the secondary one.
    Follows,
    /// In place of element 65.
    Element65,
}

/// What stands before the message type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// How long the rest is.
    Length {
        prefix: Prefix,
        reserved: usize,
        itself: bool,
    },
    Literal(Box<str>, Text),
    Field(Element),
    /// A Visa header, or the two of a reject.
    Visa,
}

/// The type of the message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Type {
    Mti(Box<Element>),
    /// None on the wire; this is what it is called.
    Absent(Box<str>),
}

/// A business key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct KeyRule {
    pub(super) name: Box<str>,
    pub(super) parts: Vec<KeyPart>,
}

/// A value, or some of its characters, in a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct KeyPart {
    pub(super) element: usize,
    pub(super) sub: Option<Box<str>>,
    /// Characters left out before it.
    pub(super) skip: usize,
    pub(super) take: Option<usize>,
    /// Filled up with spaces to so many characters.
    pub(super) width: usize,
    /// Shown although its element is masked.
    pub(super) clear: bool,
}

/// A compiled dialect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Table {
    /// Something is in the character set of the message.
    pub(super) wants_message_charset: bool,
    /// The dialect's own character set.
    pub(super) text: Text,
    pub(super) charsets: Vec<Charset>,
    pub(super) header: Vec<Part>,
    pub(super) kind: Type,
    pub(super) bitmaps: [Bitmap; 3],
    pub(super) secondary: Secondary,
    pub(super) tertiary: Tertiary,
    /// By number.
    pub(super) elements: Vec<Option<Element>>,
    pub(super) layouts: Vec<Layout>,
    pub(super) keys: Vec<KeyRule>,
}

impl Table {
    pub(super) fn element(&self, number: usize) -> Option<&Element> {
        self.elements.get(number)?.as_ref()
    }

    pub(super) fn layout(&self, element: &Element) -> Option<&Layout> {
        self.layouts.get(element.layout?)
    }

    /// A character set; `message` is the one of the message.
    pub(super) fn charset<'a>(&'a self, text: Text, message: Option<&'a Charset>) -> Option<&'a Charset> {
        match text {
            Text::Message => message,
            Text::Own(index) => self.charsets.get(index),
        }
    }

    /// Whether a bit says that another bitmap follows, and is no element.
    pub(super) fn continues(&self, number: usize) -> bool {
        match number {
            1 => self.secondary != Secondary::Never,
            65 => self.tertiary != Tertiary::Never,
            _ => false,
        }
    }
}

impl Known {
    /// What a tag is, whether or not it is listed.
    pub(super) fn get(&self, key: &str) -> Option<&Element> {
        match self.elements.binary_search_by(|element| element.key.as_ref().cmp(key)) {
            Ok(index) => self.elements.get(index),
            Err(_) => self.other.as_deref(),
        }
    }

    /// What a tag is, if it is listed.
    pub(super) fn listed(&self, key: &str) -> Option<&Element> {
        let index = self.elements.binary_search_by(|element| element.key.as_ref().cmp(key)).ok()?;
        self.elements.get(index)
    }
}

impl Element {
    /// How many bytes so many units are; `None` for characters of UTF-8, which must be looked at.
    pub(super) fn bytes_of(&self, units: usize) -> usize {
        match (self.data, self.count) {
            (Data::Bcd, Count::Digits) if self.kind.signed => 1 + units.saturating_sub(1).div_ceil(2),
            (Data::Bcd | Data::Binary, Count::Digits) => units.div_ceil(2),
            (Data::Hex(_), Count::Bytes) => units.saturating_mul(2),
            _ => units,
        }
    }

    /// How many digits so many units are.
    pub(super) fn digits_of(&self, units: usize) -> usize {
        match self.count {
            Count::Digits => units,
            Count::Bytes => units.saturating_mul(2),
        }
    }

    /// Whether so many units end within a byte.
    pub(super) fn is_half_byte(&self, units: usize) -> bool {
        matches!((self.data, self.count), (Data::Bcd | Data::Binary, Count::Digits)) && units % 2 == 1
    }

    /// What its units are called.
    pub(super) fn unit(&self) -> &'static str {
        match (self.data, self.count) {
            (_, Count::Bytes) => "bytes",
            (Data::Text(_), Count::Digits) => "characters",
            (_, Count::Digits) => "digits",
        }
    }
}

impl Kind {
    /// The types of ISO 8583, by name.
    pub(super) fn named(name: &str) -> Option<Self> {
        use class::{DIGIT, HEX, LETTER, SEPARATOR, SPACE, SPECIAL};
        let (name, allowed, signed) = match name {
            "n" => ("n", DIGIT, false),
            "a" => ("a", LETTER | SPACE, false),
            "an" => ("an", LETTER | DIGIT | SPACE, false),
            "ns" => ("ns", DIGIT | SPECIAL | SPACE, false),
            "as" => ("as", LETTER | SPECIAL | SPACE, false),
            "ans" => ("ans", LETTER | DIGIT | SPECIAL | SPACE, false),
            "z" => ("z", DIGIT | SEPARATOR, false),
            "x+n" => ("x+n", DIGIT, true),
            "b" => ("b", DIGIT | HEX, false),
            _ => return None,
        };
        Some(Self { name, allowed, signed })
    }

    /// All names.
    pub(super) const NAMES: &str = "n, a, an, ns, as, ans, z, x+n, b";
}

impl Bitmap {
    /// How many bytes so many bits are.
    pub(super) fn bytes_of(self, bits: usize) -> usize {
        match self {
            Self::Binary => bits / 8,
            Self::Hex(_) => bits / 4,
        }
    }
}
