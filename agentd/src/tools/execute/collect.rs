//! The output of a running command: on to those who watch, and its two ends for the model.

use crate::domain::ids::CallId;
use crate::sandbox::init_client::exec_events::ExecEnd;
use crate::tools::exec_words::END_BYTES_MAX;
use crate::tools::output_caps::{Cut, HeadTail, tail_of};
use crate::tools::tool::OutputSink;
use crate::tools::utf8::Decoder;

/// Bytes of one piece of text for those who watch.
const PIECE_BYTES_MAX: usize = 16 * 1024;

/// Takes the output of one command.
pub(super) struct Collector<'a> {
    call: &'a CallId,
    output: &'a dyn OutputSink,
    decoder: Decoder,
    ends: HeadTail,
    offset: u64,
}

impl<'a> Collector<'a> {
    /// Nothing has come yet.
    pub(super) fn new(call: &'a CallId, output: &'a dyn OutputSink) -> Self {
        Self { call, output, decoder: Decoder::default(), ends: HeadTail::new(END_BYTES_MAX), offset: 0 }
    }

    /// The next bytes.
    pub(super) fn push(&mut self, data: &[u8]) {
        let text = self.decoder.push(data);
        self.ends.push(&text);
        self.show(&text);
    }

    /// Both ends of what was kept. Those who watch are shown the real end too, where some was dropped.
    pub(super) fn finish(mut self, end: &ExecEnd) -> Cut {
        let rest = std::mem::take(&mut self.decoder).finish();
        self.ends.push(rest);
        self.show(rest);
        if end.truncated {
            self.show("\n[… some output was not kept …]\n");
            let last = String::from_utf8_lossy(&end.tail);
            self.show(tail_of(&last, PIECE_BYTES_MAX));
        }
        self.ends.finish()
    }

    fn show(&mut self, text: &str) {
        let mut rest = text;
        while !rest.is_empty() {
            let (piece, after) = rest.split_at(rest.floor_char_boundary(PIECE_BYTES_MAX));
            self.output.output(self.call, self.offset, piece);
            self.offset += piece.len() as u64;
            rest = after;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    #[derive(Default)]
    struct Seen(Mutex<Vec<(u64, String)>>);

    impl OutputSink for Seen {
        fn output(&self, _call: &CallId, offset: u64, text: &str) {
            self.0.lock().unwrap().push((offset, text.to_owned()));
        }
    }

    fn collect(pieces: &[&[u8]], end: &ExecEnd) -> (Vec<(u64, String)>, Cut) {
        let call = CallId::try_from("call_1".to_owned()).unwrap();
        let seen = Seen::default();
        let mut collector = Collector::new(&call, &seen);
        pieces.iter().for_each(|piece| collector.push(piece));
        let cut = collector.finish(end);
        (seen.0.into_inner().unwrap(), cut)
    }

    #[test]
    fn those_who_watch_see_every_character_once_by_offset() {
        let (seen, cut) = collect(&[b"a\xe2", b"\x82", b"\xacb", b"\xff", b"\xf0\x9f"], &ExecEnd::default());
        let text: String = seen.iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!(text, "a€b\u{fffd}\u{fffd}");
        assert_eq!(cut.head, text);
        let mut next = 0;
        for (offset, text) in &seen {
            assert_eq!(*offset, next);
            next += text.len() as u64;
        }
    }

    #[test]
    fn pieces_are_small_and_what_is_kept_is_bounded() {
        let data = "é".repeat(32 * 1024);
        let pieces = vec![data.as_bytes(); 160];
        let (seen, cut) = collect(&pieces, &ExecEnd::default());
        assert!(seen.iter().all(|(_, text)| !text.is_empty() && text.len() <= PIECE_BYTES_MAX));
        assert_eq!(seen.iter().map(|(_, text)| text.len()).sum::<usize>(), 10 << 20);
        assert!(cut.head.len() + cut.tail.len() <= 2 * END_BYTES_MAX);
    }

    #[test]
    fn the_real_end_is_shown_where_some_was_dropped() {
        let end = ExecEnd { truncated: true, tail: "the end\n".into(), ..ExecEnd::default() };
        let (seen, _) = collect(&[b"the beginning\n"], &end);
        let text: String = seen.iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!(text, "the beginning\n\n[… some output was not kept …]\nthe end\n");
    }
}
