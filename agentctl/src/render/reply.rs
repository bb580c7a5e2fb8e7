//! What of a reply was shown. Pieces may come twice after a reconnect, may be missing where this reader was slow, and
//! a new attempt of the model voids what was shown before.

/// What to show next of a reply.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Nothing new.
    Nothing,
    /// This goes on from what was shown.
    More(String),
    /// What was shown is void; the reply begins again with this.
    Again(String),
}

/// What was shown of the reply that is being written.
#[derive(Debug, Default)]
pub(crate) struct Reply {
    attempt: u32,
    shown: String,
}

impl Reply {
    /// A live piece of an attempt, which begins at an offset in bytes.
    pub(crate) fn piece(&mut self, attempt: u32, offset: u64, text: &str) -> Next {
        if attempt < self.attempt {
            return Next::Nothing;
        }
        if attempt > self.attempt {
            self.attempt = attempt;
            if offset > 0 {
                // Its beginning was dropped for a slow reader; the whole text comes when it is done.
                return Next::Nothing;
            }
            return self.replace(text);
        }
        let shown_after = usize::try_from(offset).ok().and_then(|offset| self.shown.get(offset..));
        match shown_after {
            Some(known) if text.starts_with(known) => self.append(known.len(), text),
            Some(known) if known.starts_with(text) => Next::Nothing,
            Some(_) if offset == 0 => self.replace(text),
            // A gap, or something that does not fit: the whole text settles it.
            _ => Next::Nothing,
        }
    }

    /// The whole reply. The next piece belongs to another one.
    pub(crate) fn whole(&mut self, text: &str) -> Next {
        let next = if text.starts_with(&self.shown) { self.append(self.shown.len(), text) } else { self.replace(text) };
        *self = Self::default();
        next
    }

    /// The model is asked for another reply, or again for this one: attempts of a step count from 1.
    pub(crate) fn asked(&mut self, attempt: u32) {
        if attempt <= 1 {
            *self = Self::default();
        }
    }

    /// An attempt failed: what was shown of it is void. Says whether something was.
    pub(crate) fn failed(&mut self, attempt: u32) -> bool {
        let void = !self.shown.is_empty();
        *self = Self { attempt: self.attempt.max(attempt.saturating_add(1)), shown: String::new() };
        void
    }

    fn append(&mut self, known_bytes: usize, text: &str) -> Next {
        let more = &text[known_bytes..];
        self.shown.push_str(more);
        if more.is_empty() { Next::Nothing } else { Next::More(more.to_owned()) }
    }

    fn replace(&mut self, text: &str) -> Next {
        let void = !self.shown.is_empty();
        text.clone_into(&mut self.shown);
        match (void, text.is_empty()) {
            (true, _) => Next::Again(text.to_owned()),
            (false, true) => Next::Nothing,
            (false, false) => Next::More(text.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn more(text: &str) -> Next {
        Next::More(text.to_owned())
    }

    #[test]
    fn a_snapshot_after_a_reconnect_shows_only_what_is_new() {
        let mut reply = Reply::default();
        assert_eq!(reply.piece(1, 0, "Hel"), more("Hel"));
        assert_eq!(reply.piece(1, 0, "Hello"), more("lo"));
        assert_eq!(reply.piece(1, 3, "lo wo"), more(" wo"));
        assert_eq!(reply.piece(1, 0, "Hello"), Next::Nothing);
        assert_eq!(reply.whole("Hello world"), more("rld"));
        assert_eq!(reply.piece(1, 0, "Next"), more("Next"));
    }

    #[test]
    fn a_new_attempt_voids_what_was_shown() {
        let mut reply = Reply::default();
        reply.piece(1, 0, "half an ans");
        assert_eq!(reply.piece(2, 0, "whole"), Next::Again("whole".into()));
        assert_eq!(reply.piece(1, 11, "wer"), Next::Nothing);
        assert_eq!(reply.whole("whole"), Next::Nothing);
    }

    #[test]
    fn after_a_failure_nothing_of_it_is_shown_again() {
        let mut reply = Reply::default();
        reply.asked(1);
        assert!(!reply.failed(1));
        reply.piece(2, 0, "half");
        assert!(reply.failed(2));
        assert_eq!(reply.piece(2, 4, " an answer"), Next::Nothing);
        reply.asked(3);
        assert_eq!(reply.piece(3, 0, "whole"), more("whole"));
        reply.asked(1);
        assert_eq!(reply.piece(1, 0, "next"), more("next"));
    }

    #[test]
    fn a_gap_is_settled_by_the_whole_text() {
        let mut reply = Reply::default();
        reply.piece(1, 0, "one ");
        assert_eq!(reply.piece(1, 8, "three"), Next::Nothing);
        assert_eq!(reply.whole("one two three"), more("two three"));
        reply.piece(1, 0, "something else");
        assert_eq!(reply.whole("the truth"), Next::Again("the truth".into()));
    }

    proptest! {
        /// However a text is cut, repeated and dropped, what is shown in the end is the text, once.
        #[test]
        fn every_byte_is_shown_once(text in ".{1,40}", moves in proptest::collection::vec((0usize..40, 0usize..40), 0..30)) {
            let cuts: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
            let mut reply = Reply::default();
            let mut shown = String::new();
            let mut take = |next: Next| match next {
                Next::Nothing => {}
                Next::More(more) => shown.push_str(&more),
                Next::Again(_) => panic!("one attempt is never voided"),
            };
            for (from, to) in moves {
                let (from, to) = (cuts[from % cuts.len()], cuts[to % cuts.len()]);
                if from < to {
                    take(reply.piece(1, from as u64, &text[from..to]));
                }
            }
            take(reply.whole(&text));
            prop_assert_eq!(shown, text);
        }
    }
}
