//! What makes no sense about sandboxes, and what goes past the ceiling.

use std::collections::BTreeMap;
use std::path::Path;

use crate::config::locate::Step;
use crate::config::sandbox::Sandbox;
use crate::config::settings::Agent;
use crate::session::bounds;

use super::Wrong;

const POOL_MAX: u32 = 64;

/// The first setting about sandboxes that makes no sense.
pub(super) fn check(sandbox: &Sandbox, agents: &BTreeMap<String, Agent>) -> Result<(), Wrong> {
    let wrong = |key: &str, message: String| Err(Wrong::new(&["sandbox", key], message));
    let usual = sandbox.options();
    if let Err(out) = bounds::check(&usual) {
        return wrong(out.key, out.message);
    }
    let ceiling = sandbox.ceiling.held();
    let usual = ceiling.lowered(usual);
    // Numbers were lowered to it: what is left is a name that is not allowed.
    if let Some(exceeded) = ceiling.exceeded(&usual) {
        return wrong(exceeded.key, exceeded.to_string());
    }
    for (name, agent) in agents {
        let wrong = |key, message| Err(Wrong::new(&["agents", name, "sandbox", key], message));
        let options = ceiling.limited(agent.sandbox.choice().over(usual.clone()));
        if let Err(out) = bounds::check(&options) {
            return wrong(out.key, out.message);
        }
        if let Some(exceeded) = ceiling.exceeded(&options) {
            return wrong(exceeded.key, exceeded.to_string());
        }
    }
    if !sandbox.shared_dir.as_os_str().is_empty() && !is_plain(&sandbox.shared_dir) {
        return wrong("shared_dir", "write the whole path, beginning with / and without ..".to_owned());
    }
    for (key, roots) in [("workspace_roots", &sandbox.workspace_roots), ("mount_roots", &sandbox.mount_roots)] {
        if let Some(index) = roots.iter().position(|root| !is_plain(root)) {
            let message = "write the whole path, beginning with / and without ..";
            return Err(Wrong::new(&["sandbox", key], message).at(Step::Index(index)));
        }
    }
    if sandbox.pool_size > POOL_MAX {
        return wrong("pool_size", format!("it must be at most {POOL_MAX}"));
    }
    Ok(())
}

fn is_plain(path: &Path) -> bool {
    path.is_absolute() && !path.components().any(|part| part == std::path::Component::ParentDir)
}
