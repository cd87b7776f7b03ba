//! Property values: as callers pass them, and as they travel (numbers big-endian, strings in UTF-8).

use libmqm_sys as mq;

use crate::boundary::Codes;
use crate::charset;

/// The longest value. MQ's own limit is that of all properties of a message together.
pub(super) const BYTES_MAX: usize = 104_857_600;

/// A caller's value as it travels.
pub(super) fn travelling(kind: i32, encoding: i32, ccsid: i32, mut value: Vec<u8>) -> Result<Vec<u8>, Codes> {
    if let Some(width) = width(kind) {
        if value.len() != width {
            return Err(Codes::failed(mq::MQRC_BUFFER_LENGTH_ERROR));
        }
        let faults = [mq::MQRC_SOURCE_INTEGER_ENC_ERROR, mq::MQRC_SOURCE_FLOAT_ENC_ERROR];
        if is_little_endian(kind, encoding, faults)? {
            value.reverse();
        }
        return Ok(value);
    }
    match kind {
        mq::MQTYPE_STRING => {
            let text = charset::decode(ccsid, &value);
            text.map(|text| text.into_owned().into_bytes()).ok_or(Codes::failed(mq::MQRC_SOURCE_CCSID_ERROR))
        }
        mq::MQTYPE_BYTE_STRING => Ok(value),
        mq::MQTYPE_NULL => Ok(Vec::new()),
        _ => Err(Codes::failed(mq::MQRC_PROPERTY_TYPE_ERROR)),
    }
}

/// A value as a caller wants it.
pub(super) fn returned(kind: i32, encoding: i32, value: &[u8]) -> Result<Vec<u8>, Codes> {
    let mut value = value.to_vec();
    let faults = [mq::MQRC_TARGET_INTEGER_ENC_ERROR, mq::MQRC_TARGET_FLOAT_ENC_ERROR];
    if width(kind).is_some() && is_little_endian(kind, encoding, faults)? {
        value.reverse();
    }
    Ok(value)
}

/// The bytes of a number of this type; `None` for types of any length.
fn width(kind: i32) -> Option<usize> {
    match kind {
        mq::MQTYPE_INT8 => Some(1),
        mq::MQTYPE_INT16 => Some(2),
        mq::MQTYPE_BOOLEAN | mq::MQTYPE_INT32 | mq::MQTYPE_FLOAT32 => Some(4),
        mq::MQTYPE_INT64 | mq::MQTYPE_FLOAT64 => Some(8),
        _ => None,
    }
}

/// Whether numbers of this type stand little-endian in this encoding; the faults of integers and floats for encodings of
/// other machines.
fn is_little_endian(kind: i32, encoding: i32, faults: [i32; 2]) -> Result<bool, Codes> {
    let [integer, float] = faults;
    if matches!(kind, mq::MQTYPE_FLOAT32 | mq::MQTYPE_FLOAT64) {
        return match encoding & mq::MQENC_FLOAT_MASK {
            mq::MQENC_FLOAT_IEEE_NORMAL => Ok(false),
            mq::MQENC_FLOAT_IEEE_REVERSED => Ok(true),
            _ => Err(Codes::failed(float)),
        };
    }
    match encoding & mq::MQENC_INTEGER_MASK {
        mq::MQENC_INTEGER_NORMAL => Ok(false),
        mq::MQENC_INTEGER_REVERSED => Ok(true),
        _ => Err(Codes::failed(integer)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_travel_big_endian_and_come_back_as_asked() {
        let little = vec![4, 3, 2, 1];
        let travels = travelling(mq::MQTYPE_INT32, mq::MQENC_REVERSED, 0, little.clone()).unwrap();
        assert_eq!(travels, [1, 2, 3, 4]);
        assert_eq!(travelling(mq::MQTYPE_INT32, mq::MQENC_NORMAL, 0, travels.clone()), Ok(travels.clone()));
        assert_eq!(returned(mq::MQTYPE_INT32, mq::MQENC_REVERSED, &travels), Ok(little));
        assert_eq!(returned(mq::MQTYPE_INT32, mq::MQENC_NORMAL, &travels), Ok(travels.clone()));
        let floats_reversed = mq::MQENC_INTEGER_NORMAL | mq::MQENC_FLOAT_IEEE_REVERSED;
        assert_eq!(returned(mq::MQTYPE_FLOAT32, floats_reversed, &travels), Ok(vec![4, 3, 2, 1]));
        assert!(returned(mq::MQTYPE_FLOAT64, mq::MQENC_S390, &[0; 8]).is_err());
    }

    #[test]
    fn lengths_types_and_character_sets_are_checked() {
        let fails = |kind: i32, ccsid: i32, value: &[u8]| {
            travelling(kind, mq::MQENC_NATIVE, ccsid, value.to_vec()).unwrap_err()
        };
        assert_eq!(fails(mq::MQTYPE_INT64, 0, &[1]), Codes::failed(mq::MQRC_BUFFER_LENGTH_ERROR));
        assert_eq!(fails(mq::MQTYPE_STRING, 1208, b"\xFF"), Codes::failed(mq::MQRC_SOURCE_CCSID_ERROR));
        assert_eq!(fails(mq::MQTYPE_STRING, 99_999, b"a"), Codes::failed(mq::MQRC_SOURCE_CCSID_ERROR));
        assert_eq!(fails(3, 0, b""), Codes::failed(mq::MQRC_PROPERTY_TYPE_ERROR));
        assert_eq!(travelling(mq::MQTYPE_STRING, 0, 819, b"\xE9".to_vec()), Ok("é".as_bytes().to_vec()));
    }
}
