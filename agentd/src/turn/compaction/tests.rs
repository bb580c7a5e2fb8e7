//! What is left out, when, and that it is enough; and that a conversation stays whole whatever is left out of it.

use proptest::prelude::*;

use super::size::Load;
use super::*;
use crate::domain::event::Cut;
use crate::domain::ids::CallId;
use crate::domain::message::{AssistantMessage, ToolCall, UserMessage};
use crate::domain::outcome::{Todo, TodoStatus};

const ASK: Next = Next::AskModel { step: 3, attempt: 2, not_before: None };

fn turn() -> TurnState {
    TurnState::new(1, "m".to_owned(), 60_000)
}

/// A step: a reply with a call, and its result.
fn step(number: usize, result_bytes: usize, words_bytes: usize) -> [Message; 2] {
    let call = CallId::try_from(format!("call_{number}")).unwrap();
    let tool_calls = vec![ToolCall { id: call.clone(), tool: "ls".to_owned(), arguments: "{}".to_owned() }];
    let text = "w".repeat(words_bytes);
    let reply = AssistantMessage { text, tool_calls, ..AssistantMessage::default() };
    [Message::Assistant(reply), Message::ToolResult { call, content: "r".repeat(result_bytes) }]
}

fn conversation(steps: usize, result_bytes: usize, words_bytes: usize) -> Vec<Message> {
    let steps = (0..steps).flat_map(|number| step(number, result_bytes, words_bytes));
    std::iter::once(Message::user("do it")).chain(steps).collect()
}

fn context(messages: &[Message], window_tokens: u64) -> Context<'_> {
    let mut load = Load::default();
    load.recount(messages);
    Context { messages, load, overhead_bytes: 4000, window_tokens, reply_tokens: 0 }
}

fn decided(messages: &[Message], window_tokens: u64) -> Next {
    before(ASK, &turn(), &context(messages, window_tokens))
}

/// Whether each call has its result directly after its reply, and a user speaks first.
fn is_whole(messages: &[Message]) -> bool {
    let mut open: Vec<&CallId> = Vec::new();
    for message in messages {
        match message {
            Message::ToolResult { call, .. } if open.first() == Some(&call) => drop(open.remove(0)),
            Message::ToolResult { .. } => return false,
            _ if !open.is_empty() => return false,
            Message::Assistant(reply) => open.extend(reply.tool_calls.iter().map(|call| &call.id)),
            Message::User(_) => {}
        }
    }
    open.is_empty() && matches!(messages.first(), Some(Message::User(_)))
}

#[test]
fn what_fits_is_left_alone() {
    assert_eq!(decided(&conversation(10, 1000, 10), 32_000), ASK);
    // Only a request to the model is looked at.
    let much = conversation(100, 5000, 10);
    assert_eq!(before(Next::Wait, &turn(), &context(&much, 1000)), Next::Wait);
}

#[test]
fn old_tool_results_go_first_and_the_newest_stay() {
    let messages = conversation(40, 4000, 100);
    let Next::Journal(bodies) = decided(&messages, 40_000) else { panic!("the model was asked") };
    let [Body::ContextCompacted { attempt: 0, cut, tokens_before, .. }] = &bodies[..] else { panic!("{bodies:?}") };
    assert!(*tokens_before > 32_000 && cut.summarised == 0);
    let after = shortened(&messages, *cut, "", &[], None);
    assert!(is_whole(&after) && after.len() == messages.len());
    assert_eq!(after.last(), messages.last());
    assert!(
        matches!(&after[2], Message::ToolResult { content, .. } if content.contains("result of 4000 bytes was left out"))
    );
    let tokens = context(&after, 40_000).tokens();
    assert!(tokens <= 20_000, "{tokens}");
    assert_eq!(decided(&after, 40_000), ASK);
}

#[test]
fn where_that_is_not_enough_the_oldest_part_is_summarised() {
    let messages = conversation(100, 100, 1500);
    let Next::Summarise { step: 3, attempt: 2, cut, .. } = decided(&messages, 32_000) else { panic!("no summary") };
    assert!(transcript(&messages[..cut], 10_000).len() <= 10_000);
    let todos = [Todo { content: "Write tests".to_owned(), status: TodoStatus::InProgress }];
    let at = Cut { summarised: cut as u64, results_dropped: 0 };
    let after = shortened(&messages, at, "It went well.", &todos, None);
    assert!(is_whole(&after));
    let Message::User(said) = &after[0] else { panic!("{after:?}") };
    assert_eq!(said.text, "do it", "what the user said stays word by word");
    assert!(said.context.contains("\nIt went well.\n") && said.context.contains("- [in_progress] Write tests"));
    assert_eq!(after[1..], messages[cut..]);
    assert_eq!(decided(&after, 32_000), ASK);
}

#[test]
fn a_cut_between_turns_keeps_the_newest_message_of_the_user() {
    let mut messages = conversation(50, 100, 3000);
    messages.push(Message::User(UserMessage { text: "and now?".to_owned(), ..UserMessage::default() }));
    let Next::Summarise { cut, .. } = decided(&messages, 32_000) else { panic!("no summary") };
    let at = Cut { summarised: messages.len() as u64 - 1, results_dropped: 0 };
    let after = shortened(&messages, at, "s", &[], None);
    assert!(cut < messages.len() && is_whole(&after));
    assert!(matches!(&after[..], [Message::User(said)] if said.text == "and now?" && said.context.contains("\ns\n")));
}

#[test]
fn what_cannot_shrink_ends_clearly() {
    let ends = |next: Next| match next {
        Next::Journal(bodies) => {
            matches!(&bodies[..], [Body::TurnFinished { status: TurnStatus::Failed, exit_code: 1, message, hint, .. }]
            if message.contains("the window of model m has") && hint.contains("context_window"))
        }
        _ => false,
    };
    assert!(ends(decided(&[Message::user("x".repeat(200_000))], 32_000)), "one message that is too long");
    assert!(ends(decided(&[Message::user("hi")], 1000)), "system prompt and tools alone");
    let one = conversation(1, 200_000, 10);
    assert!(ends(decided(&one, 32_000)), "one step that is too long");
    let summarised = TurnState { is_summarised: true, ..turn() };
    let much = conversation(100, 100, 1500);
    assert!(ends(before(ASK, &summarised, &context(&much, 32_000))), "a summary that did not help is not made again");
}

#[test]
fn room_is_left_for_the_reply() {
    let messages = conversation(10, 7000, 10);
    let roomy = context(&messages, 32_000);
    assert_eq!(before(ASK, &turn(), &roomy), ASK);
    assert_ne!(before(ASK, &turn(), &Context { reply_tokens: 16_000, ..roomy }), ASK);
}

proptest! {
    #[test]
    fn any_cut_that_is_decided_keeps_the_conversation_whole_and_makes_it_shorter(
        steps in 0_usize..60, result_bytes in 0_usize..6000, words_bytes in 0_usize..3000, window in 1000_u64..60_000,
        users in 0_usize..4,
    ) {
        let mut messages = conversation(steps, result_bytes, words_bytes);
        for user in 0..users {
            messages.push(Message::user(format!("message {user}")));
            messages.extend(step(1000 + user, result_bytes, words_bytes));
        }
        let before = context(&messages, window);
        let cut = match super::before(ASK, &turn(), &before) {
            Next::Summarise { cut, .. } => Cut { summarised: cut as u64, results_dropped: 0 },
            Next::Journal(bodies) => match &bodies[0] {
                Body::ContextCompacted { cut, .. } => *cut,
                _ => return Ok(()),
            },
            _ => return Ok(()),
        };
        let summary = "s".repeat(before.summary_bytes_max());
        let after = shortened(&messages, cut, &summary, &[], None);
        prop_assert!(is_whole(&after));
        prop_assert_eq!(after.last(), messages.last());
        prop_assert!(context(&after, window).tokens() < before.tokens() + 200);
    }
}
