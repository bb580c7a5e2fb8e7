//! What a live session publishes: its journal rows as they become durable, and pieces of what is under way.
//!
//! A newcomer is told the reply under way from its beginning, and of running commands the end of what they said so far.
//! One ring of [`RING_ITEMS_MAX`] items serves every watcher; the session never waits for one. A watcher that falls behind
//! loses its place in the ring, never its place in the journal.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::broadcast;

use crate::domain::event::{Body, Event};
use crate::domain::ids::CallId;
use crate::domain::time::WallTime;
use crate::turn::driver::{AttemptId, Progress};

/// Items that a watcher may be behind before its pieces are dropped.
pub const RING_ITEMS_MAX: usize = 256;

/// Bytes of one piece at most; longer ones are cut into several.
pub const PIECE_BYTES_MAX: usize = 4096;

/// Pieces of the output of running commands that a newcomer is told, at most.
const OUTPUT_PIECES_MAX: usize = 16;

/// One thing published.
#[derive(Clone, Debug)]
pub enum Item {
    /// A durable row.
    Row(Arc<Event>),
    /// A piece of what is under way; never stored.
    Piece(Arc<Piece>),
}

/// A piece of what is under way.
#[derive(Clone, Debug, PartialEq)]
pub struct Piece {
    /// The turn.
    pub turn: u64,
    /// When.
    pub time: WallTime,
    /// The model attempt it belongs to; 0: none.
    pub attempt: u32,
    /// Where it begins in its reply or output, in bytes.
    pub offset: u64,
    /// What it is.
    pub content: Content,
}

/// What a piece is.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// Of the answer.
    Text(String),
    /// Of the model's reasoning.
    Reasoning(String),
    /// Of a running command's output.
    Output(CallId, String),
}

/// A watcher's place: what it must read from the journal first, then the pieces so far, then what comes.
pub struct Joined {
    /// Rows up to here are in the journal.
    pub head: u64,
    /// The reply under way, as pieces from offset 0, and the newest pieces of what running commands said.
    pub so_far: Vec<Arc<Piece>>,
    /// Everything after.
    pub receiver: broadcast::Receiver<Item>,
}

/// The publishing side of a session.
pub struct Live {
    now: Mutex<Now>,
}

/// What a newcomer must be told. Publishing happens under its lock, so a newcomer misses nothing and gets nothing twice.
struct Now {
    /// None once the session publishes no more.
    sender: Option<broadcast::Sender<Item>>,
    head: u64,
    reply: Option<Reply>,
    outputs: VecDeque<Arc<Piece>>,
}

struct Reply {
    at: AttemptId,
    text: String,
    reasoning: String,
}

impl Live {
    /// A session whose journal ends at `head`.
    pub fn new(head: u64) -> Self {
        let sender = Some(broadcast::channel(RING_ITEMS_MAX).0);
        Self { now: Mutex::new(Now { sender, head, reply: None, outputs: VecDeque::new() }) }
    }

    /// Whether anybody watches.
    pub fn is_watched(&self) -> bool {
        self.now().sender.as_ref().is_some_and(|sender| sender.receiver_count() > 0)
    }

    /// The session publishes no more: whoever watches is told the end after what was published.
    pub fn close(&self) {
        self.now().sender = None;
    }

    /// Joins the watchers.
    pub fn join(&self) -> Joined {
        let now = self.now();
        let mut so_far = Vec::new();
        if let Some(reply) = &now.reply {
            if !reply.reasoning.is_empty() {
                so_far.push(Arc::new(piece(reply.at, 0, Content::Reasoning(reply.reasoning.clone()))));
            }
            if !reply.text.is_empty() {
                so_far.push(Arc::new(piece(reply.at, 0, Content::Text(reply.text.clone()))));
            }
        }
        so_far.extend(now.outputs.iter().cloned());
        let receiver = match &now.sender {
            Some(sender) => sender.subscribe(),
            None => broadcast::channel(1).1,
        };
        Joined { head: now.head, so_far, receiver }
    }

    /// Publishes a row that is durable.
    pub fn row(&self, event: Event) {
        let mut now = self.now();
        now.head = event.seq;
        match &event.body {
            Body::ModelDone { .. } | Body::ModelAttemptFailed { .. } => now.reply = None,
            Body::TurnFinished { .. } => {
                now.reply = None;
                now.outputs.clear();
            }
            Body::ToolEnded { call, .. } => now.outputs.retain(|piece| !piece.is_output_of(call)),
            _ => {}
        }
        now.send(Item::Row(Arc::new(event)));
    }

    fn grow(
        &self,
        at: AttemptId,
        text: &str,
        of: impl Fn(&mut Reply) -> &mut String,
        as_content: fn(String) -> Content,
    ) {
        let mut now = self.now();
        let reply = now.reply.take().filter(|reply| reply.at == at);
        let mut reply = reply.unwrap_or_else(|| Reply { at, text: String::new(), reasoning: String::new() });
        for chunk in chunks(text) {
            let whole = of(&mut reply);
            let offset = whole.len() as u64;
            whole.push_str(chunk);
            now.send(Item::Piece(Arc::new(piece(at, offset, as_content(chunk.to_owned())))));
        }
        now.reply = Some(reply);
    }

    /// A panic in another holder leaves plain data behind; it can be used on.
    fn now(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Now {
    /// That nobody watches is no error.
    fn send(&self, item: Item) {
        if let Some(sender) = &self.sender {
            drop(sender.send(item));
        }
    }
}

impl Progress for Live {
    fn text(&self, at: AttemptId, text: &str) {
        self.grow(at, text, |reply| &mut reply.text, Content::Text);
    }

    fn reasoning(&self, at: AttemptId, text: &str) {
        self.grow(at, text, |reply| &mut reply.reasoning, Content::Reasoning);
    }

    fn output(&self, turn: u64, call: &CallId, offset: u64, text: &str) {
        let at = AttemptId { turn, step: 0, attempt: 0 };
        let mut now = self.now();
        let mut begin = offset;
        for chunk in chunks(text) {
            let piece = Arc::new(piece(at, begin, Content::Output(call.clone(), chunk.to_owned())));
            now.outputs.push_back(Arc::clone(&piece));
            if now.outputs.len() > OUTPUT_PIECES_MAX {
                now.outputs.pop_front();
            }
            now.send(Item::Piece(piece));
            begin += chunk.len() as u64;
        }
    }
}

impl Piece {
    fn is_output_of(&self, of: &CallId) -> bool {
        matches!(&self.content, Content::Output(call, _) if call == of)
    }
}

fn piece(at: AttemptId, offset: u64, content: Content) -> Piece {
    Piece { turn: at.turn, time: WallTime::now(), attempt: at.attempt, offset, content }
}

/// Cuts text at character boundaries into chunks of at most [`PIECE_BYTES_MAX`].
fn chunks(mut text: &str) -> impl Iterator<Item = &str> {
    std::iter::from_fn(move || {
        if text.is_empty() {
            return None;
        }
        let (chunk, rest) = text.split_at(text.floor_char_boundary(PIECE_BYTES_MAX));
        text = rest;
        Some(chunk)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: AttemptId = AttemptId { turn: 1, step: 1, attempt: 1 };

    fn text_of(item: &Item) -> (u64, String) {
        match item {
            Item::Piece(piece) => match &piece.content {
                Content::Text(text) | Content::Reasoning(text) | Content::Output(_, text) => {
                    (piece.offset, text.clone())
                }
            },
            Item::Row(event) => (event.seq, "row".to_owned()),
        }
    }

    #[tokio::test]
    async fn a_newcomer_gets_what_was_said_and_then_what_comes() {
        let live = Live::new(4);
        live.text(AT, "Hel");
        let mut joined = live.join();
        live.text(AT, "lo");
        assert_eq!(joined.head, 4);
        assert_eq!(joined.so_far.len(), 1);
        assert_eq!(joined.so_far[0].content, Content::Text("Hel".to_owned()));
        assert_eq!(text_of(&joined.receiver.recv().await.unwrap()), (3, "lo".to_owned()));
    }

    #[test]
    fn a_newcomer_gets_what_a_running_command_said_last() {
        let live = Live::new(4);
        let call = CallId::try_from("c".to_owned()).unwrap();
        live.output(1, &call, 0, "started");
        let told = live.join().so_far;
        assert_eq!(
            told.iter().map(|piece| &piece.content).collect::<Vec<_>>(),
            [&Content::Output(call.clone(), "started".to_owned())]
        );
        for number in 0..100 {
            live.output(1, &call, 7 + number, "x");
        }
        assert_eq!(live.join().so_far.len(), OUTPUT_PIECES_MAX);
    }

    #[tokio::test]
    async fn the_end_comes_after_what_was_published() {
        let live = Live::new(4);
        let mut joined = live.join();
        live.text(AT, "last");
        live.close();
        live.text(AT, "to nobody");
        assert_eq!(text_of(&joined.receiver.recv().await.unwrap()), (0, "last".to_owned()));
        assert!(matches!(joined.receiver.recv().await, Err(broadcast::error::RecvError::Closed)));
        assert!(matches!(live.join().receiver.recv().await, Err(broadcast::error::RecvError::Closed)));
    }

    #[test]
    fn a_new_attempt_begins_anew() {
        let live = Live::new(0);
        live.text(AT, "wrong");
        live.text(AttemptId { attempt: 2, ..AT }, "right");
        assert_eq!(live.join().so_far[0].content, Content::Text("right".to_owned()));
    }

    #[test]
    fn long_text_is_cut_between_characters() {
        let text = "ä".repeat(PIECE_BYTES_MAX);
        let cut: Vec<&str> = chunks(&text).collect();
        assert_eq!(cut.concat(), text);
        assert!(cut.iter().all(|chunk| chunk.len() <= PIECE_BYTES_MAX));
    }
}
