//! Files beside a message: what is taken, where it is kept, and how it is there again after a restart.

use std::sync::Arc;

use crate::domain::attachment::{Attachment, media_type};
use crate::domain::message::{Message, UserMessage};
use crate::session::command::NewFile;
use crate::session::error::SessionError;
use crate::store::BlobHash;

use super::Actor;

/// Files of one message at most.
const FILES_MAX: usize = 10;

/// Bytes of one picture at most.
const PICTURE_BYTES_MAX: usize = 5 << 20;

/// Bytes of one text at most. What is longer belongs into the workspace, where it can be read in part.
const TEXT_BYTES_MAX: usize = 256 << 10;

/// Bytes of a file's name at most.
const NAME_BYTES_MAX: usize = 255;

/// What each file is; an error where one cannot be sent to this model.
fn checked(files: &[NewFile], model: &str, sees: bool) -> Result<Vec<&'static str>, SessionError> {
    let refused = |message: String| Err(SessionError::Invalid(message));
    if files.len() > FILES_MAX {
        return refused(format!("the message has {} files and {FILES_MAX} are the most", files.len()));
    }
    let mut types = Vec::new();
    for NewFile { name, content } in files {
        if name.is_empty() || name.len() > NAME_BYTES_MAX || name.chars().any(|c| c.is_control() || c == '/') {
            return refused("a file's name has 1 to 255 bytes, and no slash or control character".to_owned());
        }
        let Some(media_type) = media_type(content) else {
            return refused(format!(
                "{name} is neither text nor a PNG, JPEG, WebP or GIF picture; put it into the workspace instead"
            ));
        };
        let is_picture = media_type.starts_with("image/");
        if is_picture && !sees {
            return refused(format!(
                "{name} is a picture, and model {model} is not known to take any: set vision = true in [models.{model}] \
                 if it does"
            ));
        }
        let (what, bytes_max) = if is_picture { ("picture", PICTURE_BYTES_MAX) } else { ("text", TEXT_BYTES_MAX) };
        if content.len() > bytes_max {
            return refused(format!("{name} has {} bytes; a {what} may have {bytes_max}", content.len()));
        }
        types.push(media_type);
    }
    Ok(types)
}

impl Actor {
    /// Keeps the files of a message. They are durable before the row that names them.
    pub(super) async fn keep(&self, files: Vec<NewFile>, model: &str) -> Result<Vec<Attachment>, SessionError> {
        let sees = self.services.models.record(model).is_some_and(|record| record.vision);
        let types = checked(&files, model, sees)?;
        let mut attachments = Vec::new();
        for (NewFile { name, content }, media_type) in files.into_iter().zip(types) {
            let hash = self.services.store.put_blob(content.clone()).await?;
            attachments.push(Attachment {
                name,
                media_type: media_type.to_owned(),
                sha256: hash.as_str().to_owned(),
                bytes: content.len() as u64,
                content: Some(content.into()),
            });
        }
        Ok(attachments)
    }

    /// Reads again what the conversation names, after a restart. What cannot be read is told to the model as missing.
    pub(super) async fn read_files(&mut self) {
        if !self.state.messages.iter().any(|message| message_with_files(message).is_some()) {
            return;
        }
        let mut messages = Vec::new();
        for message in self.state.messages.iter() {
            messages.push(match message_with_files(message) {
                Some(said) => Message::User(self.with_content(said).await),
                None => message.clone(),
            });
        }
        self.state.messages = Arc::new(messages);
    }

    async fn with_content(&self, said: &UserMessage) -> UserMessage {
        let mut said = said.clone();
        for file in &mut said.attachments {
            let Ok(hash) = BlobHash::try_from(file.sha256.clone()) else { continue };
            match self.services.store.blob(&hash).await {
                Ok(content) => file.content = Some(content.into()),
                Err(error) => tracing::warn!(session = %self.state.id, %error, "a file of a message cannot be read"),
            }
        }
        said
    }
}

fn message_with_files(message: &Message) -> Option<&UserMessage> {
    match message {
        Message::User(said) if said.attachments.iter().any(|file| file.content.is_none()) => Some(said),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_model_takes_is_taken() {
        let file = |name: &str, content: &[u8]| NewFile { name: name.to_owned(), content: content.to_vec() };
        let png = file("a.png", b"\x89PNG\r\n\x1a\n");
        let text = file("a.txt", b"hello");
        assert_eq!(checked(&[png.clone(), text.clone()], "m", true).unwrap(), ["image/png", "text/plain"]);
        for (files, told) in [
            (vec![png], "set vision = true in [models.m]"),
            (vec![file("a.pdf", b"%PDF\xff\0")], "a.pdf is neither text nor a PNG"),
            (vec![file("big.txt", &[b'x'; (256 << 10) + 1])], "a text may have 262144"),
            (vec![file("../a", b"x")], "a file's name has"),
            (vec![text; 11], "11 files and 10 are the most"),
        ] {
            let error = checked(&files, "m", false).unwrap_err().to_string();
            assert!(error.contains(told), "{error}");
        }
    }
}
