//! What a person sees: a timeline, in colour on a terminal unless `NO_COLOR` says otherwise.

use std::io::IsTerminal;
use std::time::Instant;

/// The terminal, or whatever stands in for it.
pub(crate) struct Screen {
    began: Instant,
    colours: bool,
}

/// How a line is meant.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Tone {
    Plain,
    Good,
    Bad,
    Waiting,
    Quiet,
}

impl Screen {
    pub(crate) fn new() -> Self {
        let colours = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        Self { began: Instant::now(), colours }
    }

    pub(crate) fn title(&self, title: &str, subtitle: &str) {
        println!("\n  {}  {}\n", self.painted(title, "1"), self.painted(subtitle, "2"));
    }

    pub(crate) fn chapter(&self, number: usize, text: &str) {
        println!("\n  {} {}", self.painted(&number.to_string(), "1;36"), self.painted(text, "1"));
    }

    /// One event: when, what, and the particulars.
    pub(crate) fn event(&self, tone: Tone, what: &str, particulars: &str) {
        let tenths = self.began.elapsed().as_millis() / 100;
        let when = format!("{:>4}.{} s", tenths / 10, tenths % 10);
        let (mark, code) = match tone {
            Tone::Plain => ("·", "0"),
            Tone::Good => ("✓", "32"),
            Tone::Bad => ("✗", "1;31"),
            Tone::Waiting => ("…", "33"),
            Tone::Quiet => (" ", "2"),
        };
        let what = self.painted(&format!("{mark} {what:<12}"), code);
        println!("  {}  {what} {particulars}", self.painted(&when, "2"));
    }

    pub(crate) fn line(&self, text: &str) {
        println!("  {text}");
    }

    pub(crate) fn fault(&self, text: &str) {
        eprintln!("  {} {text}", self.painted("✗", "1;31"));
    }

    fn painted(&self, text: &str, code: &str) -> String {
        if self.colours { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}
