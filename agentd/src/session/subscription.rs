//! A watcher's view of one session: the journal from any row on, then live. Replay and live are one path, so that there is
//! no gap and no double between them.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use crate::domain::event::{Body, Event};
use crate::domain::ids::SessionId;
use crate::store::Store;

use super::error::SessionError;
use super::live::{Content, Item, Live, Piece};

/// Rows read from the journal at once.
const PAGE_ROWS_MAX: usize = 256;

/// How long a subscription lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Follow {
    /// To the newest row.
    No,
    /// Through the first turn.finished.
    Turn,
    /// For ever.
    Forever,
}

/// What is watched.
#[derive(Clone, Copy, Debug)]
pub struct Range {
    /// The first row.
    pub from_seq: u64,
    /// How long.
    pub follow: Follow,
    /// Only this turn; 0: all.
    pub turn: u64,
    /// Whether pieces are wanted beside rows.
    pub live: bool,
}

/// One watcher.
pub struct Subscription {
    store: Store,
    session: SessionId,
    /// Keeps the ring alive, and gives the place back after falling behind.
    live: Arc<Live>,
    receiver: broadcast::Receiver<Item>,
    range: Range,
    next_seq: u64,
    /// Rows up to here are read from the journal, not awaited.
    journal_head: u64,
    page: VecDeque<Arc<Event>>,
    pieces: VecDeque<Arc<Piece>>,
    shown: Shown,
    ended: bool,
}

/// How much of the reply under way was given out, so that what is told anew after falling behind is given out once.
#[derive(Debug, Default)]
struct Shown {
    attempt: u32,
    text_bytes: u64,
    reasoning_bytes: u64,
}

impl Shown {
    /// What of a piece was not given out yet.
    fn unseen(&mut self, piece: Arc<Piece>) -> Option<Arc<Piece>> {
        if self.attempt != piece.attempt {
            *self = Self { attempt: piece.attempt, ..Self::default() };
        }
        let (text, seen, wrap): (_, _, fn(String) -> Content) = match &piece.content {
            Content::Text(text) => (text, &mut self.text_bytes, Content::Text),
            Content::Reasoning(text) => (text, &mut self.reasoning_bytes, Content::Reasoning),
            Content::Output(..) => return Some(piece),
        };
        let known = usize::try_from(seen.saturating_sub(piece.offset)).unwrap_or(usize::MAX);
        if known == 0 {
            *seen = piece.offset + text.len() as u64;
            return Some(piece);
        }
        // Both were cut between characters.
        let rest = text.get(known..).filter(|rest| !rest.is_empty())?;
        let offset = *seen;
        *seen += rest.len() as u64;
        Some(Arc::new(Piece { offset, content: wrap(rest.to_owned()), ..Piece::clone(&piece) }))
    }
}

impl Subscription {
    /// Begins to watch.
    pub fn new(store: Store, session: SessionId, live: Arc<Live>, range: Range) -> Self {
        let joined = live.join();
        Self {
            store,
            session,
            live,
            receiver: joined.receiver,
            range,
            next_seq: range.from_seq.max(1),
            journal_head: joined.head,
            page: VecDeque::new(),
            pieces: joined.so_far.into(),
            shown: Shown::default(),
            ended: false,
        }
    }

    /// The next item; none at the end. Dropping the future loses nothing.
    pub async fn next(&mut self) -> Result<Option<Item>, SessionError> {
        loop {
            if self.ended {
                return Ok(None);
            }
            if let Some(row) = self.page.pop_front() {
                if let Some(item) = self.take_row(row) {
                    return Ok(Some(item));
                }
            } else if self.next_seq <= self.journal_head {
                self.read_page().await?;
            } else if let Some(piece) = self.pieces.pop_front() {
                let wanted = self.range.live && self.wants(piece.turn);
                if let Some(piece) = Some(piece).filter(|_| wanted).and_then(|piece| self.shown.unseen(piece)) {
                    return Ok(Some(Item::Piece(piece)));
                }
            } else if self.range.follow == Follow::No {
                self.ended = true;
            } else {
                match self.receiver.recv().await {
                    Ok(Item::Row(event)) if event.seq < self.next_seq => {}
                    Ok(Item::Row(event)) => self.page.push_back(event),
                    Ok(Item::Piece(piece)) => self.pieces.push_back(piece),
                    Err(RecvError::Lagged(_)) => self.rejoin(),
                    Err(RecvError::Closed) => self.ended = true,
                }
            }
        }
    }

    fn wants(&self, turn: u64) -> bool {
        self.range.turn == 0 || self.range.turn == turn
    }

    fn take_row(&mut self, event: Arc<Event>) -> Option<Item> {
        if matches!(event.body, Body::ModelIntent { .. }) {
            self.shown = Shown::default();
        }
        self.next_seq = event.seq + 1;
        if !self.wants(event.turn) {
            return None;
        }
        if self.range.follow == Follow::Turn && matches!(event.body, Body::TurnFinished { .. }) {
            self.ended = true;
        }
        Some(Item::Row(event))
    }

    async fn read_page(&mut self) -> Result<(), SessionError> {
        let rows = self.store.rows(&self.session, self.next_seq, PAGE_ROWS_MAX).await?;
        match rows.first() {
            Some(row) if row.seq == self.next_seq => {}
            Some(_) => return Err(SessionError::Damaged { session: self.session.to_string(), seq: self.next_seq }),
            None => return Err(SessionError::NotFound(self.session.to_string())),
        }
        // Later ones come by the ring, after the pieces that were published before them.
        for row in rows.into_iter().take_while(|row| row.seq <= self.journal_head) {
            self.page.push_back(Arc::new(super::rows::event_of(row)?));
        }
        Ok(())
    }

    /// Fell behind: the rows missed are in the journal, and the reply so far is told anew.
    fn rejoin(&mut self) {
        let joined = self.live.join();
        self.journal_head = joined.head;
        self.pieces = joined.so_far.into();
        self.receiver = joined.receiver;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::WallTime;

    fn text(attempt: u32, offset: u64, text: &str) -> Arc<Piece> {
        Arc::new(Piece { turn: 1, time: WallTime(0), attempt, offset, content: Content::Text(text.to_owned()) })
    }

    #[test]
    fn what_is_told_anew_is_given_out_once() {
        let mut shown = Shown::default();
        let mut give = |piece: Arc<Piece>| shown.unseen(piece).map(|piece| (piece.offset, piece.content.clone()));
        let given = |offset, text: &str| Some((offset, Content::Text(text.to_owned())));
        assert_eq!(give(text(1, 0, "Hä")), given(0, "Hä"));
        assert_eq!(give(text(1, 0, "Hä")), None, "all of it was");
        assert_eq!(give(text(1, 0, "Hällo")), given(3, "llo"));
        assert_eq!(give(text(1, 6, "!")), given(6, "!"));
        assert_eq!(give(text(2, 0, "New")), given(0, "New"), "another attempt begins anew");
        assert_eq!(give(text(2, 1, "e")), None);
    }
}
