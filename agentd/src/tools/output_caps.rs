//! Bounds on what a model is shown: the beginning and the end of a long text, or as many whole lines as fit. Pure.

/// Keeps the beginning and the end of a text that comes in pieces; what is between is counted and let go, so that memory
/// is bounded whatever comes.
pub(crate) struct HeadTail {
    head: String,
    head_open: bool,
    tail: String,
    bytes_each: usize,
    bytes: u64,
    newlines: u64,
}

/// The beginning and the end of a text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Cut {
    /// The beginning; all of it where nothing is omitted.
    pub(crate) head: String,
    /// The end; empty where nothing is omitted.
    pub(crate) tail: String,
    /// Bytes between them.
    pub(crate) omitted_bytes: u64,
    /// Line ends between them.
    pub(crate) omitted_lines: u64,
}

impl HeadTail {
    /// Shows a text of up to twice so many bytes whole, and of a longer one at most so many of each end.
    pub(crate) fn new(bytes_each: usize) -> Self {
        Self { head: String::new(), head_open: true, tail: String::new(), bytes_each, bytes: 0, newlines: 0 }
    }

    /// The next piece.
    pub(crate) fn push(&mut self, piece: &str) {
        self.bytes += piece.len() as u64;
        self.newlines += newlines(piece);
        let mut rest = piece;
        if self.head_open {
            let end = rest.floor_char_boundary(self.bytes_each - self.head.len());
            self.head.push_str(&rest[..end]);
            rest = &rest[end..];
            self.head_open = rest.is_empty();
        }
        let keep = rest.ceil_char_boundary(rest.len().saturating_sub(self.bytes_each));
        if keep > 0 {
            self.tail.clear();
        }
        self.tail.push_str(&rest[keep..]);
        // Twice the bound before it is cut back, so that small pieces do not move the whole each time.
        if self.tail.len() > 2 * self.bytes_each {
            self.tail = last_bytes(&self.tail, self.bytes_each).to_owned();
        }
    }

    /// Both ends. Where something is omitted they are cut at line ends, as far as there are any.
    pub(crate) fn finish(self) -> Cut {
        let tail = last_bytes(&self.tail, self.bytes_each);
        if self.head.len() as u64 + tail.len() as u64 == self.bytes {
            return Cut { head: self.head + tail, tail: String::new(), omitted_bytes: 0, omitted_lines: 0 };
        }
        let head = whole_lines_of_head(&self.head);
        let tail = whole_lines_of_tail(tail);
        Cut {
            omitted_bytes: self.bytes - head.len() as u64 - tail.len() as u64,
            omitted_lines: self.newlines - newlines(head) - newlines(tail),
            head: head.to_owned(),
            tail: tail.to_owned(),
        }
    }
}

/// The end of a text, at most so many bytes, begun at a line where there is one.
pub(crate) fn tail_of(text: &str, bytes_max: usize) -> &str {
    if text.len() <= bytes_max { text } else { whole_lines_of_tail(last_bytes(text, bytes_max)) }
}

fn last_bytes(text: &str, bytes_max: usize) -> &str {
    &text[text.ceil_char_boundary(text.len().saturating_sub(bytes_max))..]
}

/// Up to and with the last line end, where there is one.
fn whole_lines_of_head(head: &str) -> &str {
    head.rfind('\n').map_or(head, |at| &head[..=at])
}

/// What comes after the first line end, where there is one and something comes after it.
fn whole_lines_of_tail(tail: &str) -> &str {
    tail.find('\n').map(|at| &tail[at + 1..]).filter(|rest| !rest.is_empty()).unwrap_or(tail)
}

fn newlines(text: &str) -> u64 {
    text.bytes().filter(|&byte| byte == b'\n').count() as u64
}

/// Takes lines as long as they fit.
pub(crate) struct Lines {
    text: String,
    bytes_max: usize,
    taken: usize,
    dropped: usize,
}

impl Lines {
    /// Lines of at most so many bytes together.
    pub(crate) fn new(bytes_max: usize) -> Self {
        Self { text: String::new(), bytes_max, taken: 0, dropped: 0 }
    }

    /// The next line, without its end. From the first that does not fit on, all are dropped.
    pub(crate) fn push(&mut self, line: &str) {
        if self.dropped > 0 || self.text.len() + line.len() + 1 > self.bytes_max {
            self.dropped += 1;
            return;
        }
        self.text.push_str(line);
        self.text.push('\n');
        self.taken += 1;
    }

    /// How many were taken.
    pub(crate) fn taken(&self) -> usize {
        self.taken
    }

    /// How many were dropped.
    pub(crate) fn dropped(&self) -> usize {
        self.dropped
    }

    /// The lines, each with its end.
    pub(crate) fn into_text(self) -> String {
        self.text
    }
}

/// The line, cut between characters where it is longer than so many bytes, and then marked.
pub(crate) fn line_cut_at(line: &str, bytes_max: usize) -> std::borrow::Cow<'_, str> {
    let end = line.floor_char_boundary(bytes_max);
    if end == line.len() { line.into() } else { format!("{}… [line cut at {bytes_max} bytes]", &line[..end]).into() }
}

#[cfg(test)]
mod tests;
