//! The head of a SKILL.md: between two lines of three dashes, keys with texts. Of YAML it takes what such heads use: plain and
//! quoted texts, texts folded over several lines (`>`, `|`, or indented), and it passes over everything else.

/// What a SKILL.md says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct FrontMatter {
    /// `name`; empty: it is not there.
    pub(super) name: String,
    /// `description`, on one line; empty: it is not there.
    pub(super) description: String,
}

/// The front matter, and the text after it. Without one, all is text.
pub(super) fn parse(text: &str) -> (FrontMatter, &str) {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let Some((head, body)) = split(text) else { return (FrontMatter::default(), text) };
    let mut front = FrontMatter::default();
    let mut lines = head.lines().peekable();
    while let Some(line) = lines.next() {
        let Some((key, value)) = line.split_once(':').filter(|(key, _)| !key.starts_with([' ', '\t', '#'])) else {
            continue;
        };
        let mut value = value.trim().to_owned();
        if matches!(value.as_str(), ">" | "|" | ">-" | "|-" | ">+" | "|+") {
            value.clear();
        }
        // What is indented goes on with the text; what stands in quotes goes on until they end, which comes to the same.
        while let Some(more) = lines.next_if(|line| line.starts_with([' ', '\t']) || line.is_empty()) {
            value.push(' ');
            value.push_str(more.trim());
        }
        let value = on_one_line(unquoted(value.trim()));
        match key.trim() {
            "name" => front.name = value,
            "description" => front.description = value,
            _ => {}
        }
    }
    (front, body)
}

fn split(text: &str) -> Option<(&str, &str)> {
    let first = text.lines().next()?;
    if first.trim_end() != "---" {
        return None;
    }
    let mut at = text.find('\n')? + 1;
    let start = at;
    for line in text[start..].split_inclusive('\n') {
        if line.trim_end() == "---" {
            return Some((&text[start..at], text[at + line.len()..].trim_start_matches(['\r', '\n'])));
        }
        at += line.len();
    }
    None
}

fn unquoted(value: &str) -> &str {
    for quote in ['"', '\''] {
        if let Some(inner) = value.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)) {
            return inner;
        }
    }
    value
}

fn on_one_line(value: &str) -> String {
    value.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> (String, String, String) {
        let (front, body) = parse(text);
        (front.name, front.description, body.to_owned())
    }

    fn expected(name: &str, description: &str, body: &str) -> (String, String, String) {
        (name.to_owned(), description.to_owned(), body.to_owned())
    }

    #[test]
    fn heads_are_read_as_people_write_them() {
        let plain = "---\nname: release\ndescription: How releases are made: here.\nlicense: MIT\n---\n\n# Body\n";
        assert_eq!(of(plain), expected("release", "How releases are made: here.", "# Body\n"));
        let quoted = "---\r\nname: 'release'\r\ndescription: \"In\r\n  quotes.\"\r\n---\r\nBody";
        assert_eq!(of(quoted), expected("release", "In quotes.", "Body"));
        let folded =
            "---\nmetadata:\n  name: inner\ndescription: >-\n  One\n  two.\n\n  Three.\n# note: x\nname: a\n---\nBody";
        assert_eq!(of(folded), expected("a", "One two. Three.", "Body"));
    }

    #[test]
    fn a_text_without_a_head_is_all_body() {
        for text in ["", "# Title\n---\n", "---\nname: never closed\n", "--- \nname"] {
            assert_eq!(of(text), expected("", "", text));
        }
    }
}
