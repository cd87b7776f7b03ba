//! Asks the judges.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use ccsid::{Newline, single_byte};

use crate::names::{self, Names};
use crate::{Answer, Table};

/// Prints the characters of 256 bytes of each character set that is named and known, one a line.
const PYTHON: &str = r#"
import sys
try:
    import ebcdic
except ImportError:
    sys.exit("no package ebcdic")
for name in sys.argv[1:]:
    line = []
    for byte in range(256):
        try:
            line.append("%X" % ord(bytes([byte]).decode(name)))
        except UnicodeDecodeError:
            line.append("-")
        except LookupError:
            break
    if line:
        print(name, *line)
"#;

const JAVA: &str = r#"
import java.nio.ByteBuffer;
import java.nio.charset.*;
public class Tables {
    public static void main(String[] names) {
        for (String name : names) {
            if (!Charset.isSupported(name)) continue;
            StringBuilder line = new StringBuilder(name);
            for (int b = 0; b < 256; b++) {
                try {
                    ByteBuffer one = ByteBuffer.wrap(new byte[] {(byte) b});
                    int character = Charset.forName(name).newDecoder().decode(one).charAt(0);
                    line.append(' ').append(Integer.toHexString(character));
                } catch (CharacterCodingException e) {
                    line.append(" -");
                }
            }
            System.out.println(line);
        }
    }
}
"#;

/// glibc: all bytes at once that we have a character for, those alone that we have none for or that come back otherwise.
pub(crate) fn iconv() -> Answer {
    if convert("ASCII", b"x").is_none_or(|text| text != ['x']) {
        return Err("iconv".to_owned());
    }
    let known =
        |names: &Names| convert(&names.glibc, b" ").is_some() || convert(&names.glibc, b"@").is_some();
    Ok(names::all().into_iter().filter(known).map(|names| (names.ccsid, table(&names))).collect())
}

fn table(names: &Names) -> Table {
    let ours = single_byte(names.ccsid).unwrap();
    let mapped: Vec<u8> = (0..=255).filter(|byte| ours.char(*byte, Newline::Nel).is_some()).collect();
    let whole = convert(&names.glibc, &mapped).filter(|text| text.len() == mapped.len());
    let alone = |byte: u8| convert(&names.glibc, &[byte]).and_then(|text| text.first().copied());
    let of = |byte: u8| match (&whole, mapped.iter().position(|known| *known == byte)) {
        (Some(text), Some(index)) => Some(text[index]),
        _ => alone(byte),
    };
    (0..=255).map(of).collect()
}

fn convert(from: &str, bytes: &[u8]) -> Option<Vec<char>> {
    let mut iconv = Command::new("iconv")
        .args(["-f", from, "-t", "UTF-8"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    // One that does not know the name is gone before it reads.
    let _ = iconv.stdin.take()?.write_all(bytes);
    let output = iconv.wait_with_output().ok()?;
    output.status.success().then(|| String::from_utf8(output.stdout).unwrap().chars().collect())
}

/// Python in an environment of its own, made once.
pub(crate) fn python() -> Answer {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("ebcdic");
    let python = folder.join("bin/python");
    if !folder.join("ready").exists() {
        run(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
        run(Command::new(&python).args(["-m", "pip", "install", "--quiet", "ebcdic==2.0.1"]))?;
        fs::write(folder.join("ready"), "").map_err(|error| error.to_string())?;
    }
    let names: Vec<(i32, String)> =
        names::all().into_iter().map(|names| (names.ccsid, names.python)).collect();
    parsed(&run(Command::new(python).args(["-c", PYTHON]).args(names.iter().map(|(_, name)| name)))?, &names)
}

/// Java, where there is one.
pub(crate) fn java() -> Answer {
    let source = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("Tables.java");
    fs::write(&source, JAVA).map_err(|error| error.to_string())?;
    let names: Vec<(i32, String)> = names::all().into_iter().map(|names| (names.ccsid, names.java)).collect();
    parsed(&run(Command::new("java").arg(source).args(names.iter().map(|(_, name)| name)))?, &names)
}

fn run(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    let text = |bytes| String::from_utf8(bytes).unwrap_or_default();
    if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
}

fn parsed(lines: &str, names: &[(i32, String)]) -> Answer {
    let line = |line: &str| {
        let mut words = line.split(' ');
        let name = words.next()?;
        let ccsid = names.iter().find(|(_, known)| known == name)?.0;
        let character = |word| char::from_u32(u32::from_str_radix(word, 16).ok()?);
        Some((ccsid, words.map(character).collect()))
    };
    Ok(lines.lines().filter_map(line).collect())
}
