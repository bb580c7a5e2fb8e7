//! What a turn finds when it begins, beside the user's words: the system prompt, and AGENTS.md of the workspace. Both become
//! part of the turn's first row where they changed, so that the journal alone tells what the model was sent.

use std::path::Path;

use sha2::{Digest as _, Sha256};

use crate::domain::agents_file::AgentsFile;
use crate::domain::time::WallTime;
use crate::sandbox::workspace_file;
use crate::session::error::SessionError;
use crate::session::services::Services;
use crate::session::state::SessionState;
use crate::skills::Shelf;
use crate::tools::tool::CommandCaps;
use crate::turn::prompt::{Offer, Surroundings};

/// The only file of a workspace that agentd reads by itself.
const AGENTS_FILE: &str = "AGENTS.md";

/// Bytes of it at most.
const AGENTS_FILE_BYTES_MAX: u64 = 32 << 10;

/// How long a command may run, in seconds, where the model does not say.
const COMMAND_TIMEOUT_S: u64 = 120;

/// The system prompt of a turn that begins now.
pub(super) fn system_prompt(services: &Services, state: &SessionState, skills: &Shelf) -> Result<String, SessionError> {
    let skills = skills.find().skills;
    let options = &state.options;
    let settings = &services.settings;
    let specs = services.tools.specs();
    let date = WallTime::now().rfc3339();
    let around = Surroundings {
        backend: services.backends.named(&state.backend).kind(),
        image: &options.sandbox.image,
        workspace: "/workspace",
        shared: options.shared.is_some(),
        network: &options.sandbox.network,
        date: date.get(..10).unwrap_or_default(),
        agent: &options.agent,
        agent_prompt: settings.agents.get(&options.agent).map_or("", |agent| agent.prompt.trim()),
        approve: &options.approve.as_list(),
        rules: settings.rules(&options.agent),
        tools: specs.iter().map(|spec| Offer { name: &spec.name, description: &spec.description }).collect(),
        skills: skills.iter().map(|skill| Offer { name: &skill.name, description: &skill.description }).collect(),
        command_timeout_s: COMMAND_TIMEOUT_S.min(CommandCaps::of(&options.sandbox).timeout_s_max),
    };
    services.prompt.fill(&around).map_err(|error| SessionError::Prompt(error.to_string()))
}

/// AGENTS.md of the workspace now; `None` where there is none or it cannot be read.
pub(super) async fn agents_file(workspace: &Path) -> Option<AgentsFile> {
    let workspace = workspace.to_owned();
    let read = move || workspace_file::read_text(&workspace, Path::new(AGENTS_FILE), AGENTS_FILE_BYTES_MAX);
    let read = tokio::task::spawn_blocking(read).await.map_err(std::io::Error::other).flatten();
    let file = match read {
        Ok(file) => file.filter(|file| !file.text.trim().is_empty())?,
        Err(error) => {
            tracing::warn!(%error, "AGENTS.md of the workspace cannot be read; the turn goes without it");
            return None;
        }
    };
    let sha256 = Sha256::digest(&file.text).iter().map(|byte| format!("{byte:02x}")).collect();
    Some(AgentsFile { text: file.text, is_cut: file.is_cut, sha256 })
}

/// What is to be told of AGENTS.md, given what the conversation knows of it: nothing where it is the same.
pub(super) fn news(known: Option<&AgentsFile>, now: Option<AgentsFile>) -> Option<AgentsFile> {
    match (known, now) {
        (Some(known), Some(now)) => (*known != now).then_some(now),
        (None, now) => now,
        (Some(known), None) => (!known.text.is_empty()).then(AgentsFile::default),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_changed_is_told() {
        let file = |text: &str| AgentsFile { text: text.to_owned(), ..AgentsFile::default() };
        assert_eq!(news(None, None), None);
        assert_eq!(news(None, Some(file("a"))), Some(file("a")));
        assert_eq!(news(Some(&file("a")), Some(file("a"))), None);
        assert_eq!(news(Some(&file("a")), Some(file("b"))), Some(file("b")));
        assert_eq!(news(Some(&file("a")), None), Some(AgentsFile::default()), "that it is gone is news");
        assert_eq!(news(Some(&AgentsFile::default()), None), None, "and told once");
    }
}
