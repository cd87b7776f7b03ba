//! The input, event by event: what quick-xml lets pass and XML does not is refused here, the rest goes to
//! [`Elements`].

use quick_xml::Reader;
use quick_xml::errors::{Error, IllFormedError, SyntaxError};
use quick_xml::events::Event;

use super::attributes::{self, Attribute, AttributeLimits};
use super::element::{Elements, Written};
use super::lexical::{self, Fault};
use super::names::Names;
use super::namespaces::{NamespaceId, Namespaces};
use super::trace::Trace;
use super::{Limits, Repeatable, Show};

/// One message on its way.
pub(super) struct Parse<'a> {
    text: &'a str,
    reader: Reader<&'a [u8]>,
    /// Where the event at hand begins and ends.
    begin: usize,
    end: usize,
    /// A place that must not be passed: there is no text beyond it, or a character that XML forbids.
    barrier: Option<Fault>,
    /// Somewhere there is `]]>`: only then is character data searched for it.
    has_section_end: bool,
    limits: Limits,
    repeatable: &'a Repeatable,
    names: Names<'a>,
    namespaces: Namespaces<'a>,
    attributes: Vec<Attribute<'a>>,
    elements: Elements<'a>,
    trace: Option<Trace<'a>>,
}

const ROOT: &str = "the root element";
const NOTHING_AFTER_ROOT: &str = "nothing after the root element but comments and white space";

impl<'a> Parse<'a> {
    /// `fault` follows the text.
    pub(super) fn new(
        text: &'a str,
        fault: Option<Fault>,
        limits: Limits,
        repeatable: &'a Repeatable,
        show: Show,
    ) -> Self {
        let mut reader = Reader::from_str(text);
        reader.config_mut().check_comments = true;
        let forbidden = lexical::forbidden_character(text);
        let barrier = forbidden.map(|at| Fault::new(at, "a character that XML allows")).or(fault);
        Self {
            text,
            reader,
            begin: 0,
            end: 0,
            barrier,
            has_section_end: memchr::memmem::find(text.as_bytes(), b"]]>").is_some(),
            limits,
            repeatable,
            names: Names::new(),
            namespaces: Namespaces::new(),
            attributes: Vec::new(),
            elements: Elements::new(text.len(), show),
            trace: None,
        }
    }

    /// Notes what is passed from here on.
    pub(super) fn trace(&mut self, trace: Trace<'a>) {
        self.trace = Some(trace);
    }

    /// What was noted.
    pub(super) fn take_trace(&mut self) -> Option<Trace<'a>> {
        self.trace.take()
    }

    /// The local names of the elements open at the place reached.
    pub(super) fn path(&self) -> impl DoubleEndedIterator<Item = &'a str> + Clone {
        self.elements.path()
    }

    /// Reads to the end.
    pub(super) fn run(&mut self) -> Result<(), Fault> {
        // quick-xml would drop it without counting it.
        if self.text.starts_with('\u{FEFF}') {
            return Err(Fault::new(0, ROOT));
        }
        loop {
            self.begin = self.end;
            let event = self.reader.read_event();
            self.end = usize::try_from(self.reader.buffer_position()).unwrap_or(usize::MAX);
            if let Some(barrier) = self.barrier.take_if(|barrier| barrier.at < self.end) {
                return Err(barrier);
            }
            match event {
                Ok(Event::Eof) => return self.end_of_input(),
                Ok(event) => self.event(&event)?,
                Err(error) => {
                    return Err(self.barrier.take().unwrap_or_else(|| self.not_well_formed(&error)));
                }
            }
            if self.elements.bytes() > self.limits.document_bytes_max {
                let limit = self.limits.document_bytes_max;
                return Err(Fault::new(self.begin, format!("a document of at most {limit} bytes")));
            }
        }
    }

    /// What was written, after [`Parse::run`].
    pub(super) fn finish(self) -> (Written<'a>, Namespaces<'a>) {
        (self.elements.finish(), self.namespaces)
    }

    fn event(&mut self, event: &Event<'_>) -> Result<(), Fault> {
        match event {
            Event::Start(_) => self.open(self.slice(1, 1)),
            Event::Empty(_) => {
                self.open(self.slice(1, 2))?;
                self.close();
                Ok(())
            }
            Event::End(_) => {
                self.close();
                Ok(())
            }
            Event::Text(_) => self.character_data(),
            Event::CData(_) => {
                let text = self.slice("<![CDATA[".len(), "]]>".len());
                self.inside_root()?;
                self.elements.text.push_raw(text);
                Ok(())
            }
            Event::GeneralRef(_) => {
                self.inside_root()?;
                let character = lexical::referenced_character(self.slice(1, 1));
                let character = character.ok_or_else(|| Fault::new(self.begin, REFERENCE))?;
                self.elements.text.push_character(character);
                Ok(())
            }
            Event::Comment(_) => Ok(()),
            Event::PI(instruction) => {
                let target = instruction.target();
                if target.eq_ignore_ascii_case("xml") || !lexical::is_name(target) {
                    return Err(Fault::new(
                        self.begin,
                        "a processing instruction with a name that is not xml",
                    ));
                }
                Ok(())
            }
            Event::Decl(_) => self.declaration(),
            Event::DocType(_) => Err(Fault::new(self.begin, NO_DOCTYPE)),
            Event::Eof => Ok(()),
        }
    }

    fn open(&mut self, tag: &'a str) -> Result<(), Fault> {
        let at = self.begin;
        if self.elements.root_is_closed() {
            return Err(Fault::new(at, NOTHING_AFTER_ROOT));
        }
        if self.elements.depth() >= self.limits.depth_max {
            return Err(Fault::new(
                at,
                format!("at most {} elements within each other", self.limits.depth_max),
            ));
        }
        let name_bytes = tag.bytes().position(lexical::is_space).unwrap_or(tag.len());
        if name_bytes > self.limits.name_bytes_max {
            return Err(Fault::new(at, format!("a name of at most {} bytes", self.limits.name_bytes_max)));
        }
        let (name, rest) = tag.split_at_checked(name_bytes).unwrap_or((tag, ""));
        let (prefix, local) = name.split_once(':').unwrap_or(("", name));
        let known = self.names.id(local).filter(|_| prefix.is_empty() == (local.len() == name.len()));
        let id = known.ok_or_else(|| Fault::new(at + 1, "the name of an element"))?;
        let outside = self.namespaces.scope();
        self.attributes.clear();
        if !rest.is_empty() {
            self.attributes(rest, at + 1 + name_bytes)?;
        }
        let namespace = self.namespace(prefix, at + 1)?;
        let mut rule = self.elements.rule(id, &self.namespaces);
        rule.repeats |= self.repeatable.contains(self.elements.innermost(), local);
        if let Some(trace) = &mut self.trace {
            trace.open(local, self.begin);
        }
        self.elements.open((local, id), namespace, rule, &self.namespaces, outside);
        for number in 0..self.attributes.len() {
            self.attribute(number)?;
        }
        Ok(())
    }

    /// The attributes of a tag, without the declarations, which take effect.
    fn attributes(&mut self, text: &'a str, at: usize) -> Result<(), Fault> {
        let limits = AttributeLimits {
            attributes_max: self.limits.attributes_max,
            name_bytes_max: self.limits.name_bytes_max,
        };
        attributes::scan(text, at, limits, &mut self.attributes)?;
        if self.attributes.len() > 1 {
            attributes::refuse_same_names(&self.attributes)?;
        }
        self.namespaces.declare(&mut self.attributes, self.limits.namespaces_max)
    }

    fn attribute(&mut self, number: usize) -> Result<(), Fault> {
        let Some(attribute) = self.attributes.get(number) else { return Ok(()) };
        if !attribute.prefix.is_empty() && self.namespaces.resolve(attribute.prefix).is_none() {
            return Err(Fault::new(attribute.at, UNDECLARED_PREFIX));
        }
        if attribute.local == "xmlns" {
            // `@xmlns` is the namespace.
            return Err(Fault::new(attribute.at, "an attribute of another name than xmlns"));
        }
        let value = attribute.value()?;
        let of_instance = attribute.local == "nil" && self.namespaces.is_schema_instance(attribute.prefix);
        self.elements.attribute(attribute.local, &value);
        if of_instance && matches!(value.trim(), "true" | "1") {
            self.elements.set_nil();
        }
        Ok(())
    }

    #[inline]
    fn namespace(&self, prefix: &str, at: usize) -> Result<NamespaceId, Fault> {
        match prefix {
            "" => Ok(self.namespaces.default()),
            "xmlns" => Err(Fault::new(at, "an element whose prefix is not xmlns")),
            _ => self.namespaces.resolve(prefix).ok_or_else(|| Fault::new(at, UNDECLARED_PREFIX)),
        }
    }

    fn close(&mut self) {
        if let Some(trace) = &mut self.trace {
            trace.close(self.end, self.elements.text.value());
        }
        let outside = self.elements.close();
        self.namespaces.leave(outside);
    }

    #[inline]
    fn character_data(&mut self) -> Result<(), Fault> {
        let text = self.slice(0, 0);
        if self.elements.depth() == 0 {
            let layout = text.bytes().take_while(|&byte| lexical::is_space(byte)).count();
            return if layout == text.len() { Ok(()) } else { Err(self.outside_root(self.begin + layout)) };
        }
        if self.has_section_end
            && let Some(at) = memchr::memmem::find(text.as_bytes(), b"]]>")
        {
            return Err(Fault::new(self.begin + at, "no `]]>` in text"));
        }
        self.elements.text.push_raw(text);
        Ok(())
    }

    fn declaration(&self) -> Result<(), Fault> {
        if self.begin > 0 {
            return Err(Fault::new(self.begin, "an XML declaration at the very beginning only"));
        }
        if !lexical::is_declaration(self.slice("<?xml".len(), "?>".len())) {
            return Err(Fault::new(
                0,
                "an XML declaration with version, encoding and standalone as XML 1.0 has them",
            ));
        }
        Ok(())
    }

    fn end_of_input(&mut self) -> Result<(), Fault> {
        if let Some(fault) = self.barrier.take() {
            return Err(fault);
        }
        if let Some(open) = self.elements.path().next_back() {
            return Err(Fault::new(self.end, format!("the end tag of {}", super::short(open))));
        }
        if self.elements.root_is_closed() { Ok(()) } else { Err(Fault::new(self.end, ROOT)) }
    }

    fn inside_root(&self) -> Result<(), Fault> {
        if self.elements.depth() == 0 { Err(self.outside_root(self.begin)) } else { Ok(()) }
    }

    fn outside_root(&self, at: usize) -> Fault {
        Fault::new(at, if self.elements.root_is_closed() { NOTHING_AFTER_ROOT } else { ROOT })
    }

    /// The event as it stands in the input, without so many bytes at its beginning and end.
    #[inline]
    fn slice(&self, skip: usize, drop: usize) -> &'a str {
        self.text.get(self.begin + skip..self.end - drop).unwrap_or_default()
    }

    fn not_well_formed(&self, error: &Error) -> Fault {
        let at = usize::try_from(self.reader.error_position()).unwrap_or(self.begin).min(self.text.len());
        match error {
            Error::Syntax(SyntaxError::UnclosedDoctype) => Fault::new(at, NO_DOCTYPE),
            Error::Syntax(SyntaxError::UnclosedComment) => Fault::new(at, "`-->` at the end of the comment"),
            Error::Syntax(SyntaxError::UnclosedCData) => {
                Fault::new(at, "`]]>` at the end of the CDATA section")
            }
            Error::Syntax(SyntaxError::UnclosedPI | SyntaxError::UnclosedXmlDecl) => {
                Fault::new(at, "`?>` at the end of the processing instruction")
            }
            Error::Syntax(SyntaxError::InvalidBangMarkup) => {
                Fault::new(at, "an element, a comment or a CDATA section")
            }
            Error::Syntax(_) => Fault::new(at, "`>` at the end of the tag"),
            Error::IllFormed(IllFormedError::MismatchedEndTag { .. }) => {
                let open = self.elements.path().next_back().unwrap_or_default();
                Fault::new(at, format!("the end tag of {}", super::short(open)))
            }
            Error::IllFormed(IllFormedError::UnmatchedEndTag(_)) => self.outside_root(at),
            Error::IllFormed(IllFormedError::DoubleHyphenInComment) => {
                Fault::new(at, "no `--` within a comment")
            }
            Error::IllFormed(IllFormedError::UnclosedReference) => Fault::new(at, REFERENCE),
            Error::IllFormed(IllFormedError::MissingDoctypeName) => Fault::new(at, NO_DOCTYPE),
            _ => Fault::new(at, "well-formed XML"),
        }
    }
}

const REFERENCE: &str = "a reference to a character that XML allows, or &amp;, &lt;, &gt;, &apos; or &quot;";
const NO_DOCTYPE: &str = "no document type declaration";
const UNDECLARED_PREFIX: &str = "a prefix that is declared";
