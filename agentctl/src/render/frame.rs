//! Lines at the end of a terminal that are drawn again in place: each frame is one write that overwrites the one before,
//! so that nothing flickers.

/// Draws lines over those it drew before.
#[derive(Default)]
pub(crate) struct Frame {
    lines_drawn: usize,
}

impl Frame {
    /// What to write to show `lines` in place of the last ones, on a terminal of `rows` by `columns`. Lines that do not
    /// fit are cut: a wrapped or scrolled line could not be overwritten.
    pub(crate) fn draw(&mut self, lines: &[String], rows: usize, columns: usize) -> String {
        let mut out = String::new();
        if self.lines_drawn > 0 {
            out.push_str(&format!("\x1b[{}A\r", self.lines_drawn));
        }
        let fitting = &lines[..lines.len().min(rows.saturating_sub(1).max(1))];
        for line in fitting {
            out.extend(line.chars().take(columns.max(1)));
            out.push_str("\x1b[K\n");
        }
        out.push_str("\x1b[J");
        self.lines_drawn = fitting.len();
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_overwrites_the_one_before_and_fits() {
        let lines = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
        let mut frame = Frame::default();
        assert_eq!(frame.draw(&lines(&["abcdef", "b", "c"]), 3, 4), "abcd\x1b[K\nb\x1b[K\n\x1b[J");
        assert_eq!(frame.draw(&lines(&["x"]), 24, 80), "\x1b[2A\rx\x1b[K\n\x1b[J");
        assert_eq!(frame.draw(&[], 24, 80), "\x1b[1A\r\x1b[J");
        assert_eq!(frame.draw(&lines(&["y"]), 0, 0), "y\x1b[K\n\x1b[J");
    }
}
