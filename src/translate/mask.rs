//! What people are shown in place of account numbers, names and secrets. The length stays, so that a dump still lines up.

/// How much of a message a person is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Show {
    /// Everything.
    All,
    /// What the format marks as sensitive is masked.
    Masked,
}

/// What is hidden of a marked value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mask {
    /// A primary account number: the first six and the last four digits are shown (PCI DSS 3.4.1).
    Pan,
    /// Everything: names, accounts, tracks, PIN blocks, keys.
    Whole,
}

/// The digits of a PAN that are shown before and after the hidden ones.
const PAN_FIRST: usize = 6;
const PAN_LAST: usize = 4;

impl Mask {
    /// A value as it is shown: each hidden character is `*`; line ends stay.
    pub fn apply(self, value: &str) -> String {
        let characters = value.chars().count();
        let shown = |index: usize| match self {
            Self::Pan if characters > PAN_FIRST + PAN_LAST => {
                index < PAN_FIRST || index >= characters - PAN_LAST
            }
            Self::Pan | Self::Whole => false,
        };
        let masked = value.chars().enumerate().map(|(index, character)| match character {
            '\r' | '\n' => character,
            _ if shown(index) => character,
            _ => '*',
        });
        masked.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pan_keeps_its_first_six_and_last_four_digits() {
        assert_eq!(Mask::Pan.apply("4111111111111111"), "411111******1111");
        assert_eq!(Mask::Pan.apply("41111111111"), "411111*1111");
        assert_eq!(Mask::Pan.apply("4111111111"), "**********");
    }

    #[test]
    fn everything_else_is_hidden_but_its_shape() {
        assert_eq!(Mask::Whole.apply("Zoë\r\nX"), "***\r\n*");
        assert_eq!(Mask::Whole.apply(""), "");
    }
}
