//! Messages as JSON lines: everything that was on the queue, the body in base64. For people who may see payloads.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use mq::Message;
use serde_json::json;

use super::entry::Entry;
use super::show;

/// A file that did not exist before, readable by its owner only.
#[derive(Debug)]
pub struct File {
    file: fs::File,
}

impl File {
    /// Creates the file.
    ///
    /// # Errors
    /// It exists already, or cannot be created.
    pub fn create(path: &Path) -> io::Result<Self> {
        let file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        // The name must be as durable as what is written under it.
        fs::File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
        Ok(Self { file })
    }

    /// Waits until everything is on the disk.
    ///
    /// # Errors
    /// What the disk answers.
    pub fn sync(&self) -> io::Result<()> {
        self.file.sync_all()
    }
}

impl Write for File {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Writes one message as one line.
///
/// # Errors
/// What writing answers.
pub fn line(to: &mut dyn Write, entry: &Entry, message: Message) -> io::Result<()> {
    let line = json!({
        "exported": Timestamp::now().to_string(),
        "site": entry.site,
        "queue": entry.queue.as_str(),
        "descriptor": show::descriptor(&message.descriptor),
        "properties": show::properties(&message.properties),
        "evidence": entry.evidence().map(show::evidence),
        "body": STANDARD.encode(&message.body),
    });
    // One write for one line: a reader of a pipe never sees half of one.
    to.write_all(format!("{line}\n").as_bytes())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::super::entry::tests::parked;
    use super::*;

    #[test]
    fn an_export_is_for_its_owner_and_never_overwrites() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("parked.jsonl");
        let mut file = File::create(&path).unwrap();
        let entry = parked(1);
        let message = Message {
            descriptor: entry.descriptor.clone(),
            properties: Vec::new(),
            body: b"\xFFbody".to_vec(),
        };
        line(&mut file, &entry, message).unwrap();
        file.sync().unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(File::create(&path).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        let line: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        assert_eq!(STANDARD.decode(line["body"].as_str().unwrap()).unwrap(), b"\xFFbody");
        assert_eq!(line["evidence"]["http_status"], 422);
        assert_eq!(line["descriptor"]["MsgId"], "01".repeat(24));
    }
}
