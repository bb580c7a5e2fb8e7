//! Plain data that every room speaks of. No input or output here, and nothing of ours is imported.

pub mod agents_file;
pub mod approval;
pub mod attachment;
pub mod event;
pub mod ids;
pub mod message;
pub mod options;
pub mod outcome;
pub mod quantity;
pub mod time;
pub mod time_span;
pub mod tool;
