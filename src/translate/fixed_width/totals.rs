//! Sums and counts over records, which a field of a later record must have. Knows no bytes.

use super::layout::{Layout, Total};
use super::number::write_decimal;
use super::walk::Capture;

/// The totals of a layout as far as a file was read.
#[derive(Debug, Default)]
pub(super) struct Totals(Vec<Running>);

#[derive(Debug, Clone, Copy, Default)]
struct Running {
    /// Since it began anew.
    current: i128,
    /// Over the whole file.
    all: i128,
}

/// A total that is not what the records before say.
#[derive(Debug)]
pub(super) struct WrongTotal {
    pub(super) offset: usize,
    pub(super) path: String,
    pub(super) expected: String,
}

impl Totals {
    pub(super) fn new(layout: &Layout) -> Self {
        Self(vec![Running::default(); layout.totals.len()])
    }

    /// Takes in a record that was read.
    pub(super) fn record(
        &mut self,
        layout: &Layout,
        record: usize,
        captures: &[Capture],
    ) -> Result<(), WrongTotal> {
        for (total, running) in layout.totals.iter().zip(&mut self.0) {
            if total.since == Some(record) {
                running.current = 0;
            }
            running.add(total, record, captures)?;
            if total.record == record {
                running.compare(total, captures)?;
            }
        }
        Ok(())
    }

    /// Each total over the whole file, by name.
    pub(super) fn each(&self, layout: &Layout, mut tell: impl FnMut(&str, &str)) {
        let mut text = String::new();
        for (total, running) in layout.totals.iter().zip(&self.0) {
            text.clear();
            write_decimal(running.all < 0, &running.all.unsigned_abs().to_string(), total.scale, &mut text);
            tell(&total.name, &text);
        }
    }
}

impl Running {
    fn add(&mut self, total: &Total, record: usize, captures: &[Capture]) -> Result<(), WrongTotal> {
        for addend in total.of.iter().filter(|addend| addend.record == record) {
            if !addend.when.iter().all(|condition| condition.holds(captures)) {
                continue;
            }
            let capture = addend.value.and_then(|value| captures.get(value));
            let value = match capture {
                Some(capture) => units(&capture.text),
                None => Some(1),
            };
            let sum = value
                .and_then(|value| Some((self.current.checked_add(value)?, self.all.checked_add(value)?)));
            let Some((current, all)) = sum else {
                return Err(WrongTotal {
                    offset: capture.map_or(0, |capture| capture.offset),
                    path: String::new(),
                    expected: format!("a number that {} can be summed up with", total.name),
                });
            };
            (self.current, self.all) = (current, all);
        }
        Ok(())
    }

    fn compare(&self, total: &Total, captures: &[Capture]) -> Result<(), WrongTotal> {
        let capture = captures.get(total.capture).filter(|capture| capture.is_set);
        match capture.and_then(|capture| units(&capture.text)) {
            Some(value) if value == self.current => Ok(()),
            _ => Err(WrongTotal {
                offset: capture.map_or(0, |capture| capture.offset),
                path: format!("/{}", total.field.replace('.', "/")),
                expected: format!("the total {} of the records before", total.name),
            }),
        }
    }
}

/// A decimal number in its smallest unit; blanks are nothing.
fn units(text: &str) -> Option<i128> {
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let value = digits.bytes().filter(|byte| *byte != b'.').try_fold(0_i128, |value, byte| {
        value.checked_mul(10)?.checked_add(i128::from(byte.wrapping_sub(b'0')))
    })?;
    Some(if negative { -value } else { value })
}
