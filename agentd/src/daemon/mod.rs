//! The process: its lock, its socket, its log.

pub mod lock;
pub mod log;
pub mod private_dir;
pub mod socket;
