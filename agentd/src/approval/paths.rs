//! Paths in the sandbox, made absolute and plain, and patterns of them.

use std::collections::BTreeSet;

/// Where relative paths begin.
pub const WORKSPACE: &str = "/workspace";

/// The path as absolute, with `.`, `..` and doubled slashes resolved by its letters alone. Tools use exactly this path,
/// so that a rule and the sandbox speak of the same one.
pub fn absolute(path: &str) -> String {
    let from_root = if path.starts_with('/') { String::new() } else { WORKSPACE.to_owned() };
    let mut parts: Vec<&str> = from_root.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            name => parts.push(name),
        }
    }
    format!("/{}", parts.join("/"))
}

/// A pattern of absolute paths: `*` and `?` stay within one name, `**` crosses directories.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    segments: Vec<String>,
}

impl Pattern {
    /// Bytes of a pattern at most.
    const BYTES_MAX: usize = 1024;

    /// The pattern of that text; a relative one begins at the workspace.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Err("`path` is empty: give a path or a pattern such as src/**".to_owned());
        }
        if text.len() > Self::BYTES_MAX {
            return Err(format!("`path` has {} bytes, at most {} are read", text.len(), Self::BYTES_MAX));
        }
        let mut segments: Vec<String> = names(&absolute(text)).map(str::to_owned).collect();
        // `dir/**` means what is in the directory, not the directory.
        if segments.last().is_some_and(|last| last == "**") {
            segments.push("*".to_owned());
        }
        Ok(Self { segments })
    }

    /// Whether the path is one of them.
    pub(crate) fn matches(&self, path: &str) -> bool {
        self.reached(path).contains(&self.segments.len())
    }

    /// Whether the path, or something that may lie under it, is one of them.
    pub(crate) fn reaches_into(&self, path: &str) -> bool {
        !self.reached(path).is_empty()
    }

    /// The positions in the pattern that can be reached by the whole path: a set, so no pattern takes long.
    fn reached(&self, path: &str) -> BTreeSet<usize> {
        let mut positions = self.with_skips([0].into());
        for name in names(path) {
            let mut next = BTreeSet::new();
            for at in positions {
                match self.segments.get(at).map(String::as_str) {
                    Some("**") => {
                        next.insert(at);
                    }
                    Some(segment) if name_matches(segment, name) => {
                        next.insert(at + 1);
                    }
                    _ => {}
                }
            }
            positions = self.with_skips(next);
        }
        positions
    }

    /// Adds the positions behind every `**`, which may stand for nothing.
    fn with_skips(&self, mut positions: BTreeSet<usize>) -> BTreeSet<usize> {
        for (at, segment) in self.segments.iter().enumerate() {
            if segment == "**" && positions.contains(&at) {
                positions.insert(at + 1);
            }
        }
        positions
    }
}

fn names(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|part| !part.is_empty())
}

/// Whether one name is matched by one segment; going back to the last `*` only keeps it from taking long.
fn name_matches(segment: &str, name: &str) -> bool {
    let segment: Vec<char> = segment.chars().collect();
    let name: Vec<char> = name.chars().collect();
    let (mut at, mut read) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while read < name.len() {
        match segment.get(at) {
            Some('*') => {
                star = Some((at, read));
                at += 1;
            }
            Some(&c) if c == '?' || c == name[read] => {
                at += 1;
                read += 1;
            }
            _ => match star {
                Some((star_at, star_read)) => {
                    star = Some((star_at, star_read + 1));
                    at = star_at + 1;
                    read = star_read + 1;
                }
                None => return false,
            },
        }
    }
    segment[at..].iter().all(|&c| c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_absolute_and_plain() {
        for (given, plain) in [
            ("a.txt", "/workspace/a.txt"),
            ("./src//x/../lib.rs", "/workspace/src/lib.rs"),
            ("/etc/passwd", "/etc/passwd"),
            ("../etc/passwd", "/etc/passwd"),
            ("/../../..", "/"),
            (".", "/workspace"),
            ("~/x", "/workspace/~/x"),
        ] {
            assert_eq!(absolute(given), plain, "{given}");
            assert_eq!(absolute(&absolute(given)), plain, "twice is once");
        }
    }

    #[test]
    fn patterns_match_whole_paths() {
        for (pattern, path, matches) in [
            ("src/*", "/workspace/src/a.rs", true),
            ("src/*", "/workspace/src/a/b.rs", false),
            ("src/**", "/workspace/src/a/b.rs", true),
            ("src/**", "/workspace/src", false),
            ("src/**", "/workspace/src2/a", false),
            ("/workspace/**/secret.txt", "/workspace/secret.txt", true),
            ("/workspace/**/secret.txt", "/workspace/a/b/secret.txt", true),
            ("/workspace/**/secret.txt", "/workspace/a/secret.txt.bak", false),
            ("*.md", "/workspace/README.md", true),
            ("*.md", "/workspace/docs/README.md", false),
            ("?.md", "/workspace/é.md", true),
            ("?.md", "/workspace/.md", false),
            ("a*b*c", "/workspace/axxbyybzc", true),
            ("a*b*c", "/workspace/axxbyybz", false),
            ("/etc/../workspace/x", "/workspace/x", true),
            ("/**", "/anything/at/all", true),
            ("/**/**/**", "/a", true),
        ] {
            assert_eq!(Pattern::parse(pattern).unwrap().matches(path), matches, "{pattern} on {path}");
        }
    }

    #[test]
    fn a_directory_above_is_reached_into() {
        let secrets = Pattern::parse("/workspace/secrets/**").unwrap();
        for path in ["/", "/workspace", "/workspace/secrets", "/workspace/secrets/key"] {
            assert!(secrets.reaches_into(path), "{path}");
        }
        for path in ["/etc", "/workspace/src", "/workspace/secrets2"] {
            assert!(!secrets.reaches_into(path), "{path}");
        }
    }

    #[test]
    fn a_spiteful_pattern_is_quick() {
        let stars = Pattern::parse(&"**/*a*a*a*a/".repeat(40)).unwrap();
        assert!(!stars.matches(&"/aaaaaaaaaaaaaaaaaaaaaaaab".repeat(150)));
        assert!(Pattern::parse(&"x".repeat(2000)).is_err());
    }
}
