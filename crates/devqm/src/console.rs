//! `devqm mqsc` at a terminal: commands one after another, with a history and completion of words.

use std::borrow::Cow;
use std::io::IsTerminal;
use std::path::PathBuf;

use devqm::mqsc::complete::complete;
use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::FileHistory;
use rustyline::validate::Validator;
use rustyline::{Context, Editor, Helper};

/// How many commands the history keeps.
const HISTORY_COMMANDS_MAX: usize = 1_000;

/// Whether commands are typed.
pub(crate) fn is_interactive() -> bool {
    std::io::stdin().is_terminal()
}

/// Reads commands until END, and has each carried out: what it says, and whether it succeeded. Returns how many failed.
///
/// # Errors
/// What the terminal or the queue manager says.
pub(crate) fn converse(
    mut carry_out: impl FnMut(String) -> anyhow::Result<(String, bool)>,
) -> anyhow::Result<usize> {
    let settings = rustyline::Config::builder().max_history_size(HISTORY_COMMANDS_MAX)?.build();
    let mut editor = Editor::<Words, FileHistory>::with_config(settings)?;
    editor.set_helper(Some(Words));
    let history = history_file();
    if let Some(file) = &history {
        // There is none before the first time.
        _ = editor.load_history(file);
    }
    let (mut read, mut failed) = (0, 0);
    while let Some(command) = next(&mut editor)? {
        read += 1;
        let (said, succeeded) = carry_out(command)?;
        failed += usize::from(!succeeded);
        println!("{said}");
    }
    if let Some(file) = &history
        && let Err(error) = editor.save_history(file)
    {
        eprintln!("devqm: {}: {error}", file.display());
    }
    println!("{read} commands read, {failed} of them failed.");
    Ok(failed)
}

/// The next command, joined with the lines that continue it; none at END or at the end of input.
fn next(editor: &mut Editor<Words, FileHistory>) -> anyhow::Result<Option<String>> {
    let mut command = String::new();
    loop {
        let prompt = if command.is_empty() { "mqsc> " } else { "    > " };
        let line = match editor.readline(prompt) {
            Ok(line) => line,
            // Ctrl-C gives up what was begun.
            Err(ReadlineError::Interrupted) => {
                command.clear();
                continue;
            }
            Err(ReadlineError::Eof) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let word = line.trim();
        if command.is_empty() && ["END", "EXIT", "QUIT"].iter().any(|end| word.eq_ignore_ascii_case(end)) {
            return Ok(None);
        }
        if command.is_empty() && word.is_empty() {
            continue;
        }
        command.push_str(&line);
        if !line.trim_end().ends_with(['+', '-']) {
            editor.add_history_entry(on_one_line(&command))?;
            return Ok(Some(command));
        }
        command.push('\n');
    }
}

/// A command as it could have been typed on one line: after `+` the next line's leading blanks do not count.
fn on_one_line(command: &str) -> String {
    let mut line = String::new();
    for part in command.lines() {
        let part = if line.ends_with('+') { part.trim_start() } else { part };
        line.truncate(line.strip_suffix(['+', '-']).map_or(line.len(), str::len));
        line.push_str(part);
    }
    line
}

fn history_file() -> Option<PathBuf> {
    match std::env::var_os("DEVQM_HISTORY") {
        Some(file) if file.is_empty() => None,
        Some(file) => Some(file.into()),
        None => std::env::home_dir().map(|home| home.join(".devqm_history")),
    }
}

/// The words of MQSC, for the line editor.
struct Words;

impl Completer for Words {
    type Candidate = String;

    fn complete(
        &self,
        line: &str,
        position: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<String>)> {
        Ok(complete(line.get(..position).unwrap_or(line)))
    }
}

impl Hinter for Words {
    type Hint = String;
}

impl Highlighter for Words {
    fn highlight<'l>(&self, line: &'l str, _: usize) -> Cow<'l, str> {
        Cow::Borrowed(line)
    }
}

impl Validator for Words {}

impl Helper for Words {}
