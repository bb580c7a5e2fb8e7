//! What is asked for, from a specification and an engine.

use super::*;
use crate::sandbox::spec::tests::sample;

pub(crate) fn capable() -> Facts {
    Facts {
        version: "20.10.24".to_owned(),
        runc_version: "1.1.5".to_owned(),
        podman: false,
        cpus: 2,
        limits_memory: true,
        limits_swap: true,
        limits_cpu: true,
        limits_pids: true,
        seccomp: true,
        live_restore: false,
        rootless: false,
        confined_by_lsm: true,
        runtimes: vec!["runc".to_owned(), "runsc".to_owned()],
        default_runtime: "runc".to_owned(),
    }
}

pub(crate) fn image() -> Image {
    Image {
        id: "sha256:aa".to_owned(),
        digest: "sha256:aa".to_owned(),
        env: vec!["PATH=/usr/bin:/bin".to_owned(), "HOME=/root".to_owned()],
        volumes: Vec::new(),
    }
}

fn wanted<'a>(spec: &'a SandboxSpec, facts: &'a Facts, image: &'a Image) -> Wanted<'a> {
    Wanted { spec, facts, image, open_files_max: 20_000 }
}

#[test]
fn the_request_is_hardened() {
    let (spec, facts, image) = (sample(), capable(), image());
    let body = wanted(&spec, &facts, &image).body();
    let host = body.host_config.unwrap();
    assert_eq!(body.image.as_deref(), Some("sha256:aa"), "by id, not by a name that may move");
    assert_eq!(body.user.as_deref(), Some("1000:1000"));
    assert_eq!((host.memory, host.memory_swap), (Some(1 << 30), Some(1 << 30)));
    assert_eq!((host.nano_cpus, host.pids_limit), (Some(2_000_000_000), Some(512)));
    assert_eq!((host.cap_add, host.binds, host.devices), (None, None, None));
    let files = host.ulimits.unwrap().into_iter().find(|l| l.name.as_deref() == Some("nofile")).unwrap();
    assert_eq!(files.hard, Some(20_000), "no more than this process has");
    let tmp = &host.tmpfs.unwrap()["/tmp"];
    assert_eq!(tmp, "rw,exec,nosuid,nodev,size=536870912,uid=1000,gid=1000,mode=1777");
}

#[test]
fn what_the_engine_cannot_hold_is_not_asked_for_and_is_said() {
    let (spec, image) = (sample(), image());
    let facts = Facts {
        limits_memory: false,
        limits_swap: false,
        limits_cpu: false,
        limits_pids: false,
        seccomp: false,
        ..capable()
    };
    let wanted = wanted(&spec, &facts, &image);
    assert_eq!((wanted.memory(), wanted.nano_cpus(), wanted.pids()), (None, None, None));
    let words = wanted.not_enforced();
    for word in ["disk", "memory", "cpu", "processes", "seccomp"] {
        assert!(words.iter().any(|w| w.starts_with(word)), "{word}");
    }
}

#[test]
fn what_is_chosen_beside_the_usual_is_asked_for() {
    let (mut spec, facts, image) = (sample(), capable(), image());
    spec.options.swap_bytes = 1 << 20;
    spec.options.file_bytes_max = 5;
    spec.options.open_files_max = 100;
    spec.options.gpus = Gpus::Count(2);
    spec.options.runtime = "runsc".to_owned();
    spec.options.mounts = vec!["/srv/a:/a:rw".parse().unwrap()];
    let host = wanted(&spec, &facts, &image).host_config();
    assert_eq!(host.memory_swap, Some((1 << 30) + (1 << 20)));
    assert_eq!(host.runtime.as_deref(), Some("runsc"));
    let init = host.mounts.as_ref().unwrap()[1].source.clone().unwrap();
    assert!(init.ends_with("/agent-init.readable"), "gVisor reads what it runs: {init}");
    let limit = |name: &str| {
        let limits = host.ulimits.iter().flatten();
        limits.filter(|limit| limit.name.as_deref() == Some(name)).find_map(|limit| limit.hard)
    };
    assert_eq!((limit("fsize"), limit("nofile")), (Some(5), Some(100)));
    assert_eq!(host.device_requests.as_ref().unwrap()[0].count, Some(2));
    let mount = host.mounts.as_ref().unwrap().last().unwrap();
    assert_eq!((mount.source.as_deref(), mount.target.as_deref()), (Some("/srv/a"), Some("/a")));
    assert_eq!(mount.read_only, Some(false));
    spec.options.open_files_max = 30_000;
    assert!(wanted(&spec, &facts, &image).not_enforced().iter().any(|words| words.starts_with("open files: 20000")));
}

#[test]
fn no_more_cpu_is_asked_for_than_there_is() {
    let (mut spec, facts, image) = (sample(), capable(), image());
    spec.options.cpu_millis = 64_000;
    assert_eq!(wanted(&spec, &facts, &image).nano_cpus(), Some(2_000_000_000));
    spec.options.cpu_millis = 500;
    assert_eq!(wanted(&spec, &facts, &image).nano_cpus(), Some(500_000_000));
}

#[test]
fn an_images_volumes_become_memory() {
    let (spec, facts) = (sample(), capable());
    let image = Image { volumes: vec!["/data/".to_owned(), "/workspace".to_owned(), "/tmp".to_owned()], ..image() };
    let wanted = wanted(&spec, &facts, &image);
    let places = wanted.tmpfs();
    assert!(places["/data"].contains("size=268435456"));
    assert!(places["/tmp"].contains("mode=1777"), "ours stays");
    assert!(!places.contains_key("/workspace"));
}

#[test]
fn unsafe_wishes_are_refused() {
    let facts = capable();
    for network in ["host", "", "container:other", "a b"] {
        let mut spec = sample();
        spec.options.network = network.to_owned();
        assert!(wanted(&spec, &facts, &image()).refuse_unsafe().is_err(), "{network}");
    }
    let mut strange = sample();
    strange.options.runtime = "kata".to_owned();
    let error = wanted(&strange, &facts, &image()).refuse_unsafe().unwrap_err();
    assert_eq!(error.message, "this engine has no runtime kata (it has: runc, runsc)");
    let root = SandboxSpec { uid: 0, ..sample() };
    assert!(wanted(&root, &facts, &image()).refuse_unsafe().is_err());
    for volume in ["/", "/proc/x", "relative", "/a/../proc", "/a:b", "/.agentd"] {
        let odd = Image { volumes: vec![volume.to_owned()], ..image() };
        assert!(wanted(&sample(), &facts, &odd).refuse_unsafe().is_err(), "{volume}");
    }
    assert!(wanted(&sample(), &facts, &image()).refuse_unsafe().is_ok());
}
