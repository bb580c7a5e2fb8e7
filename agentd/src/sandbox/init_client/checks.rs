//! Checks of what a sandbox answers. Pure.

use proto::init::v1::{Entry, EntryKind, Match, Process};

use super::error::InitError;

/// Bytes of one path at most.
pub(super) const PATH_BYTES_MAX: usize = 4096;
/// Bytes of one matching line at most.
pub(super) const LINE_BYTES_MAX: usize = 2000;
/// Entries of one answer at most, whatever was asked for.
pub(super) const ENTRIES_MAX: u64 = 10_000;
/// Bytes of a file before or after a change at most.
pub(super) const BEFORE_BYTES_MAX: usize = 256 << 10;
/// Bytes of one chunk at most.
pub(super) const CHUNK_BYTES_MAX: usize = 1 << 20;

/// At most so many.
pub(super) fn at_most(what: &str, found: u64, max: u64) -> Result<(), InitError> {
    if found <= max { Ok(()) } else { Err(InitError::protocol(format_args!("{what}: {found}, at most {max}"))) }
}

/// At most so many items or bytes.
pub(super) fn length_at_most(what: &str, found: usize, max: usize) -> Result<(), InitError> {
    at_most(what, found as u64, max as u64)
}

/// A path that is not empty, not too long, and holds no zero byte.
pub(super) fn path(path: &str) -> Result<(), InitError> {
    length_at_most("bytes of a path", path.len(), PATH_BYTES_MAX)?;
    if path.is_empty() || path.contains('\0') {
        return Err(InitError::protocol("a path that is empty or holds a zero byte"));
    }
    Ok(())
}

/// Entries, of which at most so many were asked for. A kind that is not known becomes "other".
pub(super) fn entries(mut entries: Vec<Entry>, max: u64) -> Result<Vec<Entry>, InitError> {
    length_at_most("entries", entries.len(), usize::try_from(max.min(ENTRIES_MAX)).unwrap_or(usize::MAX))?;
    for entry in &mut entries {
        path(&entry.path)?;
        if !matches!(entry.kind(), EntryKind::File | EntryKind::Directory | EntryKind::Symlink) {
            entry.set_kind(EntryKind::Other);
        }
        entry.mode &= 0o7777;
    }
    Ok(entries)
}

/// Names in one directory: none of them leads elsewhere.
pub(super) fn names(entries: &[Entry]) -> Result<(), InitError> {
    match entries.iter().find(|e| e.path.contains('/') || e.path == "." || e.path == "..") {
        Some(_) => Err(InitError::protocol("a name in a directory that is a path")),
        None => Ok(()),
    }
}

/// Matches, of which at most so many were asked for.
pub(super) fn matches(matches: &[Match], max: u64) -> Result<(), InitError> {
    at_most("matches", matches.len() as u64, max.min(ENTRIES_MAX))?;
    for found in matches {
        path(&found.path)?;
        length_at_most("bytes of a matching line", found.text.len(), LINE_BYTES_MAX)?;
        if found.line == 0 {
            return Err(InitError::protocol("a line with number 0"));
        }
    }
    Ok(())
}

/// Whether this is an id that a call can have.
pub(super) fn is_call_id(id: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    (1..=128).contains(&id.len()) && id.bytes().all(plain)
}

/// Ids of calls.
pub(super) fn call_ids(ids: &[String]) -> Result<(), InitError> {
    at_most("calls", ids.len() as u64, ENTRIES_MAX)?;
    if ids.iter().all(|id| is_call_id(id)) { Ok(()) } else { Err(InitError::protocol("a malformed call id")) }
}

/// Processes.
pub(super) fn processes(processes: &[Process]) -> Result<(), InitError> {
    at_most("processes", processes.len() as u64, ENTRIES_MAX)?;
    for process in processes {
        length_at_most("bytes of a command line", process.command.len(), PATH_BYTES_MAX)?;
        if !process.call_id.is_empty() && !is_call_id(&process.call_id) {
            return Err(InitError::protocol("a malformed call id"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(path: &str) -> Entry {
        Entry { path: path.to_owned(), kind: EntryKind::File.into(), size_bytes: 1, modified_ms: 0, mode: 0o100_644 }
    }

    #[test]
    fn more_entries_than_asked_for_are_refused() {
        assert!(entries(vec![entry("a"), entry("b")], 2).is_ok());
        assert!(entries(vec![entry("a"), entry("b")], 1).is_err());
        assert!(entries(vec![entry(""); 1], 9).is_err());
        assert!(entries(vec![entry("a\0b")], 9).is_err());
        assert!(entries(vec![entry(&"x".repeat(PATH_BYTES_MAX + 1))], 9).is_err());
    }

    #[test]
    fn an_unknown_kind_is_other_and_a_mode_is_permission_bits() {
        let odd = Entry { kind: 99, ..entry("a") };
        let checked = entries(vec![odd], 1).unwrap();
        assert_eq!((checked[0].kind(), checked[0].mode), (EntryKind::Other, 0o644));
    }

    #[test]
    fn names_are_not_paths() {
        assert!(names(&[entry("a"), entry("..b")]).is_ok());
        for wrong in ["..", ".", "a/b", "/etc"] {
            assert!(names(&[entry(wrong)]).is_err(), "{wrong}");
        }
    }

    #[test]
    fn matches_are_bounded() {
        let good = Match { path: "a".to_owned(), line: 1, text: "x".repeat(LINE_BYTES_MAX) };
        assert!(matches(std::slice::from_ref(&good), 1).is_ok());
        assert!(matches(&[good.clone(), good.clone()], 1).is_err());
        assert!(matches(&[Match { line: 0, ..good.clone() }], 1).is_err());
        assert!(matches(&[Match { text: "x".repeat(LINE_BYTES_MAX + 1), ..good }], 1).is_err());
    }

    #[test]
    fn call_ids_are_plain() {
        assert!(call_ids(&["a-1_.B".to_owned()]).is_ok());
        for wrong in ["", "a b", "a/b", &"x".repeat(129)] {
            assert!(call_ids(&[wrong.to_owned()]).is_err(), "{wrong}");
        }
    }
}
