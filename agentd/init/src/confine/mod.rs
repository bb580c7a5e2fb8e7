//! `agent-init confine`: makes a sandbox of namespaces of this machine, without an engine, and the supervisor its PID 1.
//!
//! Two processes play it. The launcher stays outside: it makes the control groups and the socket, writes down who the
//! sandbox is, and is gone when the sandbox runs. The other is born in the new namespaces: it builds the sandbox's own file
//! tree, moves into it, gives up every privilege for good, and becomes `agent-init serve`.
//!
//! Reading order: [`launcher`], [`clone`] (the birth), [`inside`] (what is done there, in order), [`sources`] (what of the
//! host is seen), [`tree`] with [`etc`] and [`kernel_files`] (where it is seen), [`privileges`], [`seccomp`] with
//! [`syscalls`], [`landlock`], [`control_group`], [`loopback`], [`mounting`], [`step`] (what went wrong, and where).
//!
//! No step is skipped: where one fails, nothing runs. What a kernel or a host cannot do at all, and what is only a limit,
//! is named in `not_enforced`.

mod launcher;
pub(crate) use launcher::run;

mod clone;

mod inside;

mod sources;

mod tree;

mod etc;

mod kernel_files;

mod privileges;

mod seccomp;

mod syscalls;

mod landlock;

mod control_group;

mod loopback;

mod mounting;

mod step;
