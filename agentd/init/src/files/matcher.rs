//! What grep looks for in a line.

use memchr::memmem::Finder;
use proto::init::v1::ErrorKind;
use regex_lite::{Regex, RegexBuilder};

use super::error::FileError;

/// Longest pattern, in bytes.
const PATTERN_BYTES_MAX: usize = 4096;
/// Memory for a compiled expression. Time grows with it, so it is small.
const REGEX_BYTES_MAX: usize = 256 << 10;
/// How much of a line an expression is tried on.
const REGEX_LINE_BYTES_MAX: usize = 16 << 10;

/// What grep looks for.
pub(super) enum Matcher {
    /// These bytes.
    Literal(Box<Finder<'static>>),
    /// This expression.
    Regex(Regex),
}

impl Matcher {
    /// Reads a pattern.
    pub(super) fn parse(pattern: &str, regex: bool) -> Result<Self, FileError> {
        let malformed = |why: String| FileError::new(ErrorKind::InvalidPath, format!("pattern: {why}"));
        if pattern.is_empty() || pattern.len() > PATTERN_BYTES_MAX {
            return Err(malformed(format!("1 to {PATTERN_BYTES_MAX} bytes")));
        }
        if !regex {
            return Ok(Self::Literal(Box::new(Finder::new(pattern).into_owned())));
        }
        let regex = RegexBuilder::new(pattern).size_limit(REGEX_BYTES_MAX).build();
        regex.map(Self::Regex).map_err(|error| malformed(error.to_string()))
    }

    /// Where the first line that matches is in `text`, which holds whole lines: its first byte, at least.
    pub(super) fn find(&self, text: &[u8]) -> Option<usize> {
        match self {
            Self::Literal(finder) => finder.find(text),
            Self::Regex(regex) => {
                let mut start = 0;
                for line in text.split_inclusive(|&byte| byte == b'\n') {
                    let trimmed = line.trim_ascii_end();
                    let tried = &trimmed[..trimmed.len().min(REGEX_LINE_BYTES_MAX)];
                    if regex.is_match(&String::from_utf8_lossy(tried)) {
                        return Some(start);
                    }
                    start += line.len();
                }
                None
            }
        }
    }
}
