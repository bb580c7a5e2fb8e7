//! The body of an answer, read from bytes: a stream of events as asked for, or the one JSON document that some endpoints give
//! instead. Pure. What it is, is seen from its first byte: content types are too often wrong.

use serde_json::Value;

use super::chat::ModelReply;
use super::reported::Reported;
use super::sse::{EVENT_BYTES_MAX, Event, Overlong, SseReader};

/// Bytes of one answer, at most. What a reply comes to in the journal (its text twice, its calls, escapes) then fits one append.
pub(super) const ANSWER_BYTES_MAX: usize = 8 << 20;

/// Why there is no reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Problem {
    /// The endpoint reported an error in place of a piece.
    Reported(Reported),
    /// It broke off.
    Cut(String),
    /// It is not the answer of a model endpoint.
    Malformed(String),
    /// It passes a bound.
    TooLarge(String),
    /// It is whole and says nothing.
    Empty,
    /// It met the bound of its length before it said anything.
    NoRoom,
}

/// What can be shown of a piece.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Delta {
    /// Of the text.
    Text(String),
    /// Of the reasoning.
    Reasoning(String),
}

/// A reply that is put together from pieces, in the way of one protocol.
pub(super) trait Assembly: Default + Send {
    /// Takes one piece, or a whole answer, and tells what of it can be shown.
    fn take(&mut self, piece: &Value) -> Result<Vec<Delta>, Problem>;

    /// Whether a piece said that the reply is whole.
    fn is_done(&self) -> bool {
        false
    }

    /// Whether a document is an answer of this protocol.
    fn is_answer(document: &Value) -> bool;

    /// The stream has ended. `done`: with the mark that says so.
    fn finish(self, done: bool) -> Result<(Vec<Delta>, ModelReply), Problem>;
}

/// Reads one answer.
#[derive(Debug, Default)]
pub(super) struct Reader<A> {
    taken_bytes: usize,
    form: Form,
    assembly: A,
    done: bool,
}

#[derive(Debug, Default)]
enum Form {
    /// Nothing but white space and a byte order mark came.
    #[default]
    Unknown,
    Stream(SseReader),
    Document(Vec<u8>),
}

impl<A: Assembly> Reader<A> {
    /// Takes the next bytes and tells what can be shown of them.
    pub(super) fn push(&mut self, mut bytes: &[u8]) -> Result<Vec<Delta>, Problem> {
        self.taken_bytes = self.taken_bytes.saturating_add(bytes.len());
        if self.taken_bytes > ANSWER_BYTES_MAX {
            return Err(Problem::TooLarge(format!("more than {ANSWER_BYTES_MAX} bytes")));
        }
        if matches!(self.form, Form::Unknown) {
            let begins = |byte: &u8| !byte.is_ascii_whitespace() && !b"\xEF\xBB\xBF".contains(byte);
            let Some(at) = bytes.iter().position(begins) else { return Ok(Vec::new()) };
            bytes = &bytes[at..];
            self.form = match bytes.first() {
                Some(b'<') => return Err(Problem::Malformed("a web page".to_owned())),
                Some(b'{' | b'[') => Form::Document(Vec::new()),
                _ => Form::Stream(SseReader::default()),
            };
        }
        let mut events = Vec::new();
        match &mut self.form {
            Form::Unknown => {}
            Form::Document(document) => document.extend_from_slice(bytes),
            Form::Stream(reader) => reader.push(bytes, &mut events).map_err(overlong)?,
        }
        self.take(events, Problem::Malformed("a stream whose events are not JSON".to_owned()))
    }

    /// Whether the answer said that it is whole. What follows is of no interest.
    pub(super) fn is_done(&self) -> bool {
        self.done
    }

    /// The answer has ended without a fault of the connection: its last deltas, and the reply.
    pub(super) fn finish(mut self) -> Result<(Vec<Delta>, ModelReply), Problem> {
        let mut deltas = Vec::new();
        match std::mem::take(&mut self.form) {
            Form::Unknown => {}
            Form::Stream(_) if self.done => {}
            Form::Stream(reader) => {
                let last = reader.finish().map_err(overlong)?;
                let cut = Problem::Cut("it ended in the middle of an event".to_owned());
                deltas = self.take(last.into_iter().collect(), cut)?;
            }
            Form::Document(document) => {
                deltas = self.assembly.take(&parse_document::<A>(&document)?)?;
                self.done = true;
            }
        }
        let (last, reply) = self.assembly.finish(self.done)?;
        deltas.extend(last);
        Ok((deltas, reply))
    }

    fn take(&mut self, events: Vec<Event>, unreadable: Problem) -> Result<Vec<Delta>, Problem> {
        let mut deltas = Vec::new();
        for event in events {
            let data = event.data.trim();
            if self.done || data.is_empty() {
                continue;
            }
            if data == "[DONE]" {
                self.done = true;
                continue;
            }
            let piece = match serde_json::from_str::<Value>(data) {
                Ok(piece) => piece,
                Err(_) if event.kind == "error" => serde_json::json!({ "error": data }),
                Err(_) => return Err(unreadable),
            };
            deltas.extend(self.assembly.take(&piece)?);
            self.done = self.assembly.is_done();
        }
        Ok(deltas)
    }
}

fn parse_document<A: Assembly>(document: &[u8]) -> Result<Value, Problem> {
    let text = String::from_utf8_lossy(document);
    let answer: Value = match serde_json::from_str(&text) {
        Ok(answer) => answer,
        Err(error) if error.is_eof() => return Err(Problem::Cut("its JSON breaks off".to_owned())),
        Err(_) => return Err(Problem::Malformed("something that only begins like JSON".to_owned())),
    };
    if A::is_answer(&answer) || Reported::find(&answer).is_some() {
        Ok(answer)
    } else {
        Err(Problem::Malformed("JSON that is no reply".to_owned()))
    }
}

fn overlong(_: Overlong) -> Problem {
    Problem::TooLarge(format!("one piece has more than {EVENT_BYTES_MAX} bytes"))
}
