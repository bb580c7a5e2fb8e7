//! The process: its command line, its lock, its socket, its log, and its life from start to stop.

mod cli;
pub mod lock;
pub mod log;
mod open_files;
pub mod private_dir;
mod run;
pub mod socket;

pub use run::main;
