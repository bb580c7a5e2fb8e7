//! Names and paths of a sandbox on one line each, and numbers as people read them.

/// The name on one line: what could break or forge a line is escaped, and then the name is in quotes.
pub(crate) fn on_one_line(name: &str) -> String {
    if name.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')) {
        format!("{name:?}")
    } else {
        name.to_owned()
    }
}

/// The path of something found under a directory.
pub(crate) fn under(directory: &str, relative: &str) -> String {
    format!("{}/{}", directory.trim_end_matches('/'), relative.trim_start_matches('/'))
}

/// "1 line", "2 lines".
pub(crate) fn counted(count: u64, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_on_its_line() {
        assert_eq!(on_one_line("a b é.txt"), "a b é.txt");
        assert_eq!(on_one_line("a\nb\u{1b}"), r#""a\nb\u{1b}""#);
        assert_eq!(on_one_line("a\u{2028}b"), r#""a\u{2028}b""#);
    }

    #[test]
    fn paths_are_joined_once() {
        assert_eq!(under("/", "a/b"), "/a/b");
        assert_eq!(under("/workspace", "a"), "/workspace/a");
        assert_eq!(counted(1, "line"), "1 line");
        assert_eq!(counted(0, "line"), "0 lines");
    }
}
