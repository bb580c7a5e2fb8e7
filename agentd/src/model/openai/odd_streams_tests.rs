//! Every odd answer of the collection comes to what it says, however its bytes are cut.

use super::assembly::Completion;
use crate::model::chat::ModelReply;
use crate::model::error::Class;
use crate::model::model_server::odd_streams::{Ends, ODD_STREAMS};
use crate::model::reader::{Delta, Problem, Reader};

fn read(bytes: &[u8], piece_bytes: usize) -> Result<(String, ModelReply), Problem> {
    let mut reader = Reader::<Completion>::default();
    let mut deltas = Vec::new();
    for piece in bytes.chunks(piece_bytes) {
        if !reader.is_done() {
            deltas.extend(reader.push(piece)?);
        }
    }
    let (last, reply) = reader.finish()?;
    let text = |delta: Delta| if let Delta::Text(text) = delta { text } else { String::new() };
    Ok((deltas.into_iter().chain(last).map(text).collect(), reply))
}

fn class(problem: &Problem) -> Class {
    match problem {
        Problem::Reported(reported) => reported.class(),
        Problem::Cut(_) => Class::Cut,
        Problem::Malformed(_) => Class::Malformed,
        Problem::TooLarge(_) => Class::TooLarge,
        Problem::Empty => Class::Empty,
        Problem::NoRoom => Class::NoRoom,
    }
}

#[test]
fn each_ends_in_an_answer_or_a_clear_error() {
    assert!(ODD_STREAMS.len() >= 60, "{}", ODD_STREAMS.len());
    for odd in ODD_STREAMS {
        for piece_bytes in [usize::MAX, 1, 7] {
            let read = read(&odd.bytes(), piece_bytes);
            match (&read, odd.ends) {
                (Ok((shown, reply)), Ends::Says(text)) => {
                    assert_eq!((reply.text.as_str(), reply.tool_calls.len()), (text, 0), "{}", odd.what);
                    assert_eq!(shown, text, "{}: what was shown is what was said", odd.what);
                }
                (Ok((_, reply)), Ends::Calls(arguments)) => {
                    let written: Vec<&str> = reply.tool_calls.iter().map(|call| call.arguments.as_str()).collect();
                    assert_eq!(written, arguments, "{}", odd.what);
                    assert!(reply.tool_calls.iter().all(|call| call.tool == "write_todos"), "{}", odd.what);
                }
                (Err(problem), Ends::Fails(name)) => assert_eq!(class(problem).name(), name, "{}", odd.what),
                (read, ends) => panic!("{}: {read:?} and not {ends:?}", odd.what),
            }
        }
    }
}
