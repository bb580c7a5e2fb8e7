//! Names in a directory.

use std::collections::BinaryHeap;
use std::ffi::OsString;
use std::path::Path;

use proto::init::v1::ListResponse;

use super::entry::entry;
use super::error::{AtPath as _, FileError};

/// Entries that are told at most.
const ENTRIES_MAX: usize = 10_000;

/// The first entries of a directory, by name. However many there are, no more than these are in memory.
pub(crate) fn list(path: &Path, entries_max: u64) -> Result<ListResponse, FileError> {
    let entries_max = super::limit(entries_max, ENTRIES_MAX);
    let mut first: BinaryHeap<OsString> = BinaryHeap::new();
    let mut truncated = false;
    for name in std::fs::read_dir(path).at(path)? {
        first.push(name.at(path)?.file_name());
        if first.len() > entries_max {
            first.pop();
            truncated = true;
        }
    }
    let mut entries = Vec::with_capacity(first.len());
    for name in first.into_sorted_vec() {
        // One that is gone by now is no entry.
        if let Ok(meta) = path.join(&name).symlink_metadata() {
            entries.push(entry(name.to_string_lossy().into_owned(), &meta));
        }
    }
    Ok(ListResponse { entries, truncated })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proto::init::v1::{EntryKind, ErrorKind};

    #[test]
    fn entries_come_in_order_and_bounded() {
        let directory = tempfile::tempdir().unwrap();
        for name in ["c", "a", "b"] {
            std::fs::write(directory.path().join(name), name).unwrap();
        }
        std::os::unix::fs::symlink("nowhere", directory.path().join("B")).unwrap();
        let all = list(directory.path(), 0).unwrap();
        let names: Vec<&str> = all.entries.iter().map(|entry| entry.path.as_str()).collect();
        assert_eq!((names, all.truncated), (vec!["B", "a", "b", "c"], false));
        assert_eq!(all.entries[0].kind(), EntryKind::Symlink);
        let some = list(directory.path(), 2).unwrap();
        assert_eq!((some.entries.len(), some.truncated), (2, true));
        assert_eq!(some.entries[1].path, "a");
    }

    #[test]
    fn a_file_is_no_directory() {
        assert_eq!(list(Path::new("/dev/null"), 0).unwrap_err().kind(), ErrorKind::NotDirectory);
    }
}
