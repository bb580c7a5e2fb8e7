//! Replaces exact text in a file.

use std::io::Read as _;
use std::path::Path;

use proto::init::v1::{EditRequest, EditResponse, ErrorKind};

use super::error::{AtPath as _, FileError};
use super::read::open_regular;
use super::replace::{FILE_BYTES_MAX, Target, told};

/// Replaces `old_string` in the file at `path`.
pub(crate) fn edit(path: &Path, request: &EditRequest) -> Result<EditResponse, FileError> {
    let target = Target::find(path)?;
    let before = read_text(path)?;
    let (replaced, after) = replace(&before, &request.old_string, &request.new_string, request.replace_all)
        .map_err(|refusal| refusal.at(path))?;
    target.replace(after.as_bytes(), 0)?;
    Ok(EditResponse { replaced, before: told(before.into_bytes()), after: told(after.into_bytes()) })
}

fn read_text(path: &Path) -> Result<String, FileError> {
    let file = open_regular(path)?;
    let mut bytes = Vec::new();
    file.take(FILE_BYTES_MAX as u64 + 1).read_to_end(&mut bytes).at(path)?;
    if bytes.len() > FILE_BYTES_MAX {
        let message = format!("{}: over {FILE_BYTES_MAX} bytes", path.display());
        return Err(FileError::new(ErrorKind::TooLarge, message));
    }
    String::from_utf8(bytes)
        .map_err(|_| FileError::new(ErrorKind::Binary, format!("{}: not UTF-8 text", path.display())))
}

/// Why text is not replaced.
#[derive(Debug, PartialEq, Eq)]
enum Refusal {
    Empty,
    Count(u64),
    TooLarge,
}

impl Refusal {
    fn at(self, path: &Path) -> FileError {
        let path = path.display();
        match self {
            Self::Empty => FileError::new(ErrorKind::Other, format!("{path}: the text to replace is empty")),
            Self::Count(0) => FileError::not_unique(format!("{path}: the text to replace is not in it"), 0),
            Self::Count(count) => {
                FileError::not_unique(format!("{path}: the text to replace is in it {count} times"), count)
            }
            Self::TooLarge => FileError::new(ErrorKind::TooLarge, format!("{path}: over {FILE_BYTES_MAX} bytes then")),
        }
    }
}

/// How often text was replaced, and what there is then.
fn replace(text: &str, old: &str, new: &str, all: bool) -> Result<(u64, String), Refusal> {
    if old.is_empty() {
        return Err(Refusal::Empty);
    }
    let count = text.matches(old).count();
    if count == 0 || count > 1 && !all {
        return Err(Refusal::Count(count as u64));
    }
    let length = new.len().checked_mul(count).and_then(|added| added.checked_add(text.len() - old.len() * count));
    if length.is_none_or(|length| length > FILE_BYTES_MAX) {
        return Err(Refusal::TooLarge);
    }
    Ok((count as u64, text.replace(old, new)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_replaced_once_or_everywhere() {
        assert_eq!(replace("a b", "b", "c", false), Ok((1, "a c".into())));
        assert_eq!(replace("aaa", "aa", "b", false), Ok((1, "ba".into())));
        assert_eq!(replace("a a", "a", "", true), Ok((2, " ".into())));
    }

    #[test]
    fn what_is_not_clear_is_refused() {
        assert_eq!(replace("a", "", "b", true), Err(Refusal::Empty));
        assert_eq!(replace("a", "b", "c", true), Err(Refusal::Count(0)));
        assert_eq!(replace("a a a", "a", "c", false), Err(Refusal::Count(3)));
        assert_eq!(replace(&"a".repeat(1 << 20), "a", &"b".repeat(17), true), Err(Refusal::TooLarge));
    }

    #[test]
    fn a_file_is_told_before_and_after() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a");
        std::fs::write(&path, "one two").unwrap();
        let request = EditRequest { old_string: "two".into(), new_string: "2".into(), ..EditRequest::default() };
        let edited = edit(&path, &request).unwrap();
        assert_eq!((edited.before.as_deref(), edited.after.as_deref()), (Some(&b"one two"[..]), Some(&b"one 2"[..])));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "one 2");
        assert_eq!(edit(&path, &request).unwrap_err().kind(), ErrorKind::NotUnique);
    }

    #[test]
    fn only_text_is_edited() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a");
        let request = EditRequest { old_string: "x".into(), ..EditRequest::default() };
        assert_eq!(edit(&path, &request).unwrap_err().kind(), ErrorKind::NotFound);
        std::fs::write(&path, [0xff, b'x']).unwrap();
        assert_eq!(edit(&path, &request).unwrap_err().kind(), ErrorKind::Binary);
    }
}
