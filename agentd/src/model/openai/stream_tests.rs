//! Odd streams, as servers send them.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::assembly::Completion;
use crate::domain::message::Usage;
use crate::model::chat::ModelReply;
use crate::model::error::Class;
use crate::model::reader::{Delta, Problem, Reader};
use crate::model::sse::EVENT_BYTES_MAX;

type Outcome = Result<(Vec<Delta>, ModelReply), Problem>;

fn read_cut(bytes: &[u8], piece_bytes: usize) -> Outcome {
    let mut reader = Reader::<Completion>::default();
    let mut deltas = Vec::new();
    for piece in bytes.chunks(piece_bytes.max(1)) {
        deltas.extend(reader.push(piece)?);
    }
    let (last, reply) = reader.finish()?;
    deltas.extend(last);
    Ok((deltas, reply))
}

fn read(body: &str) -> Outcome {
    let whole = read_cut(body.as_bytes(), usize::MAX);
    assert_eq!(read_cut(body.as_bytes(), 1), whole, "cut into bytes");
    whole
}

fn reply(body: &str) -> ModelReply {
    let (deltas, reply) = read(body).unwrap_or_else(|problem| panic!("{problem:?}: {body}"));
    let text: String =
        deltas.iter().filter_map(|d| if let Delta::Text(t) = d { Some(t.as_str()) } else { None }).collect();
    assert_eq!(text, reply.text, "what was shown is what was said");
    reply
}

/// A stream of these pieces, with `[DONE]`.
fn stream(pieces: &[Value]) -> String {
    format!("{}data: [DONE]\n\n", open_stream(pieces))
}

/// A stream of these pieces, without `[DONE]`.
fn open_stream(pieces: &[Value]) -> String {
    pieces.iter().map(|piece| format!("data: {piece}\n\n")).collect()
}

fn delta(delta: Value) -> Value {
    json!({ "choices": [{ "index": 0, "delta": delta, "finish_reason": null }] })
}

fn text(text: &str) -> Value {
    delta(json!({ "content": text }))
}

fn finish(reason: Value) -> Value {
    json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": reason }] })
}

fn cut(body: &str) {
    assert!(matches!(read(body), Err(Problem::Cut(_))), "{body}: {:?}", read(body));
}

fn malformed(body: &str) {
    assert!(matches!(read(body), Err(Problem::Malformed(_))), "{body}: {:?}", read(body));
}

fn class(body: &str) -> Class {
    match read(body) {
        Err(Problem::Reported(reported)) => reported.class(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_stream_by_the_book() {
    let body = stream(&[
        delta(json!({ "role": "assistant", "content": "" })),
        delta(json!({ "reasoning_content": "hm " })),
        text("Hel"),
        text("lo"),
        finish(json!("stop")),
        json!({ "choices": [], "usage": { "prompt_tokens": 12, "completion_tokens": 3, "total_tokens": 15 } }),
    ]);
    let (deltas, reply) = read(&body).unwrap();
    let shown = [Delta::Reasoning("hm ".into()), Delta::Text("Hel".into()), Delta::Text("lo".into())];
    assert_eq!(deltas, shown);
    assert_eq!((reply.text.as_str(), reply.reasoning.as_str()), ("Hello", "hm "));
    assert_eq!(reply.finish_reason, "stop");
    assert_eq!(reply.usage, Some(Usage { input_tokens: 12, output_tokens: 3, model_calls: 1, ..Usage::default() }));
}

#[test]
fn line_ends_comments_and_fields_of_every_kind() {
    let piece = text("x");
    for body in [
        format!("data: {piece}\r\n\r\ndata: [DONE]\r\n\r\n"),
        format!("data: {piece}\r\rdata: [DONE]\r\r"),
        format!("data:{piece}\n\ndata:[DONE]\n\n"),
        format!(": ping\n\n: ping\n\nid: 1\nevent: message\nretry: 9\ndata: {piece}\n\ndata: [DONE] \n\n"),
        format!("\u{FEFF}data: {piece}\n\ndata: [DONE]\n\n"),
        format!("\n\n  \ndata: {piece}\n\ndata: [DONE]"),
        "data: {\"choices\":\ndata: [{\"delta\":{\"content\":\"x\"}}]}\n\ndata: [DONE]\n\n".to_owned(),
        format!("data:\n\ndata: {piece}\n\ndata: [DONE]\n\ndata: garbage after the end\n\n"),
    ] {
        assert_eq!(reply(&body).text, "x", "{body}");
    }
}

#[test]
fn code_points_survive_any_cut() {
    assert_eq!(reply(&stream(&[text("é€😀"), text("\u{0}\u{1b}[31m")])).text, "é€😀\u{0}\u{1b}[31m");
}

#[test]
fn what_is_no_utf8_is_replaced() {
    let mut body = b"data: {\"choices\":[{\"delta\":{\"content\":\"a\xFFb\"}}]}\n\n".to_vec();
    body.extend_from_slice(b"data: [DONE]\n\n");
    assert_eq!(read_cut(&body, 7).unwrap().1.text, "a\u{FFFD}b");
}

#[test]
fn finish_reasons_are_missing_empty_late_and_odd() {
    assert_eq!(reply(&stream(&[text("x")])).finish_reason, "", "the end mark is enough");
    assert_eq!(reply(&open_stream(&[text("x"), finish(json!("stop"))])).finish_reason, "stop", "so is a reason");
    assert_eq!(reply(&stream(&[text("x"), finish(json!(""))])).finish_reason, "");
    assert_eq!(reply(&stream(&[text("x"), finish(json!(7))])).finish_reason, "");
    assert_eq!(reply(&stream(&[text("x"), finish(json!("end"))])).finish_reason, "end");
    assert_eq!(reply(&stream(&[finish(json!("stop")), text("late")])).text, "late");
    assert_eq!(reply(&stream(&[text("x"), finish(json!("length")), finish(NULL)])).finish_reason, "length");
}

const NULL: Value = Value::Null;

#[test]
fn a_stream_that_ends_without_any_end_is_cut() {
    cut(&open_stream(&[text("x")]));
    cut(&open_stream(&[text("x"), finish(json!(""))]));
    cut(&format!("{}data: {{\"choices\": [{{\"del", open_stream(&[text("x")])));
    cut("");
    cut("\n\n");
    cut(": only a comment\n\n");
    cut("data: [DONE]\n\n");
    cut(&stream(&[text("x"), finish(json!("network_error"))]));
}

#[test]
fn usage_is_absent_empty_early_and_in_odd_places() {
    let usage = |piece: Value| reply(&stream(&[text("x"), piece])).usage.map(|u| (u.input_tokens, u.output_tokens));
    assert_eq!(usage(finish(json!("stop"))), None);
    assert_eq!(usage(json!({ "choices": [], "usage": {} })), None);
    assert_eq!(usage(json!({ "choices": [], "usage": null })), None);
    assert_eq!(usage(json!({ "choices": [], "usage": { "prompt_tokens": -1 } })), None);
    assert_eq!(usage(json!({ "usage": { "input_tokens": 4, "output_tokens": 5 } })), Some((4, 5)));
    assert_eq!(usage(json!({ "choices": [{ "delta": {}, "usage": { "prompt_tokens": 4 } }] })), Some((4, 0)));
    let in_every_piece = |output: u64| {
        json!({ "choices": [{ "delta": { "content": "a" } }],
            "usage": { "prompt_tokens": 4, "completion_tokens": output } })
    };
    let body = stream(&[in_every_piece(1), in_every_piece(2), finish(json!("stop"))]);
    assert_eq!(reply(&body).usage.unwrap().output_tokens, 2, "the last count stands");
}

#[test]
fn content_is_null_an_array_of_parts_a_refusal_or_nonsense() {
    let said = |content: Value| reply(&stream(&[delta(content)]));
    for nothing in [json!({ "content": null }), json!({ "content": 5, "tool_calls": null }), json!({ "content": " " })]
    {
        assert_eq!(read(&stream(&[delta(nothing)])).unwrap_err(), Problem::Empty);
    }
    assert_eq!(said(json!({ "content": null, "refusal": "No." })).text, "No.");
    assert_eq!(said(json!({ "reasoning": "r", "reasoning_content": null })).reasoning, "r");
    assert_eq!(said(json!({ "reasoning": "r", "reasoning_content": "r" })).reasoning, "r", "said twice, read once");
    let parts = said(json!({ "content": [
        { "type": "thinking", "thinking": [{ "type": "text", "text": "hm" }] },
        { "type": "text", "text": "a" }, { "type": "text", "text": "b" }, 7,
    ] }));
    assert_eq!((parts.text.as_str(), parts.reasoning.as_str()), ("ab", "hm"));
}

#[test]
fn only_the_first_choice_counts_and_odd_choices_are_passed_over() {
    let two = json!({ "choices": [{ "delta": { "content": "a" } }, { "index": 1, "delta": { "content": "b" } }] });
    assert_eq!(reply(&stream(&[two])).text, "a");
    let odd = [json!({ "choices": null }), json!({ "choices": {} }), json!(3), json!(null), json!({}), text("x")];
    assert_eq!(reply(&stream(&odd)).text, "x");
}

#[test]
fn tool_calls_come_in_fragments_between_text() {
    let call = |fragment: Value| delta(json!({ "tool_calls": [fragment] }));
    let body = stream(&[
        text("I look."),
        call(json!({ "index": 0, "id": "c1", "type": "function", "function": { "name": "ls", "arguments": "" } })),
        call(json!({ "index": 0, "function": { "arguments": "{\"pa" } })),
        call(json!({ "index": 1, "id": null, "function": { "name": "glob", "arguments": { "pattern": "*" } } })),
        call(json!({ "index": 0, "function": { "arguments": "th\":\".\"}" } })),
        finish(json!("tool_calls")),
    ]);
    let reply = reply(&body);
    assert_eq!(reply.text, "I look.");
    let calls: Vec<_> =
        reply.tool_calls.iter().map(|c| (c.id.as_deref(), c.tool.as_str(), c.arguments.as_str())).collect();
    assert_eq!(calls, [(Some("c1"), "ls", "{\"path\":\".\"}"), (None, "glob", "{\"pattern\":\"*\"}")]);
}

#[test]
fn a_cut_reply_gives_no_tool_calls_at_any_byte() {
    let body = open_stream(&[
        delta(json!({ "tool_calls": [{ "index": 0, "id": "c", "function": { "name": "rm", "arguments": "{}" } }] })),
        finish(json!("tool_calls")),
    ]);
    // Where the finish reason is whole the reply is; one byte before, it is not.
    let end = body.len() - 2;
    for length in 0..end {
        assert!(read_cut(&body.as_bytes()[..length], 64).is_err(), "{length} of {} bytes", body.len());
    }
    assert_eq!(read_cut(body.as_bytes(), 64).unwrap().1.tool_calls.len(), 1);
}

#[test]
fn errors_inside_a_stream_have_a_class() {
    assert_eq!(
        class(&open_stream(&[text("x"), json!({ "error": { "code": "1302", "message": "m" } })])),
        Class::RateLimited
    );
    assert_eq!(class(&stream(&[json!({ "error": { "type": "server_error", "message": "m" } })])), Class::ServerError);
    assert_eq!(class(&stream(&[json!({ "object": "error", "message": "m", "code": 400 })])), Class::Rejected);
    assert_eq!(class("event: error\ndata: upstream died\n\n"), Class::ServerError);
    assert_eq!(class("{\"error\":{\"message\":\"overloaded\",\"code\":429}}"), Class::RateLimited);
    assert_eq!(class("{\"code\":401,\"msg\":\"token expired\"}"), Class::Unauthorized);
}

#[test]
fn a_document_is_a_reply_too() {
    let whole = json!({
        "choices": [{ "message": { "content": "Hi", "reasoning_content": "r", "tool_calls": [
            { "id": "c", "function": { "name": "ls", "arguments": "{}" } } ] }, "finish_reason": "tool_calls" }],
        "usage": { "prompt_tokens": 1, "completion_tokens": 2 },
    });
    let reply = reply(&format!("\n {}", serde_json::to_string_pretty(&whole).unwrap()));
    assert_eq!((reply.text.as_str(), reply.tool_calls.len(), reply.finish_reason.as_str()), ("Hi", 1, "tool_calls"));
}

#[test]
fn the_whole_message_at_the_end_of_a_stream_is_not_said_twice() {
    let closing = json!({ "choices": [{ "message": { "content": "Hi" }, "finish_reason": "stop" }] });
    assert_eq!(reply(&stream(&[text("Hi"), closing.clone()])).text, "Hi");
    assert_eq!(reply(&stream(&[closing])).text, "Hi");
}

#[test]
fn what_is_no_model_endpoint_is_said_to_be_none() {
    malformed("<!DOCTYPE html><html>…");
    malformed("  \n<html>");
    malformed("{\"models\": []}");
    malformed("{\"model\":\"m\",\"done\":false}\n{\"model\":\"m\",\"done\":true}\n");
    malformed("[]");
    malformed("data: not json\n\n");
    cut("{\"choices\": [{\"message\"");
    cut("Not found\n");
}

#[test]
fn answers_are_bounded() {
    let mut reader = Reader::<Completion>::default();
    let event = format!("data: {}\n\n", text(&"x".repeat(900_000)));
    let refused = (0..40).find_map(|_| reader.push(event.as_bytes()).err());
    assert!(matches!(refused, Some(Problem::TooLarge(_))), "{refused:?}");
    let endless = format!("data: {}", "x".repeat(EVENT_BYTES_MAX));
    assert!(matches!(Reader::<Completion>::default().push(endless.as_bytes()), Err(Problem::TooLarge(_))));
}

proptest! {
    #[test]
    fn hostile_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400), piece_bytes in 1..50_usize) {
        let _ = read_cut(&bytes, piece_bytes);
        let _ = read_cut(&[b"data: ".as_slice(), &bytes, b"\n\n"].concat(), piece_bytes);
    }

    #[test]
    fn hostile_pieces_never_panic(
        names in prop::collection::vec(prop::sample::select(
            vec!["choices", "delta", "message", "content", "tool_calls", "function", "name", "arguments", "usage", "error"]),
            1..8),
        leaf in prop_oneof![Just(json!(1)), Just(json!("x")), Just(json!([])), Just(json!([[{}]])), Just(NULL)],
        in_array in any::<u8>(),
    ) {
        let nested = names.iter().rev().enumerate().fold(leaf, |inner, (depth, name)| {
            if in_array >> (depth % 8) & 1 == 1 { json!({ *name: [inner] }) } else { json!({ *name: inner }) }
        });
        let _ = read(&stream(&[nested]));
    }
}
