//! A session remembers what was said in it, and nothing of another.

use crate::fixtures::model_server::Reply;
use crate::fixtures::scene::Scene;

#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_remembered_in_its_session_alone() {
    let mut scene = Scene::new([Reply::text("I will."), Reply::text("Alice."), Reply::text("I do not know.")]).await;
    let told = scene.session(["--name", "told"]).await;
    let other = scene.session(["--name", "other"]).await;
    scene.chat(&told, "remember: my name is Alice").await.success();

    // What is remembered is in the journal, so a new daemon knows it too.
    scene.daemon.kill9();
    scene.daemon.restart().await;

    scene.chat("told", "what is my name?").await.success();
    let conversation = scene.model.requests()[1].body.to_string();
    assert!(conversation.contains("my name is Alice") && conversation.contains("I will."), "{conversation}");
    scene.chat(&other, "what is my name?").await.success();
    let conversation = scene.model.requests()[2].body.to_string();
    assert!(!conversation.contains("Alice"), "{conversation}");
}
