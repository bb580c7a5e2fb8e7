//! A terminal never gets a raw control byte from a model or a tool.

use serde_json::json;

use crate::fixtures::model_server::Reply;
use crate::fixtures::pty::Terminal;
use crate::fixtures::scene::Scene;

/// What a hostile text would do: set the title, clear the screen, move the cursor, ring, hide and turn round.
const HOSTILE: &str =
    "begin\u{1b}]0;owned\u{7}\u{1b}[2J\u{1b}[H\u{9b}31m\r\u{8}\u{7f}\u{202e}txt.exe\u{200b}\u{2066}end";

/// Fails the test where something of [`HOSTILE`] came through. Colours of our own (SGR) and erasing a line pass.
#[track_caller]
fn assert_harmless(screen: &str) {
    assert!(screen.contains("begin") && screen.contains("end"), "the text itself is not there: {screen:?}");
    for (name, bytes) in [
        ("a title", "\u{1b}]"),
        ("a cleared screen", "\u{1b}[2J"),
        ("a cursor sent home", "\u{1b}[H"),
        ("a C1 control", "\u{9b}"),
        ("a bell", "\u{7}"),
        ("a backspace", "\u{8}"),
        ("a delete", "\u{7f}"),
        ("a bidi override", "\u{202e}"),
        ("a bidi isolate", "\u{2066}"),
        ("a zero-width space", "\u{200b}"),
    ] {
        assert!(!screen.contains(bytes), "{name} came through: {screen:?}");
    }
    assert!(!screen.replace("\r\n", "\n").contains("m\r"), "a carriage return came through: {screen:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_text_of_a_model_is_shown_escaped_on_a_terminal() {
    let scene = Scene::new([Reply::text(HOSTILE)]).await;
    let session = scene.session([]).await;
    let screen = Terminal::run(scene.daemon.home(), &["chat", &session, "attack"]).await;
    assert_harmless(&screen);
    // In a file it is what the model said.
    let again = scene.journal(&session).await;
    assert_eq!(again.only("message.done")["text"], HOSTILE);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_is_cut_anywhere_is_shown_escaped() {
    let scene =
        Scene::new([HOSTILE.chars().fold(Reply::stream(), |reply, c| reply.and_text(c.encode_utf8(&mut [0; 4])))])
            .await;
    let session = scene.session([]).await;
    assert_harmless(&Terminal::run(scene.daemon.home(), &["chat", &session, "attack"]).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_is_shown_escaped_in_full() {
    let call = Reply::call("w", "write_file", json!({"file_path": "a.txt", "content": HOSTILE}));
    let scene = Scene::new([call]).await;
    let session = scene.session(["--name", "s"]).await;
    scene.chat(&session, "attack").await.code(3);
    assert_harmless(&Terminal::run(scene.daemon.home(), &["approvals"]).await);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs an engine: run by tests/run"]
async fn the_output_of_a_command_is_shown_escaped_on_a_terminal() {
    let print = format!("printf '%b' '{}'", HOSTILE.chars().map(octal).collect::<String>());
    let replies = [Reply::call("p", "execute", json!({ "command": print })), Reply::text("begin end")];
    let scene = Scene::new(replies).await;
    let session = scene.session(["--approve", "none"]).await;
    assert_harmless(&Terminal::run(scene.daemon.home(), &["chat", &session, "attack"]).await);
    assert_harmless(&Terminal::run(scene.daemon.home(), &["container", "logs", &session]).await);
    let exec = ["container", "exec", session.as_str(), "--", "sh", "-c", print.as_str()];
    assert_harmless(&Terminal::run(scene.daemon.home(), &exec).await);
}

fn octal(c: char) -> String {
    c.to_string().bytes().map(|byte| format!("\\0{byte:03o}")).collect()
}
