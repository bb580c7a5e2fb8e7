//! Where control groups are: the mounted hierarchies, and this process's place in each.

use std::fs;
use std::path::{Path, PathBuf};

/// A mounted hierarchy.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Hierarchy {
    /// Version of its interface.
    pub(super) version: u32,
    /// This process's own group in it.
    pub(super) own: PathBuf,
    mounted_at: PathBuf,
    /// Of version 1: what it controls.
    controllers: Vec<String>,
}

impl Hierarchy {
    /// All that are there.
    pub(super) fn of_this_process() -> Vec<Self> {
        let read = |path| fs::read_to_string(path).unwrap_or_default();
        parse(&read("/proc/self/mountinfo"), &read("/proc/self/cgroup"))
    }

    /// Whether it may control this. Of version 2 it depends on the place.
    pub(super) fn has(&self, controller: &str) -> bool {
        match self.version {
            1 => self.controllers.iter().any(|name| name == controller),
            // Its groups can all be frozen, and count processor time by themselves.
            _ => controller != "cpuacct",
        }
    }

    /// Where a new group may be made: below this process's own, or, of version 2, where a group with processes in it can
    /// have no others below it that are controlled, beside it or further up.
    pub(super) fn parents(&self) -> Vec<PathBuf> {
        if self.version == 1 {
            return vec![self.own.clone()];
        }
        self.own.ancestors().take_while(|path| path.starts_with(&self.mounted_at)).map(Path::to_owned).collect()
    }

    /// Which of these the groups below `parent` have.
    pub(super) fn offered(&self, parent: &Path, names: &[&str]) -> Vec<String> {
        let names = names.iter().filter(|name| self.has(name));
        if self.version == 1 {
            return names.map(|name| (*name).to_owned()).collect();
        }
        let of_kernel = |name: &str| if name == "blkio" { "io".to_owned() } else { name.to_owned() };
        for name in names.clone().filter(|name| **name != "freezer") {
            // Refused where it is not this user's to say, or processes are in the group.
            let _ = fs::write(parent.join("cgroup.subtree_control"), format!("+{}", of_kernel(name)));
        }
        let offered = fs::read_to_string(parent.join("cgroup.subtree_control")).unwrap_or_default();
        let there =
            |name: &&&str| **name == "freezer" || offered.split_whitespace().any(|word| word == of_kernel(name));
        let offered: Vec<String> = names.filter(there).map(|name| (*name).to_owned()).collect();
        offered
    }
}

fn parse(mounts: &str, groups: &str) -> Vec<Hierarchy> {
    let mut found: Vec<Hierarchy> = Vec::new();
    for line in mounts.lines() {
        let mut halves = line.splitn(2, " - ");
        let (Some(left), Some(right)) = (halves.next(), halves.next()) else { continue };
        let (left, right): (Vec<&str>, Vec<&str>) = (left.split(' ').collect(), right.split(' ').collect());
        let (&[_, _, _, root, mounted_at, ..], &[kind, _, options, ..]) = (&left[..], &right[..]) else { continue };
        let version = match kind {
            "cgroup" => 1,
            "cgroup2" => 2,
            _ => continue,
        };
        let controllers: Vec<String> = options.split(',').map(str::to_owned).collect();
        let Some(group) = group_in(groups, version, &controllers) else { continue };
        // A container sees a part of the hierarchy as its root.
        let Some(below) = group.strip_prefix(root.trim_end_matches('/')) else { continue };
        let own = Path::new(mounted_at).join(below.trim_start_matches('/'));
        if !found.iter().any(|known| known.own == own) {
            found.push(Hierarchy { version, own, mounted_at: mounted_at.into(), controllers });
        }
    }
    // Where both are mounted, version 1 has the controllers.
    found.sort_by_key(|hierarchy| hierarchy.version);
    found
}

fn group_in<'a>(groups: &'a str, version: u32, controllers: &[String]) -> Option<&'a str> {
    groups.lines().find_map(|line| {
        let mut parts = line.splitn(3, ':');
        let (number, names, group) = (parts.next()?, parts.next()?, parts.next()?);
        let matches = match version {
            1 => !names.is_empty() && names.split(',').all(|name| controllers.iter().any(|there| there == name)),
            _ => number == "0" && names.is_empty(),
        };
        matches.then_some(group)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_1_is_found_where_it_is_mounted() {
        let mounts = "30 23 0:26 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n\
                      31 23 0:27 / /sys/fs/cgroup/cpu rw shared:9 - cgroup cgroup rw,cpu,cpuacct\n\
                      32 23 0:28 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd\n\
                      33 23 0:29 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";
        let groups = "9:name=systemd:/\n4:memory:/a/b\n2:cpu,cpuacct:/\n0::/u\n";
        let found = parse(mounts, groups);
        let at = |own: &str| found.iter().find(|hierarchy| hierarchy.own == Path::new(own)).unwrap();
        assert!(at("/sys/fs/cgroup/memory/a/b").has("memory") && !at("/sys/fs/cgroup/memory/a/b").has("cpu"));
        assert!(at("/sys/fs/cgroup/cpu/").has("cpuacct"));
        assert_eq!(found.last().unwrap().version, 2, "version 1 comes first");
    }

    #[test]
    fn version_2_goes_up_to_where_it_is_mounted() {
        let mounts = "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";
        let found = parse(mounts, "0::/user.slice/app.scope\n");
        let parents = ["/sys/fs/cgroup/user.slice/app.scope", "/sys/fs/cgroup/user.slice", "/sys/fs/cgroup"];
        assert_eq!(found[0].parents(), parents.map(PathBuf::from));
    }

    #[test]
    fn a_part_of_a_hierarchy_is_a_containers_whole() {
        let mounts = "30 23 0:26 /docker/x /sys/fs/cgroup/pids ro - cgroup cgroup rw,pids\n";
        assert_eq!(parse(mounts, "3:pids:/docker/x/y\n")[0].own, Path::new("/sys/fs/cgroup/pids/y"));
        assert_eq!(parse(mounts, "3:pids:/elsewhere\n"), []);
    }
}
