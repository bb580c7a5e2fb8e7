//! Makes text of others safe for a terminal: what would move the cursor, change its state, reorder or hide text is
//! shown as `\x1b` or `\u{202e}`. The text may be cut anywhere, in the middle of a character too.

use std::fmt::Write as _;

/// Which white space may pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layout {
    /// Newline and tab.
    Block,
    /// Neither: the text stays one line.
    Line,
}

/// Escapes a stream of bytes; a character that is cut waits for its rest.
#[derive(Debug)]
pub(crate) struct Escaper {
    layout: Layout,
    /// The beginning of a character, at most three bytes.
    cut: Vec<u8>,
}

impl Escaper {
    /// For text of many lines.
    pub(crate) fn block() -> Self {
        Self { layout: Layout::Block, cut: Vec::new() }
    }

    /// The escaped form of the next bytes.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> String {
        let joined;
        let mut rest = if self.cut.is_empty() {
            bytes
        } else {
            self.cut.extend_from_slice(bytes);
            joined = std::mem::take(&mut self.cut);
            &joined
        };
        let mut shown = String::with_capacity(rest.len());
        loop {
            match std::str::from_utf8(rest) {
                Ok(text) => {
                    self.show(text, &mut shown);
                    return shown;
                }
                Err(error) => {
                    let (good, bad) = rest.split_at(error.valid_up_to());
                    self.show(std::str::from_utf8(good).unwrap_or_default(), &mut shown);
                    let Some(length) = error.error_len() else {
                        self.cut = bad.to_vec();
                        return shown;
                    };
                    show_bytes(&bad[..length], &mut shown);
                    rest = &bad[length..];
                }
            }
        }
    }

    /// What is left when no more bytes come: a character that was never completed.
    pub(crate) fn finish(&mut self) -> String {
        let mut shown = String::new();
        show_bytes(&std::mem::take(&mut self.cut), &mut shown);
        shown
    }

    fn show(&self, text: &str, shown: &mut String) {
        for c in text.chars() {
            match c {
                '\n' | '\t' if self.layout == Layout::Block => shown.push(c),
                '\n' => shown.push_str("\\n"),
                '\t' => shown.push_str("\\t"),
                '\r' => shown.push_str("\\r"),
                '\0'..='\x1f' | '\x7f' => show_bytes(&[c as u8], shown),
                _ if c.is_control() || deceives(c) => show_code(c, shown),
                _ => shown.push(c),
            }
        }
    }
}

fn show_code(c: char, shown: &mut String) {
    let _ = write!(shown, "\\u{{{:x}}}", c as u32);
}

fn show_bytes(bytes: &[u8], shown: &mut String) {
    for byte in bytes {
        let _ = write!(shown, "\\x{byte:02x}");
    }
}

/// Characters that are not seen, or that change how others are seen. The two selectors that make emoji of symbols pass.
fn deceives(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0d}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Text of many lines.
pub(crate) fn block(text: &str) -> String {
    whole(Layout::Block, text)
}

/// Text that must stay on one line.
pub(crate) fn line(text: &str) -> String {
    whole(Layout::Line, text)
}

/// JSON text with the same meaning, in which what would deceive is written as a JSON escape. serde does that for the
/// ASCII control characters only.
pub(crate) fn json(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() || deceives(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(shown, "\\u{unit:04x}");
            }
        } else {
            shown.push(c);
        }
    }
    shown
}

fn whole(layout: Layout, text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    Escaper { layout, cut: Vec::new() }.show(text, &mut shown);
    shown
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_deceives_is_shown() {
        assert_eq!(block("plain ünï 漢字 👍 ❤\u{fe0f}\n\ttab"), "plain ünï 漢字 👍 ❤\u{fe0f}\n\ttab");
        assert_eq!(block("\u{1b}]0;title\u{7}\r\n"), "\\x1b]0;title\\x07\\r\n");
        assert_eq!(block("\u{9b}31m\u{7f}"), "\\u{9b}31m\\x7f");
        assert_eq!(
            block("a\u{202e}b\u{2066}c\u{200b}d\u{feff}e\u{2028}"),
            "a\\u{202e}b\\u{2066}c\\u{200b}d\\u{feff}e\\u{2028}"
        );
        assert_eq!(line("one\ntwo\tthree"), "one\\ntwo\\tthree");
    }

    #[test]
    fn bytes_that_are_no_text_are_shown() {
        let mut escaper = Escaper::block();
        // A lone surrogate, an overlong form, a raw C1 byte, and a character that never ends.
        let shown = escaper.push(b"a\xed\xa0\x80b\xc0\x80\x9bc\xf0\x9f");
        assert_eq!(shown, "a\\xed\\xa0\\x80b\\xc0\\x80\\x9bc");
        assert_eq!(escaper.finish(), "\\xf0\\x9f");
    }

    /// Bytes in which control characters and cut characters are frequent.
    fn hostile() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop_oneof![
            any::<Vec<u8>>(),
            ".*".prop_map(String::into_bytes),
            Just("\u{202e}\u{200d}\u{9b}\u{1b}[0m😀".as_bytes().to_vec()),
        ];
        proptest::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn a_cut_changes_nothing(bytes in hostile(), sizes in proptest::collection::vec(1usize..5, 1..40)) {
            let mut whole = Escaper::block();
            let expected = whole.push(&bytes) + &whole.finish();
            let mut cut = Escaper::block();
            let mut shown = String::new();
            let (mut rest, mut sizes) = (bytes.as_slice(), sizes.iter().cycle());
            while !rest.is_empty() {
                let (piece, after) = rest.split_at((*sizes.next().unwrap()).min(rest.len()));
                shown += &cut.push(piece);
                rest = after;
            }
            shown += &cut.finish();
            prop_assert_eq!(shown, expected);
        }

        #[test]
        fn nothing_raw_is_left(bytes in hostile()) {
            let mut escaper = Escaper::block();
            let shown = escaper.push(&bytes) + &escaper.finish();
            prop_assert!(shown.chars().all(|c| c == '\n' || c == '\t' || !(c.is_control() || deceives(c))));
        }

        #[test]
        fn json_keeps_its_meaning(text in ".*|[\u{7f}-\u{9f}\u{200b}-\u{202e}\u{e0000}-\u{e007f}]*") {
            let shown = json(&serde_json::to_string(&text).unwrap());
            prop_assert!(!shown.chars().any(|c| c.is_control() || deceives(c)));
            prop_assert_eq!(serde_json::from_str::<String>(&shown).unwrap(), text);
        }

        #[test]
        fn a_line_stays_a_line(text in ".*\n.*") {
            prop_assert!(!line(&text).contains('\n'));
        }
    }
}
