//! The thread that writes.

use std::thread;

use tokio::sync::{mpsc, oneshot, watch};

use super::error::StoreError;
use super::group::{Answer, Change, Committer};

/// Changes that may wait for the writer; after that their callers wait.
const QUEUE_MAX: usize = 256;

/// Bytes of one group, past which no further change joins it.
const GROUP_BYTES_MAX: usize = 8 << 20;

/// What the writer is told.
pub(super) enum Message {
    Change(Change, oneshot::Sender<Answer>),
    Close(oneshot::Sender<Result<(), StoreError>>),
}

/// The way to the writer.
#[derive(Clone)]
pub(super) struct Writer {
    messages: mpsc::Sender<Message>,
    fatal: watch::Receiver<Option<StoreError>>,
}

impl Writer {
    pub(super) fn start(committer: Committer) -> Result<Self, StoreError> {
        let (messages, inbox) = mpsc::channel(QUEUE_MAX);
        let (tell_fatal, fatal) = watch::channel(None);
        thread::Builder::new()
            .name("journal".to_owned())
            .spawn(move || write(committer, inbox, &tell_fatal))
            .map_err(|e| StoreError::Io(format!("no thread for the journal: {e}")))?;
        Ok(Self { messages, fatal })
    }

    /// Waits until the change is durable or refused. A caller that stops waiting does not take its change back.
    pub(super) async fn change(&self, change: Change) -> Answer {
        let (reply, answer) = oneshot::channel();
        self.messages.send(Message::Change(change, reply)).await.map_err(|_| StoreError::Closed)?;
        answer.await.unwrap_or(Err(StoreError::Closed))
    }

    pub(super) async fn close(&self) -> Result<(), StoreError> {
        let (reply, answer) = oneshot::channel();
        self.messages.send(Message::Close(reply)).await.map_err(|_| StoreError::Closed)?;
        answer.await.unwrap_or(Err(StoreError::Closed))
    }

    pub(super) async fn fatal(&self) -> StoreError {
        match self.fatal.clone().wait_for(Option::is_some).await {
            Ok(error) => error.clone().unwrap_or(StoreError::Closed),
            Err(_) => StoreError::Closed,
        }
    }
}

fn write(mut committer: Committer, mut inbox: mpsc::Receiver<Message>, tell_fatal: &watch::Sender<Option<StoreError>>) {
    while let Some(first) = inbox.blocking_recv() {
        let (group, closing) = gather(first, &mut inbox);
        let (changes, replies): (Vec<_>, Vec<_>) = group.into_iter().unzip();
        if !changes.is_empty() {
            for (answer, reply) in committer.commit(&changes).into_iter().zip(replies) {
                // A caller that has gone away is told nothing; its rows stay.
                let _ = reply.send(answer);
            }
            committer.checkpoint_when_due();
        }
        if let Some(error) = committer.fatal() {
            tell_fatal.send_if_modified(|told| told.is_none() && told.replace(error.clone()).is_none());
        }
        if let Some(reply) = closing {
            let _ = reply.send(committer.close());
            return;
        }
    }
}

/// A group of changes with who asked for each, and who asked to close after it.
type Gathered = (Vec<(Change, oneshot::Sender<Answer>)>, Option<oneshot::Sender<Result<(), StoreError>>>);

/// The first message and all that wait behind it, as far as they fit one group.
fn gather(first: Message, inbox: &mut mpsc::Receiver<Message>) -> Gathered {
    let mut group = Vec::new();
    let mut bytes = 0;
    let mut next = Some(first);
    while let Some(message) = next {
        match message {
            Message::Close(reply) => return (group, Some(reply)),
            Message::Change(change, reply) => {
                bytes += change.bytes();
                group.push((change, reply));
            }
        }
        let room = bytes < GROUP_BYTES_MAX && group.len() < QUEUE_MAX;
        next = if room { inbox.try_recv().ok() } else { None };
    }
    (group, None)
}
