//! The real binary as an ordinary process, spoken to over its socket.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test that cannot go on fails

mod fixture;

mod door;

mod exec;

mod ending;

mod files;

mod interact;
