//! From a place in the text to the keys that lead there, and back.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// One step from a table or list to what is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Key(String),
    Index(usize),
}

/// The steps to a key or value that is exactly there.
pub(super) fn path_of(text: &str, span: &Range<usize>) -> Option<Vec<Step>> {
    let root = DeTable::parse(text).ok()?;
    let mut path = Vec::new();
    in_table(root.get_ref(), span, &mut path).then_some(path)
}

fn in_table(table: &DeTable<'_>, span: &Range<usize>, path: &mut Vec<Step>) -> bool {
    table.iter().any(|(key, value)| {
        path.push(Step::Key(key.get_ref().to_string()));
        let found = key.span() == *span || in_value(value, span, path);
        found || path.pop().is_none()
    })
}

fn in_value(value: &Spanned<DeValue<'_>>, span: &Range<usize>, path: &mut Vec<Step>) -> bool {
    // What is inside goes first: a table may span the same text as its only key.
    let inside = match value.get_ref() {
        DeValue::Table(table) => in_table(table, span, path),
        DeValue::Array(list) => list.iter().enumerate().any(|(index, value)| {
            path.push(Step::Index(index));
            in_value(value, span, path) || path.pop().is_none()
        }),
        _ => false,
    };
    inside || value.span() == *span
}

/// Where the last of these steps is written; as far as the text has them.
pub(super) fn span_of(text: &str, path: &[Step]) -> Range<usize> {
    let Ok(root) = DeTable::parse(text) else { return 0..0 };
    let Some((Step::Key(first), rest)) = path.split_first() else { return 0..0 };
    let Some((key, mut value)) = root.get_ref().get_key_value(first.as_str()) else { return 0..0 };
    let mut span = key.span();
    for step in rest {
        let next = match (value.get_ref(), step) {
            (DeValue::Table(table), Step::Key(name)) => {
                table.get_key_value(name.as_str()).map(|(key, value)| (key.span(), value))
            }
            (DeValue::Array(list), Step::Index(index)) => list.get(*index).map(|value| (value.span(), value)),
            _ => None,
        };
        let Some((found, inner)) = next else { break };
        (span, value) = (found, inner);
    }
    span
}

/// The steps as TOML would write them: `agents.default.rules[0].tool`.
pub(super) fn dotted(path: &[Step]) -> String {
    path.iter().fold(String::new(), |dotted, step| match step {
        Step::Key(key) if dotted.is_empty() => key.clone(),
        Step::Key(key) => format!("{dotted}.{key}"),
        Step::Index(index) => format!("{dotted}[{index}]"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "a = 1\n[b.c]\nd = [{ e = 2 }, { f = 3 }]\n[[g]]\nh = 4\n[[g]]\nh = 55\n";

    fn path_at(what: &str) -> String {
        let start = TEXT.find(what).unwrap();
        path_of(TEXT, &(start..start + what.len())).map_or_else(String::new, |path| dotted(&path))
    }

    #[test]
    fn a_place_leads_to_its_keys_and_back() {
        for (what, dotted) in [("a", "a"), ("1", "a"), ("f", "b.c.d[1].f"), ("2", "b.c.d[0].e"), ("55", "g[1].h")] {
            assert_eq!(path_at(what), dotted, "{what}");
        }
        assert_eq!(path_at("= 4"), "");
        let path = [Step::Key("g".into()), Step::Index(1), Step::Key("h".into())];
        let span = span_of(TEXT, &path);
        assert_eq!((&TEXT[span.clone()], span.start), ("h", TEXT.rfind('h').unwrap()));
    }

    #[test]
    fn what_is_not_written_leads_to_the_nearest_that_is() {
        let path = ["b", "c", "x"].map(|key| Step::Key(key.into()));
        assert_eq!(&TEXT[span_of(TEXT, &path)], "c");
        assert_eq!(span_of(TEXT, &[Step::Key("x".into())]), 0..0);
        assert_eq!(span_of("no toml", &path), 0..0);
    }
}
