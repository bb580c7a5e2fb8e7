//! Calls and processes of the sandbox, as they are told.

use std::collections::HashMap;
use std::io;

use proto::init::v1::{Process, ProcessesResponse};
use rustix::process::{Pid, getpid};

use crate::processes::{Processes, use_of};

/// Processes that are told at most.
const PROCESSES_MAX: usize = 4096;
/// How much of a command line is told.
const COMMAND_BYTES_MAX: usize = 4096;

/// Tells every process but this one, each with the call whose reaper it is below of.
pub(crate) fn process_list(
    running: Vec<(String, Option<Pid>)>,
    held_calls: Vec<String>,
) -> io::Result<ProcessesResponse> {
    let reapers: HashMap<Pid, String> =
        running.iter().filter_map(|(id, reaper)| Some(((*reaper)?, id.clone()))).collect();
    let processes = Processes::read()?;
    let parents: HashMap<Pid, Option<Pid>> = processes.all().iter().map(|entry| (entry.pid, entry.parent)).collect();
    let told = processes.all().iter().filter(|entry| entry.pid != getpid()).take(PROCESSES_MAX).map(|entry| {
        let used = use_of(entry.pid);
        Process {
            pid: entry.pid.as_raw_nonzero().get().unsigned_abs(),
            parent_pid: entry.parent.map_or(0, |parent| parent.as_raw_nonzero().get().unsigned_abs()),
            command: command(entry.pid),
            call_id: owner(entry.pid, &parents, &reapers).unwrap_or_default(),
            memory_bytes: used.memory_bytes,
            cpu_ms: used.cpu_ms,
            age_ms: used.age_ms,
        }
    });
    Ok(ProcessesResponse {
        processes: told.collect(),
        running_calls: running.into_iter().map(|(id, _)| id).collect(),
        held_calls,
    })
}

/// The call whose reaper `pid` is or is below of.
fn owner(pid: Pid, parents: &HashMap<Pid, Option<Pid>>, reapers: &HashMap<Pid, String>) -> Option<String> {
    // No way up is longer than there are processes.
    std::iter::successors(Some(pid), |pid| parents.get(pid).copied().flatten())
        .take(parents.len())
        .find_map(|pid| reapers.get(&pid).cloned())
}

/// What it was started as, its arguments apart by spaces.
fn command(pid: Pid) -> String {
    use std::io::Read as _;
    let mut line = Vec::new();
    if let Ok(file) = std::fs::File::open(format!("/proc/{}/cmdline", pid.as_raw_nonzero())) {
        // One that has ended has none.
        let _ = file.take(COMMAND_BYTES_MAX as u64).read_to_end(&mut line);
    }
    let mut text = String::from_utf8_lossy(&line).replace('\0', " ").trim_end().to_owned();
    text.truncate(text.floor_char_boundary(COMMAND_BYTES_MAX));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_belongs_to_the_call_it_is_below_of() {
        let pid = |raw| Pid::from_raw(raw).unwrap();
        let parents = HashMap::from([
            (pid(1), None),
            (pid(5), Some(pid(1))),
            (pid(6), Some(pid(5))),
            (pid(7), Some(pid(1))),
            (pid(8), Some(pid(9))),
            (pid(9), Some(pid(8))),
        ]);
        let reapers = HashMap::from([(pid(5), "call".to_owned())]);
        assert_eq!(owner(pid(6), &parents, &reapers).as_deref(), Some("call"));
        assert_eq!(owner(pid(5), &parents, &reapers).as_deref(), Some("call"));
        assert_eq!(owner(pid(7), &parents, &reapers), None);
        assert_eq!(owner(pid(8), &parents, &reapers), None, "a list that was read while it changed may go in circles");
    }

    #[test]
    fn this_process_leaves_itself_out() {
        let list = process_list(Vec::new(), vec!["held".into()]).unwrap();
        assert!(list.processes.iter().all(|process| process.pid != std::process::id()));
        assert!(!list.processes.is_empty());
    }
}
