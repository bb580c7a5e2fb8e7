//! The journal as users check it and take it away.

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::fixtures::model_server::{Gate, Reply};
use crate::fixtures::scene::Scene;

/// Does to the journal of a daemon what nobody should.
fn tamper(scene: &Scene, sql: &str) {
    let connection = Connection::open(scene.daemon.home().state().join("journal.db")).unwrap();
    connection.execute_batch(sql).unwrap();
}

/// A turn with a call that needs no sandbox.
fn todos_then_text() -> [Reply; 2] {
    let todos = json!({"todos": [{"content": "look", "status": "pending"}]});
    [Reply::call("call_1", "write_todos", todos), Reply::text("Done.")]
}

#[tokio::test(flavor = "multi_thread")]
async fn an_untouched_journal_is_whole_while_a_turn_runs() {
    let gate = Gate::closed();
    let replies = todos_then_text().into_iter().chain([Reply::text("Late.").held(&gate)]);
    let scene = Scene::new(replies).await;
    let (one, two) = (scene.session(["--name", "one"]).await, scene.session([]).await);
    scene.chat(&one, "plan").await.success();
    scene.run(["chat", &two, "wait", "--detach"]).await.success();
    scene.model.wait_for_requests(3).await;

    let all = scene.run(["-o", "json", "journal", "verify"]).await.success().json();
    let found: Vec<_> =
        all.as_array().unwrap().iter().map(|of| (of["session"].clone(), of["faults"].clone())).collect();
    assert_eq!(found, [(json!(one), json!([])), (json!(two), json!([])), (json!(""), json!([]))]);
    let text = scene.run(["journal", "verify", "one"]).await.success().line();
    let head = format!("{}:{}", all[0]["head"]["seq"], all[0]["head"]["hash"].as_str().unwrap());
    assert_eq!(text, format!("ok       {}  {head}  one", &one[..12]));

    // A head that was kept shows that the end was cut off, which nothing else can.
    scene.run(["journal", "verify", &one, "--head", &head]).await.success();
    gate.open();
    scene.turn_end(&two).await;
    let rows = scene.journal(&two).await.rows.len();
    let kept = scene.run(["-o", "json", "journal", "verify", &two]).await.success().json()[0]["head"].clone();
    let kept = format!("{}:{}", kept["seq"], kept["hash"].as_str().unwrap());
    cut_off(&scene, &two, rows - 1);
    scene.run(["journal", "verify", &two, "--head", &kept]).await.code(1);
}

/// Removes the last row as a forger would who knows what is stored beside the rows.
fn cut_off(scene: &Scene, session: &str, rows: usize) {
    tamper(
        scene,
        &format!(
            "DELETE FROM events WHERE session = '{session}' AND seq > {rows};
             UPDATE sessions SET head_seq = {rows},
                 head_hash = (SELECT hash FROM events WHERE session = '{session}' AND seq = {rows})
             WHERE id = '{session}'"
        ),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn damage_is_told_with_its_session_and_row_and_spares_the_other_sessions() {
    let scene = Scene::new(todos_then_text().into_iter().chain(todos_then_text())).await;
    let (hurt, whole) = (scene.session([]).await, scene.session(["--name", "whole"]).await);
    scene.chat(&hurt, "plan").await.success();
    scene.chat(&whole, "plan").await.success();
    tamper(&scene, &format!("UPDATE events SET body = replace(body, 'plan', 'Plan') WHERE session = '{hurt}'"));

    let file = scene.daemon.home().state().join("journal.db");
    let before = std::fs::read(&file).unwrap();
    let damaged = scene.run(["journal", "verify", &hurt]).await.code(1);
    let message = format!("session {}, row 2: the row was changed after it was written", &hurt[..12]);
    assert!(damaged.stderr().contains(&message), "{damaged}");
    assert!(damaged.stdout().starts_with("DAMAGED"), "{damaged}");
    let all = scene.run(["-o", "json", "journal", "verify"]).await.code(1);
    assert_eq!(all.json_error()["code"], "JOURNAL_DAMAGED");
    assert_eq!(all.json()[0]["faults"][0]["seq"], 2);
    assert_eq!(all.json()[1]["faults"], json!([]));
    assert_eq!(std::fs::read(&file).unwrap(), before, "it was touched");
    scene.run(["journal", "verify", "whole"]).await.success();
    let export = scene.run(["session", "export", &hurt]).await.success();
    assert!(export.stdout().contains("Plan"), "what can be read can be taken away");
    tamper(&scene, &format!("DELETE FROM events WHERE session = '{hurt}' AND seq = 4"));
    let export = scene.run(["-o", "json", "session", "export", &hurt]).await.code(1);
    assert_eq!(export.json_error()["code"], "JOURNAL_DAMAGED");
    assert_eq!(export.json_lines().len(), 3, "the rows before the damage, and no head");
}

/// What stands beside the rows is shown to people who decide by it, so it must not differ from them either.
#[tokio::test(flavor = "multi_thread")]
async fn a_listing_that_shows_something_else_than_the_rows_is_damage() {
    let scene = Scene::new([Reply::call("call_1", "execute", json!({"command": "rm -r build"}))]).await;
    let session = scene.session([]).await;
    scene.chat(&session, "clean").await.code(3);
    scene.run(["journal", "verify"]).await.success();
    tamper(&scene, "UPDATE sessions SET summary = replace(summary, 'rm -r build', 'rm -r other')");
    let damaged = scene.run(["journal", "verify", &session]).await.code(1);
    assert!(damaged.stderr().contains("other waiting approvals than its rows"), "{damaged}");
    tamper(&scene, "UPDATE sessions SET summary = 'rubbish'");
    let damaged = scene.run(["journal", "verify", &session]).await.code(1);
    assert!(damaged.stderr().contains("its listing cannot be read"), "{damaged}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_can_be_checked_without_agentd() {
    use sha2::{Digest as _, Sha256};
    let scene = Scene::new(todos_then_text()).await;
    let session = scene.session(["--name", "away"]).await;
    scene.chat(&session, "plan \u{202e} it").await.success();
    let export = scene.run(["session", "export", "away"]).await.success();
    let text = export.stdout();
    let lines: Vec<&str> = text.lines().collect();
    let (end, rows) = lines.split_last().unwrap();
    let mut prev = vec![0; 32];
    for (line, seq) in rows.iter().zip(1_u64..) {
        let row: Value = serde_json::from_str(line).unwrap();
        assert_eq!(row["seq"], seq);
        // The body is the text itself, but for characters that deceive, which are escaped in all output.
        let body = line.split_once("\"body\":").unwrap().1.strip_suffix('}').unwrap().replace("\\u202e", "\u{202e}");
        let mut sha = Sha256::new();
        let number = |key: &str| row[key].as_i64().unwrap().to_be_bytes().to_vec();
        let text = |key: &str| row[key].as_str().unwrap().as_bytes().to_vec();
        for field in [
            prev.clone(),
            text("session"),
            number("seq"),
            number("turn"),
            number("epoch"),
            number("wall_time_ms"),
            text("kind"),
            body.into_bytes(),
        ] {
            sha.update((field.len() as u64).to_be_bytes());
            sha.update(field);
        }
        prev = sha.finalize().to_vec();
        let hash: String = prev.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(row["hash"], hash, "{line}");
    }
    let end: Value = serde_json::from_str(end).unwrap();
    let last: Value = serde_json::from_str(rows[rows.len() - 1]).unwrap();
    assert_eq!(end, json!({"v": 1, "session": session, "head": {"seq": rows.len(), "hash": last["hash"]}}));
    let kept = format!("{}:{}", end["head"]["seq"], end["head"]["hash"].as_str().unwrap());
    scene.run(["journal", "verify", &session, "--head", &kept]).await.success();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_tells_people_what_happened() {
    let replies = [Reply::call("call_1", "execute", json!({"command": "rm -r build"})), Reply::text("As you wish.")];
    let scene = Scene::new(replies).await;
    let session = scene.session([]).await;
    scene.chat(&session, "clean up").await.code(3);
    scene.run(["resume", &session, "cancel", "--message", "keep it"]).await.success();
    let document = scene.run(["session", "export", &session, "--format", "markdown"]).await.success().stdout();
    let places: Vec<usize> = [
        "# Session",
        "> clean up",
        "**Tool call** `execute` (`call_1`)",
        "\"command\": \"rm -r build\"",
        "**Approval** of `call_1` asked for at",
        "**rejected** by user",
        "> keep it",
        "**denied**",
        "> As you wish.",
        "Turn 1 **completed**",
        "The journal is whole; its head is `",
    ]
    .iter()
    .map(|part| document.find(part).unwrap_or_else(|| panic!("no {part:?} in:\n{document}")))
    .collect();
    assert!(places.is_sorted(), "{document}");
}
