//! The machine fails: no room, no writing, no descriptors, a signal, a state directory that is not what it should be.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use proto::v1::{Follow, ListRequest, WatchRequest};
use serde_json::json;

use crate::fixtures::daemon::{Daemon, assert_within};
use crate::fixtures::home::{Config, Home};
use crate::fixtures::model_server::{Gate, ModelServer, Reply};
use crate::fixtures::mount::Mount;
use crate::fixtures::scene::Scene;
use crate::fixtures::wait::until_true;

/// More than is left over in files that have been written to before.
const BIG_BYTES: usize = 900 << 10;

/// A daemon whose state is in this file system.
async fn on(mount: &Mount, model: ModelServer) -> Scene {
    let state = mount.state();
    let environment = [("AGENTD_STATE_DIR", state.to_str().unwrap())];
    let daemon = Daemon::start_with(&Config::with_model(&model.base_url()), &environment).await;
    Scene { model, daemon }
}

async fn answers_briefly() -> ModelServer {
    ModelServer::choosing(|_| Reply::text("Briefly.")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_new_turns_and_nothing_else_and_holds_up_those_that_run() {
    let Some(mount) = Mount::ext4(64) else { return };
    let gate = Gate::closed();
    let held = gate.clone();
    let model = ModelServer::choosing(move |request| match request.newest("user") {
        "wait" => Reply::stream().and_text(&"y".repeat(BIG_BYTES)).held(&held),
        _ => Reply::text("Briefly."),
    });
    let mut scene = on(&mount, model.await).await;
    let (running, idle) = (scene.session([]).await, scene.session([]).await);
    scene.chat(&idle, "before").await.success();
    let before = scene.journal(&idle).await.rows;
    scene.run(["chat", &running, "wait", "--detach"]).await.success();
    scene.model.wait_for_requests(2).await;

    mount.fill();
    gate.open();
    until_true("the turn that runs meets the full disk", async || scene.daemon.log().contains("trying again")).await;
    let big = "z".repeat(BIG_BYTES);
    let refused = scene.daemon.agentctl(["-o", "json", "chat", &idle, "-"]).stdin(big.as_str()).run().await.code(4);
    assert_eq!(refused.json_error()["code"], "STORAGE_FULL");
    assert!(!refused.json_error()["hint"].as_str().unwrap().is_empty(), "{refused}");
    assert_eq!(scene.journal(&idle).await.rows, before, "reads go on");
    scene.run(["session", "list"]).await.success();
    scene.run(["journal", "verify"]).await.success();
    assert_eq!(scene.show(&running).await["status"], "running");

    let began = Instant::now();
    mount.make_room();
    scene.chat(&idle, "after").await.success();
    let ended = scene.turn_end(&running).await;
    assert_within("to work again", began, Duration::from_secs(5));
    assert_eq!(ended.finished()["status"], "completed");
    ended.assert_sound();

    scene.daemon.kill9();
    scene.daemon.restart().await;
    assert_eq!(scene.journal(&idle).await.rows[..before.len()], before, "what was acknowledged stays");
    scene.run(["journal", "verify"]).await.success();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_finds_no_room_is_not_made_in_part() {
    let Some(mount) = Mount::ext4(64) else { return };
    let scene = on(&mount, answers_briefly().await).await;
    mount.fill();
    let options = ["-o", "json", "session", "new", "--name"];
    let mut made = 0;
    // Some may fit into what the journal had set aside before.
    let refused = loop {
        let name = format!("n{made}");
        let arguments: Vec<&str> = options.iter().copied().chain([name.as_str()]).collect();
        let new = scene.daemon.agentctl_of(&arguments).run().await;
        if !new.succeeded() {
            break new.code(4);
        }
        made += 1;
        assert!(made < 2000, "the disk is not full");
    };
    assert_eq!(refused.json_error()["code"], "STORAGE_FULL");
    let listed = scene.run(["-o", "json", "session", "list"]).await.success().json();
    assert_eq!(listed.as_array().unwrap().len(), made);
    mount.make_room();
    scene.session([]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_system_that_turned_read_only_can_still_be_read() {
    let Some(mount) = Mount::ext4(64) else { return };
    let scene = on(&mount, answers_briefly().await).await;
    let session = scene.session([]).await;
    scene.chat(&session, "before").await.success();
    let before = scene.journal(&session).await.rows;
    mount.break_it();
    let refused = scene.run(["-o", "json", "chat", &session, "after"]).await.code(4);
    assert_eq!(refused.json_error()["code"], "STORAGE_FULL");
    assert!(refused.json_error()["message"].as_str().unwrap().contains("read-only"), "{refused}");
    assert_eq!(scene.journal(&session).await.rows, before);
    scene.run(["session", "new"]).await.code(4);
    assert_eq!(scene.daemon.status().await.epoch, 1, "the daemon went away");
}

/// After a failed fsync nobody can say what the disk holds, and trying again would only hide it.
#[tokio::test(flavor = "multi_thread")]
async fn a_failed_fsync_ends_the_process() {
    let Some(mount) = Mount::ext4_overcommitted(64, 24) else { return };
    let mut scene = on(&mount, answers_briefly().await).await;
    let session = scene.session([]).await;
    scene.chat(&session, "before").await.success();
    mount.fill_disk();
    let big = "z".repeat(BIG_BYTES);
    for n in 0..20 {
        // The daemon may end under it: what counts is that it does not say that all is well.
        let chat = scene.daemon.agentctl(["chat", &session, "-", "--detach"]).stdin(format!("{n}{big}")).run().await;
        if !chat.succeeded() {
            break;
        }
        scene.turn_end(&session).await;
        assert!(n < 19, "the disk took everything");
    }
    assert_eq!(scene.daemon.ended().await.code(), Some(1));
    assert!(scene.daemon.log().contains("only a restart tells what the disk holds"));
}

#[tokio::test(flavor = "multi_thread")]
async fn with_too_few_descriptors_clients_wait_and_nothing_spins() {
    let model = answers_briefly().await;
    let config = Config::with_model(&model.base_url());
    let daemon = Daemon::start_under(&config, &["prlimit", "--nofile=128:128"]).await;
    let scene = Scene { model, daemon };
    let session = scene.session([]).await;
    let channel = scene.daemon.sessions().await;
    let socket = scene.daemon.home().socket();
    let crowd = join_all((0..300).map(|_| tokio::net::UnixStream::connect(&socket))).await;
    assert!(crowd.iter().any(Result::is_ok));
    let waiting = scene.daemon.agentctl(["chat", &session, "hello"]).spawn();

    let (began, used) = (Instant::now(), scene.daemon.cpu_time());
    for _ in 0..50 {
        channel.clone().list(ListRequest {}).await.expect("who is in already is served");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let (elapsed, used) = (began.elapsed(), scene.daemon.cpu_time() - used);
    assert!(used < elapsed / 2, "{used:?} of {elapsed:?} were used for nothing");
    assert!(scene.daemon.descriptors() <= 128);

    drop(crowd);
    assert_eq!(waiting.finish().await.success().stdout(), "Briefly.\n");
    scene.chat(&session, "again").await.success();
    assert!(!scene.daemon.log().contains("panicked"), "{}", scene.daemon.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_ends_it_in_good_order_while_much_is_under_way() {
    const SESSIONS: usize = 24;
    let model = ModelServer::choosing(|_| Reply::text("Never").and_wait(&Gate::closed())).await;
    let mut scene = Scene::of(model, |config| config).await;
    let mut streams = Vec::new();
    for _ in 0..SESSIONS {
        let session = scene.session([]).await;
        scene.run(["chat", &session, "hello", "--detach"]).await.success();
        let request = WatchRequest { session, follow: Follow::Forever.into(), live: true, ..WatchRequest::default() };
        streams.push(scene.daemon.sessions().await.watch(request).await.unwrap().into_inner());
    }
    scene.model.wait_for_requests(SESSIONS).await;
    let _crowd = join_all((0..100).map(|_| tokio::net::UnixStream::connect(scene.daemon.home().socket()))).await;
    let began = Instant::now();
    assert_eq!(scene.daemon.sigterm().await.code(), Some(0));
    assert_within("the end", began, Duration::from_secs(5));
    scene.daemon.restart().await;
    assert_eq!(scene.daemon.status().await.running, SESSIONS as u64, "open turns go on");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_dead_daemon_left_is_in_nobodys_way() {
    let mut scene = Scene::new([]).await;
    let session = scene.session([]).await;
    scene.daemon.kill9();
    assert!(scene.daemon.home().socket().exists() && scene.daemon.home().state().join("lock").exists());
    scene.daemon.restart().await;
    assert_eq!(scene.show(&session).await["status"], "idle");
}

/// Starts an agentd that must refuse to, and gives what it says.
fn refused(home: &Home) -> String {
    let mut agentd = Command::new(env!("CARGO_BIN_EXE_agentd-under-test"));
    let output = agentd.env_clear().envs(home.environment()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(!said.contains("panicked"), "{said}");
    said
}

#[test]
fn a_state_directory_that_others_reach_is_refused() {
    use std::os::unix::fs::{PermissionsExt as _, chown};
    let home = Home::new();
    home.write_config(&Config::with_model("http://127.0.0.1:9/v1"));
    std::fs::create_dir(home.state()).unwrap();
    for mode in [0o755, 0o720, 0o777] {
        std::fs::set_permissions(home.state(), std::fs::Permissions::from_mode(mode)).unwrap();
        assert!(refused(&home).contains(&format!("chmod 700 {}", home.state().display())));
    }
    if rustix::process::geteuid().is_root() {
        std::fs::set_permissions(home.state(), std::fs::Permissions::from_mode(0o700)).unwrap();
        chown(home.state(), Some(65_534), None).unwrap();
        assert!(refused(&home).contains("belongs to user 65534"));
    } else {
        println!("only root can give a directory away; the check itself has a unit test");
    }
    assert!(!home.state().join("journal.db").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_journal_that_was_cut_short_is_told_and_left_as_it_is() {
    let mut scene = Scene::of(answers_briefly().await, |config| config).await;
    let session = scene.session([]).await;
    scene.chat(&session, "hello").await.success();
    assert!(scene.daemon.sigterm().await.success());
    let file = scene.daemon.home().state().join("journal.db");
    let whole = std::fs::read(&file).unwrap();
    for length in [0, 60, 4096, whole.len() / 2, whole.len() - 1] {
        std::fs::write(&file, &whole[..length]).unwrap();
        let said = refused(scene.daemon.home());
        assert!(said.contains(file.to_str().unwrap()) && said.contains("damaged"), "{said}");
        assert_eq!(std::fs::read(&file).unwrap(), whole[..length], "it was changed");
    }
    std::fs::write(&file, &whole).unwrap();
    scene.daemon.restart().await;
    scene.chat(&session, "still there").await.success();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_whose_rows_are_damaged_stops_alone() {
    let mut scene = Scene::of(answers_briefly().await, |config| config).await;
    let (hurt, whole) = (scene.session([]).await, scene.session([]).await);
    scene.chat(&hurt, "hello").await.success();
    scene.chat(&whole, "hello").await.success();
    assert!(scene.daemon.sigterm().await.success());
    let file = scene.daemon.home().state().join("journal.db");
    damage(&file, &format!("UPDATE events SET kind = 'moon.landed' WHERE session = '{hurt}' AND seq = 3"));
    scene.daemon.restart().await;
    let refused = scene.run(["-o", "json", "chat", &hurt, "again"]).await.code(1);
    assert_eq!(refused.json_error()["code"], "JOURNAL_UNREADABLE");
    assert!(refused.json_error()["message"].as_str().unwrap().contains(&hurt), "{refused}");
    scene.run(["session", "show", &hurt]).await.success();
    scene.chat(&whole, "again").await.success();
    let verified = scene.run(["-o", "json", "journal", "verify"]).await.code(1).json();
    assert_eq!((&verified[0]["faults"][0]["seq"], &verified[1]["faults"]), (&json!(3), &json!([])));
}

fn damage(file: &Path, sql: &str) {
    rusqlite::Connection::open(file).unwrap().execute_batch(sql).unwrap();
}
