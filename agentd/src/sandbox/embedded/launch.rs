//! Starting `agent-init confine`, which makes a sandbox and is gone.

use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use prost::Message as _;
use proto::init::v1::{Confined, Confinement};

use super::place::{Lock, Place, Places};
use super::{doctor, failed, of_file};
use crate::sandbox::error::{SandboxError, plain_text};

/// How long it may take.
const LAUNCH_WITHIN: Duration = Duration::from_secs(20);
const LOOK_PAUSE: Duration = Duration::from_millis(1);
const WORDS_BYTES_MAX: u64 = 4 << 10;

/// Makes the sandbox of this place, whose supervisor then runs. The launcher holds the lock too: where this daemon dies
/// meanwhile, the next one waits for the launcher.
pub(super) fn launch(place: &Place, lock: &Lock, wanted: &Confinement) -> Result<Confined, SandboxError> {
    let stdout = Stdio::from(lock.share().map_err(|error| of_file(place.directory(), &error))?);
    run(place.directory(), stdout, wanted)?;
    place.confined().ok_or_else(|| failed("the sandbox was made and nothing is known of it"))
}

/// Does everything but run a supervisor, on an empty directory for the workspace, and tells what can be held here.
pub(super) fn rehearse(places: &Places, init_path: &Path) -> Result<Confined, SandboxError> {
    let name = format!("rehearsal-{}", std::process::id());
    let place = places.scratch(&name)?;
    let (uid, gid) = user_here((crate::sandbox::workspace::SANDBOX_UID, crate::sandbox::workspace::SANDBOX_GID));
    let wanted = Confinement {
        name: format!("agentd-{name}"),
        workspace: place.directory().join("workspace").display().to_string(),
        uid,
        gid,
        memory_bytes: 64 << 20,
        cpu_millis: 1000,
        pids_max: 64,
        init_path: init_path.display().to_string(),
        rehearsal: true,
        ..Confinement::default()
    };
    let tried = make_workspace(&place, uid, gid).and_then(|()| run(place.directory(), Stdio::null(), &wanted));
    let confined = place.confined();
    if let Err(error) = std::fs::remove_dir_all(place.directory()) {
        tracing::warn!(path = %place.directory().display(), %error, "a leftover cannot be removed");
    }
    tried?;
    confined.ok_or_else(|| failed("a sandbox was made for trial and nothing is known of it"))
}

/// Who a sandbox runs as: the owner of its workspace where this daemon is root, else nobody but its own user.
pub(super) fn user_here(owner: (u32, u32)) -> (u32, u32) {
    let uid = rustix::process::geteuid();
    if uid.is_root() { owner } else { (uid.as_raw(), rustix::process::getegid().as_raw()) }
}

fn make_workspace(place: &Place, uid: u32, gid: u32) -> Result<(), SandboxError> {
    let workspace = place.directory().join("workspace");
    let made =
        std::fs::create_dir_all(&workspace).and_then(|()| std::os::unix::fs::chown(&workspace, Some(uid), Some(gid)));
    made.map_err(|error| of_file(&workspace, &error))
}

fn run(directory: &Path, stdout: Stdio, wanted: &Confinement) -> Result<(), SandboxError> {
    let began = Instant::now();
    let mut launcher = Command::new(&wanted.init_path)
        .arg("confine")
        .current_dir(directory)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(stdout)
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| of_file(Path::new(&wanted.init_path), &error))?;
    // A launcher that cannot be told ends by itself, and says why.
    let told = launcher.stdin.take().map_or(Ok(()), |mut stdin| stdin.write_all(&wanted.encode_to_vec()));
    let status = loop {
        match launcher.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if began.elapsed() < LAUNCH_WITHIN => std::thread::sleep(LOOK_PAUSE),
            _ => {
                // The sandbox ends with it unless it runs already; then it is found by its record and removed.
                drop(launcher.kill());
                drop(launcher.wait());
                return Err(failed(format!("making the sandbox took more than {} s", LAUNCH_WITHIN.as_secs())));
            }
        }
    };
    if status.success() && told.is_ok() {
        return Ok(());
    }
    let mut words = Vec::new();
    if let Some(stderr) = launcher.stderr.take() {
        drop(stderr.take(WORDS_BYTES_MAX).read_to_end(&mut words));
    }
    let words = plain_text(&String::from_utf8_lossy(&words), 600);
    Err(doctor::explain(words.trim_start_matches("agent-init: ")))
}
