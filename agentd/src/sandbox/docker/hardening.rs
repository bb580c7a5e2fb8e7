//! From a specification to what the engine is asked for. Pure. What it may not become is in [`super::golden`].

use std::collections::HashMap;

use bollard::models::{
    ContainerCreateBody, DeviceRequest, HealthConfig, HostConfig, HostConfigCgroupnsModeEnum, HostConfigLogConfig,
    Mount, MountBindOptions, MountBindOptionsPropagationEnum, MountType, ResourcesUlimits, RestartPolicy,
    RestartPolicyNameEnum,
};

use super::engine::Facts;
use crate::domain::options::Gpus;
use crate::sandbox::error::{SandboxError, SandboxErrorKind};
use crate::sandbox::init_binary::readable;
use crate::sandbox::spec::{HOME_DIR, INIT_PATH, SHARED_DIR, SandboxSpec, WORKSPACE_DIR};

/// Open files at most; the engine's own limit may be lower and cannot be passed.
const OPEN_FILES_MAX: u64 = 65_536;
/// Sizes of the writable places that are no directory of the host. They count against the memory limit.
const TMP_BYTES_MAX: u64 = 512 << 20;
const HOME_BYTES_MAX: u64 = 512 << 20;
const RUN_BYTES_MAX: u64 = 256 << 20;
const IMAGE_VOLUME_BYTES_MAX: u64 = 256 << 20;
const SHARED_MEMORY_BYTES: i64 = 64 << 20;
/// Volumes that an image may declare.
const IMAGE_VOLUMES_MAX: usize = 16;
/// The kernel's kill order: a sandbox goes before the host's own processes.
pub(super) const OOM_SCORE: i64 = 500;
/// What agent-init itself may write to the engine's log.
const LOG_SIZE_MAX: &str = "1m";
/// Seconds between TERM and KILL at a stop; agent-init ends its children and itself at once.
pub(super) const STOP_SECONDS: i32 = 5;

/// An image as far as a container depends on it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Image {
    pub(super) id: String,
    pub(super) digest: String,
    pub(super) env: Vec<String>,
    pub(super) volumes: Vec<String>,
}

/// Everything a container is asked to be.
#[derive(Clone, Debug)]
pub(super) struct Wanted<'a> {
    pub(super) spec: &'a SandboxSpec,
    pub(super) facts: &'a Facts,
    pub(super) image: &'a Image,
    /// This process's own limit of open files, which the engine's is taken to be not below.
    pub(super) open_files_max: u64,
}

impl Wanted<'_> {
    /// Refuses what must never be asked for.
    pub(super) fn refuse_unsafe(&self) -> Result<(), SandboxError> {
        let refused = |why: String| Err(SandboxError::new(SandboxErrorKind::EngineUnsuitable, why));
        let options = &self.spec.options;
        let network = &options.network;
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
        if network == "host" || network.is_empty() || network.len() > 128 || !network.chars().all(plain) {
            return refused(format!(
                "network {network:?} is not given to a sandbox: use none, bridge or a network's name"
            ));
        }
        if self.spec.uid == 0 || self.spec.gid == 0 {
            return refused("a sandbox does not run as root".to_owned());
        }
        if !options.runtime.is_empty() && !self.facts.runtimes.contains(&options.runtime) {
            let there = self.facts.runtimes.join(", ");
            let error = format!("this engine has no runtime {} (it has: {there})", options.runtime);
            return Err(SandboxError::new(SandboxErrorKind::EngineUnsuitable, error)
                .hinted("add it to the engine's daemon.json and restart the engine, or leave --runtime out"));
        }
        if self.image.volumes.len() > IMAGE_VOLUMES_MAX {
            return refused(format!("the image declares more than {IMAGE_VOLUMES_MAX} volumes"));
        }
        if let Some(volume) = self.image.volumes.iter().find(|v| !is_plain_target(v)) {
            return refused(format!("the image declares a volume at {volume:?}"));
        }
        Ok(())
    }

    /// The request.
    pub(super) fn body(&self) -> ContainerCreateBody {
        ContainerCreateBody {
            hostname: Some("sandbox".to_owned()),
            image: Some(self.image.id.clone()),
            user: Some(self.user()),
            working_dir: Some(WORKSPACE_DIR.to_owned()),
            entrypoint: Some(entrypoint()),
            cmd: Some(Vec::new()),
            env: Some(self.env().into_iter().map(|(name, value)| format!("{name}={value}")).collect()),
            labels: Some(self.spec.labels().into_iter().map(|(k, v)| (k.to_owned(), v)).collect()),
            healthcheck: Some(HealthConfig { test: Some(vec!["NONE".to_owned()]), ..Default::default() }),
            stop_signal: Some("SIGTERM".to_owned()),
            tty: Some(false),
            open_stdin: Some(false),
            host_config: Some(self.host_config()),
            ..Default::default()
        }
    }

    fn host_config(&self) -> HostConfig {
        let memory = self.memory();
        HostConfig {
            privileged: Some(false),
            cap_drop: Some(vec!["ALL".to_owned()]),
            security_opt: Some(vec!["no-new-privileges:true".to_owned()]),
            readonly_rootfs: Some(true),
            tmpfs: Some(self.tmpfs()),
            mounts: Some(self.binds().iter().map(Bind::mount).collect()),
            network_mode: Some(self.spec.options.network.clone()),
            ipc_mode: Some("private".to_owned()),
            cgroupns_mode: Some(HostConfigCgroupnsModeEnum::PRIVATE),
            shm_size: Some(SHARED_MEMORY_BYTES),
            memory,
            memory_swap: self.memory_with_swap(),
            nano_cpus: self.nano_cpus(),
            pids_limit: self.pids(),
            ulimits: Some(self.ulimits()),
            device_requests: self.device_requests(),
            runtime: Some(self.spec.options.runtime.clone()).filter(|runtime| !runtime.is_empty()),
            oom_score_adj: Some(OOM_SCORE),
            // agent-init is PID 1 and reaps.
            init: Some(false),
            restart_policy: Some(RestartPolicy { name: Some(RestartPolicyNameEnum::NO), maximum_retry_count: None }),
            log_config: Some(HostConfigLogConfig {
                typ: Some("json-file".to_owned()),
                config: Some(HashMap::from([
                    ("max-size".to_owned(), LOG_SIZE_MAX.to_owned()),
                    ("max-file".to_owned(), "1".to_owned()),
                ])),
            }),
            ..Default::default()
        }
    }

    /// User and group by number: names would be looked up in the image.
    pub(super) fn user(&self) -> String {
        format!("{}:{}", self.spec.uid, self.spec.gid)
    }

    /// The variables that we set. None of them is worth stealing: the hash of the token opens nothing.
    pub(super) fn env(&self) -> [(&'static str, &str); 3] {
        [("HOME", HOME_DIR), ("LANG", "C.UTF-8"), ("AGENT_INIT_TOKEN_SHA256", &self.spec.token_sha256)]
    }

    /// Whether the runtime is gVisor, whose kernel in user space has to read a program to run it.
    fn reads_what_it_runs(&self) -> bool {
        let chosen = &self.spec.options.runtime;
        let runtime = if chosen.is_empty() { &self.facts.default_runtime } else { chosen };
        runtime.contains("runsc") || runtime.contains("gvisor")
    }

    /// The directories and the file of the host that it sees.
    pub(super) fn binds(&self) -> Vec<Bind> {
        let spec = self.spec;
        let text = |path: &std::path::Path| path.to_string_lossy().into_owned();
        let init_path = if self.reads_what_it_runs() { readable(&spec.init_path) } else { spec.init_path.clone() };
        let mut binds = vec![
            Bind { source: text(&spec.workspace), target: WORKSPACE_DIR.to_owned(), writable: true },
            Bind { source: text(&init_path), target: INIT_PATH.to_owned(), writable: false },
        ];
        if let Some(shared) = &spec.shared {
            binds.push(Bind { source: text(shared), target: SHARED_DIR.to_owned(), writable: false });
        }
        binds.extend(spec.options.mounts.iter().map(|mount| Bind {
            source: text(&mount.source),
            target: mount.target.clone(),
            writable: mount.writable,
        }));
        binds
    }

    /// The writable places that live in memory, by target. The owner is a mount option and not a mode alone: where the
    /// image has the directory, the kernel's mode gives way to the image's.
    pub(super) fn tmpfs(&self) -> HashMap<String, String> {
        let (uid, gid) = (self.spec.uid, self.spec.gid);
        let options = |bytes_max: u64, mode: &str| {
            let size = if self.spec.options.memory_bytes == 0 {
                bytes_max
            } else {
                bytes_max.min(self.spec.options.memory_bytes)
            };
            format!("rw,exec,nosuid,nodev,size={size},uid={uid},gid={gid},mode={mode}")
        };
        let mut places = HashMap::from([
            ("/tmp".to_owned(), options(TMP_BYTES_MAX, "1777")),
            (HOME_DIR.to_owned(), options(HOME_BYTES_MAX, "0700")),
            ("/run".to_owned(), options(RUN_BYTES_MAX, "0755").replace("exec", "noexec")),
        ]);
        // A volume that an image declares would be a directory of the host, without a limit and left behind.
        for volume in &self.image.volumes {
            let target = volume.trim_end_matches('/');
            if target != WORKSPACE_DIR && target != SHARED_DIR {
                places.entry(target.to_owned()).or_insert_with(|| options(IMAGE_VOLUME_BYTES_MAX, "0755"));
            }
        }
        places
    }

    /// The memory limit, where there is one and the engine can hold it.
    pub(super) fn memory(&self) -> Option<i64> {
        let bytes = self.spec.options.memory_bytes;
        (bytes > 0 && self.facts.limits_memory).then(|| i64::try_from(bytes).unwrap_or(i64::MAX))
    }

    /// The limit of memory and swap together: no swap, unless it was asked for.
    pub(super) fn memory_with_swap(&self) -> Option<i64> {
        let swap = i64::try_from(self.spec.options.swap_bytes).unwrap_or(i64::MAX);
        self.memory().filter(|_| self.facts.limits_swap).map(|memory| memory.saturating_add(swap))
    }

    /// The CPU limit, where there is one and the engine can hold it; never more than the engine's machine has.
    pub(super) fn nano_cpus(&self) -> Option<i64> {
        let millis = self.spec.options.cpu_millis;
        let there = if self.facts.cpus == 0 { millis } else { self.facts.cpus.saturating_mul(1000) };
        let nanos = millis.min(there).saturating_mul(1_000_000);
        (millis > 0 && self.facts.limits_cpu).then(|| i64::try_from(nanos).unwrap_or(i64::MAX))
    }

    /// The process limit, where there is one and the engine can hold it.
    pub(super) fn pids(&self) -> Option<i64> {
        let pids = self.spec.options.pids_max;
        (pids > 0 && self.facts.limits_pids).then_some(pids.into())
    }

    /// Core dumps, open files and the size of a file.
    pub(super) fn ulimits(&self) -> Vec<ResourcesUlimits> {
        let options = &self.spec.options;
        let limit = |name: &str, value: u64| {
            let value = Some(i64::try_from(value).unwrap_or(i64::MAX));
            ResourcesUlimits { name: Some(name.to_owned()), soft: value, hard: value }
        };
        let wanted = if options.open_files_max == 0 { OPEN_FILES_MAX } else { options.open_files_max };
        let mut limits =
            vec![limit("core", 0), limit("nofile", wanted.min(self.open_files_max).clamp(1, OPEN_FILES_MAX))];
        if options.file_bytes_max > 0 {
            limits.push(limit("fsize", options.file_bytes_max));
        }
        limits
    }

    /// Graphics processors, in the form that engines take.
    pub(super) fn device_requests(&self) -> Option<Vec<DeviceRequest>> {
        let count = match self.spec.options.gpus {
            Gpus::None => return None,
            Gpus::Count(count) => i64::from(count),
            Gpus::All => -1,
        };
        Some(vec![DeviceRequest {
            count: Some(count),
            capabilities: Some(vec![vec!["gpu".to_owned()]]),
            ..Default::default()
        }])
    }

    /// What cannot be held on this engine, in words.
    pub(super) fn not_enforced(&self) -> Vec<String> {
        let (options, facts) = (&self.spec.options, self.facts);
        let mut words = vec!["disk: the size of the workspace is not limited".to_owned()];
        if options.memory_bytes > 0 && !facts.limits_memory {
            words.push("memory: this engine cannot limit it".to_owned());
        } else if options.memory_bytes > 0 && !facts.limits_swap {
            words.push("swap: this engine cannot limit it".to_owned());
        }
        if options.open_files_max > self.open_files_max {
            words.push(format!("open files: {} at most, because agentd itself has no more", self.open_files_max));
        }
        if options.cpu_millis > 0 && !facts.limits_cpu {
            words.push("cpu: this engine cannot limit it".to_owned());
        }
        if options.pids_max > 0 && !facts.limits_pids {
            words.push("processes: this engine cannot limit them".to_owned());
        }
        if !facts.seccomp {
            words.push("seccomp: this engine filters no system calls".to_owned());
        }
        words
    }
}

/// What the container runs.
pub(super) fn entrypoint() -> Vec<String> {
    vec![INIT_PATH.to_owned(), "serve".to_owned()]
}

/// A directory or file of the host in the container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bind {
    pub(super) source: String,
    pub(super) target: String,
    pub(super) writable: bool,
}

impl Bind {
    fn mount(&self) -> Mount {
        Mount {
            typ: Some(MountType::BIND),
            source: Some(self.source.clone()),
            target: Some(self.target.clone()),
            read_only: Some(!self.writable),
            bind_options: Some(MountBindOptions {
                propagation: Some(MountBindOptionsPropagationEnum::RPRIVATE),
                // Read-only is not passed on to what is mounted below it: that stays outside.
                non_recursive: Some(!self.writable),
                ..Default::default()
            }),
            ..Default::default()
        }
    }
}

fn is_plain_target(path: &str) -> bool {
    let parts = || path.split('/').skip(1);
    let system = ["proc", "sys", "dev", ".agentd"];
    path.starts_with('/')
        && path.trim_end_matches('/').len() > 1
        && path.len() <= 256
        && !path.chars().any(|c| c.is_control() || matches!(c, ':' | ','))
        && !parts().any(|part| part == ".." || part == ".")
        && parts().next().is_none_or(|first| !system.contains(&first))
}

#[cfg(test)]
pub(super) mod tests;
