//! What a process of this binary does before anything else.

use rustix::io;
use rustix::process::{DumpableBehavior, set_dumpable_behavior};

/// Closes this process's memory, environment and descriptors to others of the same user.
pub(crate) fn harden() -> io::Result<()> {
    set_dumpable_behavior(DumpableBehavior::NotDumpable)
}
