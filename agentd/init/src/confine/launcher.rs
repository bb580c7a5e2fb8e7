//! The launcher: the process that stays outside, and is gone when the sandbox runs.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::fs::OpenOptionsExt as _;
use std::os::unix::net::UnixListener;

use prost::Message as _;
use proto::init::v1::{Confined, Confinement};
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::{
    DumpableBehavior, Pid, Signal, WaitOptions, geteuid, getgroups, kill_process, set_dumpable_behavior, waitpid,
};

use super::step::{Step as _, StepError};
use super::{clone, control_group, inside, landlock, sources};

/// Files in the current directory, which is the sandbox's on the host: the socket of its supervisor, what the supervisor
/// has to say when it fails, and who its first process is.
const SOCKET: &str = "socket";
const LOG: &str = "log";
const PROCESS: &str = "process";

/// Bytes of what the launcher is told, and of what it is told went wrong.
const WANTED_BYTES_MAX: u64 = 64 << 10;
const FAILURE_BYTES_MAX: u64 = 4 << 10;
/// The kernel's kill order: a sandbox goes before the host's own processes.
const OOM_SCORE: &str = "500";

/// Makes the sandbox that standard input tells of, and returns when its supervisor runs.
pub(crate) fn run() -> Result<(), StepError> {
    let wanted = read_wanted()?;
    // The maps of users are written through /proc, which a process that was started from an unreadable file has closed.
    set_dumpable_behavior(DumpableBehavior::Dumpable).step("prctl")?;
    // A terminal's hangup is not for sandboxes. It fails where this process has a session of its own already.
    let _ = rustix::process::setsid();
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o022));
    std::fs::write("/proc/self/oom_score_adj", OOM_SCORE).step("oom_score_adj")?;
    let joined = control_group::join(&wanted);
    let made = make(&wanted, &joined);
    if made.is_err() {
        let _ = std::fs::remove_file(PROCESS);
    }
    if made.is_err() || wanted.rehearsal {
        joined.undo();
    }
    made
}

fn make(wanted: &Confinement, joined: &control_group::Joined) -> Result<(), StepError> {
    let mut confined = Confined {
        machine_boot_id: std::fs::read_to_string("/proc/sys/kernel/random/boot_id").step("boot_id")?.trim().to_owned(),
        control_groups: joined.groups.clone(),
        not_enforced: not_enforced(wanted, joined),
        landlock_version: landlock::version(),
        ..Confined::default()
    };
    let is_root = geteuid().is_root();
    let held = if is_root { Some(sources::take(wanted, &confined)?) } else { None };
    let supervisor = if wanted.rehearsal { None } else { Some(streams()?) };
    let (go_in, go) = pipe_with(PipeFlags::CLOEXEC).step("pipe")?;
    let (failure, failure_in) = pipe_with(PipeFlags::CLOEXEC).step("pipe")?;
    let Some(child) = clone::into_namespaces().step("new namespaces")? else {
        drop((go, failure));
        let role = inside::Role { wanted, confined: &confined, held, supervisor, go: go_in, forget_groups: is_root };
        role.play(failure_in);
    };
    drop((go_in, failure_in, held, supervisor));
    let done = write_maps(child, wanted, is_root)
        .and_then(|()| {
            confined.pid = child.as_raw_pid();
            confined.start_time_ticks = start_time(child)?;
            write_down(&confined)
        })
        .and_then(|()| File::from(go).write_all(b"!").step("go"))
        .and_then(|()| ran(failure));
    if done.is_err() {
        // It may be gone already.
        let _ = kill_process(child, Signal::KILL);
    }
    let ended = if done.is_err() || wanted.rehearsal {
        waitpid(Some(child), WaitOptions::empty()).ok().flatten()
    } else {
        None
    };
    match (done, ended) {
        (Ok(()), Some((_, status))) if status.exit_status() != Some(0) => Err("it ended").step("in the new namespaces"),
        (done, _) => done,
    }
}

fn read_wanted() -> Result<Confinement, StepError> {
    let mut bytes = Vec::new();
    std::io::stdin().take(WANTED_BYTES_MAX).read_to_end(&mut bytes).step("standard input")?;
    let wanted = Confinement::decode(&*bytes).step("standard input")?;
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if wanted.uid == 0 || wanted.gid == 0 || wanted.name.is_empty() || !wanted.name.chars().all(plain) {
        return Err("a sandbox has a plain name, and is never root's").step("standard input");
    }
    Ok(wanted)
}

/// Its standard input is the socket that it listens on; where it speaks, it fails.
fn streams() -> Result<inside::Streams, StepError> {
    match std::fs::remove_file(SOCKET) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error).step(SOCKET),
        _ => {}
    }
    let listener = OwnedFd::from(UnixListener::bind(SOCKET).step(SOCKET)?);
    let log = OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(LOG).step(LOG)?;
    Ok(inside::Streams { listener, log })
}

/// The one user and the one group of the sandbox, by the same numbers inside as outside.
fn write_maps(child: Pid, wanted: &Confinement, is_root: bool) -> Result<(), StepError> {
    let of_child = |name: &str| format!("/proc/{}/{name}", child.as_raw_pid());
    if !is_root {
        std::fs::write(of_child("setgroups"), "deny").step("setgroups of the new namespace")?;
    }
    let write = |name: &str, id: u32| std::fs::write(of_child(name), format!("{id} {id} 1")).step(name);
    write("uid_map", wanted.uid)?;
    write("gid_map", wanted.gid)
}

/// Whole or not at all. It is there before the child goes on, so that no sandbox runs that nobody knows of.
fn write_down(confined: &Confined) -> Result<(), StepError> {
    let new = format!("{PROCESS}.new");
    std::fs::write(&new, confined.encode_to_vec()).and_then(|()| std::fs::rename(&new, PROCESS)).step(PROCESS)
}

/// Waits until the child has become the supervisor, or tells why it could not: its end of the pipe closes with exec.
fn ran(failure: OwnedFd) -> Result<(), StepError> {
    let mut text = Vec::new();
    File::from(failure).take(FAILURE_BYTES_MAX).read_to_end(&mut text).step("pipe")?;
    if text.is_empty() { Ok(()) } else { Err(String::from_utf8_lossy(&text)).step("in the new namespaces") }
}

/// Field 22 of its stat, counted after the name, which may hold anything.
fn start_time(child: Pid) -> Result<u64, StepError> {
    let path = format!("/proc/{}/stat", child.as_raw_pid());
    let stat = std::fs::read_to_string(&path).step(&path)?;
    let field = stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().nth(19)?.parse().ok());
    field.ok_or("no start time").step(&path)
}

fn not_enforced(wanted: &Confinement, joined: &control_group::Joined) -> Vec<String> {
    let mut words = vec!["disk: the size of the workspace is not limited".to_owned()];
    words.extend(joined.not_enforced.iter().cloned());
    if landlock::version() == 0 {
        words.push("landlock: this kernel has none, or one that is too old".to_owned());
    }
    let others = || getgroups().unwrap_or_default().into_iter().any(|group| group.as_raw() != wanted.gid);
    if !geteuid().is_root() && others() {
        words.push(
            "groups: the user's other groups stay, and count in the workspace and the shared directory".to_owned(),
        );
    }
    words
}
