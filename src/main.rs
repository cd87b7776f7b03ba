//! The life of the process: hand the arguments to the library, leave with its exit code.

#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(mqgate::cli::run(std::env::args_os()))
}
