//! Searches one file, as a stream: a huge file is never in memory.

use std::fs::{File, OpenOptions};
use std::io::Read as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::time::Instant;

use memchr::{memchr, memchr_iter, memrchr};
use rustix::fs::OFlags;

use super::error::{AtPath as _, FileError};
use super::lines::whole_characters;
use super::matcher::Matcher;
use super::read::looks_binary;

/// How much is searched at once. A line that is longer is searched in pieces.
const BUFFER_BYTES: usize = 128 * 1024;
/// How much of a line is told.
const LINE_BYTES_MAX: usize = 2000;

/// Tells every line of a file that matches, at most `matches_max` of them; whether the whole file was searched.
pub(super) fn search(
    path: &Path,
    matcher: &Matcher,
    matches_max: usize,
    deadline: Instant,
    mut tell: impl FnMut(u64, String),
) -> Result<bool, FileError> {
    let flags = OFlags::NONBLOCK.bits().cast_signed();
    let mut file = OpenOptions::new().read(true).custom_flags(flags).open(path).at(path)?;
    if !file.metadata().at(path)?.is_file() || looks_binary(&file).at(path)? {
        return Ok(true);
    }
    let mut buffer = vec![0; BUFFER_BYTES];
    let (mut filled, mut line, mut matches) = (0, 1, 0);
    loop {
        let end_of_file = fill(&mut file, &mut buffer, &mut filled).at(path)?;
        let text = &buffer[..filled];
        let lines_end = if end_of_file { filled } else { memrchr(b'\n', text).map_or(filled, |at| at + 1) };
        let mut at = 0;
        while let Some(hit) = matcher.find(&text[at..lines_end]).map(|hit| at + hit) {
            let start = memrchr(b'\n', &text[at..hit]).map_or(at, |before| at + before + 1);
            let end = memchr(b'\n', &text[hit..lines_end]).map_or(lines_end, |after| hit + after);
            line += newlines(&text[at..start]);
            tell(line, told(&text[start..end]));
            matches += 1;
            if matches == matches_max || Instant::now() >= deadline {
                return Ok(false);
            }
            line += newlines(&text[end..lines_end.min(end + 1)]);
            at = lines_end.min(end + 1);
            if at == lines_end {
                break;
            }
        }
        line += newlines(&text[at..lines_end]);
        if end_of_file {
            return Ok(true);
        }
        if Instant::now() >= deadline {
            return Ok(false);
        }
        buffer.copy_within(lines_end..filled, 0);
        filled -= lines_end;
    }
}

/// Fills the buffer; whether the file has ended.
fn fill(file: &mut File, buffer: &mut [u8], filled: &mut usize) -> std::io::Result<bool> {
    while *filled < buffer.len() {
        match file.read(&mut buffer[*filled..]) {
            Ok(0) => return Ok(true),
            Ok(length) => *filled += length,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(false)
}

fn newlines(text: &[u8]) -> u64 {
    memchr_iter(b'\n', text).count() as u64
}

fn told(line: &[u8]) -> String {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let cut = &line[..line.len().min(LINE_BYTES_MAX)];
    // A byte that is no text becomes three.
    let mut text = String::from_utf8_lossy(&cut[..whole_characters(cut)]).into_owned();
    text.truncate(text.floor_char_boundary(LINE_BYTES_MAX));
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::files::walk::deadline;

    fn lines(text: &[u8], pattern: &str, regex: bool) -> Vec<(u64, String)> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        let matcher = Matcher::parse(pattern, regex).unwrap();
        let mut found = Vec::new();
        assert!(search(file.path(), &matcher, usize::MAX, deadline(0), |line, text| found.push((line, text))).unwrap());
        found
    }

    #[test]
    fn line_numbers_hold_across_pieces() {
        let text: String = (1..=60_000).map(|number| format!("line {number}\n")).collect();
        for (pattern, regex) in [("59999", false), ("59999$", true)] {
            assert_eq!(lines(text.as_bytes(), pattern, regex), [(59_999, "line 59999".to_owned())]);
        }
    }

    #[test]
    fn a_line_is_told_once_and_cut() {
        let text = format!("{}\nxx", "é".repeat(1500));
        let found = lines(text.as_bytes(), "é", false);
        assert_eq!(found, [(1, "é".repeat(1000))]);
        assert_eq!(lines(b"\xff\xffa\n", "a", false)[0].1, "\u{fffd}\u{fffd}a");
        assert!(lines(&[&[0xff; 3000][..], b"a"].concat(), "a", false)[0].1.len() <= LINE_BYTES_MAX);
    }

    proptest! {
        #[test]
        fn it_is_what_looking_at_each_line_gives(text in "[ab\n]{0,80}", pattern in "[ab]{1,3}") {
            let expected: Vec<(u64, String)> = text
                .lines()
                .zip(1..)
                .filter(|(line, _)| line.contains(&pattern))
                .map(|(line, number)| (number, line.to_owned()))
                .collect();
            prop_assert_eq!(lines(text.as_bytes(), &pattern, false), expected.clone());
            prop_assert_eq!(lines(text.as_bytes(), &pattern, true), expected);
        }
    }
}
