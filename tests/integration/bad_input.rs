//! Bad input of every kind gets a clear message and the right exit code. Nothing panics, nothing hangs.

use std::os::unix::process::CommandExt as _;
use std::process::Command;

use serde_json::json;

use crate::fixtures::cli::CommandOutput;
use crate::fixtures::daemon::Daemon;
use crate::fixtures::home::{Config, Home};
use crate::fixtures::model_server::{ModelServer, Reply};
use crate::fixtures::scene::Scene;

/// One line of what failed, a hint where there is one, and no trace of a crash.
#[track_caller]
fn assert_clear(output: &CommandOutput) {
    let stderr = output.stderr();
    assert!(!stderr.trim().is_empty(), "nothing was said:\n{output}");
    for rubbish in ["panicked", "Error {", "Status {", "RUST_BACKTRACE", "unwrap"] {
        assert!(!stderr.contains(rubbish), "the message shows {rubbish:?}:\n{output}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_is_not_there() {
    let scene = Scene::new([]).await;
    let long = "f".repeat(5000);
    for arguments in [
        vec!["session", "show", "nobody"],
        vec!["chat", "nobody", "hello"],
        vec!["resume", "nobody", "continue"],
        vec!["events", "nobody"],
        vec!["stop", "nobody"],
        vec!["session", "rm", "nobody"],
        vec!["container", "exec", "nobody", "--", "true"],
        vec!["container", "rm", "nobody"],
    ] {
        let output = scene.daemon.agentctl_of(&arguments).run().await.code(5);
        assert_clear(&output);
        assert!(output.stderr().contains("nobody"), "the name is not told:\n{output}");
    }
    let output = scene.run(["-o", "json", "session", "show", &long]).await;
    assert!(matches!(output.exit_code(), Some(2 | 5)), "{output}");
    assert!(output.stderr().len() < 1000, "the whole id is repeated");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_is_empty_or_a_name_that_cannot_be() {
    let scene = Scene::new([]).await;
    let session = scene.session(["--name", "one"]).await;
    for message in ["", " \n\t "] {
        assert_clear(&scene.chat(&session, message).await.code(2));
    }
    assert_clear(&scene.daemon.agentctl(["chat", &session, "-"]).stdin("").run().await.code(2));
    assert_clear(&scene.run(["session", "new", "--name", "one"]).await.code(1));
    let long = "n".repeat(5000);
    for name in [long.as_str(), "a\nb", "a\u{1b}[31mb", "../x"] {
        assert_clear(&scene.run(["session", "new", "--name", name]).await.code(2));
    }
    assert_clear(&scene.run(["session", "new", "--workspace", "/no/such/directory"]).await.code(2));
    assert_clear(&scene.run(["session", "new", "--model", "nobody"]).await.code(2));
    assert_clear(&scene.run(["session", "new", "--approve", "no_such_tool"]).await.code(2));
    assert_clear(&scene.run(["session", "new", "--memory", "lots"]).await.code(2));
    assert_clear(&scene.run(["no-such-verb"]).await.code(2));
    assert!(scene.model.requests().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_that_no_sandbox_may_see() {
    let scene = Scene::new([]).await;
    let home = scene.daemon.home().path("home");
    for directory in ["/", "/etc", "/proc", home.to_str().unwrap(), scene.daemon.home().state().to_str().unwrap()] {
        let output = scene.run(["session", "new", "--workspace", directory]).await;
        assert!(matches!(output.exit_code(), Some(2 | 4)), "{directory} became a workspace:\n{output}");
        assert_clear(&output);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_configuration_that_is_malformed_names_file_line_and_the_nearest_key() {
    for (text, line, wanted) in [
        ("default_model = \"a\"\n\n[sandbox]\nmemmory = \"2g\"\n", "4", "memory"),
        ("[sandbox]\nbackend = \"dokcer\"\n", "2", "docker"),
        ("[limits\n", "1", ""),
        ("[sandbox]\ncpus = \"many\"\n", "2", ""),
    ] {
        let home = Home::new();
        std::fs::write(home.config(), text).unwrap();
        let mut agentd = Command::new(env!("CARGO_BIN_EXE_agentd-under-test"));
        let output = agentd.env_clear().envs(home.environment()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{text:?}: {said}");
        assert!(said.contains(home.config().to_str().unwrap()), "the file is not named: {said}");
        assert!(said.contains(line) && said.contains(wanted), "{text:?}: {said}");
        assert!(!said.contains("panicked"), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs an engine: run by tests/run"]
async fn what_a_model_gets_wrong_is_told_to_it() {
    let replies = [
        Reply::stream().and_written_call("broken", "write_file", "{\"file_path\": \"a.txt\", \"content\": "),
        Reply::call("wrong", "write_file", json!({"file": "a.txt"})),
        Reply::call("unknown", "fly", json!({"to": "the moon"})),
        Reply::call("typed", "execute", json!({"command": ["ls"], "timeout": "soon"})),
        Reply::call("missing", "read_file", json!({"file_path": "/workspace/missing.txt"})),
        Reply::call("twice", "edit_file", json!({"file_path": "x", "old_string": "", "new_string": "y"})),
        Reply::text("I give up."),
    ];
    let scene = Scene::new(replies).await;
    let session = scene.session(["--approve", "none"]).await;
    scene.chat(&session, "make mistakes").await.success();
    let journal = scene.journal(&session).await;
    journal.assert_sound();
    assert_eq!(journal.of("tool.done").len(), 0, "{}", journal.text());
    assert_eq!(journal.of("tool.failed").len(), 6, "{}", journal.text());
    for (call, words) in [("broken", "JSON"), ("wrong", "file_path"), ("unknown", "fly"), ("missing", "missing.txt")] {
        assert!(scene.told(call).contains(words), "{call}: {}", scene.told(call));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_engine() {
    let model =
        ModelServer::start(vec![Reply::call("c", "execute", json!({"command": "true"})), Reply::text("?")]).await;
    let config = Config::with_model(&model.base_url());
    let daemon = Daemon::start_with(&config, &[("DOCKER_HOST", "unix:///nonexistent/docker.sock")]).await;
    let new = daemon.run(["-o", "json", "session", "new", "--approve", "none"]).await;
    if new.succeeded() {
        let session = new.json()["id"].as_str().unwrap().to_owned();
        let output = daemon.run(["chat", &session, "run it"]).await.code(6);
        assert_clear(&output);
        daemon.run(["container", "create", &session]).await.code(6);
    } else {
        assert_eq!(new.code(6).json_error()["code"], "ENGINE_UNREACHABLE");
    }
    let doctor = daemon.run(["-o", "json", "doctor"]).await;
    assert!(!doctor.succeeded(), "{doctor}");
    let findings = doctor.json();
    let engine = findings.as_array().unwrap().iter().find(|finding| finding["check"] == "engine").unwrap();
    assert_eq!(engine["severity"], "error", "{engine}");
    assert!(!engine["remedy"].as_str().unwrap().is_empty(), "{engine}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs an engine: run by tests/run"]
async fn no_image() {
    let scene = Scene::new([Reply::call("c", "execute", json!({"command": "true"})), Reply::text("?")]).await;
    let session = scene.session(["--approve", "none", "--image", "registry.invalid/no/such:image"]).await;
    let output = scene.run(["-o", "json", "container", "create", &session]).await.code(5);
    assert_eq!(output.json_error()["code"], "IMAGE_NOT_FOUND");
    assert!(!output.json_error()["hint"].as_str().unwrap_or_default().is_empty(), "{output}");
    assert_clear(&scene.chat(&session, "run it").await);
    scene.turn_end(&session).await.assert_sound();
}

#[tokio::test(flavor = "multi_thread")]
async fn no_key_and_a_wrong_key() {
    let model = ModelServer::start(vec![Reply::status(401, "{\"error\":{\"message\":\"invalid key\"}}")]).await;
    let config = Config::with_model(&model.base_url());
    let daemon = Daemon::start(&config).await;
    let session = daemon.session([]).await;
    let wrong = daemon.run(["chat", &session, "hello"]).await.code(1);
    assert_clear(&wrong);
    assert!(wrong.stderr().contains(crate::fixtures::home::MODEL_KEY_ENV), "the variable is not named:\n{wrong}");

    let without = config.set("models.fake.api_key_env", "NOT_SET_ANYWHERE");
    let daemon = Daemon::start(&without).await;
    let session = daemon.session([]).await;
    let missing = daemon.run(["chat", &session, "hello"]).await.code(2);
    assert_clear(&missing);
    assert!(missing.stderr().contains("NOT_SET_ANYWHERE"), "the variable is not named:\n{missing}");
    assert_eq!(model.requests().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_model_at_that_address() {
    let daemon = Daemon::start(&Config::with_model("http://127.0.0.1:9/v1")).await;
    let session = daemon.session([]).await;
    let output = daemon.run(["chat", &session, "hello", "--timeout", "20s"]).await;
    assert!(matches!(output.exit_code(), Some(6 | 124)), "{output}");
    assert_clear(&output);
    assert!(output.stderr().contains("127.0.0.1:9"), "the address is not named:\n{output}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_daemon() {
    let home = Home::new();
    let output = crate::fixtures::cli::Agentctl::new(&home, &["session", "list"]).run().await.code(6);
    assert_clear(&output);
    assert!(output.stderr().contains("agentctl daemon start"), "{output}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_socket_of_another_user() {
    const NOBODY: u32 = 65_534;
    if !rustix::process::geteuid().is_root() {
        println!("only root can play another user; the peer check itself has a unit test");
        return;
    }
    let scene = Scene::new([]).await;
    // Let the other user reach the socket's file, so that only the daemon itself can refuse.
    let open = |path: &std::path::Path| {
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o777);
        std::fs::set_permissions(path, mode).unwrap();
    };
    let socket = scene.daemon.home().socket();
    let refused = |socket: &std::path::Path| {
        let mut agentctl = Command::new(env!("CARGO_BIN_EXE_agentctl-under-test"));
        agentctl.args(["-o", "json", "session", "list"]).env_clear().envs(scene.daemon.home().environment());
        agentctl.env("AGENTD_SOCKET", socket).env("HOME", "/nonexistent").uid(NOBODY).gid(NOBODY).current_dir("/");
        let output = agentctl.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(6), "{said}");
        assert!(said.contains("NOT_YOUR_DAEMON"), "{said}");
    };
    refused(&socket);
    open(&scene.daemon.home().path(""));
    open(socket.parent().unwrap());
    open(&socket);
    refused(&socket);
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_no_command_line_would_send() {
    use proto::reason::{Failure, Reason};
    use proto::v1::{ChatRequest, CreateRequest, WatchRequest};
    let scene = Scene::new([]).await;
    let session = scene.session([]).await;
    let mut client = scene.daemon.sessions().await;
    let reason = |status: tonic::Status| Failure::of_status(&status).reason;

    let empty = ChatRequest { session: session.clone(), ..ChatRequest::default() };
    assert_eq!(reason(client.chat(empty).await.unwrap_err()), Reason::InvalidArgument);
    let nobody = ChatRequest { message: "hello".to_owned(), ..ChatRequest::default() };
    assert!(matches!(
        reason(client.chat(nobody).await.unwrap_err()),
        Reason::InvalidArgument | Reason::SessionNotFound
    ));
    let relative = CreateRequest { workspace: "some/where".to_owned(), ..CreateRequest::default() };
    assert_eq!(reason(client.create(relative).await.unwrap_err()), Reason::InvalidArgument);
    let nothing = CreateRequest { memory_bytes: Some(1), ..CreateRequest::default() };
    assert_eq!(reason(client.create(nothing).await.unwrap_err()), Reason::InvalidArgument);
    let future = WatchRequest { session, from_seq: u64::MAX, ..WatchRequest::default() };
    match client.watch(future).await {
        Ok(stream) => assert!(stream.into_inner().message().await.unwrap().is_none()),
        Err(status) => assert_eq!(reason(status), Reason::InvalidArgument),
    }
    assert_eq!(scene.daemon.status().await.sessions, 1, "the daemon is well");
}
