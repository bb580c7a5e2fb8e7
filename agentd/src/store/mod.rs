//! The journal on disk: rows in, rows out, in order, durable.
//!
//! One SQLite file in the state directory. A single thread writes it and commits everything that waits as one transaction
//! ([`writer`], [`append`]); readers have connections of their own ([`readers`], [`query`]). What a row means is none of
//! the store's business: kind, body and summary are text to it. The rows of a session are chained by hashes ([`chain`]),
//! so that a changed, missing or swapped row shows ([`verify`], [`verify_file`]). What is too big for a row is a blob ([`blobs`]).

mod append;
mod blobs;
mod chain;
mod epoch;
mod error;
mod file;
mod group;
mod handle;
mod integer;
mod migrate;
mod query;
mod readers;
mod row;
mod usage;
mod verify;
mod verify_file;
mod writer;

#[cfg(test)]
mod tests;

pub use append::{APPEND_BYTES_MAX, APPEND_ROWS_MAX, SUMMARY_BYTES_MAX};
pub use blobs::{BLOB_BYTES_MAX, BlobHash};
pub use chain::ChainHash;
pub use error::StoreError;
pub use handle::Store;
pub use query::{AMBIGUOUS_MAX, PAGE_BYTES_MAX};
pub use row::{Append, Lookup, NewRow, Row, SessionRow, UsageRow};
pub use verify::{Beside, Fault, FaultKind, Verified, Visit};
pub use verify_file::FileVerified;
