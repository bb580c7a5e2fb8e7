//! Files that come with a message of the user.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// The type of a file of words.
const TEXT: &str = "text/plain";

/// How the pictures begin that models take.
const PICTURES: [(&[u8], &str); 4] = [
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
];

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
    /// The content, once it was read. Not part of the row.
    #[serde(skip)]
    pub content: Option<Arc<[u8]>>,
}

impl Attachment {
    /// Whether it is a picture; else it is text.
    pub fn is_picture(&self) -> bool {
        self.media_type.starts_with("image/")
    }
}

/// What a file is, told by its content and not by its name: a picture that models take, or text; `None`: neither.
pub fn media_type(content: &[u8]) -> Option<&'static str> {
    if let Some((_, picture)) = PICTURES.iter().find(|(beginning, _)| content.starts_with(beginning)) {
        return Some(picture);
    }
    if content.starts_with(b"RIFF") && content.get(8..12) == Some(b"WEBP") {
        return Some("image/webp");
    }
    std::str::from_utf8(content).ok().filter(|text| !text.contains('\0')).map(|_| TEXT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_what_its_content_says() {
        for (content, found) in [
            (&b"\x89PNG\r\n\x1a\n..."[..], Some("image/png")),
            (b"\xff\xd8\xff\xe0", Some("image/jpeg")),
            (b"GIF89a..", Some("image/gif")),
            (b"RIFF\x00\x00\x00\x00WEBPVP8 ", Some("image/webp")),
            (b"RIFF\xff\x00\x00\x00WAVE", None),
            ("é\n".as_bytes(), Some("text/plain")),
            (b"", Some("text/plain")),
            (b"a\0b", None),
            (b"%PDF-1.7\xff", None),
        ] {
            assert_eq!(media_type(content), found, "{content:?}");
        }
    }
}
