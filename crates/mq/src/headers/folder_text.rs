//! A folder's text out of properties: the way back of `folders`.

use std::fmt::Write as _;

use super::UnwritableHeader;
use crate::properties::{Property, PropertyValue};

/// Where a name without a folder goes.
const DEFAULT_FOLDER: &str = "usr";

/// A folder: its name, its text so far, and the groups that are open in it.
struct Folder<'a> {
    name: &'a str,
    text: String,
    open: Vec<&'a str>,
}

/// The folders of some properties, in the order in which they are first named.
///
/// # Errors
/// A name that is not one of XML, or a character that XML does not allow.
pub(super) fn folders(properties: &[Property]) -> Result<Vec<String>, UnwritableHeader> {
    let mut folders: Vec<Folder<'_>> = Vec::new();
    for property in properties {
        let unwritable = |expected: &str| UnwritableHeader {
            place: format!("property {:?}", property.name),
            expected: expected.to_owned(),
        };
        let (folder, path) = property.name.split_once('.').unwrap_or((DEFAULT_FOLDER, &property.name));
        if !std::iter::once(folder).chain(path.split('.')).all(is_name) {
            return Err(unwritable("names of XML elements, with dots between them,"));
        }
        let folder = match folders.iter_mut().find(|known| known.name == folder) {
            Some(known) => known,
            None => folders.push_mut(Folder { name: folder, text: format!("<{folder}>"), open: Vec::new() }),
        };
        folder.append(path, &property.value).ok_or_else(|| unwritable("characters that XML allows"))?;
    }
    Ok(folders.into_iter().map(Folder::close).collect())
}

impl<'a> Folder<'a> {
    /// Appends a property within its groups; `None` where its value cannot be written.
    fn append(&mut self, path: &'a str, value: &PropertyValue) -> Option<()> {
        let (groups, name) =
            path.rsplit_once('.').map_or((None, path), |(groups, name)| (Some(groups), name));
        let groups: Vec<&str> = groups.into_iter().flat_map(|groups| groups.split('.')).collect();
        let common = self.open.iter().zip(&groups).take_while(|(open, wanted)| open == wanted).count();
        self.close_groups(common);
        for group in groups.into_iter().skip(common) {
            self.tag(&["<", group, ">"]);
            self.open.push(group);
        }
        let (kind, text) = text(value);
        self.tag(&["<", name, kind, ">"]);
        escape(&text, &mut self.text)?;
        self.tag(&["</", name, ">"]);
        Some(())
    }

    fn close_groups(&mut self, remaining: usize) {
        while self.open.len() > remaining
            && let Some(group) = self.open.pop()
        {
            self.tag(&["</", group, ">"]);
        }
    }

    fn tag(&mut self, parts: &[&str]) {
        self.text.extend(parts.iter().copied());
    }

    fn close(mut self) -> String {
        self.close_groups(0);
        self.tag(&["</", self.name, ">"]);
        self.text
    }
}

/// Whether an element may have this name: a subset of what XML allows, without the colon.
fn is_name(name: &str) -> bool {
    let letter = |character: char| character == '_' || character.is_alphabetic();
    let other = |character: char| letter(character) || character.is_numeric() || character == '-';
    name.starts_with(letter) && name.chars().all(other)
}

/// The attributes that tell a value's type, and its text.
fn text(value: &PropertyValue) -> (&'static str, String) {
    match value {
        PropertyValue::String(text) => ("", text.clone()),
        PropertyValue::Bytes(bytes) => (" dt='bin.hex'", hex(bytes)),
        PropertyValue::Boolean(truth) => (" dt='boolean'", i32::from(*truth).to_string()),
        PropertyValue::Int8(value) => (" dt='i1'", value.to_string()),
        PropertyValue::Int16(value) => (" dt='i2'", value.to_string()),
        PropertyValue::Int32(value) => (" dt='i4'", value.to_string()),
        PropertyValue::Int64(value) => (" dt='i8'", value.to_string()),
        PropertyValue::Float32(value) => (" dt='r4'", value.to_string()),
        PropertyValue::Float64(value) => (" dt='r8'", value.to_string()),
        PropertyValue::Null => (" dt='string' xsi:nil='true'", String::new()),
    }
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02X}");
    }
    text
}

fn escape(text: &str, into: &mut String) -> Option<()> {
    for character in text.chars() {
        match character {
            '&' => into.push_str("&amp;"),
            '<' => into.push_str("&lt;"),
            '>' => into.push_str("&gt;"),
            '\t' | '\n' | '\r' => into.push(character),
            '\0'..='\u{1F}' | '\u{FFFE}' | '\u{FFFF}' => return None,
            _ => into.push(character),
        }
    }
    Some(())
}
