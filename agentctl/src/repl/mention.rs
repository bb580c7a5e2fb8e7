//! Paths of the workspace in a message, after an @. They are completed here; what they mean is the daemon's to say.

use std::path::Path;

use crate::render::escape;

/// A directory with more entries is completed from these.
const ENTRIES_MAX: usize = 10_000;
const CANDIDATES_MAX: usize = 200;

/// The path that is being typed: what follows the last @ that begins a word.
pub(super) fn begun(typed: &str) -> Option<&str> {
    let word = typed.rsplit(char::is_whitespace).next()?;
    word.strip_prefix('@')
}

/// The paths that begin with what was typed; directories end with a slash. A name that could not be typed, or would do
/// something to the terminal, is left out: names in a workspace are not the user's.
pub(super) fn completions(workspace: &Path, typed: &str) -> Vec<String> {
    let (directory, begun) = typed.rsplit_once('/').map_or(("", typed), |(directory, name)| (directory, name));
    let outside = typed.starts_with('/') || directory.split('/').any(|part| part == "..");
    let Some(entries) = (!outside).then(|| std::fs::read_dir(workspace.join(directory)).ok()).flatten() else {
        return Vec::new();
    };
    let prefix = if directory.is_empty() { String::new() } else { format!("{directory}/") };
    let mut found: Vec<String> = entries
        .take(ENTRIES_MAX)
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let hidden = name.starts_with('.') && !begun.starts_with('.');
            let typable = escape::line(&name) == name && !name.contains(char::is_whitespace);
            let slash = if entry.file_type().is_ok_and(|kind| kind.is_dir()) { "/" } else { "" };
            (name.starts_with(begun) && !hidden && typable).then(|| format!("{prefix}{name}{slash}"))
        })
        .collect();
    found.sort();
    found.truncate(CANDIDATES_MAX);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_at_sign_begins_a_path_where_it_begins_a_word() {
        assert_eq!(begun("look at @src/ma"), Some("src/ma"));
        assert_eq!(begun("@"), Some(""));
        assert_eq!(begun("mail me@example.org"), None);
        assert_eq!(begun("@a then"), None);
    }

    #[test]
    fn paths_of_the_workspace_and_no_others() {
        let outer = tempfile::tempdir().unwrap();
        let workspace = outer.path().join("w");
        std::fs::create_dir_all(workspace.join("src")).unwrap();
        for name in ["src/main.rs", "src/map.rs", "setup.py", ".hidden", "a b", "esc\u{1b}[2J"] {
            std::fs::write(workspace.join(name), "").unwrap();
        }
        std::fs::write(outer.path().join("secret"), "").unwrap();
        assert_eq!(completions(&workspace, "s"), ["setup.py", "src/"]);
        assert_eq!(completions(&workspace, "src/ma"), ["src/main.rs", "src/map.rs"]);
        assert_eq!(completions(&workspace, ""), ["setup.py", "src/"]);
        assert_eq!(completions(&workspace, "."), [".hidden"]);
        for outside in ["../s", "src/../../s", "/etc/pas", "missing/x"] {
            assert!(completions(&workspace, outside).is_empty(), "{outside}");
        }
    }
}
