//! MQRFH2: folders of properties.

use std::fmt;

use ccsid::Newline;

use super::wire::{Reader, Wire, Writer};
use super::{Budget, HeaderError, UnwritableHeader, folder_text, folders};
use crate::name::Format;
use crate::properties::Property;

/// What the structure begins with.
const ID: &str = "RFH ";

/// `MQRFH_VERSION_2`.
const VERSION: i32 = 2;

/// `MQRFH_STRUC_LENGTH_FIXED_2`: 36 bytes before the folders.
const FIXED_BYTES: usize = 36;

/// Folders are padded to a multiple of this many bytes.
const ALIGNMENT_BYTES: usize = 4;

/// One MQRFH2.
#[derive(Clone, PartialEq)]
pub struct Rfh2 {
    /// Whether its integers were little-endian. Writing does not ask it.
    pub little_endian: bool,
    /// `StrucLength`, in bytes, folders included. Writing does not ask it.
    pub struc_length: usize,
    /// `Encoding` of what follows.
    pub encoding: i32,
    /// `CodedCharSetId` of what follows.
    pub ccsid: i32,
    /// `Format` of what follows.
    pub format: Format,
    /// `Flags`.
    pub flags: i32,
    /// `NameValueCCSID`.
    pub name_value_ccsid: i32,
    /// The folders' text, without the blanks that pad it.
    pub folders: Vec<String>,
    /// The properties in the folders, named `folder.name`. Writing does not ask them.
    pub properties: Vec<Property>,
}

impl Rfh2 {
    /// A header with these properties, in UTF-8, before what `following` and `format` describe. A name without a folder goes
    /// to the folder `usr`; the folders stand in the order in which they are first named.
    ///
    /// # Errors
    /// A name that is not one of XML, or a character that XML does not allow.
    pub fn new(properties: Vec<Property>, following: Wire, format: Format) -> Result<Self, UnwritableHeader> {
        Ok(Self {
            little_endian: false,
            struc_length: 0,
            encoding: following.encoding,
            ccsid: following.ccsid,
            format,
            flags: 0,
            name_value_ccsid: ccsid::UTF_8,
            folders: folder_text::folders(&properties)?,
            properties,
        })
    }

    /// Appends the header, its integers and characters as `wire` says; the folders are those of `folders`.
    ///
    /// # Errors
    /// A character that `NameValueCCSID` does not have.
    pub fn write(&self, wire: Wire, into: &mut Vec<u8>) -> Result<(), UnwritableHeader> {
        let encoded = |(index, text): (usize, &String)| self.folder(index, text, wire);
        let folders = self.folders.iter().enumerate().map(encoded).collect::<Result<Vec<_>, _>>()?;
        let length = FIXED_BYTES + folders.iter().map(|folder| 4 + folder.len()).sum::<usize>();
        let mut writer = Writer::open(wire, ID, into);
        writer.integer(VERSION);
        writer.length(length);
        writer.integer(self.encoding);
        writer.integer(self.ccsid);
        writer.format(self.format);
        writer.integer(self.flags);
        writer.integer(self.name_value_ccsid);
        for folder in &folders {
            writer.length(folder.len());
            writer.bytes(folder);
        }
        Ok(())
    }

    /// A folder's bytes, padded with blanks.
    fn folder(&self, index: usize, text: &str, wire: Wire) -> Result<Vec<u8>, UnwritableHeader> {
        let encode = |text: &str| ccsid::encode(text, self.name_value_ccsid, wire.encoding, Newline::Lf);
        let unwritable = |error: ccsid::Unencodable| UnwritableHeader {
            place: format!("folder {}, offset {}", index + 1, error.at),
            expected: error.expected,
        };
        let mut bytes = encode(text).map_err(unwritable)?;
        let blank = encode(" ").map_err(unwritable)?;
        while !bytes.len().is_multiple_of(ALIGNMENT_BYTES) {
            bytes.extend_from_slice(&blank);
        }
        Ok(bytes)
    }

    /// The header at `start`.
    pub(super) fn read(
        body: &[u8],
        start: usize,
        wire: Wire,
        budget: &mut Budget,
    ) -> Result<Self, HeaderError> {
        let mut header = Self::read_fixed(body, start, wire)?;
        let end = start + header.struc_length;
        let mut at = start + FIXED_BYTES;
        while at < end {
            let fewer =
                || HeaderError::new(at, format!("at most {} folders in all headers", super::FOLDERS_MAX));
            budget.folders = budget.folders.checked_sub(1).ok_or_else(fewer)?;
            at = header.read_folder(body, start, at, end, budget)?;
        }
        Ok(header)
    }

    fn read_fixed(body: &[u8], start: usize, wire: Wire) -> Result<Self, HeaderError> {
        let mut reader = Reader::open(body, start, wire, ID, FIXED_BYTES)?;
        if reader.integer() != VERSION {
            return Err(HeaderError::new(start + 4, "version 2 of MQRFH2"));
        }
        let struc_length = usize::try_from(reader.integer()).unwrap_or(0);
        let whole = struc_length.is_multiple_of(ALIGNMENT_BYTES) && struc_length <= body.len() - start;
        if struc_length < FIXED_BYTES || !whole {
            let expected = "a StrucLength that is a multiple of 4, at least 36, and within the body";
            return Err(HeaderError::new(start + 8, expected));
        }
        Ok(Self {
            little_endian: wire.is_little_endian(),
            struc_length,
            encoding: reader.integer(),
            ccsid: reader.integer(),
            format: reader.format(),
            flags: reader.integer(),
            name_value_ccsid: reader.integer(),
            folders: Vec::new(),
            properties: Vec::new(),
        })
    }

    /// One NameValueLength and NameValueData. Returns where the next folder begins.
    fn read_folder(
        &mut self,
        body: &[u8],
        start: usize,
        at: usize,
        end: usize,
        budget: &mut Budget,
    ) -> Result<usize, HeaderError> {
        let outside = || HeaderError::new(at, "a folder length within StrucLength");
        let (length, rest) = body.get(at..end).and_then(<[u8]>::split_first_chunk).ok_or_else(outside)?;
        let length =
            if self.little_endian { i32::from_le_bytes(*length) } else { i32::from_be_bytes(*length) };
        let length = usize::try_from(length).map_err(|_| outside())?;
        let bytes = rest.get(..length).ok_or_else(outside)?;
        // The order of two-byte characters is that of the header's integers.
        let order = if self.little_endian { libmqm_sys::MQENC_INTEGER_REVERSED } else { 0 };
        let decoded = ccsid::decode(bytes, self.name_value_ccsid, order, Newline::Lf).map_err(|unknown| {
            HeaderError::new(start + 32, format!("as NameValueCCSID {}", unknown.expected))
        })?;
        let origin = |offset: usize| at + 4 + decoded.origin(offset);
        if decoded.fault.is_some() {
            let expected = "text in the folder's NameValueCCSID";
            return Err(HeaderError::new(origin(decoded.text.len()), expected));
        }
        let text = decoded.text.trim_end_matches([' ', '\0']);
        folders::read(text, &mut self.properties, &mut budget.properties_bytes)
            .map_err(|error| HeaderError { offset: origin(error.offset), ..error })?;
        self.folders.push(text.to_owned());
        Ok(at + 4 + length)
    }
}

impl fmt::Debug for Rfh2 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rfh2").field("struc_length", &self.struc_length).finish_non_exhaustive()
    }
}
