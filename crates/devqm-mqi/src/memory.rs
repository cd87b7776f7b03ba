//! The callers' memory: structures of stated versions, buffers of stated lengths, single values.
//!
//! All reading and writing through callers' pointers happens here, on a [`Caller`]'s word. A structure is seen as a pointer
//! and the length that its version has; what lies beyond that length is neither read nor written, because callers pass older,
//! shorter structures.

use std::ffi::{c_char, c_void};

use crate::field;

/// The word of a program that has called an export: the pointers of this call are as the MQI has them.
///
/// Whoever has it may read and write through the pointers that the call was given, and through those in its structures. It
/// is taken where an export is entered and goes no further than the call.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Caller(());

impl Caller {
    /// Takes the word.
    ///
    /// # Safety
    /// The contract of the exports is kept for the call under way, and nothing that this value gives outlives the call.
    pub(crate) unsafe fn vouches() -> Self {
        Self(())
    }

    /// The structure at a pointer, seen at the length that every version has; `None` for NULL. [`Structure::grown`] widens
    /// the view once the version has been read.
    pub(crate) fn structure(self, pointer: *mut c_void, head: usize) -> Option<Structure> {
        if pointer.is_null() {
            None
        } else {
            Some(Structure { at: pointer.cast(), length: head, caller: self })
        }
    }

    /// Writes one value through a pointer, unless that is NULL.
    pub(crate) fn put<T>(self, pointer: *mut T, value: T) {
        if !pointer.is_null() {
            // SAFETY: the caller vouches for a variable of this type; it may lie unaligned in a structure.
            unsafe { pointer.write_unaligned(value) };
        }
    }

    /// Reads one value through a pointer; `None` for NULL.
    pub(crate) fn get<T: Copy>(self, pointer: *const T) -> Option<T> {
        if pointer.is_null() {
            return None;
        }
        // SAFETY: as for `put`.
        Some(unsafe { pointer.read_unaligned() })
    }

    /// A copy of `length` values of a buffer; `None` where the pointer is NULL and the length is not 0.
    pub(crate) fn copy<T: Copy>(self, pointer: *const T, length: usize) -> Option<Vec<T>> {
        if length == 0 {
            return Some(Vec::new());
        }
        if pointer.is_null() {
            return None;
        }
        let mut values = Vec::with_capacity(length);
        // SAFETY: the caller vouches for `length` values; the vector has room for them and is ours alone.
        unsafe { std::ptr::copy_nonoverlapping(pointer, values.as_mut_ptr(), length) };
        // SAFETY: `length` values were written just now.
        unsafe { values.set_len(length) };
        Some(values)
    }

    /// Writes as many of `values` as fit into a buffer of `length`.
    pub(crate) fn fill<T: Copy>(self, pointer: *mut T, length: usize, values: &[T]) {
        let fitting = values.len().min(length);
        if !pointer.is_null() && fitting > 0 {
            // SAFETY: the caller vouches for `length` writable values, of which `fitting` are written.
            unsafe { std::ptr::copy_nonoverlapping(values.as_ptr(), pointer, fitting) };
        }
    }

    /// How many bytes stand before the first NUL; `None` where there is none among the first `max` and the one after them.
    pub(crate) fn length_to_nul(self, pointer: *const u8, max: usize) -> Option<usize> {
        (0..=max).find(|at| self.get(pointer.wrapping_add(*at)).is_none_or(|byte| byte == 0))
    }

    /// A name of at most `N` characters that is passed by itself. It is read up to its first NUL and no further: C programs
    /// pass shorter arrays where the MQI asks for 48 characters. NULL is no name.
    pub(crate) fn name<const N: usize>(self, pointer: *const c_char) -> String {
        let mut name = [0; N];
        for (at, to) in name.iter_mut().enumerate() {
            match self.get(pointer.cast::<u8>().wrapping_add(at)) {
                Some(byte) if byte != 0 => *to = byte,
                _ => break,
            }
        }
        field::text(&name)
    }
}

/// A caller's structure.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Structure {
    at: *mut u8,
    length: usize,
    caller: Caller,
}

impl Structure {
    /// Who vouches for it, and for the pointers in it.
    pub(crate) fn caller(self) -> Caller {
        self.caller
    }

    /// The same structure at the length of the version that it states.
    pub(crate) fn grown(self, length: usize) -> Self {
        Self { length, ..self }
    }

    /// A copy of it, with zeros behind it up to `bytes`.
    pub(crate) fn copied(self, bytes: usize) -> Vec<u8> {
        let mut copy = self.caller.copy(self.at.cast_const(), self.length).unwrap_or_default();
        copy.resize(bytes, 0);
        copy
    }

    /// Whether a field lies within this version.
    pub(crate) fn has(self, offset: usize, length: usize) -> bool {
        offset.checked_add(length).is_some_and(|end| end <= self.length)
    }

    /// A field's bytes; zeros where this version does not have it.
    pub(crate) fn bytes<const N: usize>(self, offset: usize) -> [u8; N] {
        let mut field = [0; N];
        if self.has(offset, N) {
            // SAFETY: `offset` is within the structure, which the caller vouches for.
            let from = unsafe { self.at.add(offset) };
            // SAFETY: `from` has N readable bytes by the check above; the field is ours and does not overlap.
            unsafe { std::ptr::copy_nonoverlapping(from, field.as_mut_ptr(), N) };
        }
        field
    }

    /// Writes a field; does nothing where this version does not have it.
    pub(crate) fn set<const N: usize>(self, offset: usize, field: [u8; N]) {
        if self.has(offset, N) {
            // SAFETY: as for reading.
            let to = unsafe { self.at.add(offset) };
            // SAFETY: `to` has N writable bytes: the MQI passes structures for input and output.
            unsafe { std::ptr::copy_nonoverlapping(field.as_ptr(), to, N) };
        }
    }

    /// An MQLONG field; 0 where this version does not have it.
    pub(crate) fn long(self, offset: usize) -> i32 {
        field::native(self.bytes(offset))
    }

    /// Writes an MQLONG field.
    pub(crate) fn set_long(self, offset: usize, value: i32) {
        self.set(offset, field::to_native(value));
    }

    /// An MQHMSG field; 0 where this version does not have it.
    pub(crate) fn handle(self, offset: usize) -> i64 {
        let mut bytes: [u8; 8] = self.bytes(offset);
        if cfg!(target_endian = "little") {
            bytes.reverse();
        }
        i64::from_be_bytes(bytes)
    }

    /// A pointer field; NULL where this version does not have it.
    pub(crate) fn pointer(self, offset: usize) -> *mut c_void {
        const SIZE: usize = size_of::<*mut c_void>();
        if !self.has(offset, SIZE) {
            return std::ptr::null_mut();
        }
        // SAFETY: within the structure by the check above.
        let from = unsafe { self.at.add(offset) };
        // SAFETY: a pointer field holds a pointer's bytes, perhaps unaligned.
        unsafe { from.cast::<*mut c_void>().read_unaligned() }
    }

    /// What a pair of pointer and offset fields names: the pointer, else the place that far from the structure's beginning.
    pub(crate) fn pointer_or_offset(self, pointer: usize, offset: usize) -> *mut c_void {
        let named = self.pointer(pointer);
        let distance = isize::try_from(self.long(offset)).unwrap_or(0);
        if !named.is_null() || distance == 0 {
            return named;
        }
        // The MQI lets a structure follow another in the caller's memory by an offset; whether it does, only the caller knows.
        self.at.wrapping_offset(distance).cast()
    }

    /// A character field as text, without the blanks and NULs behind it; what is not UTF-8 ends it.
    pub(crate) fn text<const N: usize>(self, offset: usize) -> String {
        field::text(&self.bytes::<N>(offset))
    }

    /// Writes a character field, blank padded.
    pub(crate) fn set_text<const N: usize>(self, offset: usize, text: &str) {
        self.set(offset, field::blank_padded::<N>(text));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller() -> Caller {
        // SAFETY: the tests below pass memory of their own that is as long as they say.
        unsafe { Caller::vouches() }
    }

    #[test]
    fn nothing_beyond_a_version_is_read_or_written() {
        let mut memory = [0xEE_u8; 32];
        let structure = caller().structure(memory.as_mut_ptr().cast(), 12).unwrap();
        structure.set_long(8, 7);
        structure.set_long(12, 9);
        structure.set_text::<8>(8, "x");
        assert_eq!(structure.long(8), 7);
        assert_eq!(structure.long(12), 0);
        assert!(structure.pointer(12).is_null());
        assert!(memory[12..].iter().all(|byte| *byte == 0xEE));
        assert!(caller().structure(std::ptr::null_mut(), 12).is_none());
    }

    #[test]
    fn a_name_is_read_up_to_its_nul_or_its_full_width() {
        let memory = *b"QM1\0rest";
        assert_eq!(caller().name::<48>(memory.as_ptr().cast()), "QM1");
        assert_eq!(caller().name::<2>(memory.as_ptr().cast()), "QM");
        assert_eq!(caller().name::<48>(std::ptr::null()), "");
    }

    #[test]
    fn null_is_no_buffer_but_for_nothing() {
        assert_eq!(caller().copy::<u8>(std::ptr::null(), 0), Some(Vec::new()));
        assert_eq!(caller().copy::<u8>(std::ptr::null(), 1), None);
        caller().fill(std::ptr::null_mut(), 4, &[1]);
        caller().put(std::ptr::null_mut(), 1);
        assert_eq!(caller().get::<i32>(std::ptr::null()), None);
    }
}
