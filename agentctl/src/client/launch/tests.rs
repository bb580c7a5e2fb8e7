use std::os::unix::fs::PermissionsExt as _;

use super::*;

fn script(dir: &Path, name: &str, body: &str) -> PathBuf {
    let path = dir.join(name);
    std::fs::write(&path, format!("#!/bin/sh\n{body}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}

fn paths(dir: &Path) -> Paths {
    Paths::resolve(Some(dir.join("config.toml")), Some(dir.join("state")), None).unwrap()
}

#[test]
fn the_program_is_the_given_one_then_beside_then_in_path() {
    let dir = tempfile::tempdir().unwrap();
    let (beside, in_path) = (dir.path().join("beside"), dir.path().join("path"));
    for directory in [&beside, &in_path] {
        std::fs::create_dir(directory).unwrap();
        script(directory, "agentd", "");
    }
    let given = script(dir.path(), "other", "");
    let path = in_path.as_os_str();
    let agentctl = beside.join("agentctl");
    let found = |given, agentctl, path| Agentd::find(given, agentctl, path).map(|found| found.0);
    assert_eq!(found(Some(&given), Some(&agentctl), Some(path)).unwrap(), given);
    assert_eq!(found(None, Some(&agentctl), Some(path)).unwrap(), beside.join("agentd"));
    assert_eq!(found(None, None, Some(path)).unwrap(), in_path.join("agentd"));
    assert_eq!(found(None, None, None).unwrap_err().exit_code(), exit::UNREACHABLE);
    assert!(found(Some(&dir.path().join("none")), Some(&agentctl), None).is_err());
}

#[tokio::test]
async fn a_daemon_that_dies_at_its_start_is_quoted() {
    let dir = tempfile::tempdir().unwrap();
    let paths = paths(dir.path());
    make_state(&paths).unwrap();
    std::fs::write(paths.log(), "old line\n").unwrap();
    let agentd = Agentd(script(dir.path(), "agentd", "echo \"error: config.toml line 3: no such key\" >&2; exit 2"));
    let error = start_once(&agentd, &paths).await.unwrap_err();
    assert_eq!(error.exit_code(), exit::USAGE);
    let CommandError::Failed(failure) = error else { panic!() };
    assert_eq!(failure.message, "agentd did not start; it said:\nerror: config.toml line 3: no such key");
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&paths.state), 0o700);
    assert_eq!(mode(&paths.state.join("start.lock")), 0o600);
}

#[tokio::test]
async fn the_start_is_over_when_the_socket_answers() {
    let dir = tempfile::tempdir().unwrap();
    let paths = paths(dir.path());
    // The first starter lives; the second one finds its socket and starts nothing.
    let listener = "exec python3 -c 'import os,socket,time\ns=socket.socket(socket.AF_UNIX)\ns.bind(os.environ[\"AGENTD_SOCKET\"])\ns.listen(8)\nprint(1)\ntime.sleep(60)'";
    let agentd = Agentd(script(dir.path(), "agentd", listener));
    let mut starting = agentd.spawn(&paths).unwrap();
    starting.answered(&paths).await.unwrap();
    let other = Agentd(script(dir.path(), "never", "exit 9"));
    start_once(&other, &paths).await.unwrap();
    starting.child.kill().await.unwrap();
}
