//! Blocks as lines: paragraphs, headings, lists, quotes, code, tables.

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

use super::Layout;
use super::inline::{Mark, Text};
use super::table::Table;

/// The width of a tab in code.
const TAB_COLUMNS: usize = 4;
const CODE_INDENT: &str = "    ";
const RULE_COLUMNS_MAX: usize = 40;

/// What of markdown is read.
pub(super) fn options() -> Options {
    Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS
}

/// The lines of blocks.
pub(super) fn lines(source: &str, layout: Layout) -> Vec<String> {
    let mut writer = Writer::new(layout);
    for event in Parser::new_ext(source, options()) {
        writer.event(event);
    }
    writer.flush();
    writer.lines
}

/// One line of code as it is shown.
pub(super) fn code_line(line: &str, layout: Layout) -> Vec<String> {
    let mut writer = Writer::new(layout);
    writer.code_line(line);
    writer.lines
}

/// The line above a code block that tells its language; none where it has none.
pub(super) fn code_heading(info: &str, layout: Layout) -> Vec<String> {
    let mut writer = Writer::new(layout);
    writer.code_heading(info);
    writer.lines
}

/// What stands before the lines of a block: a list's mark on the first, spaces on the others; a quote's bar on all.
struct Margin {
    first: Option<String>,
    rest: String,
}

struct Writer {
    layout: Layout,
    lines: Vec<String>,
    margins: Vec<Margin>,
    text: Text,
    mark: Mark,
    /// Whether a blank line belongs before the next block.
    gap: bool,
    /// The numbers that the open lists go on with; `None`: bullets.
    lists: Vec<Option<u64>>,
    code: Option<String>,
    table: Option<Table>,
    /// The open links and images: where they lead, and how long the text was when they began.
    links: Vec<(String, usize)>,
}

impl Writer {
    fn new(layout: Layout) -> Self {
        Self {
            layout,
            lines: Vec::new(),
            margins: Vec::new(),
            text: Text::default(),
            mark: Mark::default(),
            gap: false,
            lists: Vec::new(),
            code: None,
            table: None,
            links: Vec::new(),
        }
    }

    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => match &mut self.code {
                Some(code) => code.push_str(&text),
                None => self.text.push(&text, self.mark),
            },
            Event::Code(code) => self.inline_code(&code),
            Event::Html(html) | Event::InlineHtml(html) => {
                self.text.push(html.trim_end_matches('\n'), self.mark);
                if html.ends_with('\n') {
                    self.text.push_break();
                }
            }
            Event::SoftBreak => self.text.push(" ", self.mark),
            Event::HardBreak => self.text.push_break(),
            Event::Rule => {
                self.begin();
                self.text.push(&"─".repeat(self.columns().min(RULE_COLUMNS_MAX)), FAINT);
                self.finish();
            }
            Event::TaskListMarker(done) => self.text.push(if done { "[x] " } else { "[ ] " }, self.mark),
            Event::FootnoteReference(name) => self.text.push(&format!("[{name}]"), self.mark),
            Event::InlineMath(text) | Event::DisplayMath(text) => self.text.push(&text, self.mark),
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Paragraph | Tag::HtmlBlock => self.begin(),
            Tag::Heading { level, .. } => {
                self.begin();
                self.mark = Mark { strong: true, underlined: level as usize == 1, ..Mark::default() };
                self.text.push(&format!("{} ", "#".repeat(level as usize)), Mark { strong: true, ..Mark::default() });
            }
            Tag::BlockQuote(_) => {
                self.begin();
                self.push_margin("│ ".to_owned(), "│ ".to_owned());
            }
            Tag::List(start) => {
                self.flush();
                if self.lists.is_empty() {
                    self.begin();
                }
                self.lists.push(start);
            }
            Tag::Item => {
                let sign = match self.lists.last_mut() {
                    Some(Some(number)) => {
                        let sign = format!("{number}. ");
                        *number = number.saturating_add(1);
                        sign
                    }
                    _ => "• ".to_owned(),
                };
                let rest = " ".repeat(sign.chars().count());
                self.push_margin(sign, rest);
                self.gap = false;
            }
            Tag::CodeBlock(kind) => {
                self.begin();
                if let CodeBlockKind::Fenced(info) = kind {
                    self.code_heading(&info);
                }
                self.code = Some(String::new());
            }
            Tag::Table(alignments) => {
                self.begin();
                self.table = Some(Table { alignments, rows: Vec::new() });
            }
            Tag::TableHead | Tag::TableRow => {
                self.mark.strong = matches!(tag, Tag::TableHead);
                if let Some(table) = &mut self.table {
                    table.rows.push(Vec::new());
                }
            }
            Tag::Emphasis => self.toggle("*", |mark| &mut mark.emphasis, true),
            Tag::Strong => self.toggle("**", |mark| &mut mark.strong, true),
            Tag::Strikethrough => self.toggle("~~", |mark| &mut mark.struck, true),
            Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. } => {
                self.links.push((dest_url.into_string(), self.text.plain().len()));
                self.mark.underlined = true;
            }
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Paragraph | TagEnd::Heading(_) | TagEnd::HtmlBlock => {
                self.mark = Mark::default();
                self.finish();
            }
            TagEnd::BlockQuote(_) => {
                self.flush();
                self.margins.pop();
                self.gap = true;
            }
            TagEnd::List(_) => {
                self.lists.pop();
                self.gap = self.lists.is_empty();
            }
            TagEnd::Item => {
                self.flush();
                if self.margins.last().is_some_and(|margin| margin.first.is_some()) {
                    self.line(&Text::default());
                }
                self.margins.pop();
                self.gap = false;
            }
            TagEnd::CodeBlock => {
                for line in self.code.take().unwrap_or_default().lines() {
                    self.code_line(line);
                }
                self.gap = true;
            }
            TagEnd::TableCell => {
                let cell = std::mem::take(&mut self.text);
                if let Some(row) = self.table.as_mut().and_then(|table| table.rows.last_mut()) {
                    row.push(cell);
                }
            }
            TagEnd::TableHead => self.mark.strong = false,
            TagEnd::Table => {
                let lines = self.table.take().unwrap_or_default().lines(self.columns());
                lines.iter().for_each(|line| self.line(line));
                self.gap = true;
            }
            TagEnd::Emphasis => self.toggle("*", |mark| &mut mark.emphasis, false),
            TagEnd::Strong => self.toggle("**", |mark| &mut mark.strong, false),
            TagEnd::Strikethrough => self.toggle("~~", |mark| &mut mark.struck, false),
            TagEnd::Link | TagEnd::Image => self.end_link(),
            _ => {}
        }
    }

    fn toggle(&mut self, sign: &str, field: impl Fn(&mut Mark) -> &mut bool, on: bool) {
        *field(&mut self.mark) = on;
        if !self.layout.colors.is_colored() {
            self.text.push(sign, Mark::default());
        }
    }

    fn inline_code(&mut self, code: &str) {
        let sign = if self.layout.colors.is_colored() { "" } else { "`" };
        self.text.push(&format!("{sign}{code}{sign}"), Mark { code: true, ..self.mark });
    }

    /// Where a link leads is always seen: its text may say something else.
    fn end_link(&mut self) {
        self.mark.underlined = false;
        let Some((target, from)) = self.links.pop() else { return };
        let shown = self.text.plain();
        let same = shown.get(from..).is_some_and(|text| target == text || target == format!("mailto:{text}"));
        if !same && !target.is_empty() {
            self.text.push(&format!(" ({target})"), FAINT);
        }
    }

    fn code_heading(&mut self, info: &str) {
        let language = info.split_whitespace().next().unwrap_or_default();
        if !language.is_empty() {
            let mut heading = Text::default();
            heading.push(language, FAINT);
            let columns = self.columns();
            if let Some(line) = heading.cut(columns).first() {
                self.line(line);
            }
        }
    }

    fn code_line(&mut self, line: &str) {
        let mut expanded = String::new();
        for c in line.trim_end_matches('\r').chars() {
            match c {
                '\t' => expanded += &" ".repeat(TAB_COLUMNS - expanded.chars().count() % TAB_COLUMNS),
                _ => expanded.push(c),
            }
        }
        let mut text = Text::default();
        text.push(&expanded, Mark::default());
        for piece in text.cut(self.columns().saturating_sub(CODE_INDENT.len())) {
            let mut indented = Text::default();
            if !piece.is_empty() {
                indented.push(CODE_INDENT, Mark::default());
            }
            indented.append(piece);
            self.line(&indented);
        }
    }

    /// The beginning of a block, with a blank line before it where another block came first.
    fn begin(&mut self) {
        self.flush();
        if std::mem::take(&mut self.gap) {
            self.line(&Text::default());
        }
    }

    /// The end of a block of text.
    fn finish(&mut self) {
        self.flush();
        self.gap = true;
    }

    /// Writes the text that has come so far.
    fn flush(&mut self) {
        if self.text.is_empty() {
            return;
        }
        let text = std::mem::take(&mut self.text);
        for line in text.wrapped(self.columns()) {
            self.line(&line);
        }
        self.gap = false;
    }

    fn line(&mut self, text: &Text) {
        let colors = self.layout.colors;
        let mut margin = Text::default();
        for part in &mut self.margins {
            margin.push(&part.first.take().unwrap_or_else(|| part.rest.clone()), FAINT);
        }
        let line = margin.painted(colors) + &text.painted(colors);
        self.lines.push(if text.is_empty() { line.trim_end().to_owned() } else { line });
    }

    /// Margins that take more than half of the width are left out.
    fn push_margin(&mut self, first: String, rest: String) {
        let fits = self.margin_columns() + rest.chars().count() <= self.layout.columns / 2;
        let keep = |text: String| if fits { text } else { String::new() };
        self.margins.push(Margin { first: Some(keep(first)), rest: keep(rest) });
    }

    fn margin_columns(&self) -> usize {
        self.margins.iter().map(|margin| margin.rest.chars().count()).sum()
    }

    fn columns(&self) -> usize {
        self.layout.columns.saturating_sub(self.margin_columns()).max(2)
    }
}

const FAINT: Mark = Mark { faint: true, strong: false, emphasis: false, struck: false, underlined: false, code: false };
