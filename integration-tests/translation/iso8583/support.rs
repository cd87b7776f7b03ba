//! What the tests of ISO 8583 share: a dialect with its translator, and hexadecimal files.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use mqgate::message::{Ccsid, Document};
use mqgate::translate::{
    Dialect, Explanation, Format, Input, Limits, Options, Refusal, Show, Translator, Wire,
};
use serde_json::Value;

/// UTF-8, and the encoding of a little-endian machine.
const USUAL: (i32, i32) = (1208, 546);

/// A dialect that is compiled.
pub(crate) struct Spoken(Translator);

impl Spoken {
    pub(crate) fn new(dialect: Dialect) -> Self {
        Self::within(dialect, Limits::default())
    }

    pub(crate) fn within(dialect: Dialect, limits: Limits) -> Self {
        let format = Format::Iso8583(Arc::new(dialect));
        Self(Translator::new(&Options { format, limits, ..Options::default() }))
    }

    pub(crate) fn shipped(name: &str) -> Self {
        Self::new(Dialect::shipped(name).unwrap_or_else(|| panic!("there is no dialect {name}")))
    }

    /// From the text of a dialect file.
    pub(crate) fn from_toml(text: &str) -> Self {
        Self::new(Dialect::from_toml(text).unwrap_or_else(|error| panic!("{error}\n{text}")))
    }

    pub(crate) fn translate(&self, bytes: &[u8]) -> Result<Document, Refusal> {
        self.0.translate(input(bytes))
    }

    pub(crate) fn masked(&self, bytes: &[u8]) -> Document {
        self.0.show(input(bytes), Show::Masked).unwrap()
    }

    pub(crate) fn explain(&self, bytes: &[u8], show: Show) -> Explanation {
        self.0.explain(input(bytes), show)
    }

    pub(crate) fn write(&self, document: &Value) -> Result<Vec<u8>, String> {
        let text = serde_json::to_vec(document).unwrap();
        let wire = Wire { ccsid: Ccsid(USUAL.0), encoding: USUAL.1 };
        self.0.write(&text, wire).map_err(|error| error.to_string())
    }

    /// The document of a message, which must give the same bytes again.
    pub(crate) fn round_trip(&self, bytes: &[u8]) -> Result<Value, Refusal> {
        let document = crate::support::json(&self.translate(bytes)?);
        match self.write(&document) {
            Ok(written) => assert_eq!(hex::encode(written), hex::encode(bytes), "{document}"),
            Err(error) => panic!("{error}: {document}"),
        }
        Ok(document)
    }
}

fn input(bytes: &[u8]) -> Input<'_> {
    Input { bytes, ccsid: Ccsid(USUAL.0), encoding: USUAL.1 }
}

/// The bytes of a file of hexadecimal digits; lines that begin with `#` are remarks.
pub(crate) fn read_hex(file: &Path) -> Vec<u8> {
    let text = fs::read_to_string(file).unwrap();
    let digits: String =
        text.lines().filter(|line| !line.starts_with('#')).flat_map(str::split_whitespace).collect();
    hex::decode(digits).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}
