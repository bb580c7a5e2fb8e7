//! Landlock: a second wall around files, which holds also where a mount or a permission is not what it should be.
#![allow(unsafe_code)]

use landlock::{
    ABI, Access as _, AccessFs, PathBeneath, PathFd, Ruleset, RulesetAttr as _, RulesetCreatedAttr as _, RulesetStatus,
    Scope,
};

use super::step::{Step as _, StepError};

/// Older versions cannot let a file be renamed into another directory, which no program expects.
const VERSION_MIN: u32 = 2;
/// What this file was written for; of a newer kernel no more is asked.
const VERSION: ABI = ABI::V6;

/// What may be changed. Everything else may be read and executed as far as its permissions go.
const WRITABLE: [&str; 6] = ["/workspace", "/tmp", "/run", "/home/agent", "/dev", "/proc"];

/// The version of its interface; 0: the kernel has none, or one that is too old to be used.
pub(super) fn version() -> u32 {
    const ASK_VERSION: libc::c_uint = 1;
    // SAFETY: with this flag the call takes no structure.
    let version = unsafe { libc::syscall(libc::SYS_landlock_create_ruleset, 0_usize, 0_usize, ASK_VERSION) };
    u32::try_from(version).ok().filter(|version| *version >= VERSION_MIN).unwrap_or(0)
}

/// Restricts this process and all that come of it. The kernel has it.
pub(super) fn restrict() -> Result<(), StepError> {
    let all = AccessFs::from_all(VERSION);
    let rules = Ruleset::default().handle_access(all).step("landlock")?;
    let rules = rules.scope(Scope::AbstractUnixSocket | Scope::Signal).step("landlock")?;
    let mut rules = rules.create().step("landlock")?;
    let root = PathFd::new("/").step("landlock: /")?;
    rules = rules.add_rule(PathBeneath::new(root, AccessFs::from_read(VERSION))).step("landlock: /")?;
    for path in WRITABLE {
        let place = PathFd::new(path).step(format_args!("landlock: {path}"))?;
        rules = rules.add_rule(PathBeneath::new(place, all)).step(format_args!("landlock: {path}"))?;
    }
    let status = rules.restrict_self().step("landlock")?;
    if status.ruleset == RulesetStatus::NotEnforced {
        return Err("the kernel has it and does not enforce it").step("landlock");
    }
    Ok(())
}
