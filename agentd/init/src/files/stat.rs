//! What a path is.

use std::path::Path;

use proto::init::v1::Entry;

use super::entry::entry;
use super::error::{AtPath as _, FileError};

/// The entry of `path`, told as it was `asked`.
pub(crate) fn stat(path: &Path, asked: String, follow: bool) -> Result<Entry, FileError> {
    let meta = if follow { path.metadata() } else { path.symlink_metadata() };
    Ok(entry(asked, &meta.at(path)?))
}

#[cfg(test)]
mod tests {
    use proto::init::v1::EntryKind;

    use super::*;

    #[test]
    fn a_link_is_followed_where_asked() {
        let directory = tempfile::tempdir().unwrap();
        let link = directory.path().join("link");
        std::os::unix::fs::symlink("/dev/null", &link).unwrap();
        assert_eq!(stat(&link, "link".into(), false).unwrap().kind(), EntryKind::Symlink);
        assert_eq!(stat(&link, "link".into(), true).unwrap().kind(), EntryKind::Other);
    }
}
