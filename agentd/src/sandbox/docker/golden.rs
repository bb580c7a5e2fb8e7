//! Whether a container is what was asked for: its inspection against the specification. Pure. Whatever is not known to
//! be as it must be is a mismatch.

use bollard::models::{
    ContainerConfig, ContainerInspectResponse, DeviceRequest, HostConfig, HostConfigCgroupnsModeEnum,
    RestartPolicyNameEnum,
};

use super::hardening::{OOM_SCORE, Wanted, entrypoint};
use crate::sandbox::spec::WORKSPACE_DIR;

/// Paths of the kernel that an engine hides by default; some of them at least must be hidden.
const HIDDEN: &[&str] = &["/proc/kcore", "/proc/keys", "/sys/firmware"];
/// Variables that engines add by themselves.
const ENGINE_VARIABLES: &[&str] = &["PATH", "HOSTNAME", "TERM", "container"];

/// Everything about a container that is not as it was asked for, one line each; empty: it is as specified.
pub(super) fn mismatches(found: &ContainerInspectResponse, wanted: &Wanted<'_>) -> Vec<String> {
    let mut check = Check::default();
    match (&found.host_config, &found.config) {
        (Some(host), Some(config)) => {
            check.config(config, wanted);
            check.privileges(host, wanted);
            check.limits(host, wanted);
            check.reach(host, wanted);
            check.mounts(found, host, wanted);
        }
        _ => check.mismatches.push("the engine shows no configuration".to_owned()),
    }
    check.must("image", found.image.as_deref() == Some(&wanted.image.id));
    check.mismatches
}

#[derive(Default)]
struct Check {
    mismatches: Vec<String>,
}

impl Check {
    fn must(&mut self, what: &str, holds: bool) {
        if !holds {
            self.mismatches.push(format!("{what} is not as specified"));
        }
    }

    /// Nothing of the kind may be there.
    fn none<T>(&mut self, what: &str, found: Option<&Vec<T>>) {
        self.must(what, found.is_none_or(Vec::is_empty));
    }

    fn config(&mut self, config: &ContainerConfig, wanted: &Wanted<'_>) {
        self.must("user", config.user.as_deref() == Some(&wanted.user()));
        self.must("working directory", config.working_dir.as_deref() == Some(WORKSPACE_DIR));
        self.must("entry point", config.entrypoint.as_ref() == Some(&entrypoint()));
        self.none("command", config.cmd.as_ref());
        self.must("terminal", config.tty != Some(true) && config.open_stdin != Some(true));
        let labels = config.labels.clone().unwrap_or_default();
        self.must("labels", wanted.spec.labels().iter().all(|(name, value)| labels.get(*name) == Some(value)));
        let env = config.env.clone().unwrap_or_default();
        let ours = wanted.env();
        let set = |name: &str, value: &str| {
            let of_name = env.iter().filter_map(|e| e.split_once('=')).filter(|(n, _)| *n == name);
            of_name.map(|(_, v)| v).eq([value])
        };
        self.must("environment", ours.iter().all(|(name, value)| set(name, value)));
        let known = |entry: &String| {
            let name = entry.split('=').next().unwrap_or_default();
            ours.iter().any(|(ours, _)| *ours == name)
                || wanted.image.env.contains(entry)
                || ENGINE_VARIABLES.contains(&name)
        };
        self.must("environment beyond ours and the image's", env.iter().all(known));
    }

    fn privileges(&mut self, host: &HostConfig, wanted: &Wanted<'_>) {
        self.must("privileged", host.privileged == Some(false));
        self.none("added capabilities", host.cap_add.as_ref());
        let drops = host.cap_drop.clone().unwrap_or_default();
        // Podman shows the capabilities one by one.
        let all = drops.iter().any(|c| c.eq_ignore_ascii_case("ALL")) || (wanted.facts.podman && drops.len() >= 10);
        self.must("dropped capabilities", all);
        let options = host.security_opt.clone().unwrap_or_default();
        let raises_none = |o: &String| o == "no-new-privileges" || o == "no-new-privileges:true";
        self.must("no-new-privileges", options.iter().any(raises_none));
        let weaker = |o: &String| o.contains("unconfined") || o.contains("disable") || o.contains(":false");
        self.must("security options", !options.iter().any(weaker));
        self.must("read-only root", host.readonly_rootfs == Some(true));
        self.must("user namespace", is_default(host.userns_mode.as_deref(), &[]));
        self.none("added groups", host.group_add.as_ref());
        self.must("kernel parameters", host.sysctls.as_ref().is_none_or(std::collections::HashMap::is_empty));
        let hides = |paths: &Vec<String>| HIDDEN.iter().all(|hidden| paths.iter().any(|p| p == hidden));
        self.must("masked paths", wanted.facts.podman || host.masked_paths.as_ref().is_some_and(hides));
        let holds_sys = |paths: &Vec<String>| paths.iter().any(|p| p == "/proc/sys");
        self.must("read-only paths", wanted.facts.podman || host.readonly_paths.as_ref().is_some_and(holds_sys));
    }

    fn limits(&mut self, host: &HostConfig, wanted: &Wanted<'_>) {
        let limit = |found: Option<i64>| found.filter(|&n| n > 0);
        self.must("memory limit", limit(host.memory) == wanted.memory());
        if wanted.facts.limits_swap {
            self.must("swap limit", limit(host.memory_swap) == wanted.memory_with_swap());
        }
        self.must("cpu limit", limit(host.nano_cpus) == wanted.nano_cpus());
        self.must("process limit", limit(host.pids_limit) == wanted.pids());
        self.must("out-of-memory killer", host.oom_kill_disable != Some(true));
        self.must("out-of-memory score", host.oom_score_adj.is_some_and(|score| score >= OOM_SCORE));
        let limits = host.ulimits.clone().unwrap_or_default();
        let held = |name: &str| limits.iter().find(|l| l.name.as_deref() == Some(name)).and_then(|l| l.hard);
        for wanted in wanted.ulimits() {
            let name = wanted.name.as_deref().unwrap_or_default();
            self.must(&format!("limit {name}"), wanted.hard.is_some() && held(name) == wanted.hard);
        }
        let log = host.log_config.clone().unwrap_or_default();
        let capped = log.config.is_some_and(|config| config.contains_key("max-size"));
        self.must("log", wanted.facts.podman || capped || log.typ.as_deref() == Some("none"));
        let restart = host.restart_policy.as_ref().and_then(|policy| policy.name);
        let never = [None, Some(RestartPolicyNameEnum::EMPTY), Some(RestartPolicyNameEnum::NO)];
        self.must("restart policy", never.contains(&restart));
    }

    fn reach(&mut self, host: &HostConfig, wanted: &Wanted<'_>) {
        self.must("ipc namespace", host.ipc_mode.as_deref() == Some("private"));
        self.must("pid namespace", is_default(host.pid_mode.as_deref(), &["private"]));
        self.must("uts namespace", is_default(host.uts_mode.as_deref(), &["private"]));
        self.must("cgroup namespace", host.cgroupns_mode == Some(HostConfigCgroupnsModeEnum::PRIVATE));
        self.none("devices", host.devices.as_ref());
        let requested = host.device_requests.clone().unwrap_or_default();
        let counts =
            |requests: &[DeviceRequest]| requests.iter().map(|r| (r.count, r.capabilities.clone())).collect::<Vec<_>>();
        self.must("device requests", counts(&requested) == counts(&wanted.device_requests().unwrap_or_default()));
        let runtime = host.runtime.as_deref().unwrap_or_default();
        let chosen = wanted.spec.options.runtime.as_str();
        let usual = [wanted.facts.default_runtime.as_str(), ""];
        self.must(
            "runtime",
            if chosen.is_empty() { wanted.facts.podman || usual.contains(&runtime) } else { runtime == chosen },
        );
        self.none("device rules", host.device_cgroup_rules.as_ref());
        self.none("links", host.links.as_ref());
        self.none("volumes of other containers", host.volumes_from.as_ref());
        let published = host.port_bindings.as_ref().is_some_and(|ports| !ports.is_empty());
        self.must("published ports", !published && host.publish_all_ports != Some(true));
    }

    fn mounts(&mut self, found: &ContainerInspectResponse, host: &HostConfig, wanted: &Wanted<'_>) {
        self.must("network", host.network_mode.as_deref() == Some(&wanted.spec.options.network));
        let places = wanted.tmpfs();
        let options = |found: &String| found.split(',').map(str::to_owned).collect::<std::collections::BTreeSet<_>>();
        let there = host.tmpfs.clone().unwrap_or_default();
        let same = there.len() == places.len()
            && places.iter().all(|(target, wanted)| there.get(target).map(options) == Some(options(wanted)));
        self.must("memory file systems", same || wanted.facts.podman);
        let mut binds = wanted.binds();
        for mount in found.mounts.iter().flatten() {
            let target = mount.destination.as_deref().unwrap_or_default();
            if mount.typ.as_deref() == Some("tmpfs") && places.contains_key(target) {
                continue;
            }
            let before = binds.len();
            binds.retain(|bind| {
                !(mount.typ.as_deref() == Some("bind")
                    && bind.target == target
                    && Some(&bind.source) == mount.source.as_ref()
                    && Some(bind.writable) == mount.rw
                    && is_default(mount.propagation.as_deref(), &["rprivate", "private"]))
            });
            self.must(&format!("a mount at {target}"), binds.len() + 1 == before);
        }
        for bind in &binds {
            self.must(&format!("the mount at {}", bind.target), false);
        }
        // What the request form of a bind would hide from the list above.
        if !wanted.facts.podman {
            self.none("host paths", host.binds.as_ref());
        }
    }
}

fn is_default(found: Option<&str>, also: &[&str]) -> bool {
    found.is_none_or(|mode| mode.is_empty() || also.contains(&mode))
}

#[cfg(test)]
#[path = "golden_tests.rs"]
mod tests;
