//! Files beside a message: pictures and text, kept by hash, there again after a restart.

use serde_json::Value;

use crate::fixtures::home::Config;
use crate::fixtures::model_server::{Reply, Request};
use crate::fixtures::pty::Terminal;
use crate::fixtures::scene::Scene;

/// The smallest picture there is: one pixel.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89";

fn sees(config: Config) -> Config {
    config.set_raw("models.fake.vision", "true")
}

fn first_content(request: &Request) -> &Value {
    let user = request.messages().iter().find(|message| message["role"] == "user").expect("a user's message");
    &user["content"]
}

#[tokio::test(flavor = "multi_thread")]
async fn files_go_with_a_message_and_are_there_after_a_restart() {
    let mut scene = Scene::with([Reply::text("A pixel."), Reply::text("Still a pixel.")], sees).await;
    let session = scene.session([]).await;
    let (picture, note) = (scene.daemon.home().path("pixel.png"), scene.daemon.home().path("note.txt"));
    std::fs::write(&picture, PNG).unwrap();
    std::fs::write(&note, "from the note\n").unwrap();
    let (picture, note) = (picture.display().to_string(), note.display().to_string());
    scene.run(["chat", &session, "what is it?", "--file", &picture, "--file", &note]).await.success();

    let first = scene.model.newest_request();
    let content = first_content(&first);
    let url = content[0]["image_url"]["url"].as_str().unwrap();
    assert!(url.starts_with("data:image/png;base64,iVBORw0KGgo"), "{url}");
    assert!(content[1]["text"].as_str().unwrap().contains("\nfrom the note\n"), "{content}");
    assert_eq!(content[2]["text"], "what is it?");
    let started = scene.journal(&session).await.only("turn.started").clone();
    assert_eq!(started["attachments"][0]["media_type"], "image/png", "{started}");

    scene.daemon.kill9();
    scene.daemon.restart().await;
    scene.chat(&session, "and now?").await.success();
    assert_eq!(first_content(&scene.model.newest_request()), content, "what was sent stays true");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_model_does_not_take_is_refused_before_the_turn_begins() {
    let scene = Scene::new([]).await;
    let session = scene.session([]).await;
    let home = scene.daemon.home();
    let write = |name: &str, content: &[u8]| {
        std::fs::write(home.path(name), content).unwrap();
        home.path(name).display().to_string()
    };
    for (file, told) in [
        (write("pixel.png", PNG), "set vision = true in [models.fake]"),
        (write("report.pdf", b"%PDF-1.7\xff\0"), "report.pdf is neither text nor a PNG, JPEG, WebP or GIF picture"),
        (write("long.txt", &[b'x'; 300_000]), "a text may have 262144"),
    ] {
        let refused = scene.run(["chat", &session, "look", "--file", &file]).await.code(2);
        assert!(refused.stderr().contains(told), "{refused}");
    }
    let missing = scene.run(["chat", &session, "look", "--file", "/nowhere"]).await.code(2);
    assert!(missing.stderr().contains("the file /nowhere cannot be sent"), "{missing}");
    assert!(scene.journal(&session).await.of("turn.started").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_conversation_a_file_is_named_by_an_at_sign() {
    let scene = Scene::new([Reply::text("I read it.")]).await;
    let session = scene.session([]).await;
    std::fs::write(scene.daemon.home().path("note.txt"), "from the note\n").unwrap();
    let lines = &[("", "sum up @note.txt, @nobody"), ("I read it.", "/exit")];
    Terminal::talk(scene.daemon.home(), &["chat", &session], lines).await;
    let request = scene.model.newest_request();
    let content = first_content(&request);
    assert!(content[0]["text"].as_str().unwrap().contains("\nfrom the note\n"), "{content}");
    assert_eq!(content[1]["text"], "sum up @note.txt, @nobody");
    // On the command line the sign has no meaning.
    assert_eq!(scene.model.requests().len(), 1);
}
