//! Markdown for a terminal: whole blocks as lines ([`lines`]), or block by block while the text is still written
//! ([`stream`]). What a model wrote passes [`super::escape`] after it was parsed, at one place: an entity such as `&#27;`
//! is a control character only then.

mod inline;

mod block;

mod table;

pub(crate) mod stream;

use super::style::Palette;

/// A text narrower than this is not told apart from its frame any more.
const COLUMNS_MIN: usize = 10;

/// How a text is laid out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layout {
    /// No line is wider than this, in columns of the terminal.
    pub(crate) columns: usize,
    /// Its colours.
    pub(crate) colors: Palette,
}

/// The lines of a whole text. They are safe for a terminal.
pub(crate) fn lines(source: &str, layout: Layout) -> Vec<String> {
    block::lines(source, Layout { columns: layout.columns.max(COLUMNS_MIN), ..layout })
}

#[cfg(test)]
mod tests;
