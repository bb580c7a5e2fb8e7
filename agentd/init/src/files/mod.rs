//! File operations, as the sandbox's own user: what it may not do they may not do either, and a symbolic link leads nowhere
//! but into the sandbox.

mod error;
pub(crate) use error::{FileError, blocking};

mod path;
pub(crate) use path::Paths;

mod entry;

mod stat;
pub(crate) use stat::stat;

mod list;
pub(crate) use list::list;

mod lines;

mod read;
pub(crate) use read::read;

mod replace;

mod write;
pub(crate) use write::write;

mod edit;
pub(crate) use edit::edit;

mod remove;
pub(crate) use remove::remove;

mod walk;

mod wildcard;

mod pattern;

mod glob;
pub(crate) use glob::glob;

mod matcher;

mod search;

mod grep;
pub(crate) use grep::grep;

mod pieces;
pub(crate) use pieces::PIECES_MAX;

mod upload;
pub(crate) use upload::upload;

mod download;
pub(crate) use download::download;

/// A limit from a request: none means the highest.
fn limit(asked: u64, highest: usize) -> usize {
    match usize::try_from(asked) {
        Ok(asked) if (1..=highest).contains(&asked) => asked,
        _ => highest,
    }
}
