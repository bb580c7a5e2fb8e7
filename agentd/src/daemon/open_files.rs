//! How many files the daemon may have open: as many as the system lets it.
//!
//! Most systems start a process with room for 1024, which is for programs that use `select`. A daemon with a connection for
//! each answer that streams needs more, and may take it.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Raises the limit to what this process may have at most. Where that fails, the daemon runs with what it has.
pub(super) fn raise_limit() {
    let limit = getrlimit(Resource::Nofile);
    if limit.current == limit.maximum {
        return;
    }
    match setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum }) {
        Ok(()) => tracing::debug!(limit = limit.maximum, "the limit of open files is raised"),
        Err(error) => tracing::warn!(%error, "the limit of open files stays as it is"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_process_may_open_as_many_files_as_the_system_lets_it() {
        let before = getrlimit(Resource::Nofile);
        // Another test may open files meanwhile: half of the room is plenty.
        let half = before.maximum.or(before.current).map_or(1024, |most| (most / 2).max(1));
        setrlimit(Resource::Nofile, Rlimit { current: Some(half), maximum: before.maximum }).unwrap();
        raise_limit();
        assert_eq!(getrlimit(Resource::Nofile).current, before.maximum);
    }
}
