//! A property's value as text, by the type that its `dt` names.

use libmqm_sys as mq;

use crate::verbs::Property;

/// The attribute that says the type, with the blank before it, and the value's text.
pub(super) fn text(kind: i32, value: &[u8]) -> (&'static str, String) {
    let number = || signed(value).map_or_else(String::new, |number| number.to_string());
    match kind {
        mq::MQTYPE_BOOLEAN => (" dt='boolean'", if signed(value) == Some(0) { "0" } else { "1" }.to_owned()),
        mq::MQTYPE_INT8 => (" dt='i1'", number()),
        mq::MQTYPE_INT16 => (" dt='i2'", number()),
        mq::MQTYPE_INT32 => (" dt='i4'", number()),
        mq::MQTYPE_INT64 => (" dt='i8'", number()),
        mq::MQTYPE_FLOAT32 => {
            (" dt='r4'", value.try_into().map(f32::from_be_bytes).unwrap_or_default().to_string())
        }
        mq::MQTYPE_FLOAT64 => {
            (" dt='r8'", value.try_into().map(f64::from_be_bytes).unwrap_or_default().to_string())
        }
        mq::MQTYPE_BYTE_STRING => (" dt='bin.hex'", value.iter().map(|byte| format!("{byte:02X}")).collect()),
        mq::MQTYPE_NULL => (" xsi:nil='true'", String::new()),
        _ => ("", std::str::from_utf8(value).unwrap_or_default().to_owned()),
    }
}

/// The property of an element; `None` where its text is not of its type.
pub(super) fn property(name: String, dt: &str, is_null: bool, text: &str) -> Option<Property> {
    let (kind, value) = if is_null { (mq::MQTYPE_NULL, Vec::new()) } else { value(dt, text)? };
    Some(Property {
        name,
        kind,
        value,
        support: mq::MQPD_SUPPORT_OPTIONAL,
        context: mq::MQPD_NO_CONTEXT,
        copy_options: mq::MQCOPY_DEFAULT,
    })
}

fn value(dt: &str, text: &str) -> Option<(i32, Vec<u8>)> {
    let trimmed = text.trim();
    Some(match dt {
        "boolean" => {
            let value = match trimmed {
                "1" | "true" | "TRUE" => 1_i32,
                "0" | "false" | "FALSE" => 0,
                _ => return None,
            };
            (mq::MQTYPE_BOOLEAN, value.to_be_bytes().to_vec())
        }
        "i1" => (mq::MQTYPE_INT8, trimmed.parse::<i8>().ok()?.to_be_bytes().to_vec()),
        "i2" => (mq::MQTYPE_INT16, trimmed.parse::<i16>().ok()?.to_be_bytes().to_vec()),
        "i4" | "int" => (mq::MQTYPE_INT32, trimmed.parse::<i32>().ok()?.to_be_bytes().to_vec()),
        "i8" => (mq::MQTYPE_INT64, trimmed.parse::<i64>().ok()?.to_be_bytes().to_vec()),
        "r4" => (mq::MQTYPE_FLOAT32, trimmed.parse::<f32>().ok()?.to_be_bytes().to_vec()),
        "r8" => (mq::MQTYPE_FLOAT64, trimmed.parse::<f64>().ok()?.to_be_bytes().to_vec()),
        "bin.hex" => (mq::MQTYPE_BYTE_STRING, bytes(trimmed)?),
        _ => (mq::MQTYPE_STRING, text.as_bytes().to_vec()),
    })
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = hex
        .chars()
        .map(|digit| digit.to_digit(16).and_then(|each| u8::try_from(each).ok()))
        .collect::<Option<_>>()?;
    let pairs = digits.chunks_exact(2);
    if !pairs.remainder().is_empty() {
        return None;
    }
    Some(pairs.filter_map(|pair| if let [high, low] = pair { Some(high << 4 | low) } else { None }).collect())
}

/// A whole number of any width.
fn signed(value: &[u8]) -> Option<i64> {
    match value {
        [one] => Some(i64::from(i8::from_be_bytes([*one]))),
        [a, b] => Some(i64::from(i16::from_be_bytes([*a, *b]))),
        [a, b, c, d] => Some(i64::from(i32::from_be_bytes([*a, *b, *c, *d]))),
        _ => value.try_into().ok().map(i64::from_be_bytes),
    }
}
