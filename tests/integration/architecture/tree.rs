//! The source files of the workspace.

use std::path::{Path, PathBuf};

/// One file.
pub(super) struct SourceFile {
    /// Its path from the top of the workspace.
    pub(super) path: PathBuf,
    /// What is in it.
    pub(super) text: String,
}

/// The top of the workspace.
pub(crate) fn top() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests are a member of the workspace")
}

/// Every Rust source of the workspace, in order.
pub(super) fn sources() -> Vec<SourceFile> {
    let mut files = Vec::new();
    for member in ["proto", "agentd", "agentctl", "tests"] {
        collect(&top().join(member), &mut files);
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(files.len() > 10, "the sources are not where they were");
    files
}

fn collect(directory: &Path, files: &mut Vec<SourceFile>) {
    for entry in std::fs::read_dir(directory).expect("a directory of the workspace cannot be read") {
        let path = entry.expect("an entry cannot be read").path();
        if path.is_dir() && path.file_name().is_some_and(|name| name != "target") {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).expect("a source is UTF-8");
            let path = path.strip_prefix(top()).expect("it lies under the top").to_owned();
            files.push(SourceFile { path, text });
        }
    }
}

/// Files that nothing declares (`mod`, also within an inline module, or `#[path]`): they are never compiled.
pub(super) fn orphans(files: &[SourceFile]) -> Vec<String> {
    files.iter().filter(|file| !is_declared(file, files)).map(|file| file.path.display().to_string()).collect()
}

fn is_declared(file: &SourceFile, files: &[SourceFile]) -> bool {
    let name = |path: Option<&std::ffi::OsStr>| path.unwrap_or_default().to_string_lossy().into_owned();
    let stem = name(file.path.file_stem());
    let directory = file.path.parent().unwrap_or(Path::new(""));
    let above = directory.parent().unwrap_or(directory);
    // The module's name, where its parent may be, and where that may be inline.
    let (module, parents, outer) = match (stem.as_str(), name(directory.file_name()).as_str()) {
        ("main" | "lib" | "build", _) | (_, "bin" | "benches") => return true,
        ("mod", inner) => (inner.to_owned(), above, above),
        _ => (stem, directory, above),
    };
    let inline = format!("mod {} {{", name(parents.file_name()));
    let path = format!("#[path = \"{}\"]", name(file.path.file_name()));
    files.iter().any(|other| {
        let place = other.path.parent().unwrap_or(Path::new(""));
        let is_root = matches!(name(other.path.file_name()).as_str(), "mod.rs" | "lib.rs" | "main.rs");
        let is_parent = (place == parents && is_root) || other.path.with_extension("") == parents;
        let is_outer = place == outer && is_root && has_line(other, |line| line == inline);
        (place == directory && has_line(other, |line| line == path))
            || ((is_parent || is_outer) && has_line(other, |line| line == format!("mod {module};")))
    })
}

/// Whether a line is so, leaving out how visible it makes something.
fn has_line(file: &SourceFile, is: impl Fn(&str) -> bool) -> bool {
    file.text.lines().any(|line| {
        let line = line.trim();
        let visible = line.strip_prefix("pub").map(|rest| rest.trim_start_matches(|c| c != ' ').trim_start());
        is(visible.unwrap_or(line))
    })
}

#[cfg(test)]
mod tests {
    use super::{SourceFile, orphans};

    #[test]
    fn a_file_that_nobody_declares_is_found() {
        let file = |path: &str, text: &str| SourceFile { path: path.into(), text: text.to_owned() };
        let files = [
            file("a/src/lib.rs", "mod store;\n\npub(crate) mod turn;\n"),
            file("a/src/store/mod.rs", "pub mod reader;"),
            file("a/src/store/reader.rs", "mod deep;"),
            file("a/src/store/reader/deep.rs", ""),
            file("a/src/store/writer.rs", ""),
            file(
                "a/src/turn.rs",
                "#[path = \"turn_tests.rs\"]\nmod tests;\npub mod inline {\n    pub(crate) mod deep;\n}",
            ),
            file("a/src/turn_tests.rs", ""),
            file("b/src/lib.rs", "pub mod inline {\n    pub mod deep;\n}"),
            file("b/src/inline/deep.rs", ""),
            file("b/src/inline/lost.rs", ""),
        ];
        assert_eq!(orphans(&files), ["a/src/store/writer.rs", "b/src/inline/lost.rs"]);
    }
}
