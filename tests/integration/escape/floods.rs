//! A sandbox that takes all it can get: it takes its own share, and the host goes on.

use std::os::unix::ffi::OsStrExt as _;

use serde_json::json;

use crate::fixtures::backend::on_each_backend;
use crate::fixtures::model_server::Reply;
use crate::fixtures::scene::Scene;

/// Forks until it is refused; says how many there were.
const FORKS: &str = "
import os, signal, time
count = 0
try:
    while count < 5000:
        if os.fork() == 0:
            time.sleep(60)
            os._exit(0)
        count += 1
except OSError:
    pass
print(count)
";
/// Writes until it is refused; says how many MiB.
const FILL: &str = "
import sys
written = 0
with open(sys.argv[1] + '/fill', 'wb', buffering=0) as file:
    try:
        while written < 4096:
            file.write(b'x' * (1 << 20))
            written += 1
    except OSError:
        pass
import os
os.unlink(sys.argv[1] + '/fill')
print(written)
";
/// Makes files until it is refused; says how many.
const FILES: &str = "
import os, shutil
os.mkdir('/run/many')
count = 0
try:
    while count < 400000:
        os.close(os.open(f'/run/many/{count}', os.O_CREAT | os.O_WRONLY))
        count += 1
except OSError:
    pass
shutil.rmtree('/run/many')
print(count)
";

on_each_backend!(a_sandbox_takes_no_more_than_its_share);
async fn a_sandbox_takes_no_more_than_its_share() {
    let scene = Scene::new([]).await;
    let session = scene.session(["--memory", "256m", "--pids", "64"]).await;
    let python = async |program: &str, argument: &str| {
        let run = ["container", "exec", &session, "--", "python3", "-c", program, argument];
        scene.run(run).await
    };
    let forks: u32 = python(FORKS, "").await.success().line().parse().unwrap();
    assert!(forks < 64, "{forks} processes of 64");
    // Every one of them went with its command.
    let left =
        scene.run(["container", "exec", &session, "--", "sh", "-c", "ls -d /proc/[0-9]* | wc -l"]).await.success();
    assert!(left.line().trim().parse::<u32>().unwrap() < 12, "{left}");
    // The tmpfs ends first, or the memory does and the command with it.
    let fill = python(FILL, "/tmp").await;
    if fill.succeeded() {
        assert!(fill.line().parse::<u32>().unwrap() <= 256, "{fill}");
    }
    let files = python(FILES, "").await;
    if files.succeeded() {
        assert!(files.line().parse::<u32>().unwrap() < 400_000, "{files}");
    }
    let after = scene.run(["container", "exec", &session, "--", "echo", "alive"]).await.success();
    assert_eq!(after.stdout(), "alive\n");
}

on_each_backend!(names_of_files_are_only_names);
async fn names_of_files_are_only_names() {
    let make = "
import os
os.mkdir('many')
for number in range(20000):
    os.close(os.open(f'many/{number}', os.O_CREAT | os.O_WRONLY))
for name in (b'new\\nline', b'esc\\x1b]0;owned\\x07', b'\\xff\\xfe', b'-rf', b'*', b'a' * 255, '\u{202e}txt.exe'.encode()):
    open(name, 'w').write('odd')
";
    let replies = [
        Reply::call("ls", "ls", json!({"path": "/workspace"})),
        Reply::call("many", "ls", json!({"path": "/workspace/many"})),
        Reply::call("glob", "glob", json!({"pattern": "**/*"})),
        Reply::call("grep", "grep", json!({"pattern": "odd", "path": "/workspace"})),
        Reply::text("Seen."),
    ];
    let scene = Scene::new(replies).await;
    let session = scene.session(["--approve", "none"]).await;
    scene.run(["container", "exec", &session, "--", "python3", "-c", make]).await.success();
    scene.chat(&session, "look").await.success();
    let journal = scene.journal(&session).await;
    journal.assert_sound();
    for outcome in journal.of("tool.done") {
        let content = outcome["content"].as_str().unwrap();
        assert!(content.len() < 1 << 20, "{} bytes for {}", content.len(), outcome["call"]);
    }
    let to = scene.daemon.home().path("out");
    scene.run(["container", "cp", &format!("{session}:/workspace"), to.to_str().unwrap()]).await.success();
    let names = std::fs::read_dir(scene.workspace(&session).await).unwrap().flatten();
    assert!(names.into_iter().any(|entry| entry.file_name().as_bytes() == b"new\nline"));
}
