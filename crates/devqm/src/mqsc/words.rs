//! MQSC text cut into commands and words: comments, continuation, quotes. Knows no command and no attribute.

use std::fmt;

/// Something wrong in MQSC text, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct Error {
    /// The line, counted from 1, on which the offending word begins.
    pub line: usize,
    /// What is wrong and what is allowed; never empty.
    pub what: String,
}

/// One `KEYWORD` or `KEYWORD(value)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// The keyword in capitals.
    pub keyword: String,
    /// What stands in its parentheses.
    pub value: Option<Argument>,
    /// The line on which the keyword begins, counted from 1.
    pub line: usize,
}

/// What stands in a word's parentheses, quotes resolved, blanks around it cut off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Argument {
    /// The text: in capitals where it was not quoted.
    pub text: String,
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            None => f.write_str(&self.keyword),
            Some(value) => write!(f, "{}({})", self.keyword, value.text),
        }
    }
}

impl Word {
    /// The value as an object name of at most so many bytes; blank is allowed.
    ///
    /// # Errors
    /// What is wrong with the name.
    pub fn name(&self, bytes_max: usize) -> Result<String, String> {
        let text = self
            .value
            .as_ref()
            .map(|value| value.text.trim_end())
            .ok_or_else(|| format!("{} needs a name in parentheses", self.keyword))?;
        match text.chars().find(|character| !is_name_character(*character)) {
            Some(character) => {
                Err(format!("{self}: {character:?} does not occur in names; letters, digits and . / _ % do"))
            }
            None if text.len() > bytes_max => {
                Err(format!("{self}: the name is longer than {bytes_max} characters"))
            }
            None => Ok(text.to_owned()),
        }
    }
}

/// Whether MQ allows the character in object names.
pub fn is_name_character(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '.' | '/' | '_' | '%')
}

/// Cuts text into commands, each a list of words with at least one entry, or says what is wrong with that command.
pub fn commands(text: &str) -> Vec<Result<Vec<Word>, Error>> {
    logical_lines(text)
        .iter()
        .map(|characters| words(characters))
        .filter(|words| words != &Ok(Vec::new()))
        .collect()
}

/// A character and the line it stands on.
type Located = (char, usize);

/// Joins continued lines, drops comments, and splits at `;` outside quotes and parentheses' quotes.
fn logical_lines(text: &str) -> Vec<Vec<Located>> {
    let mut commands = Vec::new();
    let mut command: Vec<Located> = Vec::new();
    let mut quoted = false;
    // After `+` the next line continues at its first character that is not blank, after `-` at its first character.
    let mut skip_blanks = true;
    for (index, line) in text.lines().enumerate() {
        if line.starts_with('*') || (line.trim().is_empty() && !command.is_empty()) {
            continue;
        }
        let end = line.trim_end();
        let (content, continued) = match end.strip_suffix(['+', '-']) {
            Some(content) => (content, end.chars().last()),
            None => (end, None),
        };
        let content = if skip_blanks { content.trim_start() } else { content };
        for character in content.chars() {
            quoted ^= character == '\'';
            if character == ';' && !quoted {
                commands.push(std::mem::take(&mut command));
            } else {
                command.push((character, index + 1));
            }
        }
        skip_blanks = continued != Some('-');
        if continued.is_none() {
            commands.push(std::mem::take(&mut command));
            quoted = false;
        }
    }
    commands.push(command);
    commands
}

fn words(mut rest: &[Located]) -> Result<Vec<Word>, Error> {
    let mut words = Vec::new();
    while let Some((&(character, line), after)) = rest.split_first() {
        if character.is_whitespace() {
            rest = after;
            continue;
        }
        let length = rest.iter().take_while(|(c, _)| c.is_ascii_alphanumeric()).count();
        let (keyword, after) = rest.split_at(length);
        if keyword.is_empty() {
            return Err(Error {
                line,
                what: format!("{character:?} is out of place: a keyword is expected"),
            });
        }
        let keyword: String = keyword.iter().map(|(c, _)| c.to_ascii_uppercase()).collect();
        let blanks = after.iter().take_while(|(c, _)| c.is_whitespace()).count();
        let opening = after.get(blanks).is_some_and(|(c, _)| *c == '(');
        let value = if opening {
            let (value, after) = argument(after.get(blanks + 1..).unwrap_or_default())
                .ok_or_else(|| Error { line, what: format!("{keyword}: the parenthesis is not closed") })?;
            rest = after;
            Some(value)
        } else {
            rest = after;
            None
        };
        words.push(Word { keyword, value, line });
    }
    Ok(words)
}

/// The text up to the closing parenthesis, and what follows that; `None` where it does not close.
fn argument(characters: &[Located]) -> Option<(Argument, &[Located])> {
    let mut text = String::new();
    let mut quoted_end = 0;
    let mut quoted = false;
    let mut index = 0;
    while let Some(&(character, _)) = characters.get(index) {
        index += 1;
        match character {
            '\'' if quoted && characters.get(index).is_some_and(|(next, _)| *next == '\'') => {
                text.push('\'');
                index += 1;
            }
            '\'' => {
                quoted = !quoted;
                quoted_end = text.len();
            }
            ')' if !quoted => {
                // Blanks inside quotes belong to the value.
                let kept = text.get(quoted_end..).unwrap_or_default().trim_end().len();
                text.truncate(quoted_end + kept);
                return Some((Argument { text }, characters.get(index..).unwrap_or_default()));
            }
            blank if blank.is_whitespace() && !quoted && text.is_empty() => {}
            other if quoted => text.push(other),
            other => text.push(other.to_ascii_uppercase()),
        }
    }
    None
}
