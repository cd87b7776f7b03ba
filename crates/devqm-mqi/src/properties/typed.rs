//! A property's value as another type, where `MQIMPO_CONVERT_TYPE` asks for one.
//!
//! Values are as they travel: numbers big-endian, strings in UTF-8. Source: IBM documentation, "MQIMPO_CONVERT_TYPE".

use libmqm_sys as mq;

use crate::boundary::Codes;

/// What a value means, whatever its type.
enum Meaning<'v> {
    Flag(bool),
    Whole(i64),
    Single(f32),
    Double(f64),
    Text(&'v str),
    Bytes(&'v [u8]),
}

const NOT_SUPPORTED: Codes = Codes::failed(mq::MQRC_PROP_CONV_NOT_SUPPORTED);
const NOT_A_NUMBER: Codes = Codes::failed(mq::MQRC_PROP_NUMBER_FORMAT_ERROR);

/// The value as the asked type has it.
pub(super) fn converted(kind: i32, value: &[u8], asked: i32) -> Result<Vec<u8>, Codes> {
    let meaning = meaning(kind, value).ok_or(NOT_SUPPORTED)?;
    match asked {
        mq::MQTYPE_STRING => text(&meaning).map(String::into_bytes),
        mq::MQTYPE_BYTE_STRING => bytes(&meaning),
        mq::MQTYPE_BOOLEAN => flag(&meaning).map(|flag| i32::from(flag).to_be_bytes().to_vec()),
        mq::MQTYPE_INT8 => {
            whole(&meaning, |number| i8::try_from(number).ok().map(|it| it.to_be_bytes().to_vec()))
        }
        mq::MQTYPE_INT16 => {
            whole(&meaning, |number| i16::try_from(number).ok().map(|it| it.to_be_bytes().to_vec()))
        }
        mq::MQTYPE_INT32 => {
            whole(&meaning, |number| i32::try_from(number).ok().map(|it| it.to_be_bytes().to_vec()))
        }
        mq::MQTYPE_INT64 => whole(&meaning, |number| Some(number.to_be_bytes().to_vec())),
        mq::MQTYPE_FLOAT32 => match meaning {
            Meaning::Single(number) => Ok(number.to_be_bytes().to_vec()),
            Meaning::Text(text) => {
                text.trim().parse::<f32>().map(|it| it.to_be_bytes().to_vec()).map_err(|_| NOT_A_NUMBER)
            }
            _ => Err(NOT_SUPPORTED),
        },
        mq::MQTYPE_FLOAT64 => match meaning {
            Meaning::Single(number) => Ok(f64::from(number).to_be_bytes().to_vec()),
            Meaning::Double(number) => Ok(number.to_be_bytes().to_vec()),
            Meaning::Text(text) => {
                text.trim().parse::<f64>().map(|it| it.to_be_bytes().to_vec()).map_err(|_| NOT_A_NUMBER)
            }
            _ => Err(NOT_SUPPORTED),
        },
        _ => Err(NOT_SUPPORTED),
    }
}

fn meaning(kind: i32, value: &[u8]) -> Option<Meaning<'_>> {
    Some(match kind {
        mq::MQTYPE_BOOLEAN => Meaning::Flag(value.iter().any(|byte| *byte != 0)),
        mq::MQTYPE_INT8 => Meaning::Whole(i8::from_be_bytes(value.try_into().ok()?).into()),
        mq::MQTYPE_INT16 => Meaning::Whole(i16::from_be_bytes(value.try_into().ok()?).into()),
        mq::MQTYPE_INT32 => Meaning::Whole(i32::from_be_bytes(value.try_into().ok()?).into()),
        mq::MQTYPE_INT64 => Meaning::Whole(i64::from_be_bytes(value.try_into().ok()?)),
        mq::MQTYPE_FLOAT32 => Meaning::Single(f32::from_be_bytes(value.try_into().ok()?)),
        mq::MQTYPE_FLOAT64 => Meaning::Double(f64::from_be_bytes(value.try_into().ok()?)),
        mq::MQTYPE_STRING => Meaning::Text(std::str::from_utf8(value).ok()?),
        mq::MQTYPE_BYTE_STRING => Meaning::Bytes(value),
        _ => return None,
    })
}

fn text(meaning: &Meaning) -> Result<String, Codes> {
    Ok(match meaning {
        Meaning::Flag(flag) => if *flag { "TRUE" } else { "FALSE" }.to_owned(),
        Meaning::Whole(number) => number.to_string(),
        Meaning::Single(number) => number.to_string(),
        Meaning::Double(number) => number.to_string(),
        Meaning::Text(text) => (*text).to_owned(),
        Meaning::Bytes(bytes) => bytes.iter().map(|byte| format!("{byte:02X}")).collect(),
    })
}

fn bytes(meaning: &Meaning) -> Result<Vec<u8>, Codes> {
    let Meaning::Text(text) = meaning else { return Err(NOT_SUPPORTED) };
    let digits: Option<Vec<u8>> = text.chars().map(|digit| u8::try_from(digit.to_digit(16)?).ok()).collect();
    let digits = digits.filter(|digits| digits.len() % 2 == 0).ok_or(NOT_A_NUMBER)?;
    Ok(digits.chunks_exact(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)).collect())
}

fn flag(meaning: &Meaning) -> Result<bool, Codes> {
    match meaning {
        Meaning::Flag(flag) => Ok(*flag),
        Meaning::Whole(number) => Ok(*number != 0),
        Meaning::Text(text) if text.eq_ignore_ascii_case("true") || *text == "1" => Ok(true),
        Meaning::Text(text) if text.eq_ignore_ascii_case("false") || *text == "0" => Ok(false),
        Meaning::Text(_) => Err(NOT_A_NUMBER),
        _ => Err(NOT_SUPPORTED),
    }
}

fn whole(meaning: &Meaning, narrowed: impl Fn(i64) -> Option<Vec<u8>>) -> Result<Vec<u8>, Codes> {
    let number = match meaning {
        Meaning::Flag(flag) => i64::from(*flag),
        Meaning::Whole(number) => *number,
        Meaning::Text(text) => text.trim().parse().map_err(|_| NOT_A_NUMBER)?,
        _ => return Err(NOT_SUPPORTED),
    };
    narrowed(number).ok_or(NOT_A_NUMBER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_their_meaning_or_say_why_not() {
        let as_text = |kind, value: &[u8]| {
            converted(kind, value, mq::MQTYPE_STRING).map(|text| String::from_utf8(text).unwrap())
        };
        assert_eq!(as_text(mq::MQTYPE_INT32, &7_i32.to_be_bytes()).as_deref(), Ok("7"));
        assert_eq!(as_text(mq::MQTYPE_BOOLEAN, &1_i32.to_be_bytes()).as_deref(), Ok("TRUE"));
        assert_eq!(as_text(mq::MQTYPE_BYTE_STRING, &[0, 255]).as_deref(), Ok("00FF"));
        assert_eq!(as_text(mq::MQTYPE_FLOAT64, &0.5_f64.to_be_bytes()).as_deref(), Ok("0.5"));
        let from_text = |text: &str, kind| converted(mq::MQTYPE_STRING, text.as_bytes(), kind);
        assert_eq!(from_text("7", mq::MQTYPE_INT64), Ok(7_i64.to_be_bytes().to_vec()));
        assert_eq!(from_text("true", mq::MQTYPE_BOOLEAN), Ok(1_i32.to_be_bytes().to_vec()));
        assert_eq!(from_text("0a1B", mq::MQTYPE_BYTE_STRING), Ok(vec![0x0A, 0x1B]));
        assert_eq!(from_text("300", mq::MQTYPE_INT8), Err(NOT_A_NUMBER));
        assert_eq!(from_text("seven", mq::MQTYPE_INT32), Err(NOT_A_NUMBER));
        assert_eq!(converted(mq::MQTYPE_FLOAT32, &[0; 4], mq::MQTYPE_INT32), Err(NOT_SUPPORTED));
        assert_eq!(converted(mq::MQTYPE_NULL, &[], mq::MQTYPE_STRING), Err(NOT_SUPPORTED));
    }
}
