//! MQ headers inside a message's body, as pure functions on bytes: chains of them read and written.
//!
//! A header's integers follow the encoding, and its characters the CCSID, that the structure *before* it states; the
//! descriptor states them for the first. A header's Format says what follows it. Layouts and rules: IBM documentation,
//! "MQRFH2 - Rules and formatting header 2", "MQRFH", "MQDLH", "MQCIH", "MQIIH" and "MQMDE". Errors name an offset in the body
//! and what was expected there, never a value.
//!
//! # Layout
//!
//! * `wire`: how integers and characters are written; fields one after the other.
//! * `rfh2`: MQRFH2. `folders`: properties out of a folder's text. `folder_text`: a folder's text out of properties.
//! * `rfh`: MQRFH. `dead_letter`: MQDLH. `structures`: MQCIH, MQIIH and MQMDE, which are fixed fields only.

use crate::name::Format;
use crate::properties::Property;

mod wire;
mod rfh2;
mod folders;
mod folder_text;
mod rfh;
mod dead_letter;
mod structures;

pub use dead_letter::{DEAD_LETTER_HEADER_BYTES, DeadLetterHeader};
pub use rfh::Rfh;
pub use rfh2::Rfh2;
pub use structures::{CicsHeader, CicsVersion2, DescriptorExtension, ImsHeader};
pub use wire::{Characters, Password, Wire};

/// How many headers a chain may have.
const CHAIN_HEADERS_MAX: usize = 16;

/// What the properties of a chain may take besides their values, in bytes. The name of each repeats those of the groups
/// around it, so that a few long ones around many properties would become far more than the message that came.
const PROPERTIES_BYTES_MAX: usize = 16 * 1024 * 1024;

/// How many folders a chain may have.
const FOLDERS_MAX: usize = 10_000;

/// `MQCCSI_INHERIT`.
const CCSID_INHERIT: i32 = -2;

/// `MQCCSI_UNDEFINED`.
const CCSID_UNDEFINED: i32 = 0;

/// A header cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("offset {offset}: {expected} expected")]
pub struct HeaderError {
    /// Byte offset in the body.
    pub offset: usize,
    /// What should stand there.
    pub expected: String,
}

/// A header cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {expected} expected")]
pub struct UnwritableHeader {
    /// The field, folder or property.
    pub place: String,
    /// What should stand there.
    pub expected: String,
}

/// One header of a chain.
#[derive(Debug, Clone, PartialEq)]
pub enum Header {
    /// MQRFH2: folders of properties.
    Rfh2(Rfh2),
    /// MQRFH: names and values.
    Rfh(Rfh),
    /// MQDLH: why a message is on a dead-letter queue.
    DeadLetter(DeadLetterHeader),
    /// MQCIH: the CICS bridge's.
    Cics(Box<CicsHeader>),
    /// MQIIH: the IMS bridge's.
    Ims(ImsHeader),
    /// MQMDE: what a version 1 descriptor has no room for.
    DescriptorExtension(DescriptorExtension),
}

/// The headers of a body, and where and how what follows them is encoded.
#[derive(Debug, Clone, PartialEq)]
pub struct Peeled {
    /// The headers, outermost first.
    pub headers: Vec<Header>,
    /// `MQENC_*` of what follows.
    pub encoding: i32,
    /// CCSID of what follows.
    pub ccsid: i32,
    /// Format of what follows.
    pub format: Format,
    /// Where it begins.
    pub body_offset: usize,
}

/// What a chain may still take.
struct Budget {
    properties_bytes: usize,
    folders: usize,
}

/// What a header says of what follows it; `None` where it does not.
struct Following {
    encoding: Option<i32>,
    ccsid: Option<i32>,
    format: Format,
}

/// Reads the chain of headers at the beginning of a body. A body without one peels to itself.
///
/// # Errors
/// Where a header is cut short, a length points outside, text does not decode or a folder is not the XML that it should be.
pub fn peel(format: Format, encoding: i32, ccsid: i32, body: &[u8]) -> Result<Peeled, HeaderError> {
    let mut peeled = Peeled { headers: Vec::new(), encoding, ccsid, format, body_offset: 0 };
    let mut budget = Budget { properties_bytes: PROPERTIES_BYTES_MAX, folders: FOLDERS_MAX };
    while let Some((header, length)) = Header::read(&peeled, body, &mut budget)? {
        if peeled.headers.len() == CHAIN_HEADERS_MAX {
            let expected = format!("the end of the chain after {CHAIN_HEADERS_MAX} headers");
            return Err(HeaderError::new(peeled.body_offset, expected));
        }
        peeled.body_offset += length;
        let wire = header.wire_after(peeled.wire());
        (peeled.encoding, peeled.ccsid) = (wire.encoding, wire.ccsid);
        peeled.format = header.following().format;
        peeled.headers.push(header);
    }
    Ok(peeled)
}

/// Writes a chain of headers, the first as `wire` says. What each says of what follows it is written as it stands, and must
/// be true of the next.
///
/// # Errors
/// A character that the CCSID of its place does not have.
pub fn write(headers: &[Header], mut wire: Wire) -> Result<Vec<u8>, UnwritableHeader> {
    let mut bytes = Vec::new();
    for header in headers {
        header.write(wire, &mut bytes)?;
        wire = header.wire_after(wire);
    }
    Ok(bytes)
}

impl HeaderError {
    fn new(offset: usize, expected: impl Into<String>) -> Self {
        Self { offset, expected: expected.into() }
    }
}

impl Peeled {
    /// The MQRFH2 among the headers.
    pub fn rfh2s(&self) -> impl Iterator<Item = &Rfh2> {
        self.headers.iter().filter_map(|header| match header {
            Header::Rfh2(header) => Some(header),
            _ => None,
        })
    }

    /// The properties of all headers, outermost first.
    pub fn into_properties(self) -> Vec<Property> {
        self.headers.into_iter().flat_map(Header::into_properties).collect()
    }

    fn wire(&self) -> Wire {
        Wire { encoding: self.encoding, ccsid: self.ccsid }
    }
}

impl Header {
    /// What IBM calls the structure.
    pub fn structure(&self) -> &'static str {
        match self {
            Self::Rfh2(_) => "MQRFH2",
            Self::Rfh(_) => "MQRFH",
            Self::DeadLetter(_) => "MQDLH",
            Self::Cics(_) => "MQCIH",
            Self::Ims(_) => "MQIIH",
            Self::DescriptorExtension(_) => "MQMDE",
        }
    }

    /// What it says, as properties: those of folders and names with values by their names, the fields of the other structures
    /// as `MQCIH.TransactionId` and so on. Passwords are left out.
    pub fn into_properties(self) -> Vec<Property> {
        match self {
            Self::Rfh2(header) => header.properties,
            Self::Rfh(header) => header.properties,
            Self::DeadLetter(header) => header.properties(),
            Self::Cics(header) => header.properties("MQCIH."),
            Self::Ims(header) => header.properties("MQIIH."),
            Self::DescriptorExtension(header) => header.properties("MQMDE."),
        }
    }

    /// The header that the format names, and its length in bytes; `None` where it names none.
    fn read(peeled: &Peeled, body: &[u8], budget: &mut Budget) -> Result<Option<(Self, usize)>, HeaderError> {
        let (at, wire) = (peeled.body_offset, peeled.wire());
        Ok(Some(match &peeled.format.0 {
            b"MQHRF2  " => {
                let header = Rfh2::read(body, at, wire, budget)?;
                let length = header.struc_length;
                (Self::Rfh2(header), length)
            }
            b"MQHRF   " => {
                let (header, length) = Rfh::read(body, at, wire, budget)?;
                (Self::Rfh(header), length)
            }
            b"MQDEAD  " => {
                (Self::DeadLetter(DeadLetterHeader::read(body, at, wire)?), DEAD_LETTER_HEADER_BYTES)
            }
            b"MQCICS  " => {
                let (header, length) = CicsHeader::read(body, at, wire)?;
                (Self::Cics(Box::new(header)), length)
            }
            b"MQIMS   " => {
                let (header, length) = ImsHeader::read(body, at, wire)?;
                (Self::Ims(header), length)
            }
            b"MQHMDE  " => {
                let (header, length) = DescriptorExtension::read(body, at, wire)?;
                (Self::DescriptorExtension(header), length)
            }
            _ => return Ok(None),
        }))
    }

    fn write(&self, wire: Wire, into: &mut Vec<u8>) -> Result<(), UnwritableHeader> {
        match self {
            Self::Rfh2(header) => header.write(wire, into)?,
            Self::Rfh(header) => header.write(wire, into)?,
            Self::DeadLetter(header) => header.write(wire, into),
            Self::Cics(header) => header.write(wire, into),
            Self::Ims(header) => header.write(wire, into),
            Self::DescriptorExtension(header) => header.write(wire, into),
        }
        Ok(())
    }

    fn following(&self) -> Following {
        let stated =
            |encoding, ccsid, format| Following { encoding: Some(encoding), ccsid: Some(ccsid), format };
        // The fields Encoding and CodedCharSetId of MQCIH and MQIIH are reserved: what follows is as the header is.
        let inherited = |format| Following { encoding: None, ccsid: None, format };
        match self {
            Self::Rfh2(header) => stated(header.encoding, header.ccsid, header.format),
            Self::Rfh(header) => stated(header.encoding, header.ccsid, header.format),
            Self::DeadLetter(header) => stated(header.encoding, header.ccsid, header.format),
            Self::Cics(header) => inherited(header.format),
            Self::Ims(header) => inherited(header.format),
            Self::DescriptorExtension(header) => stated(header.encoding, header.ccsid, header.format),
        }
    }

    /// How what follows the header is written.
    fn wire_after(&self, wire: Wire) -> Wire {
        let following = self.following();
        let stated = |ccsid: &i32| *ccsid != CCSID_INHERIT && *ccsid != CCSID_UNDEFINED;
        Wire {
            encoding: following.encoding.unwrap_or(wire.encoding),
            ccsid: following.ccsid.filter(stated).unwrap_or(wire.ccsid),
        }
    }
}
