//! What a sandbox is, read back from the kernel: it must be what was asked for.

use proto::init::v1::Confined;

use super::place::Record;

/// The namespaces that are its own.
const NAMESPACES: [&str; 7] = ["cgroup", "ipc", "mnt", "net", "pid", "user", "uts"];
const CAPABILITY_SETS: [&str; 5] = ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"];

/// Everything in which it is not as hardened as it must be, in words; empty: it is.
pub(super) fn mismatches(record: &Record, confined: &Confined) -> Vec<String> {
    let pid = confined.pid;
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let mut wrong = of_status(&status, record.uid, record.gid);
    let link = |who: &str, name: &str| std::fs::read_link(format!("/proc/{who}/ns/{name}"));
    for name in NAMESPACES {
        match (link(&pid.to_string(), name), link("self", name)) {
            (Ok(its), Ok(ours)) if its != ours => {}
            (Ok(_), Ok(_)) => wrong.push(format!("its {name} namespace is the host's")),
            (Err(error), _) | (_, Err(error)) => wrong.push(format!("its {name} namespace cannot be read: {error}")),
        }
    }
    wrong
}

fn of_status(status: &str, uid: u32, gid: u32) -> Vec<String> {
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        line.map(|value| value.split_whitespace().collect::<Vec<_>>()).unwrap_or_default()
    };
    let mut wrong = Vec::new();
    for set in CAPABILITY_SETS {
        if field(set).first().is_none_or(|value| value.chars().any(|digit| digit != '0')) {
            wrong.push(format!("{set} is {:?}", field(set).join(" ")));
        }
    }
    for (name, wanted) in [("NoNewPrivs", "1"), ("Seccomp", "2")] {
        if field(name) != [wanted] {
            wrong.push(format!("{name} is {:?}", field(name).join(" ")));
        }
    }
    for (name, wanted) in [("Uid", uid), ("Gid", gid)] {
        let wanted = wanted.to_string();
        if field(name) != [&*wanted; 4] {
            wrong.push(format!("{name} is {:?}", field(name).join(" ")));
        }
    }
    wrong
}

/// How it is hardened, one line a measure, as the kernel tells it.
pub(super) fn measures(record: &Record, confined: &Confined) -> Vec<String> {
    let wrong = mismatches(record, confined);
    if !wrong.is_empty() {
        return wrong.into_iter().map(|wrong| format!("NOT as it must be: {wrong}")).collect();
    }
    let limit = |name: &str, value: u64, otherwise: &str| {
        let group = confined.control_groups.iter().find(|group| group.controllers.iter().any(|there| there == name));
        match group {
            _ if value == 0 => "none".to_owned(),
            Some(group) => format!("{value} by control group version {}", group.version),
            None => otherwise.to_owned(),
        }
    };
    let frozen = confined.control_groups.iter().any(|group| group.controllers.iter().any(|name| name == "freezer"));
    let mut lines = vec![
        format!("user {}:{}, alone in a user namespace of its own", record.uid, record.gid),
        format!("namespaces of its own: {}", NAMESPACES.join(", ")),
        "capabilities none, and none to be had (all five sets are empty), no new privileges".to_owned(),
        "system calls filtered by seccomp".to_owned(),
        match confined.landlock_version {
            0 => "landlock none".to_owned(),
            version => format!("landlock version {version}"),
        },
        "root file system read-only; of the host /usr and parts of /etc, read-only".to_owned(),
        "network none".to_owned(),
        format!("memory bytes {}", limit("memory", record.memory_bytes, "not limited")),
        format!("cpu thousandths {}", limit("cpu", record.cpu_millis, "not limited")),
        format!(
            "processes {}",
            limit("pids", record.pids_max.into(), &format!("{} by the limit of its user", record.pids_max))
        ),
        format!("paused by {}", if frozen { "the control group's freezer" } else { "SIGSTOP to each process" }),
        format!("mount /workspace writable from {}", record.workspace.display()),
    ];
    for mount in &record.mounts {
        let access = if mount.writable { "writable" } else { "read-only" };
        lines.push(format!("mount {} {access} from {}", mount.target, mount.source.display()));
    }
    lines.extend(record.shared.as_ref().map(|shared| format!("mount /shared read-only from {}", shared.display())));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "Name:\tagent-init\nUid:\t1000\t1000\t1000\t1000\nGid:\t7\t7\t7\t7\nCapInh:\t0000000000000000\n\
        CapPrm:\t0000000000000000\nCapEff:\t0000000000000000\nCapBnd:\t0000000000000000\nCapAmb:\t0000000000000000\n\
        NoNewPrivs:\t1\nSeccomp:\t2\nSeccomp_filters:\t2\n";

    #[test]
    fn what_is_not_as_it_must_be_is_named() {
        assert_eq!(of_status(GOOD, 1000, 7), [""; 0]);
        for (from, to, word) in [
            ("CapBnd:\t0000000000000000", "CapBnd:\t00000000a80425fb", "CapBnd"),
            ("CapEff:\t0000000000000000", "CapEff:\t0000000000000001", "CapEff"),
            ("NoNewPrivs:\t1", "NoNewPrivs:\t0", "NoNewPrivs"),
            ("Seccomp:\t2", "Seccomp:\t0", "Seccomp"),
            ("Uid:\t1000\t1000", "Uid:\t1000\t0", "Uid"),
        ] {
            let wrong = of_status(&GOOD.replace(from, to), 1000, 7);
            assert!(wrong.len() == 1 && wrong[0].starts_with(word), "{wrong:?}");
        }
        assert_eq!(of_status("", 1000, 7).len(), 9, "what cannot be read is not as it must be");
    }
}
