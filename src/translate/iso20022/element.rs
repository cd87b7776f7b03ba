//! Elements to JSON members, as they open and close: no tree. What is written is only touched again where a name comes
//! back that no schema lets repeat, or that others stand between.

use std::collections::HashSet;

use super::namespaces::{self, NamespaceId, Namespaces, Scope};
use super::regroup::{self, Run};
use super::sensitive;
use super::table::{KEYS, NameId, Rule, Shape, TABLE, Table};
use super::text::Text;
use crate::translate::json;
use crate::translate::mask::{Mask, Show};

/// An open element.
#[derive(Debug)]
struct Frame<'a> {
    local: &'a str,
    id: NameId,
    namespace: NamespaceId,
    /// The declarations in force outside it.
    outside: Scope,
    shape: Shape,
    section: Option<Part>,
    /// `xsi:nil` says that it has no value.
    nil: bool,
    /// `{` is written.
    opened: bool,
    /// A member is written.
    filled: bool,
    /// A name came back after others: the order of the elements does not show in the members.
    disordered: bool,
    /// The child that the last run is of.
    last: Option<NameId>,
    /// How many elements it has so far.
    children: usize,
    /// One bit for each number of a child's name, modulo 64: most names are new without a search.
    names: u64,
    serial: u32,
    first_run: usize,
    first_piece: usize,
}

/// The parts of a message that services look for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Header,
    Document,
}

/// A Document or AppHdr outside any other, by its place in the bytes of all of them.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Section {
    pub(super) part: Part,
    pub(super) namespace: NamespaceId,
    pub(super) from: usize,
    pub(super) to: usize,
}

/// Stands before and after the number of a section where it was taken out; no JSON has this byte.
pub(super) const SECTION_MARK: u8 = 1;

/// The name of what is outside the root.
const NO_NAME: NameId = NameId::MAX;

/// An element with more runs of children than this gets an index of their names.
const RUNS_SEARCHED: usize = 64;

/// What is written so far, and the open elements.
#[derive(Debug)]
pub(super) struct Elements<'a> {
    table: &'static Table,
    show: Show,
    /// Where members go: the envelope, or the sections within one.
    out: Vec<u8>,
    /// The other one of the two.
    aside: Vec<u8>,
    frames: Vec<Frame<'a>>,
    runs: Vec<Run>,
    /// The children of elements with many runs, by the element's serial number.
    many: HashSet<(u32, NameId)>,
    /// Text beside elements, with the number of elements before it.
    pieces: Vec<(usize, String)>,
    /// Text of the innermost element.
    pub(super) text: Text<'a>,
    serial: u32,
    sections: Vec<Section>,
    keys: Vec<(NameId, Vec<String>)>,
    root: &'a str,
    bare: bool,
}

/// All that was written.
#[derive(Debug)]
pub(super) struct Written<'a> {
    /// The tree from the root, as an object with the root as its one member, without its sections.
    pub(super) envelope: Vec<u8>,
    /// The bytes of all sections.
    pub(super) content: Vec<u8>,
    pub(super) sections: Vec<Section>,
    pub(super) keys: Vec<(NameId, Vec<String>)>,
    pub(super) root: &'a str,
    /// The root itself is a section.
    pub(super) bare: bool,
}

impl<'a> Elements<'a> {
    pub(super) fn new(input_bytes: usize, show: Show) -> Self {
        let outermost = Frame {
            local: "",
            id: NO_NAME,
            namespace: namespaces::NONE,
            outside: Scope::default(),
            shape: Shape::Elements,
            section: None,
            nil: false,
            opened: false,
            filled: false,
            disordered: false,
            last: None,
            children: 0,
            names: 0,
            serial: 0,
            first_run: 0,
            first_piece: 0,
        };
        let mut frames = Vec::with_capacity(32);
        frames.push(outermost);
        Self {
            table: &TABLE,
            show,
            out: Vec::with_capacity(256),
            aside: Vec::with_capacity(input_bytes),
            frames,
            runs: Vec::with_capacity(128),
            many: HashSet::new(),
            pieces: Vec::new(),
            text: Text::default(),
            serial: 0,
            sections: Vec::new(),
            keys: Vec::new(),
            root: "",
            bare: false,
        }
    }

    /// How many elements are open.
    #[inline]
    pub(super) fn depth(&self) -> usize {
        self.frames.len() - 1
    }

    pub(super) fn root_is_closed(&self) -> bool {
        self.depth() == 0 && !self.root.is_empty()
    }

    #[inline]
    pub(super) fn bytes(&self) -> usize {
        self.out.len() + self.aside.len()
    }

    /// The local names of the open elements, outermost first.
    pub(super) fn path(&self) -> impl DoubleEndedIterator<Item = &'a str> + Clone {
        self.frames.iter().skip(1).map(|frame| frame.local)
    }

    /// The local name of the innermost open element.
    #[inline]
    pub(super) fn innermost(&self) -> &'a str {
        self.frames.last().map_or("", |frame| frame.local)
    }

    /// What the table says of a child here.
    #[inline]
    pub(super) fn rule(&self, child: NameId, namespaces: &Namespaces<'_>) -> Rule {
        self.frames.last().map_or_else(Rule::default, |parent| {
            self.table.rule(namespaces.schema(parent.namespace), parent.id, child)
        })
    }

    /// Opens an element.
    pub(super) fn open(
        &mut self,
        (local, id): (&'a str, NameId),
        namespace: NamespaceId,
        rule: Rule,
        namespaces: &Namespaces<'_>,
        outside: Scope,
    ) {
        self.keep_piece();
        self.begin_value(local, id, rule.repeats);
        let Some(parent) = self.frames.last() else { return };
        let section = match local {
            _ if !namespaces.is_message(namespace) || self.in_section() => None,
            "Document" => Some(Part::Document),
            "AppHdr" => Some(Part::Header),
            _ => None,
        };
        let renamed = section.is_some() || parent.namespace != namespace;
        if self.depth() == 0 {
            self.root = local;
            self.bare = section.is_some();
        }
        self.serial += 1;
        let mut frame = Frame {
            local,
            id,
            namespace,
            outside,
            shape: rule.shape,
            section,
            nil: false,
            opened: false,
            filled: false,
            disordered: false,
            last: None,
            children: 0,
            names: 0,
            serial: self.serial,
            first_run: self.runs.len(),
            first_piece: self.pieces.len(),
        };
        if let Some(part) = section {
            frame.shape = Shape::Elements;
            self.begin_section(part, namespace);
        }
        self.frames.push(frame);
        if renamed {
            self.attribute("xmlns", namespaces.name(namespace));
        }
    }

    /// Writes an attribute of the element that was opened last.
    pub(super) fn attribute(&mut self, local: &str, value: &str) {
        let Some(frame) = self.frames.last_mut() else { return };
        self.out.push(if frame.filled { b',' } else { b'{' });
        frame.opened = true;
        frame.filled = true;
        self.out.extend_from_slice(b"\"@");
        self.out.extend_from_slice(local.as_bytes());
        self.out.extend_from_slice(b"\":");
        json::string(&mut self.out, value);
    }

    /// Notes that the element that was opened last is said to have no value.
    pub(super) fn set_nil(&mut self) {
        if let Some(frame) = self.frames.last_mut() {
            frame.nil = true;
        }
    }

    /// Closes the innermost element and gives the declarations in force outside it.
    pub(super) fn close(&mut self) -> Scope {
        if self.frames.last().is_some_and(|frame| frame.last.is_some()) {
            self.keep_piece();
            self.end_run();
        }
        let Some(frame) = self.frames.pop() else { return Scope::default() };
        if frame.last.is_some() {
            if frame.disordered {
                let runs = self.runs.get(frame.first_run..).unwrap_or_default();
                regroup::regroup(&mut self.out, runs);
            }
            self.write_pieces(&frame);
            self.out.push(b'}');
            self.runs.truncate(frame.first_run);
        } else {
            self.close_leaf(&frame);
        }
        self.text.clear();
        if frame.section.is_some() {
            self.end_section();
        }
        frame.outside
    }

    /// Everything, after the root is closed.
    pub(super) fn finish(mut self) -> Written<'a> {
        self.end_run();
        self.out.push(b'}');
        Written {
            envelope: self.out,
            content: self.aside,
            sections: self.sections,
            keys: self.keys,
            root: self.root,
            bare: self.bare,
        }
    }

    /// Text beside elements is content of its own; white space there is layout.
    fn keep_piece(&mut self) {
        if self.text.is_empty() {
            return;
        }
        if self.text.is_blank() {
            self.text.clear();
        } else {
            let before = self.frames.last().map_or(0, |frame| frame.children);
            self.pieces.push((before, self.text.take()));
        }
    }

    /// Writes the text beside elements: what stands before the first, between the first and second, and so on.
    fn write_pieces(&mut self, frame: &Frame<'_>) {
        let mut pieces = self.pieces.drain(frame.first_piece..).peekable();
        if pieces.peek().is_none() {
            return;
        }
        self.out.extend_from_slice(b",\"#text\":[");
        for place in 0..=frame.children {
            if place > 0 {
                self.out.push(b',');
            }
            let piece = pieces.next_if(|(before, _)| *before == place);
            let text = piece.as_ref().map_or("", |(_, text)| text);
            // Who puts text beside elements may put anything there.
            match self.show {
                Show::All => json::string(&mut self.out, text),
                Show::Masked => json::string(&mut self.out, &Mask::Whole.apply(text)),
            }
        }
        self.out.push(b']');
    }

    /// Writes what stands before the value of a child: its name, or a comma between repetitions.
    fn begin_value(&mut self, local: &str, id: NameId, repeats: bool) {
        let Some(parent) = self.frames.last_mut() else { return };
        parent.children += 1;
        if parent.last == Some(id) {
            let Some(run) = self.runs.last_mut() else { return };
            if !run.array {
                // No schema says that it repeats. It does.
                self.out.insert(run.value, b'[');
                run.array = true;
            }
            run.count += 1;
            self.out.push(b',');
            return;
        }
        if parent.last.is_some()
            && let Some(run) = self.runs.last_mut()
        {
            run.finish(&mut self.out);
        }
        if !parent.opened {
            self.out.push(b'{');
            parent.opened = true;
        } else if parent.filled {
            self.out.push(b',');
        }
        parent.filled = true;
        parent.last = Some(id);
        let bit = 1 << (id % u64::BITS);
        let runs = self.runs.get(parent.first_run..).unwrap_or_default();
        if runs.len() >= RUNS_SEARCHED {
            if runs.len() == RUNS_SEARCHED {
                self.many.extend(runs.iter().map(|run| (parent.serial, run.id)));
            }
            parent.disordered |= !self.many.insert((parent.serial, id));
        } else if parent.names & bit != 0 {
            parent.disordered |= runs.iter().any(|run| run.id == id);
        }
        parent.names |= bit;
        let member = self.out.len();
        self.out.push(b'"');
        self.out.extend_from_slice(local.as_bytes());
        self.out.extend_from_slice(b"\":");
        let value = self.out.len();
        if repeats {
            self.out.push(b'[');
        }
        self.runs.push(Run { id, member, value, end: value, count: 1, array: repeats });
    }

    /// Ends the last run of the innermost element.
    fn end_run(&mut self) {
        if self.frames.last().is_some_and(|frame| frame.last.is_some())
            && let Some(run) = self.runs.last_mut()
        {
            run.finish(&mut self.out);
        }
    }

    /// An element without elements.
    #[inline]
    fn close_leaf(&mut self, frame: &Frame<'_>) {
        let has_elements = matches!(frame.shape, Shape::Elements | Shape::ElementsElsewhere);
        let layout = has_elements && self.text.is_blank();
        if layout {
            self.text.clear();
        }
        if (frame.id as usize) < KEYS.len() {
            self.keep_key(frame.id);
        }
        let plain = matches!(frame.shape, Shape::ByContent | Shape::ElementsElsewhere);
        if !frame.opened && plain && !layout {
            self.write_text(frame);
            return;
        }
        if !frame.opened {
            self.out.push(b'{');
        }
        let without_value = layout || (frame.nil && self.text.is_empty());
        if !without_value {
            self.out.extend_from_slice(if frame.filled { b",\"#text\":" } else { b"\"#text\":" });
            self.write_text(frame);
        }
        self.out.push(b'}');
    }

    /// Writes the text of an element that was open until now.
    #[inline]
    fn write_text(&mut self, frame: &Frame<'_>) {
        if self.show == Show::Masked {
            self.write_masked(frame);
        } else {
            self.text.write(&mut self.out);
        }
    }

    fn write_masked(&mut self, frame: &Frame<'_>) {
        let text = self.text.value();
        let shown = match sensitive::mark(frame.local, self.path().rev(), text.contains('<')) {
            Some(mark) => mark.apply(&text),
            None => text,
        };
        json::string(&mut self.out, &shown);
    }

    fn keep_key(&mut self, id: NameId) {
        let value = self.text.value();
        match self.keys.iter_mut().find(|(key, _)| *key == id) {
            Some((_, values)) => values.push(value),
            None => self.keys.push((id, vec![value])),
        }
    }

    fn in_section(&self) -> bool {
        // Sections do not nest, and all bytes of a finished one are accounted for.
        self.sections.last().is_some_and(|section| section.to == usize::MAX)
    }

    fn begin_section(&mut self, part: Part, namespace: NamespaceId) {
        self.out.push(SECTION_MARK);
        self.out.extend_from_slice(self.sections.len().to_string().as_bytes());
        self.out.push(SECTION_MARK);
        std::mem::swap(&mut self.out, &mut self.aside);
        self.sections.push(Section { part, namespace, from: self.out.len(), to: usize::MAX });
    }

    fn end_section(&mut self) {
        if let Some(section) = self.sections.last_mut() {
            section.to = self.out.len();
        }
        std::mem::swap(&mut self.out, &mut self.aside);
    }
}
