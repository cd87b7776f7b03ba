//! One command on a fresh machine: a queue manager, a domain service and mqgate, and payments that pass between them.
//!
//! Everything is real but the scheme and the bank: the development queue manager runs as a process of its own, payments are
//! put through the MQ client library, mqgate is the program that production runs.
//!
//! # Layout
//!
//! * `parts`: the programs, built, started and ended.
//! * `service`: the domain service.
//! * `queues`: the scheme's end of the queues.
//! * `screen`: what a person sees.
//! * `story`: the payments and their expected fates.

mod parts;
mod service;
mod queues;
mod screen;
mod story;

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use clap::Parser;

use parts::Parts;
use screen::Screen;

/// Shows payments pass from a queue to a service, and what becomes of those that cannot.
#[derive(Debug, Parser)]
struct Arguments {
    /// End by itself; exit code 0 only if every payment met its expected fate.
    #[arg(long)]
    once: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let screen = Screen::new();
    match run(&arguments, &screen) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            screen.fault(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Returns whether every payment met its expected fate.
fn run(arguments: &Arguments, screen: &Screen) -> anyhow::Result<bool> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let parts = Arc::new(Parts::new()?);
    // Whoever ends the demo early must not leave its programs behind.
    let ending = Arc::clone(&parts);
    let (stopped, stop) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        runtime.block_on(async {
            let mut terminate =
                tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()).ok()?;
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            Some(())
        });
        ending.end();
        // The main thread may be anywhere in the story; where it already waits for this, it ends by itself.
        if stopped.send(()).is_err() {
            std::process::exit(130);
        }
        std::thread::sleep(std::time::Duration::from_secs(1));
        std::process::exit(130);
    });

    screen.title(
        "mqgate demo",
        "payments from a queue to a service, and what becomes of those that cannot pass",
    );
    let setting = story::set_up(&parts, screen).context("the demo could not be set up")?;
    let well = story::tell(&setting, screen)?;
    story::where_to_look(&setting, screen);
    if !arguments.once {
        screen.line("Ctrl-C ends the demo.");
        // The sender lives as long as the process: this waits for the signal.
        let _ = stop.recv();
    }
    parts.end();
    Ok(well)
}
