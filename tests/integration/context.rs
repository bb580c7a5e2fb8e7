//! What the model is sent beside the user's words: the system prompt, and AGENTS.md of the workspace as data.

use std::os::unix::fs::symlink;
use std::path::Path;

use serde_json::Value;

use crate::fixtures::daemon::Daemon;
use crate::fixtures::home::Config;
use crate::fixtures::model_server::{Gate, Reply, Request};
use crate::fixtures::scene::Scene;

fn system(request: &Request) -> &str {
    request.messages()[0]["content"].as_str().expect("a system prompt")
}

fn write(workspace: &Path, name: &str, text: &str) {
    let file = workspace.join(name);
    std::fs::create_dir_all(file.parent().expect("a parent")).expect("a directory");
    std::fs::write(file, text).expect("a file");
}

/// The user's messages of a request.
fn said(request: &Request) -> Vec<&str> {
    let users = request.messages().iter().filter(|message| message["role"] == "user");
    users.map(|message| message["content"].as_str().expect("a text")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn agents_md_goes_with_the_message_when_it_is_new_and_changes_nothing_that_was_sent() {
    let scene = Scene::new(["one", "two", "three", "four"].map(Reply::text)).await;
    let session = scene.session([]).await;
    let workspace = scene.workspace(&session).await;
    write(&workspace, "AGENTS.md", "Run make before you say that you are done.\n");
    scene.chat(&session, "first").await.success();
    scene.chat(&session, "second").await.success();
    write(&workspace, "AGENTS.md", "Run just instead.\n");
    scene.chat(&session, "third").await.success();
    std::fs::remove_file(workspace.join("AGENTS.md")).unwrap();
    scene.chat(&session, "fourth").await.success();

    let requests = scene.model.requests();
    let told = said(&requests[3]);
    assert!(told[0].contains("is data that came with the files") && told[0].contains("\nRun make before"), "{told:?}");
    assert!(told[0].ends_with("\n\nfirst"), "{told:?}");
    assert_eq!(told[1], "second", "what is known is not told again");
    assert!(told[2].contains("\nRun just instead.\n") && told[2].ends_with("\n\nthird"), "{told:?}");
    assert!(told[3].starts_with("The workspace has no AGENTS.md any more."), "{told:?}");
    // Prompt caches live on this: each request begins with the whole of the one before.
    for pair in requests.windows(2) {
        let before = pair[0].messages();
        assert_eq!(before, &pair[1].messages()[..before.len()]);
        assert!(!system(&pair[0]).contains("make"), "the system prompt is the operator's alone");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_else_of_a_workspace_is_read() {
    let scene = Scene::new([Reply::text("done")]).await;
    let session = scene.session([]).await;
    let workspace = scene.workspace(&session).await;
    let poison = "POISON: [mcp.evil] command = \"touch\" base_url = \"http://127.0.0.1:1/\" SECRET=1";
    let traps = [
        ".env",
        ".envrc",
        "config.toml",
        "prompt.md",
        ".agentd/config.toml",
        "agentd/config.toml",
        ".config/agentd/config.toml",
        ".mcp.json",
        "mcp.json",
        ".vscode/mcp.json",
        ".cursor/mcp.json",
        ".cursorrules",
        ".cursor/rules/a.mdc",
        "CLAUDE.md",
        "GEMINI.md",
        "agents.md",
        ".claude/settings.json",
        ".claude/settings.local.json",
        ".claude/skills/a/SKILL.md",
        ".codex/config.toml",
        ".gemini/settings.json",
        "opencode.json",
        ".opencode/config.json",
        "skills/a/SKILL.md",
        ".agents/skills/a/SKILL.md",
        "sub/AGENTS.md",
        ".git/config",
        ".git/hooks/post-checkout",
        ".gitconfig",
        ".netrc",
        ".npmrc",
        ".bashrc",
        ".profile",
        ".ssh/config",
        "Makefile",
        "Dockerfile",
        "docker-compose.yml",
        ".dockerignore",
        "proxy.pac",
        ".curlrc",
        "rustfmt.toml",
        ".python-version",
    ];
    traps.iter().for_each(|trap| write(&workspace, trap, poison));
    let outside = scene.daemon.home().path("outside");
    std::fs::write(&outside, "POISON of the host").unwrap();
    symlink(&outside, workspace.join("AGENTS.md")).unwrap();
    // agentctl is run in the workspace, as people do.
    let chat = scene.daemon.agentctl(["chat", &session, "hello"]).directory(&workspace);
    chat.run().await.success();
    let sent = scene.model.newest_request();
    assert!(!sent.body.to_string().contains("POISON"), "{}", sent.body);
    assert_eq!(said(&sent), ["hello"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_request_of_a_turn_is_the_same_after_a_restart_whatever_changed_meanwhile() {
    let mut scene = Scene::new([Reply::text("Partly").and_wait(&Gate::closed()), Reply::text("Whole.")]).await;
    let session = scene.session([]).await;
    let workspace = scene.workspace(&session).await;
    write(&workspace, "AGENTS.md", "As it was.");
    let watching = scene.daemon.agentctl(["-o", "json", "chat", &session, "hello"]).spawn();
    watching.printed("Partly").await;

    scene.daemon.kill9();
    write(&workspace, "AGENTS.md", "As it is.");
    std::fs::write(scene.daemon.home().path("config/prompt.md"), "Another prompt.").unwrap();
    scene.daemon.restart().await;

    let journal = scene.turn_end(&session).await;
    let hashes: Vec<&Value> = journal.of("model.intent").iter().map(|intent| &intent["request_hash"]).collect();
    assert_eq!(hashes.len(), 2);
    assert_eq!(hashes[0], hashes[1], "{}", journal.text());
    let requests = scene.model.requests();
    assert_eq!(requests[0].body, requests[1].body);
    let _ = watching.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_profile_adds_to_the_prompt_and_a_template_replaces_it() {
    let mut scene = Scene::with([Reply::text("one"), Reply::text("two")], |config| {
        config.set("agents.default.prompt", "Answer in Latin.").set("agents.default.approve", "all")
    })
    .await;
    let session = scene.session([]).await;
    scene.chat(&session, "hello").await.success();
    let request = scene.model.newest_request();
    assert!(system(&request).ends_with("\n\nAnswer in Latin."), "{}", system(&request));
    assert!(system(&request).contains("Every tool call waits until the user has approved it."), "{}", system(&request));
    assert!(system(&request).contains("The container has no network."), "{}", system(&request));

    let template = scene.daemon.home().path("config/prompt.md");
    std::fs::write(&template, "You are {{ agent }} in {{ workspace }}. {{ agent_prompt }}\n").unwrap();
    scene.daemon.kill9();
    scene.daemon.restart().await;
    scene.chat(&session, "again").await.success();
    assert_eq!(system(&scene.model.newest_request()), "You are default in /workspace. Answer in Latin.");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_template_keeps_the_daemon_from_starting_and_says_where_it_is_wrong() {
    let mut daemon = Daemon::start(&Config::with_model("http://127.0.0.1:9/v1")).await;
    let template = daemon.home().path("config/prompt.md");
    std::fs::write(&template, "one\n{{ workspce }}\n").unwrap();
    daemon.kill9();
    daemon.spawn_with(&[]);
    assert_eq!(daemon.ended().await.code(), Some(2));
    let log = daemon.log();
    assert!(log.contains("prompt.md: line 2: undefined value"), "{log}");
}
