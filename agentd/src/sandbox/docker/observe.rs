//! What the engine shows, as our own data. Nothing without this installation's label is ever shown.

use std::collections::HashMap;

use bollard::models::{
    ContainerInspectResponse, ContainerStateStatusEnum, ContainerSummary, ContainerSummaryStateEnum,
};
use bollard::query_parameters::{InspectContainerOptions, ListContainersOptionsBuilder};

use super::engine::{Engine, within};
use super::errors::{of_engine, status};
use crate::sandbox::backend::{Observed, SandboxStatus};
use crate::sandbox::error::SandboxError;
use crate::sandbox::spec::{LABEL_GENERATION, LABEL_IMAGE, LABEL_INSTALL, LABEL_SESSION, LABEL_SPEC};

impl Engine {
    /// A container as the engine shows it, whoever it belongs to.
    pub(super) async fn look(&self, name: &str) -> Result<Option<ContainerInspectResponse>, SandboxError> {
        match within(20, self.docker.inspect_container(name, None::<InspectContainerOptions>)).await {
            Ok(found) => Ok(Some(found)),
            Err(error) if status(&error) == Some(404) => Ok(None),
            Err(error) => Err(of_engine("look at the container", &error)),
        }
    }

    /// All containers of this installation.
    pub(super) async fn list_ours(&self, install_id: &str) -> Result<Vec<Observed>, SandboxError> {
        let filters = HashMap::from([("label".to_owned(), vec![format!("{LABEL_INSTALL}={install_id}")])]);
        let options = ListContainersOptionsBuilder::default().all(true).filters(&filters).build();
        let found = self.within(20, "list the containers", self.docker.list_containers(Some(options))).await?;
        Ok(found.into_iter().filter_map(|summary| of_summary(summary, install_id)).collect())
    }
}

/// Whether a container carries this installation's label.
pub(super) fn is_ours(found: &ContainerInspectResponse, install_id: &str) -> bool {
    let labels = found.config.as_ref().and_then(|c| c.labels.as_ref());
    labels.and_then(|l| l.get(LABEL_INSTALL)).is_some_and(|label| label == install_id)
}

/// What an inspected container is doing.
pub(super) fn status_of(found: &ContainerInspectResponse) -> SandboxStatus {
    use ContainerStateStatusEnum as Status;
    match found.state.as_ref().and_then(|s| s.status) {
        Some(Status::CREATED) => SandboxStatus::Created,
        Some(Status::RUNNING | Status::RESTARTING | Status::STOPPING) => SandboxStatus::Running,
        Some(Status::PAUSED) => SandboxStatus::Paused,
        Some(Status::REMOVING) => SandboxStatus::Removing,
        Some(Status::EXITED | Status::DEAD | Status::EMPTY) | None => SandboxStatus::Stopped,
    }
}

/// An inspected container of ours; `None` where it is not.
pub(super) fn of_inspect(found: ContainerInspectResponse, install_id: &str) -> Option<Observed> {
    if !is_ours(&found, install_id) {
        return None;
    }
    let status = status_of(&found);
    let hardening = measures(&found);
    let labels = found.config.unwrap_or_default().labels.unwrap_or_default();
    let host = found.host_config.unwrap_or_default();
    let amount = |found: Option<i64>| found.and_then(|n| u64::try_from(n).ok()).unwrap_or(0);
    Some(Observed {
        name: found.name.unwrap_or_default().trim_start_matches('/').to_owned(),
        id: found.id.unwrap_or_default(),
        status,
        image_digest: found.image.unwrap_or_default(),
        created_ms: found.created.as_deref().map_or(0, time_ms),
        memory_bytes: amount(host.memory),
        cpu_millis: amount(host.nano_cpus) / 1_000_000,
        pids_max: u32::try_from(amount(host.pids_limit)).unwrap_or(u32::MAX),
        hardening,
        ..of_labels(&labels)
    })
}

fn of_summary(found: ContainerSummary, install_id: &str) -> Option<Observed> {
    use ContainerSummaryStateEnum as State;
    let labels = found.labels.unwrap_or_default();
    if labels.get(LABEL_INSTALL).is_none_or(|label| label != install_id) {
        return None;
    }
    Some(Observed {
        name: found.names.unwrap_or_default().first().map(|n| n.trim_start_matches('/').to_owned()).unwrap_or_default(),
        id: found.id.unwrap_or_default(),
        status: match found.state {
            Some(State::CREATED) => SandboxStatus::Created,
            Some(State::RUNNING | State::RESTARTING | State::STOPPING) => SandboxStatus::Running,
            Some(State::PAUSED) => SandboxStatus::Paused,
            Some(State::REMOVING) => SandboxStatus::Removing,
            Some(State::EXITED | State::DEAD | State::EMPTY) | None => SandboxStatus::Stopped,
        },
        image_digest: found.image_id.unwrap_or_default(),
        created_ms: found.created.unwrap_or(0).saturating_mul(1000),
        ..of_labels(&labels)
    })
}

fn of_labels(labels: &HashMap<String, String>) -> Observed {
    let label = |name: &str| labels.get(name).cloned().unwrap_or_default();
    Observed {
        name: String::new(),
        id: String::new(),
        session: label(LABEL_SESSION),
        generation: label(LABEL_GENERATION).parse().unwrap_or(0),
        status: SandboxStatus::Stopped,
        image: label(LABEL_IMAGE),
        image_digest: String::new(),
        created_ms: 0,
        memory_bytes: 0,
        cpu_millis: 0,
        pids_max: 0,
        spec_hash: label(LABEL_SPEC),
        hardening: Vec::new(),
    }
}

fn time_ms(text: &str) -> i64 {
    text.parse::<jiff::Timestamp>().map_or(0, jiff::Timestamp::as_millisecond)
}

/// How a container is hardened, one line a measure, from its inspection and not from what was asked for.
fn measures(found: &ContainerInspectResponse) -> Vec<String> {
    let empty = bollard::models::HostConfig::default();
    let host = found.host_config.as_ref().unwrap_or(&empty);
    let text = |value: Option<&str>| value.filter(|v| !v.is_empty()).unwrap_or("private").to_owned();
    let list =
        |values: Option<&Vec<String>>| values.filter(|v| !v.is_empty()).map_or("none".to_owned(), |v| v.join(" "));
    let number = |value: Option<i64>| value.filter(|&v| v > 0).map_or("none".to_owned(), |v| v.to_string());
    let user = found.config.as_ref().and_then(|c| c.user.clone()).filter(|u| !u.is_empty());
    let mut lines = vec![
        format!("user {}", user.as_deref().unwrap_or("root")),
        format!("privileged {}", if host.privileged == Some(true) { "yes" } else { "no" }),
        format!("capabilities dropped {}, added {}", list(host.cap_drop.as_ref()), list(host.cap_add.as_ref())),
        format!("security {}", list(host.security_opt.as_ref())),
        format!("root file system {}", if host.readonly_rootfs == Some(true) { "read-only" } else { "writable" }),
        format!("network {}", text(host.network_mode.as_deref())),
        format!(
            "ipc {}, pid {}, uts {}",
            text(host.ipc_mode.as_deref()),
            text(host.pid_mode.as_deref()),
            text(host.uts_mode.as_deref())
        ),
        format!("memory {} bytes, with swap {}", number(host.memory), number(host.memory_swap)),
        format!("processes {}", number(host.pids_limit)),
    ];
    for mount in found.mounts.iter().flatten() {
        let access = if mount.rw == Some(false) { "read-only" } else { "writable" };
        let target = mount.destination.as_deref().unwrap_or_default();
        lines.push(format!("mount {target} {access} from {}", mount.source.as_deref().unwrap_or_default()));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labelled(install: &str) -> ContainerInspectResponse {
        serde_json::from_value(serde_json::json!({
            "Id": "0f", "Name": "/agentd-x-1", "Created": "2026-11-22T08:26:48.088Z", "Image": "sha256:aa",
            "State": {"Status": "paused"},
            "Config": {"User": "1000:1000", "Labels": {
                "agentd.install": install, "agentd.session": "s", "agentd.generation": "3", "agentd.spec": "h", "agentd.image": "debian:12"}},
            "HostConfig": {"Memory": 1024, "NanoCpus": 1_500_000_000, "PidsLimit": 100, "CapDrop": ["ALL"], "ReadonlyRootfs": true, "NetworkMode": "none"},
            "Mounts": [{"Type": "bind", "Source": "/w", "Destination": "/workspace", "RW": true}],
        }))
        .unwrap()
    }

    #[test]
    fn ours_is_read_and_anothers_is_not_seen() {
        let found = of_inspect(labelled("me"), "me").unwrap();
        assert_eq!((found.name.as_str(), found.session.as_str(), found.generation), ("agentd-x-1", "s", 3));
        assert_eq!(found.status, SandboxStatus::Paused);
        assert_eq!((found.memory_bytes, found.cpu_millis, found.pids_max), (1024, 1500, 100));
        assert_eq!(found.created_ms, 1_795_336_008_088);
        assert!(found.hardening.contains(&"capabilities dropped ALL, added none".to_owned()));
        assert!(found.hardening.contains(&"mount /workspace writable from /w".to_owned()));
        assert!(of_inspect(labelled("other"), "me").is_none());
        assert!(of_inspect(ContainerInspectResponse::default(), "me").is_none());
    }

    #[test]
    fn a_list_shows_ours_alone() {
        let summary = |install: &str| -> ContainerSummary {
            serde_json::from_value(serde_json::json!({
                "Id": "0f", "Names": ["/agentd-x-1"], "ImageID": "sha256:aa", "Created": 7, "State": "exited",
                "Labels": {"agentd.install": install, "agentd.session": "s", "agentd.generation": "x"},
            }))
            .unwrap()
        };
        let found = of_summary(summary("me"), "me").unwrap();
        assert_eq!((found.status, found.created_ms, found.generation), (SandboxStatus::Stopped, 7000, 0));
        assert!(of_summary(summary("other"), "me").is_none());
    }
}
