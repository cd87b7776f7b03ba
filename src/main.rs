//! The life of the process: hand the arguments to the library, leave with its exit code.

#![forbid(unsafe_code)]

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// Many small pieces live for one message, on many threads: a tenth of the time per message went to the system's allocator.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    ExitCode::from(mqgate::cli::run(std::env::args_os()))
}
