//! What is told of a file, directory or link.

use std::fs::Metadata;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

use proto::init::v1::{Entry, EntryKind};

/// The entry of `path`, which is told as it is given.
pub(super) fn entry(path: String, meta: &Metadata) -> Entry {
    let kind = match meta.file_type() {
        kind if kind.is_symlink() => EntryKind::Symlink,
        kind if kind.is_dir() => EntryKind::Directory,
        kind if kind.is_file() => EntryKind::File,
        _ => EntryKind::Other,
    };
    Entry {
        path,
        kind: kind.into(),
        size_bytes: meta.len(),
        modified_ms: meta.mtime().saturating_mul(1000).saturating_add(meta.mtime_nsec() / 1_000_000),
        mode: meta.permissions().mode() & 0o7777,
    }
}
