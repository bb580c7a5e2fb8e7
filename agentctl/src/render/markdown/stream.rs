//! A text that is still being written: what of it is settled, and what may still change its look.
//!
//! A block is settled when the next one has begun, a line of a code block when it has ended. The rest is live: it is drawn
//! anew with every piece. What does not fit on the screen cannot be drawn anew, and is settled from its top.

use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag};

use super::{Layout, block};

/// A block that grows beyond this is settled as it is.
const PENDING_BYTES_MAX: usize = 64 << 10;

/// What a piece of text changed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Change {
    /// Lines that stay.
    pub(crate) settled: Vec<String>,
    /// Lines that take the place of the live ones before.
    pub(crate) live: Vec<String>,
}

/// A text that grows.
#[derive(Debug, Default)]
pub(crate) struct Stream {
    /// What is not settled.
    pending: String,
    /// The fence of the code block that is open.
    fence: Option<Fence>,
    /// Whether a block was settled: a blank line belongs before the next one.
    begun: bool,
    /// Lines of the pending block that are settled because they did not fit.
    settled_lines: usize,
}

#[derive(Debug)]
struct Fence {
    sign: char,
    length: usize,
}

impl Stream {
    /// Adds a piece; at most so many lines are live.
    pub(crate) fn push(&mut self, text: &str, layout: Layout, live_lines_max: usize) -> Change {
        self.pending.push_str(text);
        let mut settled = Vec::new();
        while self.settle_next(layout, &mut settled) {}
        let mut live = self.unsettled(layout);
        let overflow = live.len().saturating_sub(live_lines_max.max(1));
        self.settled_lines += overflow;
        let rest = live.split_off(overflow);
        settled.append(&mut live);
        Change { settled, live: rest }
    }

    /// Ends the text: all of it is settled.
    pub(crate) fn finish(&mut self, layout: Layout) -> Vec<String> {
        let rest = self.unsettled(layout);
        *self = Self::default();
        rest
    }

    /// Settles what is next, if something is.
    fn settle_next(&mut self, layout: Layout, settled: &mut Vec<String>) -> bool {
        // A line that has not ended may be anything.
        let Some(complete) = self.pending.rfind('\n').map(|at| at + 1) else { return false };
        if let Some(fence) = &self.fence {
            let end = self.pending.find('\n').map_or(complete, |at| at + 1);
            let line: String = self.pending.drain(..end).collect();
            if fence.closed_by(&line) {
                self.fence = None;
            } else {
                let lines = block::code_line(line.trim_end_matches('\n'), layout).into_iter();
                settled.extend(lines.skip(std::mem::take(&mut self.settled_lines)));
            }
            return true;
        }
        let starts = block_starts(&self.pending[..complete]);
        if let [_, (second, _), ..] = starts[..] {
            let source: String = self.pending.drain(..second).collect();
            self.settle(&source, layout, settled);
            return true;
        }
        match starts.first() {
            Some((start, Some(info))) if self.settled_lines == 0 => {
                let opening = &self.pending[*start..];
                let Some(fence) = Fence::opened_by(opening) else { return false };
                let end = start + opening.find('\n').map_or(opening.len(), |at| at + 1);
                self.gap(settled);
                settled.extend(block::code_heading(info, layout));
                self.pending.drain(..end);
                self.fence = Some(fence);
                true
            }
            _ if self.pending.len() > PENDING_BYTES_MAX => {
                let source: String = self.pending.drain(..complete).collect();
                self.settle(&source, layout, settled);
                true
            }
            _ => false,
        }
    }

    fn settle(&mut self, source: &str, layout: Layout, settled: &mut Vec<String>) {
        let shown = super::lines(source, layout);
        let mut lines = Vec::new();
        if !shown.is_empty() {
            self.gap(&mut lines);
        }
        lines.extend(shown);
        settled.extend(lines.into_iter().skip(std::mem::take(&mut self.settled_lines)));
    }

    fn gap(&mut self, lines: &mut Vec<String>) {
        if std::mem::replace(&mut self.begun, true) {
            lines.push(String::new());
        }
    }

    /// The lines of what is pending, without those that are settled.
    fn unsettled(&self, layout: Layout) -> Vec<String> {
        let mut lines = match &self.fence {
            // What may be the end of the block is not shown as a line of it.
            Some(fence) if self.pending.trim().chars().all(|c| c == fence.sign) => Vec::new(),
            Some(_) => block::code_line(&self.pending, layout),
            None => super::lines(&self.pending, layout),
        };
        if self.fence.is_none() && self.begun && !lines.is_empty() {
            lines.insert(0, String::new());
        }
        lines.drain(..self.settled_lines.min(lines.len()));
        lines
    }
}

/// Where each block begins, and what a fenced code block says of itself.
fn block_starts(source: &str) -> Vec<(usize, Option<String>)> {
    let mut starts = Vec::new();
    let mut depth = 0_usize;
    for (event, range) in Parser::new_ext(source, block::options()).into_offset_iter() {
        match event {
            Event::Start(tag) => {
                if depth == 0 {
                    let info = match tag {
                        Tag::CodeBlock(CodeBlockKind::Fenced(info)) => Some(info.into_string()),
                        _ => None,
                    };
                    starts.push((range.start, info));
                }
                depth += 1;
            }
            Event::End(_) => depth -= 1,
            _ if depth == 0 => starts.push((range.start, None)),
            _ => {}
        }
        if starts.len() > 1 {
            break;
        }
    }
    starts
}

impl Fence {
    fn opened_by(text: &str) -> Option<Self> {
        let text = text.trim_start_matches(' ');
        let sign = text.chars().next().filter(|sign| matches!(sign, '`' | '~'))?;
        Some(Self { sign, length: text.chars().take_while(|&c| c == sign).count() })
    }

    fn closed_by(&self, line: &str) -> bool {
        let text = line.trim_end();
        let unindented = text.trim_start_matches(' ');
        text.len() - unindented.len() <= 3
            && unindented.chars().count() >= self.length
            && unindented.chars().all(|c| c == self.sign)
    }
}
