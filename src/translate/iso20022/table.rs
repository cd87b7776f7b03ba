//! What the schemas say of elements, by message version: which repeat, which have element content, which are text with
//! attributes. The facts are generated (`tools/iso20022-table`); this file only looks them up.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::LazyLock;

/// The name of an element, as a number: small for names that some schema has, and beyond [`Table::names`] for others.
pub(super) type NameId = u32;

/// A namespace that has a schema, or a message that has one in another version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SchemaId {
    number: u16,
    is_family: bool,
}

/// What decides the JSON type of an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Rule {
    /// Always in an array.
    pub(super) repeats: bool,
    /// What the element itself is.
    pub(super) shape: Shape,
}

/// What an element is in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Shape {
    /// A string, unless attributes or elements make it an object.
    #[default]
    ByContent,
    /// An object, also when empty.
    Elements,
    /// An object in other versions of the message: also here when empty, but not when it has text.
    ElementsElsewhere,
    /// An object with `#text`, also without attributes.
    AttributedText,
}

/// The names of which the values become keys. They are the first of all names.
pub(super) const KEYS: [&str; 18] = [
    "MsgId",
    "BizMsgIdr",
    "MsgDefIdr",
    "EndToEndId",
    "UETR",
    "TxId",
    "InstrId",
    "OrgnlMsgId",
    "OrgnlEndToEndId",
    "OrgnlTxId",
    "OrgnlUETR",
    "TxSts",
    "GrpSts",
    "StsId",
    "NbOfTxs",
    "CreDtTm",
    "CreDt",
    "ClrSysRef",
];

/// The generated facts.
pub(super) static TABLE: LazyLock<Table> = LazyLock::new(|| Table::parse(include_str!("table.txt")));

/// All facts.
#[derive(Debug)]
pub(super) struct Table {
    names: HashMap<&'static str, NameId, BuildHasherDefault<Quick>>,
    /// By parent and child: what most versions say, and what holds where there is no schema.
    children: HashMap<(NameId, NameId), Facts, BuildHasherDefault<Quick>>,
    /// The namespaces that have a schema; the common ones by their last part.
    namespaces: HashMap<&'static str, SchemaId>,
    /// The messages that have a schema in another version, by the last part of their namespaces without the version.
    families: HashMap<&'static str, SchemaId>,
    common_namespace: &'static str,
    /// By namespace or family, parent and child.
    exceptions: HashMap<(u16, NameId, NameId), Rule, BuildHasherDefault<Quick>>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Facts {
    usual: Rule,
    unknown: Rule,
    /// Some namespace has an exception.
    varies: bool,
}

impl Table {
    /// How many names have a number.
    pub(super) fn names(&self) -> usize {
        self.names.len()
    }

    /// The number of a name that some schema has.
    #[inline]
    pub(super) fn name(&self, name: &str) -> Option<NameId> {
        self.names.get(name).copied()
    }

    /// The schema of a namespace, or else the schemas of its message's other versions.
    pub(super) fn schema(&self, namespace: &str) -> Option<SchemaId> {
        let short = namespace.strip_prefix(self.common_namespace).unwrap_or(namespace);
        let family = || self.families.get(short.rsplit_once('.')?.0);
        self.namespaces.get(short).or_else(family).copied()
    }

    /// What holds for `child` in a `parent` of this namespace.
    #[inline]
    pub(super) fn rule(&self, schema: Option<SchemaId>, parent: NameId, child: NameId) -> Rule {
        let Some(facts) = self.children.get(&(parent, child)) else { return Rule::default() };
        let Some(schema) = schema else { return facts.unknown.elsewhere() };
        let exception =
            if facts.varies { self.exceptions.get(&(schema.number, parent, child)).copied() } else { None };
        match exception {
            Some(rule) if schema.is_family => rule.elsewhere(),
            Some(rule) => rule,
            None if schema.is_family => facts.unknown.elsewhere(),
            None => facts.usual,
        }
    }

    /// Reads the generated text, whose sections stand in the order that its writer gives them.
    fn parse(text: &'static str) -> Self {
        let mut table = Self {
            names: HashMap::default(),
            children: HashMap::default(),
            namespaces: HashMap::new(),
            families: HashMap::new(),
            common_namespace: "",
            exceptions: HashMap::default(),
        };
        for key in KEYS {
            table.intern(key);
        }
        let mut section = "";
        for line in text.lines() {
            if let Some(heading) = line.strip_prefix('[') {
                let heading = heading.trim_end_matches(']');
                let (name, argument) = heading.split_once(' ').unwrap_or((heading, ""));
                section = name;
                table.common_namespace = argument;
            } else if !line.is_empty() && !line.starts_with('#') {
                table.read(section, line);
            }
        }
        table
    }

    fn read(&mut self, section: &str, line: &'static str) {
        match section {
            "children" => {
                let (parent, children) = line.split_once(": ").unwrap_or((line, ""));
                let parent = self.intern(parent);
                for child in children.split(' ') {
                    let (child, rule) = marked(child);
                    let child = self.intern(child);
                    self.children
                        .insert((parent, child), Facts { usual: rule, unknown: rule, varies: false });
                }
            }
            "names" => {
                for name in line.split(' ') {
                    self.intern(name);
                }
            }
            "unknown" => {
                let (parent, child, rule) = self.pair(line);
                self.children.entry((parent, child)).or_default().unknown = rule;
            }
            _ => {
                let (namespace, exceptions) = line.split_once(' ').unwrap_or((line, ""));
                let number = u16::try_from(self.namespaces.len() + self.families.len()).unwrap_or(u16::MAX);
                let is_family = section == "families";
                let named = if is_family { &mut self.families } else { &mut self.namespaces };
                named.insert(namespace, SchemaId { number, is_family });
                for exception in exceptions.split_terminator(' ') {
                    let (parent, child, rule) = self.pair(exception);
                    self.children.entry((parent, child)).or_default().varies = true;
                    self.exceptions.insert((number, parent, child), rule);
                }
            }
        }
    }

    fn pair(&mut self, token: &'static str) -> (NameId, NameId, Rule) {
        let (parent, child) = token.split_once('/').unwrap_or((token, ""));
        let (child, rule) = marked(child);
        (self.intern(parent), self.intern(child), rule)
    }

    fn intern(&mut self, name: &'static str) -> NameId {
        let next = NameId::try_from(self.names.len()).unwrap_or(NameId::MAX);
        *self.names.entry(name).or_insert(next)
    }
}

impl Rule {
    /// The same where it is a guess: other schemas say so.
    fn elsewhere(self) -> Self {
        let shape = if self.shape == Shape::Elements { Shape::ElementsElsewhere } else { self.shape };
        Self { shape, ..self }
    }
}

/// `Ustrd*` → `Ustrd`, repeats.
fn marked(token: &str) -> (&str, Rule) {
    let (token, shape) = if let Some(token) = token.strip_suffix('{') {
        (token, Shape::Elements)
    } else if let Some(token) = token.strip_suffix('@') {
        (token, Shape::AttributedText)
    } else {
        (token, Shape::ByContent)
    };
    let (name, repeats) = token.strip_suffix('*').map_or((token, false), |name| (name, true));
    (name, Rule { repeats, shape })
}

/// A quick hash for maps that nothing is added to after they are made: what a message holds cannot fill their slots.
#[derive(Debug, Default)]
pub(super) struct Quick(u64);

impl Quick {
    #[inline]
    fn add(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x51_7c_c1_b7_27_22_0a_95);
    }
}

impl Hasher for Quick {
    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for &word in words {
            self.add(u64::from_le_bytes(word));
        }
        let mut last = [0; 8];
        for (to, &from) in last.iter_mut().zip(rest) {
            *to = from;
        }
        self.add(u64::from_le_bytes(last));
    }

    #[inline]
    fn write_u8(&mut self, byte: u8) {
        self.add(byte.into());
    }

    #[inline]
    fn write_u16(&mut self, number: u16) {
        self.add(number.into());
    }

    #[inline]
    fn write_u32(&mut self, number: u32) {
        self.add(number.into());
    }

    #[inline]
    fn finish(&self) -> u64 {
        // The map takes its slot from the low bits and its tag from the high ones; the product is weak in the low ones.
        self.0.rotate_left(26)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(namespace: &str, parent: &str, child: &str) -> Rule {
        TABLE.rule(TABLE.schema(namespace), TABLE.name(parent).unwrap(), TABLE.name(child).unwrap())
    }

    const PACS_008_08: &str = "urn:iso:std:iso:20022:tech:xsd:pacs.008.001.08";

    #[test]
    fn the_shape_comes_from_the_schema() {
        assert_eq!(rule(PACS_008_08, "CdtTrfTxInf", "IntrBkSttlmAmt").shape, Shape::AttributedText);
        assert_eq!(rule(PACS_008_08, "CdtTrfTxInf", "Dbtr").shape, Shape::Elements);
        assert_eq!(rule(PACS_008_08, "PmtId", "EndToEndId").shape, Shape::ByContent);
    }

    #[test]
    fn repetition_comes_from_the_schema() {
        assert!(rule(PACS_008_08, "RmtInf", "Ustrd").repeats);
        assert!(rule(PACS_008_08, "PstlAdr", "AdrLine").repeats);
        assert!(!rule(PACS_008_08, "PstlAdr", "TwnNm").repeats);
    }

    #[test]
    fn versions_differ_and_others_get_the_union() {
        let version = |version: &str| format!("urn:iso:std:iso:20022:tech:xsd:{version}");
        let service_level = |namespace: &str| rule(&version(namespace), "PmtTpInf", "SvcLvl").repeats;
        assert!(!service_level("pacs.008.001.02"));
        assert!(service_level("pacs.008.001.08"));
        assert!(service_level("pacs.008.001.99"));
        assert!(service_level("pacs.999.001.01"));
        // An account has one Id in every camt.053, whatever it has elsewhere.
        assert!(!rule(&version("camt.053.001.99"), "Acct", "Id").repeats);
        assert!(rule(&version("camt.999.001.01"), "Acct", "Id").repeats);
    }

    #[test]
    fn every_key_is_a_small_number() {
        for (number, key) in KEYS.iter().enumerate() {
            assert_eq!(TABLE.name(key), u32::try_from(number).ok());
        }
    }
}
