//! The words of a copybook, freed of columns, comments and continuation lines.

use super::CopybookError;

/// A word, a literal with its quotes, or the period that ends an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) line: usize,
    pub(super) text: String,
}

/// The period at the end of an entry.
pub(super) const PERIOD: &str = ".";

/// Columns of the fixed format, from 0: the indicator, and the text after it.
const INDICATOR: usize = 6;
const TEXT: usize = 7;
const TEXT_END: usize = 72;

/// The words of a text.
pub(super) fn words(text: &str) -> Result<Vec<Word>, CopybookError> {
    let mut words = Vec::new();
    for (line, text) in code_lines(text) {
        split(line, &text, &mut words)?;
    }
    Ok(words)
}

/// The lines with code, from 1, continuation lines joined to theirs.
fn code_lines(text: &str) -> Vec<(usize, String)> {
    let fixed = is_fixed(text);
    let mut lines: Vec<(usize, String)> = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let line = plain(line);
        let (indicator, code) = if fixed { columns(&line) } else { (' ', line.clone()) };
        let code = without_comment(&code);
        match indicator {
            '*' | '/' | '$' => {}
            '-' => continue_with(&code, lines.last_mut()),
            _ if code.trim().is_empty() || code.trim_start().starts_with('*') => {}
            _ => lines.push((at + 1, code)),
        }
    }
    lines
}

/// Tabs and the marks of old files (end of file, form feed) are blanks.
fn plain(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    for character in line.chars() {
        match character {
            '\t' => (0..8 - plain.chars().count() % 8).for_each(|_| plain.push(' ')),
            control if control.is_control() => plain.push(' '),
            other => plain.push(other),
        }
    }
    plain
}

/// In the fixed format the first six columns are blank or a number, and the seventh is an indicator.
fn is_fixed(text: &str) -> bool {
    let mut lines = text.lines().map(plain).filter(|line| !line.trim().is_empty()).peekable();
    lines.peek().is_some()
        && lines.all(|line| {
            let sequence: Vec<char> = line.chars().take(INDICATOR).collect();
            let rest = line.chars().nth(INDICATOR);
            let is_blank = sequence.iter().all(|character| *character == ' ');
            let is_number = sequence.iter().all(char::is_ascii_digit) && sequence.len() == INDICATOR;
            (is_blank || is_number) && matches!(rest, None | Some(' ' | '*' | '/' | '-' | 'D' | 'd' | '$'))
        })
}

/// The indicator and the text of a line in the fixed format.
fn columns(line: &str) -> (char, String) {
    let indicator = line.chars().nth(INDICATOR).unwrap_or(' ');
    (indicator, line.chars().skip(TEXT).take(TEXT_END - TEXT).collect())
}

fn without_comment(code: &str) -> String {
    code.split_once("*>").map_or(code, |(before, _)| before).to_owned()
}

/// Joins a continuation line: a literal goes on after its repeated quote, a word right away.
fn continue_with(code: &str, before: Option<&mut (usize, String)>) {
    let Some((_, before)) = before else { return };
    let code = code.trim_start();
    match open_quote(before) {
        Some(quote) => before.push_str(code.strip_prefix(quote).unwrap_or(code)),
        None => {
            before.truncate(before.trim_end().len());
            before.push_str(code);
        }
    }
}

/// The quote of a literal that a line does not close.
fn open_quote(text: &str) -> Option<char> {
    text.chars().fold(None, |open, character| match open {
        None if matches!(character, '"' | '\'') => Some(character),
        Some(quote) if quote == character => None,
        unchanged => unchanged,
    })
}

/// Appends the words of a line.
fn split(line: usize, text: &str, words: &mut Vec<Word>) -> Result<(), CopybookError> {
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' | '\'' => {
                literal(rest, first).ok_or_else(|| CopybookError::new(line, "the end of the literal"))?
            }
            _ => rest.find(char::is_whitespace).unwrap_or(rest.len()),
        };
        let (word, after) = rest.split_at(length);
        let ends = word.ends_with('.') || (after.starts_with('.') && matches!(first, '"' | '\''));
        // A comma or semicolon before a blank only separates.
        let bare = word.trim_end_matches(['.', ',', ';']);
        if !bare.is_empty() {
            words.push(Word { line, text: bare.to_owned() });
        }
        if ends {
            words.push(Word { line, text: PERIOD.to_owned() });
        }
        rest = after.trim_start_matches(|character: char| {
            character.is_whitespace() || matches!(character, '.' | ',')
        });
    }
    Ok(())
}

/// The length of the literal that a text begins with. A doubled quote stands for one.
fn literal(text: &str, quote: char) -> Option<usize> {
    let mut from = 1;
    loop {
        let end = from + text.get(from..)?.find(quote)? + 1;
        if !text.get(end..)?.starts_with(quote) {
            return Some(end);
        }
        from = end + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(copybook: &str) -> Vec<String> {
        words(copybook).unwrap().into_iter().map(|word| word.text).collect()
    }

    #[test]
    fn columns_and_comments_of_the_fixed_format_are_no_code() {
        let copybook = "000100* A comment\n000200 01  A-B PIC X(3).                                                   ABCDEFGH\n      /\n";
        assert_eq!(texts(copybook), ["01", "A-B", "PIC", "X(3)", "."]);
    }

    #[test]
    fn the_free_format_begins_anywhere() {
        let copybook = "01 A. *> the record\n* a comment\n  05 B PIC 9(3)V99, VALUE 'it''s. 5'.\n";
        assert_eq!(
            texts(copybook),
            ["01", "A", ".", "05", "B", "PIC", "9(3)V99", "VALUE", "'it''s. 5'", "."]
        );
    }

    #[test]
    fn continuation_lines_go_on_where_the_line_before_stopped() {
        let copybook =
            "       01  A PIC X(20) VALUE 'one \n      -    'two'.\n       01  B PIC X(1\n      -    0).\n";
        assert_eq!(
            texts(copybook),
            ["01", "A", "PIC", "X(20)", "VALUE", "'one two'", ".", "01", "B", "PIC", "X(10)", "."]
        );
    }

    #[test]
    fn a_literal_without_end_is_refused_with_its_line() {
        assert_eq!(words("\n01 A PIC X VALUE 'x.\n").unwrap_err().line, 2);
    }
}
