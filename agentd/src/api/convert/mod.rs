//! Domain data as messages of the contract.

mod container;
mod event;
mod image;
mod journal;
mod model;
mod pool;
mod sandbox;
mod session;

pub(super) use container::{container, exec_report, finding, stats};
pub(super) use event::{item, usage};
pub(super) use image::{image, layer, users_of};
pub(super) use journal::{journal_head, journal_row, verified, verified_file};
pub(super) use model::model;
pub(super) use pool::{leftover, pool};
pub(super) use session::{answer_schema, answers, approval, approval_of_subagent, new_session, session};
