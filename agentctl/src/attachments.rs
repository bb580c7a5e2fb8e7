//! Files that go with a message: read here, as the user who sends them, and sent as they are.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use proto::v1::ChatFile;

use crate::error::CommandError;
use crate::render::words;

/// Bytes of all files of a message at most.
const FILES_BYTES_MAX: u64 = 6 << 20;

/// Reads the files of a message.
pub(crate) fn read_all<P: AsRef<Path>>(paths: &[P]) -> Result<Vec<ChatFile>, CommandError> {
    let mut left = FILES_BYTES_MAX;
    let mut files = Vec::new();
    for path in paths {
        let file = read(path.as_ref(), left)?;
        left -= file.content.len() as u64;
        files.push(file);
    }
    Ok(files)
}

fn read(path: &Path, bytes_max: u64) -> Result<ChatFile, CommandError> {
    let shown = crate::render::escape::line(&path.display().to_string()).to_string();
    let cannot = |why: String| CommandError::usage(format!("the file {shown} cannot be sent: {why}"));
    let opened = File::open(path).map_err(|error| cannot(error.to_string()))?;
    if !opened.metadata().is_ok_and(|metadata| metadata.is_file()) {
        return Err(cannot("it is not a file".to_owned()));
    }
    let mut content = Vec::new();
    opened.take(bytes_max + 1).read_to_end(&mut content).map_err(|error| cannot(error.to_string()))?;
    if content.len() as u64 > bytes_max {
        let most = words::bytes(FILES_BYTES_MAX);
        return Err(cannot(format!("the files of a message may have {most}"))
            .hinted("put it into the workspace, for example with agentctl container cp, and name it in the message"));
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(ChatFile { name, content: content.into() })
}

/// The files that a line names as `@path`, relative to the current directory. What is no file there is a word like any other.
pub(crate) fn mentioned(line: &str) -> Vec<String> {
    let mut paths: Vec<String> = Vec::new();
    for word in line.split_whitespace() {
        let Some(path) = word.strip_prefix('@') else { continue };
        // A sentence may end with a name.
        let candidates = [path, path.trim_end_matches([',', '.', ';', ':', '!', '?', ')'])];
        if let Some(found) = candidates.into_iter().find(|path| Path::new(path).is_file())
            && !paths.iter().any(|known| known == found)
        {
            paths.push(found.to_owned());
        }
    }
    paths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_named_by_an_at_sign() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("a.txt");
        std::fs::write(&file, "hello").unwrap();
        let path = file.display();
        let line =
            format!("compare @{path}, with @{path} and me@example.test or @nobody and @{}", home.path().display());
        assert_eq!(mentioned(&line), [path.to_string()]);
        let read = read_all(&mentioned(&line)).unwrap();
        assert_eq!((read[0].name.as_str(), &read[0].content[..]), ("a.txt", &b"hello"[..]));
    }

    #[test]
    fn what_cannot_be_sent_is_said() {
        let home = tempfile::tempdir().unwrap();
        let big = home.path().join("big");
        File::create(&big).unwrap().set_len(FILES_BYTES_MAX + 1).unwrap();
        let told = |path: &Path| format!("{:?}", read_all(&[path]).unwrap_err());
        assert!(told(&big).contains("the files of a message may have"), "{}", told(&big));
        assert!(told(home.path()).contains("it is not a file"));
        assert!(told(&home.path().join("none")).contains("cannot be sent"));
    }
}
