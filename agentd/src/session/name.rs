//! Names that people give to sessions, and what they type for one.

use super::error::SessionError;

/// Characters of a session's name at most.
const NAME_CHARS_MAX: usize = 64;

/// A name must not look like an id or its beginning, be shown safely, and pass through a shell unquoted.
pub(super) fn check_name(name: &str) -> Result<(), SessionError> {
    let invalid = |why: &str| Err(SessionError::Invalid(format!("{:?} cannot be a name: {why}", shortened(name))));
    if name.is_empty() || name.chars().count() > NAME_CHARS_MAX {
        return invalid(&format!("a name has 1 to {NAME_CHARS_MAX} characters"));
    }
    if !name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.')) || name.starts_with(['-', '.']) {
        return invalid("it takes letters, digits, and - _ . inside");
    }
    if name.len() == 32 && name.bytes().all(|b| b.is_ascii_hexdigit()) {
        return invalid("it looks like a session's id");
    }
    Ok(())
}

/// Text of the user for a message: not longer than a line.
pub(super) fn shortened(text: &str) -> String {
    if text.chars().count() <= NAME_CHARS_MAX {
        return text.to_owned();
    }
    let head: String = text.chars().take(NAME_CHARS_MAX).collect();
    format!("{head}… ({} bytes)", text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain_words() {
        for good in ["a", "review-2", "日本", "x.y_z"] {
            assert!(check_name(good).is_ok(), "{good}");
        }
        let id = "0123456789abcdef0123456789abcdef";
        for bad in ["", "-x", ".x", "a b", "a/b", "a\u{1b}", id, &"x".repeat(65)] {
            assert!(check_name(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_is_too_long_for_a_line_is_cut() {
        assert_eq!(shortened("abc"), "abc");
        assert_eq!(shortened(&"x".repeat(5000)), format!("{}… (5000 bytes)", "x".repeat(64)));
    }
}
