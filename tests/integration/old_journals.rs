//! Journals of every schema that was ever written still load, to the same state; a later one is refused, and untouched.
//!
//! `journals/N.db` is a journal of schema N as a daemon left it, `journals/N.json` what that daemon showed of it. They are
//! never changed: a new schema brings new ones (`AGENTD_TEST_WRITE_JOURNAL=1 cargo test -p tests old_journals`).

use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};

use crate::architecture::tree::top;
use crate::fixtures::daemon::Daemon;
use crate::fixtures::home::{Config, Home};
use crate::fixtures::model_server::{ModelServer, Reply};
use crate::fixtures::scene::Scene;

/// The schema that this agentd writes.
const NEWEST: u32 = 2;

fn kept(name: &str) -> PathBuf {
    top().join("tests/integration/journals").join(name)
}

/// What of a session is of the machine it is on, not of its journal.
const OF_THE_MACHINE: [&str; 4] = ["backend", "not_enforced", "loosened", "warnings"];

/// Everything that clients can see of the journal.
async fn shown(daemon: &Daemon) -> Value {
    let mut sessions = daemon.run(["-o", "json", "session", "list"]).await.success().json();
    for session in sessions.as_array_mut().unwrap() {
        session.as_object_mut().unwrap().retain(|key, _| !OF_THE_MACHINE.contains(&key.as_str()));
    }
    let mut rows = serde_json::Map::new();
    for session in sessions.as_array().unwrap() {
        let id = session["id"].as_str().unwrap();
        rows.insert(id.to_owned(), json!(daemon.run(["events", id]).await.success().json_lines()));
    }
    let approvals = daemon.run(["-o", "json", "approvals"]).await.success().json();
    json!({"sessions": sessions, "rows": rows, "approvals": approvals})
}

/// Whether all that was shown then is shown now. More may be shown: later versions add fields.
fn assert_holds(then: &Value, now: &Value, at: &str) {
    match (then, now) {
        (Value::Object(then), Value::Object(now)) => {
            for (key, value) in then {
                assert_holds(value, now.get(key).unwrap_or(&Value::Null), &format!("{at}.{key}"));
            }
        }
        (Value::Array(then), Value::Array(now)) => {
            assert_eq!(then.len(), now.len(), "{at}");
            then.iter()
                .zip(now)
                .enumerate()
                .for_each(|(n, (then, now))| assert_holds(then, now, &format!("{at}[{n}]")));
        }
        _ => assert_eq!(then, now, "{at}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn journals_of_every_schema_load_to_the_same_state() {
    for schema in 1..=NEWEST {
        let model = ModelServer::start(vec![Reply::text("As I said.")]).await;
        let config = Config::with_model(&model.base_url());
        let mut daemon = Daemon::start(&config).await;
        assert!(daemon.sigterm().await.success());
        daemon.replace_journal(&kept(&format!("{schema}.db")));
        daemon.restart().await;
        let then: Value = serde_json::from_slice(&std::fs::read(kept(&format!("{schema}.json"))).unwrap()).unwrap();
        assert_holds(&then, &shown(&daemon).await, "");
        daemon.run(["journal", "verify"]).await.success();
        // And they go on.
        daemon.run(["resume", "parked", "cancel"]).await.success();
        daemon.run(["journal", "verify", "parked"]).await.success();
    }
}

#[test]
fn a_journal_of_a_later_schema_is_refused_and_untouched() {
    let home = Home::new();
    home.write_config(&Config::with_model("http://127.0.0.1:9/v1"));
    let state = home.state();
    std::fs::create_dir(&state).unwrap();
    std::fs::set_permissions(&state, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    let file = state.join("journal.db");
    std::fs::copy(kept("1.db"), &file).unwrap();
    let later = NEWEST + 1;
    let connection = rusqlite::Connection::open(&file).unwrap();
    connection.pragma_update(None, "journal_mode", "DELETE").unwrap();
    connection.pragma_update(None, "user_version", later).unwrap();
    connection.close().unwrap();
    let before = std::fs::read(&file).unwrap();
    let mut agentd = Command::new(env!("CARGO_BIN_EXE_agentd-under-test"));
    let output = agentd.env_clear().envs(home.environment()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    for part in [file.to_str().unwrap(), &format!("version {later}"), &format!("knows {NEWEST}"), "a later one"] {
        assert!(said.contains(part), "{said}");
    }
    assert_eq!(std::fs::read(&file).unwrap(), before);
    assert!(!state.join("journal.db-wal").exists());
}

/// Writes the journal of this schema, when it is asked for.
#[tokio::test(flavor = "multi_thread")]
async fn the_journal_of_the_newest_schema_is_kept() {
    if std::env::var_os("AGENTD_TEST_WRITE_JOURNAL").is_none() {
        assert!(kept(&format!("{NEWEST}.db")).exists(), "write it with AGENTD_TEST_WRITE_JOURNAL=1");
        return;
    }
    let todos =
        json!({"todos": [{"content": "look", "status": "completed"}, {"content": "think", "status": "pending"}]});
    let replies = [
        Reply::stream().and_reasoning("Hm.").and_text("I plan.").and_call("call_1", "write_todos", todos),
        Reply::text("Done, with ümlauts and \u{1f980}."),
        Reply::status(400, r#"{"error":{"message":"no"}}"#),
        Reply::call("call_2", "fly", json!({"to": "the moon"})),
        Reply::call("call_3", "execute", json!({"command": "make"})),
        Reply::text("Not then."),
        Reply::call("call_4", "execute", json!({"command": "rm -r build"})).and_call(
            "call_5",
            "delete",
            json!({"file_path": "a"}),
        ),
    ];
    let mut scene = Scene::new(replies).await;
    let (talk, parked) = (scene.session(["--name", "talk", "--memory", "512m"]).await, scene.session([]).await);
    scene.chat(&talk, "plan it").await.success();
    scene.chat(&talk, "and fail").await.code(1);
    scene.run(["session", "rename", &parked, "parked"]).await.success();
    scene.chat(&parked, "work").await.code(3);
    scene.run(["resume", &parked, "cancel", "--message", "no make here"]).await.success();
    scene.chat(&parked, "clean").await.code(3);
    let shown = shown(&scene.daemon).await;
    assert!(scene.daemon.sigterm().await.success());
    std::fs::copy(scene.daemon.home().state().join("journal.db"), kept(&format!("{NEWEST}.db"))).unwrap();
    let text = serde_json::to_string_pretty(&shown).unwrap();
    std::fs::write(kept(&format!("{NEWEST}.json")), text + "\n").unwrap();
}
