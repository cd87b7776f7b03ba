//! `mqgate translate`: what becomes of messages, without a queue manager: their documents, the way back, or an annotated dump.

mod dump;

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, ValueEnum};

use super::{DATA, NO_INPUT, USAGE};
use crate::message::Ccsid;
use crate::settings::{self, format};
use crate::translate::{
    Candidates, Dialect, Format, Input, Labels, Layout, Newline, Options, Show, Translator, Wire,
};

/// Print the documents that a service would get for messages.
#[derive(Debug, Args)]
pub(super) struct Translate {
    /// The format of the messages.
    #[arg(long, value_enum, default_value_t = Name::Auto)]
    format: Name,
    /// A dialect of ISO 8583: a name (`mqgate dialect list`) or the path of a file.
    #[arg(long, value_name = "NAME|FILE")]
    dialect: Option<String>,
    /// A layout of records: a name (`mqgate layout list`) or the path of a file.
    #[arg(long, value_name = "NAME|FILE")]
    layout: Option<String>,
    /// Read the messages as a source of these settings does, instead of by the options above.
    #[arg(long, value_name = "FILE", requires = "source", conflicts_with_all = ["format", "dialect", "layout"])]
    config: Option<PathBuf>,
    /// The source's name.
    #[arg(long, value_name = "NAME", requires = "config")]
    source: Option<String>,
    /// The character set of the messages, as in MQMD.CodedCharSetId.
    #[arg(long, value_name = "CCSID")]
    ccsid: Option<i32>,
    /// MQMD.Encoding: 273 big-endian, 546 little-endian.
    #[arg(long, default_value_t = 546, value_name = "N")]
    encoding: i32,
    /// What the line ends of EBCDIC text are.
    #[arg(long, value_enum, default_value_t = LineEnd::Lf)]
    newline: LineEnd,
    /// MQMD.Format: with MQHRF2, MQDEAD and so on, the MQ headers before a message are taken off.
    #[arg(long, default_value = "", value_name = "NAME")]
    mq_format: String,
    /// The files are hexadecimal digits; so is what --reverse writes.
    #[arg(long)]
    hex: bool,
    /// Print each document over several lines.
    #[arg(long)]
    pretty: bool,
    /// Mask names, accounts, card numbers and whatever else the format marks as sensitive.
    #[arg(long)]
    mask: bool,
    /// Tell what each byte is, instead of the document.
    #[arg(long, conflicts_with_all = ["reverse", "records"])]
    explain: bool,
    /// The other way: from documents to messages.
    #[arg(long, conflicts_with_all = ["mask", "pretty"])]
    reverse: bool,
    /// One line for each record of a fixed-width file, in memory that does not grow with the file.
    #[arg(long, conflicts_with_all = ["reverse", "pretty", "hex", "into"])]
    records: bool,
    /// Write a file for each input into this folder, instead of printing.
    #[arg(long, value_name = "FOLDER", conflicts_with = "explain")]
    into: Option<PathBuf>,
    /// Messages, or folders of them; - for standard input.
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Name {
    Iso20022,
    Iso8583,
    SwiftMt,
    FixedWidth,
    Json,
    Text,
    Binary,
    Auto,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LineEnd {
    Lf,
    Nel,
}

/// What was in the way, and what it exits with.
struct Trouble {
    code: u8,
    text: String,
}

impl Trouble {
    fn data(text: impl ToString) -> Self {
        Self { code: DATA, text: text.to_string() }
    }

    fn usage(text: impl ToString) -> Self {
        Self { code: USAGE, text: text.to_string() }
    }
}

/// What all files are treated with.
struct Work<'a> {
    command: &'a Translate,
    translator: Translator,
    layout: Option<Arc<Layout>>,
    ccsid: Ccsid,
    show: Show,
}

/// UTF-8.
const CCSID: i32 = 1208;

/// Runs the command.
pub(super) fn run(command: &Translate) -> u8 {
    let work = match Work::new(command) {
        Ok(work) => work,
        Err(trouble) => {
            eprintln!("mqgate: {}", trouble.text);
            return trouble.code;
        }
    };
    let files = files(&command.files);
    let mut worst = 0;
    let mut failed = 0_usize;
    for file in &files {
        if let Err(trouble) = work.file(file) {
            eprintln!("mqgate: {}: {}", file.display(), trouble.text);
            worst = worst.max(trouble.code);
            failed += 1;
        }
    }
    if files.len() > 1 {
        let done = if command.reverse { "written" } else { "translated" };
        eprintln!("mqgate: {} {done}, {failed} refused", files.len() - failed);
    }
    worst
}

/// The files, those of folders included, in order.
fn files(named: &[PathBuf]) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for path in named {
        let mut inside: Vec<PathBuf> = match std::fs::read_dir(path) {
            Ok(entries) => entries.filter_map(|entry| Some(entry.ok()?.path())).collect(),
            // It is a file, or reading it will tell what it is.
            Err(_) => {
                files.push(path.clone());
                continue;
            }
        };
        inside.retain(|path| path.is_file());
        inside.sort();
        files.append(&mut inside);
    }
    files
}

impl<'a> Work<'a> {
    fn new(command: &'a Translate) -> Result<Self, Trouble> {
        let show = if command.mask { Show::Masked } else { Show::All };
        let (translator, format, ccsid) = match (&command.config, &command.source) {
            (Some(config), Some(source)) => by_settings(config, source)?,
            _ => {
                let options = options(command)?;
                (Translator::new(&options), options.format, None)
            }
        };
        let layout = match format {
            Format::FixedWidth(layout) => Some(layout),
            _ if command.records => return Err(Trouble::usage("--records needs a layout")),
            _ => None,
        };
        let ccsid = command.ccsid.map(Ccsid).or(ccsid).unwrap_or(Ccsid(CCSID));
        Ok(Self { command, translator, layout, ccsid, show })
    }

    fn file(&self, file: &Path) -> Result<(), Trouble> {
        if self.command.records {
            return self.records(file);
        }
        let mut bytes = read(file)
            .map_err(|error| Trouble { code: NO_INPUT, text: format!("cannot be read: {error}") })?;
        if self.command.hex && !self.command.reverse {
            bytes = from_hex(&bytes)?;
        }
        if self.command.reverse {
            return self.write(file, &bytes);
        }
        let (start, ccsid, encoding) = self.peel(&bytes)?;
        let body = bytes.get(start..).unwrap_or_default();
        let input = Input { bytes: body, ccsid, encoding };
        if self.command.explain {
            return self.explain(input, start);
        }
        let document = self.translator.show(input, self.show).map_err(|refusal| {
            Trouble::data(crate::translate::Refusal { offset: refusal.offset + start, ..refusal })
        })?;
        let mut text = match self.command.pretty {
            false => document.body.to_vec(),
            true => pretty(&document.body)?,
        };
        text.push(b'\n');
        self.give(file, "json", &text)
    }

    /// Takes MQ headers off: where the body begins, and how it is encoded.
    fn peel(&self, bytes: &[u8]) -> Result<(usize, Ccsid, i32), Trouble> {
        let mut format = mq::Format::NONE;
        for (to, from) in format.0.iter_mut().zip(self.command.mq_format.bytes()) {
            *to = from;
        }
        let peeled =
            mq::headers::peel(format, self.command.encoding, self.ccsid.0, bytes).map_err(Trouble::data)?;
        Ok((peeled.body_offset, Ccsid(peeled.ccsid), peeled.encoding))
    }

    fn explain(&self, input: Input<'_>, start: usize) -> Result<(), Trouble> {
        let explanation = self.translator.explain(input, self.show);
        super::say(&dump::table(&explanation, input.bytes, start));
        match explanation.refusal {
            Some(refusal) => {
                Err(Trouble::data(crate::translate::Refusal { offset: refusal.offset + start, ..refusal }))
            }
            None => Ok(()),
        }
    }

    /// From a document to a message. Several documents, one a line, become several messages one after another.
    fn write(&self, file: &Path, bytes: &[u8]) -> Result<(), Trouble> {
        let wire = Wire { ccsid: self.ccsid, encoding: self.command.encoding };
        let mut message = self.translator.write(bytes, wire).map_err(Trouble::data)?;
        if self.command.hex {
            message = hex::encode_upper(message).into_bytes();
            message.push(b'\n');
        }
        self.give(file, "message", &message)
    }

    fn give(&self, file: &Path, ending: &str, text: &[u8]) -> Result<(), Trouble> {
        let Some(folder) = &self.command.into else {
            // A reader that has seen enough closes the pipe; that is no failure.
            let _ = std::io::stdout().write_all(text);
            return Ok(());
        };
        let name = file.file_name().unwrap_or(std::ffi::OsStr::new("stdin"));
        let mut name = name.to_owned();
        name.push(".");
        name.push(ending);
        let path = folder.join(name);
        std::fs::create_dir_all(folder)
            .and_then(|()| std::fs::write(&path, text))
            .map_err(|error| Trouble::usage(format!("{}: cannot be written: {error}", path.display())))
    }

    fn records(&self, _file: &Path) -> Result<(), Trouble> {
        todo!()
    }
}

/// What a source of settings translates with.
fn by_settings(config: &Path, source: &str) -> Result<(Translator, Format, Option<Ccsid>), Trouble> {
    let settings = settings::load(config, std::env::vars_os())
        .map_err(|errors| Trouble { code: super::CONFIG, text: errors.to_string().trim_end().to_owned() })?;
    let Some(source) = settings.sources.iter().find(|it| it.name == source) else {
        let names: Vec<&str> = settings.sources.iter().map(|it| it.name.as_str()).collect();
        let text = format!("no source {source:?} in {}; there are: {}", config.display(), names.join(", "));
        return Err(Trouble::usage(text));
    };
    Ok((source.translator(&settings.limits), source.format.clone(), source.ccsid))
}

fn options(command: &Translate) -> Result<Options, Trouble> {
    let dialect = definition(&command.dialect, Dialect::shipped, &Dialect::names(), Dialect::from_toml)?;
    let layout = definition(&command.layout, Layout::shipped, &Layout::names(), Layout::from_toml)?;
    let needed = |option: &str, names: Vec<&str>| {
        Trouble::usage(format!("--{option} is needed: the path of a file or one of {}", names.join(", ")))
    };
    // Whoever names a layout or dialect and no format means that one.
    let name = match (command.format, &dialect, &layout) {
        (Name::Auto, Some(_), None) => Name::Iso8583,
        (Name::Auto, None, Some(_)) => Name::FixedWidth,
        (name, ..) => name,
    };
    let format = match name {
        Name::Iso20022 => Format::Iso20022,
        Name::Iso8583 => Format::Iso8583(dialect.ok_or_else(|| needed("dialect", Dialect::names()))?),
        Name::SwiftMt => Format::SwiftMt,
        Name::FixedWidth => Format::FixedWidth(layout.ok_or_else(|| needed("layout", Layout::names()))?),
        Name::Json => Format::Json(Labels::default()),
        Name::Text => Format::Text(Labels::default()),
        Name::Binary => Format::Binary(Labels::default()),
        Name::Auto => Format::Auto(Candidates { dialect, layout, labels: Labels::default() }),
    };
    let newline = match command.newline {
        LineEnd::Lf => Newline::Lf,
        LineEnd::Nel => Newline::Nel,
    };
    Ok(Options { format, newline, ..Options::default() })
}

/// A dialect or layout by name or path.
fn definition<T, E: std::fmt::Display>(
    named: &Option<String>,
    shipped: impl FnOnce(&str) -> Option<T>,
    names: &[&str],
    from_toml: impl FnOnce(&str) -> Result<T, E>,
) -> Result<Option<Arc<T>>, Trouble> {
    let Some(named) = named else { return Ok(None) };
    if !format::is_path(named) {
        let found = shipped(named).ok_or_else(|| Trouble::usage(format::unknown(named, names)))?;
        return Ok(Some(Arc::new(found)));
    }
    let text = format::read(Path::new(named))
        .map_err(|error| Trouble { code: NO_INPUT, text: format!("{named}: cannot be read: {error}") })?;
    let read = from_toml(&text)
        .map_err(|error| Trouble { code: super::CONFIG, text: format!("{named}: {error}") })?;
    Ok(Some(Arc::new(read)))
}

fn pretty(document: &[u8]) -> Result<Vec<u8>, Trouble> {
    // Numbers of JSON that passes through keep their digits as raw values do not allow for white space; a tree is for people.
    let tree: serde_json::Value = serde_json::from_slice(document).map_err(Trouble::data)?;
    serde_json::to_vec_pretty(&tree).map_err(Trouble::data)
}

fn from_hex(text: &[u8]) -> Result<Vec<u8>, Trouble> {
    let digits: Vec<u8> = text.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    hex::decode(digits).map_err(|_| Trouble::data("an even number of hexadecimal digits expected"))
}

fn read(file: &Path) -> std::io::Result<Vec<u8>> {
    if file != Path::new("-") {
        return std::fs::read(file);
    }
    let mut bytes = Vec::new();
    std::io::stdin().read_to_end(&mut bytes)?;
    Ok(bytes)
}
