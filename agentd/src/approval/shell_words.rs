//! Shell command lines that are certain to be one simple command, and their words.
//!
//! What is certain is listed, everything else is not: an unlisted character is never reasoned about. A line that any
//! shell could read as more than one program with plain words has no words here.

/// Bytes of a line that is looked at.
const LINE_BYTES_MAX: usize = 8 * 1024;

/// Words that a shell may read as grammar, or run something else by, when they come first.
const RESERVED: [&str; 27] = [
    "if", "then", "else", "elif", "fi", "for", "while", "until", "do", "done", "case", "esac", "in", "select",
    "function", "time", "coproc", "eval", "exec", "command", "builtin", "source", ".", "alias", "trap", "env", "sudo",
];

/// The words of the line, where it is certain to be one simple command without expansions.
pub fn simple_command(line: &str) -> Option<Vec<String>> {
    if line.len() > LINE_BYTES_MAX {
        return None;
    }
    let mut words = Vec::new();
    let mut rest = line.trim_matches(' ');
    while !rest.is_empty() {
        let (word, after) = word(rest)?;
        // Only an unquoted name can be the program: a quoted one is a way to write something else.
        if words.is_empty() && !is_program(&word, rest) {
            return None;
        }
        words.push(word);
        rest = after.trim_start_matches(' ');
        if rest.len() == after.len() && !rest.is_empty() {
            return None;
        }
    }
    if words.is_empty() { None } else { Some(words) }
}

/// The first word and what follows it: bare, quoted whole, or bare up to an `=` and quoted after it.
fn word(text: &str) -> Option<(String, &str)> {
    let bare = text.len() - text.trim_start_matches(is_plain).len();
    let (name, rest) = text.split_at(bare);
    match rest.chars().next() {
        Some(quote @ ('\'' | '"')) if name.is_empty() || name.ends_with('=') => {
            let (inside, after) = rest[1..].split_once(quote)?;
            inside.chars().all(|c| is_plain_quoted(c, quote)).then(|| (format!("{name}{inside}"), after))
        }
        _ if name.is_empty() => None,
        _ => Some((name.to_owned(), rest)),
    }
}

fn is_program(word: &str, text: &str) -> bool {
    text.starts_with(word) && !word.contains('=') && !word.starts_with('-') && !RESERVED.contains(&word)
}

/// Characters that mean themselves outside of quotes, anywhere in a word.
fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '/' | ':' | ',' | '@' | '%' | '+' | '=' | '-')
}

/// Characters that mean themselves within quotes of that kind.
fn is_plain_quoted(c: char, quote: char) -> bool {
    let printable = c == ' ' || c.is_ascii_graphic();
    printable && (quote == '\'' || !matches!(c, '$' | '`' | '\\' | '!'))
}

#[cfg(test)]
mod tests;
