//! One call: what its driver tells those who follow it, and what they may ask of the driver.

use std::fs::File;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use proto::init::v1::ExecExited;
use rustix::process::Pid;
use tokio::sync::watch;

use super::spool::Kept;

/// How long the first message of a command waits for something to go with it.
const QUICK: Duration = Duration::from_millis(2);

/// A command that was started.
pub(super) struct Call {
    /// Its id.
    pub(super) id: String,
    /// How far it is. Followers wait for changes of it.
    pub(super) progress: watch::Sender<Progress>,
    /// A request to end it, with the time between TERM and KILL. Later ones replace earlier ones.
    pub(super) kill: watch::Sender<Option<Duration>>,
    /// The process that all its processes are below of, while there is one.
    reaper: Mutex<Option<Pid>>,
}

/// How far a call is.
#[derive(Clone, Default)]
pub(super) struct Progress {
    /// Bytes of output that can be read.
    pub(super) kept_bytes: u64,
    /// The file they are in, while the call runs: once it has ended nothing keeps a descriptor.
    pub(super) file: Option<Arc<File>>,
    /// Where that file is, once the call has ended.
    pub(super) kept: Option<Kept>,
    /// How it ended, once it has.
    pub(super) exited: Option<Arc<ExecExited>>,
}

impl Call {
    /// A call that is about to start.
    pub(super) fn new(id: String) -> Self {
        Self {
            id,
            progress: watch::Sender::new(Progress::default()),
            kill: watch::Sender::new(None),
            reaper: Mutex::default(),
        }
    }

    /// Waits until there is output or an end, but not for long: what a quick command has to tell then goes out at once, and
    /// does not take the processor from it before.
    pub(super) async fn has_something_to_tell(&self) {
        let mut progress = self.progress.subscribe();
        let told = progress.wait_for(|progress| progress.kept_bytes > 0 || progress.exited.is_some());
        // That nothing came is told too.
        drop(tokio::time::timeout(QUICK, told).await);
    }

    /// Whether it has ended.
    pub(super) fn is_ended(&self) -> bool {
        self.progress.borrow().exited.is_some()
    }

    /// The process above all of its processes.
    pub(super) fn reaper(&self) -> Option<Pid> {
        *self.reaper.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells which process is above all of its processes.
    pub(super) fn set_reaper(&self, reaper: Option<Pid>) {
        *self.reaper.lock().unwrap_or_else(PoisonError::into_inner) = reaper;
    }
}
