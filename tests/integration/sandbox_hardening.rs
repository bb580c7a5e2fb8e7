//! What the engine says of every sandbox equals the hardened specification, and no key is anywhere but in the daemon.

use bollard::models::{ContainerInspectResponse, HostConfig};
use serde_json::json;

use crate::fixtures::backend::on_each_backend;
use crate::fixtures::home::MODEL_KEY;
use crate::fixtures::model_server::Reply;
use crate::fixtures::scene::Scene;

const MIB: i64 = 1 << 20;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs an engine: run by tests/run"]
async fn a_container_is_what_the_specification_says() {
    let scene = Scene::new([]).await;
    let shared = scene.daemon.home().path("shared");
    std::fs::create_dir(&shared).unwrap();
    let options = ["--shared", shared.to_str().unwrap(), "--memory", "512m", "--cpus", "0.5", "--pids", "100"];
    let session = scene.session(options).await;
    scene.run(["container", "create", &session]).await.success();
    let workspace = scene.workspace(&session).await;
    let container = scene.engine().await.inspect(&scene.container(&session).await).await;

    let host = container.host_config.clone().unwrap();
    assert_eq!(privileges(&host), NO_PRIVILEGES, "{host:#?}");
    assert_eq!(host.cap_drop.as_deref(), Some(["ALL".to_owned()].as_slice()));
    let security = host.security_opt.clone().unwrap_or_default();
    assert!(security.iter().any(|option| option.starts_with("no-new-privileges")), "{security:?}");
    assert!(!security.iter().any(|option| option.contains("unconfined")), "{security:?}");
    assert_eq!(host.memory, Some(512 * MIB));
    assert_eq!(host.memory_swap, Some(512 * MIB), "swap is added to the memory limit");
    assert_eq!(host.nano_cpus, Some(500_000_000));
    assert_eq!(host.pids_limit, Some(100));
    assert_eq!(host.readonly_rootfs, Some(true));
    assert_eq!(host.network_mode.as_deref(), Some("none"));
    assert_eq!(host.ipc_mode.as_deref(), Some("private"));
    assert!(host.log_config.clone().and_then(|log| log.config).is_some_and(|log| log.contains_key("max-size")));
    let limits = host.ulimits.clone().unwrap_or_default();
    let limit = |name: &str| limits.iter().find(|limit| limit.name.as_deref() == Some(name));
    assert_eq!(limit("core").and_then(|core| core.hard), Some(0));
    assert!(limit("nofile").is_some_and(|nofile| nofile.hard.is_some_and(|hard| hard > 0)));
    for path in ["/tmp", "/run"] {
        let options = host.tmpfs.as_ref().and_then(|tmpfs| tmpfs.get(path)).cloned().unwrap_or_default();
        assert!(options.contains("size="), "{path} has no size: {options}");
    }
    assert!(host.masked_paths.as_ref().is_some_and(|paths| paths.iter().any(|path| path == "/proc/kcore")));

    let mut mounts = mounts(&container);
    mounts.retain(|(_, target, _)| !target.contains("agent-init"));
    mounts.sort();
    let wanted = [
        (shared.display().to_string(), "/shared".to_owned(), false),
        (workspace.display().to_string(), "/workspace".to_owned(), true),
    ];
    let mut wanted = wanted.to_vec();
    wanted.sort();
    assert_eq!(mounts, wanted);

    let user = container.config.as_ref().and_then(|config| config.user.clone()).unwrap_or_default();
    assert!(!matches!(user.split(':').next(), Some("" | "0" | "root") | None), "the user is {user:?}");
    let labels = container.config.and_then(|config| config.labels).unwrap_or_default();
    assert_eq!(labels.get("agentd.install").map(String::as_str), Some(scene.daemon.install_id()));
    assert_eq!(labels.get("agentd.session"), Some(&session));
}

/// What would loosen a sandbox, each of which must be off or empty.
#[derive(Debug, PartialEq)]
struct Privileges {
    privileged: bool,
    capabilities: usize,
    devices: usize,
    device_requests: usize,
    groups: usize,
    ports: bool,
    host_namespaces: bool,
    restarts: bool,
    auto_remove_or_volumes: usize,
}

const NO_PRIVILEGES: Privileges = Privileges {
    privileged: false,
    capabilities: 0,
    devices: 0,
    device_requests: 0,
    groups: 0,
    ports: false,
    host_namespaces: false,
    restarts: false,
    auto_remove_or_volumes: 0,
};

fn privileges(host: &HostConfig) -> Privileges {
    let modes = [&host.pid_mode, &host.uts_mode, &host.userns_mode, &host.ipc_mode];
    let restart = host.restart_policy.as_ref().and_then(|policy| policy.name).map(|name| name.to_string());
    Privileges {
        privileged: host.privileged.unwrap_or(false),
        capabilities: host.cap_add.as_ref().map_or(0, Vec::len),
        devices: host.devices.as_ref().map_or(0, Vec::len),
        device_requests: host.device_requests.as_ref().map_or(0, Vec::len),
        groups: host.group_add.as_ref().map_or(0, Vec::len),
        ports: host.publish_all_ports.unwrap_or(false)
            || host.port_bindings.as_ref().is_some_and(|all| !all.is_empty()),
        host_namespaces: modes.into_iter().flatten().any(|mode| mode == "host"),
        restarts: restart.is_some_and(|name| !matches!(name.as_str(), "" | "no")),
        auto_remove_or_volumes: host.volumes_from.as_ref().map_or(0, Vec::len),
    }
}

/// Source, target and whether it can be written, of every mount from the host.
fn mounts(container: &ContainerInspectResponse) -> Vec<(String, String, bool)> {
    let mounts = container.mounts.iter().flatten();
    mounts
        .filter(|mount| mount.source.as_ref().is_some_and(|source| !source.is_empty()))
        .map(|mount| {
            let text = |value: &Option<String>| value.clone().unwrap_or_default();
            (text(&mount.source), text(&mount.destination), mount.rw.unwrap_or(true))
        })
        .collect()
}

on_each_backend!(from_within_there_is_nothing_to_take);
async fn from_within_there_is_nothing_to_take() {
    let probe = "id -u; cat /proc/net/dev; grep -E '^(CapEff|NoNewPrivs|Seccomp):' /proc/self/status | tr -d '\\t'
        touch /rooted 2>/dev/null && echo root-is-writable
        touch /shared/x 2>/dev/null && echo shared-is-writable
        ls /var/run/docker.sock /run/docker.sock 2>/dev/null && echo engine-socket
        cat /proc/1/environ >/dev/null 2>&1 && echo environment-of-init
        mount -t tmpfs none /mnt 2>/dev/null && echo mounted
        env; echo ok > /tmp/x && echo ok > \"$HOME/x\" && echo ok > /workspace/x && echo writable";
    let replies = [Reply::call("probe", "execute", json!({ "command": probe })), Reply::text("Nothing.")];
    let scene = Scene::new(replies).await;
    let session = scene.session(["--approve", "none"]).await;
    scene.chat(&session, "look around").await.success();
    let told = scene.told("probe");
    let has = |line: &str| told.lines().any(|told| told.trim() == line);
    assert!(!has("0"), "it runs as root:\n{told}");
    assert!(told.contains("lo:") && !told.contains("eth0"), "{told}");
    assert!(has("CapEff:0000000000000000") && has("NoNewPrivs:1") && has("Seccomp:2"), "{told}");
    assert!(has("writable"), "{told}");
    for breach in ["root-is-writable", "shared-is-writable", "engine-socket", "environment-of-init", "mounted"] {
        assert!(!has(breach), "{breach}:\n{told}");
    }
    assert!(!told.contains(MODEL_KEY), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs an engine: run by tests/run"]
async fn the_key_of_the_model_is_in_no_file_and_no_container() {
    let replies = [Reply::call("run", "execute", json!({"command": "env"})), Reply::text("Done.")];
    let mut scene = Scene::new(replies).await;
    let session = scene.session(["--approve", "none"]).await;
    let output = scene.chat(&session, "show the environment").await.success();
    assert!(!output.stdout().contains(MODEL_KEY) && !output.stderr().contains(MODEL_KEY));
    let bearer = format!("Bearer {MODEL_KEY}");
    assert_eq!(scene.model.requests()[0].header("authorization"), Some(bearer.as_str()), "the key was never used");

    let container = scene.engine().await.inspect(&scene.container(&session).await).await;
    assert!(!serde_json::to_string(&container).unwrap().contains(MODEL_KEY));
    for arguments in [["-o", "json", "config", "show"], ["-o", "json", "session", "list"]] {
        assert!(!scene.run(arguments).await.success().stdout().contains(MODEL_KEY));
    }
    // In order, so that everything is on disk.
    assert!(scene.daemon.sigterm().await.success());
    let files = scene.daemon.home().files();
    assert!(files.iter().any(|file| file.ends_with("journal.db")), "{files:?}");
    for file in files {
        let bytes = std::fs::read(&file).unwrap_or_default();
        let found = bytes.windows(MODEL_KEY.len()).any(|window| window == MODEL_KEY.as_bytes());
        assert!(!found, "the key is in {}", file.display());
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs an engine: run by tests/run"]
async fn what_is_loosened_is_named() {
    let scene = Scene::new([]).await;
    let strict = scene.session([]).await;
    assert_eq!(scene.show(&strict).await["loosened"], json!([]));
    let loose = scene.session(["--network", "bridge"]).await;
    let loosened = scene.show(&loose).await["loosened"].to_string();
    assert!(loosened.contains("network"), "{loosened}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs an engine: run by tests/run"]
async fn foreign_containers_are_never_touched() {
    let scene = Scene::new([]).await;
    let session = scene.session([]).await;
    scene.run(["container", "create", &session]).await.success();
    // Another installation on the same engine.
    let neighbour = Scene::new([]).await;
    let other = neighbour.session([]).await;
    neighbour.run(["container", "create", &other]).await.success();
    let listed = scene.run(["-o", "json", "container", "list"]).await.success().json();
    assert_eq!(listed.as_array().unwrap().len(), 1, "{listed}");
    scene.run(["session", "rm", &session]).await.success();
    assert_eq!(scene.engine().await.containers_of(scene.daemon.install_id()).await.len(), 0);
    assert_eq!(scene.engine().await.containers_of(neighbour.daemon.install_id()).await.len(), 1);
}
