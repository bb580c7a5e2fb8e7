//! What a process uses, from its line in /proc.

use rustix::param::{clock_ticks_per_second, page_size};
use rustix::process::Pid;
use rustix::time::{ClockId, clock_gettime};

/// Fields of the line after the name, from 0: user and system time, start, and resident pages.
const USER: usize = 11;
const SYSTEM: usize = 12;
const START: usize = 19;
const PAGES: usize = 21;

/// What a process uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Used {
    /// Memory in use, in bytes.
    pub(crate) memory_bytes: u64,
    /// CPU time, in milliseconds.
    pub(crate) cpu_ms: u64,
    /// Since its start, in milliseconds.
    pub(crate) age_ms: u64,
}

/// What this process uses; nothing where it has ended.
pub(crate) fn use_of(pid: Pid) -> Used {
    let stat = std::fs::read(format!("/proc/{}/stat", pid.as_raw_nonzero())).unwrap_or_default();
    let up = clock_gettime(ClockId::Boottime);
    let up_ms = u64::try_from(up.tv_sec).unwrap_or(0) * 1000 + u64::try_from(up.tv_nsec).unwrap_or(0) / 1_000_000;
    parse(&stat, up_ms, clock_ticks_per_second(), page_size() as u64).unwrap_or_default()
}

/// The name may hold anything, so the fields begin after the last parenthesis.
fn parse(stat: &[u8], up_ms: u64, ticks_per_second: u64, page_bytes: u64) -> Option<Used> {
    let after_name = stat.iter().rposition(|&byte| byte == b')')? + 1;
    let fields: Vec<&str> = std::str::from_utf8(&stat[after_name..]).ok()?.split_ascii_whitespace().collect();
    let number = |at: usize| fields.get(at)?.parse::<u64>().ok();
    let ms = |ticks: u64| ticks.saturating_mul(1000) / ticks_per_second.max(1);
    Some(Used {
        memory_bytes: number(PAGES)?.saturating_mul(page_bytes),
        cpu_ms: ms(number(USER)?.saturating_add(number(SYSTEM)?)),
        age_ms: up_ms.saturating_sub(ms(number(START)?)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_name_changes_nothing() {
        let stat =
            b"7 (a) R 1 1) S 1 7 7 0 -1 4194560 1 2 3 4 150 50 0 0 20 0 1 0 1000 4096000 25 18446744073709551615";
        let used = parse(stat, 15_000, 100, 4096).unwrap();
        assert_eq!(used, Used { memory_bytes: 25 * 4096, cpu_ms: 2000, age_ms: 5000 });
        assert_eq!(parse(b"7 (a) S 1", 0, 100, 4096), None);
    }

    #[test]
    fn this_process_uses_memory() {
        assert!(use_of(rustix::process::getpid()).memory_bytes > 0);
    }
}
