//! Prefixes and namespaces, and what the name of a namespace tells of the message.

use std::borrow::Cow;
use std::collections::HashMap;

use super::attributes::Attribute;
use super::lexical::Fault;
use super::table::{SchemaId, TABLE};

/// A namespace as a number; equal numbers are equal names.
pub(super) type NamespaceId = u32;

/// No namespace.
pub(super) const NONE: NamespaceId = 0;
const XML: NamespaceId = 1;
const XML_NAME: &str = "http://www.w3.org/XML/1998/namespace";
const XMLNS_NAME: &str = "http://www.w3.org/2000/xmlns/";
const SCHEMA_INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// The declarations in force at a place, and all namespaces met so far.
#[derive(Debug)]
pub(super) struct Namespaces<'a> {
    all: Vec<Namespace<'a>>,
    by_name: HashMap<Cow<'a, str>, NamespaceId>,
    /// Those in force, innermost last. The prefix is empty for the default namespace.
    declarations: Vec<(&'a str, NamespaceId)>,
    default: NamespaceId,
}

#[derive(Debug)]
struct Namespace<'a> {
    name: Cow<'a, str>,
    schema: Option<SchemaId>,
    is_message: bool,
}

/// How much was declared at a place, so that the declarations after it can be dropped.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Scope {
    declarations: usize,
    default: NamespaceId,
}

impl<'a> Namespaces<'a> {
    pub(super) fn new() -> Self {
        let known = |name| Namespace { name: Cow::Borrowed(name), schema: None, is_message: false };
        Self {
            all: vec![known(""), known(XML_NAME)],
            by_name: HashMap::new(),
            declarations: Vec::new(),
            default: NONE,
        }
    }

    pub(super) fn scope(&self) -> Scope {
        Scope { declarations: self.declarations.len(), default: self.default }
    }

    /// Drops the declarations after `scope`.
    #[inline]
    pub(super) fn leave(&mut self, scope: Scope) {
        self.declarations.truncate(scope.declarations);
        self.default = scope.default;
    }

    /// Takes in the declarations among the attributes of a tag and removes them.
    pub(super) fn declare(
        &mut self,
        attributes: &mut Vec<Attribute<'a>>,
        namespaces_max: usize,
    ) -> Result<(), Fault> {
        let mut result = Ok(());
        attributes.retain(|attribute| {
            let prefix = match (attribute.prefix, attribute.local) {
                ("xmlns", prefix) => prefix,
                ("", "xmlns") => "",
                _ => return true,
            };
            if result.is_ok() {
                result = self.declare_one(prefix, attribute, namespaces_max);
            }
            false
        });
        result
    }

    fn declare_one(
        &mut self,
        prefix: &'a str,
        attribute: &Attribute<'a>,
        namespaces_max: usize,
    ) -> Result<(), Fault> {
        let name = attribute.value()?;
        let of_xml = name == XML_NAME;
        if prefix == "xmlns" || name == XMLNS_NAME || (prefix == "xml") != of_xml {
            return Err(Fault::new(
                attribute.at,
                "a declaration that leaves the prefixes xml and xmlns alone",
            ));
        }
        if name.is_empty() && !prefix.is_empty() {
            return Err(Fault::new(attribute.at, "a namespace for the prefix"));
        }
        if self.declarations.len() >= namespaces_max {
            return Err(Fault::new(
                attribute.at,
                format!("at most {namespaces_max} namespace declarations in force"),
            ));
        }
        let id = if of_xml { XML } else { self.intern(name) };
        self.declarations.push((prefix, id));
        if prefix.is_empty() {
            self.default = id;
        }
        Ok(())
    }

    fn intern(&mut self, name: Cow<'a, str>) -> NamespaceId {
        if name.is_empty() {
            return NONE;
        }
        if let Some(&id) = self.by_name.get(&name) {
            return id;
        }
        let id = NamespaceId::try_from(self.all.len()).unwrap_or(NamespaceId::MAX);
        self.by_name.insert(name.clone(), id);
        let (schema, is_message) = (TABLE.schema(&name), message_type(&name).is_some());
        self.all.push(Namespace { name, schema, is_message });
        id
    }

    /// The namespace of elements without prefix.
    #[inline]
    pub(super) fn default(&self) -> NamespaceId {
        self.default
    }

    /// The namespace of a prefix.
    pub(super) fn resolve(&self, prefix: &str) -> Option<NamespaceId> {
        if prefix == "xml" {
            return Some(XML);
        }
        self.declarations.iter().rev().find(|(declared, _)| *declared == prefix).map(|&(_, id)| id)
    }

    pub(super) fn name(&self, id: NamespaceId) -> &str {
        self.all.get(id as usize).map_or("", |namespace| &namespace.name)
    }

    /// What the table of schemas knows it by.
    #[inline]
    pub(super) fn schema(&self, id: NamespaceId) -> Option<SchemaId> {
        self.all.get(id as usize)?.schema
    }

    /// Whether a Document or AppHdr of this namespace is one.
    #[inline]
    pub(super) fn is_message(&self, id: NamespaceId) -> bool {
        self.all.get(id as usize).is_some_and(|namespace| namespace.is_message)
    }

    /// `pacs.008.001.08`; empty where the namespace is not that of a message.
    pub(super) fn message_type(&self, id: NamespaceId) -> &str {
        message_type(self.name(id)).unwrap_or_default()
    }

    pub(super) fn is_schema_instance(&self, prefix: &str) -> bool {
        self.resolve(prefix).is_some_and(|id| self.name(id) == SCHEMA_INSTANCE)
    }
}

/// The last part of `…:tech:xsd:<type>` or `urn:swift:xsd:<type>`.
pub(super) fn message_type(namespace: &str) -> Option<&str> {
    let kind = match namespace.strip_prefix("urn:swift:xsd:") {
        Some(kind) => kind,
        None => namespace.rsplit_once(":tech:xsd:")?.1,
    };
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'$');
    (!kind.is_empty() && kind.bytes().all(allowed)).then_some(kind)
}

#[cfg(test)]
mod tests {
    use super::message_type;

    #[test]
    fn the_message_type_is_the_end_of_its_namespace() {
        let iso = "urn:iso:std:iso:20022:tech:xsd:pacs.008.001.08";
        assert_eq!(message_type(iso), Some("pacs.008.001.08"));
        assert_eq!(message_type("urn:swift:xsd:camt.003.001.04"), Some("camt.003.001.04"));
        assert_eq!(message_type("urn:swift:xsd:$ahV10"), Some("$ahV10"));
        for other in
            ["", "urn:iso:std:iso:20022:tech:xsd:", "urn:swift:xsd:", "http://bank.example/pacs.008.001.08"]
        {
            assert_eq!(message_type(other), None, "{other}");
        }
    }
}
