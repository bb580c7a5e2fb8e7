//! File operations, as the sandbox's own user: what it may not do they may not do either, and a symbolic link leads nowhere
//! but into the sandbox.

mod error;
pub(crate) use error::{FileError, blocking};

mod path;
pub(crate) use path::Paths;

mod entry;

mod read;
pub(crate) use read::read;

mod lines;

mod replace;

mod write;
pub(crate) use write::write;

mod list;
pub(crate) use list::list;

/// A limit from a request: none means the highest.
fn limit(asked: u64, highest: usize) -> usize {
    match usize::try_from(asked) {
        Ok(asked) if (1..=highest).contains(&asked) => asked,
        _ => highest,
    }
}
