//! What a person types in a layout file, key by key, before any name in it is looked up. Unknown keys are errors.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserializer, Error, IntoDeserializer, MapAccess, SeqAccess, Visitor};

/// A layout file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LayoutFile {
    pub(super) name: String,
    #[serde(default, rename = "about")]
    pub(super) _about: String,
    #[serde(default)]
    pub(super) file: FileSection,
    #[serde(default)]
    pub(super) keys: BTreeMap<String, Several<String>>,
    pub(super) record: Vec<RecordSection>,
    #[serde(default)]
    pub(super) total: Vec<TotalSection>,
}

/// `[file]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileSection {
    pub(super) ccsid: Option<i32>,
    pub(super) separator: Option<SeparatorWord>,
    pub(super) frame: Option<FrameSection>,
    pub(super) length: Option<Several<usize>>,
    #[serde(default)]
    pub(super) short: ShortWord,
    pub(super) pad: Option<String>,
    #[serde(default)]
    pub(super) padding: String,
}

/// `file.separator`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum SeparatorWord {
    None,
    Lf,
    Crlf,
    Any,
}

/// `file.short`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum ShortWord {
    #[default]
    Refuse,
    Fill,
}

/// `file.frame`: a word, or a header in parts.
#[derive(Debug, Clone)]
pub(super) enum FrameSection {
    Word(String),
    Header(HeaderSection),
}

/// `file.frame` in parts.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HeaderSection {
    pub(super) header: usize,
    #[serde(default = "one")]
    pub(super) at: usize,
    pub(super) length: usize,
    #[serde(default, rename = "type")]
    pub(super) kind: HeaderWord,
    #[serde(default)]
    pub(super) order: OrderWord,
    #[serde(default)]
    pub(super) counts: CountsWord,
}

fn one() -> usize {
    1
}

/// `file.frame.type`.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum HeaderWord {
    #[default]
    Binary,
    Digits,
}

/// `file.frame.counts`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum CountsWord {
    #[default]
    Record,
    All,
}

/// `[[record]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RecordSection {
    pub(super) name: String,
    #[serde(default)]
    pub(super) about: String,
    #[serde(default)]
    pub(super) when: Several<WhenSection>,
    pub(super) length: Option<Several<usize>>,
    pub(super) length_from: Option<String>,
    #[serde(default)]
    pub(super) after: Several<String>,
    #[serde(default)]
    pub(super) min: usize,
    pub(super) max: Option<usize>,
    #[serde(default)]
    pub(super) ends: bool,
    pub(super) fields: Vec<FieldSection>,
}

/// `when` of records and fields.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WhenSection {
    pub(super) at: Option<usize>,
    pub(super) field: Option<String>,
    pub(super) is: Option<Several<String>>,
    pub(super) not: Option<Several<String>>,
    pub(super) position: Option<PositionWord>,
    pub(super) length: Option<Several<usize>>,
}

/// `when.position`.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum PositionWord {
    First,
    Last,
}

/// One of `fields`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FieldSection {
    #[serde(default)]
    pub(super) name: String,
    #[serde(default)]
    pub(super) about: String,
    pub(super) at: Option<usize>,
    pub(super) length: Option<LengthWord>,
    #[serde(rename = "type")]
    pub(super) kind: Option<TypeWord>,
    pub(super) scale: Option<i32>,
    pub(super) signed: Option<bool>,
    pub(super) sign: Option<SignWord>,
    pub(super) order: Option<OrderWord>,
    pub(super) pad: Option<String>,
    pub(super) trim: Option<bool>,
    pub(super) justify: Option<JustifyWord>,
    pub(super) blank: Option<bool>,
    #[serde(default)]
    pub(super) is: Several<String>,
    #[serde(default)]
    pub(super) optional: bool,
    pub(super) mask: Option<MaskWord>,
    pub(super) occurs: Option<OccursWord>,
    pub(super) redefines: Option<String>,
    pub(super) when: Option<WhenSection>,
    pub(super) fields: Option<Vec<FieldSection>>,
}

/// `length` of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LengthWord {
    Bytes(usize),
    Rest,
}

/// `type` of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum TypeWord {
    Text,
    Digits,
    Number,
    Zoned,
    Packed,
    Binary,
    Float,
    Hex,
    Filler,
}

/// `sign` of a zoned number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum SignWord {
    Leading,
    Trailing,
    SeparateLeading,
    SeparateTrailing,
}

/// `order` of bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum OrderWord {
    #[default]
    Big,
    Little,
}

/// `justify` of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum JustifyWord {
    Left,
    Right,
}

/// `mask` of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum MaskWord {
    Whole,
    Pan,
}

/// `occurs` of a field: a number, or what tells it.
#[derive(Debug, Clone)]
pub(super) enum OccursWord {
    Times(usize),
    From(OccursSection),
}

/// `occurs` in parts.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OccursSection {
    pub(super) from: String,
    #[serde(default)]
    pub(super) min: usize,
    pub(super) max: usize,
}

/// `[[total]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TotalSection {
    pub(super) name: String,
    pub(super) of: Several<String>,
    pub(super) sum: Option<String>,
    #[serde(default)]
    pub(super) when: Several<WhenSection>,
    #[serde(rename = "in")]
    pub(super) place: String,
    pub(super) since: Option<String>,
}

/// One value, or a list of them.
#[derive(Debug, Clone)]
pub(super) struct Several<T>(pub(super) Vec<T>);

impl<T> Default for Several<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Several<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SeveralVisitor(PhantomData))
    }
}

struct SeveralVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for SeveralVisitor<T> {
    type Value = Several<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("one value or a list of them")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Several(vec![T::deserialize(text.into_deserializer())?]))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Several(vec![T::deserialize(number.into_deserializer())?]))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        Ok(Several(vec![T::deserialize(MapAccessDeserializer::new(map))?]))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Self::Value, A::Error> {
        Ok(Several(Vec::deserialize(SeqAccessDeserializer::new(items))?))
    }
}

impl<'de> Deserialize<'de> for FrameSection {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(FrameVisitor)
    }
}

struct FrameVisitor;

impl<'de> Visitor<'de> for FrameVisitor {
    type Value = FrameSection;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"rdw\", \"rdw-little\" or a table with header and length")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(FrameSection::Word(text.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        HeaderSection::deserialize(MapAccessDeserializer::new(map)).map(FrameSection::Header)
    }
}

impl<'de> Deserialize<'de> for LengthWord {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LengthVisitor)
    }
}

struct LengthVisitor;

impl Visitor<'_> for LengthVisitor {
    type Value = LengthWord;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number of bytes or \"rest\"")
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
        usize::try_from(number).map(LengthWord::Bytes).map_err(|_| E::custom("a number of bytes expected"))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        match text {
            "rest" => Ok(LengthWord::Rest),
            _ => Err(E::custom("a number of bytes or \"rest\" expected")),
        }
    }
}

impl<'de> Deserialize<'de> for OccursWord {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OccursVisitor)
    }
}

struct OccursVisitor;

impl<'de> Visitor<'de> for OccursVisitor {
    type Value = OccursWord;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, or a table with from, min and max")
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
        usize::try_from(number).map(OccursWord::Times).map_err(|_| E::custom("a number of times expected"))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        OccursSection::deserialize(MapAccessDeserializer::new(map)).map(OccursWord::From)
    }
}
