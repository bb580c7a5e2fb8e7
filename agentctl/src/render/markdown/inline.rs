//! Text within a line: how it is marked, how wide it is, and where it is broken.

use unicode_width::UnicodeWidthChar as _;

use crate::render::escape;
use crate::render::style::Palette;

/// How a piece of text is marked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) strong: bool,
    pub(super) emphasis: bool,
    pub(super) struck: bool,
    pub(super) underlined: bool,
    pub(super) code: bool,
    pub(super) faint: bool,
}

/// Characters with their marks. What is in here is escaped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Text(Vec<(char, Mark)>);

impl Text {
    /// Adds text of others. The only way in, so that nothing comes in raw; a tab is a space within a line.
    pub(super) fn push(&mut self, text: &str, mark: Mark) {
        self.0.extend(escape::line(&text.replace('\t', " ")).chars().map(|c| (c, mark)));
    }

    /// Adds a line break.
    pub(super) fn push_break(&mut self) {
        self.0.push(('\n', Mark::default()));
    }

    /// Adds all of another text.
    pub(super) fn append(&mut self, mut other: Self) {
        self.0.append(&mut other.0);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Its characters, without marks.
    pub(super) fn plain(&self) -> String {
        self.0.iter().map(|(c, _)| c).collect()
    }

    /// How wide it is in one line.
    pub(super) fn width(&self) -> usize {
        self.0.iter().map(|&(c, _)| width(c)).sum()
    }

    /// In lines of at most so many columns, broken at spaces and between wide characters where that is possible.
    pub(super) fn wrapped(&self, columns: usize) -> Vec<Self> {
        let mut lines = Vec::new();
        let mut line: Vec<(char, Mark)> = Vec::new();
        let (mut line_width, mut break_at) = (0, None);
        for &(c, mark) in &self.0 {
            let wide = width(c);
            if c == '\n' {
                lines.push(Self(trimmed(std::mem::take(&mut line))));
                (line_width, break_at) = (0, None);
                continue;
            }
            if c == ' ' && line_width >= columns {
                // The break takes its place.
                break_at = Some(line.len());
                continue;
            }
            if wide == 2 {
                break_at = Some(line.len());
            }
            if line_width + wide > columns && !line.is_empty() {
                let rest = line.split_off(break_at.unwrap_or(line.len()));
                lines.push(Self(trimmed(std::mem::replace(&mut line, rest))));
                line_width = line.iter().map(|&(c, _)| width(c)).sum();
                break_at = None;
            }
            line.push((c, mark));
            line_width += wide;
            if c == ' ' || wide == 2 {
                break_at = Some(line.len());
            }
        }
        lines.push(Self(trimmed(line)));
        lines
    }

    /// In lines of at most so many columns, broken wherever the line is full.
    pub(super) fn cut(&self, columns: usize) -> Vec<Self> {
        let mut lines = vec![Self::default()];
        let mut line_width = 0;
        for &(c, mark) in &self.0 {
            if line_width + width(c) > columns.max(2) {
                lines.push(Self::default());
                line_width = 0;
            }
            line_width += width(c);
            if let Some(line) = lines.last_mut() {
                line.0.push((c, mark));
            }
        }
        lines
    }

    /// As it is sent to a terminal. Without colours, marks are written as they were.
    pub(super) fn painted(&self, colors: Palette) -> String {
        let mut shown = String::new();
        let mut rest = self.0.as_slice();
        while let Some(&(_, mark)) = rest.first() {
            let length = rest.iter().take_while(|(_, other)| *other == mark).count();
            let (run, after) = rest.split_at(length);
            let run: String = run.iter().map(|(c, _)| c).collect();
            shown += &colors.paint_codes(&codes(mark), &run);
            rest = after;
        }
        shown
    }
}

fn codes(mark: Mark) -> String {
    let all = [
        (mark.strong, "1"),
        (mark.faint, "2"),
        (mark.emphasis, "3"),
        (mark.underlined, "4"),
        (mark.struck, "9"),
        (mark.code, "36"),
    ];
    all.iter().filter(|(is, _)| *is).map(|(_, code)| *code).collect::<Vec<_>>().join(";")
}

fn trimmed(mut line: Vec<(char, Mark)>) -> Vec<(char, Mark)> {
    while line.last().is_some_and(|(c, _)| *c == ' ') {
        line.pop();
    }
    line
}

/// Columns of a character. The selector that makes an emoji of a symbol makes it a column wider.
fn width(c: char) -> usize {
    if c == '\u{fe0f}' { 1 } else { c.width().unwrap_or(0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrapped(text: &str, columns: usize) -> Vec<String> {
        let mut whole = Text::default();
        whole.push(text, Mark::default());
        whole.wrapped(columns).iter().map(Text::plain).collect()
    }

    #[test]
    fn lines_break_at_spaces_and_between_wide_characters() {
        assert_eq!(wrapped("one two three", 7), ["one two", "three"]);
        assert_eq!(wrapped("abcdefghij kl", 4), ["abcd", "efgh", "ij", "kl"]);
        assert_eq!(wrapped("漢字かな交じり文", 6), ["漢字か", "な交じ", "り文"]);
        assert_eq!(wrapped("a 漢字 b", 5), ["a 漢", "字 b"]);
        assert_eq!(wrapped("", 5), [""]);
        assert_eq!(wrapped("hold \u{1b}[2J", 40), ["hold \\x1b[2J"]);
    }

    #[test]
    fn no_line_is_wider_than_it_may_be() {
        for text in ["漢字 and words 👍👍👍👍", "❤\u{fe0f}❤\u{fe0f}❤\u{fe0f} hearts", "a    b      c  漢  "]
        {
            let mut whole = Text::default();
            whole.push(text, Mark::default());
            for columns in 2..20 {
                for line in whole.wrapped(columns).iter().chain(&whole.cut(columns)) {
                    assert!(line.width() <= columns, "{columns}: {line:?}");
                }
            }
        }
    }
}
