//! The last lines of a running command's output.

use std::collections::VecDeque;

use super::escape;

const LINES_MAX: usize = 8;
const LINE_CHARS_MAX: usize = 160;
/// A line that never ends is kept from its end.
const LINE_BYTES_MAX: usize = 4 << 10;

/// The last lines of what one call wrote.
#[derive(Debug, Default)]
pub(crate) struct Tail {
    lines: VecDeque<String>,
    /// A line that has not ended.
    open: String,
    /// Where the newest piece began; `None` before the first.
    newest_offset: Option<u64>,
    /// Whether earlier lines were dropped.
    dropped: bool,
}

impl Tail {
    /// Takes a piece. One that came before is passed over; one at offset 0 begins anew.
    pub(crate) fn push(&mut self, offset: u64, text: &str) {
        if offset == 0 {
            *self = Self::default();
        } else if self.newest_offset.is_some_and(|newest| offset <= newest) {
            return;
        }
        self.newest_offset = Some(offset);
        for part in text.split_inclusive('\n') {
            self.open.push_str(part.trim_end_matches('\n'));
            if part.ends_with('\n') {
                let line = std::mem::take(&mut self.open);
                self.keep(&line);
            } else if self.open.len() > LINE_BYTES_MAX {
                let from = self.open.ceil_char_boundary(self.open.len() - LINE_BYTES_MAX / 2);
                self.open.drain(..from);
            }
        }
    }

    /// The lines, each escaped and cut to a readable width.
    pub(crate) fn lines(&self) -> Vec<String> {
        let open = Some(&self.open).filter(|open| !open.is_empty());
        let all: Vec<String> = self.lines.iter().chain(open).map(|line| shown(line)).collect();
        let skipped = all.len().saturating_sub(LINES_MAX);
        let mut lines = Vec::with_capacity(LINES_MAX + 1);
        if self.dropped || skipped > 0 {
            lines.push("…".to_owned());
        }
        lines.extend(all.into_iter().skip(skipped));
        lines
    }

    fn keep(&mut self, line: &str) {
        self.lines.push_back(last_chars(line));
        if self.lines.len() > LINES_MAX {
            self.lines.pop_front();
            self.dropped = true;
        }
    }
}

/// A line that a program drew over with carriage returns shows what it drew last.
fn shown(line: &str) -> String {
    let line = line.trim_end_matches('\r');
    let last = line.rsplit_once('\r').map_or(line, |(_, last)| last);
    super::words::cut(&escape::line(last), LINE_CHARS_MAX)
}

fn last_chars(line: &str) -> String {
    line[line.ceil_char_boundary(line.len().saturating_sub(LINE_BYTES_MAX))..].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_are_kept() {
        let mut tail = Tail::default();
        for number in 0..20u64 {
            tail.push(number * 10, &format!("line {number}\n"));
        }
        tail.push(200, "10 %\r50 %");
        assert_eq!(
            tail.lines(),
            ["…", "line 13", "line 14", "line 15", "line 16", "line 17", "line 18", "line 19", "50 %"]
        );
    }

    #[test]
    fn pieces_come_once() {
        let mut tail = Tail::default();
        tail.push(0, "a\n");
        tail.push(2, "b\n");
        tail.push(2, "b\n");
        assert_eq!(tail.lines(), ["a", "b"]);
        tail.push(0, "a\nb\nc");
        assert_eq!(tail.lines(), ["a", "b", "c"]);
    }

    #[test]
    fn it_is_bounded_and_safe() {
        let mut tail = Tail::default();
        for number in 0..100u64 {
            tail.push(number * 1000, &"é\u{1b}".repeat(500));
        }
        assert!(tail.open.len() <= LINE_BYTES_MAX + 1500);
        let lines = tail.lines();
        assert_eq!(lines.len(), 1);
        assert!(lines[0].chars().count() <= LINE_CHARS_MAX && !lines[0].contains('\u{1b}'));
    }
}
