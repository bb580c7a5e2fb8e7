use std::collections::HashMap;

use bollard::models::{DeviceMapping, MountPoint, PortBinding, ResourcesUlimits, RestartPolicy};

use super::*;
use crate::domain::options::Gpus;
use crate::sandbox::docker::engine::Facts;
use crate::sandbox::docker::hardening::Image;
use crate::sandbox::docker::hardening::tests::{capable, image};
use crate::sandbox::spec::SandboxSpec;
use crate::sandbox::spec::tests::sample;

/// What an engine shows of a container that it made just as it was asked.
fn shown(wanted: &Wanted<'_>) -> ContainerInspectResponse {
    let body = wanted.body();
    let mut env = body.env.clone().unwrap();
    env.push("PATH=/usr/bin:/bin".to_owned());
    let mut host = body.host_config.unwrap();
    host.masked_paths = Some(HIDDEN.iter().map(|p| (*p).to_owned()).collect());
    host.readonly_paths = Some(vec!["/proc/sys".to_owned()]);
    ContainerInspectResponse {
        image: Some(wanted.image.id.clone()),
        config: Some(ContainerConfig {
            user: body.user,
            working_dir: body.working_dir,
            entrypoint: body.entrypoint,
            env: Some(env),
            labels: body.labels,
            ..Default::default()
        }),
        mounts: Some(
            wanted
                .binds()
                .into_iter()
                .map(|bind| MountPoint {
                    typ: Some("bind".to_owned()),
                    source: Some(bind.source),
                    destination: Some(bind.target),
                    rw: Some(bind.writable),
                    propagation: Some("rprivate".to_owned()),
                    ..Default::default()
                })
                .collect(),
        ),
        host_config: Some(host),
        ..Default::default()
    }
}

fn with<T>(test: impl FnOnce(&Wanted<'_>) -> T) -> T {
    let (spec, facts, image): (SandboxSpec, Facts, Image) = (sample(), capable(), image());
    test(&Wanted { spec: &spec, facts: &facts, image: &image, open_files_max: 20_000 })
}

#[test]
fn what_was_asked_for_passes() {
    with(|wanted| assert_eq!(mismatches(&shown(wanted), wanted), [""; 0]));
}

/// With everything chosen that can be.
fn with_everything<T>(test: impl FnOnce(&Wanted<'_>) -> T) -> T {
    let mut spec = sample();
    spec.options.swap_bytes = 1 << 20;
    spec.options.file_bytes_max = 1 << 20;
    spec.options.open_files_max = 100;
    spec.options.gpus = Gpus::Count(1);
    spec.options.runtime = "runsc".to_owned();
    spec.options.mounts = vec!["/srv/a:/a".parse().unwrap(), "/srv/b:/b:rw".parse().unwrap()];
    let (facts, image) = (capable(), image());
    test(&Wanted { spec: &spec, facts: &facts, image: &image, open_files_max: 20_000 })
}

#[test]
fn what_was_chosen_must_be_there_as_chosen() {
    let changes: &[(&str, Change)] = &[
        ("swap limit", |f| host(f).memory_swap = Some(1 << 30)),
        ("limit fsize", |f| host(f).ulimits.as_mut().unwrap().retain(|l| l.name.as_deref() != Some("fsize"))),
        ("limit nofile", |f| {
            host(f).ulimits = Some(vec![limit("core", 0), limit("nofile", 101), limit("fsize", 1 << 20)]);
        }),
        ("device requests", |f| host(f).device_requests.as_mut().unwrap()[0].count = Some(-1)),
        ("device requests", |f| host(f).device_requests = None),
        ("runtime", |f| host(f).runtime = Some("runc".to_owned())),
        ("runtime", |f| host(f).runtime = None),
        ("a mount at /a", |f| mount(f, "/a").rw = Some(true)),
        ("a mount at /b", |f| mount(f, "/b").source = Some("/etc".to_owned())),
        ("the mount at /b", |f| f.mounts.as_mut().unwrap().retain(|m| m.destination.as_deref() != Some("/b"))),
    ];
    with_everything(|wanted| {
        assert_eq!(mismatches(&shown(wanted), wanted), [""; 0]);
        for (what, change) in changes {
            let mut found = shown(wanted);
            change(&mut found);
            let told = mismatches(&found, wanted);
            assert!(told.iter().any(|line| line.starts_with(what)), "{what}: {told:?}");
        }
    });
}

#[test]
fn nothing_shown_is_a_mismatch() {
    with(|wanted| assert_eq!(mismatches(&ContainerInspectResponse::default(), wanted).len(), 2));
}

type Change = fn(&mut ContainerInspectResponse);

fn host(found: &mut ContainerInspectResponse) -> &mut HostConfig {
    found.host_config.as_mut().unwrap()
}

fn config(found: &mut ContainerInspectResponse) -> &mut ContainerConfig {
    found.config.as_mut().unwrap()
}

#[test]
fn every_weakness_is_a_mismatch() {
    let changes: &[(&str, Change)] = &[
        ("image", |f| f.image = Some("sha256:bb".to_owned())),
        ("user", |f| config(f).user = Some("0:0".to_owned())),
        ("working directory", |f| config(f).working_dir = Some("/proc/self/fd/7".to_owned())),
        ("entry point", |f| config(f).entrypoint = Some(vec!["sh".to_owned()])),
        ("command", |f| config(f).cmd = Some(vec!["sh".to_owned()])),
        ("terminal", |f| config(f).tty = Some(true)),
        ("labels", |f| config(f).labels = None),
        ("environment is", |f| config(f).env.as_mut().unwrap()[0] = "HOME=/elsewhere".to_owned()),
        ("environment beyond", |f| config(f).env.as_mut().unwrap().push("OPENAI_API_KEY=x".to_owned())),
        ("privileged", |f| host(f).privileged = Some(true)),
        ("privileged", |f| host(f).privileged = None),
        ("added capabilities", |f| host(f).cap_add = Some(vec!["SYS_ADMIN".to_owned()])),
        ("dropped capabilities", |f| host(f).cap_drop = None),
        ("no-new-privileges", |f| host(f).security_opt = None),
        ("security options", |f| host(f).security_opt.as_mut().unwrap().push("seccomp=unconfined".to_owned())),
        ("security options", |f| host(f).security_opt.as_mut().unwrap().push("label=disable".to_owned())),
        ("read-only root", |f| host(f).readonly_rootfs = Some(false)),
        ("user namespace", |f| host(f).userns_mode = Some("host".to_owned())),
        ("added groups", |f| host(f).group_add = Some(vec!["docker".to_owned()])),
        ("kernel parameters", |f| host(f).sysctls = Some(HashMap::from([("a".to_owned(), "b".to_owned())]))),
        ("masked paths", |f| host(f).masked_paths = Some(Vec::new())),
        ("read-only paths", |f| host(f).readonly_paths = Some(Vec::new())),
        ("memory limit", |f| host(f).memory = Some(0)),
        ("swap limit", |f| host(f).memory_swap = Some(-1)),
        ("cpu limit", |f| host(f).nano_cpus = None),
        ("process limit", |f| host(f).pids_limit = Some(-1)),
        ("out-of-memory killer", |f| host(f).oom_kill_disable = Some(true)),
        ("out-of-memory score", |f| host(f).oom_score_adj = Some(-1000)),
        ("limit nofile", |f| host(f).ulimits = Some(vec![limit("core", 0)])),
        ("limit nofile", |f| host(f).ulimits = Some(vec![limit("core", 0), limit("nofile", 1 << 30)])),
        ("limit core", |f| host(f).ulimits = Some(vec![limit("core", -1), limit("nofile", 1024)])),
        ("log", |f| host(f).log_config = None),
        ("restart policy", |f| {
            host(f).restart_policy =
                Some(RestartPolicy { name: Some(RestartPolicyNameEnum::ALWAYS), maximum_retry_count: None });
        }),
        ("ipc namespace", |f| host(f).ipc_mode = Some("host".to_owned())),
        ("pid namespace", |f| host(f).pid_mode = Some("host".to_owned())),
        ("uts namespace", |f| host(f).uts_mode = Some("host".to_owned())),
        ("cgroup namespace", |f| host(f).cgroupns_mode = Some(HostConfigCgroupnsModeEnum::HOST)),
        ("devices", |f| host(f).devices = Some(vec![DeviceMapping::default()])),
        ("device requests", |f| host(f).device_requests = Some(vec![bollard::models::DeviceRequest::default()])),
        ("runtime", |f| host(f).runtime = Some("crun".to_owned())),
        ("device rules", |f| host(f).device_cgroup_rules = Some(vec!["a *:* rwm".to_owned()])),
        ("links", |f| host(f).links = Some(vec!["db".to_owned()])),
        ("volumes of other containers", |f| host(f).volumes_from = Some(vec!["db".to_owned()])),
        ("published ports", |f| {
            host(f).port_bindings = Some(HashMap::from([("80/tcp".to_owned(), Some(vec![PortBinding::default()]))]));
        }),
        ("network", |f| host(f).network_mode = Some("bridge".to_owned())),
        ("memory file systems", |f| host(f).tmpfs = None),
        ("memory file systems", |f| {
            host(f).tmpfs.as_mut().unwrap().insert("/etc".to_owned(), String::new());
        }),
        ("host paths", |f| host(f).binds = Some(vec!["/:/host".to_owned()])),
        ("a mount at /var/run/docker.sock", |f| {
            let socket = MountPoint {
                typ: Some("bind".to_owned()),
                source: Some("/var/run/docker.sock".to_owned()),
                destination: Some("/var/run/docker.sock".to_owned()),
                rw: Some(false),
                ..Default::default()
            };
            f.mounts.as_mut().unwrap().push(socket);
        }),
        ("a mount at /shared", |f| mount(f, "/shared").rw = Some(true)),
        ("a mount at /.agentd/agent-init", |f| mount(f, "/.agentd/agent-init").source = Some("/bin/sh".to_owned())),
        ("a mount at /workspace", |f| mount(f, "/workspace").propagation = Some("rshared".to_owned())),
        ("the mount at /workspace", |f| {
            f.mounts.as_mut().unwrap().retain(|m| m.destination.as_deref() != Some("/workspace"));
        }),
        ("a mount at /data", |f| {
            let volume = MountPoint {
                typ: Some("volume".to_owned()),
                destination: Some("/data".to_owned()),
                ..Default::default()
            };
            f.mounts.as_mut().unwrap().push(volume);
        }),
    ];
    with(|wanted| {
        for (what, change) in changes {
            let mut found = shown(wanted);
            change(&mut found);
            let told = mismatches(&found, wanted);
            assert!(told.iter().any(|line| line.starts_with(what)), "{what}: {told:?}");
        }
    });
}

fn limit(name: &str, value: i64) -> ResourcesUlimits {
    ResourcesUlimits { name: Some(name.to_owned()), soft: Some(value), hard: Some(value) }
}

fn mount<'a>(found: &'a mut ContainerInspectResponse, target: &str) -> &'a mut MountPoint {
    let mounts = found.mounts.as_mut().unwrap();
    mounts.iter_mut().find(|m| m.destination.as_deref() == Some(target)).unwrap()
}
