//! Colours, where they are wanted.

/// What a piece of text is, for its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// A heading or a name.
    Strong,
    /// Detail that may be passed over.
    Faint,
    /// Went well.
    Good,
    /// Needs a look.
    Warn,
    /// Went wrong.
    Bad,
    /// What can be done.
    Hint,
}

/// Paints text, or leaves it as it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Palette {
    colored: bool,
}

impl Palette {
    /// With or without colours.
    pub(crate) fn new(colored: bool) -> Self {
        Self { colored }
    }

    /// Whether there are colours.
    pub(crate) fn is_colored(self) -> bool {
        self.colored
    }

    /// The text with these attributes of the terminal, separated by semicolons. It must be ours, or escaped already.
    pub(crate) fn paint_codes(self, codes: &str, text: &str) -> String {
        if !self.colored || text.is_empty() || codes.is_empty() {
            return text.to_owned();
        }
        format!("\u{1b}[{codes}m{text}\u{1b}[0m")
    }

    /// The text in its colour. It must be ours, or escaped already.
    pub(crate) fn paint(self, style: Style, text: &str) -> String {
        let codes = match style {
            Style::Strong => "1",
            Style::Faint => "2",
            Style::Good => "32",
            // Not yellow, which is hardly seen on a light ground.
            Style::Warn => "35",
            Style::Bad => "31",
            Style::Hint => "36",
        };
        self.paint_codes(codes, text)
    }
}
