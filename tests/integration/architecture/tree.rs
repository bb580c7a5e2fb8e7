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
pub(super) fn top() -> &'static Path {
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

/// Files that no `mod` of the file above them declares: they are never compiled.
pub(super) fn orphans(files: &[SourceFile]) -> Vec<String> {
    let declares = |parent: &Path, module: &str| {
        files.iter().find(|file| file.path == parent).is_some_and(|file| {
            file.text.lines().any(|line| {
                let line = line.trim().trim_start_matches("pub(crate) ").trim_start_matches("pub(super) ");
                line.trim_start_matches("pub ") == format!("mod {module};")
            })
        })
    };
    let mut found = Vec::new();
    for file in files {
        let stem = file.path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let directory = file.path.parent().unwrap_or(Path::new(""));
        let (module, above) = match (stem.as_str(), directory.file_name()) {
            ("main" | "lib" | "build", _) => continue,
            (_, Some(kind)) if kind == "bin" || kind == "benches" => continue,
            ("mod", Some(name)) => (name.to_string_lossy().into_owned(), directory.parent().unwrap_or(directory)),
            _ => (stem, directory),
        };
        let parents = ["mod.rs", "lib.rs", "main.rs"].map(|name| above.join(name));
        if !parents.iter().chain([&above.with_extension("rs")]).any(|parent| declares(parent, &module)) {
            found.push(format!("{}: no `mod {module};` declares it", file.path.display()));
        }
    }
    found
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
            file("a/src/turn.rs", ""),
        ];
        assert_eq!(orphans(&files), ["a/src/store/writer.rs: no `mod writer;` declares it"]);
    }
}
