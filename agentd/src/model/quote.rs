//! Foreign text made fit to stand in an error: one line, short, without the key.

use super::key::ApiKey;

const QUOTE_CHARS_MAX: usize = 500;

/// The text as an error quotes it.
pub(super) fn quote(text: &str, key: Option<&ApiKey>) -> String {
    // Redacted before it is cut, so that no half of a key is left at the end.
    let redacted = key.map_or_else(|| text.to_owned(), |key| key.redact(text));
    let words = redacted.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    let line = words.fold(String::new(), |mut line, word| {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
        line
    });
    match line.char_indices().nth(QUOTE_CHARS_MAX) {
        Some((at, _)) => format!("{}…", line.get(..at).unwrap_or_default()),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_are_one_short_line_without_the_key() {
        let key = ApiKey::new("sk-canary-123456").unwrap();
        assert_eq!(quote(" a\n\n b\u{1b}[31m sk-canary-123456 ", Some(&key)), "a b [31m [key]");
        let long = format!("{}sk-canary-123456", "é".repeat(495));
        let quoted = quote(&long, Some(&key));
        assert!(!quoted.contains("sk-"), "{quoted}");
        assert_eq!(quote(&"é".repeat(600), None).chars().count(), QUOTE_CHARS_MAX + 1);
        assert_eq!(quote("", None), "");
    }
}
