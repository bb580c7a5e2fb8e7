//! The control groups of a sandbox: freezing, counting, removing.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use proto::init::v1::{Confined, ControlGroup};

/// How long the kernel may take to freeze or to let go.
const SETTLES_WITHIN: Duration = Duration::from_secs(10);
const LOOK_PAUSE: Duration = Duration::from_millis(1);

/// The group that controls this, with its version.
pub(super) fn of<'a>(confined: &'a Confined, controller: &str) -> Option<(&'a Path, u32)> {
    let has = |group: &&ControlGroup| group.controllers.iter().any(|name| name == controller);
    confined.control_groups.iter().find(has).map(|group| (Path::new(&group.directory), group.version))
}

/// A number in a file of a group.
pub(super) fn number(directory: &Path, file: &str) -> Option<u64> {
    fs::read_to_string(directory.join(file)).ok()?.trim().parse().ok()
}

/// A number after its name in a file of a group.
pub(super) fn named(directory: &Path, file: &str, name: &str) -> Option<u64> {
    let text = fs::read_to_string(directory.join(file)).ok()?;
    text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.trim().parse().ok())
}

/// The group by which all processes of a sandbox are frozen together.
pub(super) struct Freezer {
    directory: PathBuf,
    version: u32,
}

/// The freezer of a sandbox, where it has one.
pub(super) fn freezer(confined: &Confined) -> Option<Freezer> {
    of(confined, "freezer").map(|(directory, version)| Freezer { directory: directory.to_owned(), version })
}

impl Freezer {
    /// Freezes, and waits until nothing moves.
    pub(super) fn freeze(&self) -> io::Result<()> {
        self.set("FROZEN", "1", true)
    }

    /// Lets go on.
    pub(super) fn thaw(&self) -> io::Result<()> {
        self.set("THAWED", "0", false)
    }

    /// Whether everything is frozen.
    pub(super) fn is_frozen(&self) -> bool {
        if self.version == 1 {
            fs::read_to_string(self.directory.join("freezer.state")).is_ok_and(|state| state.trim() == "FROZEN")
        } else {
            named(&self.directory, "cgroup.events", "frozen") == Some(1)
        }
    }

    fn set(&self, of_v1: &str, of_v2: &str, frozen: bool) -> io::Result<()> {
        let (file, value) = if self.version == 1 { ("freezer.state", of_v1) } else { ("cgroup.freeze", of_v2) };
        let give_up = Instant::now() + SETTLES_WITHIN;
        loop {
            fs::write(self.directory.join(file), value)?;
            if self.is_frozen() == frozen {
                return Ok(());
            }
            if Instant::now() > give_up {
                return Err(io::Error::new(io::ErrorKind::TimedOut, "the kernel does not do it in time"));
            }
            std::thread::sleep(LOOK_PAUSE);
        }
    }
}

/// Removes a group whose processes have ended. The kernel may need a moment to notice.
pub(super) fn remove(group: &ControlGroup) -> io::Result<()> {
    let give_up = Instant::now() + SETTLES_WITHIN;
    loop {
        match fs::remove_dir(&group.directory) {
            Ok(()) => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) if Instant::now() > give_up => return Err(error),
            Err(_) => std::thread::sleep(LOOK_PAUSE),
        }
    }
}
