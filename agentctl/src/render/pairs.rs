//! One thing with its fields: names and values below one another.

/// Name and value pairs, one a line, values aligned. Pairs without a value are left out. The values are ours, or escaped
/// already.
pub(crate) fn pairs<'a>(pairs: impl IntoIterator<Item = (&'a str, String)>) -> String {
    let kept: Vec<_> = pairs.into_iter().filter(|(_, value)| !value.is_empty()).collect();
    let widest = kept.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    kept.iter().map(|(name, value)| format!("{name:<widest$}  {value}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_line_up_and_empty_ones_are_left_out() {
        let text = pairs([("id", "1".to_owned()), ("note", String::new()), ("image", "x".to_owned())]);
        assert_eq!(text, "id     1\nimage  x\n");
    }
}
