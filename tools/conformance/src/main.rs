//! `devqm-conformance`: what `docs/devqm.md` claims of MQ's behaviour, asked of any queue manager through any MQ client library,
//! with a transcript. Needs no more than an application may do, and one model queue; leaves nothing behind.
//!
//! It is no part of devqm and no part of the product: it only meets them, or IBM MQ, through the C ABI.
//!
//! # Layout
//! `calls` (the library, and the MQI's calls without pointers; all `unsafe` is there), `program` (a connection, and what a
//! claim says to it), `claims` (what is asked), `transcript` (what is printed).

mod calls;
mod program;
mod claims;
mod transcript;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;

use crate::calls::Mqi;
use crate::program::{Bench, Target};
use crate::transcript::Transcript;

/// Asks a queue manager whether it behaves as MQ does. Exit code 0: all that could be asked is so; 1: something is not;
/// 64: usage; 69: no library, or no queue manager.
#[derive(Debug, Parser)]
#[command(name = "devqm-conformance", version)]
struct Cli {
    /// The queue manager's channel and address, as in MQSERVER: CHANNEL/TCP/host(port). Without it the library looks for
    /// its own definitions: MQSERVER, a CCDT, mqclient.ini.
    #[arg(long, value_parser = channel)]
    against: Option<(String, String)>,
    /// The queue manager's name; blank for the default one.
    #[arg(long, default_value = "")]
    queue_manager: String,
    /// The MQ client library. Without it `libmqm_r.so`, by the system's search rules.
    #[arg(long)]
    library: Option<PathBuf>,
    /// The user.
    #[arg(long, requires = "password_file")]
    user: Option<String>,
    /// A file with the user's password.
    #[arg(long, requires = "user")]
    password_file: Option<PathBuf>,
    /// A model queue for temporary queues.
    #[arg(long, default_value = "SYSTEM.DEFAULT.MODEL.QUEUE")]
    model: String,
    /// Puts to this queue in a unit of work and dies: what a claim has another process do.
    #[arg(long, hide = true)]
    die_at: Option<String>,
    /// Only claims whose id begins so.
    #[arg(long, default_value = "")]
    only: String,
}

fn channel(text: &str) -> Result<(String, String), String> {
    match text.splitn(3, '/').collect::<Vec<_>>().as_slice() {
        [channel, "TCP", name] if !channel.is_empty() && !name.is_empty() => {
            Ok(((*channel).to_owned(), (*name).to_owned()))
        }
        _ => Err("expected CHANNEL/TCP/host(port)".to_owned()),
    }
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            _ = error.print();
            return ExitCode::from(if error.use_stderr() { 64 } else { 0 });
        }
    };
    match run(cli) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::from(1),
        Err(error) => {
            eprintln!("devqm-conformance: {error:#}");
            ExitCode::from(69)
        }
    }
}

/// Returns how many claims do not hold.
fn run(cli: Cli) -> anyhow::Result<usize> {
    let password = match &cli.password_file {
        Some(file) => std::fs::read_to_string(file).with_context(|| file.display().to_string())?,
        None => String::new(),
    };
    let mqi = Mqi::load(cli.library.as_deref()).map_err(anyhow::Error::msg)?;
    let target = Target {
        endpoint: cli.against,
        queue_manager: cli.queue_manager,
        user: cli.user.unwrap_or_default(),
        password: password.trim_end_matches(['\r', '\n']).to_owned(),
        model: cli.model,
    };
    if let Some(queue) = &cli.die_at {
        claims::die_at(queue, &Bench::new(&mqi, &target));
    }
    let mut transcript = Transcript::begin(&mqi, &target)?;
    for claim in claims::all().filter(|claim| claim.id.starts_with(&cli.only)) {
        let mut bench = Bench::new(&mqi, &target);
        let verdict = (claim.ask)(&mut bench);
        transcript.note(&claim, &verdict, &bench.told());
    }
    Ok(transcript.end())
}
