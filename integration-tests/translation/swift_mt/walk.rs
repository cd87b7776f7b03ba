//! Another reader of SWIFT MT, to compare ours with: it looks for marks in the text and knows no formats. What it finds is
//! every text of a block and every field, in order.

use serde_json::Value;

/// Names of blocks or tags, and their values.
pub(crate) type Found = Vec<(String, String)>;

/// What a document has, in order.
pub(crate) fn of_document(document: &Value) -> Found {
    let mut found = Found::new();
    for message in document["messages"].as_array().unwrap() {
        for (id, block) in message["blocks"].as_object().unwrap() {
            match block {
                Value::String(text) => found.push((format!("{{{id}}}"), text.clone())),
                pairs => {
                    found.extend(pairs.as_array().unwrap().iter().map(|pair| {
                        (pair[0].as_str().unwrap().to_owned(), trimmed(pair[1].as_str().unwrap()))
                    }))
                }
            }
        }
    }
    found
}

/// What a text has, in order.
pub(crate) fn of_text(text: &str) -> Found {
    let text = text.replace("\r\n", "\n");
    let mut found = Found::new();
    if !text.contains("{1:") && !text.contains("{4:") {
        lines(&text, &mut found);
        return found;
    }
    let mut rest = text.as_str();
    while let Some(open) = rest.find('{') {
        let id = &rest[open + 1..open + 2];
        let content = &rest[open + 3..];
        let first = content.trim_start().chars().next().unwrap_or('}');
        let length = match (id, first) {
            ("4", other) if other != '{' && other != '}' => {
                let length = end_of_lines(content);
                lines(&content[..length], &mut found);
                length + if content[length..].starts_with("-}") { 2 } else { 0 }
            }
            ("1" | "2", _) => {
                let length = content.find('}').unwrap();
                found.push((format!("{{{id}}}"), content[..length].to_owned()));
                length + 1
            }
            _ => entries(content, &mut found),
        };
        rest = &content[length..];
    }
    found
}

/// Fields that are lines: a tag is what a line has between two colons at its beginning.
fn lines(text: &str, found: &mut Found) {
    let before = found.len();
    for line in text.split('\n') {
        // A dash ends a statement; what follows it belongs to none of its fields.
        if line == "-" || line == "-XXX" || line == "-\u{3}" {
            found.push((String::new(), String::new()));
            continue;
        }
        let parts: Vec<&str> = line.splitn(3, ':').collect();
        match parts.as_slice() {
            ["", tag, value] if is_tag(tag) && may_follow(found.last(), tag) => {
                found.push(((*tag).to_owned(), (*value).to_owned()));
            }
            _ => match found.get_mut(before..).and_then(<[_]>::last_mut) {
                Some((tag, value)) if !tag.is_empty() => *value = format!("{value}\n{line}"),
                _ => {}
            },
        }
    }
    found.retain(|(tag, _)| !tag.is_empty());
    found.iter_mut().skip(before).for_each(|(_, value)| *value = trimmed(value));
}

fn is_tag(tag: &str) -> bool {
    let number =
        |text: &str| matches!(text.len(), 2 | 3) && text.chars().all(|character| character.is_ascii_digit());
    let named = tag.len() > 1
        && tag.starts_with(|first: char| first.is_ascii_uppercase())
        && tag.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    number(tag)
        || named
        || (tag.len() == 3 && number(&tag[..2]) && tag.ends_with(|c: char| c.is_ascii_uppercase()))
}

/// The two fields whose text may look like a tag.
fn may_follow(before: Option<&(String, String)>, tag: &str) -> bool {
    match before.map(|(before, _)| before.as_str()) {
        Some("77T") => false,
        Some("86") => {
            tag == "NS" || ["2", "6", "8", "9"].iter().any(|first| tag.starts_with(first)) && tag != "26"
        }
        _ => true,
    }
}

/// Where the lines of block 4 end.
fn end_of_lines(content: &str) -> usize {
    let ends = content.match_indices("-}").map(|(at, _)| at).filter(|at| {
        let after = content[at + 2..].trim_start();
        content[..*at].ends_with('\n') || after.is_empty() || after.starts_with(['{', '$'])
    });
    let next = ["{5:{", "{5:}", "{S:{"].iter().filter_map(|next| content.find(next));
    ends.chain(next).min().expect("an end of block 4")
}

/// `{tag:value}` up to the brace that ends the block; how long that is.
fn entries(content: &str, found: &mut Found) -> usize {
    let mut depth = 0;
    let mut start = 0;
    for (at, character) in content.char_indices() {
        match character {
            '{' => {
                depth += 1;
                start = if depth == 1 { at + 1 } else { start };
            }
            '}' if depth == 0 => return at + 1,
            '}' => {
                depth -= 1;
                if depth == 0 {
                    let (tag, value) = content[start..at].split_once(':').unwrap();
                    found.push((tag.to_owned(), trimmed(value)));
                }
            }
            _ => {}
        }
    }
    content.len()
}

fn trimmed(value: &str) -> String {
    value.replace("\r\n", "\n").trim_end_matches('\n').to_owned()
}
