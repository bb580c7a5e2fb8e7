//! Sessions: one actor each, fed by commands, moved by the pure turn, heard through subscriptions.
//!
//! [`state`] folds a session's events; [`view`] is what lists show of it, stored beside the journal so that listing wakes
//! nobody. [`actor`] owns a live session and is the only one that journals for it. [`registry`] finds, makes, wakes and
//! removes sessions; [`recovery`] settles what a dead daemon left,
//! [`reaping`] removes containers that nobody wants; [`uses`] knows who uses which sandbox, and [`idle`] acts
//! on it. [`subagent`] follows sessions that a session started. [`subscription`] is the one path for replay and live.

pub mod state;

pub mod view;

pub mod live;

pub mod subscription;

pub mod error;

mod name;

mod rows;

pub mod services;

pub mod command;

mod actor;

pub mod settle;

pub mod bounds;

pub mod ceiling;

mod sandbox_slot;

pub mod registry;

mod subagent;

pub mod recovery;

pub mod reaping;

pub mod uses;

pub mod idle;

mod pairing;

pub mod verify;

pub mod export;
