//! The turn: what happens next, decided by pure functions.
