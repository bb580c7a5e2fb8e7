//! What a session may ask of its sandbox: it is given as asked, held, named where it loosens, and refused above the ceiling.

use bollard::models::HostConfig;
use serde_json::{Value, json};

use crate::fixtures::home::Config;
use crate::fixtures::model_server::Reply;
use crate::fixtures::scene::Scene;

#[tokio::test(flavor = "multi_thread")]
async fn nothing_past_the_ceiling_is_given() {
    let ceiling = |config: Config| {
        config
            .set("sandbox.ceiling.memory", "1g")
            .set("sandbox.ceiling.file_size", "64m")
            .set_raw("sandbox.ceiling.pids", "1000")
            .set_raw("sandbox.ceiling.networks", "[]")
            .set("sandbox.ceiling.gpus", "none")
            .set_raw("agents.small.sandbox", r#"{ memory = "128m", pids = 64 }"#)
    };
    let scene = Scene::with([], ceiling).await;
    let cases: [(&[&str], &str); 5] = [
        (&["--memory", "1025m"], "memory 1025m is above this daemon's ceiling: sandbox.ceiling.memory is 1g"),
        (&["--pids", "1001"], "pids 1001 is above this daemon's ceiling: sandbox.ceiling.pids is 1000"),
        (&["--network", "bridge"], "network bridge is above this daemon's ceiling: sandbox.ceiling.networks is empty"),
        (&["--file-size", "1g"], "file_size 1g is above this daemon's ceiling: sandbox.ceiling.file_size is 64m"),
        (&["--gpus", "all"], "gpus all is above this daemon's ceiling: sandbox.ceiling.gpus is none"),
    ];
    for (options, message) in cases {
        let arguments: Vec<&str> = ["-o", "json", "session", "new"].iter().chain(options).copied().collect();
        let error = scene.daemon.agentctl_of(&arguments).run().await.code(4).json_error();
        assert_eq!((error["code"].as_str(), error["message"].as_str()), (Some("LIMIT_REACHED"), Some(message)));
        assert!(error["hint"].as_str().unwrap().contains("sandbox.ceiling."), "{error}");
    }
    assert_eq!(scene.run(["-o", "json", "session", "list"]).await.success().json(), json!([]));

    let usual = scene.session([]).await;
    let shown = scene.show(&usual).await;
    assert_eq!(shown["memory_bytes"], 1 << 30, "the default of 2g is lowered to the ceiling");
    assert_eq!(shown["sandbox"]["file_bytes_max"], 64 << 20);
    let small = scene.session(["--agent", "small"]).await;
    let shown = scene.show(&small).await;
    assert_eq!((&shown["memory_bytes"], &shown["pids"]), (&json!(128 << 20), &json!(64)));
    let asked = scene.session(["--agent", "small", "--pids", "32"]).await;
    assert_eq!(scene.show(&asked).await["pids"], 32, "what is asked for goes before the profile");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_directories_under_the_allowed_roots_are_given() {
    let outside = tempfile::tempdir().unwrap();
    let roots = tempfile::tempdir().unwrap();
    let root = roots.path().canonicalize().unwrap();
    for name in ["data", "work"] {
        std::fs::create_dir(root.join(name)).unwrap();
    }
    std::os::unix::fs::symlink(outside.path(), root.join("link")).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(root.join("socket")).unwrap();
    let list = format!("[{:?}]", root.to_str().unwrap());
    let change =
        |config: Config| config.set_raw("sandbox.mount_roots", &list).set_raw("sandbox.workspace_roots", &list);
    let scene = Scene::with([], change).await;
    let refused = async |option: &str, value: String, why: &str| {
        let output = scene.daemon.agentctl(["session", "new", option, &value]).run().await.code(4);
        assert!(output.stderr().contains(why), "{output}");
    };
    let at = |name: &str| format!("{}:/data", root.join(name).display());
    refused("--mount", at("link"), "outside the allowed directories").await;
    refused("--mount", at("socket"), "neither a file nor a directory").await;
    refused("--mount", at("data/../.."), "outside the allowed directories").await;
    refused("--mount", "/:/host".to_owned(), "outside the allowed directories").await;
    refused("--mount", format!("{}:/workspace/data", root.join("data").display()), "belongs to the sandbox itself")
        .await;
    refused("--workspace", outside.path().display().to_string(), "outside the allowed directories").await;

    let work = root.join("work").display().to_string();
    let session = scene.session(["--workspace", &work, "--mount", &at("data")]).await;
    let shown = scene.show(&session).await;
    let source = root.join("data").display().to_string();
    assert_eq!(shown["sandbox"]["mounts"], json!([{ "source": source, "target": "/data", "writable": false }]));
    assert_eq!(shown["loosened"], json!([format!("mount /data: {source} of the host can be read")]));

    let none = Scene::new([]).await;
    let output = none.daemon.agentctl(["session", "new", "--mount", &at("data")]).run().await.code(4);
    assert!(output.stderr().contains("sandbox.mount_roots"), "{output}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs an engine: run by tests/run"]
async fn what_is_asked_for_is_held_and_named() {
    let roots = tempfile::tempdir().unwrap();
    let root = roots.path().canonicalize().unwrap();
    for name in ["in", "out"] {
        std::fs::create_dir(root.join(name)).unwrap();
        std::os::unix::fs::chown(root.join(name), Some(1234), Some(1234)).unwrap_or_default();
    }
    std::fs::write(root.join("in/file"), "from the host").unwrap();
    let probe = "ulimit -n; ulimit -f; cat /in/file; echo; touch /in/x 2>&1; echo made > /out/x; id -u
        head -c 3000000 /dev/zero > big; ls -l big | cut -d' ' -f5";
    let replies = [
        Reply::call("probe", "execute", json!({ "command": probe })),
        Reply::call("loud", "execute", json!({ "command": "yes | head -c 300000" })),
        Reply::call("slow", "execute", json!({ "command": "sleep 60" })),
        Reply::text("Done."),
    ];
    let list = format!("[{:?}]", root.to_str().unwrap());
    let scene = Scene::with(replies, |config| config.set_raw("sandbox.mount_roots", &list)).await;
    let (reading, writing) =
        (format!("{}:/in", root.join("in").display()), format!("{}:/out:rw", root.join("out").display()));
    let user = if rustix::process::geteuid().is_root() { "1234:1234".to_owned() } else { own_ids() };
    let options =
        ["--approve", "none", "--swap", "64m", "--memory", "256m", "--file-size", "1m", "--open-files", "100"];
    let more =
        ["--output-size", "100k", "--command-timeout", "1s", "--user", &user, "--mount", &reading, "--mount", &writing];
    let mut arguments = vec!["session", "new"];
    arguments.extend(options);
    arguments.extend(more);
    let session = scene.daemon.agentctl_of(&arguments).run().await.success().line();
    // The user is not the workspace's owner: it is given the workspace for what follows.
    std::fs::set_permissions(scene.workspace(&session).await, std::os::unix::fs::PermissionsExt::from_mode(0o777))
        .unwrap();
    scene.chat(&session, "look around").await.success();

    let told = scene.told("probe");
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(
        lines[..3],
        ["100", "2048", "from the host"],
        "open files, blocks of a file, and what is mounted:\n{told}"
    );
    assert!(told.contains("Read-only file system") && told.contains(user.split(':').next().unwrap()), "{told}");
    assert!(told.contains("\n1048576\n"), "a file grew past its limit:\n{told}");
    assert_eq!(std::fs::read_to_string(root.join("out/x")).unwrap(), "made\n");
    assert!(scene.told("loud").contains("the first part of the output is in"), "{}", scene.told("loud"));
    assert!(scene.told("slow").starts_with("[no output]\n[timed out after 1 s"), "{}", scene.told("slow"));

    let container = scene.engine().await.inspect(&scene.container(&session).await).await;
    let host: HostConfig = container.host_config.clone().unwrap();
    let limits = host.ulimits.clone().unwrap_or_default();
    let hard =
        |name: &str| limits.iter().find(|limit| limit.name.as_deref() == Some(name)).and_then(|limit| limit.hard);
    assert_eq!((hard("fsize"), hard("nofile"), hard("core")), (Some(1 << 20), Some(100), Some(0)));
    assert_eq!((host.memory, host.memory_swap), (Some(256 << 20), Some(320 << 20)));
    let mounts = container.mounts.unwrap_or_default();
    let mut seen: Vec<(&str, bool)> =
        mounts.iter().filter_map(|mount| Some((mount.destination.as_deref()?, mount.rw?))).collect();
    seen.retain(|(target, _)| !target.starts_with("/.agentd"));
    seen.sort_unstable();
    assert_eq!(seen, [("/in", false), ("/out", true), ("/workspace", true)]);

    let loosened = scene.show(&session).await["loosened"].to_string();
    for word in ["swap 64m", "user ", "mount /in: ", "mount /out: "] {
        assert!(loosened.contains(word), "{word}: {loosened}");
    }
}

fn own_ids() -> String {
    format!("{}:{}", rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw())
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs an engine: run by tests/run"]
async fn what_this_engine_does_not_have_is_said_with_what_it_has() {
    let scene = Scene::new([]).await;
    let failed = async |option: &str, value: &str, code: i32| -> Value {
        let session = scene.session([option, value]).await;
        scene.run(["-o", "json", "container", "create", &session]).await.code(code).json_error()
    };
    let runtime = failed("--runtime", "no-such-runtime", 6).await;
    assert!(runtime["message"].as_str().unwrap().contains("has no runtime no-such-runtime (it has: "), "{runtime}");
    let network = failed("--network", "no-such-network", 6).await;
    assert!(network["hint"].as_str().unwrap().contains("docker network ls"), "{network}");
    // A machine that runs tests has none; where it has, the sandbox comes up with it.
    let session = scene.session(["--gpus", "1"]).await;
    let output = scene.run(["-o", "json", "container", "create", &session]).await;
    if output.succeeded() {
        let host = scene.engine().await.inspect(&scene.container(&session).await).await.host_config.unwrap();
        assert_eq!(host.device_requests.unwrap_or_default().len(), 1);
    } else {
        let error = output.code(6).json_error();
        assert!(error["hint"].as_str().unwrap().contains("no graphics processors"), "{error}");
    }
    assert!(scene.engine().await.containers_of(scene.daemon.install_id()).await.is_empty(), "nothing is left behind");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs an engine: run by tests/run"]
async fn a_source_that_leads_elsewhere_by_now_is_not_mounted() {
    let roots = tempfile::tempdir().unwrap();
    let root = roots.path().canonicalize().unwrap();
    std::fs::create_dir(root.join("data")).unwrap();
    let list = format!("[{:?}]", root.to_str().unwrap());
    let scene = Scene::with([], |config| config.set_raw("sandbox.mount_roots", &list)).await;
    let session = scene.session(["--mount", &format!("{}:/data", root.join("data").display())]).await;
    std::fs::remove_dir(root.join("data")).unwrap();
    std::os::unix::fs::symlink("/etc", root.join("data")).unwrap();
    let output = scene.run(["container", "create", &session]).await.code(4);
    assert!(output.stderr().contains("leads to /etc by now"), "{output}");
    assert!(scene.engine().await.containers_of(scene.daemon.install_id()).await.is_empty());
}
