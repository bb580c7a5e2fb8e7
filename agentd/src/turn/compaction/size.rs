//! How much a conversation is: counted in bytes, told in tokens, and corrected by what the provider counted.

use crate::domain::message::{Message, Usage};

/// Tokens in a thousand bytes, before a provider has counted any: four bytes a token.
const TOKENS_PER_KILOBYTE: u64 = 250;

/// No text is read with fewer tokens than these, whatever a provider reports: eight bytes a token.
const TOKENS_PER_KILOBYTE_MIN: u64 = 125;

/// Nor with more: a token a byte.
const TOKENS_PER_KILOBYTE_MAX: u64 = 1000;

/// Bytes that a message costs beside its text.
const FRAME_BYTES: u64 = 40;

/// Bytes that a picture stands for, whatever its size.
const PICTURE_BYTES: u64 = 6000;

/// How much a conversation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Load {
    /// Bytes of its messages.
    pub bytes: u64,
    /// What a thousand bytes came to, as the provider counted last.
    tokens_per_kilobyte: u64,
}

impl Default for Load {
    fn default() -> Self {
        Self { bytes: 0, tokens_per_kilobyte: TOKENS_PER_KILOBYTE }
    }
}

impl Load {
    /// Takes in another message.
    pub fn add(&mut self, message: &Message) {
        self.bytes = self.bytes.saturating_add(message_bytes(message));
    }

    /// Counts the messages anew.
    pub fn recount(&mut self, messages: &[Message]) {
        self.bytes = messages.iter().map(message_bytes).sum();
    }

    /// Takes in what the provider counted for a request of so many bytes.
    pub fn correct(&mut self, request_bytes: u64, usage: Usage) {
        if request_bytes > 0 && usage.input_tokens > 0 {
            let counted = usage.input_tokens.saturating_mul(1000) / request_bytes;
            self.tokens_per_kilobyte = counted.clamp(TOKENS_PER_KILOBYTE_MIN, TOKENS_PER_KILOBYTE_MAX);
        }
    }

    /// The tokens that so many bytes are.
    pub fn tokens_of(&self, bytes: u64) -> u64 {
        bytes.saturating_mul(self.tokens_per_kilobyte).div_ceil(1000)
    }

    /// The bytes that so many tokens are.
    pub fn bytes_of(&self, tokens: u64) -> u64 {
        tokens.saturating_mul(1000) / self.tokens_per_kilobyte
    }
}

/// Bytes of a message, as far as its model reads them.
pub fn message_bytes(message: &Message) -> u64 {
    let text = match message {
        Message::User(said) => {
            let files = said.attachments.iter().map(|file| match file.is_picture() {
                true => PICTURE_BYTES,
                false => file.bytes + FRAME_BYTES,
            });
            (said.context.len() + said.text.len()) as u64 + files.sum::<u64>()
        }
        Message::Assistant(reply) => {
            let calls = reply.tool_calls.iter();
            let calls: u64 = calls.map(|call| (call.tool.len() + call.arguments.len()) as u64 + FRAME_BYTES).sum();
            reply.text.len() as u64 + calls
        }
        Message::ToolResult { content, .. } => content.len() as u64,
    };
    text + FRAME_BYTES
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usage(input_tokens: u64) -> Usage {
        Usage { input_tokens, ..Usage::default() }
    }

    #[test]
    fn bytes_are_told_in_tokens_as_the_provider_counts() {
        let mut load = Load::default();
        assert_eq!((load.tokens_of(4000), load.bytes_of(1000)), (1000, 4000));
        load.correct(4000, usage(2000));
        assert_eq!((load.tokens_of(4000), load.bytes_of(1000)), (2000, 2000));
        load.correct(4000, usage(0));
        assert_eq!(load.tokens_of(4000), 2000, "what was not counted corrects nothing");
    }

    #[test]
    fn a_provider_that_counts_nonsense_is_not_believed() {
        let mut load = Load::default();
        load.correct(1_000_000, usage(1));
        assert_eq!(load.tokens_of(8000), 1000);
        load.correct(10, usage(u64::MAX));
        assert_eq!(load.tokens_of(8000), 8000);
    }

    #[test]
    fn adding_is_counting() {
        let messages = [Message::user("hello"), Message::user("é")];
        let (mut added, mut counted) = (Load::default(), Load::default());
        messages.iter().for_each(|message| added.add(message));
        counted.recount(&messages);
        assert_eq!(added, counted);
        assert_eq!(counted.bytes, 5 + 2 + 80);
    }
}
