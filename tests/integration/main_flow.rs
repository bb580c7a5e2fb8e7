//! One message goes all the way: asked, parked, answered, done.

use std::os::unix::fs::MetadataExt as _;

use serde_json::json;

use crate::fixtures::backend::on_each_backend;
use crate::fixtures::model_server::Reply;
use crate::fixtures::scene::Scene;

const PROGRAM: &str = "print('Hello World')\n";

fn write_hello() -> Reply {
    Reply::call("call_write", "write_file", json!({"file_path": "hello.py", "content": PROGRAM}))
}

on_each_backend!(a_write_parks_until_it_is_approved);
async fn a_write_parks_until_it_is_approved() {
    let scene = Scene::new([write_hello(), Reply::text("It is written.")]).await;
    let session = scene.session([]).await;
    let workspace = scene.workspace(&session).await;

    let parked = scene.chat(&session, "write hello.py").await.code(3);
    assert_eq!(parked.stdout(), "");
    assert!(parked.stderr().contains(&format!("agentctl resume {session} continue")), "{parked}");
    assert_eq!(std::fs::read_dir(&workspace).unwrap().count(), 0, "something was written before the approval");

    let done = scene.run(["resume", &session, "continue"]).await.success();
    assert_eq!(done.stdout(), "It is written.\n");
    let file = workspace.join("hello.py");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), PROGRAM);
    assert_eq!(std::fs::metadata(&file).unwrap().uid(), std::fs::metadata(&workspace).unwrap().uid());

    let journal = scene.journal(&session).await;
    journal.assert_sound();
    assert_eq!(journal.finished()["status"], "completed");
    assert_eq!(journal.only("approval.decided")["decision"], "approve");
}

on_each_backend!(what_was_written_can_be_run);
async fn what_was_written_can_be_run() {
    let run = Reply::call("call_run", "execute", json!({"command": "python3 hello.py && exit 7"}));
    let scene = Scene::new([write_hello(), run, Reply::text("It ran.")]).await;
    let session = scene.session(["--approve", "none"]).await;

    let done = scene.chat(&session, "write and run hello.py").await.success();
    assert_eq!(done.stdout(), "It ran.\n");
    let journal = scene.journal(&session).await;
    journal.assert_sound();
    let ran = journal.of("tool.done").pop().unwrap();
    assert_eq!(ran["exec"]["exit_code"], 7);
    assert!(ran["content"].as_str().unwrap().contains("Hello World"), "{ran}");
    let told = scene.told("call_run");
    assert!(told.contains("Hello World") && told.contains('7'), "the model was told: {told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_needs_neither_tool_nor_engine() {
    let scene = Scene::new([Reply::text("Four.\nReally.")]).await;
    let session = scene.session([]).await;
    let answer = scene.daemon.agentctl(["chat", &session, "-"]).stdin("two and two?\n").run().await.success();
    assert_eq!(answer.stdout(), "Four.\nReally.\n");
    assert_eq!(scene.show(&session).await["status"], "idle");
    assert!(scene.model.requests()[0].newest("user").contains("two and two?"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_json_stream_is_the_journal_and_ends_with_the_end_of_the_turn() {
    let scene = Scene::new([Reply::text("Here.")]).await;
    let session = scene.session([]).await;
    let stream = scene.run(["-o", "json", "chat", &session, "are you there?"]).await.success().json_lines();
    assert_eq!(stream.last().unwrap()["type"], "turn.finished");
    assert_eq!(stream.last().unwrap()["data"]["exit_code"], 0);
    let (rows, live): (Vec<_>, Vec<_>) = stream.into_iter().partition(|event| event.get("seq").is_some());
    let journal = scene.journal(&session).await;
    let of_turn: Vec<_> = journal.rows.iter().filter(|row| row["turn"] == 1).cloned().collect();
    assert_eq!(rows, of_turn, "a live stream shows the rows of the journal");
    assert!(live.iter().all(|event| event["type"] != "text.delta" || event.get("offset").is_some()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_request_id_joins_its_turn() {
    let scene = Scene::new([Reply::text("Once."), Reply::text("Twice.")]).await;
    let session = scene.session([]).await;
    for _ in 0..2 {
        let answer = scene.run(["chat", &session, "count", "--request-id", "r-1"]).await.success();
        assert_eq!(answer.stdout(), "Once.\n");
    }
    assert_eq!(scene.model.requests().len(), 1);
    scene.run(["chat", &session, "something else", "--request-id", "r-1"]).await.code(1);
    assert_eq!(scene.chat(&session, "count").await.success().stdout(), "Twice.\n");
}

on_each_backend!(files_are_found_read_edited_and_deleted);
async fn files_are_found_read_edited_and_deleted() {
    let calls = [
        Reply::call("c1", "write_file", json!({"file_path": "src/a.txt", "content": "one\ntwo\nthree\n"})),
        Reply::call("c2", "edit_file", json!({"file_path": "src/a.txt", "old_string": "two", "new_string": "2"})),
        Reply::call("c3", "read_file", json!({"file_path": "/workspace/src/a.txt"}))
            .and_call("c4", "grep", json!({"pattern": "three"}))
            .and_call("c5", "glob", json!({"pattern": "**/*.txt"}))
            .and_call("c6", "ls", json!({"path": "/workspace"})),
        Reply::call("c7", "write_todos", json!({"todos": [{"content": "tidy up", "status": "in_progress"}]})),
        Reply::call("c8", "delete", json!({"file_path": "src/a.txt"})),
        Reply::text("All done."),
    ];
    let scene = Scene::new(calls).await;
    let session = scene.session(["--approve", "none"]).await;
    scene.chat(&session, "work").await.success();
    let journal = scene.journal(&session).await;
    journal.assert_sound();
    assert_eq!(journal.of("tool.done").len(), 8, "{}", journal.text());
    let told = |call: &str| scene.told(call);
    assert!(told("c3").contains("2") && told("c3").contains("three") && !told("c3").contains("two"), "{}", told("c3"));
    assert!(told("c4").contains("a.txt"), "{}", told("c4"));
    assert!(told("c5").contains("src/a.txt"), "{}", told("c5"));
    assert!(told("c6").contains("src"), "{}", told("c6"));
    assert_eq!(journal.only("todos.updated")["todos"][0]["content"], "tidy up");
    assert!(!scene.workspace(&session).await.join("src/a.txt").exists());
}
