//! What the samples' own expected results say, each in the vocabulary of its origin, beside our documents.

use mqgate::translate::Explanation;
use serde_json::Value;

/// Compares with results of pyiso8583.
pub(crate) fn compare_recorded(fields: &Value, document: &Value, explanation: &Explanation) {
    for (key, value) in fields.as_object().unwrap() {
        let value = value.as_str().unwrap();
        match key.as_str() {
            "t" => assert_eq!(document["mti"], value),
            "h" => assert_eq!(document["header"]["h"].as_str().unwrap_or_default(), value),
            "p" => assert_eq!(bitmaps(explanation)[..16], value.to_ascii_uppercase()),
            "1" => assert_eq!(bitmaps(explanation)[16..], value.to_ascii_uppercase()),
            number => assert_eq!(document["fields"][number], value, "{number}"),
        }
    }
    let ours = document["fields"].as_object().unwrap().keys();
    ours.for_each(|number| assert!(fields.get(number).is_some(), "{number} is not expected"));
}

/// The bitmaps as they were read.
fn bitmaps(explanation: &Explanation) -> String {
    let pieces = explanation.pieces.iter().filter(|piece| piece.element == "bitmap");
    pieces.map(|piece| piece.value.as_str()).collect()
}

/// Compares with results of any other origin.
pub(crate) fn compare(expected: &Value, document: &Value, explanation: &Explanation) {
    if let Some(fields) = expected.get("fields_by_starkbank_iso8583") {
        return compare_starkbank(fields, document, explanation);
    }
    if let Some(fields) = expected.get("fields_by_cardutil") {
        return compare_cardutil(fields, document);
    }
    let fields = &expected["fields"];
    let plain = if fields["fields"].is_object() { &fields["fields"] } else { fields };
    let mti = if fields["mti"].is_string() { &fields["mti"] } else { &plain["0"] };
    assert_eq!(&document["mti"], mti);
    let mut known = vec!["55".to_owned()];
    for (key, value) in plain.as_object().unwrap() {
        let number = key.split('(').next().unwrap();
        if number != "0" && number != "1" {
            compare_value(number, value.as_str().unwrap(), &document["fields"][number], key);
            known.push(number.to_owned());
        }
    }
    for (key, value) in fields["binary_fields"].as_object().into_iter().flatten() {
        let (number, tag) = key.split_once('.').unwrap();
        assert_eq!(document["fields"][number][tag], *value, "{key}");
    }
    if let Some(fpid) = expected.get("fpid") {
        assert_eq!(document["keys"]["FPID"][0], *fpid);
    }
    for number in document["fields"].as_object().unwrap().keys() {
        assert!(known.contains(number), "{number} is not expected");
    }
}

/// A few samples describe a value instead of writing it: an amount without its zeros, parts beside their whole, binary in
/// small letters.
fn compare_value(number: &str, expected: &str, ours: &Value, described: &str) {
    if let Some((_, bytes)) = described.split_once("(hex ") {
        assert_eq!(ours, bytes.trim_end_matches(')'), "{number}");
    } else if let Some((_, parts)) = expected.split_once("(composite ") {
        let ours: Vec<&str> = ours.as_object().unwrap().values().filter_map(Value::as_str).collect();
        assert_eq!(ours.join("/"), parts.trim_end_matches(')'), "{number}");
    } else {
        let ours = ours.as_str().unwrap_or_else(|| panic!("{number} is missing"));
        let binary = ours.eq_ignore_ascii_case(expected) && ours.len() % 2 == 0 && hex::decode(ours).is_ok();
        let short = number == "4" && ours.trim_start_matches('0') == expected;
        assert!(ours == expected || binary || short, "{number}");
    }
}

/// Mastercard and Visa by starkbank's templates. Headers have lengths, which our document has not: they are pieces. Tracks
/// have small letters there. Element 55 is its bytes in base64 there, in hexadecimal digits.
fn compare_starkbank(fields: &Value, document: &Value, explanation: &Explanation) {
    for (key, value) in fields.as_object().unwrap() {
        match key.as_str() {
            "MTI" => assert_eq!(document["mti"], *value),
            "Header" => compare_header("visa", value, explanation),
            "RejectHeader" => compare_header("visa-reject", value, explanation),
            "BMP" | "DE001" | "Length" => {}
            "DE055" => compare_chip(value, &document["fields"]["55"]),
            element => {
                let number = element.trim_start_matches("DE").trim_start_matches('0');
                compare_element(element, value, &document["fields"][number]);
            }
        }
    }
    for number in document["fields"].as_object().unwrap().keys() {
        assert!(fields.get(format!("DE{number:0>3}")).is_some(), "{number} is not expected");
    }
}

fn compare_header(name: &str, fields: &Value, explanation: &Explanation) {
    for (key, value) in fields.as_object().unwrap() {
        let element = format!("header.{name}.{}", key.trim_start_matches('H').trim_start_matches('0'));
        let piece = explanation.pieces.iter().find(|piece| piece.element == element);
        let ours = &piece.unwrap_or_else(|| panic!("{element} is missing")).value;
        match value.as_str() {
            // Eight bits, one a digit; or hexadecimal digits.
            Some(bits) if bits.len() == 4 * ours.len() => {
                assert_eq!(u64::from_str_radix(bits, 2), u64::from_str_radix(ours, 16), "{element}");
            }
            Some(digits) => assert!(digits.eq_ignore_ascii_case(ours), "{element}"),
            // The numbers of what is named, after 13.
            None => {
                let bits = u32::from_str_radix(ours, 16).unwrap();
                let named = value.as_array().unwrap().iter().map(|number| number.as_u64().unwrap() - 14);
                assert_eq!(named.fold(0, |word, bit| word | (0x8000 >> bit)), bits, "{element}");
            }
        }
    }
}

fn compare_element(element: &str, expected: &Value, ours: &Value) {
    match expected {
        Value::String(text) => {
            let ours = ours.as_str().unwrap_or_else(|| panic!("{element} is missing"));
            let track = element == "DE035" && ours.eq_ignore_ascii_case(text);
            let binary = hex::decode(text).is_ok() && ours.eq_ignore_ascii_case(text);
            assert!(ours == text || track || binary, "{element}");
        }
        Value::Object(members) => {
            for (key, value) in members {
                // A bitmap, which our document has not, or the category code in front.
                let key = match key.as_str() {
                    "SE00" if value.is_array() => continue,
                    "SE00" => "TCC",
                    key => key.trim_start_matches("SE").trim_start_matches(
                        if key.len() == 4 && ours.get("TCC").is_none() { "0" } else { "" },
                    ),
                };
                let by_tag = ours.get(key).or_else(|| ours.get(key.to_ascii_uppercase()));
                let found = by_tag.unwrap_or_else(|| panic!("{element}.{key} is missing"));
                match value {
                    Value::Array(datasets) => compare_element(element, &datasets[0], found),
                    value => compare_element(element, value, found),
                }
            }
        }
        other => panic!("{element}: {other}"),
    }
}

/// Every tag of the chip data, in order.
fn compare_chip(expected: &Value, ours: &Value) {
    let base64 = String::from_utf8(hex::decode(expected["hex"].as_str().unwrap()).unwrap()).unwrap();
    let bytes = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, base64).unwrap();
    let mut rest = hex::encode_upper(bytes);
    for (tag, value) in ours.as_object().unwrap() {
        let value = value.as_str().unwrap();
        let front = format!("{tag}{:02X}{value}", value.len() / 2);
        rest = rest.strip_prefix(&front).unwrap_or_else(|| panic!("{tag} is not next")).to_owned();
    }
    assert_eq!(rest, "");
}

/// Clearing records by cardutil, which turns amounts into numbers and leaves out what is empty.
fn compare_cardutil(fields: &Value, document: &Value) {
    for (key, value) in fields.as_object().unwrap() {
        let ours = match key.strip_prefix("DE") {
            None => &document["mti"],
            Some(number) => &document["fields"][number],
        };
        match value {
            Value::String(text) if !text.is_empty() => assert_eq!(ours, text, "{key}"),
            Value::Number(number) => {
                assert_eq!(ours.as_str().unwrap().parse::<u64>().ok(), number.as_u64(), "{key}")
            }
            _ => assert!(ours.is_null(), "{key}"),
        }
    }
}
