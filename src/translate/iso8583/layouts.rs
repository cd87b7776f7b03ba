//! From what a dialect file says of layouts to tables.

use super::InvalidDialect;
use super::compile::Compiler;
use super::file::{ElementFile, ElementOrNone, LayoutFile, LayoutKind, LeadFile, Spec};
use super::table::{BITS, Element, Known, Layout, Size, Tag, Tagged};

/// The longest tag, in bytes.
pub(super) const TAG_BYTES_MAX: usize = 8;

type Result<T> = std::result::Result<T, InvalidDialect>;

impl Compiler<'_> {
    /// All layouts, in the order of their names.
    pub(super) fn layouts(&mut self) -> Result<Vec<Layout>> {
        let file = self.file;
        file.layouts.iter().map(|(name, layout)| self.layout(layout, &format!("layouts.{name}"))).collect()
    }

    fn layout(&mut self, file: &LayoutFile, place: &str) -> Result<Layout> {
        refuse_strangers(file, place)?;
        match file.kind {
            LayoutKind::Positional => Ok(Layout::Positional {
                fields: self.positional(file, place)?,
                optional: file.optional.unwrap_or(false),
            }),
            LayoutKind::Tagged => self.tagged(file, place),
            LayoutKind::BerTlv => Ok(Layout::Ber {
                known: self.known(file, Some("b"), place)?,
                constructed: file.constructed.unwrap_or(true),
            }),
            LayoutKind::Bitmapped => self.bitmapped(file, place),
            LayoutKind::Delimited => Ok(Layout::Delimited {
                delimiter: file.delimiter.ok_or_else(|| InvalidDialect::new(place, "a delimiter"))?,
                equals: file.equals,
                known: self.known(file, None, place)?,
            }),
        }
    }

    fn positional(&mut self, file: &LayoutFile, place: &str) -> Result<Vec<Element>> {
        let fields = self.numbered(file, place)?;
        let open = fields.iter().position(|(_, field)| field.size == Size::Rest);
        if open.is_some_and(|index| index + 1 < fields.len()) {
            return Err(InvalidDialect::new(place, "a length for every element but the last"));
        }
        Ok(fields.into_iter().map(|(_, field)| field).collect())
    }

    fn bitmapped(&mut self, file: &LayoutFile, place: &str) -> Result<Layout> {
        let bits = file.bits.unwrap_or(BITS);
        if bits == 0 || bits % 8 != 0 || bits > 256 {
            return Err(InvalidDialect::new(format!("{place}.bits"), "a multiple of 8, at most 256"));
        }
        let mut fields = vec![None; bits + 1];
        for (number, field) in self.numbered(file, place)? {
            match fields.get_mut(number) {
                Some(slot) => *slot = Some(field),
                None => return Err(InvalidDialect::new(place, format!("elements from 1 to {bits}"))),
            }
        }
        let bitmap = self.bitmap(file.bitmap.as_ref(), &format!("{place}.bitmap"))?;
        Ok(Layout::Bitmapped { bitmap, bits, fields })
    }

    /// The elements with their numbers, in order.
    fn numbered(&mut self, file: &LayoutFile, place: &str) -> Result<Vec<(usize, Element)>> {
        let mut fields = Vec::new();
        for (key, element) in &file.elements {
            let place = format!("{place}.elements.{key}");
            let number = key.parse::<usize>().ok().filter(|&number| number > 0 && number.to_string() == *key);
            let number = number.ok_or_else(|| InvalidDialect::new(&place, "a number"))?;
            fields.push((number, self.element(key, element, &place)?));
        }
        fields.sort_by_key(|(number, _)| *number);
        Ok(fields)
    }

    fn tagged(&mut self, file: &LayoutFile, place: &str) -> Result<Layout> {
        let lead: Result<Vec<Element>> = file.lead.iter().map(|lead| self.lead(lead, place)).collect();
        let bytes = file.tag.filter(|&bytes| bytes > 0 && bytes <= TAG_BYTES_MAX);
        let bytes = bytes.ok_or_else(|| {
            InvalidDialect::new(format!("{place}.tag"), format!("a length of tags from 1 to {TAG_BYTES_MAX}"))
        })?;
        let text = Spec::Words("text".into());
        let spec = file.tag_encoding.as_ref().unwrap_or(&text);
        let data = self.data(spec, &format!("{place}.tag_encoding"))?;
        let digits = file.prefix.ok_or_else(|| InvalidDialect::new(place, "a prefix"))?;
        Ok(Layout::Tagged(Tagged {
            lead: lead?,
            tag: Tag { data, bytes },
            prefix: self.prefix(file.prefix_encoding.as_ref(), digits, &format!("{place}.prefix"))?,
            known: self.known(file, None, place)?,
        }))
    }

    fn lead(&mut self, lead: &LeadFile, place: &str) -> Result<Element> {
        let element = ElementFile {
            name: lead.name.clone(),
            r#type: lead.r#type.clone(),
            length: Some(lead.length),
            encoding: lead.encoding.clone(),
            mask: lead.mask,
            ..ElementFile::default()
        };
        self.element(&lead.key, &element, &format!("{place}.lead"))
    }

    /// The sub-elements by tag; their lengths are in the message.
    fn known(&mut self, file: &LayoutFile, usual: Option<&str>, place: &str) -> Result<Known> {
        let typed = |element: &ElementFile| ElementFile {
            r#type: element.r#type.clone().or_else(|| usual.map(str::to_owned)),
            ..element.clone()
        };
        let mut elements = Vec::new();
        for (key, element) in &file.elements {
            let place = format!("{place}.elements.{key}");
            let element = self.element(key, &typed(element), &place)?;
            if matches!(element.size, Size::Prefixed { .. }) {
                return Err(InvalidDialect::new(place, "no prefix: the length stands after the tag"));
            }
            elements.push(element);
        }
        elements.sort_by(|first, second| first.key.cmp(&second.key));
        let place = format!("{place}.other");
        let other = match &file.other {
            Some(ElementOrNone::None(false)) => None,
            Some(ElementOrNone::None(true)) => return Err(InvalidDialect::new(place, "a table, or false")),
            Some(ElementOrNone::Element(element)) => Some(self.element("", &typed(element), &place)?),
            None => Some(self.element("", &typed(&ElementFile::default()), &place)?),
        };
        Ok(Known { elements, other: other.map(Box::new) })
    }
}

impl Known {
    /// An entry of its own for a tag; made from what others are where it is new.
    pub(super) fn entry(&mut self, key: &str) -> Option<&mut Element> {
        let index = match self.elements.binary_search_by(|element| element.key.as_ref().cmp(key)) {
            Ok(index) => index,
            Err(index) => {
                let other = self.other.as_deref()?;
                self.elements.insert(index, Element { key: key.into(), ..other.clone() });
                index
            }
        };
        self.elements.get_mut(index).filter(|element| element.layout.is_none())
    }
}

/// Refuses what means nothing for a kind of layout.
fn refuse_strangers(file: &LayoutFile, place: &str) -> Result<()> {
    let kind = file.kind;
    let tagged = kind == LayoutKind::Tagged;
    let bitmapped = kind == LayoutKind::Bitmapped;
    let delimited = kind == LayoutKind::Delimited;
    let positional = kind == LayoutKind::Positional;
    let strangers = [
        ("tag", file.tag.is_some() && !tagged),
        ("tag_encoding", file.tag_encoding.is_some() && !tagged),
        ("prefix", file.prefix.is_some() && !tagged),
        ("prefix_encoding", file.prefix_encoding.is_some() && !tagged),
        ("lead", !file.lead.is_empty() && !tagged),
        ("bitmap", file.bitmap.is_some() && !bitmapped),
        ("bits", file.bits.is_some() && !bitmapped),
        ("delimiter", file.delimiter.is_some() && !delimited),
        ("equals", file.equals.is_some() && !delimited),
        ("optional", file.optional.is_some() && !positional),
        ("constructed", file.constructed.is_some() && kind != LayoutKind::BerTlv),
        ("other", file.other.is_some() && (positional || bitmapped)),
    ];
    match strangers.iter().find(|(_, strange)| *strange) {
        Some((key, _)) => Err(InvalidDialect::new(place, format!("no {key} in a layout of this kind"))),
        None => Ok(()),
    }
}
