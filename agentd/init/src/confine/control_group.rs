//! Control groups: limits for everything in a sandbox together, where they can be made. What cannot is named.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use proto::init::v1::{Confined, Confinement, ControlGroup};

mod hierarchy;
use hierarchy::Hierarchy;

/// What the kernel is asked to limit or to count. The last ones have no limit of ours.
const CONTROLLERS: [&str; 6] = ["memory", "pids", "cpu", "freezer", "cpuacct", "blkio"];
const CPU_PERIOD_US: u64 = 100_000;

/// The control groups that the launcher went into, and with it the sandbox that it starts.
pub(super) struct Joined {
    pub(super) groups: Vec<ControlGroup>,
    pub(super) not_enforced: Vec<String>,
    /// Where this process came from.
    origins: Vec<PathBuf>,
}

/// Goes into new control groups, each where the kernel and the host allow it.
pub(super) fn join(wanted: &Confinement) -> Joined {
    let mut joined = Joined { groups: Vec::new(), not_enforced: Vec::new(), origins: Vec::new() };
    for hierarchy in Hierarchy::of_this_process() {
        let missing: Vec<&str> =
            CONTROLLERS.into_iter().filter(|name| hierarchy.has(name) && !joined.has(name)).collect();
        if !missing.is_empty() {
            joined.enter(&hierarchy, &missing, wanted);
        }
    }
    for (name, limit) in [("memory", wanted.memory_bytes), ("cpu", wanted.cpu_millis)] {
        if limit > 0 && !joined.has(name) {
            joined.not_enforced.push(format!("{name}: no control group can be made for it here"));
        }
    }
    joined
}

impl Joined {
    fn has(&self, name: &str) -> bool {
        self.groups.iter().any(|group| group.controllers.iter().any(|there| there == name))
    }

    fn enter(&mut self, hierarchy: &Hierarchy, missing: &[&str], wanted: &Confinement) {
        for parent in hierarchy.parents() {
            let names = hierarchy.offered(&parent, missing);
            if names.is_empty() {
                continue;
            }
            let directory = parent.join(&wanted.name);
            let held = make(&directory, hierarchy.version, &names, wanted).and_then(|held| {
                fs::write(directory.join("cgroup.procs"), "0")?;
                Ok(held)
            });
            match held {
                Ok((controllers, swap)) => {
                    if !swap {
                        self.not_enforced.push("swap: it is not limited here".to_owned());
                    }
                    let directory = directory.display().to_string();
                    self.groups.push(ControlGroup { controllers, directory, version: hierarchy.version });
                    self.origins.push(hierarchy.own.clone());
                    return;
                }
                Err(_) => drop(fs::remove_dir(&directory)),
            }
        }
    }

    /// Goes back to where this process came from, and removes what it made.
    pub(super) fn undo(&self) {
        for (group, origin) in self.groups.iter().zip(&self.origins) {
            // Best effort: agentd removes what is left when it removes the sandbox.
            let _ = fs::write(origin.join("cgroup.procs"), "0");
            let _ = fs::remove_dir(&group.directory);
        }
    }
}

/// Makes one, with its limits; which controllers hold, and whether swap is limited with memory.
fn make(directory: &Path, version: u32, names: &[String], wanted: &Confinement) -> io::Result<(Vec<String>, bool)> {
    match fs::create_dir(directory) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    let mut held = Vec::new();
    let mut swap = true;
    for name in names {
        let put = |file: &str, value: String| fs::write(directory.join(file), value);
        let done = match (name.as_str(), version) {
            ("memory", 1) if wanted.memory_bytes > 0 => {
                let done = put("memory.limit_in_bytes", wanted.memory_bytes.to_string());
                let with_swap = wanted.memory_bytes.saturating_add(wanted.swap_bytes);
                swap = put("memory.memsw.limit_in_bytes", with_swap.to_string()).is_ok() || !host_swaps();
                done
            }
            ("memory", _) if wanted.memory_bytes > 0 => {
                swap = put("memory.swap.max", wanted.swap_bytes.to_string()).is_ok() || !host_swaps();
                put("memory.max", wanted.memory_bytes.to_string())
            }
            ("pids", _) if wanted.pids_max > 0 => put("pids.max", wanted.pids_max.to_string()),
            ("cpu", version) if wanted.cpu_millis > 0 => {
                let quota_us = (CPU_PERIOD_US * wanted.cpu_millis / 1000).max(1000);
                if version == 1 {
                    put("cpu.cfs_period_us", CPU_PERIOD_US.to_string())
                        .and_then(|()| put("cpu.cfs_quota_us", quota_us.to_string()))
                } else {
                    put("cpu.max", format!("{quota_us} {CPU_PERIOD_US}"))
                }
            }
            _ => Ok(()),
        };
        if done.is_ok() {
            held.push(name.clone());
        }
    }
    if held.is_empty() { Err(io::ErrorKind::Unsupported.into()) } else { Ok((held, swap)) }
}

fn host_swaps() -> bool {
    fs::read_to_string("/proc/swaps").is_ok_and(|text| text.lines().count() > 1)
}

/// Where kills for want of memory are counted.
pub(super) fn oom_counter(confined: &Confined) -> Option<PathBuf> {
    let group = confined.control_groups.iter().find(|group| group.controllers.iter().any(|name| name == "memory"))?;
    let file = if group.version == 1 { "memory.oom_control" } else { "memory.events" };
    Some(Path::new(&group.directory).join(file))
}
