//! Starting process trees, and ending them whole.
//!
//! Each command runs under a process of its own, its reaper, which adopts whatever the command leaves behind and ends it.
//! The reaper is this binary again. Its memory and descriptors are closed to the command (it is not dumpable), and when
//! the command kills it, everything falls to the supervisor, which ends every child that is no reaper.

mod harden;
pub(crate) use harden::harden;

mod job;
pub(crate) use job::{Job, Report, Streams, TerminalUse};

mod session;

mod reap;
pub(crate) use reap::reap;

mod tree;
pub(crate) use tree::{Processes, kill_all};

mod children;
pub(crate) use children::Children;

mod escalation;
pub(crate) use escalation::{Ending, Escalation};

mod launch;
pub(crate) use launch::{Launched, Launcher};

mod oom;
pub(crate) use oom::OomCounter;

mod signal;
pub(crate) use signal::signal;

mod used;
pub(crate) use used::use_of;
