//! ICU's tables, asked of its program `uconv`. Knows nothing of CCSIDs.

use std::io::Write as _;
use std::process::{Command, Stdio};

use anyhow::{Context as _, anyhow, ensure};

use crate::Table;

/// What ICU writes for a byte without a character: U+FFFD, or U+001A where the character set has a byte for it.
const SUBSTITUTES: [char; 2] = ['\u{FFFD}', '\u{1A}'];

/// Whether there is a `uconv`.
pub fn is_present() -> bool {
    let asked = Command::new("uconv").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    asked.is_ok_and(|status| status.success())
}

/// The table of a character set.
///
/// # Errors
/// There is no `uconv`, it does not know the name, or the characters do not give their bytes again.
pub(crate) fn table(name: &str) -> anyhow::Result<Table> {
    let every: Vec<u8> = (0..=255).collect();
    let characters = characters(&convert(name, "utf-32be", "substitute", &every)?)?;
    let mut table: Table =
        characters.try_into().map_err(|_| anyhow!("{name} does not give one character a byte"))?;
    for (byte, place) in (0..=255_u8).zip(&mut table) {
        // Whether the character is meant or a substitute is asked with that byte alone: nothing is written for one that has none.
        if place.is_some_and(|found| SUBSTITUTES.contains(&found))
            && convert(name, "utf-32be", "stop", &[byte])?.is_empty()
        {
            *place = None;
        }
    }
    returns(name, &table)?;
    Ok(table)
}

/// Strict both ways: each character goes back to the byte that it came from.
fn returns(name: &str, table: &Table) -> anyhow::Result<()> {
    let mapped = (0..=255_u8).zip(table).filter_map(|(byte, place)| Some((byte, (*place)?)));
    let (bytes, text): (Vec<u8>, String) = mapped.unzip();
    let back = convert("utf-8", name, "stop", text.as_bytes())?;
    ensure!(back == bytes, "a character of {name} does not give its byte again");
    Ok(())
}

fn characters(utf_32: &[u8]) -> anyhow::Result<Vec<Option<char>>> {
    let (units, rest) = utf_32.as_chunks::<4>();
    ensure!(rest.is_empty(), "uconv wrote no whole UTF-32");
    Ok(units.iter().map(|unit| char::from_u32(u32::from_be_bytes(*unit))).collect())
}

fn convert(from: &str, to: &str, on_error: &str, input: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut uconv = Command::new("uconv")
        .args(["--no-fallback", "--from-callback", on_error, "--to-callback", "stop", "-f", from, "-t", to])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .context("cannot start uconv (Debian: apt-get install icu-devtools)")?;
    let sent = uconv.stdin.take().context("uconv has no input")?.write_all(input);
    let output = uconv.wait_with_output()?;
    sent.context("uconv did not read its input")?;
    ensure!(output.status.success(), "uconv cannot convert from {from} to {to}");
    Ok(output.stdout)
}
