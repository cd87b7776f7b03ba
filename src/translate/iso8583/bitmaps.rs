//! The bitmaps of a message, and the bits of any other.

use std::ops::Range;

use super::read::{Reader, Result, within};
use super::sink::Sink;
use super::table::{BITS, Bitmap, Secondary, Tertiary};
use crate::translate::Refusal;

/// The bits of a message, and what is unusual about how they are written.
pub(super) struct Bits {
    pub(super) words: [u64; 3],
    spans: [Range<usize>; 3],
    pub(super) unusual: bool,
}

impl<S: Sink> Reader<'_, S> {
    pub(super) fn bitmaps(&mut self) -> Result<Bits> {
        let mut bits = Bits { words: [0; 3], spans: [0..0, 0..0, 0..0], unusual: false };
        let [first, second, third] = self.table.bitmaps;
        self.bitmap(&mut bits, 0, first)?;
        let marked = has(bits.words, 1);
        if self.table.secondary.is_there(marked) {
            self.bitmap(&mut bits, 1, second)?;
        }
        if self.table.tertiary == Tertiary::Follows && has(bits.words, 65) {
            self.bitmap(&mut bits, 2, third)?;
            bits.unusual |= bits.words[2] == 0;
        }
        bits.unusual |= match self.table.secondary {
            Secondary::Never => false,
            Secondary::WhenNeeded => marked && bits.words[1] == 0,
            Secondary::Always => !marked,
            Secondary::Unmarked => marked,
        };
        Ok(bits)
    }

    /// Reads one bitmap.
    fn bitmap(&mut self, bits: &mut Bits, index: usize, form: Bitmap) -> Result<()> {
        const NAMES: [&str; 3] = ["Primary bitmap", "Secondary bitmap", "Tertiary bitmap"];
        let from = self.at;
        let mut word = 0;
        let lower = self.bits(form, BITS, &mut |byte| word = (word << 8) | u64::from(byte));
        let lower = lower.map_err(|refusal| within(refusal, "bitmap"))?;
        bits.unusual |= lower;
        if let (Some(slot), Some(span)) = (bits.words.get_mut(index), bits.spans.get_mut(index)) {
            *slot = word;
            *span = from..self.at;
        }
        if self.sink.wants_asides() {
            let name = NAMES.get(index).copied().unwrap_or_default();
            self.sink.aside("bitmap", name, from..self.at, &format!("{word:016X}"));
        }
        Ok(())
    }

    /// Reads so many bits, byte by byte, and tells whether they are hexadecimal text with lower-case letters. The place of
    /// a fault is where the bitmap begins: it is one value.
    pub(super) fn bits(&mut self, form: Bitmap, bits: usize, take: &mut dyn FnMut(u8)) -> Result<bool> {
        let from = self.at;
        let bytes = self.take(form.bytes_of(bits), self.input.len(), "of a bitmap")?;
        let Bitmap::Hex(text) = form else {
            bytes.iter().for_each(|&byte| take(byte));
            return Ok(false);
        };
        let charset = self.charset(text, from)?;
        let (pairs, _) = bytes.as_chunks::<2>();
        let mut lower = false;
        for &[high, low] in pairs {
            let (Some(upper_half), Some(lower_half)) = (charset.hex_digit(high), charset.hex_digit(low))
            else {
                return Err(Refusal::new(
                    from,
                    "",
                    format!("a bitmap of {} hexadecimal digits", bytes.len()),
                ));
            };
            lower |= [high, low].iter().any(|&byte| charset.character(byte).is_ascii_lowercase());
            take((upper_half << 4) | lower_half);
        }
        Ok(lower)
    }

    /// Keeps the bitmaps as they came.
    pub(super) fn remark_bitmaps(&mut self, bits: &Bits) {
        let mut text = String::new();
        for ((word, span), form) in bits.words.iter().zip(&bits.spans).zip(self.table.bitmaps) {
            if span.is_empty() {
                continue;
            }
            let charset = match form {
                Bitmap::Binary => None,
                Bitmap::Hex(text) => self.table.charset(text, self.message),
            };
            match (charset, self.input.get(span.clone())) {
                (Some(charset), Some(bytes)) => {
                    text.extend(bytes.iter().map(|&byte| charset.character(byte)))
                }
                _ => text.push_str(&format!("{word:016X}")),
            }
        }
        self.sink.remark("bitmap", &text);
    }

    /// The bitmap in place of element 65. It is written in one way only, for there is nothing else to tell another.
    pub(super) fn tertiary_in_place(&mut self) -> Result<u64> {
        let from = self.at;
        let mut bits = Bits { words: [0; 3], spans: [0..0, 0..0, 0..0], unusual: false };
        self.bitmap(&mut bits, 2, self.table.bitmaps[2])?;
        if bits.unusual || bits.words[2] == 0 {
            return Err(Refusal::new(from, "/65", "a bitmap in capitals that names an element"));
        }
        Ok(bits.words[2])
    }
}

fn has(words: [u64; 3], number: usize) -> bool {
    let index = number - 1;
    words.get(index / BITS).is_some_and(|word| (word >> (BITS - 1 - index % BITS)) & 1 == 1)
}
