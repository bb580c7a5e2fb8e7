//! Skills of the user and of the shared directory: told by name, read when they are needed.

use serde_json::json;

use crate::fixtures::model_server::Reply;
use crate::fixtures::scene::Scene;

#[tokio::test(flavor = "multi_thread")]
async fn a_skill_is_told_by_name_and_read_on_demand() {
    let replies = [
        Reply::call("c1", "read_skill", json!({ "name": "release-notes" })),
        Reply::call("c2", "read_skill", json!({ "name": "release-notes", "file_path": "scripts/list.sh" })),
        Reply::call("c3", "read_skill", json!({ "name": "../../state" })),
        Reply::text("Read."),
    ];
    let scene = Scene::new(replies).await;
    let skill = scene.daemon.home().path("config/skills/release-notes");
    std::fs::create_dir_all(skill.join("scripts")).unwrap();
    let head = "---\nname: release-notes\ndescription: How release notes are written here.\n---\n";
    std::fs::write(skill.join("SKILL.md"), format!("{head}Begin with what users see.\n")).unwrap();
    std::fs::write(skill.join("scripts/list.sh"), "git log --oneline").unwrap();
    let shared = scene.daemon.home().path("shared");
    std::fs::create_dir_all(shared.join("skills/review")).unwrap();
    std::fs::write(shared.join("skills/review/SKILL.md"), "---\ndescription: How to review.\n---\nLook.\n").unwrap();
    let session = scene.session(["--shared", shared.to_str().unwrap()]).await;

    // Reading asks nobody and needs no sandbox.
    scene.chat(&session, "write the release notes").await.success();
    let request = scene.model.newest_request();
    let system = request.messages()[0]["content"].as_str().unwrap().to_owned();
    assert!(
        system.contains("\n- release-notes: How release notes are written here.\n- review: How to review."),
        "{system}"
    );
    assert!(!system.contains("Begin with"), "the body is read on demand: {system}");
    assert!(scene.told("c1").starts_with("Begin with what users see.\n\n[files of this skill"), "{}", scene.told("c1"));
    assert_eq!(scene.told("c2"), "git log --oneline");
    assert!(scene.told("c3").contains("There is no skill"), "{}", scene.told("c3"));
    let doctor = scene.run(["doctor"]).await;
    let told = format!("{}{}", doctor.stdout(), doctor.stderr());
    assert!(told.contains("1 can be read: release-notes"), "{told}");
}
