//! PICTURE strings: what they hold, in characters and digits.

/// What a PICTURE describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Picture {
    /// Characters, edited numbers among them.
    Text {
        characters: usize,
    },
    Number {
        digits: usize,
        scale: i32,
        signed: bool,
    },
}

/// Longer than anything that has a meaning.
const CHARACTERS_MAX: usize = 1024 * 1024;

/// Reads a PICTURE string; `None` where it is none.
pub(super) fn picture(text: &str) -> Option<Picture> {
    let symbols = symbols(text)?;
    let is_number = symbols.iter().all(|(symbol, _)| matches!(symbol, '9' | 'S' | 'V' | 'P'));
    if is_number && symbols.iter().any(|(symbol, _)| *symbol == '9') {
        return number(&symbols);
    }
    // V and P have no character; CR and DB have two, one for each letter. G and N have two bytes a character.
    let known = |symbol| "XA9BZ0/,.+-*$EVPCRDS".contains(symbol);
    if !symbols.iter().all(|(symbol, _)| known(*symbol)) {
        return None;
    }
    let characters =
        symbols.iter().filter(|(symbol, _)| !matches!(symbol, 'V' | 'P')).map(|(_, times)| times).sum();
    (characters > 0).then_some(Picture::Text { characters })
}

/// Each symbol, and how often it stands in a row.
fn symbols(text: &str) -> Option<Vec<(char, usize)>> {
    let mut symbols = Vec::new();
    let mut total = 0_usize;
    let upper = text.to_ascii_uppercase();
    let mut rest = upper.as_str();
    while let Some(symbol) = rest.chars().next() {
        rest = rest.get(symbol.len_utf8()..)?;
        let mut times = 1;
        if let Some(after) = rest.strip_prefix('(') {
            let (number, after) = after.split_once(')')?;
            times = number.parse().ok()?;
            rest = after;
        }
        total = total.checked_add(times).filter(|total| *total <= CHARACTERS_MAX)?;
        symbols.push((symbol, times));
    }
    Some(symbols)
}

fn number(symbols: &[(char, usize)]) -> Option<Picture> {
    let (mut digits, mut before, mut after, mut zeros) = (0, 0, 0, 0);
    let (mut signed, mut point) = (false, false);
    for (at, &(symbol, times)) in symbols.iter().enumerate() {
        match symbol {
            'S' if at == 0 && times == 1 => signed = true,
            'V' if !point && times == 1 => point = true,
            '9' => {
                digits += times;
                *(if point { &mut after } else { &mut before }) += times;
            }
            // Zeros that are not there: before the first digit they are decimals.
            'P' if digits == 0 => {
                point = true;
                after += times;
            }
            'P' => zeros += times,
            _ => return None,
        }
    }
    let scale = i32::try_from(after).ok()? - i32::try_from(zeros).ok()?;
    (zeros == 0 || after == 0).then_some(Picture::Number { digits, scale, signed })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_read_symbol_by_symbol() {
        let number = |digits, scale, signed| Some(Picture::Number { digits, scale, signed });
        let text = |characters| Some(Picture::Text { characters });
        for (written, expected) in [
            ("X", text(1)),
            ("x(12)", text(12)),
            ("A(3)X(4)", text(7)),
            ("XX99", text(4)),
            ("9(5)", number(5, 0, false)),
            ("S9(9)V99", number(11, 2, true)),
            ("S9(9)V9(02)", number(11, 2, true)),
            ("99PPP", number(2, -3, false)),
            ("VPP99", number(2, 4, false)),
            ("PP9(2)", number(2, 4, false)),
            ("Z(3),ZZ9.99-", text(11)),
            ("$ZZ9.99CR", text(9)),
            ("9(4)/99", text(7)),
            ("", None),
            ("X(", None),
            ("X(0)", None),
            ("N(4)", None),
            ("9(99999999)", None),
        ] {
            assert_eq!(picture(written), expected, "{written}");
        }
    }
}
