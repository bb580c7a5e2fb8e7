//! Reads Rust source just far enough to know which paths it names: comments and strings out, words and punctuation in.

/// A path that a source names, as written: `crate::store::Journal` or `tonic::Status`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NamedPath {
    pub(super) line: usize,
    pub(super) segments: Vec<String>,
}

/// Every path that the source names, in `use` trees and elsewhere, up to its unit tests.
pub(super) fn named_paths(source: &str) -> Vec<NamedPath> {
    let tokens = tokens(before_tests(source));
    let mut paths = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        if tokens[at].text == "use" {
            at = read_tree(&tokens, at + 1, &[], &mut paths);
        } else if starts_path(&tokens, at) {
            at = read_tree(&tokens, at, &[], &mut paths);
        } else {
            at += 1;
        }
    }
    paths
}

/// The part before `#[cfg(test)] mod tests`: tests may reach for whatever they need.
fn before_tests(source: &str) -> &str {
    let mut offset = 0;
    let mut lines = source.split_inclusive('\n').peekable();
    while let Some(line) = lines.next() {
        if line.trim() == "#[cfg(test)]" && lines.peek().is_some_and(|next| next.trim().starts_with("mod tests")) {
            return &source[..offset];
        }
        offset += line.len();
    }
    source
}

#[derive(Debug)]
struct Token<'a> {
    line: usize,
    text: &'a str,
}

fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// Whether a path with two segments or more begins here.
fn starts_path(tokens: &[Token<'_>], at: usize) -> bool {
    let text = |index: usize| tokens.get(index).map_or("", |token| token.text);
    is_word(text(at)) && text(at + 1) == "::" && (at == 0 || text(at - 1) != "::")
}

/// Reads a path or a tree of them, and gives the position after it.
fn read_tree(tokens: &[Token<'_>], mut at: usize, prefix: &[String], paths: &mut Vec<NamedPath>) -> usize {
    let mut segments = prefix.to_vec();
    let line = tokens.get(at).map_or(0, |token| token.line);
    if tokens.get(at).is_some_and(|token| token.text == "::") {
        at += 1;
    }
    while let Some(token) = tokens.get(at) {
        if token.text == "{" {
            at += 1;
            while tokens.get(at).is_some_and(|token| token.text != "}") {
                at = read_tree(tokens, at, &segments, paths);
                // `as name` and the comma.
                while tokens.get(at).is_some_and(|token| !matches!(token.text, "," | "}")) {
                    at += 1;
                }
                at += usize::from(tokens.get(at).is_some_and(|token| token.text == ","));
            }
            return at + 1;
        }
        if !is_word(token.text) {
            break;
        }
        segments.push(token.text.to_owned());
        at += 1;
        if tokens.get(at).is_none_or(|token| token.text != "::") {
            break;
        }
        at += 1;
    }
    paths.push(NamedPath { line, segments });
    at.max(1)
}

/// Words, `::`, and single characters.
fn tokens(source: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut line = 1;
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let (len, keep) = match first {
            _ if rest.starts_with("//") => (rest.find('\n').unwrap_or(rest.len()), false),
            _ if rest.starts_with("/*") => (rest.find("*/").map_or(rest.len(), |end| end + 2), false),
            '"' => (string_len(rest), false),
            'r' | 'b' if raw_string_len(rest).is_some() => (raw_string_len(rest).unwrap_or(1), false),
            '\'' => (quote_len(rest), false),
            _ if first.is_alphabetic() || first == '_' => {
                (rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len()), true)
            }
            ':' if rest.starts_with("::") => (2, true),
            _ => (first.len_utf8(), !first.is_whitespace()),
        };
        let (text, after) = rest.split_at(len);
        if keep {
            tokens.push(Token { line, text });
        }
        line += text.matches('\n').count();
        rest = after;
    }
    tokens
}

/// Length of the string literal at the beginning of `rest`.
fn string_len(rest: &str) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            '"' if !escaped => return at + 1,
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    rest.len()
}

/// Length of the raw string literal at the beginning of `rest`, if there is one.
fn raw_string_len(rest: &str) -> Option<usize> {
    let quoted = rest.strip_prefix('b').unwrap_or(rest).strip_prefix('r')?;
    let hashes = quoted.len() - quoted.trim_start_matches('#').len();
    let body = quoted[hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    let begin = rest.len() - body.len();
    Some(body.find(&end).map_or(rest.len(), |at| begin + at + end.len()))
}

/// Length of the character literal at the beginning of `rest`; of a lifetime only its quote.
fn quote_len(rest: &str) -> usize {
    let mut chars = rest.char_indices().skip(1);
    match (chars.next(), chars.next()) {
        (Some((_, '\\')), Some((escaped, _))) => rest[escaped + 1..].find('\'').map_or(1, |end| escaped + 1 + end + 1),
        (Some(_), Some((at, '\''))) => at + 1,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::named_paths;

    fn paths(source: &str) -> Vec<String> {
        named_paths(source).into_iter().map(|path| format!("{} {}", path.line, path.segments.join("::"))).collect()
    }

    #[test]
    fn use_trees_are_unfolded() {
        let source = "use crate::{a, b::{C, d::E as F}};\nuse tonic::Status;\nuse bollard;\n";
        assert_eq!(paths(source), ["1 crate::a", "1 crate::b::C", "1 crate::b::d::E", "2 tonic::Status", "3 bollard"]);
    }

    #[test]
    fn paths_in_code_count_and_paths_in_text_do_not() {
        let source = "// tonic::a\n/* tonic::b */\nlet x = \"tonic::c \\\" tonic::d\";\nlet y = r#\"tonic::e\"#;\n\
                      let z: Vec<reqwest::Client> = crate::model::new('\"', '\\'', &'a ());";
        assert_eq!(paths(source), ["5 reqwest::Client", "5 crate::model::new"]);
    }

    #[test]
    fn unit_tests_may_reach_for_anything() {
        assert_eq!(paths("use a::b;\n#[cfg(test)]\nmod tests {\n    use tonic::c;\n}\n"), ["1 a::b"]);
    }
}
