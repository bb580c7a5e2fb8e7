//! Files that come with a message of the user.

use serde::{Deserialize, Serialize};

/// A file beside a message. Its content is a blob of the journal, named by its hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// The file's name, without its directory.
    pub name: String,
    /// `text/plain`, or the type of a picture.
    pub media_type: String,
    /// SHA-256 of the content, in hexadecimal.
    pub sha256: String,
    /// Bytes of the content.
    pub bytes: u64,
}

impl Attachment {
    /// Whether it is a picture; else it is text.
    pub fn is_picture(&self) -> bool {
        self.media_type.starts_with("image/")
    }
}
