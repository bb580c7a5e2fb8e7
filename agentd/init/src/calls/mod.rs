//! Commands that are remembered: each starts once, may be followed by anyone from any offset, and its result is held until
//! it is acknowledged.

mod tail;

mod room;

mod spool;

mod call;

mod follow;

mod run;

mod table;
pub(crate) use table::Calls;
