//! The gRPC surface: unpack, convert, hand over, pack. No decision is made here.
//!
//! [`convert`] turns domain data into contract messages, [`failure`] errors into the contract's reasons, [`peer`] says who
//! is calling. The services are in the files of their names.

pub mod convert;

pub mod failure;

pub mod peer;

mod session_service;

mod sandbox_service;

mod image_service;
mod model_service;

mod extensions;

mod journal_service;

mod daemon_service;
pub use daemon_service::About;

mod incoming;

pub mod server;
