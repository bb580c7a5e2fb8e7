//! Approvals: who answers, what runs, and what the model is told.

use proto::v1::{Answer, Decision, ResumeRequest};
use serde_json::json;

use crate::fixtures::model_server::{Gate, Reply};
use crate::fixtures::scene::Scene;
use crate::fixtures::wait::until;

fn todo(call: &str, content: &str) -> Reply {
    Reply::call(call, "write_todos", json!({"todos": [{"content": content, "status": "pending"}]}))
}

fn write(call: &str, name: &str) -> Reply {
    Reply::call(call, "write_file", json!({"file_path": name, "content": name}))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rejected_write_writes_nothing_and_the_model_is_told_why() {
    let scene = Scene::new([write("w", "a.txt"), Reply::text("Then not.")]).await;
    let session = scene.session([]).await;
    scene.chat(&session, "write a.txt").await.code(3);
    let output = scene.run(["resume", &session, "cancel", "--message", "use b.txt instead"]).await.success();
    assert_eq!(output.stdout(), "Then not.\n");
    assert!(!scene.workspace(&session).await.join("a.txt").exists());
    let told = scene.told("w");
    assert!(told.contains("use b.txt instead"), "the model was told: {told}");
    let journal = scene.journal(&session).await;
    journal.assert_sound();
    assert_eq!(journal.only("tool.denied")["call"], "w");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rejection_can_end_the_turn() {
    let scene = Scene::new([write("w", "a.txt")]).await;
    let session = scene.session([]).await;
    scene.chat(&session, "write a.txt").await.code(3);
    let _ = scene.run(["resume", &session, "cancel", "--stop"]).await;
    let journal = scene.turn_end(&session).await;
    journal.assert_sound();
    assert_eq!(journal.finished()["status"], "cancelled");
    assert_eq!(scene.model.requests().len(), 1, "the model was asked again");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_answer_stands() {
    let scene = Scene::new([write("w", "a.txt"), Reply::text("Then not.")]).await;
    let session = scene.session([]).await;
    scene.chat(&session, "write a.txt").await.code(3);
    scene.run(["resume", &session, "cancel"]).await.success();
    let second = scene.run(["-o", "json", "resume", &session, "continue"]).await.code(1);
    assert_eq!(second.json_error()["code"], "NOTHING_WAITS");
    scene.journal(&session).await.assert_sound();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_to_something_else_is_refused() {
    let scene = Scene::new([write("w", "a.txt")]).await;
    let session = scene.session([]).await;
    scene.chat(&session, "write a.txt").await.code(3);
    let answer = Answer {
        call: "w".to_owned(),
        decision: Decision::Approve.into(),
        digest: "0".repeat(64),
        ..Answer::default()
    };
    let request = ResumeRequest { session: session.clone(), answers: vec![answer], ..ResumeRequest::default() };
    let refused = scene.daemon.sessions().await.resume(request).await.unwrap_err();
    assert_eq!(proto::reason::Failure::of_status(&refused).reason, proto::reason::Reason::DigestMismatch);

    let unknown = scene.run(["-o", "json", "resume", &session, "continue", "--call", "nobody"]).await.code(5);
    assert_eq!(unknown.json_error()["code"], "CALL_NOT_FOUND");
    let waiting = scene.run(["-o", "json", "approvals"]).await.success().json();
    assert_eq!(waiting.as_array().unwrap().len(), 1, "{waiting}");
    assert_eq!(waiting[0]["arguments"], json!({"file_path": "a.txt", "content": "a.txt"}));
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs an engine: run by tests/run"]
async fn calls_of_one_reply_are_answered_one_by_one_and_run_together() {
    let scene = Scene::new([
        write("w1", "a.txt").and_call("w2", "write_file", json!({"file_path": "b.txt", "content": ""})),
        Reply::text("One of two."),
    ])
    .await;
    let session = scene.session([]).await;
    let workspace = scene.workspace(&session).await;
    scene.chat(&session, "write both").await.code(3);

    scene.run(["resume", &session, "continue", "--call", "w1"]).await.code(3);
    let second = scene.run(["-o", "json", "resume", &session, "cancel", "--call", "w1"]).await.code(1);
    assert_eq!(second.json_error()["code"], "ALREADY_DECIDED");
    assert!(!workspace.join("a.txt").exists(), "a call ran before its siblings were answered");
    scene.run(["resume", &session, "cancel", "--call", "w2"]).await.success();
    assert!(workspace.join("a.txt").exists());
    assert!(!workspace.join("b.txt").exists());
    scene.journal(&session).await.assert_sound();
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs an engine: run by tests/run"]
async fn edited_arguments_run_and_the_model_is_told() {
    let scene = Scene::new([write("w", "a.txt"), Reply::text("As you like.")]).await;
    let session = scene.session([]).await;
    let workspace = scene.workspace(&session).await;
    scene.chat(&session, "write a.txt").await.code(3);
    let edit = json!({"file_path": "edited.txt", "content": "mine"}).to_string();
    scene.run(["resume", &session, "continue", "--edit", &edit]).await.success();
    assert_eq!(std::fs::read_to_string(workspace.join("edited.txt")).unwrap(), "mine");
    assert!(!workspace.join("a.txt").exists());
    let told = scene.told("w");
    assert!(told.contains("edited.txt"), "the model was told: {told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parked_session_takes_no_other_message() {
    let scene = Scene::new([write("w", "a.txt")]).await;
    let session = scene.session([]).await;
    scene.chat(&session, "write a.txt").await.code(3);
    let refused = scene.run(["-o", "json", "chat", &session, "hello?"]).await.code(3);
    assert_eq!(refused.json_error()["code"], "AWAITING_APPROVAL");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs an engine: run by tests/run"]
async fn the_policy_says_who_is_asked() {
    let look = Reply::call("look", "ls", json!({"path": "/workspace"}));
    let scene = Scene::new([look.clone(), look, Reply::text("Looked.")]).await;
    let asks_all = scene.session(["--approve", "all"]).await;
    scene.chat(&asks_all, "look").await.code(3);
    let asks_for_writing = scene.session([]).await;
    scene.chat(&asks_for_writing, "look").await.success();
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs an engine: run by tests/run"]
async fn a_script_can_say_what_happens_to_what_would_wait() {
    let replies = [write("w1", "a.txt"), Reply::text("Approved."), write("w2", "b.txt"), Reply::text("Rejected.")];
    let scene = Scene::new(replies).await;
    let session = scene.session([]).await;
    let workspace = scene.workspace(&session).await;
    let approved = scene.run(["chat", &session, "write", "--on-interrupt", "approve"]).await.success();
    assert_eq!(approved.stdout(), "Approved.\n");
    assert!(workspace.join("a.txt").exists());
    let rejected = scene.run(["chat", &session, "write", "--on-interrupt", "cancel"]).await.success();
    assert_eq!(rejected.stdout(), "Rejected.\n");
    assert!(!workspace.join("b.txt").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_allowed_for_the_session_is_not_asked_again_and_nothing_more_is() {
    let replies = [todo("t1", "same"), todo("t2", "same"), todo("t3", "other"), Reply::text("Planned.")];
    let mut scene = Scene::new(replies).await;
    let session = scene.session(["--approve", "write_todos"]).await;
    scene.chat(&session, "plan").await.code(3);
    let parked_again = scene.run(["resume", &session, "continue", "--always"]).await.code(3);
    assert!(parked_again.stderr().contains("call t3"), "{}", parked_again.stderr());
    let always = scene.show(&session).await["always"].clone();
    assert_eq!(always, json!(["write_todos with exactly these arguments"]));
    // What was allowed outlives the daemon, and nothing else does.
    scene.daemon.kill9();
    scene.daemon.restart().await;
    assert_eq!(scene.show(&session).await["always"], always);
    scene.run(["resume", &session, "continue"]).await.success();
    let journal = scene.journal(&session).await;
    journal.assert_sound();
    assert_eq!(journal.of("approval.requested").len(), 2);
    let decided: Vec<_> = journal.of("approval.decided").iter().map(|row| row["always"].clone()).collect();
    assert_eq!(decided, [always[0].clone(), json!("")]);
    assert_eq!(journal.of("approval.decided")[0]["uid"], json!(rustix::process::geteuid().as_raw()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_is_not_certain_is_never_allowed_for_the_session() {
    let scene = Scene::new([Reply::call("c", "execute", json!({"command": "git status; id"}))]).await;
    let session = scene.session([]).await;
    scene.chat(&session, "look").await.code(3);
    let refused = scene.run(["-o", "json", "resume", &session, "continue", "--always"]).await.code(2);
    assert_eq!(refused.json_error()["code"], "INVALID_ARGUMENT");
    let waiting = scene.run(["-o", "json", "approvals", &session]).await.success().json();
    assert_eq!((&waiting[0]["call"], &waiting[0]["always"]), (&json!("c"), &json!("")), "it still waits");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_does_not_go_past_a_rule_that_denies() {
    let deny = r#"[{ tool = "execute", argv_prefix = ["rm"], action = "deny" }]"#;
    let replies = [Reply::call("c", "execute", json!({"command": "ls"}))];
    let scene = Scene::with(replies, |config| config.set_raw("agents.default.rules", deny)).await;
    let session = scene.session([]).await;
    scene.chat(&session, "look").await.code(3);
    let edit = json!({"command": "rm -rf ."}).to_string();
    let refused = scene.run(["-o", "json", "resume", &session, "continue", "--edit", &edit]).await.code(2);
    assert!(refused.json_error()["message"].as_str().unwrap().contains("a rule denies"), "{}", refused.stderr());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_waits_for_words_and_its_answer_is_the_result() {
    let ask = Reply::call("q", "ask_user", json!({"question": "Which colour?", "choices": ["red", "blue"]}));
    let scene = Scene::new([ask, Reply::text("Blue it is.")]).await;
    let session = scene.session(["--approve", "none"]).await;
    let parked = scene.chat(&session, "paint").await.code(3);
    assert!(parked.stderr().contains("answer wanted: ask_user"), "{}", parked.stderr());
    let refused = scene.run(["-o", "json", "resume", &session, "continue"]).await.code(2);
    assert!(refused.json_error()["message"].as_str().unwrap().contains("asks a question"));
    let answered = scene.run(["resume", &session, "continue", "--message", "dark blue"]).await.success();
    assert_eq!(answered.stdout(), "Blue it is.\n");
    assert_eq!(scene.told("q"), "dark blue");
    let journal = scene.journal(&session).await;
    journal.assert_sound();
    assert_eq!(journal.only("approval.decided")["decision"], "answer");
    assert_eq!(journal.only("approval.decided")["message"], "dark blue");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_answers_in_time_and_the_turn_goes_on_without() {
    let replies = [write("w", "a.txt"), Reply::text("Then not.")];
    let mut scene = Scene::with(replies, |config| config.set("limits.approval_expires", "4s")).await;
    let session = scene.session([]).await;
    scene.chat(&session, "write a.txt").await.code(3);
    // It expires also where nobody has spoken to the session since the daemon started.
    scene.daemon.kill9();
    scene.daemon.restart().await;
    scene.model.wait_for_requests(2).await;
    let journal = until("the turn ends", async || {
        let journal = scene.journal(&session).await;
        (journal.finished()["status"] == "completed").then_some(journal)
    })
    .await;
    journal.assert_sound();
    assert_eq!(journal.only("approval.expired")["call"], "w");
    assert!(journal.only("tool.denied")["content"].as_str().unwrap().contains("in time"));
    assert!(journal.only("approval.requested")["expires_at"].as_str().unwrap().starts_with("20"));
    let late = scene.run(["-o", "json", "resume", &session, "continue", "--call", "w"]).await.code(1);
    assert_eq!(late.json_error()["code"], "NOTHING_WAITS");
}

#[tokio::test(flavor = "multi_thread")]
async fn guidance_stands_before_the_next_request_of_a_running_turn() {
    let gate = Gate::closed();
    let mut scene = Scene::new([todo("t", "a").held(&gate), Reply::text("As you say.")]).await;
    let session = scene.session([]).await;
    let idle = scene.run(["-o", "json", "steer", &session, "too early"]).await.code(1);
    assert_eq!(idle.json_error()["code"], "NO_TURN");
    scene.run(["chat", &session, "plan", "--detach"]).await.success();
    scene.model.wait_for_requests(1).await;
    scene.run(["steer", &session, "use the staging server"]).await.success();
    // It is durable before it is told.
    scene.daemon.kill9();
    scene.daemon.restart().await;
    gate.open();
    let journal = scene.turn_end(&session).await;
    journal.assert_sound();
    // What comes from the user without an answer between is one message.
    assert_eq!(scene.model.newest_request().newest("user"), "plan\n\nuse the staging server");
    assert_eq!(journal.only("turn.steered")["text"], "use the staging server");
    let parked = Scene::new([write("w", "a.txt")]).await;
    let session = parked.session([]).await;
    parked.chat(&session, "write").await.code(3);
    let refused = parked.run(["-o", "json", "steer", &session, "x"]).await.code(3);
    assert_eq!(refused.json_error()["code"], "AWAITING_APPROVAL");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_comes_to_the_same_again_and_again_is_put_to_the_user() {
    let again = |n: u32| todo(&format!("t{n}"), "again");
    let scene =
        Scene::new([again(1), again(2), again(3), again(4), todo("t5", "else"), Reply::text("Out of it.")]).await;
    let session = scene.session(["--approve", "none"]).await;
    let parked = scene.chat(&session, "plan").await.code(3);
    assert!(parked.stderr().contains("call t4"), "{}", parked.stderr());
    let waiting = scene.run(["-o", "json", "approvals", &session]).await.success().json();
    assert!(waiting[0]["reason"].as_str().unwrap().contains("may be a loop"), "{waiting}");
    assert_eq!(waiting[0]["always"], "", "a loop is never allowed for the session");
    scene.run(["resume", &session, "cancel", "--message", "do something else"]).await.success();
    scene.journal(&session).await.assert_sound();
}
