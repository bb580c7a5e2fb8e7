//! Domain data as messages of the contract.

mod container;
mod event;
mod journal;
mod pool;
mod sandbox;
mod session;

pub(super) use container::{container, exec_report, finding, stats};
pub(super) use event::item;
pub(super) use journal::{journal_head, journal_row, verified, verified_file};
pub(super) use pool::{leftover, pool};
pub(super) use session::{answers, approval, new_session, session};
