//! Writes headers byte by byte, without the code under test.

use mq::Format;

/// An MQRFH2 to write.
#[derive(Debug, Clone)]
pub(crate) struct Header {
    /// The order of its own integers.
    pub(crate) little_endian: bool,
    /// `NameValueCCSID`.
    pub(crate) folders_ccsid: i32,
    /// The text of its folders.
    pub(crate) folders: Vec<String>,
}

impl Header {
    /// `MQENC_*` for integers in this order.
    pub(crate) fn encoding(&self) -> i32 {
        if self.little_endian { 546 } else { 273 }
    }

    fn integer(&self, value: usize) -> [u8; 4] {
        let value = i32::try_from(value).unwrap();
        if self.little_endian { value.to_le_bytes() } else { value.to_be_bytes() }
    }

    /// The folder's bytes, padded with blanks to whole words.
    fn folder(&self, text: &str) -> Vec<u8> {
        let mut bytes: Vec<u8> = match self.folders_ccsid {
            1208 => text.bytes().collect(),
            _ if self.little_endian => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            _ => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        };
        let blank: &[u8] = match (self.folders_ccsid, self.little_endian) {
            (1208, _) => b" ",
            (_, true) => b" \0",
            (_, false) => b"\0 ",
        };
        while !bytes.len().is_multiple_of(4) {
            bytes.extend_from_slice(blank);
        }
        bytes
    }

    fn write(&self, into: &mut Vec<u8>, next_encoding: i32, next_format: Format) {
        let folders: Vec<Vec<u8>> = self.folders.iter().map(|text| self.folder(text)).collect();
        let length = 36 + folders.iter().map(|folder| 4 + folder.len()).sum::<usize>();
        into.extend_from_slice(b"RFH ");
        for value in [2, length, usize::try_from(next_encoding).unwrap(), 1208] {
            into.extend_from_slice(&self.integer(value));
        }
        into.extend_from_slice(&next_format.0);
        for value in [0, usize::try_from(self.folders_ccsid).unwrap()] {
            into.extend_from_slice(&self.integer(value));
        }
        for folder in &folders {
            into.extend_from_slice(&self.integer(folder.len()));
            into.extend_from_slice(folder);
        }
    }
}

/// The bytes of a chain, and what stands behind it.
pub(crate) fn written(chain: &[Header], body: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (number, header) in chain.iter().enumerate() {
        match chain.get(number + 1) {
            Some(next) => header.write(&mut bytes, next.encoding(), Format::RF_HEADER_2),
            None => header.write(&mut bytes, header.encoding(), Format::STRING),
        }
    }
    bytes.extend_from_slice(body);
    bytes
}

/// One MQRFH2 before `body`, its folders as they are.
pub(crate) fn rfh2(little_endian: bool, ccsid: i32, folders: &[&[u8]]) -> Vec<u8> {
    let integer = |value: i32| if little_endian { value.to_le_bytes() } else { value.to_be_bytes() };
    let length = 36 + folders.iter().map(|folder| 4 + folder.len()).sum::<usize>();
    let mut bytes = b"RFH ".to_vec();
    for value in [2, i32::try_from(length).unwrap(), 273, 1208] {
        bytes.extend_from_slice(&integer(value));
    }
    bytes.extend_from_slice(b"MQSTR   ");
    for value in [0, ccsid] {
        bytes.extend_from_slice(&integer(value));
    }
    for folder in folders {
        bytes.extend_from_slice(&integer(i32::try_from(folder.len()).unwrap()));
        bytes.extend_from_slice(folder);
    }
    bytes.extend_from_slice(b"body");
    bytes
}

/// Text padded with blanks to whole words.
pub(crate) fn words(text: &str) -> Vec<u8> {
    let blanks = text.len().next_multiple_of(4) - text.len();
    [text.as_bytes(), &b"   "[..blanks]].concat()
}

/// One MQRFH before `body`.
pub(crate) fn rfh(name_value_string: &[u8]) -> Vec<u8> {
    let length = i32::try_from(32 + name_value_string.len()).unwrap();
    let integers =
        |values: &[i32]| -> Vec<u8> { values.iter().flat_map(|value| value.to_be_bytes()).collect() };
    [
        b"RFH ",
        &integers(&[1, length, 273, 1208])[..],
        b"MQSTR   ",
        &integers(&[0]),
        name_value_string,
        b"body",
    ]
    .concat()
}

/// Letters, digits and a few signs in EBCDIC, where all EBCDIC code pages agree.
pub(crate) fn ebcdic(text: &str) -> Vec<u8> {
    let byte = |byte: u8| match byte {
        b'a'..=b'i' => byte - b'a' + 0x81,
        b'j'..=b'r' => byte - b'j' + 0x91,
        b's'..=b'z' => byte - b's' + 0xA2,
        b'A'..=b'I' => byte - b'A' + 0xC1,
        b'J'..=b'R' => byte - b'J' + 0xD1,
        b'S'..=b'Z' => byte - b'S' + 0xE2,
        b'0'..=b'9' => byte - b'0' + 0xF0,
        b' ' => 0x40,
        b'.' => 0x4B,
        b'<' => 0x4C,
        b'/' => 0x61,
        b'>' => 0x6E,
        other => panic!("no EBCDIC for {other}"),
    };
    text.bytes().map(byte).collect()
}
