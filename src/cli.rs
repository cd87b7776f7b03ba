//! The command line: `run`, `check`, `translate`, `parked`, `explain`, `sources`, and what each exits with.

mod parked;
mod ask;
mod sources;
mod explain;
mod translate;

use std::ffi::OsString;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::{Parser, Subcommand};
use tracing::warn;

use crate::settings::{self, Settings};
use crate::supervisor;
use crate::telemetry;

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
    /// Print the documents that a service would get for messages; the way back; what each byte is.
    Translate(Box<translate::Translate>),
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
        Command::Translate(command) => translate::run(&command),
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
