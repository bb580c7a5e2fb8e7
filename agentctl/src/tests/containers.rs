//! Container verbs against a daemon whose sandbox is a directory of this host.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use crate::testing::{Daemon, Ran, Script, agentctl};

fn daemon() -> (Daemon, PathBuf) {
    let daemon = Daemon::start(Script::default());
    let workspace = daemon.directory().join("workspace");
    fs::create_dir(&workspace).unwrap();
    (daemon, workspace)
}

fn cp(daemon: &Daemon, from: &str, to: &str) -> Ran {
    agentctl(daemon, &["container", "cp", from, to]).ran()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_command_keeps_its_code_and_its_streams_apart() {
    let (daemon, _) = daemon();
    let script = "printf 'out\\033[m'; echo err >&2; exit 7";
    let ran = agentctl(&daemon, &["container", "exec", "fix", "--", "sh", "-c", script]).ran();
    assert_eq!(ran, Ran { code: 7, out: "out\u{1b}[m".into(), err: "err\n".into() });
    let ran = agentctl(&daemon, &["container", "exec", "fix", "--", "no-such-program"]).ran();
    assert_eq!(ran.code, 127);
}

#[test]
fn standard_input_is_passed_on_only_when_asked_for() {
    let (daemon, _) = daemon();
    let with = agentctl(&daemon, &["container", "exec", "-i", "fix", "--", "cat"]).input("typed").ran();
    assert_eq!((with.code, with.out.as_str()), (0, "typed"));
    let without = agentctl(&daemon, &["container", "exec", "fix", "--", "cat"]).input("typed").ran();
    assert_eq!((without.code, without.out.as_str()), (0, ""));
}

#[test]
fn processes_are_shown_and_signalled_and_what_failed_is_told() {
    let (daemon, _) = daemon();
    let top = agentctl(&daemon, &["container", "top", "fix"]).ran();
    assert!(top.code == 0 && top.out.contains("42   1") && top.out.ends_with("sleep 9\n"), "{}", top.out);
    assert_eq!(agentctl(&daemon, &["container", "kill", "-s", "KILL", "fix", "42"]).ran().code, 0);
    assert_eq!(agentctl(&daemon, &["container", "kill", "fix", "42"]).ran().code, 5, "TERM is another signal");
}

#[test]
fn what_prune_could_not_remove_is_told_and_fails() {
    let (daemon, _) = daemon();
    let dry = agentctl(&daemon, &["container", "prune", "--dry-run"]).ran();
    assert_eq!((dry.code, dry.out.as_str()), (0, "a  no session has it\n"));
    assert_eq!(dry.err, "would remove 1 container\n");
    let ran = agentctl(&daemon, &["container", "prune"]).ran();
    assert_eq!((ran.code, ran.err.as_str()), (1, "b\\x1b stays: busy\nremoved 1 container\n"));
}

#[test]
fn a_terminal_that_is_not_there_is_not_pretended() {
    let (daemon, _) = daemon();
    let ran = agentctl(&daemon, &["container", "exec", "-it", "fix", "--", "sh"]).ran();
    assert_eq!(ran.code, 2);
    assert!(ran.err.starts_with("error: -t needs a terminal"), "{}", ran.err);
}

#[test]
fn a_file_goes_in_under_its_name_or_a_new_one() {
    let (daemon, workspace) = daemon();
    let here = tempfile::tempdir().unwrap();
    let file = here.path().join("notes.txt");
    fs::write(&file, "notes").unwrap();
    for to in ["fix:/workspace", "fix:/workspace/new", "fix:deep/er/"] {
        let ran = cp(&daemon, text(&file), to);
        assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (0, "", "copied 1 file, 5 B\n"), "{to}");
    }
    for name in ["notes.txt", "new", "deep/er/notes.txt"] {
        assert_eq!(fs::read_to_string(workspace.join(name)).unwrap(), "notes", "{name}");
    }
}

#[test]
fn a_directory_comes_out_without_its_links() {
    let (daemon, workspace) = daemon();
    let here = tempfile::tempdir().unwrap();
    fs::create_dir_all(workspace.join("src/deep")).unwrap();
    fs::write(workspace.join("src/deep/file"), "x".repeat(2000)).unwrap();
    symlink("/etc/passwd", workspace.join("src/link")).unwrap();
    let ran = cp(&daemon, "fix:src", text(here.path()));
    assert_eq!((ran.code, ran.err.as_str()), (0, "left out \"src/link\": a symbolic link\ncopied 1 file, 2 KiB\n"));
    assert_eq!(fs::read_to_string(here.path().join("src/deep/file")).unwrap().len(), 2000);
    assert!(!here.path().join("src/link").exists());
    let renamed = here.path().join("renamed");
    assert_eq!(cp(&daemon, "fix:src", text(&renamed)).code, 0);
    assert!(renamed.join("deep/file").is_file());
}

#[test]
fn streams_are_a_file_or_a_tar_stream() {
    let (daemon, workspace) = daemon();
    let ran = agentctl(&daemon, &["container", "cp", "-", "fix:out.txt"]).input("from a pipe").ran();
    assert_eq!((ran.code, ran.err.as_str()), (0, "copied 1 file, 11 B\n"));
    assert_eq!(fs::read_to_string(workspace.join("out.txt")).unwrap(), "from a pipe");
    assert_eq!(cp(&daemon, "fix:out.txt", "-").out, "from a pipe");
    let ran = agentctl(&daemon, &["container", "cp", "-", "fix:/workspace"]).input("x").ran();
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("is a directory"), "{}", ran.err);
    let tar = cp(&daemon, "fix:/workspace", "-").out;
    assert!(tar.contains("workspace/out.txt") && tar.contains("from a pipe"));
    let ran = agentctl(&daemon, &["container", "cp", "-", "fix:/copy/"]).input(&tar).ran();
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert_eq!(fs::read_to_string(daemon.directory().join("copy/workspace/out.txt")).unwrap(), "from a pipe");
}

#[test]
fn a_copy_that_cannot_be_says_why() {
    let (daemon, workspace) = daemon();
    fs::write(workspace.join("file"), "x").unwrap();
    let cases = [
        ("fix:none", "/tmp", 5, "no such file"),
        ("/no/such/file", "fix:/workspace", 5, "cannot open \"/no/such/file\""),
        ("fix:file", "/no/such/place", 5, "cannot open \"/no/such\""),
        ("a", "b", 2, "neither side is in a sandbox"),
        ("fix:a", "fix:b", 2, "both sides are in a sandbox"),
        ("fix:/", "/tmp", 2, "has no name of its own"),
    ];
    for (from, to, code, why) in cases {
        let ran = cp(&daemon, from, to);
        assert_eq!(ran.code, code, "{from} {to}: {}", ran.err);
        assert!(ran.err.contains(why), "{}", ran.err);
    }
}

#[test]
fn what_changes_a_container_says_how_it_stands() {
    let (daemon, _) = daemon();
    for (verb, status) in
        [("create", "running"), ("start", "running"), ("stop", "stopped"), ("pause", "paused"), ("unpause", "running")]
    {
        let ran = agentctl(&daemon, &["container", verb, "fix"]).ran();
        assert_eq!(ran, Ran { code: 0, out: String::new(), err: format!("agentd-fix: {status}\n") });
        let ran = agentctl(&daemon, &["-o", "json", "container", verb, "fix"]).ran();
        assert!(ran.out.contains(&format!("\"status\":\"{status}\"")), "{}", ran.out);
        assert_eq!(agentctl(&daemon, &["container", verb, "other"]).ran().code, 5);
    }
    let ran = agentctl(&daemon, &["container", "rm", "fix"]).ran();
    assert_eq!(ran.err, "removed the container of session 0123456789ab\n");
}

#[test]
fn logs_go_to_stdout_and_headings_to_stderr() {
    let (daemon, _) = daemon();
    let ran = agentctl(&daemon, &["container", "logs", "fix"]).ran();
    // As it is, but that a call begins on a line of its own.
    assert_eq!(ran.out, "one\n\u{1b}[2Jtwo\n");
    assert_eq!(ran.err, "── execute make\n── execute ls\n");
    let ran = agentctl(&daemon, &["container", "logs", "fix"]).person(&[]).ran();
    assert!(ran.out.starts_with("one\n\\x1b[2Jtwo\n"), "{}", ran.out);
    let ran = agentctl(&daemon, &["-o", "json", "container", "logs", "fix"]).ran();
    assert_eq!(ran.out.lines().count(), 3);
}

#[test]
fn stats_are_a_table_once_and_lines_in_a_pipe() {
    let (daemon, _) = daemon();
    let once = agentctl(&daemon, &["container", "stats"]).ran();
    assert!(once.out.starts_with("SESSION       NAME  CPU") && once.out.lines().count() == 2, "{}", once.out);
    let streamed = agentctl(&daemon, &["container", "stats", "--stream"]).ran();
    assert!(streamed.out.starts_with("0123456789ab  fix  0.0%"), "{}", streamed.out);
    let terminal = agentctl(&daemon, &["container", "stats", "--stream"]).person(&[]).ran();
    assert!(terminal.out.contains("\u{1b}[K\n\u{1b}[J"), "{}", terminal.out);
    assert!(agentctl(&daemon, &["-o", "json", "container", "stats"]).ran().out.contains("\"pids\":3"));
}
