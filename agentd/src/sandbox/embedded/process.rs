//! The first process of a sandbox, told from another that has its number by now.

use std::io;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use proto::init::v1::Confined;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

/// A process that was looked at in /proc.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stat {
    /// Its state: R, S, D, T, Z …
    pub(super) state: char,
    pub(super) parent: i32,
    /// Processor time, in clock ticks.
    pub(super) ticks: u64,
    pub(super) threads: u64,
    pub(super) start_time_ticks: u64,
    pub(super) resident_pages: u64,
}

/// What /proc says of a process; `None`: there is none.
pub(super) fn stat(pid: i32) -> Option<Stat> {
    parse(&std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// The fields are counted after the name, which may hold anything.
fn parse(text: &str) -> Option<Stat> {
    let (_, rest) = text.rsplit_once(')')?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let number = |at: usize| fields.get(at)?.parse::<u64>().ok();
    Some(Stat {
        state: fields.first()?.chars().next()?,
        parent: fields.get(1)?.parse().ok()?,
        ticks: number(11)? + number(12)?,
        threads: number(17)?,
        start_time_ticks: number(19)?,
        resident_pages: number(21)?,
    })
}

/// The sandbox's first process, where it is alive.
pub(super) fn alive(confined: &Confined) -> Option<Stat> {
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let found = stat(confined.pid)?;
    let same = boot.trim() == confined.machine_boot_id && found.start_time_ticks == confined.start_time_ticks;
    (same && !matches!(found.state, 'Z' | 'X' | 'x')).then_some(found)
}

/// A hold on it that no other process can slip into; `None`: it has ended.
pub(super) fn hold(confined: &Confined) -> Option<OwnedFd> {
    let held = pidfd_open(Pid::from_raw(confined.pid)?, PidfdFlags::empty()).ok()?;
    // What is held now was there before it was looked at.
    alive(confined).map(|_| held)
}

/// Sends it a signal. No error where it has ended.
pub(super) fn signal(held: &OwnedFd, signal: Signal) -> io::Result<()> {
    match pidfd_send_signal(held, signal) {
        Err(error) if error != rustix::io::Errno::SRCH => Err(error.into()),
        _ => Ok(()),
    }
}

/// Waits until it has ended; whether it has.
pub(super) fn ended(held: &OwnedFd, within: Duration) -> bool {
    let give_up = Instant::now() + within;
    loop {
        let left = give_up.saturating_duration_since(Instant::now());
        let Ok(timeout) = Timespec::try_from(left) else { return false };
        match poll(&mut [PollFd::new(held, PollFlags::IN)], Some(&timeout)) {
            Ok(0) => return false,
            Ok(_) => return true,
            Err(rustix::io::Errno::INTR) => {}
            Err(_) => return false,
        }
    }
}

/// Every process of the sandbox: its first one, and all that come of it. Whatever loses its parent there falls to the first
/// one, so that the tree is whole.
pub(super) fn tree(first: i32) -> Vec<(i32, Stat)> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        let pid = entry.file_name().to_str().and_then(|name| name.parse::<i32>().ok());
        if let Some((pid, found)) = pid.and_then(|pid| Some((pid, stat(pid)?))) {
            all.push((pid, found));
        }
    }
    let mut members = std::collections::HashSet::from([first]);
    loop {
        let more: Vec<i32> = all
            .iter()
            .filter(|(pid, found)| members.contains(&found.parent) && !members.contains(pid))
            .map(|(pid, _)| *pid)
            .collect();
        if more.is_empty() {
            break;
        }
        members.extend(more);
    }
    all.retain(|(pid, _)| members.contains(pid));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_shift_the_fields() {
        let line = "7 (a) S 1 (b) T 42 7 7 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 3 0 99 1000 11 184";
        let found = parse(line).unwrap();
        assert_eq!((found.state, found.parent, found.threads), ('T', 42, 3));
        assert_eq!((found.ticks, found.start_time_ticks, found.resident_pages), (11, 99, 11));
    }

    #[test]
    fn another_process_of_the_same_number_is_not_it() {
        let pid = std::process::id().cast_signed();
        let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap().trim().to_owned();
        let own = Confined {
            pid,
            start_time_ticks: stat(pid).unwrap().start_time_ticks,
            machine_boot_id: boot,
            ..Confined::default()
        };
        assert!(alive(&own).is_some() && hold(&own).is_some());
        assert!(alive(&Confined { start_time_ticks: own.start_time_ticks + 1, ..own.clone() }).is_none());
        assert!(alive(&Confined { machine_boot_id: "another".to_owned(), ..own }).is_none());
    }

    #[test]
    fn a_tree_holds_children_of_children_and_nobody_else() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let tree = tree(std::process::id().cast_signed());
        assert!(tree.iter().any(|(pid, _)| *pid == child.id().cast_signed()));
        assert!(tree.iter().all(|(pid, _)| *pid != 1));
        child.kill().unwrap();
        child.wait().unwrap();
    }
}
