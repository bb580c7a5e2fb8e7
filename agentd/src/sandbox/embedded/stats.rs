//! One measurement: from the control groups, and from /proc where there is none.

use std::path::Path;
use std::time::{Duration, Instant};

use proto::init::v1::Confined;

use super::place::Place;
use super::{control_group, not_found, process};
use crate::sandbox::backend::Stats;
use crate::sandbox::error::SandboxError;

/// Between the two looks at the processor time.
const BETWEEN: Duration = Duration::from_millis(200);

/// Measures a running sandbox; one that does not run uses nothing.
pub(super) fn measure(place: &Place) -> Result<Stats, SandboxError> {
    let record = place.record().ok_or_else(|| not_found(place.name()))?;
    let Some(confined) = place.confined().filter(|confined| process::alive(confined).is_some()) else {
        return Ok(Stats::default());
    };
    let (before, began) = (cpu_time(&confined), Instant::now());
    std::thread::sleep(BETWEEN);
    let (after, passed) = (cpu_time(&confined), began.elapsed());
    let (block_read_bytes, block_write_bytes) = blocks(&confined);
    let tree = process::tree(confined.pid);
    Ok(Stats {
        cpu_percent: after.saturating_sub(before).as_secs_f64() / passed.as_secs_f64() * 100.0,
        memory_bytes: memory_bytes(&confined).unwrap_or_else(|| {
            let pages: u64 = tree.iter().map(|(_, found)| found.resident_pages).sum();
            pages * rustix::param::page_size() as u64
        }),
        memory_limit_bytes: record.memory_bytes,
        pids: control_group::of(&confined, "pids")
            .and_then(|(directory, _)| control_group::number(directory, "pids.current"))
            .unwrap_or_else(|| tree.iter().map(|(_, found)| found.threads).sum()),
        // Its network is its own loopback device.
        network_rx_bytes: 0,
        network_tx_bytes: 0,
        block_read_bytes,
        block_write_bytes,
    })
}

fn cpu_time(confined: &Confined) -> Duration {
    if let Some((directory, 1)) = control_group::of(confined, "cpuacct")
        && let Some(nanos) = control_group::number(directory, "cpuacct.usage")
    {
        return Duration::from_nanos(nanos);
    }
    if let Some((directory, 2)) = control_group::of(confined, "cpu")
        && let Some(micros) = control_group::named(directory, "cpu.stat", "usage_usec")
    {
        return Duration::from_micros(micros);
    }
    let ticks: u64 = process::tree(confined.pid).iter().map(|(_, found)| found.ticks).sum();
    Duration::from_millis(ticks.saturating_mul(1000) / rustix::param::clock_ticks_per_second().max(1))
}

/// Without the pages that the kernel can drop at any time.
fn memory_bytes(confined: &Confined) -> Option<u64> {
    let (directory, version) = control_group::of(confined, "memory")?;
    let (file, cache) = if version == 1 {
        ("memory.usage_in_bytes", "total_inactive_file")
    } else {
        ("memory.current", "inactive_file")
    };
    let used = control_group::number(directory, file)?;
    Some(used.saturating_sub(control_group::named(directory, "memory.stat", cache).unwrap_or(0)))
}

fn blocks(confined: &Confined) -> (u64, u64) {
    let Some((directory, version)) = control_group::of(confined, "blkio") else { return (0, 0) };
    let read = |file: &str| std::fs::read_to_string(Path::new(directory).join(file)).unwrap_or_default();
    if version == 1 { of_v1(&read("blkio.throttle.io_service_bytes")) } else { of_v2(&read("io.stat")) }
}

/// Lines like `254:0 Read 4096`.
fn of_v1(text: &str) -> (u64, u64) {
    let sum = |what: &str| {
        let of_line = |line: &str| {
            let mut words = line.split_whitespace().skip(1);
            (words.next()? == what).then_some(words.next()?.parse::<u64>().ok()?)
        };
        text.lines().filter_map(of_line).sum()
    };
    (sum("Read"), sum("Write"))
}

/// Lines like `254:0 rbytes=4096 wbytes=0 rios=1 …`.
fn of_v2(text: &str) -> (u64, u64) {
    let sum =
        |what: &str| text.split_whitespace().filter_map(|word| word.strip_prefix(what)?.parse::<u64>().ok()).sum();
    (sum("rbytes="), sum("wbytes="))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_shapes_of_block_counters() {
        assert_eq!(
            of_v1("254:0 Read 4096\n254:0 Write 8192\n254:0 Total 12288\n254:16 Read 1\nTotal 12289\n"),
            (4097, 8192)
        );
        assert_eq!(of_v2("254:0 rbytes=4096 wbytes=8192 rios=1 wios=2\n254:16 rbytes=1 wbytes=0\n"), (4097, 8192));
    }
}
