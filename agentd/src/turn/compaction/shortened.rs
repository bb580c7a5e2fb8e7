//! A conversation after something was left out of it. The same events make the same conversation, whoever folds them.

use crate::domain::agents_file::AgentsFile;
use crate::domain::event::Cut;
use crate::domain::message::{Message, UserMessage};
use crate::domain::outcome::Todo;
use crate::turn::prompt::agents_file;

/// A result that is no longer than this is not worth dropping: what stands in its place is as long.
pub(super) const DROPPED_BYTES_MIN: usize = 200;

/// The conversation after this cut. Every call keeps its result, and what the user said last stays word by word.
pub fn shortened(
    messages: &[Message],
    cut: Cut,
    summary: &str,
    todos: &[Todo],
    agents_file: Option<&AgentsFile>,
) -> Vec<Message> {
    let index = |at: u64| usize::try_from(at).unwrap_or(usize::MAX).min(messages.len());
    let (summarised, dropped) = (index(cut.summarised), index(cut.results_dropped));
    let mut kept = messages[summarised..].to_vec();
    let dropped = dropped.saturating_sub(summarised);
    kept[..dropped].iter_mut().for_each(drop_result);
    if summarised == 0 {
        return kept;
    }
    let context = context(summary, todos, agents_file);
    if let Some(Message::User(said)) = kept.first_mut() {
        said.context = context;
        return kept;
    }
    let newest = messages[..summarised].iter().rev().find_map(|message| match message {
        Message::User(said) => Some(said),
        _ => None,
    });
    let said = newest.cloned().unwrap_or_default();
    kept.insert(0, Message::User(UserMessage { context, ..said }));
    kept
}

fn drop_result(message: &mut Message) {
    if let Message::ToolResult { content, .. } = message
        && content.len() > DROPPED_BYTES_MIN
    {
        *content = format!(
            "[This result of {} bytes was left out to make room. Call the tool again if you need it.]",
            content.len()
        );
    }
}

/// What the model is told of the part that is gone, before the message of the user that comes first now.
fn context(summary: &str, todos: &[Todo], agents_file: Option<&AgentsFile>) -> String {
    let mut parts = Vec::new();
    parts.extend(agents_file.filter(|file| !file.text.is_empty()).map(agents_file::told));
    parts.push(format!(
        "The earlier part of this conversation was left out to make room. This is what you noted of it:\n<summary>\n{}\n</summary>",
        summary.trim()
    ));
    if !todos.is_empty() {
        let lines: String = todos.iter().map(|todo| format!("\n- [{}] {}", todo.status.name(), todo.content)).collect();
        parts.push(format!("Your list of todos:{lines}"));
    }
    parts.push("The user's message, which you are working on:".to_owned());
    parts.join("\n\n")
}
