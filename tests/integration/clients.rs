//! Clients come and go; the daemon and its turns do not mind.

use std::time::{Duration, Instant};

use proto::v1::{Event, Follow, WatchRequest};
use rustix::process::Signal;
use serde_json::json;

use crate::fixtures::cli::Agentctl;
use crate::fixtures::daemon::{Daemon, assert_within};
use crate::fixtures::home::{Config, Home};
use crate::fixtures::model_server::{Gate, Reply};
use crate::fixtures::scene::Scene;

async fn watch(scene: &Scene, session: &str, from_seq: u64) -> Vec<Event> {
    let request =
        WatchRequest { session: session.to_owned(), from_seq, follow: Follow::Turn.into(), ..WatchRequest::default() };
    let mut stream = scene.daemon.sessions().await.watch(request).await.unwrap().into_inner();
    let mut events = Vec::new();
    while let Some(event) = stream.message().await.unwrap() {
        events.push(event);
    }
    events
}

#[tokio::test(flavor = "multi_thread")]
async fn every_watcher_sees_the_same_rows_live_or_later() {
    let scene =
        Scene::new([Reply::text("One ").and_delay(Duration::from_millis(50)).and_text("after the other.")]).await;
    let session = scene.session([]).await;
    scene.run(["chat", &session, "hello", "--detach"]).await.success();
    let (one, two) = tokio::join!(watch(&scene, &session, 1), watch(&scene, &session, 1));
    assert_eq!(one, two);
    assert_eq!(watch(&scene, &session, 1).await, one, "a replay differs from the live stream");
    let from_third = watch(&scene, &session, 3).await;
    assert_eq!(from_third, one[2..]);
    let sequence: Vec<_> = one.iter().map(|event| event.seq.unwrap()).collect();
    assert_eq!(sequence, (1..=u64::try_from(one.len()).unwrap()).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_goes_away_does_not_end_its_turn() {
    let gate = Gate::closed();
    let scene = Scene::new([Reply::text("Said to nobody.").held(&gate)]).await;
    let session = scene.session([]).await;
    let client = scene.daemon.agentctl(["chat", &session, "hello"]).spawn();
    scene.model.wait_for_requests(1).await;
    client.signal(Signal::KILL);
    let _ = client.finish().await;
    gate.open();
    let journal = scene.turn_end(&session).await;
    journal.assert_sound();
    assert_eq!(journal.finished()["status"], "completed");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_joins_a_running_turn_sees_the_reply_so_far_and_then_the_rest() {
    let (second, third) = (Gate::closed(), Gate::closed());
    let reply = Reply::text("First, ").and_wait(&second).and_text("second, ").and_wait(&third).and_text("third.");
    let scene = Scene::new([reply]).await;
    let session = scene.session(["--name", "joined"]).await;
    let idle = scene.run(["-o", "json", "attach", &session]).await.code(1);
    assert_eq!(idle.json_error()["code"], "NO_TURN");
    assert!(idle.json_error()["hint"].as_str().unwrap().contains("agentctl chat joined"), "{idle}");
    scene.run(["chat", &session, "count", "--detach"]).await.success();
    let early = scene.daemon.agentctl(["-o", "json", "attach", "joined"]).spawn();
    early.printed("First, ").await;
    second.open();
    early.printed("second, ").await;
    let late = scene.daemon.agentctl(["-o", "json", "attach", "joined"]).spawn();
    late.printed("First, second, ").await;
    let text = scene.daemon.agentctl(["attach", "joined"]).spawn();
    text.said("turn 1 of session joined").await;
    third.open();
    for client in [early, late] {
        let lines = client.finish().await.success().json_lines();
        let deltas = lines.iter().filter(|line| line["type"] == "text.delta");
        let shown: String = deltas.map(|line| line["data"]["text"].as_str().unwrap()).collect();
        assert_eq!(shown, "First, second, third.");
        assert_eq!(lines.last().unwrap()["type"], "turn.finished");
        assert!(lines.iter().all(|line| line["type"] != "turn.started"), "what came before is not told again");
    }
    assert_eq!(text.finish().await.success().stdout(), "First, second, third.\n");
    assert!(scene.run(["attach", "joined"]).await.code(1).stderr().contains("agentctl events joined --turn 1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_joins_a_parked_turn_is_told_what_waits() {
    let scene =
        Scene::new([Reply::call("call_1", "execute", json!({"command": "true"})), Reply::text("No, then.")]).await;
    let session = scene.session(["--name", "parked"]).await;
    scene.chat(&session, "run it").await.code(3);
    scene.run(["session", "rename", "parked", "renamed"]).await.success();
    let joined = scene.run(["attach", &session]).await.code(3);
    assert!(joined.stderr().contains("agentctl resume") && joined.stderr().contains("true"), "{joined}");
    scene.run(["resume", &session, "cancel", "--detach"]).await.success();
    assert_eq!(scene.turn_end(&session).await.finished()["status"], "completed");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_watches_a_session_is_told_of_its_end() {
    let scene = Scene::new([Reply::text("Never").and_wait(&Gate::closed())]).await;
    let session = scene.session([]).await;
    scene.run(["chat", &session, "hello", "--detach"]).await.success();
    let watching = scene.daemon.agentctl(["events", &session, "--follow"]).spawn();
    watching.printed("model.intent").await;
    scene.run(["session", "rm", "--force", &session]).await.success();
    watching.finish().await.code(5);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_interrupt_cancels_the_turn() {
    let scene = Scene::new([Reply::text("Never").and_wait(&Gate::closed())]).await;
    let session = scene.session([]).await;
    let client = scene.daemon.agentctl(["-o", "json", "chat", &session, "hello"]).spawn();
    client.printed("Never").await;
    client.signal(Signal::INT);
    client.finish().await.code(130);
    let journal = scene.turn_end(&session).await;
    journal.assert_sound();
    assert_eq!(journal.finished()["status"], "cancelled");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_turn_ends_at_its_time_limit() {
    let scene = Scene::new([Reply::text("Never").and_wait(&Gate::closed())]).await;
    let session = scene.session([]).await;
    let began = Instant::now();
    scene.run(["chat", &session, "hello", "--timeout", "1s"]).await.code(124);
    assert_within("the turn", began, Duration::from_secs(10));
    scene.journal(&session).await.assert_sound();
}

#[tokio::test(flavor = "multi_thread")]
async fn one_session_waits_for_no_other() {
    let gate = Gate::closed();
    let scene = Scene::new([Reply::text("Late.").held(&gate), Reply::text("Soon.")]).await;
    let (slow, quick) = (scene.session([]).await, scene.session([]).await);
    scene.run(["chat", &slow, "take your time", "--detach"]).await.success();
    scene.model.wait_for_requests(1).await;
    assert_eq!(scene.chat(&quick, "quick").await.success().stdout(), "Soon.\n");
    let busy = scene.run(["-o", "json", "chat", &slow, "and now?"]).await.code(1);
    assert_eq!(busy.json_error()["code"], "TURN_RUNNING");
    gate.open();
    assert_eq!(scene.turn_end(&slow).await.finished()["status"], "completed");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_daemon_ends_in_good_order_and_an_open_turn_goes_on_later() {
    let mut scene = Scene::new([Reply::text("Cut").and_wait(&Gate::closed()), Reply::text("Whole.")]).await;
    let session = scene.session([]).await;
    scene.run(["chat", &session, "hello", "--detach"]).await.success();
    scene.model.wait_for_requests(1).await;
    let began = Instant::now();
    assert!(scene.daemon.sigterm().await.success());
    assert_within("the drain", began, Duration::from_secs(5));
    assert!(!scene.daemon.home().socket().exists(), "a dead socket is left");
    scene.daemon.restart().await;
    let journal = scene.turn_end(&session).await;
    journal.assert_sound();
    assert_eq!(journal.finished()["status"], "completed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_daemon_on_the_same_state_gives_way() {
    let scene = Scene::new([]).await;
    let mut second = std::process::Command::new(env!("CARGO_BIN_EXE_agentd-under-test"));
    let output = second.env_clear().envs(scene.daemon.home().environment()).output().unwrap();
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains(scene.daemon.home().state().to_str().unwrap()), "{said}");
    assert_eq!(scene.daemon.status().await.epoch, 1, "the first daemon was disturbed");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_socket_is_for_its_user_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let scene = Scene::new([]).await;
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let home = scene.daemon.home();
    assert_eq!(mode(&home.socket()), 0o600);
    assert_eq!(mode(home.socket().parent().unwrap()), 0o700);
    assert_eq!(mode(&home.state()), 0o700);
    assert_eq!(mode(&home.state().join("journal.db")), 0o600);
}

#[tokio::test(flavor = "multi_thread")]
async fn agentctl_starts_and_stops_the_daemon() {
    let home = Home::new();
    home.write_config(&Config::with_model("http://127.0.0.1:9/v1"));
    let run = async |arguments: &[&str]| Agentctl::new(&home, arguments).env("AGENTCTL_NO_AUTOSTART", "").run().await;
    // Ten at once: one starts it, all are served.
    let lists = (0..10).map(|_| run(&["-o", "json", "session", "list"]));
    for list in futures_util::future::join_all(lists).await {
        assert_eq!(list.success().json(), json!([]));
    }
    let status = run(&["-o", "json", "status"]).await.success().json();
    assert_eq!(status["epoch"], 1, "{status}");
    let logs = run(&["daemon", "logs"]).await.success();
    assert!(!logs.stdout().is_empty(), "a daemon in the background logs to a file");
    run(&["daemon", "stop"]).await.success();
    // A process that nobody has reaped yet has no command line.
    let command_line = std::fs::read(format!("/proc/{}/cmdline", status["pid"])).unwrap_or_default();
    assert!(command_line.is_empty(), "the daemon is still there");
    Agentctl::new(&home, &["session", "list"]).run().await.code(6);
}

#[tokio::test(flavor = "multi_thread")]
async fn standard_tools_can_ask_what_is_served() {
    let scene = Scene::new([]).await;
    let services = crate::fixtures::reflection::services(scene.daemon.channel().await.unwrap()).await;
    for service in ["SessionService", "SandboxService", "JournalService", "ModelService", "DaemonService"] {
        assert!(services.contains(&format!("agent.v1.{service}")), "{services:?}");
    }
    assert!(services.contains(&"grpc.health.v1.Health".to_owned()), "{services:?}");
    assert!(!services.iter().any(|service| service.contains("init")), "not served here: {services:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_without_a_model_still_shows_its_history() {
    let mut scene = Scene::new([Reply::text("Kept.")]).await;
    let session = scene.session([]).await;
    scene.chat(&session, "keep this").await.success();
    scene.daemon.kill9();
    std::fs::write(scene.daemon.home().config(), "").unwrap();
    scene.daemon.restart().await;
    assert!(scene.journal(&session).await.text().contains("Kept."));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_that_was_never_asked_leaves_nothing() {
    let mut daemon = Daemon::start(&Config::with_model("http://127.0.0.1:9/v1")).await;
    assert!(daemon.sigterm().await.success());
    assert!(!daemon.home().socket().exists());
}
