//! The processes of the sandbox, read from /proc: names and parents are public there, also of what is not dumpable.

use std::collections::{HashMap, HashSet};
use std::io;

use rustix::process::{Pid, Signal, kill_process};

/// Most processes that are looked at.
const PROCESSES_MAX: usize = 65_536;

/// A snapshot: every process and its parent.
pub(crate) struct Processes {
    entries: Vec<Entry>,
}

/// One process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Its id.
    pub(crate) pid: Pid,
    /// Its parent's id; `None` where that is outside of the sandbox.
    pub(crate) parent: Option<Pid>,
    /// Whether it has ended and waits to be buried.
    pub(crate) zombie: bool,
    /// Whether it runs or waits: it has neither ended nor been stopped.
    going: bool,
}

impl Processes {
    /// Reads them all.
    pub(crate) fn read() -> io::Result<Self> {
        let mut entries = Vec::new();
        for name in std::fs::read_dir("/proc")?.take(PROCESSES_MAX) {
            let name = name?.file_name();
            let Some(pid) = name.to_str().and_then(|text| text.parse().ok()).and_then(Pid::from_raw) else { continue };
            // One that ended meanwhile is no failure.
            entries.extend(read_stat(pid));
        }
        Ok(Self { entries })
    }

    /// Every process.
    pub(crate) fn all(&self) -> &[Entry] {
        &self.entries
    }

    /// Children of `parent` that are not buried.
    pub(crate) fn children(&self, parent: Pid) -> impl Iterator<Item = Entry> {
        self.entries.iter().copied().filter(move |entry| entry.parent == Some(parent))
    }

    /// Everything below `root` that is alive, `root` itself left out.
    pub(crate) fn descendants(&self, root: Pid) -> Vec<Pid> {
        let mut children: HashMap<Pid, Vec<Entry>> = HashMap::new();
        for entry in &self.entries {
            if let Some(parent) = entry.parent {
                children.entry(parent).or_default().push(*entry);
            }
        }
        let mut seen = HashSet::from([root]);
        let mut alive = Vec::new();
        let mut open = vec![root];
        while let Some(parent) = open.pop() {
            for entry in children.get(&parent).into_iter().flatten() {
                if seen.insert(entry.pid) {
                    open.push(entry.pid);
                    if !entry.zombie {
                        alive.push(entry.pid);
                    }
                }
            }
        }
        alive
    }
}

/// Sends `signal` to each; one that ended meanwhile is no failure.
pub(crate) fn kill_all(pids: &[Pid], signal: Signal) {
    for pid in pids {
        let _ = kill_process(*pid, signal);
    }
}

/// Whether a process is there and has neither ended nor been stopped.
pub(super) fn is_going(pid: Pid) -> bool {
    read_stat(pid).is_some_and(|entry| entry.going)
}

fn read_stat(pid: Pid) -> Option<Entry> {
    parse_stat(pid, &std::fs::read(format!("/proc/{}/stat", pid.as_raw_nonzero())).ok()?)
}

/// Reads `pid (name) state parent …`. The name is chosen by the process and may hold anything, so its end is the last
/// parenthesis.
fn parse_stat(pid: Pid, stat: &[u8]) -> Option<Entry> {
    let after_name = stat.iter().rposition(|&byte| byte == b')')? + 1;
    let mut fields = std::str::from_utf8(&stat[after_name..]).ok()?.split_ascii_whitespace();
    let state = fields.next()?;
    let parent = fields.next()?.parse().ok()?;
    Some(Entry {
        pid,
        parent: Pid::from_raw(parent),
        zombie: state == "Z" || state == "X",
        going: matches!(state, "S" | "R" | "D"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pid(raw: i32) -> Pid {
        Pid::from_raw(raw).unwrap()
    }

    fn entry(own: i32, parent: i32, zombie: bool) -> Entry {
        Entry { pid: pid(own), parent: Pid::from_raw(parent), zombie, going: !zombie }
    }

    #[test]
    fn a_hostile_name_does_not_forge_a_parent() {
        let stat = b"12 (x) S 1 (y) R 99 12 0) Z 7 12 12 0 -1";
        assert_eq!(parse_stat(pid(12), stat), Some(entry(12, 7, true)));
        assert_eq!(parse_stat(pid(12), b"12 (x"), None);
        assert_eq!(parse_stat(pid(12), b"12 (x) S"), None);
    }

    #[test]
    fn descendants_reach_through_zombies_and_leave_the_root_out() {
        let processes = Processes {
            entries: vec![
                entry(1, 0, false),
                entry(5, 1, false),
                entry(6, 5, true),
                entry(7, 6, false),
                entry(8, 1, false),
            ],
        };
        assert_eq!(processes.descendants(pid(5)), vec![pid(7)]);
        let mut all = processes.descendants(pid(1));
        all.sort_by_key(|pid| pid.as_raw_nonzero());
        assert_eq!(all, vec![pid(5), pid(7), pid(8)]);
    }

    #[test]
    fn this_process_is_among_them() {
        let own = rustix::process::getpid();
        assert!(Processes::read().unwrap().all().iter().any(|entry| entry.pid == own && !entry.zombie));
    }
}
