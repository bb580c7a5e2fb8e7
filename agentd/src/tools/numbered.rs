//! Lines of a file with their numbers, as many as fit, and what to read next. Pure.

use std::fmt::Write as _;

use super::names::counted;
use super::output_caps::line_cut_at;

/// Bytes of one page at most.
pub(crate) const PAGE_BYTES_MAX: usize = 64 * 1024;

/// Bytes of one line that are shown.
const LINE_BYTES_MAX: usize = 2000;

/// Lines of a file as agent-init read them.
pub(crate) struct Read<'a> {
    /// The bytes, whole lines.
    pub(crate) data: &'a [u8],
    /// The first line's index, from 0.
    pub(crate) offset: u64,
    /// Lines in the file; none where it is too big to count.
    pub(crate) total_lines: Option<u64>,
}

/// The page for the model: numbered lines, then a line that says which these are and where to go on.
pub(crate) fn page(read: &Read<'_>) -> String {
    let text = String::from_utf8_lossy(read.data);
    let mut out = String::new();
    let mut shown = 0_u64;
    let mut crlf = 0_u64;
    for line in text.split_inclusive('\n') {
        let line = line.strip_suffix('\n').unwrap_or(line);
        let bare = line.strip_suffix('\r').unwrap_or(line);
        let number = read.offset + shown + 1;
        let row = format!("{number:>6}\t{}\n", line_cut_at(bare, LINE_BYTES_MAX));
        if out.len() + row.len() > PAGE_BYTES_MAX {
            break;
        }
        out.push_str(&row);
        shown += 1;
        crlf += u64::from(bare.len() < line.len());
    }
    let next = read.offset + shown;
    let (first, last) = (read.offset + 1, next);
    let _ = match read.total_lines {
        Some(total) if next < total => {
            write!(out, "[lines {first}-{last} of {total}; read on with offset={next}]")
        }
        Some(total) => write!(out, "[lines {first}-{last} of {total}; end of file]"),
        None => write!(out, "[lines {first}-{last} of a file too big to count; read on with offset={next}]"),
    };
    if crlf > 0 {
        let _ = write!(out, "\n[{} here end with \\r\\n]", counted(crlf, "line"));
    }
    if text.contains(char::REPLACEMENT_CHARACTER) && std::str::from_utf8(read.data).is_err() {
        out.push_str("\n[some bytes are not UTF-8 and are shown as \u{fffd}]");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn page_of(data: &[u8], offset: u64, total_lines: Option<u64>) -> String {
        page(&Read { data, offset, total_lines })
    }

    #[test]
    fn lines_are_numbered_and_the_end_is_said() {
        assert_eq!(page_of(b"one\ntwo\n", 0, Some(2)), "     1\tone\n     2\ttwo\n[lines 1-2 of 2; end of file]");
        assert_eq!(page_of(b"two\n", 1, Some(3)), "     2\ttwo\n[lines 2-2 of 3; read on with offset=2]");
        assert_eq!(page_of(b"last", 2, Some(3)), "     3\tlast\n[lines 3-3 of 3; end of file]");
        assert!(page_of(b"x\n", 4, None).ends_with("too big to count; read on with offset=5]"));
    }

    #[test]
    fn odd_bytes_and_line_ends_are_told() {
        let page = page_of(b"a\r\nb\xff\n", 0, Some(2));
        assert!(page.starts_with("     1\ta\n     2\tb\u{fffd}\n"), "{page}");
        assert!(page.contains("[1 line here end") && page.contains("not UTF-8"), "{page}");
        assert!(!page_of("\u{fffd}\n".as_bytes(), 0, Some(1)).contains("not UTF-8"));
    }

    #[test]
    fn a_long_line_is_cut_and_does_not_hide_the_next() {
        let data = format!("{}\nnext\n", "x".repeat(10_000));
        let page = page_of(data.as_bytes(), 0, Some(2));
        assert!(page.contains("… [line cut at 2000 bytes]\n     2\tnext\n"), "{page}");
    }

    #[test]
    fn the_next_offset_is_that_of_the_first_line_not_shown() {
        let data = "y".repeat(99).to_owned() + "\n";
        let page = page_of(data.repeat(2000).as_bytes(), 0, Some(5000));
        let rows = page.lines().filter(|line| line.contains('\t')).count();
        assert!(rows < 2000 && page.len() <= PAGE_BYTES_MAX + 200);
        assert!(page.ends_with(&format!("[lines 1-{rows} of 5000; read on with offset={rows}]")));
    }

    proptest! {
        #[test]
        fn pages_follow_one_another_without_gap_or_double(lengths in prop::collection::vec(0_usize..4000, 1..150)) {
            let total = lengths.len() as u64;
            let mut offset = 0;
            let mut seen = Vec::new();
            while offset < total {
                let rest: String = lengths.iter().skip(seen.len()).map(|&length| "x".repeat(length) + "\n").collect();
                let page = page_of(rest.as_bytes(), offset, Some(total));
                let rows = page.lines().filter_map(|line| line.split_once('\t'));
                let numbers: Vec<u64> = rows.map(|(number, _)| number.trim().parse().unwrap()).collect();
                prop_assert!(!numbers.is_empty());
                offset += numbers.len() as u64;
                seen.extend(numbers);
            }
            prop_assert_eq!(seen, (1..=total).collect::<Vec<_>>());
        }
    }
}
