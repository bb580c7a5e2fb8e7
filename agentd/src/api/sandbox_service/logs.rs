//! What the commands of a session wrote, in order, as far as the journal keeps it; then what comes.

use std::collections::VecDeque;

use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream};
use proto::v1;
use tonic::{Response, Status};

use crate::domain::event::Body;
use crate::domain::ids::SessionId;
use crate::session::live::Item;
use crate::session::registry::Sessions;
use crate::session::subscription::{Follow, Range, Subscription};

use super::super::failure;
use super::{Answer, Answers};

/// Lines that can be asked for at most.
const TAIL_LINES_MAX: u32 = 1_000_000;

/// The output of a session's tool calls, from a time on, and the newest lines of what is there alone where so many are asked
/// for.
pub(super) async fn logs(
    sessions: &Sessions,
    id: &SessionId,
    wanted: &v1::LogsRequest,
) -> Answer<Answers<v1::LogChunk>> {
    let since_ms = wanted.since_ms;
    let Some(lines) = wanted.tail else {
        let follow = if wanted.follow { Follow::Forever } else { Follow::No };
        let all = watch(sessions, id, 1, follow, since_ms).await?.map(|chunk| chunk.map(|(_, chunk)| chunk));
        return Ok(Response::new(all.boxed()));
    };
    let mut newest = Newest::new(lines.min(TAIL_LINES_MAX) as usize);
    let mut seen = 0;
    let mut past = watch(sessions, id, 1, Follow::No, since_ms).await?;
    while let Some(next) = past.next().await {
        let (seq, chunk) = next?;
        seen = seq;
        newest.push(chunk);
    }
    let past = stream::iter(newest.chunks.into_iter().map(Ok));
    if !wanted.follow {
        return Ok(Response::new(past.boxed()));
    }
    let coming = watch(sessions, id, seen + 1, Follow::Forever, since_ms).await?;
    Ok(Response::new(past.chain(coming.map(|chunk| chunk.map(|(_, chunk)| chunk))).boxed()))
}

type Numbered = BoxStream<'static, Result<(u64, v1::LogChunk), Status>>;

/// Every row that says something, with its number.
async fn watch(
    sessions: &Sessions,
    id: &SessionId,
    from_seq: u64,
    follow: Follow,
    since_ms: i64,
) -> Result<Numbered, Status> {
    let range = Range { from_seq, follow, turn: 0, live: false };
    let subscription = sessions.watch(id, range).await.map_err(failure::status)?;
    let stopping = sessions.services().stopping.clone();
    let chunks = stream::unfold(Some((subscription, stopping)), move |watch| async move {
        let (mut subscription, stopping): (Subscription, _) = watch?;
        loop {
            let next = tokio::select! {
                () = stopping.cancelled() => return None,
                next = subscription.next() => next,
            };
            match next {
                Ok(Some(Item::Row(event))) if event.time.0 >= since_ms => {
                    if let Some(chunk) = chunk(&event.body, event.time.rfc3339()) {
                        return Some((Ok((event.seq, chunk)), Some((subscription, stopping))));
                    }
                }
                Ok(Some(Item::Row(_) | Item::Piece(_))) => {}
                Ok(None) => return None,
                Err(error) => return Some((Err(failure::status(error)), None::<(Subscription, _)>)),
            }
        }
    });
    Ok(chunks.boxed())
}

/// The newest lines of output, with the titles between them and the one before them.
struct Newest {
    lines_max: usize,
    lines: usize,
    chunks: VecDeque<v1::LogChunk>,
}

impl Newest {
    fn new(lines_max: usize) -> Self {
        Self { lines_max, lines: 0, chunks: VecDeque::new() }
    }

    fn push(&mut self, chunk: v1::LogChunk) {
        self.lines += lines_of(&chunk.text);
        self.chunks.push_back(chunk);
        while self.lines > self.lines_max {
            let Some(oldest) = self.chunks.front_mut() else { return };
            let (has, over) = (lines_of(&oldest.text), self.lines - self.lines_max);
            if has > over {
                let cut: usize = oldest.text.split_inclusive('\n').take(over).map(str::len).sum();
                oldest.text.drain(..cut);
                self.lines -= over;
            } else {
                self.lines -= has;
                self.chunks.pop_front();
            }
        }
        // A title whose whole output has gone says nothing of what is left, unless it is the newest thing there is.
        while self.chunks.len() > 1
            && self.chunks.get(1).is_some_and(|next| next.title.is_some())
            && self.chunks.front().is_some_and(|first| first.text.is_empty())
        {
            self.chunks.pop_front();
        }
    }
}

fn lines_of(text: &str) -> usize {
    text.split_inclusive('\n').count()
}

/// A call's beginning is its title; its end is its output.
fn chunk(body: &Body, time: String) -> Option<v1::LogChunk> {
    match body {
        Body::ToolIntent { call, tool, arguments, .. } => {
            let title = arguments.get("command").and_then(|command| command.as_str());
            let title = title.map_or_else(|| arguments.to_string(), str::to_owned);
            let (call, tool) = (call.to_string(), tool.clone());
            Some(v1::LogChunk { call, tool, time, text: String::new(), title: Some(title) })
        }
        Body::ToolEnded { call, tool, outcome } => Some(v1::LogChunk {
            call: call.to_string(),
            tool: tool.clone(),
            time,
            text: outcome.content.clone(),
            title: None,
        }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(title: Option<&str>, text: &str) -> v1::LogChunk {
        v1::LogChunk { title: title.map(str::to_owned), text: text.to_owned(), ..v1::LogChunk::default() }
    }

    fn newest(lines_max: usize, chunks: &[(Option<&str>, &str)]) -> Vec<(Option<String>, String)> {
        let mut newest = Newest::new(lines_max);
        for (title, text) in chunks {
            newest.push(chunk(*title, text));
        }
        newest.chunks.into_iter().map(|chunk| (chunk.title, chunk.text)).collect()
    }

    #[test]
    fn the_newest_lines_are_kept_whole_across_calls() {
        let both = [(Some("first"), ""), (None, "1\n2\n3\n"), (Some("second"), ""), (None, "4\n5")];
        let told = |lines_max| newest(lines_max, &both);
        assert_eq!(told(3).iter().map(|(_, text)| text.as_str()).collect::<String>(), "3\n4\n5");
        assert_eq!(told(2), [(Some("second".to_owned()), String::new()), (None, "4\n5".to_owned())]);
        assert_eq!(told(1).last().unwrap().1, "5");
        assert_eq!(told(100).len(), 4);
        assert!(told(0).iter().all(|(_, text)| text.is_empty()));
    }

    #[test]
    fn a_call_that_has_said_nothing_yet_keeps_its_title() {
        assert_eq!(newest(5, &[(Some("runs"), "")]), [(Some("runs".to_owned()), String::new())]);
    }
}
