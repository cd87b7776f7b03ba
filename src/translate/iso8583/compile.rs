//! From what a dialect file says to tables. Every fault is named by its place in the file.

use super::InvalidDialect;
use super::charset::{Charset, class};
use super::file::{
    CountFile, CoveredFile, ElementFile, ElementOrNone, File, KeyFile, KeyPartFile, MaskFile, PartFile,
    SecondaryFile, Spec, TertiaryFile,
};
use super::spec::{self, Word};
use super::table::{
    Bitmap, Count, Covered, Data, ELEMENT_MAX, Element, KeyPart, KeyRule, Kind, Layout, Number, Part, Prefix,
    Secondary, Size, Table, Tertiary, Text, Type,
};
use crate::translate::mask::Mask;

/// The longest value that a dialect may allow, and the longest prefix.
const LENGTH_MAX: usize = 999_999;
const PREFIX_DIGITS_MAX: usize = 6;

type Result<T> = std::result::Result<T, InvalidDialect>;

/// Compiles a file that extends nothing any more.
pub(super) fn compile(file: &File) -> Result<Table> {
    let mut compiler = Compiler::new(file)?;
    let mut table = Table {
        text: compiler.text,
        wants_message_charset: false,
        header: compiler.header()?,
        kind: compiler.kind()?,
        bitmaps: compiler.bitmaps()?,
        secondary: match file.secondary {
            None | Some(SecondaryFile::WhenNeeded) => Secondary::WhenNeeded,
            Some(SecondaryFile::Always) => Secondary::Always,
            Some(SecondaryFile::Never) => Secondary::Never,
        },
        tertiary: match file.tertiary {
            None | Some(TertiaryFile::Never) => Tertiary::Never,
            Some(TertiaryFile::Follows) => Tertiary::Follows,
            Some(TertiaryFile::Element65) => Tertiary::Element65,
        },
        elements: compiler.elements()?,
        layouts: compiler.layouts()?,
        keys: Vec::new(),
        charsets: Vec::new(),
    };
    table.wants_message_charset = compiler.wants_message;
    table.charsets = compiler.charsets;
    table.keys = keys(file, &mut table)?;
    Ok(table)
}

/// What is known while a file is compiled.
pub(super) struct Compiler<'a> {
    pub(super) file: &'a File,
    charsets: Vec<Charset>,
    /// The dialect's own character set.
    text: Text,
    /// Something is in the message's.
    wants_message: bool,
}

impl<'a> Compiler<'a> {
    fn new(file: &'a File) -> Result<Self> {
        let mut compiler = Self { file, charsets: Vec::new(), text: Text::Message, wants_message: false };
        compiler.text = match &file.charset {
            None => compiler.charset(ccsid::ASCII, "charset")?,
            Some(spec) => match compiler.data(spec, "charset")? {
                Data::Text(text) => text,
                _ => return Err(InvalidDialect::new("charset", "a CCSID, \"ascii\" or \"message\"")),
            },
        };
        Ok(compiler)
    }

    /// The index of a character set, which is made where it is new.
    fn charset(&mut self, ccsid: i32, place: &str) -> Result<Text> {
        if let Some(index) = self.charsets.iter().position(|known| known.ccsid() == ccsid) {
            return Ok(Text::Own(index));
        }
        let charset = Charset::new(ccsid).ok_or_else(|| {
            InvalidDialect::new(place, format!("a CCSID of one byte a character, or 1208, not {ccsid}"))
        })?;
        self.charsets.push(charset);
        Ok(Text::Own(self.charsets.len() - 1))
    }

    fn text(&mut self, word: Word, place: &str) -> Result<Text> {
        match word {
            Word::Dialect => Ok(self.text),
            Word::Message => {
                self.wants_message = true;
                Ok(Text::Message)
            }
            Word::Ccsid(ccsid) => self.charset(ccsid, place),
        }
    }

    /// How values are encoded.
    pub(super) fn data(&mut self, spec: &Spec, place: &str) -> Result<Data> {
        match spec::parse(spec) {
            Some(spec::Parsed { form: spec::Form::Text(word), bytes: None }) => {
                Ok(Data::Text(self.text(word, place)?))
            }
            Some(spec::Parsed { form: spec::Form::Hex(word), bytes: None }) => {
                Ok(Data::Hex(self.text(word, place)?))
            }
            Some(spec::Parsed { form: spec::Form::Bcd, bytes: None }) => Ok(Data::Bcd),
            Some(spec::Parsed { form: spec::Form::Binary, bytes: None }) => Ok(Data::Binary),
            _ => Err(InvalidDialect::new(place, spec::EXPECTED)),
        }
    }

    /// How a length of so many digits is written.
    pub(super) fn prefix(&mut self, spec: Option<&Spec>, digits: usize, place: &str) -> Result<Prefix> {
        let default = Spec::Words("text".into());
        let spec = spec.or(self.file.lengths.as_ref()).unwrap_or(&default);
        let parsed = spec::parse(spec).ok_or_else(|| InvalidDialect::new(place, spec::EXPECTED_LENGTH))?;
        if digits == 0 || digits > PREFIX_DIGITS_MAX {
            return Err(InvalidDialect::new(place, format!("a prefix of 1 to {PREFIX_DIGITS_MAX} digits")));
        }
        let (form, usual) = match parsed.form {
            spec::Form::Text(word) => (Number::Text(self.text(word, place)?), digits),
            spec::Form::Hex(word) => (Number::Hex(self.text(word, place)?), digits),
            spec::Form::Bcd => (Number::Bcd, digits.div_ceil(2)),
            spec::Form::Binary => (Number::Binary, digits.div_ceil(2)),
        };
        let bytes = parsed.bytes.unwrap_or(usual);
        if bytes == 0 || bytes > PREFIX_DIGITS_MAX {
            return Err(InvalidDialect::new(place, format!("a prefix of 1 to {PREFIX_DIGITS_MAX} bytes")));
        }
        Ok(Prefix { form, bytes })
    }

    pub(super) fn bitmap(&mut self, spec: Option<&Spec>, place: &str) -> Result<Bitmap> {
        match spec.map(|spec| self.data(spec, place)).transpose()? {
            None | Some(Data::Binary) => Ok(Bitmap::Binary),
            Some(Data::Hex(text)) => Ok(Bitmap::Hex(text)),
            Some(_) => Err(InvalidDialect::new(place, "\"binary\" or \"hex\"")),
        }
    }

    fn bitmaps(&mut self) -> Result<[Bitmap; 3]> {
        let file = self.file;
        let first = file.bitmap.as_ref();
        let second = file.bitmap_secondary.as_ref().or(first);
        let third = file.bitmap_tertiary.as_ref().or(second);
        Ok([
            self.bitmap(first, "bitmap")?,
            self.bitmap(second, "bitmap_secondary")?,
            self.bitmap(third, "bitmap_tertiary")?,
        ])
    }

    fn kind(&mut self) -> Result<Type> {
        if let Some(Spec::Words(words)) = &self.file.mti
            && words == "absent"
        {
            return Ok(Type::Absent(self.file.r#type.as_deref().unwrap_or("message").into()));
        }
        let element = ElementFile {
            name: Some("Message type".into()),
            r#type: Some("n".into()),
            length: Some(4),
            encoding: self.file.mti.clone().or_else(|| self.file.numbers.clone()),
            ..ElementFile::default()
        };
        Ok(Type::Mti(Box::new(self.element("mti", &element, "mti")?)))
    }

    fn header(&mut self) -> Result<Vec<Part>> {
        let parts = self.file.header.iter().flatten().enumerate();
        parts.map(|(index, part)| self.part(part, &format!("header[{index}]"))).collect()
    }

    fn part(&mut self, part: &PartFile, place: &str) -> Result<Part> {
        match part {
            PartFile::Length { bytes, encoding, reserved, itself } => {
                let binary = Spec::Words("binary".into());
                let prefix = self.prefix(Some(encoding.as_ref().unwrap_or(&binary)), *bytes, place)?;
                let prefix = Prefix { bytes: *bytes, ..prefix };
                Ok(Part::Length { prefix, reserved: *reserved, itself: *itself })
            }
            PartFile::Literal { text, encoding } => {
                let spec = encoding.clone().unwrap_or(Spec::Words("text".into()));
                match self.data(&spec, place)? {
                    Data::Text(charset) => Ok(Part::Literal(text.as_str().into(), charset)),
                    _ => Err(InvalidDialect::new(place, "an encoding of text")),
                }
            }
            PartFile::Field { key, name, r#type, length, max, prefix, encoding, prefix_encoding } => {
                let element = ElementFile {
                    name: name.clone(),
                    r#type: r#type.clone(),
                    length: *length,
                    max: *max,
                    prefix: *prefix,
                    encoding: encoding.clone(),
                    prefix_encoding: prefix_encoding.clone(),
                    ..ElementFile::default()
                };
                Ok(Part::Field(self.element(key, &element, place)?))
            }
            PartFile::Visa => Ok(Part::Visa),
        }
    }

    fn elements(&mut self) -> Result<Vec<Option<Element>>> {
        let mut elements = vec![None; ELEMENT_MAX + 1];
        for (key, element) in &self.file.elements {
            let place = format!("elements.{key}");
            let slot = key.parse::<usize>().ok().filter(|&number| number > 0 && number.to_string() == *key);
            let slot = slot.and_then(|number| elements.get_mut(number));
            let Some(slot) = slot else {
                return Err(InvalidDialect::new(place, format!("a number from 1 to {ELEMENT_MAX}")));
            };
            if let ElementOrNone::Element(element) = element {
                *slot = Some(self.element(key, element, &place)?);
            } else if let ElementOrNone::None(true) = element {
                return Err(InvalidDialect::new(place, "a table, or false"));
            }
        }
        Ok(elements)
    }

    /// One element or sub-element.
    pub(super) fn element(&mut self, key: &str, file: &ElementFile, place: &str) -> Result<Element> {
        let kind = self.kind_of(file, place)?;
        let data = self.data_of(file, kind, place)?;
        let layout = self.layout_index(file, place)?;
        let element = Element {
            key: key.into(),
            name: file.name.as_deref().unwrap_or_default().into(),
            size: self.size(file, place)?,
            count: match (file.count, data) {
                (Some(CountFile::Bytes), _) | (None, Data::Binary | Data::Hex(_)) => Count::Bytes,
                _ => Count::Digits,
            },
            pad: spec::pad(file.pad.as_ref().or(self.file.pad.as_ref()), place)?,
            mask: match file.mask {
                Some(MaskFile::Pan) => Some(Mask::Pan),
                Some(MaskFile::Whole) => Some(Mask::Whole),
                Some(MaskFile::None) | None => None,
            },
            covered: file.mac.map(|covered| match covered {
                CoveredFile::FromMti => Covered::FromMti,
                CoveredFile::FromBitmap => Covered::FromBitmap,
            }),
            captured: false,
            kind,
            data,
            layout,
        };
        if layout.is_some() && data == Data::Bcd && file.length.is_some_and(|length| length % 2 == 1) {
            return Err(InvalidDialect::new(place, "an even number of digits, as it has a layout"));
        }
        Ok(element)
    }

    fn kind_of(&self, file: &ElementFile, place: &str) -> Result<Kind> {
        let name = file.r#type.as_deref().unwrap_or("ans");
        let expected = || InvalidDialect::new(format!("{place}.type"), format!("one of {}", Kind::NAMES));
        let kind = Kind::named(name).ok_or_else(expected)?;
        let check = file.check.or(self.file.check).unwrap_or(true);
        Ok(if check { kind } else { Kind { allowed: class::ANY, signed: false, ..kind } })
    }

    fn data_of(&mut self, file: &ElementFile, kind: Kind, place: &str) -> Result<Data> {
        let dialect = self.file;
        let usual = match kind.name {
            "n" | "x+n" => dialect.numbers.as_ref(),
            "z" => dialect.tracks.as_ref().or(dialect.numbers.as_ref()),
            "b" => Some(dialect.binary.as_ref().unwrap_or(&spec::BINARY)),
            _ => None,
        };
        match file.encoding.as_ref().or(usual) {
            Some(spec) => self.data(spec, &format!("{place}.encoding")),
            None => Ok(Data::Text(self.text)),
        }
    }

    fn size(&mut self, file: &ElementFile, place: &str) -> Result<Size> {
        match (file.length, file.prefix, file.max) {
            (Some(length), None, None) if length <= LENGTH_MAX => Ok(Size::Fixed(length)),
            (None, Some(digits), max) => {
                let place = format!("{place}.prefix");
                let prefix = self.prefix(file.prefix_encoding.as_ref(), digits, &place)?;
                let max = max.unwrap_or(LENGTH_MAX).min(LENGTH_MAX);
                Ok(Size::Prefixed { prefix, min: file.min.unwrap_or(0), max })
            }
            (None, None, None) => Ok(Size::Rest),
            _ => Err(InvalidDialect::new(
                place,
                format!("either length, or prefix with max, none above {LENGTH_MAX}"),
            )),
        }
    }

    fn layout_index(&self, file: &ElementFile, place: &str) -> Result<Option<usize>> {
        let Some(name) = file.layout.as_deref().filter(|name| !name.is_empty()) else { return Ok(None) };
        let index = self.file.layouts.keys().position(|known| known == name);
        let missing = || InvalidDialect::new(format!("{place}.layout"), "the name of one of [layouts]");
        index.map(Some).ok_or_else(missing)
    }
}

/// The rules of business keys; what they are made of is marked in the table.
fn keys(file: &File, table: &mut Table) -> Result<Vec<KeyRule>> {
    let mut rules = Vec::new();
    for (name, rule) in &file.keys {
        let place = format!("keys.{name}");
        let whole = |element: &String| KeyPartFile {
            element: element.clone(),
            from: None,
            length: None,
            width: None,
            clear: false,
        };
        let parts = match rule {
            KeyFile::Element(element) => vec![whole(element)],
            KeyFile::Parts(parts) => parts.clone(),
        };
        let parts: Result<Vec<KeyPart>> = parts.iter().map(|part| key_part(part, table, &place)).collect();
        rules.push(KeyRule { name: name.as_str().into(), parts: parts? });
    }
    Ok(rules)
}

fn key_part(file: &KeyPartFile, table: &mut Table, place: &str) -> Result<KeyPart> {
    let expected = || InvalidDialect::new(place, "elements that this dialect has, as \"37\" or \"48/61\"");
    let (number, sub) = match file.element.split_once('/') {
        Some((number, sub)) => (number, Some(sub)),
        None => (file.element.as_str(), None),
    };
    let number: usize = number.parse().map_err(|_| expected())?;
    mark(table, number, sub).ok_or_else(expected)?;
    Ok(KeyPart {
        element: number,
        sub: sub.map(Into::into),
        skip: file.from.unwrap_or(1).saturating_sub(1),
        take: file.length,
        width: file.width.unwrap_or(0),
        clear: file.clear,
    })
}

/// Marks an element as wanted by a key; `None` where there is no such value.
fn mark(table: &mut Table, number: usize, sub: Option<&str>) -> Option<()> {
    let element = table.elements.get_mut(number)?.as_mut()?;
    let Some(sub) = sub else {
        element.captured = true;
        return element.layout.is_none().then_some(());
    };
    let layout = table.layouts.get_mut(element.layout?)?;
    let element = match layout {
        Layout::Positional { fields, .. } => fields.iter_mut().find(|field| *field.key == *sub)?,
        Layout::Bitmapped { fields, .. } => fields.iter_mut().flatten().find(|field| *field.key == *sub)?,
        Layout::Tagged(tagged) => match tagged.lead.iter().position(|lead| *lead.key == *sub) {
            Some(index) => tagged.lead.get_mut(index)?,
            None => tagged.known.entry(sub)?,
        },
        Layout::Ber { known, .. } | Layout::Delimited { known, .. } => known.entry(sub)?,
    };
    element.captured = true;
    Some(())
}
