//! One measurement of a container, from the shapes of cgroup v1 and v2.

use bollard::models::ContainerStatsResponse;
use bollard::query_parameters::StatsOptionsBuilder;
use futures_util::StreamExt as _;

use super::engine::Engine;
use crate::sandbox::backend::Stats;
use crate::sandbox::error::{SandboxError, SandboxErrorKind};

impl Engine {
    /// One measurement; the engine takes two samples a second apart for it.
    pub(super) async fn measure(&self, name: &str) -> Result<Stats, SandboxError> {
        let options = StatsOptionsBuilder::default().stream(false).one_shot(false).build();
        let mut samples = self.docker.stats(name, Some(options));
        let first = async { samples.next().await.transpose() };
        match self.within(15, "measure the container", first).await? {
            Some(sample) => Ok(of_sample(&sample)),
            None => Err(SandboxError::new(SandboxErrorKind::Failed, "the engine measured nothing")),
        }
    }
}

fn of_sample(sample: &ContainerStatsResponse) -> Stats {
    let memory = sample.memory_stats.clone().unwrap_or_default();
    let details = memory.stats.unwrap_or_default();
    // Pages that the kernel can drop at any time are no use of memory. v1 and v2 name them differently.
    let cache = ["total_inactive_file", "inactive_file"].iter().find_map(|name| details.get(*name)).copied();
    let networks = sample.networks.iter().flat_map(|all| all.values());
    let sum = |values: Vec<Option<u64>>| values.into_iter().flatten().fold(0, u64::saturating_add);
    let blocks = |op: &str| {
        let entries = sample.blkio_stats.as_ref().and_then(|b| b.io_service_bytes_recursive.as_ref());
        let of_op = entries.into_iter().flatten();
        sum(of_op.filter(|e| e.op.as_deref().is_some_and(|o| o.eq_ignore_ascii_case(op))).map(|e| e.value).collect())
    };
    Stats {
        cpu_percent: cpu_percent(sample),
        memory_bytes: memory.usage.unwrap_or(0).saturating_sub(cache.unwrap_or(0)),
        memory_limit_bytes: memory.limit.unwrap_or(0),
        pids: sample.pids_stats.as_ref().and_then(|p| p.current).unwrap_or(0),
        network_rx_bytes: sum(networks.clone().map(|n| n.rx_bytes).collect()),
        network_tx_bytes: sum(networks.map(|n| n.tx_bytes).collect()),
        block_read_bytes: blocks("read"),
        block_write_bytes: blocks("write"),
    }
}

/// Use between the two samples, in percent of one core.
#[allow(clippy::cast_precision_loss)] // A percentage of nanoseconds: the lost digits are far below what is shown.
fn cpu_percent(sample: &ContainerStatsResponse) -> f64 {
    let (Some(now), Some(before)) = (&sample.cpu_stats, &sample.precpu_stats) else { return 0.0 };
    let used = |stats: &bollard::models::ContainerCpuStats| stats.cpu_usage.as_ref().and_then(|u| u.total_usage);
    let (Some(total), Some(total_before)) = (used(now), used(before)) else { return 0.0 };
    let (Some(system), Some(system_before)) = (now.system_cpu_usage, before.system_cpu_usage) else { return 0.0 };
    let per_core = now.cpu_usage.as_ref().and_then(|u| u.percpu_usage.as_ref()).map_or(1, Vec::len);
    let cores = now.online_cpus.filter(|&n| n > 0).map_or(per_core as f64, f64::from);
    let (used, passed) = (total.saturating_sub(total_before), system.saturating_sub(system_before));
    if passed == 0 { 0.0 } else { used as f64 / passed as f64 * cores * 100.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(json: &str) -> Stats {
        of_sample(&serde_json::from_str(json).unwrap())
    }

    #[test]
    fn cgroup_v1() {
        let stats = parsed(
            r#"{"read":"2026-11-22T08:00:01Z","pids_stats":{"current":3,"limit":512},
            "blkio_stats":{"io_service_bytes_recursive":[{"major":254,"minor":0,"op":"Read","value":4096},
              {"major":254,"minor":0,"op":"Write","value":8192},{"major":254,"minor":0,"op":"Total","value":12288}]},
            "cpu_stats":{"cpu_usage":{"total_usage":3000000000,"percpu_usage":[1,2]},"system_cpu_usage":20000000000,"online_cpus":2},
            "precpu_stats":{"cpu_usage":{"total_usage":2000000000},"system_cpu_usage":16000000000,"online_cpus":2},
            "memory_stats":{"usage":10000000,"max_usage":12000000,"stats":{"cache":5000000,"total_inactive_file":4000000,"inactive_file":1},"limit":268435456},
            "networks":{"eth0":{"rx_bytes":10,"tx_bytes":20},"eth1":{"rx_bytes":1,"tx_bytes":2}}}"#,
        );
        assert!((stats.cpu_percent - 50.0).abs() < 1e-9, "{}", stats.cpu_percent);
        assert_eq!((stats.memory_bytes, stats.memory_limit_bytes, stats.pids), (6_000_000, 268_435_456, 3));
        assert_eq!((stats.block_read_bytes, stats.block_write_bytes), (4096, 8192));
        assert_eq!((stats.network_rx_bytes, stats.network_tx_bytes), (11, 22));
    }

    #[test]
    fn cgroup_v2() {
        let stats = parsed(
            r#"{"pids_stats":{"current":1},
            "blkio_stats":{"io_service_bytes_recursive":[{"major":254,"minor":0,"op":"read","value":1},{"major":254,"minor":0,"op":"write","value":2}]},
            "cpu_stats":{"cpu_usage":{"total_usage":500},"system_cpu_usage":2000,"online_cpus":4},
            "precpu_stats":{"cpu_usage":{"total_usage":0},"system_cpu_usage":1000,"online_cpus":4},
            "memory_stats":{"usage":100,"stats":{"anon":70,"file":30,"inactive_file":20},"limit":1000}}"#,
        );
        assert!((stats.cpu_percent - 200.0).abs() < 1e-9);
        assert_eq!((stats.memory_bytes, stats.block_read_bytes, stats.block_write_bytes), (80, 1, 2));
    }

    #[test]
    fn a_container_that_is_not_running_uses_nothing() {
        let stats = parsed(
            r#"{"pids_stats":{},"blkio_stats":{"io_service_bytes_recursive":null},
            "cpu_stats":{"cpu_usage":{"total_usage":0}},"precpu_stats":{"cpu_usage":{"total_usage":9}},"memory_stats":{}}"#,
        );
        assert_eq!(stats, Stats::default());
    }
}
