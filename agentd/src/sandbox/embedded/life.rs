//! Starting, stopping, freezing and removing. Each is idempotent: what is so already is no error.

use std::time::Duration;

use proto::init::v1::Confined;
use rustix::process::{Pid, Signal, kill_process};

use super::place::{Lock, Place};
use super::{control_group, create, failed, process};
use crate::sandbox::error::SandboxError;

/// Between TERM and KILL; agent-init ends its children and itself at once.
const STOP_WITHIN: Duration = Duration::from_secs(5);
/// A namespace ends when its first process is killed; the kernel waits for the others.
const KILL_WITHIN: Duration = Duration::from_secs(20);
/// How often a sandbox is gone through until no process is left that was started meanwhile.
const ROUNDS_MAX: usize = 64;

/// Starts a stopped one.
pub(super) fn start(place: &Place) -> Result<(), SandboxError> {
    let (lock, record) = place.lock_recorded()?;
    match running(place) {
        Some(confined) => wake(&confined),
        None => create::bring_up(place, &lock, &record),
    }
}

/// Stops it: TERM, then KILL. A frozen one is let go on first, for TERM does not reach it.
pub(super) fn stop(place: &Place) -> Result<(), SandboxError> {
    let (_lock, _) = place.lock_recorded()?;
    if let Some(confined) = running(place) {
        wake(&confined)?;
        if let Some(held) = process::hold(&confined) {
            process::signal(&held, Signal::TERM).map_err(|error| failed(format!("stop the sandbox: {error}")))?;
            process::ended(&held, STOP_WITHIN);
        }
    }
    end(place)
}

/// Freezes it.
pub(super) fn pause(place: &Place) -> Result<(), SandboxError> {
    let (_lock, _) = place.lock_recorded()?;
    let confined = running(place).ok_or_else(|| failed(format!("the sandbox {} does not run", place.name())))?;
    match control_group::freezer(&confined) {
        Some(freezer) => freezer.freeze().map_err(|error| failed(format!("pause the sandbox: {error}"))),
        None => signal_all(&confined, Signal::STOP, |state| matches!(state, 'T' | 't' | 'Z')),
    }
}

/// Lets it go on.
pub(super) fn unpause(place: &Place) -> Result<(), SandboxError> {
    let (_lock, _) = place.lock_recorded()?;
    let confined = running(place).ok_or_else(|| failed(format!("the sandbox {} does not run", place.name())))?;
    wake(&confined)
}

/// Removes it, whatever it is doing.
pub(super) fn remove(place: &Place) -> Result<(), SandboxError> {
    match place.lock()? {
        Some(lock) => remove_locked(place, &lock),
        None => Ok(()),
    }
}

/// The same, under the lock.
pub(super) fn remove_locked(place: &Place, lock: &Lock) -> Result<(), SandboxError> {
    end(place)?;
    place.unmake(lock)
}

/// Lets it go on where it is frozen.
pub(super) fn wake(confined: &Confined) -> Result<(), SandboxError> {
    let woken = |error: std::io::Error| failed(format!("unpause the sandbox: {error}"));
    match control_group::freezer(confined) {
        Some(freezer) => freezer.thaw().map_err(woken),
        None if is_stopped(confined) => signal_all(confined, Signal::CONT, |state| !matches!(state, 'T' | 't')),
        None => Ok(()),
    }
}

/// Whether it is frozen.
pub(super) fn is_paused(confined: &Confined) -> bool {
    control_group::freezer(confined).map_or_else(|| is_stopped(confined), |freezer| freezer.is_frozen())
}

/// Ends every process of it, and its control groups. What can be started again stays.
pub(super) fn end(place: &Place) -> Result<(), SandboxError> {
    let Some(confined) = place.confined() else { return Ok(()) };
    if let Some(held) = process::hold(&confined) {
        let killed = process::signal(&held, Signal::KILL);
        // A frozen one dies when it goes on.
        wake(&confined)?;
        killed.map_err(|error| failed(format!("end the sandbox: {error}")))?;
        if !process::ended(&held, KILL_WITHIN) {
            return Err(failed(format!("the sandbox {} does not end; the kernel holds a process of it", place.name())));
        }
    }
    for group in &confined.control_groups {
        control_group::remove(group).map_err(|error| failed(format!("{}: {error}", group.directory)))?;
    }
    match std::fs::remove_file(place.directory().join("process")) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(failed(format!("{}: {error}", place.name()))),
        _ => Ok(()),
    }
}

fn running(place: &Place) -> Option<Confined> {
    place.confined().filter(|confined| process::alive(confined).is_some())
}

fn is_stopped(confined: &Confined) -> bool {
    process::alive(confined).is_some_and(|found| matches!(found.state, 'T' | 't'))
}

/// Sends every process a signal until all are as they should be. The first one goes first: it starts no more.
fn signal_all(confined: &Confined, signal: Signal, done: impl Fn(char) -> bool) -> Result<(), SandboxError> {
    for _ in 0..ROUNDS_MAX {
        let mut others: Vec<i32> = process::tree(confined.pid)
            .into_iter()
            .filter(|(_, found)| !done(found.state))
            .map(|(pid, _)| pid)
            .collect();
        if others.is_empty() {
            return Ok(());
        }
        others.sort_by_key(|pid| *pid != confined.pid);
        for pid in others.into_iter().filter_map(Pid::from_raw) {
            // It may have ended since.
            let _ = kill_process(pid, signal);
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    Err(failed("the sandbox starts processes faster than they can be stopped"))
}
