//! Reasoning that stands in the text between `<think>` and `</think>`, as servers without a parser for it leave it. Pure.

const OPEN: &str = "<think>";
const CLOSE: &str = "</think>";

/// Tells reasoning from text, however the tags are cut.
#[derive(Debug, Default)]
pub(super) struct ThinkTags {
    place: Place,
    /// What may become a tag yet.
    held: String,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum Place {
    /// Before anything but white space.
    #[default]
    Beginning,
    Inside,
    /// After the tag: white space that follows it is dropped.
    Behind,
    /// In the answer, where tags mean nothing.
    Text,
}

/// What a piece comes to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Told {
    /// Of the text.
    pub(super) text: String,
    /// Of the reasoning.
    pub(super) reasoning: String,
}

impl ThinkTags {
    /// Takes the next piece.
    pub(super) fn take(&mut self, piece: &str) -> Told {
        if self.place == Place::Text {
            return Told { text: piece.to_owned(), reasoning: String::new() };
        }
        self.held.push_str(piece);
        self.sort()
    }

    /// Nothing more comes.
    pub(super) fn finish(&mut self) -> Told {
        let held = std::mem::take(&mut self.held);
        match self.place {
            Place::Inside => Told { reasoning: held, ..Told::default() },
            Place::Behind => Told::default(),
            Place::Beginning | Place::Text => Told { text: held, ..Told::default() },
        }
    }

    fn sort(&mut self) -> Told {
        let mut told = Told::default();
        if self.place == Place::Beginning {
            let begin = self.held.trim_start();
            if let Some(after) = begin.strip_prefix(OPEN) {
                self.held = after.to_owned();
                self.place = Place::Inside;
            } else if OPEN.starts_with(begin) {
                return told;
            } else {
                self.place = Place::Text;
                told.text = std::mem::take(&mut self.held);
                return told;
            }
        }
        if self.place == Place::Inside {
            if let Some((thought, after)) = self.held.split_once(CLOSE) {
                told.reasoning = thought.to_owned();
                self.held = after.to_owned();
                self.place = Place::Behind;
            } else {
                let keep = (1..CLOSE.len()).rev().find(|&n| self.held.ends_with(&CLOSE[..n])).unwrap_or(0);
                let rest = self.held.split_off(self.held.len() - keep);
                told.reasoning = std::mem::replace(&mut self.held, rest);
                return told;
            }
        }
        let text = self.held.trim_start();
        if !text.is_empty() {
            told.text = text.to_owned();
            self.held.clear();
            self.place = Place::Text;
        }
        told
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pieces: &[&str]) -> (String, String) {
        let mut tags = ThinkTags::default();
        let mut whole = Told::default();
        let told: Vec<Told> = pieces.iter().map(|piece| tags.take(piece)).collect();
        for told in told.into_iter().chain([tags.finish()]) {
            whole.text.push_str(&told.text);
            whole.reasoning.push_str(&told.reasoning);
        }
        (whole.text, whole.reasoning)
    }

    #[test]
    fn tags_are_found_at_the_beginning_only_and_however_they_are_cut() {
        for (said, text, reasoning) in [
            ("<think>\nhm\n</think>\n\nHi <b>", "Hi <b>", "\nhm\n"),
            (" \n<think></think>x", "x", ""),
            ("<think>never closed </thin", "", "never closed </thin"),
            ("<think>a</think>", "", "a"),
            ("<think>a</think>  \n", "", "a"),
            ("Use <think> for </think> tags", "Use <think> for </think> tags", ""),
            ("<thin", "<thin", ""),
            ("<thing>", "<thing>", ""),
            ("  spaces", "  spaces", ""),
            ("<think>é</think>é", "é", "é"),
            ("", "", ""),
        ] {
            let whole = (text.to_owned(), reasoning.to_owned());
            assert_eq!(read(&[said]), whole, "{said:?}");
            let letters: Vec<String> = said.chars().map(String::from).collect();
            assert_eq!(
                read(&letters.iter().map(String::as_str).collect::<Vec<_>>()),
                whole,
                "{said:?}, letter by letter"
            );
        }
    }
}
