//! Ids that were acknowledged: none of them is started again.

use std::collections::{HashSet, VecDeque};

use sha2::{Digest as _, Sha256};

/// How many are remembered, each by 16 bytes of its digest; then the oldest are forgotten.
const REMEMBERED_MAX: usize = 16_384;

type Fingerprint = [u8; 16];

/// The last ids that were acknowledged.
#[derive(Default)]
pub(crate) struct Acknowledged {
    known: HashSet<Fingerprint>,
    order: VecDeque<Fingerprint>,
}

impl Acknowledged {
    /// Remembers an id.
    pub(crate) fn insert(&mut self, id: &str) {
        let fingerprint = fingerprint(id);
        if !self.known.insert(fingerprint) {
            return;
        }
        self.order.push_back(fingerprint);
        if self.order.len() > REMEMBERED_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
    }

    /// Whether an id is remembered.
    pub(crate) fn contains(&self, id: &str) -> bool {
        self.known.contains(&fingerprint(id))
    }
}

fn fingerprint(id: &str) -> Fingerprint {
    let digest = Sha256::digest(id.as_bytes());
    let mut fingerprint = Fingerprint::default();
    fingerprint.copy_from_slice(&digest[..16]);
    fingerprint
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_is_forgotten_first() {
        let mut acknowledged = Acknowledged::default();
        for number in 0..=REMEMBERED_MAX {
            acknowledged.insert(&number.to_string());
            acknowledged.insert("1");
        }
        assert!(!acknowledged.contains("0"));
        assert!(acknowledged.contains("1"));
        assert!(acknowledged.contains(&REMEMBERED_MAX.to_string()));
        assert_eq!(acknowledged.known.len(), REMEMBERED_MAX);
    }
}
