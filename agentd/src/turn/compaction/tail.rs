//! The newest part of a conversation, which stays as it is.

use crate::domain::message::Message;

use super::shortened::DROPPED_BYTES_MIN;
use super::size::message_bytes;

/// Where the part begins that stays: as many whole steps from the end as fit these bytes, and at least the last one. A step
/// is a message of the user, or a reply with all its results, so that no call is cut from its result.
pub(super) fn start(messages: &[Message], bytes_max: u64) -> usize {
    let mut start = messages.len();
    let mut bytes = 0;
    for (index, message) in messages.iter().enumerate().rev() {
        bytes += message_bytes(message);
        if matches!(message, Message::ToolResult { .. }) {
            continue;
        }
        if start < messages.len() && bytes > bytes_max {
            break;
        }
        start = index;
    }
    start
}

/// Bytes of the results here that can be dropped.
pub(super) fn droppable_bytes(messages: &[Message]) -> u64 {
    let results = messages.iter().filter_map(|message| match message {
        Message::ToolResult { content, .. } if content.len() > DROPPED_BYTES_MIN => Some(content.len()),
        _ => None,
    });
    results.map(|bytes| (bytes - DROPPED_BYTES_MIN) as u64).sum()
}

/// Bytes that a cut here takes away, before a summary takes their place: the user's newest message goes with what stays.
pub(super) fn gone_bytes(messages: &[Message], cut: usize) -> u64 {
    let oldest = &messages[..cut];
    let bytes: u64 = oldest.iter().map(message_bytes).sum();
    if matches!(messages.get(cut), Some(Message::User(_))) {
        return bytes;
    }
    let newest = oldest.iter().rev().find(|message| matches!(message, Message::User(_)));
    bytes - newest.map_or(0, message_bytes)
}
