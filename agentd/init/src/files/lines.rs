//! Reads a range of lines from a stream without ever holding more than was asked for. Pure: bytes go in, piece by piece.

/// Which lines.
#[derive(Clone, Copy, Debug)]
pub(super) struct Range {
    /// First line, from 0.
    pub(super) offset: u64,
    /// Lines at most.
    pub(super) limit: u64,
    /// Bytes at most.
    pub(super) bytes_max: usize,
}

/// Collects the lines of a range and counts all.
pub(super) struct LineReader {
    range: Range,
    /// Whole lines, and behind them the beginning of one that is being read.
    data: Vec<u8>,
    /// Where that line begins in `data`.
    line_start: usize,
    lines: u64,
    total_lines: u64,
    /// Whether the last byte was not the end of a line.
    in_line: bool,
    line_cut: bool,
    full: bool,
}

/// What was read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Lines {
    /// The lines, with their ends.
    pub(super) data: Vec<u8>,
    /// How many.
    pub(super) lines: u64,
    /// Lines that went in.
    pub(super) total_lines: u64,
    /// Whether the only line was cut, because it alone is over the limit.
    pub(super) line_cut: bool,
}

impl LineReader {
    /// Nothing read yet.
    pub(super) fn new(range: Range) -> Self {
        Self {
            full: range.limit == 0,
            range,
            data: Vec::new(),
            line_start: 0,
            lines: 0,
            total_lines: 0,
            in_line: false,
            line_cut: false,
        }
    }

    /// Takes in the next bytes.
    pub(super) fn push(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let end = bytes.iter().position(|&byte| byte == b'\n');
            let (piece, rest) = bytes.split_at(end.map_or(bytes.len(), |at| at + 1));
            if !self.full && self.total_lines >= self.range.offset {
                self.collect(piece);
            }
            self.in_line = end.is_none();
            if end.is_some() {
                self.end_line();
            }
            bytes = rest;
        }
    }

    /// Whether everything that was asked for is there; what comes now is only counted.
    pub(super) fn is_full(&self) -> bool {
        self.full
    }

    /// Ends the input.
    pub(super) fn finish(mut self) -> Lines {
        if self.in_line {
            self.end_line();
        }
        self.data.truncate(self.line_start);
        Lines { data: self.data, lines: self.lines, total_lines: self.total_lines, line_cut: self.line_cut }
    }

    fn collect(&mut self, piece: &[u8]) {
        let room = self.range.bytes_max.saturating_sub(self.data.len());
        if piece.len() <= room {
            self.data.extend_from_slice(piece);
            return;
        }
        self.full = true;
        if self.lines == 0 {
            // Its end is dropped, so that it ends between two characters.
            self.data.extend_from_slice(&piece[..room]);
            self.data.truncate(whole_characters(&self.data));
            self.line_start = self.data.len();
            self.lines = 1;
            self.line_cut = true;
        }
    }

    fn end_line(&mut self) {
        if !self.full && self.total_lines >= self.range.offset {
            self.line_start = self.data.len();
            self.lines += 1;
            self.full = self.lines == self.range.limit;
        }
        self.total_lines += 1;
        self.in_line = false;
    }
}

/// How many of `bytes` are left when a character that is cut at their end is dropped.
pub(super) fn whole_characters(bytes: &[u8]) -> usize {
    match std::str::from_utf8(bytes) {
        Err(error) if error.error_len().is_none() => error.valid_up_to(),
        _ => bytes.len(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &[u8], piece: usize, offset: u64, limit: u64, bytes_max: usize) -> Lines {
        let mut reader = LineReader::new(Range { offset, limit, bytes_max });
        for bytes in text.chunks(piece) {
            reader.push(bytes);
        }
        reader.finish()
    }

    #[test]
    fn a_range_ends_on_a_whole_line() {
        let lines = read(b"one\ntwo\nthree\nfour", 3, 1, 9, 12);
        assert_eq!(lines, Lines { data: b"two\nthree\n".to_vec(), lines: 2, total_lines: 4, line_cut: false });
    }

    #[test]
    fn the_last_line_needs_no_end() {
        assert_eq!(read(b"a\nb", 1, 1, 5, 99).data, b"b");
        assert_eq!(read(b"a\nb\n", 9, 0, 5, 99).total_lines, 2);
        assert_eq!(read(b"", 9, 0, 5, 99), Lines { data: vec![], lines: 0, total_lines: 0, line_cut: false });
    }

    #[test]
    fn a_line_that_is_too_long_alone_is_cut_between_characters() {
        let lines = read("aéé\nb\n".as_bytes(), 2, 0, 5, 4);
        assert_eq!(lines, Lines { data: "aé".into(), lines: 1, total_lines: 2, line_cut: true });
    }

    #[test]
    fn a_line_that_is_too_long_after_others_is_left_for_the_next_read() {
        let lines = read(b"a\nbbbbbbbb\n", 4, 0, 5, 4);
        assert_eq!(lines, Lines { data: b"a\n".to_vec(), lines: 1, total_lines: 2, line_cut: false });
    }

    proptest! {
        #[test]
        fn it_is_what_splitting_gives(text in "[ab\n]{0,60}", piece in 1..20usize, offset in 0..8u64, limit in 1..8u64) {
            let lines = read(text.as_bytes(), piece, offset, limit, 1000);
            let all: Vec<&str> = text.split_inclusive('\n').collect();
            let wanted: Vec<&str> =
                all.iter().copied().skip(usize::try_from(offset).unwrap()).take(usize::try_from(limit).unwrap()).collect();
            prop_assert_eq!(lines.data, wanted.concat().into_bytes());
            prop_assert_eq!(lines.lines, wanted.len() as u64);
            prop_assert_eq!(lines.total_lines, all.len() as u64);
        }

        #[test]
        fn it_never_gives_more_than_asked(text in "[ab\n]{0,200}", piece in 1..20usize, bytes_max in 1..40usize) {
            let lines = read(text.as_bytes(), piece, 0, 100, bytes_max);
            prop_assert!(lines.data.len() <= bytes_max);
            prop_assert!(text.as_bytes().starts_with(&lines.data));
        }
    }
}
