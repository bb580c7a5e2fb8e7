//! A conversation in a provider's own words, kept between requests: a step writes what is new and nothing again.

use std::sync::{Mutex, PoisonError};

use sha2::{Digest, Sha256};

use super::error::ModelError;
use super::pairing::Pairing;
use crate::domain::message::Message;

/// How a provider writes a conversation. Messages that it has to see as one are a group.
pub(super) trait Dialect {
    /// Whether two neighbours belong to one group.
    fn joins(&self, before: &Message, after: &Message) -> bool;

    /// Writes one group as the JSON of one message.
    fn write(&self, group: &[Message], json: &mut String);
}

/// What is kept of one session's conversation. Empty at first, and again for another model or another past.
#[derive(Default)]
pub struct Transcript(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    head: String,
    groups: Vec<Group>,
    /// The groups, with commas between them.
    json: String,
    sum: Sha256,
    pairing: Pairing,
}

/// One group, and where it stands.
pub(super) struct Group {
    /// Its messages.
    pub(super) messages: Vec<Message>,
    begin: usize,
}

/// The written conversation.
pub(super) struct Written<'a> {
    /// Its groups.
    pub(super) groups: &'a [Group],
    /// All of them, with commas between them.
    pub(super) json: &'a str,
}

impl Written<'_> {
    /// Where the group of this number stands in the JSON.
    pub(super) fn range(&self, number: usize) -> std::ops::Range<usize> {
        let begin = self.groups.get(number).map_or(self.json.len(), |group| group.begin);
        let end = self.groups.get(number + 1).map_or(self.json.len(), |next| next.begin.saturating_sub(1));
        begin..end
    }
}

impl Transcript {
    /// Hands out the written conversation; refused where a call lacks its result. `head` is whom is asked, and all that is sent
    /// beside the conversation.
    pub(super) fn write<T>(
        &self,
        head: &str,
        dialect: &dyn Dialect,
        messages: &[Message],
        take: impl FnOnce(&Written<'_>) -> T,
    ) -> Result<T, ModelError> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.go_on(head, dialect, messages);
        if let Some(call) = kept.pairing.unpaired() {
            return Err(ModelError::Unpaired { call: call.to_string() });
        }
        Ok(take(&Written { groups: &kept.groups, json: &kept.json }))
    }

    /// SHA-256, in hexadecimal, of the head and the written conversation.
    pub(super) fn hash(&self, head: &str, dialect: &dyn Dialect, messages: &[Message]) -> String {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.go_on(head, dialect, messages);
        kept.sum.clone().finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl Kept {
    fn go_on(&mut self, head: &str, dialect: &dyn Dialect, messages: &[Message]) {
        let ends = |at: usize| match (at.checked_sub(1).and_then(|at| messages.get(at)), messages.get(at)) {
            (Some(before), Some(after)) => !dialect.joins(before, after),
            _ => true,
        };
        let mut at = 0;
        let same = self.head == head
            && self.groups.iter().all(|group| {
                let begin = at;
                at += group.messages.len();
                let here = messages.get(begin..at).unwrap_or_default();
                here.len() == group.messages.len() && here == group.messages && ends(at)
            });
        if !same {
            *self = Self { head: head.to_owned(), ..Self::default() };
            // The head's length keeps it apart from what follows.
            self.sum.update(head.len().to_le_bytes());
            self.sum.update(head);
            at = 0;
        }
        while at < messages.len() {
            let begin = at;
            at = (begin + 1..=messages.len()).find(|&at| ends(at)).unwrap_or(messages.len());
            self.append(dialect, messages.get(begin..at).unwrap_or_default());
        }
    }

    fn append(&mut self, dialect: &dyn Dialect, group: &[Message]) {
        let from = self.json.len();
        if !self.groups.is_empty() {
            self.json.push(',');
        }
        let begin = self.json.len();
        dialect.write(group, &mut self.json);
        self.sum.update(self.json.get(from..).unwrap_or_default());
        group.iter().for_each(|message| self.pairing.take(message));
        self.groups.push(Group { messages: group.to_vec(), begin });
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use proptest::prelude::*;

    use super::*;
    use crate::domain::message::AssistantMessage;

    /// Writes texts as they are, joins what a user says, and counts what it writes.
    #[derive(Default)]
    struct Plain(Cell<usize>);

    fn text(message: &Message) -> &str {
        match message {
            Message::User(said) => &said.text,
            Message::Assistant(reply) => &reply.text,
            Message::ToolResult { content, .. } => content,
        }
    }

    impl Dialect for Plain {
        fn joins(&self, before: &Message, after: &Message) -> bool {
            matches!((before, after), (Message::User(_), Message::User(_)))
        }

        fn write(&self, group: &[Message], json: &mut String) {
            self.0.set(self.0.get() + group.len());
            json.push_str(&group.iter().map(text).collect::<Vec<_>>().join("+"));
        }
    }

    fn user(text: &str) -> Message {
        Message::user(text)
    }

    fn reply(text: &str) -> Message {
        Message::Assistant(AssistantMessage { text: text.to_owned(), ..Default::default() })
    }

    fn written(transcript: &Transcript, dialect: &Plain, messages: &[Message]) -> String {
        transcript.write("head", dialect, messages, |written| written.json.to_owned()).unwrap()
    }

    #[test]
    fn what_is_new_is_written_and_nothing_again() {
        let (transcript, dialect) = (Transcript::default(), Plain::default());
        let mut messages = vec![user("a"), user("b"), reply("c")];
        assert_eq!(written(&transcript, &dialect, &messages), "a+b,c");
        messages.push(reply("d"));
        assert_eq!(written(&transcript, &dialect, &messages), "a+b,c,d");
        assert_eq!(dialect.0.get(), 4, "nothing was written again");
        messages.push(user("e"));
        assert_eq!(written(&transcript, &dialect, &messages), "a+b,c,d,e");
        messages.push(user("f"));
        assert_eq!(written(&transcript, &dialect, &messages), "a+b,c,d,e+f", "a group that grows is written anew");
    }

    #[test]
    fn another_past_and_another_head_begin_anew() {
        let (transcript, dialect) = (Transcript::default(), Plain::default());
        let first = [user("a"), reply("b")];
        let hash = transcript.hash("head", &dialect, &first);
        assert_eq!(hash.len(), 64);
        let taken_back = [first[0].clone(), reply("x")];
        assert_eq!(written(&transcript, &dialect, &taken_back), "a,x");
        assert_eq!(written(&transcript, &dialect, &taken_back[..1]), "a");
        assert_ne!(transcript.hash("other", &dialect, &first), hash);
        assert_eq!(transcript.hash("head", &dialect, &first), hash);
        let group = transcript.write("head", &dialect, &first, |written| written.json[written.range(0)].to_owned());
        assert_eq!(group.unwrap(), "a");
    }

    proptest! {
        #[test]
        fn what_is_kept_never_shows(speakers in prop::collection::vec(any::<bool>(), 1..20), stops in prop::collection::vec(1..20_usize, 0..8)) {
            let message = |(number, user_speaks): (usize, &bool)| {
                if *user_speaks { user(&number.to_string()) } else { reply(&number.to_string()) }
            };
            let messages: Vec<_> = speakers.iter().enumerate().map(message).collect();
            let (kept, dialect) = (Transcript::default(), Plain::default());
            for stop in stops {
                let part = &messages[..stop.min(messages.len())];
                let fresh = Transcript::default();
                prop_assert_eq!(written(&kept, &dialect, part), written(&fresh, &dialect, part));
                prop_assert_eq!(kept.hash("head", &dialect, part), fresh.hash("head", &dialect, part));
            }
        }
    }
}
