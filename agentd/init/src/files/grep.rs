//! Lines that match, in a file or in a tree.

use std::path::Path;

use proto::init::v1::{GrepRequest, GrepResponse, Match};

use super::error::{AtPath as _, FileError};
use super::matcher::Matcher;
use super::pattern::{Dots, Pattern};
use super::search::search;
use super::walk::{Next, deadline, walk};

/// Matches that are told at most.
const MATCHES_MAX: usize = 10_000;
/// Directories that hold no text of the user's.
const NOT_ENTERED: &str = ".git";

/// Lines below `root` that match.
pub(crate) fn grep(root: &Path, request: &GrepRequest) -> Result<GrepResponse, FileError> {
    let matcher = Matcher::parse(&request.pattern, request.regex)?;
    let only = if request.glob.is_empty() { "**" } else { &request.glob };
    let only = Pattern::parse(only, Dots::Shown)?;
    let matches_max = super::limit(request.matches_max, MATCHES_MAX);
    let deadline = deadline(request.deadline_ms);
    let mut matches: Vec<Match> = Vec::new();
    // One more than is told shows that there are more.
    let mut search_in = |path: &Path, relative: &str| {
        let room = matches_max + 1 - matches.len();
        search(path, &matcher, room, deadline, |line, text| {
            matches.push(Match { path: relative.to_owned(), line, text });
        })
    };
    let meta = root.metadata().at(root)?;
    let mut whole = true;
    if meta.is_dir() {
        whole &= walk(root, only.start(), deadline, |found, progress| {
            let progress = only.step(progress, found.name);
            if found.kind.is_dir() {
                return if found.name == NOT_ENTERED { Next::Pass } else { Next::Enter(progress) };
            }
            if found.kind.is_file() && only.is_match(&progress) {
                // What cannot be read is passed over.
                let all = search_in(found.path, &found.relative.to_string_lossy()).unwrap_or(true);
                if !all {
                    return Next::Stop;
                }
            }
            Next::Pass
        })?;
    } else {
        let name = root.file_name().unwrap_or_default().to_string_lossy();
        whole &= search_in(root, &name)?;
    }
    whole &= matches.len() <= matches_max;
    matches.truncate(matches_max);
    Ok(GrepResponse { matches, partial: !whole })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proto::init::v1::ErrorKind;

    fn found(root: &Path, pattern: &str, regex: bool, glob: &str, matches_max: u64) -> (Vec<String>, bool) {
        let request =
            GrepRequest { pattern: pattern.into(), regex, glob: glob.into(), matches_max, ..Default::default() };
        let response = grep(root, &request).unwrap();
        let tell = |found: Match| format!("{}:{}:{}", found.path, found.line, found.text);
        (response.matches.into_iter().map(tell).collect(), response.partial)
    }

    fn tree() -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for directory in ["src", ".git", ".ci"] {
            std::fs::create_dir(root.path().join(directory)).unwrap();
        }
        for (name, text) in [
            ("src/a.rs", &b"fn main() {}\n// a.b\r\nfn ab() {}"[..]),
            (".git/config", b"a.b\n"),
            (".ci/run.yml", b"a.b\n"),
            ("binary", b"a.b\0\n"),
        ] {
            std::fs::write(root.path().join(name), text).unwrap();
        }
        root
    }

    #[test]
    fn literal_is_the_default() {
        let root = tree();
        let expected = vec![".ci/run.yml:1:a.b".to_owned(), "src/a.rs:2:// a.b".to_owned()];
        assert_eq!(found(root.path(), "a.b", false, "", 0), (expected, false));
        assert_eq!(found(root.path(), "a.b", false, "*.rs", 0).0, ["src/a.rs:2:// a.b"]);
        assert_eq!(found(root.path(), "a.b", false, "src/*", 0).0.len(), 1);
        assert_eq!(found(&root.path().join("src/a.rs"), "ab", false, "", 0).0, ["a.rs:3:fn ab() {}"]);
    }

    #[test]
    fn a_regular_expression_where_asked() {
        let root = tree();
        assert_eq!(found(root.path(), r"^fn \w+\(\)", true, "", 0).0.len(), 2);
    }

    #[test]
    fn a_limit_makes_it_partial() {
        let root = tree();
        assert_eq!(found(root.path(), "a", false, "", 1), (vec![".ci/run.yml:1:a.b".to_owned()], true));
        assert!(!found(root.path(), "a.b", false, "", 2).1);
    }

    #[test]
    fn malformed_patterns_and_missing_paths_are_told() {
        let malformed = GrepRequest { pattern: "(".into(), regex: true, ..Default::default() };
        assert_eq!(grep(Path::new("/"), &malformed).unwrap_err().kind(), ErrorKind::InvalidPath);
        let request = GrepRequest { pattern: "x".into(), ..Default::default() };
        assert_eq!(grep(Path::new("/none"), &request).unwrap_err().kind(), ErrorKind::NotFound);
    }
}
