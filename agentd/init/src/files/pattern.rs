//! Patterns for paths: `*`, `?` and `[…]` within a name, `**` across directories, `{a,b}` for either. Pure.
//!
//! A pattern is matched name by name while directories are walked, so that no directory is entered in which nothing can
//! match. Names that begin with a dot match only where the pattern's own name begins with one.

use proto::init::v1::ErrorKind;

use super::error::FileError;
use super::wildcard::Wildcard;

/// Longest pattern, in bytes.
const PATTERN_BYTES_MAX: usize = 4096;
/// What braces may multiply to.
const ALTERNATIVES_MAX: usize = 256;

/// A pattern.
#[derive(Debug)]
pub(super) struct Pattern {
    alternatives: Vec<Vec<Segment>>,
    dots: Dots,
}

/// Whether names that begin with a dot match wildcards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dots {
    /// Only where the pattern begins with one.
    Hidden,
    /// As any other.
    Shown,
}

/// Where in a pattern a directory is: what may still match in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Progress {
    /// Alternative and segment.
    at: Vec<(usize, usize)>,
}

#[derive(Debug)]
enum Segment {
    /// Any number of directories.
    Any,
    Name(Wildcard),
}

impl Pattern {
    /// Reads a pattern. One without a slash matches names at any depth.
    pub(super) fn parse(text: &str, dots: Dots) -> Result<Self, FileError> {
        let malformed = |why: &str| FileError::new(ErrorKind::InvalidPath, format!("pattern: {why}"));
        if text.is_empty() || text.len() > PATTERN_BYTES_MAX || text.contains('\0') {
            return Err(malformed("empty, too long, or with a zero byte"));
        }
        let mut alternatives = Vec::new();
        for alternative in expand(text).map_err(malformed)? {
            let mut segments = Vec::new();
            if !alternative.contains('/') {
                segments.push(Segment::Any);
            }
            for name in alternative.split('/').filter(|name| !name.is_empty() && *name != ".") {
                match name {
                    ".." => return Err(malformed("it leads out of where the search begins")),
                    "**" if matches!(segments.last(), Some(Segment::Any)) => {}
                    "**" => segments.push(Segment::Any),
                    name => segments.push(Segment::Name(Wildcard::parse(name).map_err(malformed)?)),
                }
            }
            if matches!(segments.last(), Some(Segment::Any)) {
                // What `**` ends in is everything below, not the directory itself.
                segments.push(Segment::Name(Wildcard::parse("*").map_err(malformed)?));
            }
            alternatives.push(segments);
        }
        Ok(Self { alternatives, dots })
    }

    /// Where the search begins.
    pub(super) fn start(&self) -> Progress {
        let mut at = Vec::new();
        for alternative in 0..self.alternatives.len() {
            self.reach(&mut at, alternative, 0);
        }
        Progress { at }
    }

    /// What one more name makes of it.
    pub(super) fn step(&self, progress: &Progress, name: &str) -> Progress {
        let dotted = self.dots == Dots::Hidden && name.starts_with('.');
        let mut at = Vec::new();
        for &(alternative, segment) in &progress.at {
            match self.alternatives[alternative].get(segment) {
                Some(Segment::Any) if !dotted => self.reach(&mut at, alternative, segment),
                Some(Segment::Name(wildcard)) if (!dotted || wildcard.begins_with_dot()) && wildcard.matches(name) => {
                    self.reach(&mut at, alternative, segment + 1);
                }
                _ => {}
            }
        }
        Progress { at }
    }

    /// Whether what was stepped through matches.
    pub(super) fn is_match(&self, progress: &Progress) -> bool {
        progress.at.iter().any(|&(alternative, segment)| segment == self.alternatives[alternative].len())
    }

    /// Whether anything below may match.
    pub(super) fn may_match_below(&self, progress: &Progress) -> bool {
        progress.at.iter().any(|&(alternative, segment)| segment < self.alternatives[alternative].len())
    }

    fn reach(&self, at: &mut Vec<(usize, usize)>, alternative: usize, segment: usize) {
        if !at.contains(&(alternative, segment)) {
            at.push((alternative, segment));
            if matches!(self.alternatives[alternative].get(segment), Some(Segment::Any)) {
                self.reach(at, alternative, segment + 1);
            }
        }
    }
}

/// Every pattern that braces stand for.
fn expand(text: &str) -> Result<Vec<String>, &'static str> {
    let mut done = Vec::new();
    let mut open = vec![text.to_owned()];
    while let Some(text) = open.pop() {
        match first_braces(&text)? {
            None => done.push(text),
            Some(Braces { start, parts, end }) => {
                // The last is taken first, so that the order stays.
                for part in parts.iter().rev() {
                    open.push(format!("{}{part}{}", &text[..start], &text[end..]));
                }
            }
        }
        if done.len() + open.len() > ALTERNATIVES_MAX {
            return Err("the braces stand for too many");
        }
    }
    Ok(done)
}

struct Braces<'a> {
    start: usize,
    parts: Vec<&'a str>,
    end: usize,
}

/// The first braces that are not within others.
fn first_braces(text: &str) -> Result<Option<Braces<'_>>, &'static str> {
    let (mut depth, mut start, mut part, mut parts, mut escaped) = (0_usize, 0, 0, Vec::new(), false);
    for (at, character) in text.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '{' => {
                depth += 1;
                if depth == 1 {
                    (start, part) = (at, at + 1);
                }
            }
            ',' if depth == 1 => {
                parts.push(&text[part..at]);
                part = at + 1;
            }
            '}' if depth > 0 => {
                depth -= 1;
                if depth == 0 {
                    parts.push(&text[part..at]);
                    return Ok(Some(Braces { start, parts, end: at + 1 }));
                }
            }
            _ => {}
        }
    }
    if depth > 0 { Err("a brace is not closed") } else { Ok(None) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, path: &str) -> bool {
        let pattern = Pattern::parse(pattern, Dots::Hidden).unwrap();
        let progress = path.split('/').fold(pattern.start(), |progress, name| pattern.step(&progress, name));
        pattern.is_match(&progress)
    }

    #[test]
    fn patterns_match_as_documented() {
        for (pattern, yes, no) in [
            ("*.rs", &["a.rs", "x/y/a.rs"][..], &["a.rst", ".a.rs", ".git/a.rs"][..]),
            ("src/*.rs", &["src/a.rs"], &["a.rs", "src/x/a.rs", "x/src/a.rs"]),
            ("src/**/*.rs", &["src/a.rs", "src/x/y/a.rs"], &["a.rs", "src/.x/a.rs"]),
            ("**/test", &["test", "a/b/test"], &["testx"]),
            ("src/**", &["src/a", "src/a/b"], &["src", "src/.a"]),
            ("**", &["a", "a/b"], &[".a"]),
            ("*.{rs,toml}", &["a.rs", "x/a.toml"], &["a.md"]),
            ("{src,tests}/{a,b}.rs", &["src/a.rs", "tests/b.rs"], &["src/c.rs"]),
            ("{a,{b,c}d}/x", &["a/x", "bd/x", "cd/x"], &["b/x"]),
            (".github/**/*.yml", &[".github/w/a.yml"], &["github/a.yml"]),
            (".*", &[".a", "x/.a"], &["a"]),
            ("./a/./b", &["a/b"], &["a"]),
            ("/a", &["a"], &["x/a"]),
            (r"\{a\}", &["{a}"], &["a"]),
            ("a/**/**/b", &["a/b", "a/x/y/b"], &["a"]),
        ] {
            for path in yes {
                assert!(matches(pattern, path), "{pattern} must match {path}");
            }
            for path in no {
                assert!(!matches(pattern, path), "{pattern} must not match {path}");
            }
        }
    }

    #[test]
    fn nothing_is_entered_in_vain() {
        let pattern = Pattern::parse("src/*.rs", Dots::Hidden).unwrap();
        assert!(pattern.may_match_below(&pattern.step(&pattern.start(), "src")));
        assert!(!pattern.may_match_below(&pattern.step(&pattern.start(), "target")));
    }

    #[test]
    fn dots_can_be_as_any_other() {
        let pattern = Pattern::parse("*.yml", Dots::Shown).unwrap();
        let progress = [".github", "a.yml"].iter().fold(pattern.start(), |at, name| pattern.step(&at, name));
        assert!(pattern.is_match(&progress));
    }

    #[test]
    fn malformed_and_monstrous_patterns_are_refused() {
        let bomb = "{a,b}".repeat(9);
        for wrong in ["", "{a", "[a", "../x", "a/../b", "a\0", &bomb, &"x".repeat(5000)] {
            let error = Pattern::parse(wrong, Dots::Hidden).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidPath, "{wrong:?}");
        }
    }
}
