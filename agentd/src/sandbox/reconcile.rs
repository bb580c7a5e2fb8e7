//! Which containers stay: what is observed against what the journal says. Pure; a container of somebody else is never
//! named in the answer.

use std::collections::HashSet;

use super::backend::{Observed, SandboxStatus};

/// A sandbox that the journal knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// The session's id.
    pub session: String,
    /// Which sandbox of the session.
    pub generation: u64,
    /// The container's name.
    pub name: String,
    /// Whether the session still wants it; an older generation, or one of a removed session, is not wanted.
    pub wanted: bool,
}

/// What is to be done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Names of containers that stay as they are.
    pub keep: Vec<String>,
    /// Names of containers to remove.
    pub remove: Vec<String>,
    /// Wanted sandboxes of which nothing is left: the session has to be told.
    pub lost: Vec<Known>,
}

/// Compares containers of this installation with the journal and with those that are made `ahead` of need, by name. `observed` holds nothing but containers that carry this
/// installation's label; one of them that the journal does not know is a leftover and goes.
pub fn plan(observed: &[Observed], known: &[Known], ahead: &HashSet<String>) -> Plan {
    let mut plan = Plan::default();
    let mut seen = HashSet::new();
    for container in observed.iter().filter(|container| !ahead.contains(&container.name)) {
        let wanted = known.iter().any(|k| {
            k.wanted
                && k.name == container.name
                && k.session == container.session
                && k.generation == container.generation
        });
        if wanted && container.status != SandboxStatus::Removing {
            seen.insert(container.name.as_str());
            plan.keep.push(container.name.clone());
        } else {
            plan.remove.push(container.name.clone());
        }
    }
    plan.lost = known.iter().filter(|k| k.wanted && !seen.contains(k.name.as_str())).cloned().collect();
    plan
}

#[cfg(test)]
mod tests {
    use super::*;

    fn observed(name: &str, session: &str, generation: u64, status: SandboxStatus) -> Observed {
        Observed {
            name: name.to_owned(),
            id: format!("id-{name}"),
            session: session.to_owned(),
            generation,
            status,
            image: String::new(),
            image_digest: String::new(),
            created_ms: 0,
            memory_bytes: 0,
            cpu_millis: 0,
            pids_max: 0,
            spec_hash: String::new(),
            hardening: Vec::new(),
        }
    }

    fn known(name: &str, session: &str, generation: u64, wanted: bool) -> Known {
        Known { session: session.to_owned(), generation, name: name.to_owned(), wanted }
    }

    #[test]
    fn wanted_and_those_made_ahead_stay_and_leftovers_go() {
        let seen = [
            observed("a1", "a", 1, SandboxStatus::Stopped),
            observed("a2", "a", 2, SandboxStatus::Running),
            observed("b1", "b", 1, SandboxStatus::Paused),
            observed("x1", "x", 1, SandboxStatus::Created),
            observed("p1", "p", 1, SandboxStatus::Running),
        ];
        let journal = [known("a1", "a", 1, false), known("a2", "a", 2, true), known("b1", "b", 1, true)];
        let plan = plan(&seen, &journal, &HashSet::from(["p1".to_owned()]));
        assert_eq!(plan.keep, ["a2", "b1"]);
        assert_eq!(plan.remove, ["a1", "x1"]);
        assert!(plan.lost.is_empty());
    }

    #[test]
    fn a_label_that_lies_does_not_keep_a_container() {
        let plan =
            plan(&[observed("a1", "other", 1, SandboxStatus::Running)], &[known("a1", "a", 1, true)], &HashSet::new());
        assert_eq!(plan.remove, ["a1"]);
        assert_eq!(plan.lost.len(), 1);
    }

    #[test]
    fn gone_and_going_are_lost() {
        let journal = [known("a1", "a", 1, true), known("b1", "b", 1, true), known("c1", "c", 1, false)];
        let plan = plan(&[observed("b1", "b", 1, SandboxStatus::Removing)], &journal, &HashSet::new());
        assert_eq!(plan.lost, journal[..2]);
        assert_eq!(plan.remove, ["b1"]);
    }
}
