//! The supervisor's children: reapers, which it knows, and strays, which fall to it when a reaper is killed.

use std::collections::HashSet;
use std::io;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use rustix::process::{Pid, Signal, WaitOptions, getpid, wait};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use super::tree::{Processes, kill_all};

/// Buries children that have ended, and kills those that are no reapers.
#[derive(Clone)]
pub(crate) struct Children {
    shared: Arc<Shared>,
}

struct Shared {
    /// Ids of reapers that are not buried. Held for single operations only.
    reapers: Mutex<HashSet<Pid>>,
    /// Counts burials, so that others can wait for one.
    buried: watch::Sender<u64>,
}

impl Children {
    /// Starts burying. What falls to this process from now on is its own.
    pub(crate) fn adopt() -> io::Result<Self> {
        rustix::process::set_child_subreaper(Some(getpid()))?;
        let mut ended = signal(SignalKind::child())?;
        let children = Self { shared: Arc::new(Shared { reapers: Mutex::default(), buried: watch::Sender::new(0) }) };
        let burying = children.clone();
        tokio::spawn(async move {
            while ended.recv().await.is_some() {
                burying.bury();
            }
        });
        Ok(children)
    }

    /// Starts a reaper by `spawn`, which must not yield: a child that is not registered is killed.
    pub(super) fn register(&self, spawn: impl FnOnce() -> io::Result<Pid>) -> io::Result<Pid> {
        let mut reapers = self.reapers();
        let pid = spawn()?;
        reapers.insert(pid);
        Ok(pid)
    }

    /// Waits until `reaper` is buried and nothing that it left behind is alive.
    pub(crate) async fn gone(&self, reaper: Pid) {
        let mut buried = self.shared.buried.subscribe();
        loop {
            buried.mark_unchanged();
            if !self.reapers().contains(&reaper) && !self.kill_strays() {
                return;
            }
            if buried.changed().await.is_err() {
                return;
            }
        }
    }

    fn bury(&self) {
        let mut strays_possible = false;
        let mut count = 0;
        while let Ok(Some((pid, status))) = wait(WaitOptions::NOHANG) {
            let reaper = self.reapers().remove(&pid);
            strays_possible |= !reaper || status.exit_status() != Some(0);
            count += 1;
        }
        if strays_possible {
            self.kill_strays();
        }
        if count > 0 {
            self.shared.buried.send_modify(|buried| *buried += count);
        }
    }

    /// Kills every child that is no reaper; whether there was one, alive or not buried.
    fn kill_strays(&self) -> bool {
        let Ok(processes) = Processes::read() else { return false };
        let reapers = self.reapers();
        let strays: Vec<Pid> =
            processes.children(getpid()).map(|entry| entry.pid).filter(|pid| !reapers.contains(pid)).collect();
        kill_all(&strays, Signal::KILL);
        !strays.is_empty()
    }

    fn reapers(&self) -> std::sync::MutexGuard<'_, HashSet<Pid>> {
        self.shared.reapers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
