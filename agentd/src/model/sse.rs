//! Server-sent events, read leniently from bytes that may be cut anywhere. Pure: how the bytes are cut never shows in the events.

/// One line, and the data of one event, at most.
pub(crate) const EVENT_BYTES_MAX: usize = 1 << 20;

const BOM: &[u8] = b"\xEF\xBB\xBF";

/// One event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Event {
    /// Its kind; empty where it is not named.
    pub(crate) kind: String,
    /// Its data, the lines joined.
    pub(crate) data: String,
}

/// A line or an event is longer than [`EVENT_BYTES_MAX`].
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Overlong;

/// Reads events out of a stream of bytes.
#[derive(Debug, Default)]
pub(crate) struct SseReader {
    /// The line so far. Decoded when it is whole, so that no code point is cut by a chunk.
    line: Vec<u8>,
    /// The last byte was a CR: an LF that follows belongs to it.
    after_cr: bool,
    /// A line was read: a byte order mark is one no more.
    begun: bool,
    kind: String,
    /// The data so far; none where no `data` line came.
    data: Option<String>,
}

impl SseReader {
    /// Takes the next bytes and appends the events that they complete.
    pub(crate) fn push(&mut self, bytes: &[u8], events: &mut Vec<Event>) -> Result<(), Overlong> {
        let mut rest = bytes;
        if self.after_cr && !rest.is_empty() {
            self.after_cr = false;
            rest = rest.strip_prefix(b"\n").unwrap_or(rest);
        }
        while let Some(at) = rest.iter().position(|&byte| byte == b'\n' || byte == b'\r') {
            let (before, from) = rest.split_at(at);
            self.extend(before)?;
            events.extend(self.end_of_line()?);
            rest = match from {
                [b'\r', b'\n', after @ ..] => after,
                [b'\r'] => {
                    self.after_cr = true;
                    &[]
                }
                [_, after @ ..] => after,
                [] => &[],
            };
        }
        self.extend(rest)
    }

    /// The stream has ended. What stands there without its blank line is an event all the same: many servers leave it out.
    pub(crate) fn finish(mut self) -> Result<Option<Event>, Overlong> {
        let last = if self.line.is_empty() { None } else { self.end_of_line()? };
        Ok(last.or_else(|| self.dispatch()))
    }

    fn extend(&mut self, bytes: &[u8]) -> Result<(), Overlong> {
        if self.line.len() + bytes.len() > EVENT_BYTES_MAX {
            return Err(Overlong);
        }
        self.line.extend_from_slice(bytes);
        Ok(())
    }

    fn end_of_line(&mut self) -> Result<Option<Event>, Overlong> {
        let line = std::mem::take(&mut self.line);
        let mut bytes = line.as_slice();
        if !std::mem::replace(&mut self.begun, true) {
            bytes = bytes.strip_prefix(BOM).unwrap_or(bytes);
        }
        if bytes.is_empty() {
            return Ok(self.dispatch());
        }
        let text = String::from_utf8_lossy(bytes);
        let (field, value) = text.split_once(':').unwrap_or((&text, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "data" => self.add_data(value)?,
            "event" => value.clone_into(&mut self.kind),
            // Comments have an empty field name; ids and retry times mean nothing to a reply that cannot be resumed.
            _ => {}
        }
        Ok(None)
    }

    fn add_data(&mut self, value: &str) -> Result<(), Overlong> {
        match &mut self.data {
            None => self.data = Some(value.to_owned()),
            Some(data) if data.len() + value.len() >= EVENT_BYTES_MAX => return Err(Overlong),
            Some(data) => {
                data.push('\n');
                data.push_str(value);
            }
        }
        Ok(())
    }

    fn dispatch(&mut self) -> Option<Event> {
        let kind = std::mem::take(&mut self.kind);
        self.data.take().map(|data| Event { kind, data })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(pieces: &[&[u8]]) -> Vec<Event> {
        let (mut reader, mut events) = (SseReader::default(), Vec::new());
        for piece in pieces {
            reader.push(piece, &mut events).unwrap();
        }
        events.extend(reader.finish().unwrap());
        events
    }

    fn data(bytes: &[u8]) -> Vec<String> {
        read(&[bytes]).into_iter().map(|event| event.data).collect()
    }

    #[test]
    fn lines_end_in_every_way() {
        for text in ["data: a\n\ndata: b\n\n", "data: a\r\n\r\ndata: b\r\n\r\n", "data: a\r\rdata: b\r\r"] {
            assert_eq!(data(text.as_bytes()), ["a", "b"], "{text:?}");
        }
        assert_eq!(data(b"data: a\r\n\ndata: b\n\r\n"), ["a", "b"]);
    }

    #[test]
    fn data_lines_are_joined_and_other_fields_passed_over() {
        assert_eq!(data(b": hello\n\nid: 7\nretry: 3\ndata: a\ndata:b\ndata\ndata:  c\n\n"), ["a\nb\n\n c"]);
        assert_eq!(data(b"data:\n\n"), [""]);
        assert_eq!(data(b"\n\n\n: only comments\n\n"), Vec::<String>::new());
        assert_eq!(data(b"{\"not\": \"sse\"}\n\n"), Vec::<String>::new());
        let named = read(&[b"event: error\ndata: x\n\ndata: y\n\n"]);
        assert_eq!((named[0].kind.as_str(), named[1].kind.as_str()), ("error", ""));
    }

    #[test]
    fn a_byte_order_mark_counts_only_at_the_beginning() {
        assert_eq!(data(b"\xEF\xBB\xBFdata: a\n\n"), ["a"]);
        assert_eq!(data(b"data: a\n\n\xEF\xBB\xBFdata: b\n\n"), ["a"]);
    }

    #[test]
    fn the_end_completes_the_last_event() {
        assert_eq!(data(b"data: a\n\ndata: b"), ["a", "b"]);
        assert_eq!(data(b"data: a\ndata: b\n"), ["a\nb"]);
    }

    #[test]
    fn utf8_is_decoded_by_line_and_what_is_none_is_replaced() {
        assert_eq!(read(&[b"data: \xC3", b"\xA9\n\n"])[0].data, "é");
        assert_eq!(data(b"data: a\xFFb\n\n"), ["a\u{FFFD}b"]);
        assert_eq!(data(b"data: \xF0\x9F\n\ndata: ok\n\n"), ["\u{FFFD}", "ok"]);
    }

    #[test]
    fn an_endless_line_and_an_endless_event_are_refused() {
        let mut reader = SseReader::default();
        let piece = vec![b'x'; 1 << 16];
        let refused = (0..100).map(|_| reader.push(&piece, &mut Vec::new())).position(|result| result.is_err());
        assert_eq!(refused, Some(16));

        let mut reader = SseReader::default();
        let line = [b"data: ".as_slice(), &piece, b"\n"].concat();
        let refused = (0..100).map(|_| reader.push(&line, &mut Vec::new())).position(|result| result.is_err());
        assert_eq!(refused, Some(15));
    }

    proptest! {
        #[test]
        fn any_cut_gives_the_same_events(
            parts in prop::collection::vec(
                prop_oneof![
                    Just(b"\n".to_vec()), Just(b"\r".to_vec()), Just(b"\r\n".to_vec()), Just(b"data: ".to_vec()),
                    Just(b"data".to_vec()), Just(b":".to_vec()), Just(b"event: e".to_vec()), Just(BOM.to_vec()),
                    Just("é€😀".as_bytes().to_vec()), Just(vec![0xFF]), Just(b"{\"a\":1}".to_vec()),
                ],
                0..40,
            ),
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
        ) {
            let bytes = parts.concat();
            let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
            at.extend([0, bytes.len()]);
            at.sort_unstable();
            let pieces: Vec<&[u8]> = at.windows(2).map(|ends| &bytes[ends[0]..ends[1]]).collect();
            let single: Vec<&[u8]> = bytes.chunks(1).collect();
            let whole = read(&[&bytes]);
            prop_assert_eq!(&read(&pieces), &whole);
            prop_assert_eq!(&read(&single), &whole);
        }
    }
}
