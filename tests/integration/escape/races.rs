//! A link that changes its target all the time, against every tool that works on files: nothing outside is read or written.

use serde_json::json;

use crate::fixtures::backend::on_each_backend;
use crate::fixtures::model_server::Reply;
use crate::fixtures::scene::Scene;

const SECRET: &str = "bytes of the host";

/// Lets `door` point now into the workspace, now to a directory of the host, 100,000 times.
const FLIP: &str = "
import os, sys
inside, outside = '/workspace/inside', sys.argv[1]
for name, target in (('a', inside), ('b', outside)):
    os.symlink(target, f'/workspace/.{name}')
os.link('/workspace/.a', '/workspace/door', follow_symlinks=False)
print('ready', flush=True)
for number in range(100000):
    name = 'b' if number % 2 else 'a'
    os.link(f'/workspace/.{name}', '/workspace/.next', follow_symlinks=False)
    os.rename('/workspace/.next', '/workspace/door')
    if os.path.lexists('/workspace/.next'):
        os.unlink('/workspace/.next')
print('flipped', flush=True)
";

on_each_backend!(a_link_that_flips_leads_nowhere);
async fn a_link_that_flips_leads_nowhere() {
    let path = "/workspace/door/secret";
    let round = [
        ("read_file", json!({"file_path": path})),
        ("ls", json!({"path": "/workspace/door/"})),
        ("glob", json!({"pattern": "**/*", "path": "/workspace/door"})),
        ("grep", json!({"pattern": "bytes", "path": "/workspace/door"})),
        ("write_file", json!({"file_path": path, "content": "planted"})),
        ("edit_file", json!({"file_path": path, "old_string": "planted", "new_string": "edited"})),
        ("delete", json!({"file_path": path})),
    ];
    let calls = (0..10).flat_map(|number| {
        round.iter().map(move |(tool, arguments)| Reply::call(&format!("{tool}{number}"), tool, arguments.clone()))
    });
    let scene = Scene::new(calls.collect::<Vec<_>>().into_iter().chain([Reply::text("Nothing.")])).await;
    let outside = scene.daemon.home().path("outside");
    std::fs::create_dir(&outside).unwrap();
    std::fs::write(outside.join("secret"), SECRET).unwrap();
    let session = scene.session(["--approve", "none"]).await;
    let workspace = scene.workspace(&session).await;
    scene.run(["container", "exec", &session, "--", "mkdir", "inside"]).await.success();

    let flip = ["container", "exec", &session, "--", "python3", "-c", FLIP, outside.to_str().unwrap()];
    let flipping = scene.daemon.agentctl(flip).spawn();
    flipping.printed("ready").await;
    scene.chat(&session, "try the door").await.success();
    let out = scene.daemon.home().path("copied");
    for _ in 0..5 {
        let from = format!("{session}:/workspace/door/secret");
        let _ = scene.run(["container", "cp", &from, out.to_str().unwrap()]).await;
        let planted = scene.daemon.home().path("config/config.toml");
        let _ = scene.run(["container", "cp", planted.to_str().unwrap(), &from]).await;
    }
    assert!(flipping.finish().await.success().stdout().contains("flipped"));

    let journal = scene.journal(&session).await;
    journal.assert_sound();
    assert!(!journal.text().contains(SECRET), "a tool read what is outside");
    assert!(!std::fs::read_to_string(&out).unwrap_or_default().contains(SECRET), "a copy read what is outside");
    assert_eq!(std::fs::read_to_string(outside.join("secret")).unwrap(), SECRET, "what is outside was changed");
    assert_eq!(std::fs::read_dir(&outside).unwrap().count(), 1);
    assert!(workspace.join("inside").is_dir());
}
