//! The types of fields, from words and options to what they are.

use super::compile::{LayoutError, one_character};
use super::file::{FieldSection, JustifyWord, LengthWord, OrderWord, SignWord, TypeWord};
use super::layout::{ByteOrder, Form, Kind, Number, Sign, Text};
use super::number::{BINARY_BYTES_MAX, PACKED_BYTES_MAX};

/// More decimals than a number can have digits.
const SCALE_MAX: i32 = 64;

/// The type of a field with a value. `file_pad` pads what has no padding of its own.
pub(super) fn kind(section: &FieldSection, file_pad: char) -> Result<Kind, LayoutError> {
    let word = section.kind.unwrap_or(TypeWord::Text);
    check_options(section, word)?;
    let pad = one_character(section.pad.as_deref(), file_pad)?;
    let order = match section.order {
        Some(OrderWord::Little) => ByteOrder::Little,
        Some(OrderWord::Big) | None => ByteOrder::Big,
    };
    let signed = section.signed.unwrap_or(true);
    let form = match word {
        TypeWord::Text => {
            // What ends with its record has no padding.
            let is_trimmed = section.trim.unwrap_or(section.length != Some(LengthWord::Rest));
            let pad = is_trimmed.then_some(pad);
            return Ok(Kind::Text(Text { pad, right: section.justify == Some(JustifyWord::Right) }));
        }
        TypeWord::Digits => return Ok(Kind::Digits { blank: section.blank.unwrap_or(false) }),
        TypeWord::Float => return Ok(Kind::Float(order)),
        TypeWord::Hex => return Ok(Kind::Hex),
        TypeWord::Filler => return Ok(Kind::Filler { pad }),
        TypeWord::Number => Form::Display(Sign::None),
        TypeWord::Zoned => Form::Display(sign(section.sign)),
        TypeWord::Packed => Form::Packed { signed },
        TypeWord::Binary => Form::Binary { signed, order },
    };
    let scale = section.scale.unwrap_or(0);
    if !(-SCALE_MAX..=SCALE_MAX).contains(&scale) {
        return Err(LayoutError::new("scale", format!("-{SCALE_MAX} to {SCALE_MAX}")));
    }
    Ok(Kind::Number(Number { scale, form, blank: section.blank.unwrap_or(false) }))
}

fn sign(word: Option<SignWord>) -> Sign {
    match word {
        None | Some(SignWord::Trailing) => Sign::Trailing,
        Some(SignWord::Leading) => Sign::Leading,
        Some(SignWord::SeparateLeading) => Sign::SeparateLeading,
        Some(SignWord::SeparateTrailing) => Sign::SeparateTrailing,
    }
}

/// The length of a field with a value.
pub(super) fn length(section: &FieldSection, kind: &Kind) -> Result<Option<usize>, LayoutError> {
    let expected = |expected: String| Err(LayoutError::new("length", expected));
    let bytes = match section.length {
        None => return expected("a number of bytes, or \"rest\"".to_owned()),
        Some(LengthWord::Rest) => {
            return match kind {
                Kind::Text(_) | Kind::Digits { .. } | Kind::Hex | Kind::Filler { .. }
                    if section.occurs.is_none() =>
                {
                    Ok(None)
                }
                _ => expected("a number of bytes".to_owned()),
            };
        }
        Some(LengthWord::Bytes(bytes)) => bytes,
    };
    let max = match kind {
        Kind::Number(Number { form: Form::Packed { .. }, .. }) => PACKED_BYTES_MAX,
        Kind::Number(Number { form: Form::Binary { .. }, .. }) => BINARY_BYTES_MAX,
        Kind::Float(_) if bytes != 4 && bytes != 8 => return expected("4 or 8".to_owned()),
        _ => super::cut::RECORD_BYTES_MAX,
    };
    let min = match kind {
        Kind::Number(Number {
            form: Form::Display(Sign::SeparateLeading | Sign::SeparateTrailing), ..
        }) => 2,
        _ => 1,
    };
    if (min..=max).contains(&bytes) { Ok(Some(bytes)) } else { expected(format!("{min} to {max} bytes")) }
}

/// A group has no type of its own.
pub(super) fn check_group(section: &FieldSection) -> Result<(), LayoutError> {
    let own = section.kind.is_some()
        || section.length.is_some()
        || section.mask.is_some()
        || !section.is.is_empty();
    if own {
        return Err(LayoutError::new("", "`fields`, or a type with a length, not both"));
    }
    check_options_of_type(section, &[])
}

/// Options that only some types have.
fn check_options(section: &FieldSection, word: TypeWord) -> Result<(), LayoutError> {
    let allowed: &[&str] = match word {
        TypeWord::Text => &["pad", "trim", "justify"],
        TypeWord::Digits => &["blank"],
        TypeWord::Number => &["scale", "blank"],
        TypeWord::Zoned => &["scale", "sign", "blank"],
        TypeWord::Packed => &["scale", "signed"],
        TypeWord::Binary => &["scale", "signed", "order"],
        TypeWord::Float => &["order"],
        TypeWord::Hex => &[],
        TypeWord::Filler => &["pad"],
    };
    check_options_of_type(section, allowed)
}

fn check_options_of_type(section: &FieldSection, allowed: &[&str]) -> Result<(), LayoutError> {
    let given = [
        ("scale", section.scale.is_some()),
        ("signed", section.signed.is_some()),
        ("sign", section.sign.is_some()),
        ("order", section.order.is_some()),
        ("pad", section.pad.is_some()),
        ("trim", section.trim.is_some()),
        ("justify", section.justify.is_some()),
        ("blank", section.blank.is_some()),
    ];
    match given.iter().find(|(option, is_given)| *is_given && !allowed.contains(option)) {
        Some((option, _)) => Err(LayoutError::new(*option, "another type: this one has no such option")),
        None => Ok(()),
    }
}
