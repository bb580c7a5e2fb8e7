//! Containers, their measurements, and findings of checks.

use proto::v1;

use crate::domain::outcome::ExecReport;
use crate::domain::time::WallTime;
use crate::sandbox::backend::{Finding, Observed, SandboxStatus, Severity, Stats};
use crate::sandbox::embedded;
use crate::session::view::SessionView;

/// The container of a session: the journal's view of it, with what the backend sees.
pub(in crate::api) fn container(view: &SessionView, observed: Option<Observed>, backend: &str) -> v1::Container {
    let status = match observed.as_ref().map(|observed| observed.status) {
        None | Some(SandboxStatus::Removing) => v1::ContainerStatus::Absent,
        Some(SandboxStatus::Created) => v1::ContainerStatus::Created,
        Some(SandboxStatus::Running) => v1::ContainerStatus::Running,
        Some(SandboxStatus::Paused) => v1::ContainerStatus::Paused,
        Some(SandboxStatus::Stopped) => v1::ContainerStatus::Stopped,
    };
    let sandbox = &view.options.sandbox;
    let created = observed.as_ref().filter(|observed| observed.created_ms > 0);
    v1::Container {
        session: view.id.to_string(),
        id: observed.as_ref().map(|observed| observed.id.clone()).unwrap_or_default(),
        backend: backend.to_owned(),
        status: status.into(),
        image: if backend == embedded::KIND { embedded::IMAGE.to_owned() } else { sandbox.image.clone() },
        created: created.map(|observed| WallTime(observed.created_ms).rfc3339()).unwrap_or_default(),
        memory: sandbox.memory_bytes,
        cpus: super::session::cores(sandbox.cpu_millis),
        pids: sandbox.pids_max,
        name: view.container.clone().unwrap_or_default(),
        session_name: view.name.clone().unwrap_or_default(),
        hardening: observed.map(|observed| observed.hardening).unwrap_or_default(),
        not_enforced: view.not_enforced.clone(),
    }
}

/// One measurement.
pub(in crate::api) fn stats(view: &SessionView, stats: &Stats) -> v1::ContainerStats {
    v1::ContainerStats {
        session: view.id.to_string(),
        time: WallTime::now().rfc3339(),
        cpu_percent: stats.cpu_percent,
        memory_bytes: stats.memory_bytes,
        memory_limit_bytes: stats.memory_limit_bytes,
        pids: stats.pids,
        network_rx_bytes: stats.network_rx_bytes,
        network_tx_bytes: stats.network_tx_bytes,
        block_read_bytes: stats.block_read_bytes,
        block_write_bytes: stats.block_write_bytes,
    }
}

/// How a command ended.
pub(in crate::api) fn exec_report(report: ExecReport) -> v1::ExecReport {
    v1::ExecReport {
        exit_code: report.exit_code,
        signal: report.signal,
        duration_ms: report.duration_ms,
        output_bytes: report.output_bytes,
        truncated: report.truncated,
        oom: report.oom,
        timed_out: report.timed_out,
        output_path: report.output_path,
    }
}

/// One finding of a check.
pub(in crate::api) fn finding(finding: Finding) -> v1::Finding {
    let severity = match finding.severity {
        Severity::Ok => v1::Severity::Ok,
        Severity::Warning => v1::Severity::Warning,
        Severity::Error => v1::Severity::Error,
    };
    v1::Finding {
        check: finding.check.to_owned(),
        severity: severity.into(),
        message: finding.message,
        remedy: finding.remedy,
    }
}
