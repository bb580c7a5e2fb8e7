//! Tables, fitted to the width there is.

use pulldown_cmark::Alignment;

use super::inline::{Mark, Text};

const GAP: &str = " │ ";
const GAP_COLUMNS: usize = 3;
/// A column narrower than this tells nothing: the rows are shown one field a line instead.
const CELL_COLUMNS_MIN: usize = 6;

/// A table as it was read: the first row is the heading.
#[derive(Debug, Default)]
pub(super) struct Table {
    pub(super) alignments: Vec<Alignment>,
    pub(super) rows: Vec<Vec<Text>>,
}

impl Table {
    /// Its lines.
    pub(super) fn lines(mut self, columns: usize) -> Vec<Text> {
        let count = self.alignments.len();
        for row in &mut self.rows {
            row.resize_with(count, Text::default);
        }
        let natural: Vec<usize> =
            (0..count).map(|at| self.rows.iter().map(|row| row[at].width()).max().unwrap_or(0).max(1)).collect();
        match fitted(&natural, columns) {
            Some(widths) => self.grid(&widths),
            None => self.records(columns),
        }
    }

    fn grid(&self, widths: &[usize]) -> Vec<Text> {
        let mut lines = Vec::new();
        for (number, row) in self.rows.iter().enumerate() {
            let cells: Vec<Vec<Text>> = row.iter().zip(widths).map(|(cell, &width)| cell.wrapped(width)).collect();
            let height = cells.iter().map(Vec::len).max().unwrap_or(0);
            for at in 0..height {
                let mut line = Text::default();
                for (column, (cell, &width)) in cells.iter().zip(widths).enumerate() {
                    if column > 0 {
                        line.push(GAP, FAINT);
                    }
                    let last = column + 1 == widths.len();
                    line.append(aligned(
                        cell.get(at).cloned().unwrap_or_default(),
                        width,
                        self.alignments[column],
                        last,
                    ));
                }
                lines.push(line);
            }
            if number == 0 {
                let rules: Vec<String> = widths.iter().map(|&width| "─".repeat(width)).collect();
                let mut line = Text::default();
                line.push(&rules.join("─┼─"), FAINT);
                lines.push(line);
            }
        }
        lines
    }

    /// One field a line, a blank line between rows.
    fn records(&self, columns: usize) -> Vec<Text> {
        let Some((heading, rows)) = self.rows.split_first() else { return Vec::new() };
        let mut lines = Vec::new();
        for row in rows {
            if !lines.is_empty() {
                lines.push(Text::default());
            }
            for (name, cell) in heading.iter().zip(row) {
                let mut field = name.clone();
                field.push(": ", FAINT);
                field.append(cell.clone());
                lines.extend(field.wrapped(columns));
            }
        }
        lines
    }
}

const FAINT: Mark = Mark { faint: true, strong: false, emphasis: false, struck: false, underlined: false, code: false };

/// The widths of columns that fit; `None` where there are too many of them. What is widest gives way first.
fn fitted(natural: &[usize], columns: usize) -> Option<Vec<usize>> {
    let room = columns.checked_sub(GAP_COLUMNS * natural.len().saturating_sub(1))?;
    let mut widths: Vec<usize> = natural.iter().map(|&width| width.min(room)).collect();
    while widths.iter().sum::<usize>() > room {
        let widest = widths.iter_mut().max()?;
        if *widest <= CELL_COLUMNS_MIN {
            return None;
        }
        *widest -= 1;
    }
    Some(widths)
}

fn aligned(cell: Text, width: usize, alignment: Alignment, last: bool) -> Text {
    let space = width.saturating_sub(cell.width());
    let (before, after) = match alignment {
        Alignment::Right => (space, 0),
        Alignment::Center => (space / 2, space - space / 2),
        Alignment::Left | Alignment::None => (0, space),
    };
    let mut line = Text::default();
    line.push(&" ".repeat(before), Mark::default());
    line.append(cell);
    if !last {
        line.push(&" ".repeat(after), Mark::default());
    }
    line
}
