//! MQRFH2: message properties as text in front of the message data, written and read.
//!
//! It knows the header's layout and how properties of each type stand in its folders; which messages have one, and who is
//! given it, is the engine's matter. Folders whose properties are the message's own are told from those of applications by
//! their names and by `content='properties'`. Source: IBM documentation, "MQRFH2" and "Property names as MQRFH2 elements".

mod folder;
mod value;

use libmqm_sys as mq;

use crate::verbs::{Descriptor, Property};

/// `MQRFH_STRUC_LENGTH_FIXED_2`.
const FIXED_BYTES: usize = 36;
/// `MQFMT_RF_HEADER_2`.
pub const FORMAT: [u8; 8] = *b"MQHRF2  ";
/// UTF-8: the only CCSID of folders that is written here.
const UTF_8: i32 = 1208;

/// What describes the data behind a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Described {
    /// `Encoding`.
    pub encoding: i32,
    /// `CodedCharSetId`.
    pub ccsid: i32,
    /// `Format`.
    pub format: [u8; 8],
}

impl Described {
    /// What a descriptor says of its data.
    pub fn by(descriptor: &Descriptor) -> Self {
        Self { encoding: descriptor.encoding, ccsid: descriptor.ccsid, format: descriptor.format }
    }

    /// Makes a descriptor say so.
    pub fn write(self, descriptor: &mut Descriptor) {
        descriptor.encoding = self.encoding;
        descriptor.ccsid = self.ccsid;
        descriptor.format = self.format;
    }
}

/// A header that was read.
#[derive(Debug)]
pub struct Header {
    /// The properties of the folders that hold the message's own.
    pub properties: Vec<Property>,
    /// The folders of applications, as they came.
    pub folders: Vec<Vec<u8>>,
    /// Of the data behind it.
    pub inner: Described,
    /// How long it is.
    pub bytes: usize,
}

/// The header that says these properties; its numbers in this encoding.
pub fn write(properties: &[Property], folders: &[Vec<u8>], inner: Described, encoding: i32) -> Vec<u8> {
    let little = is_little_endian(encoding);
    let number = |value: i32| if little { reversed(value.to_be_bytes()) } else { value.to_be_bytes() };
    let mut data = Vec::new();
    for text in folder::written(properties).into_iter().map(String::into_bytes).chain(folders.iter().cloned())
    {
        let padded = text.len().next_multiple_of(4);
        data.extend(number(i32::try_from(padded).unwrap_or(i32::MAX)));
        let end = data.len() + padded;
        data.extend(text);
        data.resize(end, b' ');
    }
    let mut header = Vec::with_capacity(FIXED_BYTES + data.len());
    header.extend(*b"RFH ");
    header.extend(number(mq::MQRFH_VERSION_2));
    header.extend(number(i32::try_from(FIXED_BYTES + data.len()).unwrap_or(i32::MAX)));
    header.extend(number(inner.encoding));
    header.extend(number(inner.ccsid));
    header.extend(inner.format);
    header.extend(number(mq::MQRFH_NO_FLAGS));
    header.extend(number(UTF_8));
    header.extend(data);
    header
}

/// Reads the header at the beginning of a body; `None` where there is none, or not a sound one in UTF-8.
pub fn read(body: &[u8], encoding: i32) -> Option<Header> {
    let little = is_little_endian(encoding);
    let number = |at: usize| {
        let field: [u8; 4] = body.get(at..at.checked_add(4)?)?.try_into().ok()?;
        Some(i32::from_be_bytes(if little { reversed(field) } else { field }))
    };
    if body.get(..4)? != b"RFH " || number(4)? != mq::MQRFH_VERSION_2 || number(32)? != UTF_8 {
        return None;
    }
    let bytes =
        usize::try_from(number(8)?).ok().filter(|bytes| (FIXED_BYTES..=body.len()).contains(bytes))?;
    let inner =
        Described { encoding: number(12)?, ccsid: number(16)?, format: body.get(20..28)?.try_into().ok()? };
    let (mut properties, mut folders) = (Vec::new(), Vec::new());
    let mut at = FIXED_BYTES;
    while at < bytes {
        let length = usize::try_from(number(at)?).ok()?;
        let end = at.checked_add(4)?.checked_add(length)?;
        if end > bytes {
            return None;
        }
        let data = body.get(at + 4..end)?;
        match folder::read(std::str::from_utf8(data).ok()?)? {
            Some(read) => properties.extend(read),
            None => folders.push(data.to_vec()),
        }
        at = end;
    }
    Some(Header { properties, folders, inner, bytes })
}

fn is_little_endian(encoding: i32) -> bool {
    encoding & mq::MQENC_INTEGER_MASK == mq::MQENC_INTEGER_REVERSED
}

fn reversed(mut bytes: [u8; 4]) -> [u8; 4] {
    bytes.reverse();
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn property(name: &str, kind: i32, value: &[u8]) -> Property {
        Property {
            name: name.to_owned(),
            kind,
            value: value.to_vec(),
            support: mq::MQPD_SUPPORT_OPTIONAL,
            context: mq::MQPD_NO_CONTEXT,
            copy_options: mq::MQCOPY_DEFAULT,
        }
    }

    #[test]
    fn what_is_written_is_read_again_with_its_types() {
        let properties = vec![
            property("colour", mq::MQTYPE_STRING, "r<é>&d".as_bytes()),
            property("mcd.Msd", mq::MQTYPE_STRING, b"jms_text"),
            property("jms.Dlv", mq::MQTYPE_INT32, &2_i32.to_be_bytes()),
            property("count", mq::MQTYPE_INT64, &(-5_i64).to_be_bytes()),
            property("small", mq::MQTYPE_INT8, &[0xFE]),
            property("yes", mq::MQTYPE_BOOLEAN, &1_i32.to_be_bytes()),
            property("half", mq::MQTYPE_FLOAT64, &0.5_f64.to_be_bytes()),
            property("bytes", mq::MQTYPE_BYTE_STRING, &[0, 255]),
            property("none", mq::MQTYPE_NULL, &[]),
            property("mqgate.deep.reason", mq::MQTYPE_STRING, b"x"),
        ];
        let inner = Described { encoding: 546, ccsid: 1208, format: *b"MQSTR   " };
        for encoding in [mq::MQENC_INTEGER_NORMAL, mq::MQENC_INTEGER_REVERSED] {
            let mut body = write(&properties, &[], inner, encoding);
            let bytes = body.len();
            assert_eq!(bytes % 4, 0);
            body.extend(*b"behind");
            let header = read(&body, encoding).unwrap();
            assert_eq!((header.bytes, header.inner, header.folders.len()), (bytes, inner, 0));
            let mut names: Vec<_> = header.properties.iter().map(|each| &each.name).collect();
            names.sort();
            assert_eq!(names.len(), properties.len());
            for property in &properties {
                assert!(header.properties.contains(property), "{}", property.name);
            }
        }
    }

    #[test]
    fn folders_of_applications_stay_as_they_came() {
        let ours = b"<ours><a>1</a></ours>   ".to_vec();
        let inner = Described { encoding: 273, ccsid: 819, format: *b"        " };
        let body = write(&[property("a", mq::MQTYPE_STRING, b"1")], std::slice::from_ref(&ours), inner, 273);
        let header = read(&body, 273).unwrap();
        assert_eq!((header.properties.len(), header.folders), (1, vec![ours]));
    }

    #[test]
    fn what_is_no_sound_header_is_left_alone() {
        let inner = Described { encoding: 273, ccsid: 819, format: *b"        " };
        let whole = write(&[property("a", mq::MQTYPE_STRING, b"1")], &[], inner, 273);
        for cut in 0..whole.len() {
            assert!(read(&whole[..cut], 273).is_none(), "{cut}");
        }
        let mut wrong = whole.clone();
        wrong[36..40].copy_from_slice(&[0x7F; 4]);
        assert!(read(&wrong, 273).is_none());
        assert!(read(&whole, 546).is_none(), "numbers of the other order");
    }
}
