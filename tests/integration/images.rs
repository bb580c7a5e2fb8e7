//! Images: pulled from a registry with progress, imported without one, listed, removed; and sessions that keep theirs.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::fixtures::model_server::Reply;
use crate::fixtures::private_engine::make_root;
use crate::fixtures::pty::Terminal;
use crate::fixtures::registry::Registry;
use crate::fixtures::scene::Scene;

/// A tar archive with one file.
fn layer(name: &str, content: &[u8]) -> Vec<u8> {
    archive(|root| std::fs::write(root.join(name), content).unwrap())
}

/// A tar archive with a shell and what it needs.
fn base_layer() -> Vec<u8> {
    archive(make_root)
}

fn archive(fill: impl FnOnce(&Path)) -> Vec<u8> {
    let root = tempfile::tempdir().unwrap();
    fill(root.path());
    let options = ["--sort=name", "--mode=a+rX", "--mtime=@0", "-cf", "-", "."];
    let tar = Command::new("tar").arg("-C").arg(root.path()).args(options).output().unwrap();
    assert!(tar.status.success());
    tar.stdout
}

/// Names that a test gave, removed at its end.
struct Names<'a>(&'a [&'a str]);

impl Drop for Names<'_> {
    fn drop(&mut self) {
        for name in self.0 {
            // One that is gone already needs no removal.
            let _ = Command::new("docker").args(["image", "rm", "--force", name]).output();
        }
    }
}

async fn image_of(scene: &Scene, session: &str) -> Value {
    scene.show(session).await["image_digest"].take()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs an engine: run by tests/run"]
async fn an_image_is_pulled_with_the_progress_of_each_layer() {
    let registry = Registry::start();
    let noise: Vec<u8> = (0_u32..1 << 20).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    let digest = registry.put("1", &[layer("a", b"first"), layer("b", &noise)]);
    let name = registry.image("1");
    let _names = Names(&[&name]);
    let scene = Scene::new([]).await;

    let steps = scene.run(["-o", "json", "image", "pull", &name]).await.success().json_lines();
    let (last, steps) = steps.split_last().unwrap();
    assert_eq!(last["image"]["names"], json!([name]), "{last}");
    let pinned = format!("{}@{digest}", name.rsplit_once(':').unwrap().0);
    assert_eq!(last["image"]["digest"], json!(pinned));
    let done = steps.iter().filter(|step| step["layer"]["phase"] == "done").count();
    assert_eq!(done, 2, "{steps:?}");
    assert!(steps.iter().any(|step| step["layer"]["total_bytes"].as_u64() > Some(4 << 20)), "{steps:?}");

    // Of an image that shares a layer the other one comes.
    let newer = registry.put("2", &[layer("a", b"first"), layer("c", b"third")]);
    let other = registry.image("2");
    let _others = Names(&[&other]);
    let plain = scene.run(["image", "pull", &other]).await.success();
    let lines = |end: &str| plain.stderr().lines().filter(|line| line.ends_with(end)).count();
    assert_eq!((lines(": there already"), lines(": done")), (1, 1), "{plain}");
    assert!(plain.line().ends_with(&newer), "{plain}");

    scene.run(["image", "rm", &name]).await.success();
    let shown = Terminal::run(scene.daemon.home(), &["image", "pull", &name]).await;
    assert!(shown.contains("done") && shown.contains(" of ") && shown.contains("MiB"), "bars at a terminal: {shown:?}");

    let error = scene.run(["-o", "json", "image", "pull", &registry.image("none")]).await.code(5).json_error();
    assert_eq!(error["code"], "IMAGE_NOT_FOUND");
    assert!(error["hint"].as_str().unwrap().contains("agentctl image import"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs an engine: run by tests/run"]
async fn a_root_file_system_becomes_an_image_that_sandboxes_are_made_of() {
    let replies = [Reply::call("c1", "execute", json!({"command": "cat /marker"})), Reply::text("Done.")];
    let scene = Scene::new(replies).await;
    let name = format!("imported-{}:1", scene.daemon.install_id().split('-').next().unwrap());
    let _names = Names(&[&name]);
    let tar = scene.daemon.home().path("root.tar");
    let root = archive(|root| {
        make_root(root);
        std::fs::write(root.join("marker"), "imported").unwrap();
    });
    std::fs::write(&tar, root).unwrap();
    let image = scene.run(["-o", "json", "image", "import", tar.to_str().unwrap(), &name]).await.success().json();
    assert_eq!(image["names"], json!([name]));
    let piped = scene.daemon.agentctl(["-o", "json", "image", "import", "-", &name]);
    piped.stdin(std::fs::read(&tar).unwrap()).run().await.success();

    let session = scene.session(["--image", &name, "--approve", "none", "--name", "user"]).await;
    scene.chat(&session, "look").await.success();
    assert!(scene.told("c1").starts_with("imported"), "{}", scene.told("c1"));
    let listed = scene.run(["-o", "json", "image", "list"]).await.success().json();
    let ours = listed.as_array().unwrap().iter().find(|image| image["names"] == json!([name])).expect("it is listed");
    assert_eq!(ours["sessions"], json!([session]));
    assert_eq!(image_of(&scene, &session).await, ours["digest"], "the session is held to it");

    let error = scene.run(["-o", "json", "image", "rm", &name]).await.code(1).json_error();
    assert_eq!(
        (&error["code"], &error["message"]),
        (&json!("IMAGE_IN_USE"), &json!(format!("the image {name} is used by sessions: user")))
    );
    let error = scene.run(["-o", "json", "image", "rm", "--force", &name]).await.code(1).json_error();
    assert_eq!(error["code"], "IMAGE_IN_USE", "a container is made of it: {error}");
    scene.run(["session", "rm", &session]).await.success();
    scene.run(["image", "rm", &name]).await.success();
    scene.run(["image", "rm", &name]).await.code(5);

    let nothing = scene.daemon.home().path("nothing.tar");
    std::fs::write(&nothing, "this is no archive").unwrap();
    let refused = scene.run(["image", "import", nothing.to_str().unwrap(), &name]).await.code(1);
    assert!(refused.stderr().contains("import the image"), "{refused}");
    scene.run(["image", "import", "/nowhere.tar", &name]).await.code(2);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs an engine: run by tests/run"]
async fn a_session_keeps_its_image_until_it_is_upgraded_and_goes_back() {
    let registry = Registry::start();
    let base = base_layer();
    let first = registry.put("latest", &[base.clone(), layer("version", b"one\n")]);
    let (name, next) = (registry.image("latest"), registry.image("next"));
    let _names = Names(&[&name, &next]);
    let call =
        |id| Reply::call(id, "execute", json!({"command": "cat /version; cat note 2>/dev/null; echo kept > note"}));
    let replies = ["c1", "c2", "c3", "c4"].into_iter().flat_map(|id| [call(id), Reply::text("Done.")]);
    let scene = Scene::new(replies.collect::<Vec<_>>()).await;
    let session = scene.session(["--image", &name, "--approve", "none"]).await;
    let pinned = |digest: &str| json!(format!("{}@{digest}", name.rsplit_once(':').unwrap().0));
    scene.chat(&session, "1").await.success();
    assert!(scene.told("c1").starts_with("one\n"), "{}", scene.told("c1"));
    assert_eq!(image_of(&scene, &session).await, pinned(&first));

    // The tag moves, and the session's container is lost: the next one is made of the same image.
    let second = registry.put("latest", &[base.clone(), layer("version", b"two\n")]);
    scene.run(["image", "pull", &name]).await.success();
    scene.run(["container", "rm", &session]).await.success();
    scene.chat(&session, "2").await.success();
    assert!(scene.told("c2").starts_with("one\nkept\n"), "{}", scene.told("c2"));

    scene.run(["session", "upgrade", &session, "--image", &name]).await.success();
    assert_eq!(image_of(&scene, &session).await, pinned(&second));
    scene.chat(&session, "3").await.success();
    assert!(scene.told("c3").starts_with("two\nkept\n"), "another image, the same workspace: {}", scene.told("c3"));
    let unchanged = scene.journal(&session).await.rows.len();
    scene.run(["session", "upgrade", &session, "--image", &name]).await.success();
    assert_eq!(scene.journal(&session).await.rows.len(), unchanged, "nothing to change");

    // What is not there yet is fetched.
    let third = registry.put("next", &[base, layer("version", b"three\n")]);
    let upgraded = scene.run(["session", "upgrade", &session, "--image", &next]).await.success();
    assert!(upgraded.stderr().contains(": done"), "{upgraded}");
    assert_eq!(image_of(&scene, &session).await, pinned(&third));
    assert_eq!(scene.show(&session).await["earlier_images"], json!([name, name]));

    scene.run(["session", "rollback", &session]).await.success();
    assert_eq!(image_of(&scene, &session).await, pinned(&second));
    scene.run(["session", "rollback", &session]).await.success();
    assert_eq!(image_of(&scene, &session).await, pinned(&first));
    scene.chat(&session, "4").await.success();
    assert!(scene.told("c4").starts_with("one\nkept\n"), "{}", scene.told("c4"));
    let error = scene.run(["-o", "json", "session", "rollback", &session]).await.code(1).json_error();
    assert_eq!(error["code"], "NO_EARLIER_IMAGE", "{error}");

    let journal = scene.journal(&session).await;
    journal.assert_sound();
    let changes: Vec<(&Value, &Value)> =
        journal.of("image.changed").iter().map(|change| (&change["digest"], &change["rollback"])).collect();
    let wanted = [(&second, false), (&third, false), (&second, true), (&first, true)];
    let wanted = wanted.map(|(digest, back)| (pinned(digest), json!(back)));
    assert_eq!(changes, wanted.iter().map(|(digest, back)| (digest, back)).collect::<Vec<_>>());
    assert_eq!(scene.engine().await.containers_of(scene.daemon.install_id()).await.len(), 1, "none is left behind");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs an engine: run by tests/run"]
async fn an_upgrade_waits_for_the_turn_and_outlives_the_daemon() {
    let gate = Reply::call("c1", "execute", json!({"command": "touch begun; while [ ! -e go ]; do sleep 0.1; done"}));
    let parked = Reply::call("c2", "delete", json!({"file_path": "begun"}));
    let mut scene = Scene::new([gate, Reply::text("1"), parked, Reply::text("2")]).await;
    let session = scene.session(["--approve", "delete"]).await;
    let usual = scene.show(&session).await["image"].as_str().unwrap().to_owned();
    let other = format!("other-{}:1", scene.daemon.install_id().split('-').next().unwrap());
    let _names = Names(&[&other]);
    assert!(Command::new("docker").args(["tag", &usual, &other]).status().unwrap().success());

    let turn = scene.daemon.agentctl(["chat", &session, "wait"]).spawn();
    let workspace = scene.workspace(&session).await;
    crate::fixtures::wait::until_true("the command runs", async || workspace.join("begun").exists()).await;
    let error = scene.run(["-o", "json", "session", "upgrade", &session, "--image", &other]).await.code(1).json_error();
    assert_eq!(error["code"], "TURN_RUNNING");
    std::fs::write(workspace.join("go"), "").unwrap();
    turn.finish().await.success();

    // A parked turn waits for an answer: its image may change, and what is approved then runs in the new one.
    scene.chat(&session, "delete it").await.code(3);
    scene.run(["session", "upgrade", &session, "--image", &other]).await.success();
    scene.daemon.kill9();
    scene.daemon.restart().await;
    assert_eq!(scene.show(&session).await["image"], json!(other));
    scene.run(["resume", &session, "continue"]).await.success();
    assert!(!workspace.join("begun").exists());
    let container = scene.run(["-o", "json", "container", "show", &session]).await.success().json();
    assert_eq!(container["image"], json!(other));
    scene.journal(&session).await.assert_sound();
    assert!(Path::new(&workspace).is_dir());
}
