//! Final answers that must fit a JSON Schema.

use serde_json::json;

use crate::fixtures::model_server::{Gate, Reply};
use crate::fixtures::scene::Scene;

const FITS: &str = r#"{"verdict": "pass", "issues": ["none"]}"#;

/// A scene, a session of it, and the path of a schema.
async fn scene(replies: impl IntoIterator<Item = Reply>) -> (Scene, String, String) {
    let scene = Scene::new(replies).await;
    let session = scene.session([]).await;
    let path = scene.daemon.home().path("answer.schema.json");
    let schema = json!({
        "type": "object",
        "properties": { "verdict": { "enum": ["pass", "fail"] }, "issues": { "type": "array" } },
        "required": ["verdict", "issues"],
    });
    std::fs::write(&path, schema.to_string()).unwrap();
    (scene, session, path.display().to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn stdout_holds_the_json_that_fits_and_nothing_else() {
    let call = Reply::text("First I write.").and_call("w", "write_file", json!({"file_path": "a", "content": "b"}));
    let replies = [call, Reply::text("It is fine."), Reply::text(&format!("```json\n{FITS}\n```"))];
    let (scene, session, schema) = scene(replies).await;
    let parked = scene.run(["chat", &session, "review", "--json-schema", &schema]).await.code(3);
    assert_eq!(parked.stdout(), "");
    // Whoever goes on with the turn gets it in the same shape.
    let done = scene.run(["resume", &session, "cancel"]).await.success();
    assert_eq!(done.stdout(), format!("{FITS}\n"), "{done}");
    assert!(done.stderr().contains("the answer does not fit the schema, and is asked for again"), "{done}");

    let asked = scene.model.newest_request();
    assert!(asked.messages().iter().any(|message| message["content"].to_string().contains("verdict")));
    assert!(asked.newest("user").contains("it is not one JSON value"), "{}", asked.newest("user"));
    let journal = scene.journal(&session).await;
    journal.assert_sound();
    assert_eq!(journal.finished()["answer"], json!({"verdict": "pass", "issues": ["none"]}));
    assert_eq!(journal.of("turn.started")[0]["message"], "review", "the message is what the user wrote");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_never_fits_is_exit_code_1() {
    let replies = [Reply::text("No."), Reply::text(r#"{"verdict":"maybe","issues":[]}"#), Reply::text("Hello.")];
    let (scene, session, schema) = scene(replies).await;
    let failed = scene.run(["chat", &session, "review", "--json-schema", &schema]).await.code(1);
    assert_eq!(failed.stdout(), "");
    assert!(failed.stderr().contains("/verdict: value must be one of 'pass', 'fail'"), "{failed}");
    // The next message is an ordinary one.
    assert_eq!(scene.chat(&session, "hello").await.success().stdout(), "Hello.\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schema_that_cannot_be_used_begins_no_turn() {
    let (scene, session, path) = scene([]).await;
    for (schema, why) in [
        ("{", "not JSON"),
        (r#"{"type":"objekt"}"#, "the schema cannot be used"),
        (r#"{"$ref":"file:///etc/passwd"}"#, "only what it holds itself"),
    ] {
        std::fs::write(&path, schema).unwrap();
        let refused = scene.run(["chat", &session, "review", "--json-schema", &path]).await.code(2);
        assert!(refused.stderr().contains(why), "{refused}");
    }
    assert!(scene.journal(&session).await.of("turn.started").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_answer_outlives_the_daemon() {
    let gate = Gate::closed();
    let (mut scene, session, schema) =
        scene([Reply::text("No."), Reply::text("cut").held(&gate), Reply::text(FITS)]).await;
    scene.run(["chat", &session, "review", "--json-schema", &schema, "--detach"]).await.success();
    scene.model.wait_for_requests(2).await;
    scene.daemon.kill9();
    scene.daemon.restart().await;
    let journal = scene.turn_end(&session).await;
    journal.assert_sound();
    assert_eq!(journal.of("answer.refused").len(), 1, "{}", journal.text());
    assert_eq!(journal.finished()["answer"]["verdict"], "pass");
}
