//! Follows a call: what is kept of its output from an offset on, then how it ended. A slow follower holds nobody up,
//! because it reads from the file.

use std::collections::VecDeque;
use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::Stream;
use proto::init::v1::exec_event::Event;
use proto::init::v1::{ExecEvent, ExecOutput, ExecStarted};
use tokio::sync::watch;
use tonic::Status;

use super::call::{Call, Progress};

/// Largest piece of output in one message.
const PIECE_BYTES_MAX: usize = 64 * 1024;

/// Events of a call.
pub(crate) type Events = std::pin::Pin<Box<dyn Stream<Item = Result<ExecEvent, Status>> + Send>>;

struct Follower {
    progress: watch::Receiver<Progress>,
    /// Keeps the call's sender alive while it is followed.
    _call: Arc<Call>,
    before: VecDeque<ExecEvent>,
    offset: u64,
    file: Option<Arc<File>>,
    ended: bool,
}

/// Everything from `offset` on, after a `started` that says whether the call was `already` there.
pub(super) fn follow(call: Arc<Call>, offset: u64, already: bool) -> Events {
    let follower = Follower {
        progress: call.progress.subscribe(),
        _call: call,
        before: VecDeque::from([event(Event::Started(ExecStarted { already }))]),
        offset,
        file: None,
        ended: false,
    };
    Box::pin(futures_util::stream::unfold(follower, |mut follower| async {
        let event = follower.next().await?;
        Some((Ok(event), follower))
    }))
}

impl Follower {
    async fn next(&mut self) -> Option<ExecEvent> {
        if let Some(event) = self.before.pop_front() {
            return Some(event);
        }
        if self.ended {
            return None;
        }
        loop {
            let progress = self.progress.borrow_and_update().clone();
            if self.offset < progress.kept_bytes {
                match self.read(&progress) {
                    Some(piece) => return Some(piece),
                    // The sandboxed code has taken its own output away: there is no more to be had.
                    None => self.offset = progress.kept_bytes,
                }
            }
            if let Some(exited) = progress.exited {
                self.ended = true;
                return Some(event(Event::Exited(exited.as_ref().clone())));
            }
            self.progress.changed().await.ok()?;
        }
    }

    fn read(&mut self, progress: &Progress) -> Option<ExecEvent> {
        if self.file.is_none() {
            self.file = progress.file.clone().or_else(|| Some(Arc::new(progress.kept.as_ref()?.open()?)));
        }
        let rest = usize::try_from(progress.kept_bytes - self.offset).unwrap_or(PIECE_BYTES_MAX);
        let mut piece = vec![0; rest.min(PIECE_BYTES_MAX)];
        let length = self.file.as_ref()?.read_at(&mut piece, self.offset).ok().filter(|&length| length > 0)?;
        piece.truncate(length);
        let offset = self.offset;
        self.offset += length as u64;
        Some(event(Event::Output(ExecOutput { offset, data: Bytes::from(piece) })))
    }
}

fn event(event: Event) -> ExecEvent {
    ExecEvent { event: Some(event) }
}
