//! What a dialect file says, as a person typed it, and one file over another. Knows nothing of messages.

use std::collections::BTreeMap;

use serde::Deserialize;

/// A dialect file. What is absent is taken from the dialect that it extends.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) extends: Option<String>,
    /// For people.
    pub(super) about: Option<String>,
    /// Text: a CCSID, `ascii`, or `message`.
    pub(super) charset: Option<Spec>,
    /// Values of type n and x+n.
    pub(super) numbers: Option<Spec>,
    /// Values of type z; as `numbers` where absent.
    pub(super) tracks: Option<Spec>,
    /// Values of type b.
    pub(super) binary: Option<Spec>,
    /// Lengths in front of values.
    pub(super) lengths: Option<Spec>,
    pub(super) pad: Option<String>,
    pub(super) check: Option<bool>,
    pub(super) mti: Option<Spec>,
    /// What messages without a type are called.
    pub(super) r#type: Option<String>,
    pub(super) bitmap: Option<Spec>,
    pub(super) bitmap_secondary: Option<Spec>,
    pub(super) bitmap_tertiary: Option<Spec>,
    pub(super) secondary: Option<SecondaryFile>,
    pub(super) tertiary: Option<TertiaryFile>,
    pub(super) header: Option<Vec<PartFile>>,
    #[serde(default)]
    pub(super) keys: BTreeMap<String, KeyFile>,
    #[serde(default)]
    pub(super) elements: BTreeMap<String, ElementOrNone>,
    #[serde(default)]
    pub(super) layouts: BTreeMap<String, LayoutFile>,
}

/// How something is encoded: a word, several, or a CCSID.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum Spec {
    Ccsid(i32),
    Words(String),
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum SecondaryFile {
    Never,
    WhenNeeded,
    Always,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum TertiaryFile {
    Never,
    Follows,
    Element65,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum ElementOrNone {
    /// `false`: there is no such element.
    None(bool),
    Element(Box<ElementFile>),
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ElementFile {
    pub(super) name: Option<String>,
    pub(super) r#type: Option<String>,
    pub(super) length: Option<usize>,
    pub(super) min: Option<usize>,
    pub(super) max: Option<usize>,
    pub(super) prefix: Option<usize>,
    pub(super) encoding: Option<Spec>,
    pub(super) prefix_encoding: Option<Spec>,
    pub(super) count: Option<CountFile>,
    pub(super) pad: Option<String>,
    pub(super) check: Option<bool>,
    pub(super) mask: Option<MaskFile>,
    /// Its name; `""` where there is none after all.
    pub(super) layout: Option<String>,
    pub(super) mac: Option<CoveredFile>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum CountFile {
    Bytes,
    Digits,
    Characters,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum MaskFile {
    Pan,
    Whole,
    None,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum CoveredFile {
    FromMti,
    FromBitmap,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LayoutFile {
    pub(super) kind: LayoutKind,
    #[serde(default)]
    pub(super) elements: BTreeMap<String, ElementFile>,
    pub(super) other: Option<ElementOrNone>,
    pub(super) optional: Option<bool>,
    #[serde(default)]
    pub(super) lead: Vec<LeadFile>,
    pub(super) tag: Option<usize>,
    pub(super) tag_encoding: Option<Spec>,
    pub(super) prefix: Option<usize>,
    pub(super) prefix_encoding: Option<Spec>,
    pub(super) constructed: Option<bool>,
    pub(super) bitmap: Option<Spec>,
    pub(super) bits: Option<usize>,
    pub(super) delimiter: Option<char>,
    pub(super) equals: Option<char>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum LayoutKind {
    Positional,
    Tagged,
    BerTlv,
    Bitmapped,
    Delimited,
}

/// A sub-element that stands before the first tag. (It repeats what an element has: serde cannot flatten strictly.)
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LeadFile {
    pub(super) key: String,
    pub(super) name: Option<String>,
    pub(super) r#type: Option<String>,
    pub(super) length: usize,
    pub(super) encoding: Option<Spec>,
    pub(super) mask: Option<MaskFile>,
}

/// What stands before the message type: one of these, told by `length`, `literal`, `field` or `visa`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", tag = "part")]
pub(super) enum PartFile {
    /// How long the rest is.
    Length {
        bytes: usize,
        encoding: Option<Spec>,
        #[serde(default)]
        reserved: usize,
        #[serde(default)]
        itself: bool,
    },
    /// Always the same text.
    Literal { text: String, encoding: Option<Spec> },
    /// A value.
    Field {
        key: String,
        name: Option<String>,
        r#type: Option<String>,
        length: Option<usize>,
        max: Option<usize>,
        prefix: Option<usize>,
        encoding: Option<Spec>,
        prefix_encoding: Option<Spec>,
    },
    /// The header of Visa's networks, or the two of a reject.
    Visa,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum KeyFile {
    Element(String),
    Parts(Vec<KeyPartFile>),
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KeyPartFile {
    pub(super) element: String,
    /// The first character taken; 1 is the first of all.
    pub(super) from: Option<usize>,
    pub(super) length: Option<usize>,
    pub(super) width: Option<usize>,
    #[serde(default)]
    pub(super) clear: bool,
}

impl File {
    /// This file over the one that it extends.
    pub(super) fn over(self, base: Self) -> Self {
        let mut elements = base.elements;
        for (number, element) in self.elements {
            let below = elements.remove(&number);
            elements.insert(number, element.over(below));
        }
        Self {
            extends: None,
            about: self.about.or(base.about),
            charset: self.charset.or(base.charset),
            numbers: self.numbers.or(base.numbers),
            tracks: self.tracks.or(base.tracks),
            binary: self.binary.or(base.binary),
            lengths: self.lengths.or(base.lengths),
            pad: self.pad.or(base.pad),
            check: self.check.or(base.check),
            mti: self.mti.or(base.mti),
            r#type: self.r#type.or(base.r#type),
            bitmap: self.bitmap.or(base.bitmap),
            bitmap_secondary: self.bitmap_secondary.or(base.bitmap_secondary),
            bitmap_tertiary: self.bitmap_tertiary.or(base.bitmap_tertiary),
            secondary: self.secondary.or(base.secondary),
            tertiary: self.tertiary.or(base.tertiary),
            header: self.header.or(base.header),
            keys: base.keys.into_iter().chain(self.keys).collect(),
            layouts: base.layouts.into_iter().chain(self.layouts).collect(),
            elements,
        }
    }
}

impl ElementOrNone {
    fn over(self, base: Option<Self>) -> Self {
        match (self, base) {
            (Self::Element(element), Some(Self::Element(base))) => {
                Self::Element(Box::new(element.over(*base)))
            }
            (this, _) => this,
        }
    }
}

impl ElementFile {
    /// What is said here goes before what is said below. A length of one sort takes the place of the other sort.
    fn over(self, base: Self) -> Self {
        let fixed = self.length.is_some();
        let varies = self.max.is_some() || self.prefix.is_some() || self.min.is_some();
        let varying = |here: Option<usize>, below: Option<usize>| if fixed { here } else { here.or(below) };
        let retyped = self.r#type.is_some() && self.r#type != base.r#type;
        Self {
            name: self.name.or(base.name),
            length: if varies { self.length } else { self.length.or(base.length) },
            min: varying(self.min, base.min),
            max: varying(self.max, base.max),
            prefix: varying(self.prefix, base.prefix),
            encoding: if retyped { self.encoding } else { self.encoding.or(base.encoding) },
            r#type: self.r#type.or(base.r#type),
            prefix_encoding: self.prefix_encoding.or(base.prefix_encoding),
            count: self.count.or(base.count),
            pad: self.pad.or(base.pad),
            check: self.check.or(base.check),
            mask: self.mask.or(base.mask),
            layout: self.layout.or(base.layout),
            mac: self.mac.or(base.mac),
        }
    }
}
