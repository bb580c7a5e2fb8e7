//! Commands with streams: nothing of them is remembered, and when the client goes away the whole tree ends.

mod ends;

mod input;

mod output;

mod session;
pub(crate) use session::{Interactive, Outputs};
