//! Lines at the end of a terminal that are drawn again in place, below lines that stay: one write a frame, so that nothing
//! flickers, and counted in rows of the terminal as it is now, so that a resize leaves nothing behind.

use unicode_width::UnicodeWidthStr as _;

/// What of the terminal's end is drawn again with the next frame.
#[derive(Debug, Default)]
pub(crate) struct Region {
    /// The lines that stand there.
    drawn: Vec<String>,
    /// How wide the terminal was then.
    columns: usize,
}

impl Region {
    /// Whether nothing stands there.
    pub(crate) fn is_empty(&self) -> bool {
        self.drawn.is_empty()
    }

    /// What to write to put `settled` and below it `live` in the place of the live lines before. No line may be as wide as
    /// the terminal.
    pub(crate) fn draw(&mut self, settled: &[String], live: &[String], columns: usize) -> String {
        let new = || settled.iter().chain(live);
        let resized = std::mem::replace(&mut self.columns, columns) != columns;
        // What stands there already is not drawn again.
        let same = if resized { 0 } else { new().zip(&self.drawn).take_while(|(new, old)| new == old).count() };
        let old = &self.drawn[same..];
        let mut out = String::new();
        // A terminal that became narrower has wrapped what was too wide for it.
        let rows: usize = old.iter().map(|line| visible(line).width().div_ceil(columns.max(1)).max(1)).sum();
        if rows > 0 {
            out.push_str(&format!("\x1b[{rows}A\r"));
        }
        for line in new().skip(same) {
            out.push_str(line);
            out.push_str("\x1b[K\n");
        }
        if rows > 0 {
            out.push_str("\x1b[J");
        }
        self.drawn = live.to_vec();
        out
    }
}

/// A line without our own colours.
fn visible(line: &str) -> String {
    let mut shown = String::new();
    let mut parts = line.split('\u{1b}');
    shown.push_str(parts.next().unwrap_or_default());
    for part in parts {
        shown.push_str(part.split_once('m').map_or("", |(_, text)| text));
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|&text| text.to_owned()).collect()
    }

    #[test]
    fn a_frame_takes_the_place_of_the_one_before() {
        let mut region = Region::default();
        assert_eq!(region.draw(&[], &lines(&["a", "b"]), 80), "a\x1b[K\nb\x1b[K\n");
        assert_eq!(region.draw(&lines(&["a"]), &lines(&["c"]), 80), "\x1b[1A\rc\x1b[K\n\x1b[J");
        assert_eq!(region.draw(&lines(&["e"]), &[], 80), "\x1b[1A\re\x1b[K\n\x1b[J");
        assert!(region.is_empty());
        region.draw(&[], &lines(&["f"]), 80);
        assert_eq!(region.draw(&lines(&["f"]), &[], 80), "");
        assert_eq!(region.draw(&lines(&["d"]), &[], 80), "d\x1b[K\n");
    }

    #[test]
    fn what_a_narrower_terminal_wrapped_counts_as_it_stands() {
        let mut region = Region::default();
        region.draw(&[], &lines(&["\x1b[1m漢字漢字漢字\x1b[0m", "x"]), 80);
        assert!(region.draw(&[], &[], 5).starts_with("\x1b[4A\r"));
    }
}
