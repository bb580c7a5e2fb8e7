//! The reader's messages in the user's words, with the nearest word that would have been right.

use super::error::Problem;
use super::locate::{self, Step};

/// A message of the TOML reader as a problem.
pub(super) fn of_toml(error: &toml::de::Error, text: &str) -> Problem {
    let span = error.span().unwrap_or(0..0);
    let path = locate::path_of(text, &span).unwrap_or_default();
    let reason = error.message().trim().replace('\n', "; ");
    let message = if let Some((word, valid)) = unknown(&reason, "unknown field ") {
        let (_, table) = path.split_last().unwrap_or((&Step::Index(0), &[]));
        let place = if table.is_empty() { String::new() } else { format!(" in [{}]", locate::dotted(table)) };
        format!("unknown key {word:?}{place}{}", offer(word, &valid))
    } else if let Some((word, valid)) = unknown(&reason, "unknown variant ") {
        format!("{}: {word:?} is not known{}", locate::dotted(&path), offer(word, &valid))
    } else if path.is_empty() {
        plain(&reason)
    } else {
        format!("{}: {}", locate::dotted(&path), plain(&reason))
    };
    Problem { span, message }
}

/// What to write instead of a word.
pub(super) fn offer(word: &str, valid: &[&str]) -> String {
    let word = word.to_lowercase();
    let likeness = |known: &str| likeness(&word, known);
    match valid.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b))) {
        Some(nearest) if likeness(nearest) > 0.0 => format!("; did you mean {nearest:?}?"),
        Some(_) => format!("; valid here: {}", valid.join(", ")),
        None => String::new(),
    }
}

/// How likely one word was meant by the other; 0 where nobody would think so. The first measure knows cut and altered
/// endings, the second swapped and missing letters of short words.
fn likeness(word: &str, known: &str) -> f64 {
    let (beginning, letters) = (strsim::jaro_winkler(word, known), strsim::normalized_damerau_levenshtein(word, known));
    if beginning >= 0.75 || letters >= 0.6 { beginning.max(letters) } else { 0.0 }
}

/// Takes "unknown … `x`, expected one of `a`, `b`" apart. The word is the user's and may hold anything; the list behind it is
/// ours.
fn unknown<'a>(reason: &'a str, beginning: &str) -> Option<(&'a str, Vec<&'a str>)> {
    let (word, list) = reason.strip_prefix(beginning)?.strip_prefix('`')?.rsplit_once("`, expected")?;
    Some((word, list.split('`').skip(1).step_by(2).collect()))
}

/// Types by the names that a user knows.
fn plain(reason: &str) -> String {
    let names = [
        ("expected u32", "expected a whole number"),
        ("expected u64", "expected a whole number"),
        ("expected a sequence", "expected a list"),
        ("expected a map", "expected a table"),
        ("expected path string", "expected a string"),
        ("invalid type: sequence", "invalid type: list"),
        ("invalid type: map", "invalid type: table"),
    ];
    let plain = names.iter().fold(reason.to_owned(), |text, (from, to)| text.replace(from, to));
    match plain.split_once("expected struct ") {
        Some((before, _)) => format!("{before}expected a table"),
        None => plain,
    }
}
