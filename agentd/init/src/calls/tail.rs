//! The last bytes of output of which some were dropped.

use std::collections::VecDeque;

/// Most bytes that are kept.
pub(super) const TAIL_BYTES_MAX: usize = 64 * 1024;

/// A ring of the last bytes.
#[derive(Default)]
pub(super) struct Tail {
    bytes: VecDeque<u8>,
}

impl Tail {
    /// Adds bytes; the oldest make room.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        let bytes = &bytes[bytes.len().saturating_sub(TAIL_BYTES_MAX)..];
        let excess = (self.bytes.len() + bytes.len()).saturating_sub(TAIL_BYTES_MAX);
        self.bytes.drain(..excess);
        self.bytes.extend(bytes);
    }

    /// Takes what is there.
    pub(super) fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.bytes).into()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_the_end_of_all_that_was_pushed(pieces in proptest::collection::vec((any::<u8>(), 0..40_000usize), 0..12)) {
            let mut tail = Tail::default();
            let mut all = Vec::new();
            for (byte, length) in pieces {
                let piece = vec![byte; length];
                tail.push(&piece);
                all.extend(piece);
            }
            let end = &all[all.len().saturating_sub(TAIL_BYTES_MAX)..];
            prop_assert_eq!(tail.take(), end);
        }
    }

    #[test]
    fn a_piece_longer_than_the_ring_leaves_its_end() {
        let mut tail = Tail::default();
        let piece: Vec<u8> = (0..TAIL_BYTES_MAX + 10).map(|at| u8::try_from(at % 251).unwrap()).collect();
        tail.push(b"before");
        tail.push(&piece);
        assert_eq!(tail.take(), &piece[10..]);
    }
}
