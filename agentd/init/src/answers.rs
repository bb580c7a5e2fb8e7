//! Answers to requests that change files. Each is held under the request's call id until it is acknowledged, so that a
//! repetition, after a connection broke, gets the first answer and changes nothing again.

use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use proto::init::v1::{EditResponse, RemoveResponse, WriteResponse};
use tokio::sync::watch;
use tonic::Status;

use crate::acknowledged::Acknowledged;
use crate::files::FileError;
use crate::status;

/// Answers that are held at most. Past it nothing is changed until some are acknowledged.
const HELD_MAX: usize = 4096;
/// Memory for file contents in held answers; past it the oldest lose theirs.
const CONTENT_BYTES_MAX: usize = 8 << 20;

/// An answer to a request that changes files.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    /// To Write.
    Write(WriteResponse),
    /// To Edit.
    Edit(EditResponse),
    /// To Remove.
    Remove(RemoveResponse),
}

type Outcome = Result<Answer, FileError>;
type Slot = watch::Sender<Option<Outcome>>;

/// Answers that are held.
#[derive(Clone, Default)]
pub(crate) struct Answers {
    /// Held for single operations only.
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    slots: HashMap<String, Slot>,
    /// Answers with file contents, oldest first.
    contents: VecDeque<(String, usize)>,
    content_bytes: usize,
    acknowledged: Acknowledged,
}

impl Answers {
    /// The answer to `operation`, which runs once for a call id, to its end, also when nobody waits for it any more. An
    /// empty id: not held.
    pub(crate) async fn once(
        &self,
        id: String,
        operation: impl Future<Output = Outcome> + Send + 'static,
    ) -> Result<Answer, Status> {
        if id.is_empty() {
            return Ok(operation.await?);
        }
        status::call_id(&id)?;
        let mut answer = self.start(id, operation)?;
        let answered =
            answer.wait_for(Option::is_some).await.map_err(|_| Status::aborted("the supervisor is ending"))?;
        match answered.as_ref() {
            Some(outcome) => Ok(outcome.clone()?),
            None => Err(Status::aborted("the supervisor is ending")),
        }
    }

    /// Forgets an answer.
    pub(crate) fn acknowledge(&self, id: &str) -> Result<(), Status> {
        let mut state = self.state();
        let Some(slot) = state.slots.get(id) else { return Ok(()) };
        if slot.borrow().is_none() {
            return Err(Status::failed_precondition("the request has not been answered"));
        }
        state.slots.remove(id);
        state.acknowledged.insert(id);
        if let Some(at) = state.contents.iter().position(|(other, _)| other == id)
            && let Some((_, bytes)) = state.contents.remove(at)
        {
            state.content_bytes -= bytes;
        }
        Ok(())
    }

    /// Ids of answers that are held.
    pub(crate) fn held(&self) -> Vec<String> {
        self.state().slots.keys().cloned().collect()
    }

    fn start(
        &self,
        id: String,
        operation: impl Future<Output = Outcome> + Send + 'static,
    ) -> Result<watch::Receiver<Option<Outcome>>, Status> {
        let mut state = self.state();
        if let Some(slot) = state.slots.get(&id) {
            return Ok(slot.subscribe());
        }
        if state.acknowledged.contains(&id) {
            return Err(status::acknowledged_before());
        }
        if state.slots.len() >= HELD_MAX {
            return Err(status::too_many_held(HELD_MAX));
        }
        let slot = Slot::new(None);
        let answer = slot.subscribe();
        state.slots.insert(id.clone(), slot);
        let answers = self.clone();
        tokio::spawn(async move {
            let outcome = operation.await;
            answers.state().answered(id, outcome);
        });
        Ok(answer)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn answered(&mut self, id: String, outcome: Outcome) {
        let bytes = outcome.as_ref().map_or(0, |answer| contents(answer).map(Bytes::len).sum());
        if let Some(slot) = self.slots.get(&id) {
            slot.send_replace(Some(outcome));
        }
        if bytes == 0 {
            return;
        }
        self.contents.push_back((id, bytes));
        self.content_bytes += bytes;
        while self.content_bytes > CONTENT_BYTES_MAX
            && let Some((oldest, bytes)) = self.contents.pop_front()
        {
            self.content_bytes -= bytes;
            if let Some(slot) = self.slots.get(&oldest) {
                slot.send_modify(|outcome| {
                    if let Some(Ok(answer)) = outcome {
                        drop_contents(answer);
                    }
                });
            }
        }
    }
}

fn contents(answer: &Answer) -> impl Iterator<Item = &Bytes> {
    let (before, after) = match answer {
        Answer::Write(write) => (write.before.as_ref(), None),
        Answer::Edit(edit) => (edit.before.as_ref(), edit.after.as_ref()),
        Answer::Remove(_) => (None, None),
    };
    before.into_iter().chain(after)
}

fn drop_contents(answer: &mut Answer) {
    match answer {
        Answer::Write(write) => write.before = None,
        Answer::Edit(edit) => (edit.before, edit.after) = (None, None),
        Answer::Remove(_) => {}
    }
}
