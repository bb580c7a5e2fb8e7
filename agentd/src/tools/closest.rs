//! Why a text that was to be replaced is not in the file: what the model most likely got wrong. Pure.

/// What to do about it; none where nothing in the file is like it.
pub(crate) fn why_absent(file: &str, wanted: &str) -> Option<String> {
    let trimmed = wanted.trim_end_matches('\n');
    if !trimmed.is_empty() && trimmed.len() < wanted.len() && file.contains(trimmed) {
        return Some(
            "It is there without the newline at its end: the file, or that line, ends differently. Leave the newline \
             out of old_string and new_string."
                .to_owned(),
        );
    }
    if wanted.contains('\n') && file.contains(&wanted.replace('\n', "\r\n")) {
        return Some("The lines of the file end with \\r\\n: write \\r\\n for each line end in old_string.".to_owned());
    }
    let unnumbered = without_numbers(wanted);
    if unnumbered.as_ref().is_some_and(|text| file.contains(text.as_str())) {
        return Some("The line numbers that read_file shows are not part of the file: leave them out.".to_owned());
    }
    let line = line_but_for_space(file, wanted)?;
    Some(format!(
        "From line {line} on the file has the same words with other white space. Read it again and copy it exactly, \
         tabs and spaces included."
    ))
}

/// The text without a number and a tab before every line.
fn without_numbers(text: &str) -> Option<String> {
    let bare: Option<Vec<&str>> = text
        .split('\n')
        .map(|line| {
            let (number, rest) = line.split_once('\t')?;
            number.trim().parse::<u64>().is_ok().then_some(rest)
        })
        .collect();
    bare.map(|lines| lines.join("\n"))
}

/// The number of the line where the wanted lines stand, white space aside.
fn line_but_for_space(file: &str, wanted: &str) -> Option<usize> {
    let words = |text: &str| -> Vec<String> {
        text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
    };
    let wanted: Vec<String> = words(wanted.trim_matches('\n'));
    if wanted.iter().all(String::is_empty) {
        return None;
    }
    words(file).windows(wanted.len()).position(|lines| lines == wanted.as_slice()).map(|index| index + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_likely_mistake_is_named() {
        for (file, wanted, word) in [
            ("a\nlast", "last\n", "without the newline at its end"),
            ("a\r\nb\r\n", "a\nb", "\\r\\n"),
            ("one\ntwo\n", "     1\tone\n     2\ttwo", "line numbers"),
            ("fn a() {\n\tb();\n}\n", "    b();\n}", "From line 2 on"),
            ("x = 1  # why\n", "x = 1 # why", "From line 1 on"),
        ] {
            let told = why_absent(file, wanted).unwrap();
            assert!(told.contains(word), "{told}");
        }
    }

    #[test]
    fn nothing_is_made_up() {
        for (file, wanted) in [("a\nb\n", "c"), ("", "x"), ("a\n", "\n\n"), ("a", "  "), ("1\tx", "2\ty")] {
            assert_eq!(why_absent(file, wanted), None, "{file:?} {wanted:?}");
        }
    }
}
