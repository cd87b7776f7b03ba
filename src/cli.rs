//! The command line: `run`, `check`, `translate`, `parked`, `explain`, `sources`, and what each exits with.

mod parked;
mod ask;
mod sources;
mod explain;

use std::ffi::OsString;
use std::fmt::Write as _;
use std::io::{Read, Write as _};
use std::path::{Path, PathBuf};

use clap::{Parser, Subcommand, ValueEnum};
use tracing::warn;

use crate::message::Ccsid;
use crate::settings::{self, Settings};
use crate::supervisor;
use crate::telemetry;
use crate::translate::{Format, Input, Options, Translator};

/// Exit code `EX_USAGE`.
const USAGE: u8 = 64;
/// Exit code `EX_DATAERR`.
const DATA: u8 = 65;
/// Exit code `EX_NOINPUT`.
const NO_INPUT: u8 = 66;
/// Exit code `EX_UNAVAILABLE`.
const UNAVAILABLE: u8 = 69;
/// Exit code `EX_CONFIG`.
const CONFIG: u8 = 78;

/// Variables by which IBM's client lets the environment override what a program asks for.
const CLIENT_VARIABLES: [&str; 5] = ["MQSERVER", "MQCHLLIB", "MQCHLTAB", "MQCCDTURL", "MQSSLKEYR"];

/// Carries payments between IBM MQ and HTTP services, and loses none.
#[derive(Debug, Parser)]
#[command(name = "mqgate", version, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run until SIGTERM: get messages, post them, end their units of work.
    Run {
        /// The provider's settings.
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
    },
    /// Validate settings without connecting to anything.
    Check {
        /// The provider's settings.
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
    },
    /// Look at parked messages, replay, export or discard them. The gateway need not run.
    #[command(subcommand)]
    Parked(Box<parked::Parked>),
    /// Tell the story of one message: audit records, what stands beside it, what the running gateway remembers.
    Explain(explain::Explain),
    /// See, pause and resume the sources of the running gateway.
    #[command(subcommand)]
    Sources(sources::Sources),
    /// Print the document that a service would get for a message.
    Translate {
        /// The format of the message.
        #[arg(long, value_enum, default_value_t = FormatName::Iso20022)]
        format: FormatName,
        /// The character set of the message, as in MQMD.CodedCharSetId.
        #[arg(long, default_value_t = 1208, value_name = "CCSID")]
        ccsid: i32,
        /// MQMD.Encoding: 273 big-endian, 546 little-endian.
        #[arg(long, default_value_t = 546, value_name = "N")]
        encoding: i32,
        /// MQMD.Format: with MQHRF2 the MQRFH2 headers before the message are taken off.
        #[arg(long, default_value = "", value_name = "NAME")]
        mq_format: String,
        /// Print the document over several lines.
        #[arg(long)]
        pretty: bool,
        /// The message; - for standard input.
        file: PathBuf,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum FormatName {
    Iso20022,
}

/// Runs the command line and returns the exit code.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> u8 {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version are answers; everything else is wrong usage. Nowhere to print to changes neither.
            let _ = error.print();
            return if error.use_stderr() { USAGE } else { 0 };
        }
    };
    match arguments.command {
        Command::Run { config } => run_gateway(&config),
        Command::Check { config } => check(&config),
        Command::Parked(command) => parked::run(*command),
        Command::Explain(command) => explain::run(&command),
        Command::Sources(command) => sources::run(&command),
        Command::Translate { format: FormatName::Iso20022, ccsid, encoding, mq_format, pretty, file } => {
            let options = Options { format: Format::Iso20022, ..Options::default() };
            translate(&file, &options, Encoded { ccsid, encoding, mq_format }, pretty)
        }
    }
}

fn load(config: &Path) -> Result<Settings, u8> {
    settings::load(config, std::env::vars_os()).map_err(|errors| {
        eprint!("{errors}");
        let (count, plural) = (errors.count(), if errors.count() == 1 { "" } else { "s" });
        eprintln!("mqgate: {count} mistake{plural} in the settings; nothing was started");
        CONFIG
    })
}

/// Prints to standard output. A reader that has seen enough closes the pipe; that is no failure.
fn say(text: &str) {
    let _ = std::io::stdout().write_all(text.as_bytes());
}

/// Prints to standard error what was in the way.
fn complain(lines: &[String]) {
    for line in lines {
        eprintln!("mqgate: {line}");
    }
}

fn run_gateway(config: &Path) -> u8 {
    let settings = match load(config) {
        Ok(settings) => settings,
        Err(code) => return code,
    };
    telemetry::init(&settings.log);
    for variable in CLIENT_VARIABLES.iter().filter(|name| std::env::var_os(name).is_some()) {
        warn!(variable, "The MQ client reads this variable too: start mqgate without it.");
    }
    match supervisor::run(settings) {
        Ok(()) => 0,
        Err(error) => {
            eprintln!("mqgate: {error}");
            error.exit_code()
        }
    }
}

fn check(config: &Path) -> u8 {
    match load(config) {
        Ok(settings) => {
            print!("{}", summary(&settings));
            0
        }
        Err(code) => code,
    }
}

/// What the settings come to, for a person.
fn summary(settings: &Settings) -> String {
    let mut text = format!("provider {}: settings are valid\n", settings.provider);
    let name = |index: usize| settings.destinations.get(index).map_or("", |it| it.name.as_str());
    for site in &settings.sites {
        let _ =
            writeln!(text, "  site         {} (queue manager {:?})", site.name, site.queue_manager.as_str());
    }
    for source in &settings.sources {
        let sites =
            source.sites.iter().filter_map(|at| settings.sites.get(*at)).map(|site| site.name.as_str());
        let sites = sites.collect::<Vec<_>>().join(", ");
        let (queue, consumers) = (&source.queue, source.consumers);
        let _ = writeln!(
            text,
            "  source       {}: {queue} on {sites}, {consumers} consumer(s) each",
            source.name
        );
    }
    for destination in &settings.destinations {
        let (url, timeout) = (&destination.url, destination.timeout.as_millis());
        let _ = writeln!(text, "  destination  {}: {url}, within {timeout} ms", destination.name);
    }
    for (index, route) in settings.routes.iter().enumerate() {
        let label = route.name.as_deref().unwrap_or("unnamed");
        let kind = route.when.kind.as_ref().map(|kind| format!(" (type {kind})")).unwrap_or_default();
        let _ = writeln!(text, "  route {index}      {label}{kind} → {}", name(route.to));
    }
    let _ = writeln!(text, "  hash         {}", settings.hash);
    text
}

/// How a message's bytes are encoded, as MQMD would say.
struct Encoded {
    ccsid: i32,
    encoding: i32,
    mq_format: String,
}

fn translate(file: &Path, options: &Options, encoded: Encoded, pretty: bool) -> u8 {
    let bytes = match read(file) {
        Ok(bytes) => bytes,
        Err(error) => {
            eprintln!("mqgate: {}: cannot be read: {error}", file.display());
            return NO_INPUT;
        }
    };
    match document(&bytes, options, encoded, pretty) {
        Ok(mut document) => {
            document.push(b'\n');
            // A reader that has seen enough closes the pipe; that is no failure.
            let _ = std::io::stdout().write_all(&document);
            0
        }
        Err(refusal) => {
            eprintln!("mqgate: {}: {refusal}", file.display());
            DATA
        }
    }
}

fn document(bytes: &[u8], options: &Options, encoded: Encoded, pretty: bool) -> Result<Vec<u8>, String> {
    let mut format = mq::Format::NONE;
    for (to, from) in format.0.iter_mut().zip(encoded.mq_format.bytes()) {
        *to = from;
    }
    let peeled = mq::headers::peel(format, encoded.encoding, encoded.ccsid, bytes)
        .map_err(|error| error.to_string())?;
    let body = bytes.get(peeled.body_offset..).unwrap_or_default();
    let input = Input { bytes: body, ccsid: Ccsid(peeled.ccsid), encoding: peeled.encoding };
    let document = Translator::new(options).translate(input).map_err(|refusal| refusal.to_string())?;
    if !pretty {
        return Ok(document.body.to_vec());
    }
    let tree: serde_json::Value =
        serde_json::from_slice(&document.body).map_err(|error| error.to_string())?;
    serde_json::to_vec_pretty(&tree).map_err(|error| error.to_string())
}

fn read(file: &Path) -> std::io::Result<Vec<u8>> {
    if file != Path::new("-") {
        return std::fs::read(file);
    }
    let mut bytes = Vec::new();
    std::io::stdin().read_to_end(&mut bytes)?;
    Ok(bytes)
}
