//! Kills for want of memory, as the sandbox's memory cgroup counts them: no other place tells of a killed child.

use std::fs::File;
use std::os::unix::fs::FileExt as _;

/// Where the count is: cgroup version 2, then 1.
const SOURCES: [&str; 2] = ["/sys/fs/cgroup/memory.events", "/sys/fs/cgroup/memory/memory.oom_control"];
const FILE_BYTES_MAX: usize = 4096;

/// Reads the count.
pub(crate) struct OomCounter {
    source: Option<File>,
}

impl OomCounter {
    /// Finds the count, where there is one.
    pub(crate) fn find() -> Self {
        let readable = |path| File::open(path).ok().filter(|file| read(file).is_some());
        Self { source: SOURCES.into_iter().find_map(readable) }
    }

    /// Whether there is a count.
    pub(crate) fn is_known(&self) -> bool {
        self.source.is_some()
    }

    /// Processes of the sandbox that were killed so far.
    pub(crate) fn kills(&self) -> u64 {
        self.source.as_ref().and_then(read).unwrap_or(0)
    }
}

fn read(file: &File) -> Option<u64> {
    let mut text = [0; FILE_BYTES_MAX];
    let length = file.read_at(&mut text, 0).ok()?;
    parse(&text[..length])
}

fn parse(text: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(text).ok()?;
    text.lines().find_map(|line| line.strip_prefix("oom_kill ")?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_versions_are_read() {
        assert_eq!(parse(b"low 0\nhigh 0\nmax 3\noom 2\noom_kill 2\noom_group_kill 0\n"), Some(2));
        assert_eq!(parse(b"oom_kill_disable 0\nunder_oom 0\noom_kill 1\n"), Some(1));
        assert_eq!(parse(b"oom_kill_disable 0\nunder_oom 0\n"), None);
        assert_eq!(parse(b"\xff"), None);
    }
}
