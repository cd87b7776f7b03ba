//! Records of a copybook as a layout file.

use std::fmt::Write as _;

use super::CopybookError;
use super::entry::{Entry, SignClause, Usage};
use super::picture::Picture;
use super::tree::{Node, Record};

const HEAD: &str = "\
# From a COBOL copybook. What a copybook does not say is still to be said: [file] with ccsid and separator or frame, `when`
# for records, `when` for fields that redefine others (without it, all that can be read are shown).
";

/// The most digits that COBOL has, and the most that a binary number of it has.
const DIGITS_MAX: usize = 31;
const BINARY_DIGITS_MAX: usize = 18;

/// Writes the layout.
pub(super) fn layout(records: &[Record]) -> Result<String, CopybookError> {
    let mut out = HEAD.to_owned();
    let name = records.first().map_or_else(String::new, name_of);
    line(&mut out, 0, &format!("name = {}\n", quoted(&name)));
    line(&mut out, 0, "[file]\nseparator = \"none\"");
    for record in records {
        line(&mut out, 0, &format!("\n[[record]]\nname = {}", quoted(&name_of(record))));
        if records.len() > 1 {
            line(&mut out, 0, "# when = { at = 1, is = \"...\" }");
        }
        if let Some(redefined) = &record.entry.redefines {
            line(&mut out, 0, &format!("# REDEFINES {redefined}"));
        }
        line(&mut out, 0, "fields = [");
        let fields = if record.children.is_empty() { std::slice::from_ref(record) } else { &record.children };
        for field in fields {
            node(&mut out, 1, field, record.children.is_empty())?;
        }
        line(&mut out, 0, "]");
    }
    Ok(out)
}

fn name_of(node: &Node) -> String {
    node.entry.name.clone().unwrap_or_else(|| "RECORD".to_owned())
}

fn node(out: &mut String, depth: usize, node: &Node, is_record: bool) -> Result<(), CopybookError> {
    for (name, values) in &node.conditions {
        line(out, depth, &format!("# {name}: {}", values.join(" ")));
    }
    let entry = &node.entry;
    let mut options = String::new();
    if let Some(name) = &entry.name {
        let _ = write!(options, "name = {}, ", quoted(name));
    }
    if let Some(redefined) = entry.redefines.as_ref().filter(|_| !is_record) {
        let _ = write!(options, "redefines = {}, ", quoted(redefined));
    }
    match &entry.occurs {
        None => {}
        Some(occurs) => match &occurs.depending_on {
            None => drop(write!(options, "occurs = {}, ", occurs.max)),
            Some(from) => {
                let (from, min, max) = (quoted(from), occurs.min, occurs.max);
                let _ = write!(options, "occurs = {{ from = {from}, min = {min}, max = {max} }}, ");
            }
        },
    }
    if node.children.is_empty() {
        let (bytes, rest) = elementary(entry)?;
        line(out, depth, &format!("{{ {options}length = {bytes}{rest} }},{}", note(entry)));
        return Ok(());
    }
    if entry.picture.is_some() {
        return Err(CopybookError::new(entry.line, "no PICTURE at a group"));
    }
    line(out, depth, &format!("{{ {options}fields = ["));
    for child in &node.children {
        self::node(out, depth + 1, child, false)?;
    }
    line(out, depth, "] },");
    Ok(())
}

/// The bytes of an elementary item, and the rest of its options.
fn elementary(entry: &Entry) -> Result<(usize, String), CopybookError> {
    let usage = entry.usage.unwrap_or(Usage::Display);
    let (bytes, mut options) = match (usage, entry.picture) {
        (Usage::Float, None) => (4, ", type = \"float\"".to_owned()),
        (Usage::Double, None) => (8, ", type = \"float\"".to_owned()),
        (Usage::Display, Some(Picture::Text { characters })) => {
            (characters, if entry.is_right { ", justify = \"right\"".to_owned() } else { String::new() })
        }
        (_, Some(Picture::Number { digits, scale, signed })) => number(entry, usage, digits, scale, signed)?,
        (_, None) => {
            return Err(CopybookError::new(entry.line, "a PICTURE, or entries of a higher level below"));
        }
        (_, Some(Picture::Text { .. })) => {
            return Err(CopybookError::new(entry.line, "a PICTURE of digits with this USAGE"));
        }
    };
    if entry.name.is_none() {
        options = ", type = \"filler\"".to_owned();
    }
    Ok((bytes, options))
}

fn number(
    entry: &Entry,
    usage: Usage,
    digits: usize,
    scale: i32,
    signed: bool,
) -> Result<(usize, String), CopybookError> {
    let max = if matches!(usage, Usage::Binary | Usage::Native) { BINARY_DIGITS_MAX } else { DIGITS_MAX };
    if digits > max && (usage != Usage::Display || signed || scale != 0) {
        return Err(CopybookError::new(entry.line, format!("at most {max} digits")));
    }
    let scaled = if scale == 0 { String::new() } else { format!(", scale = {scale}") };
    let unsigned = if signed { "" } else { ", signed = false" };
    let blank = if entry.is_blank_when_zero { ", blank = true" } else { "" };
    Ok(match usage {
        Usage::Display if signed => {
            let (word, own_byte) = sign_word(entry.sign);
            (digits + own_byte, format!(", type = \"zoned\"{word}{scaled}{blank}"))
        }
        Usage::Display if scale == 0 => (digits, format!(", type = \"digits\"{blank}")),
        Usage::Display => (digits, format!(", type = \"number\"{scaled}{blank}")),
        Usage::Packed => (digits / 2 + 1, format!(", type = \"packed\"{scaled}{unsigned}")),
        Usage::Binary => (binary_bytes(digits), format!(", type = \"binary\"{scaled}{unsigned}")),
        Usage::Native => {
            (binary_bytes(digits), format!(", type = \"binary\", order = \"big\"{scaled}{unsigned}"))
        }
        Usage::Float | Usage::Double => {
            return Err(CopybookError::new(entry.line, "no PICTURE at COMP-1 or COMP-2"));
        }
    })
}

/// The option of a sign, and the bytes that it has for itself.
fn sign_word(sign: Option<SignClause>) -> (&'static str, usize) {
    match sign {
        None | Some(SignClause { is_leading: false, is_separate: false }) => ("", 0),
        Some(SignClause { is_leading: true, is_separate: false }) => (", sign = \"leading\"", 0),
        Some(SignClause { is_leading: true, is_separate: true }) => (", sign = \"separate-leading\"", 1),
        Some(SignClause { is_leading: false, is_separate: true }) => (", sign = \"separate-trailing\"", 1),
    }
}

fn binary_bytes(digits: usize) -> usize {
    match digits {
        0..=4 => 2,
        5..=9 => 4,
        _ => 8,
    }
}

/// What a person should look at.
fn note(entry: &Entry) -> &'static str {
    match entry.usage {
        Some(Usage::Native) => " # the writer's byte order: \"little\" on PCs",
        Some(Usage::Float | Usage::Double) => " # IEEE; a mainframe's own floats are type = \"hex\"",
        _ => "",
    }
}

fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}

fn line(out: &mut String, depth: usize, text: &str) {
    (0..depth).for_each(|_| out.push_str("  "));
    out.push_str(text);
    out.push('\n');
}
