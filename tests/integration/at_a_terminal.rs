//! A person at a terminal: asked on the spot, in a conversation, and in the demo.

use serde_json::json;

use crate::fixtures::model_server::Reply;
use crate::fixtures::pty::Terminal;
use crate::fixtures::scene::Scene;

fn write(call: &str, name: &str) -> Reply {
    Reply::call(call, "write_file", json!({"file_path": name, "content": "written\n"}))
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs an engine: run by tests/run"]
async fn a_person_is_asked_and_answers() {
    let replies = [write("w1", "a.txt"), write("w2", "b.txt"), write("w3", "c.txt"), Reply::text("As you wish.")];
    let scene = Scene::new(replies).await;
    let session = scene.session([]).await;
    let lines = &[
        ("run it?", "y"),
        ("run it?", "what?"),
        ("run it?", "n"),
        ("why not", "one is enough"),
        ("run it?", "n"),
        ("why not", ""),
    ];
    let screen = Terminal::talk(scene.daemon.home(), &["chat", &session, "write"], lines).await;
    assert!(screen.contains("written") && screen.contains("As you wish."), "{screen}");
    let workspace = scene.workspace(&session).await;
    assert!(workspace.join("a.txt").exists());
    assert!(!workspace.join("b.txt").exists() && !workspace.join("c.txt").exists());
    assert!(scene.told("w2").contains("one is enough"), "{}", scene.told("w2"));
    scene.journal(&session).await.assert_sound();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_is_held_until_its_end() {
    let scene = Scene::new([Reply::text("First answer."), Reply::text("Second answer.")]).await;
    let session = scene.session(["--name", "talk"]).await;
    let lines = &[("", "first question"), ("First answer.", "second question"), ("Second answer.", "/exit")];
    let screen = Terminal::talk(scene.daemon.home(), &["chat", "talk"], lines).await;
    assert!(screen.contains("Second answer."), "{screen}");
    let journal = scene.journal(&session).await;
    journal.assert_sound();
    let asked: Vec<_> = journal.of("turn.started").iter().map(|started| started["message"].clone()).collect();
    assert_eq!(asked, [json!("first question"), json!("second question")]);
}
