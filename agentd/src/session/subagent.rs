//! Sub-agents: sessions that another session started, for one task each.
//!
//! A sub-agent's id is made of its parent's and the call's, so that starting it again finds it: whatever dies in between,
//! a call has one sub-agent, and that one turn. It works in its parent's sandbox and workspace, under its parent's policy.

use sha2::{Digest as _, Sha256};

use crate::domain::approval::Principal;
use crate::domain::ids::{CallId, SessionId};
use crate::domain::options::SessionOptions;
use crate::turn::subagent::{News, Stands};

use super::command::{Chat, Command};
use super::error::SessionError;
use super::live::Item;
use super::registry::Sessions;
use super::subscription::{Follow, Range};

/// The request that a sub-agent is started with. Nobody else speaks to it.
pub(super) const REQUEST_ID: &str = "task";

/// The id of the sub-agent of this call.
pub(super) fn id_of(parent: &SessionId, call: &CallId) -> SessionId {
    let digest = Sha256::digest(format!("sub-agent\n{parent}\n{call}"));
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    SessionId::from_random(bytes)
}

/// What every call id of this sub-agent begins with: ids are unique over all that share a sandbox.
pub(super) fn call_prefix(id: &SessionId) -> String {
    format!("{}_", &id.as_str()[..8])
}

/// What a sub-agent is started with.
#[derive(Clone, Debug)]
pub(super) struct Start {
    /// Its id.
    pub(super) id: SessionId,
    /// Its options.
    pub(super) options: SessionOptions,
    /// Its one message.
    pub(super) message: String,
    /// Time limit of its turn in milliseconds.
    pub(super) timeout_ms: u64,
    /// Who began the turn that it works for.
    pub(super) who: Principal,
}

/// Starts the sub-agent unless it was started before, and waits until it stands otherwise than that these calls wait.
pub(super) async fn next_news(sessions: Sessions, start: Start, known: Vec<CallId>) -> Result<News, String> {
    match follow(&sessions, start, &known).await {
        Ok(news) => Ok(news),
        // Whoever waits here is stopping too.
        Err(SessionError::Stopping) => std::future::pending().await,
        Err(error) => Err(error.to_string()),
    }
}

async fn follow(sessions: &Sessions, start: Start, known: &[CallId]) -> Result<News, SessionError> {
    let Start { id, options, message, timeout_ms, who } = start;
    sessions.create_subagent(&id, options).await?;
    let chat = Chat {
        message,
        files: Vec::new(),
        answer_schema: None,
        request_id: REQUEST_ID.to_owned(),
        timeout_ms: Some(timeout_ms),
        who,
    };
    let position = sessions.tell(&id, |reply| Command::Chat(chat, reply)).await?;
    let mut stands = Stands::default();
    // What has been is no news by itself: only how it stands after all of it.
    let mut from_seq = position.from_seq;
    for follow in [Follow::No, Follow::Forever] {
        let mut events = sessions.watch(&id, Range { from_seq, follow, turn: 0, live: false }).await?;
        while let Some(item) = events.next().await? {
            let Item::Row(event) = item else { continue };
            from_seq = event.seq + 1;
            stands.take(&event);
            if follow == Follow::Forever
                && let Some(news) = stands.news(known)
            {
                return Ok(news);
            }
        }
        if let Some(news) = stands.news(known) {
            return Ok(news);
        }
    }
    Err(SessionError::Stopping)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_has_one_sub_agent() {
        let call = |id: &str| CallId::try_from(id.to_owned()).unwrap();
        let parent = SessionId::from_random([1; 16]);
        assert_eq!(id_of(&parent, &call("a")), id_of(&parent, &call("a")));
        assert_ne!(id_of(&parent, &call("a")), id_of(&parent, &call("b")));
        assert_ne!(id_of(&parent, &call("a")), id_of(&SessionId::from_random([2; 16]), &call("a")));
        assert_eq!(call_prefix(&parent), "01010101_");
    }
}
