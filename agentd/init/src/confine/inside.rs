//! What the first process of a sandbox does, in order, before it becomes the supervisor.

use std::convert::Infallible;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};

use proto::init::v1::{Confined, Confinement};
use rustix::mount::{MountPropagationFlags, mount_change};

use super::sources::{self, Source};
use super::step::{Step as _, StepError};
use super::{landlock, loopback, privileges, seccomp, tree};

/// What commands find in their environment, before what they are given.
const ENVIRONMENT: [(&str, &str); 3] = [
    ("HOME", "/home/agent"),
    ("LANG", "C.UTF-8"),
    ("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
];

/// What the supervisor is connected to.
pub(super) struct Streams {
    /// Its standard input: a socket that listens.
    pub(super) listener: OwnedFd,
    /// Its standard output and error.
    pub(super) log: File,
}

/// Everything that the process brings along.
pub(super) struct Role<'a> {
    pub(super) wanted: &'a Confinement,
    pub(super) confined: &'a Confined,
    /// What the launcher took hold of, where it had to.
    pub(super) held: Option<Vec<Source>>,
    /// None in a rehearsal.
    pub(super) supervisor: Option<Streams>,
    /// A byte comes when this process is known and its users are mapped.
    pub(super) go: OwnedFd,
    pub(super) forget_groups: bool,
}

impl Role<'_> {
    /// Becomes the supervisor, or says why not and ends.
    #[allow(clippy::disallowed_methods)] // the child of a fork must not return into what its parent does next
    pub(super) fn play(self, failure: OwnedFd) -> ! {
        let code = match self.become_supervisor() {
            Ok(()) => 0,
            Err(error) => {
                // The launcher may be gone; then nobody is left to tell.
                let _ = File::from(failure).write_all(error.to_string().as_bytes());
                1
            }
        };
        std::process::exit(code)
    }

    fn become_supervisor(self) -> Result<(), StepError> {
        let mut byte = [0];
        File::from(self.go).read_exact(&mut byte).step("the launcher is gone")?;
        rustix::process::setsid().step("setsid")?;
        let Confinement { uid, gid, .. } = *self.wanted;
        privileges::become_user(uid, gid, self.forget_groups).step(format_args!("user {uid}, group {gid}"))?;
        mount_change("/", MountPropagationFlags::PRIVATE | MountPropagationFlags::REC).step("private mounts")?;
        rustix::system::sethostname(b"sandbox").step("host name")?;
        loopback::up().step("loopback device")?;
        let sources = match self.held {
            Some(held) => held,
            None => sources::take(self.wanted, self.confined)?,
        };
        tree::move_into(self.wanted, sources)?;
        privileges::limit(self.wanted).step("limits")?;
        privileges::give_up().step("capabilities")?;
        if self.confined.landlock_version > 0 {
            landlock::restrict()?;
        }
        seccomp::restrict()?;
        match self.supervisor {
            None => Ok(()),
            Some(streams) => match exec(streams, &self.wanted.token_sha256)? {},
        }
    }
}

fn exec(streams: Streams, token_sha256: &str) -> Result<Infallible, StepError> {
    let errors = streams.log.try_clone().step("log")?;
    let error = Command::new("/.agentd/agent-init")
        .args(["serve", "--socket", "-"])
        .env_clear()
        .envs(ENVIRONMENT)
        .env("AGENT_INIT_TOKEN_SHA256", token_sha256)
        .current_dir("/workspace")
        .stdin(Stdio::from(streams.listener))
        .stdout(streams.log)
        .stderr(errors)
        .exec();
    Err(error).step("agent-init in /workspace")
}
