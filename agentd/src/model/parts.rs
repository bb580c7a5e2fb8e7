//! What a user said with files beside it, as parts of a message.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::domain::attachment::Attachment;
use crate::domain::message::UserMessage;

/// One part.
pub(super) enum Part<'a> {
    /// Words.
    Text(String),
    /// A picture: its type, and its content in base64.
    Picture(&'a str, String),
}

/// The parts of a message, its words last, as they mostly speak of what goes before them. `sees`: whether pictures can be
/// sent; where not, each is named.
pub(super) fn parts(said: &UserMessage, sees: bool) -> Vec<Part<'_>> {
    let files = said.attachments.iter().map(|file| part(file, sees));
    files.chain(std::iter::once(Part::Text(said.whole_text().into_owned()))).collect()
}

fn part(file: &Attachment, sees: bool) -> Part<'_> {
    match &file.content {
        None => Part::Text(format!("[file {:?} cannot be read any more]", file.name)),
        Some(content) if file.is_picture() && sees => Part::Picture(&file.media_type, STANDARD.encode(content)),
        Some(_) if file.is_picture() => Part::Text(format!("[picture {:?}: this model takes none]", file.name)),
        Some(content) => Part::Text(format!(
            "The user's file {:?}:\n<file {mark}>\n{}\n</file {mark}>",
            file.name,
            String::from_utf8_lossy(content).trim_end(),
            // A text cannot hold its own hash, so it cannot close its frame.
            mark = file.sha256.get(..16).unwrap_or_default()
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(media_type: &str, content: Option<&[u8]>) -> Attachment {
        Attachment {
            name: "a".to_owned(),
            media_type: media_type.to_owned(),
            sha256: "0123456789abcdef0".to_owned(),
            bytes: 3,
            content: content.map(Into::into),
        }
    }

    fn told(file: Attachment, sees: bool) -> String {
        let said = UserMessage { text: "look".to_owned(), attachments: vec![file], ..UserMessage::default() };
        let told = parts(&said, sees).into_iter().map(|part| match part {
            Part::Text(text) => text,
            Part::Picture(kind, data) => format!("{kind} {data}"),
        });
        told.collect::<Vec<_>>().join("|")
    }

    #[test]
    fn files_go_before_the_words() {
        assert_eq!(told(file("image/png", Some(b"abc")), true), "image/png YWJj|look");
        assert_eq!(told(file("image/png", Some(b"abc")), false), "[picture \"a\": this model takes none]|look");
        assert_eq!(told(file("text/plain", None), true), "[file \"a\" cannot be read any more]|look");
        let text = told(file("text/plain", Some(b"hi\n")), false);
        assert_eq!(text, "The user's file \"a\":\n<file 0123456789abcdef>\nhi\n</file 0123456789abcdef>|look");
    }
}
