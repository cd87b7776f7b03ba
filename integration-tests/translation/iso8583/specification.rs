//! Specifications in pyiso8583's vocabulary as dialect files, and the other way round for our own fixtures.

use serde_json::Value;

/// The dialect file of a specification.
pub(crate) fn dialect_of(specification: &Value) -> String {
    let mut lines: Vec<String> = vec!["check = false".into(), "tertiary = 'follows'".into()];
    for (key, name) in [("p", "bitmap"), ("1", "bitmap_secondary")] {
        lines.push(format!("{name} = {}", bitmap(&specification[key])));
    }
    lines.push(format!("mti = {}", mti(&specification["t"])));
    let header = &specification["h"];
    if header["max_len"].as_u64().is_some_and(|length| length > 0) {
        lines.push(format!("header = [{{ part = 'field', key = 'h', {} }}]", field(header)));
    }
    lines.push("[elements]".into());
    for (key, element) in specification.as_object().unwrap() {
        if key.parse::<u8>().is_ok_and(|number| number > 1) {
            lines.push(format!("{key} = {{ {} }}", element_of(element)));
        }
    }
    lines.join("\n")
}

/// An encoding of text by its Python name.
fn charset(name: &str) -> String {
    match name {
        "ascii" => "'ascii'".into(),
        "latin-1" | "latin1" => "819".into(),
        "utf-8" => "1208".into(),
        other => match other.strip_prefix("cp").map(str::parse::<i32>) {
            Some(Ok(number)) => number.to_string(),
            _ => format!("'{other}'"),
        },
    }
}

fn bitmap(specification: &Value) -> String {
    match specification["data_enc"].as_str().unwrap() {
        "b" => "'binary'".into(),
        text => format!("'hex {}'", charset(text).trim_matches('\'')),
    }
}

fn mti(specification: &Value) -> String {
    match specification["data_enc"].as_str().unwrap() {
        "b" => "'bcd'".into(),
        text => charset(text),
    }
}

fn element_of(specification: &Value) -> String {
    let mut line = field(specification);
    if specification["len_count"].as_str() == Some("nibbles") {
        line.push_str(", count = 'digits'");
    }
    for (key, side) in [("left_pad", "left"), ("right_pad", "right")] {
        if let Some(pad) = specification[key].as_str().filter(|pad| !pad.is_empty()) {
            line.push_str(&format!(", pad = '{side} {pad}'"));
        }
    }
    line
}

fn field(specification: &Value) -> String {
    let max = specification["max_len"].as_u64().unwrap();
    let digits = specification["len_type"].as_u64().unwrap();
    let data = match specification["data_enc"].as_str().unwrap() {
        "b" => "type = 'b', encoding = 'binary'".to_owned(),
        text => format!("type = 'ans', encoding = {}", charset(text)),
    };
    let length = match (digits, specification["len_enc"].as_str().unwrap()) {
        (0, _) => format!("length = {max}"),
        (bytes, "b") => format!("max = {max}, prefix = {bytes}, prefix_encoding = 'binary {bytes}'"),
        (bytes, "bcd") => format!("max = {max}, prefix = {}, prefix_encoding = 'bcd'", 2 * bytes),
        (digits, text) => format!("max = {max}, prefix = {digits}, prefix_encoding = {}", charset(text)),
    };
    format!("{data}, {length}")
}
